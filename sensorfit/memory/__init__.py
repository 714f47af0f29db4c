"""Peak memory of a device graph on the sensor: bytes, plan, peak."""

from __future__ import annotations

from ..graph.ir import Graph
from ..target import Target
from .expand import expand
from .layout import load_memory_facts
from .lifetimes import lifetimes, live_sets
from .model import Live, MemoryReport, Step
from .peak import needed_bytes
from .schedule import schedule
from .weights import model_weight_bytes

__all__ = ["Live", "MemoryReport", "Step", "analyse"]


def analyse(device_graph: Graph, target: Target, input_persistency: bool = True) -> MemoryReport:
    """The memory that ``device_graph`` (from ``lower``) takes on ``target``.

    Never raises for a graph that ``lower`` accepts: what cannot be counted is
    said in ``notes``, and ``complete`` is False when sizes are unknown.
    """
    facts = load_memory_facts(target.name)
    program = expand(device_graph, facts)
    program.operations = schedule(program)
    weights, weight_notes, weights_known = model_weight_bytes(device_graph, facts)
    spans = lifetimes(program)
    steps = []
    bound = runtime = 0
    peak = -1
    for operation, alive in zip(program.operations, live_sets(spans, len(program.operations)), strict=True):
        sizes = [span.buffer.bytes for span in alive]
        needed = needed_bytes(sizes, facts.align)
        if needed > runtime:
            runtime, peak = needed, len(steps)
        bound = max(bound, sum(sizes))
        live = tuple(
            Live(span.buffer.tensor, span.buffer.bytes, _why(span.buffer.name, operation)) for span in alive
        )
        steps.append(Step(operation.name, operation.op, live))
    return MemoryReport(
        budget_bytes=target.budget_bytes,
        weights_bytes=weights,
        runtime_bytes=runtime,
        input_persistence_bytes=program.input_bytes,
        reserved_bytes=target.reserved_bytes,
        input_persistency=input_persistency,
        bound_bytes=bound,
        steps=tuple(steps),
        peak_step=peak,
        notes=(*program.notes, *weight_notes),
        complete=program.complete and weights_known,
    )


def _why(buffer: str, operation: object) -> str:
    reads = getattr(operation, "reads", ())
    writes = getattr(operation, "writes", ())
    if buffer == getattr(operation, "scratch", ""):
        return "scratch"
    if buffer in writes:
        return "written here"
    if buffer in reads:
        return "read here"
    return "kept for later"
