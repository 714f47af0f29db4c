"""The answer to a check as values."""
