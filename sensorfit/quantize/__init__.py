"""From a float network to INT8: torch, calibration images, MCT. Needs the extra ``build``."""
