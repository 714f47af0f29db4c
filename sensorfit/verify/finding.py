"""What a rule says about a node."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from .family import FLAGGED, INPUTS, LATENCY, MEMORY, OPERATORS

Severity = Literal["error", "warning", "info"]
Basis = Literal["measured", "published", "inferred"]
Support = Literal["supported", "unsupported", "unknown"]

SEVERITIES: tuple[Severity, ...] = ("info", "warning", "error")


@dataclass(frozen=True)
class Finding:
    """One thing a rule has to say, with its place and its way out.

    ``support`` is what the finding means for the verdict: "unsupported" makes
    it does_not_fit, "unknown" makes it unknown at best, "supported" leaves it.
    ``reason`` is the substance without node names, shared by all findings that
    group together.
    """

    rule: str
    severity: Severity
    node: str
    op: str
    message: str
    fix: str
    evidence: str
    basis: Basis
    reason: str = ""
    support: Support = "supported"
    tensor: str = ""
    shape: tuple[int | None, ...] | None = None
    converter_code: str = ""
    """The code the converter's front end gives it (USOP, INVOP, INVMOD, EXEC), "" where it accepts."""
    family: str = ""
    """What its rule is about: "operators", "memory", ... (the tags of ``verify.family``)."""
    fixable: bool = False
    """Whether ``sensorfit fix`` rewrites the node into forms that are accepted."""
    invalid: bool = False
    """Whether the node is no valid ONNX: no runtime computes the network, and ``sensorfit fix`` leaves it."""

    @property
    def about_operator(self) -> bool:
        """Whether it is about an operator at its node, and not about the network, its memory or its latency."""
        return bool(self.node) and self.family in (OPERATORS.tag, FLAGGED.tag)

    @property
    def refused(self) -> bool:
        """Whether the front end refuses the operator in the file itself, or the converter behind it ends on it."""
        return self.about_operator and bool(self.converter_code or self.support == "unsupported")

    @property
    def stops_build(self) -> bool:
        """Whether the operator does not come to the sensor: what MCT takes apart on the way does."""
        return self.about_operator and self.support == "unsupported"

    @property
    def about_memory(self) -> bool:
        """Whether it is about the bytes that the network takes."""
        return self.family == MEMORY.tag

    @property
    def about_graph(self) -> bool:
        """Whether it is about the network as a whole: its inputs, its outputs, its file."""
        return not self.about_operator and self.family not in (MEMORY.tag, LATENCY.tag)

    @property
    def about_source(self) -> bool:
        """Whether it is about an input that the converter accepts and the sensor, as published, has no source for."""
        return (
            self.family == INPUTS.tag
            and self.support == "supported"
            and self.basis == "published"
            and bool(self.tensor)
        )

    @property
    def about_file(self) -> bool:
        """Whether it is only about the file as it is written, which the build writes anew: there is nothing to do."""
        return self.family == INPUTS.tag and self.support == "supported" and bool(self.converter_code)

    follows: str = ""
    """The rule whose finding this one follows from: once that is mended, this is gone or to be judged anew."""


def stopped_nodes(findings: Iterable[Finding]) -> frozenset[str]:
    """The nodes that do not come to the sensor, which is what every command counts as refused."""
    return frozenset(f.node for f in findings if f.stops_build)
