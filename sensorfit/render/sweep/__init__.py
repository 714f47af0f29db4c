"""A sweep, shown."""
