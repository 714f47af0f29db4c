"""A page of ``explain`` in each of its formats."""
