"""The answer to one check, as a value; renderers read it and decide nothing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Literal

from ..latency.model import LatencyReport
from ..memory.model import MemoryReport
from ..models.published import Published
from ..target import Target
from ..verify.finding import SEVERITIES, Finding

if TYPE_CHECKING:
    from .layer import Layer
    from .outlook import Outlook

Verdict = Literal["fits", "does_not_fit", "unknown"]
VERDICTS: Final[tuple[Verdict, ...]] = ("fits", "unknown", "does_not_fit")
"""The better first."""


@dataclass(frozen=True)
class TensorInfo:
    """A graph input or output as the file declares it; a None dimension is dynamic."""

    name: str
    shape: tuple[int | None, ...] | None
    dtype: str
    judged: tuple[int | None, ...] | None = None
    """The shape an input was checked at, where ``input_shapes`` or a dynamic batch made it another."""


@dataclass(frozen=True)
class ModelInfo:
    """The file: where it came from and what it holds. ``path`` is "" for a ModelProto in memory."""

    name: str
    path: str
    sha256: str
    opset: int
    inputs: tuple[TensorInfo, ...]
    outputs: tuple[TensorInfo, ...]
    parameters: int
    nodes: int
    producer: str = ""
    quantized: bool = False
    title: str = ""
    note: str = ""
    """What a built-in name stands for, "" for a file."""
    not_built: str = ""
    """Why ``sensorfit build`` cannot begin with this very model, "" where it can."""
    weightless: bool = False
    """Whether that is for want of the weights alone: once they are exported with it, it can be built."""
    folded: int = 0
    """Nodes once constants are folded: those that are judged and that the console counts; ``nodes`` are the file's."""
    closed: tuple[int, ...] = ()
    """Where the first input is an image of open size: a shape that the network takes; () where none was found."""

    @property
    def open_input(self) -> TensorInfo | None:
        """The first input with a dimension, besides the batch, that is not known: no figure is worth much then."""
        shapes = ((i, i.judged or i.shape) for i in self.inputs)
        return next((i for i, shape in shapes if shape is None or any(d is None for d in shape[1:])), None)

    @property
    def batch(self) -> int:
        """How many images the figures are for: the first dimension of the first input, as it was judged."""
        shape = (self.inputs[0].judged or self.inputs[0].shape or ()) if self.inputs else ()
        return shape[0] or 1 if len(shape) > 1 else 1


@dataclass(frozen=True)
class Report:
    """Everything ``check`` found out about one model."""

    version: str
    model: ModelInfo
    target: Target
    profile: str
    verdicts: Mapping[str, Verdict]
    """The verdict under each profile; ``verdict`` is the one asked for."""
    findings: tuple[Finding, ...]
    memory: MemoryReport
    latency: LatencyReport
    confirmation: Any = None
    """The real converter's answer (``sensorfit.convert.frontend.Confirmation``) when it was asked."""
    published: tuple[Published, ...] = ()
    """Published figures of a built-in model, each with its source."""
    other_converter: str = ""
    """The version of the converter that is installed, where it is another than the target's."""

    layers: tuple[Layer, ...] = ()
    """The nodes with what each takes, where asked for."""
    hidden: tuple[Finding, ...] = ()
    """Findings that ``select`` and ``ignore`` leave out; the verdict stands on them all the same."""

    outlook: Outlook | None = None
    """Where operators are refused: what ``sensorfit fix`` would reach; None where it would change nothing."""

    @property
    def verdict(self) -> Verdict:
        """ "fits", "does_not_fit" or "unknown" under the profile asked for."""
        return self.verdicts[self.profile]

    def worst(self, at_least: str) -> tuple[Finding, ...]:
        """The findings of severity ``at_least`` or above."""
        floor = SEVERITIES.index(at_least)
        return tuple(f for f in self.findings if SEVERITIES.index(f.severity) >= floor)

    def exit_code(self, fail_on: str = "error") -> int:
        """0 when it fits, 1 when not or when a finding reaches ``fail_on`` ("never" ignores findings)."""
        if self.verdict == "does_not_fit":
            return 1
        return int(fail_on != "never" and bool(self.worst(fail_on)))

    def summary(self) -> str:
        """The verdict, the memory, the latency and what to change, as a few lines of text."""
        from .causes import causes
        from .next_step import verdict_word
        from .notebook import in_one_line
        from .phrases import counted, latency_words, of_budget_words

        lines = [
            f"{self.model.name}: {verdict_word(self)}",
            f"memory  {of_budget_words(self.memory)}",
            f"latency {latency_words(self)}, an estimate",
        ]
        wrong = [c for c in causes(self) if c.severity == "error"]
        for cause in wrong:
            first = cause.findings[0]
            of_memory = (
                first.about_memory and not first.about_operator
            )  # the peak's node is not what is wrong
            where = first.family.partition("-")[0] if of_memory else ", ".join(cause.operators)
            lines.append(
                f"change  {where + ': ' if where else ''}{cause.fix}"
                + (f" ({cause.gain})" if cause.gain else "")
            )
        if self.hidden:
            lines.append(f"hidden  {counted(len({f.rule for f in self.hidden}), 'rule')}")
        return "\n".join(map(in_one_line, lines))

    def _repr_html_(self) -> str:
        """For a notebook: the summary as a table."""
        from .notebook import html_table

        head, *lines = self.summary().splitlines()
        return html_table(head, (line.split(maxsplit=1) for line in lines))

    def __repr__(self) -> str:
        """One line: ``<Report 'picosam3': fits, 3,843,296 of 8,388,480 B, 5.11 ms (2.98-9.14), 8 findings>``."""
        memory, latency = self.memory, self.latency
        total = f"{'' if memory.complete else 'at least '}{memory.total_bytes:,} of {memory.budget_bytes:,} B"
        low, high = latency.dsp_ms_low, latency.dsp_ms_high
        time = (
            f"{latency.dsp_ms:,.2f} ms ({low:,.2f}-{high:,.2f})"
            if latency.complete
            else f"at least {low:,.2f} ms"
        )
        from .phrases import counted

        found = counted(len(self.findings), "finding")
        return f"<Report {self.model.name!r}: {self.verdict}, {total}, {time}, {found}>"

    def to_dict(self, plan: bool = False) -> dict[str, Any]:
        """The JSON object of schema ``report/schema.json``; with ``plan``, every step of the memory plan."""
        from .serialise import to_dict

        return to_dict(self, plan=plan)
