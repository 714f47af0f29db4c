"""``did you mean 'tinysam'?``: the nearest of the words that would have been understood."""

from __future__ import annotations

from collections.abc import Iterable


def did_you_mean(word: str, known: Iterable[str], otherwise: str = "") -> str:
    """The question with the nearest of ``known``, case aside; ``otherwise`` where none is near."""
    from difflib import get_close_matches  # here: every command imports this module, few ask

    spelled = {k.lower().removesuffix(".onnx"): k for k in known}  # what all files end with makes none alike
    near = get_close_matches(word.lower().removesuffix(".onnx"), spelled, n=1)
    return f"did you mean '{spelled[near[0]]}'?" if near else otherwise
