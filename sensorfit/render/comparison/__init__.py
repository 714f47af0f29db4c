"""A table of ``compare`` in each of its formats."""
