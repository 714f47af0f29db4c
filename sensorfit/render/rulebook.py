"""What a rule says of itself, for the outputs that carry rule help."""

from __future__ import annotations

from typing import Final

from ..verify.book import NAMES, texts
from ..verify.finding import Finding
from ..verify.rule import Text
from .escape import plain

TOPICS: Final = {
    "SF1": "operators", "SF2": "flagged-operators", "SF3": "memory", "SF4": "latency", "SF5": "inputs-outputs",
    "SF6": "budgets",
}  # fmt: skip
"""A tag for each family, by the beginning of its ids."""


def name(rule: str) -> str:
    """The rule's short name, its id where it has none."""
    return NAMES.get(rule, rule)


def topic(rule: str) -> str:
    """The tag of the rule's family."""
    return TOPICS.get(rule[:3], "other")


def text_of(rule: str, sample: Finding) -> Text:
    """The words of ``rule``; ``sample`` is a finding of it, for what the book leaves out."""
    text = texts().get(rule) or Text(plain(sample.reason or sample.message), "", "", "", "")
    return text if text.fix else text._replace(fix=plain(sample.fix))


def help_text(text: Text) -> str:
    """Title, rationale and fix as plain text."""
    parts = (f"{text.title}.", text.rationale, text.fix and f"Fix: {text.fix}")
    return " ".join(part for part in parts if part)


def help_markdown(rule: str, text: Text) -> str:
    """The same as Markdown, with the examples."""
    parts = (
        f"**{rule}: {text.title}**",
        text.rationale,
        text.fix and f"**Fix.** {text.fix}",
        text.fails and f"Fails:\n\n```\n{text.fails}\n```",
        text.passes and f"Passes:\n\n```\n{text.passes}\n```",
    )
    return "\n\n".join(part for part in parts if part)
