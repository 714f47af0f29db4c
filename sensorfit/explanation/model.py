"""What an explanation holds; renderers print it and decide nothing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from math import ceil

from ..models.evidence import Converted, FrontEndAnswer
from ..models.published import Published
from ..report.notebook import html_table
from ..report.phrases import latency_words, of_budget_words
from ..report.report import Report
from ..units import show_shape
from ..verify.catalogue import find

REFUSER = {"converter": "the converter", "picosam": "the converter or the PicoSAM papers' constraint set"}
"""Whose refusals count, by profile."""


@dataclass(frozen=True)
class ReasonGroup:
    """Findings of one rule about one operator for one reason."""

    rule: str
    op: str
    reason: str
    fix: str
    count: int
    blocks: tuple[str, ...]
    """Where in the network, as ranges: ``stages.1-3.blocks.0-5.attn``."""
    support: str
    basis: str
    evidence: str
    code: str = ""
    nodes: tuple[str, ...] = ()
    """Their names, in the graph's order; a node stands in a group for each reason it has."""

    @property
    def lifted_by_export(self) -> bool:
        """Whether another export of the same network is all that it takes."""
        found = find(self.rule)
        return found is not None and found.lifted_by_export

    @property
    def subject(self) -> str:
        """What the rule is about, where ``op`` is only the last node of a pattern; "" where ``op`` is it."""
        found = find(self.rule)
        return found.subject if found else ""


@dataclass(frozen=True)
class Largest:
    """The activation with the most elements."""

    tensor: str
    shape: tuple[int, ...]
    elements: int
    node: str
    bits: int = 8
    """Of an element: what its quantizer says, INT8 in a float graph."""

    @property
    def bytes(self) -> int:
        """Without padding: one byte an element up to 8 bits, two up to 16."""
        return self.elements * ceil(self.bits / 8)

    @property
    def form(self) -> str:
        """``at INT8``, ``at 16 bits``."""
        return "at INT8" if self.bits == 8 else f"at {self.bits} bits"


def shape_words(shape: tuple[int | None, ...] | None) -> str:
    """``1x2x2``, or that it is not known."""
    return "of unknown shape" if shape is None else show_shape(shape)


@dataclass(frozen=True)
class ForeignInput:
    """An input the sensor does not deliver. ``kind``: "size" for an image too large or small, "other" for no image."""

    name: str
    shape: tuple[int | None, ...] | None
    kind: str
    why: str

    @property
    def form(self) -> str:
        """``points 1x2x2``."""
        return f"{self.name} {shape_words(self.shape)}"


@dataclass(frozen=True)
class Part:
    """One network of the model: the encoder, the decoder, or the only one there is."""

    name: str
    label: str
    report: Report
    operators: Mapping[str, int]
    """How often each operator occurs."""
    refused: tuple[ReasonGroup, ...]
    flagged: tuple[ReasonGroup, ...]
    """What the PicoSAM papers' constraint set refuses and the converter does not."""
    unknown: tuple[ReasonGroup, ...]
    largest: Largest | None
    weights_4bit_bytes: int
    """The weights' bytes on the device if all were stored in 4 bits."""
    foreign_inputs: tuple[ForeignInput, ...]
    """Inputs the sensor cannot deliver, those left out that another part writes."""
    refused_nodes: int = 0
    """Nodes refused for one reason or several."""
    graph_refused: tuple[ReasonGroup, ...] = ()
    """What is refused of the graph as a whole: its inputs, outputs or quantization."""
    unknown_nodes: int = 0
    refused_operators: tuple[str, ...] = ()
    """The refused nodes by operator: ``MatMul (60)``."""
    unknown_operators: tuple[str, ...] = ()
    graph_unknown: tuple[ReasonGroup, ...] = ()
    """What nobody knows of the graph as a whole."""
    constant_bytes: int = 0
    """Of the weights, constants that sums and products take in whole, stored once for each use."""
    shiftable: int = 0
    """Activations whose negative part quantization may shift away."""
    front_end: tuple[FrontEndAnswer, ...] = ()
    """What the real converter's front end said to this graph."""

    @property
    def nodes(self) -> int:
        """Nodes after constants are folded: those that ``operators`` counts."""
        return sum(self.operators.values())

    @property
    def has_room(self) -> bool:
        """Whether it is within the budget, as it stands or in the converter's tiles."""
        found = [f for f in self.report.findings if f.about_memory]
        return self.report.memory.fits or (bool(found) and all(f.support == "supported" for f in found))


