"""Whose word decides: the converter's, or the constraint set of the PicoSAM papers."""

from __future__ import annotations

from typing import Final

PROFILES: Final = ("converter", "picosam")
STRICT: Final = "picosam"
"""The profile of the papers' constraint set, which refuses more than the converter does (``Rule.refused_in``)."""
