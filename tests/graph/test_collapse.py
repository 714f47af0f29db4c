"""Convolutions that quantization merges, and those it leaves alone."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from sensorfit.graph.collapse import collapse_convolutions
from sensorfit.graph.ir import Graph

GraphOf = Callable[[str], Graph]


def weights(**shapes: str) -> str:
    """Constants of these shapes, as Constant nodes: ``w="4, 3, 1, 1"``."""
    return " ".join(
        f"{n}_shape = Constant <value_ints = [{s}]> () {n} = ConstantOfShape ({n}_shape)"
        for n, s in shapes.items()
    )


def merged(graph_of: GraphOf, body: str, **shapes: str) -> Graph:
    text = f"g (float[1,8,16,16] x) => (float y) {{ {weights(**shapes)} {body} }}"
    return collapse_convolutions(graph_of(text))


def ops(graph: Graph) -> list[str]:
    return [n.op for n in graph.nodes]


def test_a_pointwise_convolution_moves_into_the_one_before_it(graph_of: GraphOf) -> None:
    graph = merged(
        graph_of, "a = Conv <pads = [1, 1, 1, 1]> (x, w) y = Conv (a, v, b)", w="32, 8, 3, 3", v="4, 32, 1, 1", b="4"
    )  # fmt: skip
    (conv,) = graph.nodes
    assert conv.input(0) == "x"
    assert conv.outputs == ("y",)
    assert conv.attrs["pads"] == (1, 1, 1, 1)
    assert [graph.shape(i) for i in conv.inputs[1:]] == [(4, 8, 3, 3), (4,)]


def test_what_two_pointwise_convolutions_became_moves_into_the_one_before_them(graph_of: GraphOf) -> None:
    """The first alone would not: it has more results than the kernel before it (e9229)."""
    graph = merged(
        graph_of, "a = Conv <pads = [1, 1, 1, 1]> (x, w) c = Conv (a, v) y = Conv (c, u)", w="16, 8, 3, 3", v="64, 16, 1, 1", u="4, 64, 1, 1"
    )  # fmt: skip
    (conv,) = graph.nodes
    assert conv.input(0) == "x" and conv.attrs["pads"] == (1, 1, 1, 1)
    assert graph.shape(conv.input(1)) == (4, 8, 3, 3)


def test_a_chain_of_pointwise_convolutions_becomes_one(graph_of: GraphOf) -> None:
    graph = merged(
        graph_of, "a = Conv (x, w) c = Conv (a, v) y = Conv (c, u)", w="16, 8, 1, 1", v="16, 16, 1, 1", u="2, 16, 1, 1"
    )  # fmt: skip
    assert ops(graph) == ["Conv"]
    assert graph.shape(graph.nodes[0].input(1)) == (2, 8, 1, 1)


@pytest.mark.parametrize(
    ("body", "shapes"),
    [
        ("a = Conv (x, w) y = Conv (a, v)", {"w": "2, 8, 3, 3", "v": "64, 2, 1, 1"}),  # more parameters
        ("a = Conv (x, w) y = Conv (a, v)", {"w": "32, 8, 3, 3", "v": "4, 32, 3, 3"}),  # not pointwise
        ("a = Conv (x, w) y = Conv <strides = [2, 2]> (a, v)", {"w": "32, 8, 3, 3", "v": "4, 32, 1, 1"}),
        ("a = Conv (x, w) r = Relu (a) y = Conv (r, v)", {"w": "32, 8, 3, 3", "v": "4, 32, 1, 1"}),
        ("a = Conv (x, w) c = Conv (a, v) y = Concat <axis = 1> (a, c)", {"w": "32, 8, 3, 3", "v": "4, 32, 1, 1"}),
    ],
)  # fmt: skip
def test_what_would_grow_or_is_read_between_stays(
    graph_of: GraphOf, body: str, shapes: dict[str, str]
) -> None:
    assert ops(merged(graph_of, body, **shapes)).count("Conv") == 2


def test_an_identity_beside_a_convolution_moves_into_its_kernel(graph_of: GraphOf) -> None:
    (conv,) = merged(graph_of, "a = Conv <pads = [1, 1, 1, 1]> (x, w) y = Add (x, a)", w="8, 8, 3, 3").nodes
    assert (conv.op, conv.inputs, conv.outputs) == ("Conv", ("x", "w"), ("y",))


def test_another_summand_stays(graph_of: GraphOf) -> None:
    graph = merged(
        graph_of, "r = Relu (x) a = Conv <pads = [1, 1, 1, 1]> (x, w) y = Add (r, a)", w="8, 8, 3, 3"
    )
    assert sorted(ops(graph)) == ["Add", "Conv", "Relu"]


def test_a_batchnorm_moves_into_the_pointwise_convolution_after_it(graph_of: GraphOf) -> None:
    (conv,) = merged(
        graph_of, "a = BatchNormalization (x, c, c, c, c) y = Conv (a, w)", c="8", w="4, 8, 1, 1"
    ).nodes
    assert conv.input(0) == "x"


def test_a_batchnorm_before_a_window_is_a_depthwise_convolution(graph_of: GraphOf) -> None:
    graph = merged(graph_of, "a = BatchNormalization (x, c, c, c, c) y = Conv (a, w)", c="8", w="4, 8, 3, 3")
    scale = graph.nodes[0]
    assert ops(graph) == ["Conv", "Conv"]
    assert (scale.attrs["group"], graph.shape(scale.input(1)), graph.shape(scale.input(2))) == (
        8,
        (8, 1, 1, 1),
        (8,),
    )


def test_a_batchnorm_before_an_activation_stays(graph_of: GraphOf) -> None:
    body = "a = BatchNormalization (x, c, c, c, c) r = HardSwish (a) y = Conv (r, w)"
    assert ops(merged(graph_of, body, c="8", w="4, 8, 3, 3")) == ["BatchNormalization", "HardSwish", "Conv"]


def test_a_depthwise_scale_moves_into_the_pointwise_convolution_after_it(graph_of: GraphOf) -> None:
    body = "a = Conv <group = 8> (x, v) y = Conv (a, w)"
    (conv,) = merged(graph_of, body, v="8, 1, 1, 1", w="4, 8, 1, 1").nodes
    assert conv.input(0) == "x"


def test_an_even_kernel_holds_no_identity(graph_of: GraphOf) -> None:
    body = "a = Conv <pads = [1, 1, 1, 1], dilations = [2, 2]> (x, w) y = Add (x, a)"
    assert ops(merged(graph_of, body, w="8, 8, 2, 2")) == ["Conv", "Add"]


def test_a_quantized_graph_went_through_it_already(graph_of: GraphOf) -> None:
    graph = graph_of(
        f"g (float[1,8,16,16] x) => (float y) {{ {weights(w='32, 8, 3, 3', v='4, 32, 1, 1')}"
        " q = mct_quantizers.ActivationPOTQuantizer <num_bits = 8> (x) a = Conv (q, w) y = Conv (a, v) }"
    )
    assert collapse_convolutions(graph) is graph