@dataclass(frozen=True)
class Sum:
    """Several parts as one program on the sensor: weights add up, the larger runtime counts once."""

    parts: tuple[str, ...]
    parameters: int
    weights_bytes: int
    runtime_bytes: int
    total_bytes: int
    budget_bytes: int
    macs: int
    dsp_ms: float
    dsp_ms_low: float
    dsp_ms_high: float
    sized: bool = True
    """False where a tensor's size is unknown: the bytes are a lower bound."""
    timed: bool = True
    """False where a layer could not be counted: MACs and milliseconds are lower bounds."""

    @property
    def fits(self) -> bool:
        """Whether the total is within the budget."""
        return self.total_bytes <= self.budget_bytes


@dataclass(frozen=True)
class WhatIf:
    """One change, and what still stands in the way after it."""

    change: str
    total_bytes: int
    budget_bytes: int
    refused: int
    """Refused nodes left."""
    unknown: int
    remains: tuple[str, ...]
    """What still stands in the way, as phrases; () when nothing does."""
    dsp_ms: tuple[float, float, float] | None = None
    """The estimate with its interval; None where the change makes another network of it, which nobody has checked."""
    sized: bool = True
    timed: bool = True
    """As of ``Sum``."""


@dataclass(frozen=True)
class Contrast:
    """What a model that fits does instead: facts from its own check, and sentences with their source."""

    report: Report
    operators: Mapping[str, int]
    said: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Taken:
    """A part that MCT and the converter took all the way: what the converter reported, what is predicted here."""

    name: str
    answer: Converted
    total_bytes: int
    """Predicted, with the kept input where the converter's total holds it."""
    runtime_bytes: int
    """Predicted."""
    kept_bytes: int = 0
    """Of the total, the kept input where the page itself leaves it out."""
    shiftable: int = 0
    """Activations that quantization may shift, which the prediction leaves out."""


@dataclass(frozen=True)
class Page:
    """The whole explanation. ``verdicts`` is the model's under each profile: the worst of its parts."""

    model: str
    title: str
    note: str
    profile: str
    verdicts: Mapping[str, str]
    headline: str
    reasons: tuple[str, ...]
    """Each thing that stands in the way, as one sentence with its numbers."""
    parts: tuple[Part, ...]
    together: Sum | None
    what_ifs: tuple[WhatIf, ...]
    contrast: Contrast | None
    published: tuple[Published, ...] = ()
    converted: tuple[Taken, ...] = ()
    """Parts that were taken through MCT and the converter."""
    converter: str = ""
    """The converter whose front end was asked."""
    caveats: tuple[str, ...] = ()
    built_in: bool = False
    """Whether it is a model of ours: only then it is set beside PicoSAM's papers unasked."""

    def __repr__(self) -> str:
        """One line: ``<Page: TinySAM does not fit the IMX500.>``."""
        return f"<Page: {self.headline}>"

    def _repr_html_(self) -> str:
        """For a notebook: the verdict, what stands in the way, the figures of each network, the caveats."""
        rows = [("in the way", reason) for reason in self.reasons]
        for part in self.parts:
            who = f"{part.label}: " if len(self.parts) > 1 else ""
            rows += [
                (f"{who}memory", of_budget_words(part.report.memory)),
                (f"{who}latency", f"{latency_words(part.report)}, an estimate"),
            ]
        rows += [
            ("after a change", f"{w.change}: {'; '.join(w.remains) or 'nothing'} left") for w in self.what_ifs
        ]
        rows += [("to bear in mind", caveat) for caveat in self.caveats]
        return html_table(self.headline, rows)

    @property
    def shown_verdicts(self) -> Mapping[str, str]:
        """The verdicts that the page speaks of: a user's own network is judged as was asked, and no other way."""
        return self.verdicts if self.built_in else {self.profile: self.verdict}

    @property
    def judged_by(self) -> str:
        """The device and the version of the converter that the page judges by."""
        target = self.parts[0].report.target
        return f"{target.name} · {target.converter}"

    @property
    def verdict(self) -> str:
        """The verdict under the page's profile."""
        return self.verdicts[self.profile]
