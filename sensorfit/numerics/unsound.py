"""Optimizations of onnxruntime that change what a network computes: no session that is compared with another runs them."""

from __future__ import annotations

from typing import Final

UNSOUND: Final = ("Pad_Fusion",)
"""As ``InferenceSession(disabled_optimizers=...)`` names them. A Pad of zeros becomes the pads of the MaxPool behind it, which are no
zeros but nothing at all: where a window's values are negative, the zero is lost (microsoft/onnxruntime#24737, seen in 1.21.1)."""
