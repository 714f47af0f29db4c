"""What a rule says of itself, for the outputs that carry rule help."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from ..verify.finding import Finding
from .escape import plain

TOPICS: Final = {
    "1": "operators", "2": "flagged-operators", "3": "memory", "4": "latency", "5": "inputs-outputs", "6": "budgets",
}  # fmt: skip


@dataclass(frozen=True)
class RuleText:
    """A rule in words."""

    id: str
    title: str
    rationale: str = ""
    fix: str = ""
    fails: str = ""
    passes: str = ""
    """Examples, as ONNX text."""

    @property
    def topic(self) -> str:
        """The family, by the id's first digit."""
        return TOPICS.get(self.id[2:3], "other")

    @property
    def name(self) -> str:
        """A CamelCase name made of the title's first words, as SARIF likes it."""
        words = "".join(c if c.isalnum() else " " for c in self.title).split()
        return "".join(w[:1].upper() + w[1:] for w in words[:6]) or self.id

    @property
    def help_text(self) -> str:
        """Title, rationale and fix as plain text."""
        return " ".join(
            part
            for part in (self.title + ".", self.rationale, f"Fix: {self.fix}" if self.fix else "")
            if part
        )

    @property
    def help_markdown(self) -> str:
        """The same as Markdown."""
        parts = [f"**{self.id}: {self.title}**", self.rationale, f"**Fix.** {self.fix}" if self.fix else ""]
        parts += [
            f"{word}:\n\n```\n{text}\n```"
            for word, text in (("Fails", self.fails), ("Passes", self.passes))
            if text
        ]
        return "\n\n".join(part for part in parts if part)


def rule_text(rule: str, sample: Finding) -> RuleText:
    """The words of ``rule``; ``sample`` is a finding of it, for a rule nobody describes."""
    from ..verify.book import texts

    text = texts().get(rule)
    if text is None:
        return RuleText(rule, plain(sample.reason or sample.message), fix=plain(sample.fix))
    return RuleText(rule, text.title, text.rationale, text.fix or plain(sample.fix), text.fails, text.passes)
