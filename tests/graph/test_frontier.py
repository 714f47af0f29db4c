"""Where a network is cut so that what the device cannot run is left to the host."""

from __future__ import annotations

from onnx import TensorProto

from sensorfit.graph.frontier import find_cut
from sensorfit.graph.ir import Graph
from sensorfit.graph.load import load
from sensorfit.graph.sizes import about_sizes

from ..conftest import model_of

HEAD = "g (float[1,3,8,8] x) => (float[1,4,8,8] y, float[1,4,8,8] z) <float[4,3,1,1] w, float[4,4,1,1] v>"


def graph(body: str, head: str = HEAD) -> Graph:
    model = model_of(f"{head} {{ {body} }}")
    names = {"w": (4, 3, 1, 1), "v": (4, 4, 1, 1)}
    del model.graph.value_info[:]
    for name, dims in names.items():
        model.graph.initializer.append(TensorProto(name=name, data_type=1, dims=dims))
    for node in model.graph.node:
        node.name = node.output[0]
    return load(model)


def test_what_hangs_on_a_refused_node_is_cut_off_behind_the_tensors_it_reads() -> None:
    net = graph("a = Conv (x, w) b = Conv (a, v) s = Erf (b) y = Add (s, a) z = Relu (b)")
    cut = find_cut(net, {"s"})
    assert cut is not None
    assert (cut.inputs, cut.outputs) == (("x",), ("a", "b", "z"))
    assert [n.name for n in cut.of(net).nodes] == ["a", "b", "z"]


def test_what_prepares_the_image_is_cut_off_in_front() -> None:
    net = graph("p = Erf (x) q = Abs (p) a = Conv (q, w) y = Conv (a, v) z = Sign (a)")
    cut = find_cut(net, {"p", "z"})
    assert cut is not None
    assert (cut.inputs, cut.outputs) == (("p",), ("a", "y"))


def test_there_is_no_cut_where_a_trained_node_would_be_outside() -> None:
    net = graph("a = Conv (x, w) s = Erf (a) y = Conv (s, v) z = Relu (y)")
    assert find_cut(net, {"s"}) is None


def test_a_network_without_weights_has_no_cut() -> None:
    assert find_cut(graph("a = Erf (x) y = Abs (a) z = Neg (a)"), {"a"}) is None


def test_nothing_refused_is_nothing_cut() -> None:
    net = graph("a = Conv (x, w) y = Conv (a, v) z = Relu (a)")
    cut = find_cut(net, set())
    assert cut is not None and (cut.inputs, cut.outputs, len(cut.kept)) == (("x",), ("y", "z"), 3)


def test_nodes_that_compute_with_sizes_are_those_and_their_readers() -> None:
    head = "g (float[1,3,H,W] x) => (float[N,C,H,W] y) <int64 one>"
    net = graph("s = Shape (x) t = Neg (s) u = Neg (t) v2 = Abs (x) r = Reshape (v2, u) y = Relu (r)", head)
    assert about_sizes(net) == {"s", "t", "u", "r"}
