"""``analyse``: from the device graph to bytes, plan and peak."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from math import ceil

from ..graph.ir import Graph
from ..target import Target
from .advice import culprits, padding
from .bound import bound_bytes
from .crops import cropped_by_axis
from .device import Program
from .gathers import cut_ahead, gathers_cut
from .layout import MemoryFacts, load_memory_facts
from .lifetimes import lifetimes
from .model import MANY_PLACES, MemoryReport, OnHost
from .multipliers import multipliers_spread
from .peak import Needs
from .placement import place
from .product import is_product
from .schedule import schedule
from .steps import device_steps
from .tail import without_last_resize
from .tiler import advise
from .timeline import Timeline
from .weights import model_weight_bytes, repeated_weight_bytes
from .widths import with_widths

SHIFTED_THROUGH = frozenset({"Reshape", "AveragePool", "Pad"})
"""What may stand between a shifted activation and the kernel that makes up for the shift."""


def analyse(
    device_graph: Graph,
    target: Target,
    input_persistency: bool = True,
    *,
    search_up_to: int | None = None,
    advice: bool = True,
) -> MemoryReport:
    """The memory that ``device_graph`` (from ``lower``) takes on ``target``.

    Of more than ``search_up_to`` steps no better order than the first is searched for. Without ``advice``, nothing
    is looked for but what decides whether it fits: not what smaller tensors would win, no plan, no bound, no word on the search.

    Never raises for a graph that ``lower`` accepts: what cannot be counted is
    said in ``notes``, and ``complete`` is False when sizes are unknown.
    """
    facts = load_memory_facts(target)
    device_graph, program = _scheduled(device_graph, facts, search_up_to, advice)
    weights, missing_weights = model_weight_bytes(device_graph, facts)
    missing = (*program.missing, *missing_weights)
    spans = lifetimes(program, kept_apart=input_persistency)
    needs = Needs(spans, len(program.operations), facts.align)
    needed = needs.bytes
    runtime = max(needed, default=0)
    products = sum(op.op == "MatMul" and len(op.reads) > 1 for op in program.operations)
    unplanned = ceil(facts.products_error * runtime) if products > facts.many_products else 0
    peak = max(range(len(needed)), key=needed.__getitem__, default=-1)
    offsets, height = place(spans, needed, facts.align) if advice else ([0] * len(spans), 0)
    report = MemoryReport(
        budget_bytes=target.budget_bytes,
        weights_bytes=weights,
        runtime_bytes=runtime,
        input_persistence_bytes=program.input_bytes,
        reserved_bytes=target.reserved_bytes,
        input_persistency=input_persistency,
        bound_bytes=bound_bytes(program, spans) if advice else 0,
        steps=Timeline(program.operations, spans, offsets),
        peak_step=peak,
        notes=(
            *missing,
            *program.notes,
            *_many_products(products, facts),
            *_partly_modelled(device_graph),
            *_may_be_shifted(device_graph, facts),
        ),
        complete=not missing,
        missing=missing,
        cut=cut_ahead(device_graph) if MANY_PLACES in missing else (),
        culprits=culprits(device_graph, spans, needs, peak, facts) if advice and needed else (),
        padding=padding(device_graph, spans, facts) if advice else (),
        plan_bytes=height,
        unreported_bytes=facts.unreported_step_bytes * len(program.operations) + unplanned,
    )
    if report.fits or not report.complete:
        return report
    kept = report.input_persistence_bytes if input_persistency else 0
    available = report.budget_bytes - report.weights_bytes - report.reserved_bytes
    return replace(
        report,
        repeated_bytes=repeated_weight_bytes(device_graph, facts),
        tiling=advise(device_graph, program, needed, available, kept, facts),
        resize_on_host=_without_last_resize(device_graph, target, input_persistency),
    )


def runtime_and_weight_bytes(
    device_graph: Graph, target: Target, *, search_up_to: int | None = None
) -> tuple[int, int]:
    """``runtime_bytes``, the input not kept, and ``weights_bytes`` as ``analyse`` has them, without its plan and advice."""
    facts = load_memory_facts(target)
    device_graph, program = _scheduled(device_graph, facts, search_up_to, notes=False)
    needs = Needs(lifetimes(program, kept_apart=False), len(program.operations), facts.align)
    return max(needs.bytes, default=0), model_weight_bytes(device_graph, facts)[0]


def _scheduled(
    graph: Graph, facts: MemoryFacts, search_up_to: int | None, notes: bool
) -> tuple[Graph, Program]:
    """The graph as the converter cuts it, and its steps in the order they run."""
    graph = multipliers_spread(cropped_by_axis(gathers_cut(with_widths(graph))), facts)
    program = device_steps(graph, facts)
    program.operations = schedule(program, facts, search_up_to, notes)
    return graph, program


def _without_last_resize(graph: Graph, target: Target, input_persistency: bool) -> OnHost | None:
    cut = without_last_resize(graph)
    if cut is None:
        return None
    smaller, nodes = cut
    return OnHost(
        tuple(n.name for n in nodes), analyse(smaller, target, input_persistency, advice=False).total_bytes
    )


def _partly_modelled(graph: Graph) -> tuple[str, ...]:
    """A note where products of two activations are not taken apart as those of batch 1 are."""
    if not any(
        n.op == "MatMul" and len(list(graph.activations(n))) > 1 and not is_product(graph, n)
        for n in graph.nodes
    ):
        return ()
    return (
        "MatMul of two activations of a batch of several: the layout changes around them are counted only in part; "
        "the device takes a batch of 1",
    )


def _many_products(products: int, facts: MemoryFacts) -> tuple[str, ...]:
    """A note where the converter's plan of its buffers takes more than its largest step, by how much is not foreseen."""
    if products <= facts.many_products:
        return ()
    return (
        f"{products} products of heads and windows: the converter's plan of its buffers takes more than its largest step; recorded "
        f"networks of the kind took up to {facts.products_error:.0%} more runtime than counted here",
    )


