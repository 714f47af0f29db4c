"""The answer to a check and what shows it: one renderer a file."""
