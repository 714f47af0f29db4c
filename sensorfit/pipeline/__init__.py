"""``build``: quantize, convert, package, and the evidence beside the result."""