def shiftable(graph: Graph, facts: MemoryFacts) -> Counter[str]:
    """Activations of a float graph whose negative part MCT may shift away, by operator.

    It does where the quantizer's threshold is at least 20 times the smallest value
    (MCT's ``shift_negative_activation_correction``), which only data can show.
    """
    if graph.quantized:
        return Counter()
    return Counter(
        node.op
        for node in graph.nodes
        if node.op in facts.shifted and _read_by_kernel(graph, node.outputs[0])
    )


def _may_be_shifted(graph: Graph, facts: MemoryFacts) -> tuple[str, ...]:
    """A note about them, with what it cost where the converter was asked of one network with and without."""
    found = shiftable(graph, facts)
    if not found:
        return ()
    there = Counter(node.op for node in graph.nodes)
    names = ", ".join(
        f"{count} {op}"
        if count == there[op]
        else f"{count} of {there[op]} {op} (those that only a convolution or a product with weights reads)"
        for op, count in sorted(found.items())
    )
    return (
        f"{names}: built with --shift-negative (off by default), MCT may shift their small negative values, to read them "
        f"unsigned; each of them then takes 16 bits, which these figures leave out (EdgeSAM's re-parameterised encoder at 96x96: "
        f"{facts.shift_error:.0%} more runtime memory with 26 of them shifted)",
    )


def _read_by_kernel(graph: Graph, tensor: str) -> bool:
    """Whether a convolution or a product with weights reads ``tensor`` and nothing else does, as MCT wants it for a shift."""
    while (reader := graph.only_reader(tensor)) is not None and reader.op in SHIFTED_THROUGH:
        tensor = reader.outputs[0]
    if reader is None:
        return False
    return reader.op in ("Conv", "Gemm") or (reader.op == "MatMul" and graph.is_constant(reader.input(1)))
