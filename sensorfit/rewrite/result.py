"""What ``fix`` did, as values."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field
from functools import cached_property
from typing import Any

from ..report.phrases import VERDICT, counted
from ..report.report import Verdict
from ..report.serialise import finding_to_dict
from ..verify.finding import Finding


@dataclass(frozen=True)
class State:
    """The network before or after. Bytes as ``check`` counts them, with the kept input and the reserved block."""

    verdict: Verdict
    refused: int
    """Before, the nodes that ``check`` counts; after, those in a form that the front end refuses in the file itself, what MCT
    takes apart among them, or that end the converter behind it."""
    nodes: int
    runtime_bytes: int
    weights_bytes: int
    total_bytes: int
    macs: int
    ms: float
    ms_low: float = 0.0
    ms_high: float = 0.0
    sized: bool = True
    """False where not all of the memory could be counted: bytes are lower bounds."""
    timed: bool = True
    """False where a layer could not be counted: MACs and milliseconds are lower bounds."""
    cannot_be_fed: bool = False
    """Whether it has inputs that the converter accepts and the sensor has no source for."""


@dataclass(frozen=True)
class Change:
    """The differences that a rewrite makes in the part that it changes, analysed alone."""

    runtime_bytes: int
    weights_bytes: int
    macs: int
    ms: float


@dataclass(frozen=True)
class Way:
    """A rewrite that was known at a node and not taken."""

    rule: str
    name: str
    form: str
    price: Change


@dataclass(frozen=True)
class Applied:
    """One application of a rewrite, and what was shown of it."""

    rule: str
    """The id of the rewrite."""
    name: str
    form: str
    answers: tuple[str, ...]
    nodes: tuple[str, ...]
    kind: str
    proof: str
    max_difference: float
    alternatives: tuple[Way, ...] = ()
    priced: Callable[[], Change] | None = field(default=None, repr=False, compare=False)

    @cached_property
    def price(self) -> Change | None:
        """What it costs, analysed when first asked for: most of the time that a network of many heads takes is not the proofs."""
        return None if self.priced is None else self.priced()

    def __getstate__(self) -> dict[str, Any]:
        return {**self.__dict__, "price": self.price, "priced": None}

    def to_dict(self) -> dict[str, Any]:
        """The JSON object."""
        return {
            "rule": self.rule,
            "name": self.name,
            "form": self.form,
            "answers": self.answers,
            "nodes": self.nodes,
            "kind": self.kind,
            "proof": self.proof,
            "max_difference": self.max_difference,
            "price": None if self.price is None else asdict(self.price),
            "alternatives": tuple(map(asdict, self.alternatives)),
        }


@dataclass(frozen=True)
class Cut:
    """What is left to the host: fixed and host together are the network as it was."""

    tensors: tuple[str, ...]
    """Outputs of the fixed network that the host reads on."""
    inputs: tuple[str, ...]
    """The inputs of the fixed network."""
    host: str
    """The file with what comes after; "" where nothing does, or no file is written."""
    prepare: str
    """The file with what comes before, "" likewise."""
    nodes: int
    """Left to the host."""


@dataclass(frozen=True)
class Fixed:
    """The answer of ``fix``."""

    model: str
    output: str
    """The file that was written; "" where none was."""
    before: State
    after: State
    rewrites: tuple[Applied, ...]
    remaining: tuple[Finding, ...]
    """The findings of operators that are still refused."""
    max_difference: float
    """Between the outputs of the whole network before and after."""
    largest_output: float
    notes: tuple[str, ...] = ()
    cut: Cut | None = None
    """Where ``--cut`` left something to the host."""
    left_out: Mapping[tuple[str, str], tuple[str, ...]] = field(default_factory=dict)
    """By rule and operator of the findings that remain, the rewrites that answer them and that the options left out."""

    def __repr__(self) -> str:
        """One line: ``<Fixed 'net.onnx': 4 rewrites, 6 nodes still refused, does not fit>``."""
        left = len({f.node for f in self.remaining})
        said = f"{counted(len(self.rewrites), 'rewrite')}, {counted(left, 'node')} still refused"
        return f"<Fixed {self.model!r}: {said}, {VERDICT[self.after.verdict]}>"

    @property
    def exit_code(self) -> int:
        """0 when no operator is refused in the result, 1 when some are."""
        return int(bool(self.remaining))

    def counted(self) -> Mapping[str, int]:
        """How often each rewrite was applied, by name, in the order of the first."""
        return Counter(r.name for r in self.rewrites)

    def _left_out(self) -> dict[str, list[str]]:
        """By rule alone."""
        found: dict[str, list[str]] = {}
        for (rule, _), names in self.left_out.items():
            known = found.setdefault(rule, [])
            known += [n for n in names if n not in known]
        return found

    def to_dict(self) -> dict[str, Any]:
        """The JSON object; bytes, milliseconds."""
        return {
            "schema_version": "1.0",
            "model": self.model,
            "output": self.output,
            "before": asdict(self.before),
            "after": asdict(self.after),
            "rewrites": [r.to_dict() for r in self.rewrites],
            "remaining": [finding_to_dict(f) for f in self.remaining],
            "max_difference": self.max_difference,
            "largest_output": self.largest_output,
            "notes": list(self.notes),
            "left_out": self._left_out(),
            "cut": None if self.cut is None else asdict(self.cut),
        }
