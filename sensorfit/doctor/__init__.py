"""``doctor``: whether a build could run here, and what mends it where not."""
