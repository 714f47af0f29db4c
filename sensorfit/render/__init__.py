"""What shows an answer: one renderer a file; they read values and compute none."""
