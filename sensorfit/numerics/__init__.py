"""How far apart two computations of the same network are, and how far they may be."""
