"""What a rule says of itself, for the outputs that carry rule help."""

from __future__ import annotations

from ..target import Target
from ..verify.catalogue import find
from ..verify.finding import Finding
from ..verify.text import Text
from .escape import plain


def name(rule: str) -> str:
    """The rule's short name, its id where no rule is called so."""
    found = find(rule)
    return found.name if found else rule


def text_of(sample: Finding, target: Target) -> Text:
    """The words of the rule that ``sample`` is a finding of, with the numbers of ``target``."""
    found = find(sample.rule)
    if found is None:
        return Text(plain(sample.reason or sample.message), "", "", "", plain(sample.fix))
    return found.text(target)


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
