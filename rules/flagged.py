"""Softmax and LayerNormalization: always named, whatever the verdict."""

from __future__ import annotations

from collections.abc import Iterator

from sensorfit.graph.attention import attention_softmax
from sensorfit.graph.ir import Graph, Node
from sensorfit.graph.patterns import recognise
from sensorfit.graph.view import Match
from sensorfit.target import Target
from sensorfit.verify.facts import attribute, operators
from sensorfit.verify.family import FLAGGED
from sensorfit.verify.rule import Issue, rule

from .batch_axis import on_batch, several
from .limits import too_long

PER_AXIS = 13
"""The first opset whose Softmax runs over one axis; before, over all from ``axis`` on, 1 where it is not written."""
LAST_SOFTMAX_FIX = "end the network at the scores and take the Softmax on the host"
SOFTMAX_FIX = "keep it if INT8 is accurate enough (the build's report.html shows it); else gate with Sigmoid, replace attention by convolutions, or leave it and what follows to the host (sensorfit fix MODEL --cut TENSOR)"
LAYERNORM_FIX = "use BatchNorm2d, which folds into the convolution before it and costs nothing; retrain, since it normalises over the batch instead"


@rule("SF201", "Softmax", FLAGGED, "graph", subject="Softmax", refused_in=("picosam",))
def softmax(graph: Graph, target: Target) -> Iterator[Issue]:
    """Softmax: unsupported by the papers, accepted in some forms by the converter.

    The PicoSAM papers count Softmax among what the IMX500 cannot run. The
    converter of today accepts it over any axis but the batch, of any rank
    (Sony's model zoo ships MobileViT with it), and refuses it over the batch and
    in a batch of several, as windowed attention has it.
    It is costly and sensitive to 8-bit quantization either way, so it is always
    named: in the profile "converter" a warning where the form is accepted and
    an error where it is refused, in the profile "picosam" always an error.
    The attention around a Softmax usually fails by itself (SF119).

    Fails:
        (float[1,16,32,32] x) => (float[1,16,32,32] y) { y = Softmax <axis = 0> (x) }

    Passes:
        (float[1,16,32,32] x) => (float[1,16,32,32] y) { y = Sigmoid (x) }

    Fix: keep it where it is accepted and INT8 is accurate enough; else replace attention by convolutions, as PicoSAM2 and 3
    do; gate with Sigmoid instead; or end the network at the scores and take the Softmax on the host.
    """
    facts = operators(target)["Softmax"]
    for node in graph.nodes:
        if node.domain or node.op != "Softmax":
            continue
        joined = graph.opset < PER_AXIS
        axis = int(node.attrs.get("axis", 1)) if joined else attribute(node, "axis", facts)
        where = "attention, " if attention_softmax(graph, node) else ""
        batched = [*several(graph, node)]
        if batched:
            yield from (issue._replace(node=node) for issue in batched)
        elif on_batch(graph, node, axis):
            yield Issue(
                facts["batch"],
                "take the Softmax over another axis than the batch",
                f"{where}axis {axis}",
                node=node,
            )
        elif too_long(graph, node, axis, facts["longest_axis"], joined):
            yield Issue(
                _LONG.format(axis, facts["longest_axis"]),
                "take the Softmax over fewer values, or on the host",
                f"{where}axis {axis}",
                node=node,
            )
        else:
            yield Issue.accepted(
                "Softmax: the converter accepts this form, the PicoSAM papers call it unsupported",
                LAST_SOFTMAX_FIX if node.outputs[0] in graph.outputs and not where else SOFTMAX_FIX,
                f"{where}axis {axis}",
                node=node,
            )
    for match in recognise(graph):
        if match.kind == "Softmax":
            yield Issue.accepted(
                "Softmax spelled out as Exp, ReduceSum, Div: the converter accepts the nodes, the PicoSAM papers call it unsupported",
                SOFTMAX_FIX,
                f"pattern of {len(match.nodes)} nodes",
                node=match.nodes[-1],
            )


@rule("SF202", "LayerNormalization", FLAGGED, "graph", subject="LayerNormalization", refused_in=("picosam",))
def layer_norm(graph: Graph, target: Target) -> Iterator[Issue]:
    """LayerNormalization: unsupported by the papers, accepted over the last axis by the converter.

    The PicoSAM papers count LayerNorm among what the IMX500 cannot run. The
    converter of today accepts LayerNormalization over the last axis, of any
    rank, and refuses it over more axes. Spelled out as ReduceMean, Sub, Pow,
    ReduceMean, Add, Sqrt, Div (SAM's LayerNorm2d over the channels) it is
    accepted node by node, over any axis; it stays that many operators, with
    their memory and time. Always named: in the profile "converter" a warning
    where accepted and an error where refused, in "picosam" always an error.

    Fails:
        (float[1,16,32,32] x) => (float[1,16,32,32] y) <float[32,32] w> { y = LayerNormalization <axis = -2> (x, w) }

    Passes:
        (float[1,16,32,32] x) => (float[1,16,32,32] y) <float[16] s, float[16] b, float[16] m, float[16] v>
        { y = BatchNormalization (x, s, b, m, v) }

    Fix: use BatchNorm2d and retrain; or normalise over the last axis only (NHWC: permute, LayerNorm(C), permute back);
    or spell a LayerNorm over the channels out (LayerNorm2d).
    """
    facts = operators(target)["LayerNormalization"]
    for node in graph.nodes:
        if not node.domain and node.op == "LayerNormalization":
            yield _layer_norm_node(graph, node, attribute(node, "axis", facts), facts["longest_axis"])
    for match in recognise(graph):
        if match.kind == "LayerNormalization":
            yield _layer_norm_pattern(graph, match)


_LONG = "Axis {} size exceeds the supported limit of {}"


def _layer_norm_node(graph: Graph, node: Node, axis: int, longest: int) -> Issue:
    shape = graph.shape(node.inputs[0])
    if axis != -1 and (shape is None or axis != len(shape) - 1):
        return Issue(
            "Only last axis is supported",
            "normalise over the last axis (permute the channels there and back), spell LayerNorm2d out, or use BatchNorm2d",
            f"axis {axis}",
            node=node,
        )
    if too_long(graph, node, axis, longest):
        return Issue(_LONG.format(axis, longest), "normalise fewer values", f"axis {axis}", node=node)
    return Issue.accepted(
        "LayerNormalization: the converter accepts this form, the PicoSAM papers call it unsupported",
        LAYERNORM_FIX,
        f"axis {axis}",
        node=node,
    )


def _layer_norm_pattern(graph: Graph, match: Match) -> Issue:
    return Issue.accepted(
        "LayerNormalization spelled out: the converter accepts the nodes, the PicoSAM papers call it unsupported",
        LAYERNORM_FIX,
        f"pattern of {len(match.nodes)} nodes, axes {match.attrs['axes']}",
        node=match.nodes[-1],
        probes=("pln_c", "pln_last"),
    )
