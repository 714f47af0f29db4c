"""What remains of the reasons if each is lifted.

A what-if is a change a designer might make (encoder only, 96x96, 4-bit weights,
operators exchanged) with what still stands in the way after it. Lifts combine,
because one rarely is enough.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from ..report.outlook import Outlook
from ..report.phrases import counted, interval_words
from ..verify.facts import reading
from .model import ForeignInput, Part, Sum, WhatIf


def together(parts: Sequence[Part]) -> Sum:
    """The parts as one program: weights of all, the runtime of the largest, one reserved block."""
    memories = [p.report.memory for p in parts]
    weights = sum(m.weights_bytes for m in memories)
    runtime = max(m.runtime_bytes for m in memories)
    first = memories[0]
    extra = first.input_persistence_bytes if first.input_persistency else 0
    return Sum(
        parts=tuple(p.name for p in parts),
        parameters=sum(p.report.model.parameters for p in parts),
        weights_bytes=weights,
        runtime_bytes=runtime,
        total_bytes=weights + runtime + first.reserved_bytes + extra,
        budget_bytes=first.budget_bytes,
        macs=sum(p.report.latency.macs for p in parts),
        dsp_ms=sum(p.report.latency.dsp_ms for p in parts),
        dsp_ms_low=sum(p.report.latency.dsp_ms_low for p in parts),
        dsp_ms_high=sum(p.report.latency.dsp_ms_high for p in parts),
        sized=all(m.complete for m in memories),
        timed=all(p.report.latency.complete for p in parts),
    )


EXCHANGED = "refused operators replaced, nothing else changed"
FIXED = "rewritten by sensorfit fix"


def what_ifs(
    parts: Sequence[Part], smaller: Sequence[Part] = (), sized: Sequence[tuple[str, Part]] = ()
) -> tuple[WhatIf, ...]:
    """Single changes and their combinations, those that change something.

    ``smaller``: the same parts at 96x96, where there are any; ``sized``: the first part at other inputs, each with its words.
    """
    found = [_lift("as it is", parts)]
    several = len(parts) > 1
    only = f"{parts[0].label} only"
    if several:
        found.append(_lift(f"{only}, the rest on the host", parts[:1]))
    exported = _another_export(parts)
    if exported:
        found.append(_lift(exported, parts, exported=True))
    if _four_bits_help(parts):
        found.append(_lift("4-bit weights", parts, four_bit=True))
    if _refused(parts):
        found.append(_lift(EXCHANGED, parts, exchanged=True))
    if not several and parts[0].report.outlook is not None:
        found.append(_with_fix(parts[0], parts[0].report.outlook))
    if several and _refused(parts[:1]):
        found.append(_lift(f"{only}, {EXCHANGED}", parts[:1], exchanged=True))
    for words, part in sized:
        change = ", ".join(filter(None, (exported, only if several else "", words)))
        found.append(_lift(change, (part,), exported=True))
    if smaller:
        side = smaller[0].name.partition("@")[2]
        size = f"at {side}x{side}"
        found.append(_lift(size, smaller))
        if _four_bits_help(smaller):
            found.append(_lift(f"{size}, 4-bit weights", smaller, four_bit=True))
        first = f"{size}, {only}" if several else size
        if several:
            found.append(_lift(first, smaller[:1]))
        if _refused(smaller[:1]):
            found.append(_lift(f"{first}, {EXCHANGED}", smaller[:1], exchanged=True))
    return tuple(found)


def _with_fix(item: Part, seen: Outlook) -> WhatIf:
    """What ``sensorfit fix`` reaches: the network that it would write, analysed."""
    budget = item.report.memory.budget_bytes
    remains = [f"{counted(seen.remaining, 'refused node')}"] if seen.remaining else []
    if seen.left_to_host:
        remains.append(f"{counted(seen.left_to_host, 'node')} for the host")
    if seen.total_bytes > budget:
        remains.append(f"{mebibytes(seen.total_bytes - budget)} too much memory")
    elif seen.verdict == "unknown":
        remains.append("not known to fit")
    remains += _not_fed(item.foreign_inputs)
    time = (seen.ms, seen.ms_low, seen.ms_high)
    return WhatIf(
        FIXED, seen.total_bytes, budget, seen.remaining, 0, tuple(remains), time, seen.sized, seen.timed
    )


def _not_fed(foreign: Sequence[ForeignInput]) -> list[str]:
    found = ["the image's size"] if any(given.kind == "size" for given in foreign) else []
    if others := [given.name for given in foreign if given.kind == "other"]:
        found.append(f"inputs the sensor does not deliver ({', '.join(others)})")
    return found


def _four_bits_help(parts: Sequence[Part]) -> bool:
    """Whether memory is what is lacking, and weights are stored in more bits."""
    return _lacks_memory(parts, together(parts).total_bytes) and any(
        p.weights_4bit_bytes < p.report.memory.weights_bytes for p in parts
    )


def _lacks_memory(parts: Sequence[Part], total: int) -> bool:
    """Whether ``total`` is over the budget and the tiles that the converter cuts do not help."""
    budget = parts[0].report.memory.budget_bytes
    return total > budget and not (len(parts) == 1 and parts[0].has_room)


def _refused(parts: Sequence[Part]) -> bool:
    return any(p.refused or p.unknown for p in parts)


def _another_export(parts: Sequence[Part]) -> str:
    """The export that lifts some of what is refused of the graph as a whole; "" where none does."""
    if not any(g.lifted_by_export for p in parts for g in p.graph_refused):
        return ""
    return f"exported at opset {reading(parts[0].report.target)['export_opset']}"


def _lift(
    change: str,
    parts: Sequence[Part],
    four_bit: bool = False,
    exchanged: bool = False,
    exported: bool = False,
) -> WhatIf:
    """``exported``: what another export lifts of the graph as a whole is gone."""
    whole = together(parts)
    saved = sum(p.report.memory.weights_bytes - p.weights_4bit_bytes for p in parts) if four_bit else 0
    total = whole.total_bytes - saved
    refused = 0 if exchanged else sum(p.refused_nodes for p in parts)
    unknown = 0 if exchanged else sum(p.unknown_nodes for p in parts)
    remains: list[str] = []
    if refused:
        remains.append(f"{counted(refused, 'refused node')}")
    if unknown:
        remains.append(f"{counted(unknown, 'node')} that nobody has tried")
    if _lacks_memory(parts, total):
        remains.append(f"{mebibytes(total - whole.budget_bytes)} too much memory")
    if not whole.sized:
        remains.append("memory that could be counted only in part")
    whole_graph = (g for p in parts for g in (*p.graph_refused, *p.graph_unknown))
    remains += [g.reason for g in whole_graph if not (exported and g.lifted_by_export)]
    remains += _not_fed([given for p in parts for given in p.foreign_inputs])
    times = None if four_bit or exchanged else (whole.dsp_ms, whole.dsp_ms_low, whole.dsp_ms_high)
    return WhatIf(
        change, total, whole.budget_bytes, refused, unknown, tuple(remains), times, whole.sized, whole.timed
    )


def mebibytes(value: int) -> str:
    """``48.71 MiB``."""
    return f"{value / 2**20:,.2f} MiB"


def weights_form(parts: Iterable[Part]) -> str:
    """``at INT8``, or ``as quantized`` where a graph came with the widths of its own."""
    return "as quantized" if any(p.report.model.quantized for p in parts) else "at INT8"


def milliseconds(whole: Sum) -> str:
    """``509.97 ms (212.85-1251.40)``: the parts one after the other."""
    return interval_words(whole.dsp_ms, whole.dsp_ms_low, whole.dsp_ms_high, whole.timed)
