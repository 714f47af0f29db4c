"""The built-in families: networks drawn from parameters."""
