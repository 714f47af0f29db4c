"""Preparation and decoding inside the graph: one cut instead of a way out for each of a thousand nodes."""

from __future__ import annotations

import json
import shlex
from collections.abc import Iterator

from ..graph.frontier import find_cut
from ..graph.ir import Graph
from ..graph.lower import lower
from ..graph.sizes import about_sizes
from ..target import Target
from ..units import show_shape
from ..verify.facts import operators
from ..verify.family import OPERATORS
from ..verify.rule import Issue, rule

MANY = 8
"""From so many nodes of unknown or unsupported operators on, one cut is the shorter way."""
HOLD_GRAPHS = ("If", "Loop", "Scan", "SequenceMap")
SHOWN = 6
"""Tensors that a finding names."""


@rule("SF124", "HostPart", OPERATORS, "graph")
def host_part(graph: Graph, target: Target) -> Iterator[Issue]:
    """Preparation or decoding that belongs on the host.

    Detectors are often exported with all that prepares the image and decodes
    the boxes: NonZero, TopK, GatherND, NonMaxSuppression. No rewrite brings it
    to the sensor; the network proper ends where the first of these nodes
    reads. The finding names the tensors to cut at, and what is left there.

    Fails:
        (float[1,3,64,64] x) => (int64[N,3] y) <float[4,3,1,1] w, float k> {
            s = Conv <kernel_shape = [1, 1]> (x, w) a = Erf (s) b = Ceil (a) c = Floor (b) d = Sign (c) e = Sinh (d)
            f = Cosh (e) g = Asinh (f) h = Acosh (g) n = NonZero (h) y = Transpose (n)
        }

    Passes:
        (float[1,3,64,64] x) => (float[1,4,64,64] s) <float[4,3,1,1] w> { s = Conv <kernel_shape = [1, 1]> (x, w) }

    Fix: run `sensorfit fix model.onnx -o cut.onnx --cut`, which writes the rest as host.onnx and proves that both together
    are the network as it was.
    """
    rows = operators(target)
    sizes = _open_arithmetic(graph)
    if (
        sum(rows.get(n.op, {}).get("support") != "supported" and n.name not in sizes for n in graph.nodes)
        < MANY
    ):
        return
    from ..memory.analysis import analyse  # here: seldom asked
    from ..verify.engine import front_end_code, judged_nodes

    refused = [f for f in judged_nodes(graph, target) if f.support != "supported"]
    outside = {f.node for f in refused}
    cut = find_cut(graph, outside) if len(outside - sizes) >= MANY and front_end_code(refused) else None
    if cut is None or not cut.outputs:
        return
    left = cut.of(graph)
    memory = analyse(lower(left), target, advice=False)
    shapes = [f"'{t}' {show_shape(left.shape(t) or ())}" for t in cut.outputs]
    more = f" and {len(shapes) - SHOWN} more" if len(shapes) > SHOWN else ""
    begins = "" if cut.inputs == graph.inputs else f", begin at {', '.join(map(repr, cut.inputs))}"
    budget = f"{memory.total_bytes:,} of {target.budget_bytes:,} B"
    yield Issue(
        "what prepares the image or decodes the result belongs on the host",
        f"run `{_command(graph, left)}`, which leaves the rest to the host, then check cut.onnx",
        f"cut at {len(shapes)} tensors: {', '.join(shapes[:SHOWN])}{more}{begins}; there {len(left.nodes)} nodes are left, none "
        f"refused, {budget}{'' if memory.complete else ' at least'}",
        code=front_end_code(refused),
        covers=frozenset(n.name for n in graph.nodes) - cut.kept,
        probes=("NonZero", "nms"),
    )


def _open_arithmetic(graph: Graph) -> frozenset[str]:
    """The nodes that compute with a size while the image's is open: once it is given they are constants, and no decoding."""
    shapes = map(graph.shape, graph.inputs)
    return about_sizes(graph) if any(s is None or None in s[1:] for s in shapes) else frozenset()


def _command(graph: Graph, left: Graph) -> str:
    """What leaves the rest to the host, at the shapes that ``graph`` was judged at where its file leaves them open.

    A graph within a node that is decided while the network runs (an If of torchvision's detectors) is read by no rewrite: there
    ONNX's own tool cuts model.onnx down to ``left``.
    """
    if any(n.op in HOLD_GRAPHS and not n.domain and not graph.is_constant(n.input(0)) for n in graph.nodes):
        tensors = f"{json.dumps(left.inputs)}, {json.dumps(left.outputs)}"
        code = f'import onnx.utils; onnx.utils.extract_model("model.onnx", "cut.onnx", {tensors})'
        sizes = (f"{t}:{','.join(map(str, left.shape(t) or ()))}" for t in left.inputs)
        shapes = " ".join(map(shlex.quote, sizes))
        return f"python -c {shlex.quote(code)} && onnxslim cut.onnx cut.onnx --input-shapes {shapes}"
    judged = ((t, declared, graph.shape(t)) for t, declared in graph.declared_inputs.items())
    given = [
        f" --input-shape {shlex.quote(f'{name}={show_shape(shape)}')}"
        for name, declared, shape in judged
        if shape and (declared is None or shape[1:] != declared[1:])
    ]
    return f"sensorfit fix model.onnx -o cut.onnx --cut{''.join(given)}"
