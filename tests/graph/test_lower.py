"""Lowering: what the device will run."""

from __future__ import annotations

from collections.abc import Callable

from sensorfit.graph.ir import Graph
from sensorfit.graph.lower import lower

Parse = Callable[[str], Graph]

# Weights come as Constant nodes would: folded from a shape, so no array needs writing out.
WEIGHTS = """
    ws = Constant<value_ints = [4, 3, 3, 3]>()
    w = ConstantOfShape(ws)
    cs = Constant<value_ints = [4]>()
    c = ConstantOfShape(cs)
"""


def ops(graph: Graph) -> list[str]:
    return [n.op for n in graph.nodes]


def test_batchnorm_folds_into_the_convolution_and_becomes_its_bias(graph_of: Parse) -> None:
    graph = graph_of(f"""
    g (float[1,3,8,8] x) => (float[1,4,6,6] y) {{ {WEIGHTS}
        a = Conv(x, w)
        y = BatchNormalization(a, c, c, c, c)
    }}""")
    low = lower(graph)
    assert ops(low) == ["Conv"]
    conv = low.nodes[0]
    assert conv.outputs == ("y",)
    assert low.shape(conv.input(2)) == (4,)


def test_batchnorm_is_a_step_of_its_own_where_the_convolution_has_another_reader(graph_of: Parse) -> None:
    low = lower(
        graph_of(f"""
    g (float[1,3,8,8] x) => (float[1,4,6,6] y) {{ {WEIGHTS}
        a = Conv(x, w)
        b = BatchNormalization(a, c, c, c, c)
        y = Mul(a, b)
    }}""")
    )
    assert [(n.op, n.attrs.get("group", 1)) for n in low.nodes] == [("Conv", 1), ("Conv", 4), ("Mul", 1)]


def test_a_rectifier_fuses_into_the_convolution(graph_of: Parse) -> None:
    low = lower(
        graph_of(f"""
    g (float[1,3,8,8] x) => (float[1,4,6,6] y) {{ {WEIGHTS}
        a = Conv(x, w)
        y = Relu(a)
    }}""")
    )
    assert [(n.op, n.activation, n.outputs) for n in low.nodes] == [("Conv", "Relu", ("y",))]


def test_an_activation_with_a_schedule_step_of_its_own_does_not_fuse(graph_of: Parse) -> None:
    low = lower(
        graph_of(f"""
    g (float[1,3,8,8] x) => (float[1,4,6,6] y) {{ {WEIGHTS}
        a = Conv(x, w)
        y = Sigmoid(a)
    }}""")
    )
    assert ops(low) == ["Conv", "Sigmoid"]


def test_what_computes_nothing_goes(graph_of: Parse) -> None:
    low = lower(
        graph_of("""
    g (float[1,3,8,8] x) => (float[1,3,8,8] y) {
        a = Identity(x)
        b = Dropout(a)
        c = Cast<to = 1>(b)
        y = Relu(c)
    }""")
    )
    assert [(n.op, n.inputs) for n in low.nodes] == [("Relu", ("x",))]


def test_an_output_that_is_an_identity_is_the_tensor_behind_it(graph_of: Parse) -> None:
    low = lower(graph_of("g (float[1,3,8,8] x) => (float[1,3,8,8] y) { a = Relu(x) y = Identity(a) }"))
    assert low.outputs == ("a",)


def test_every_tensor_a_lowered_node_names_is_known(graph_of: Parse) -> None:
    low = lower(
        graph_of(f"""
    g (float[1,3,8,8] x) => (float[1,4,6,6] y) {{ {WEIGHTS}
        a = Conv(x, w)
        b = BatchNormalization(a, c, c, c, c)
        d = Relu(b)
        y = Sigmoid(d)
    }}""")
    )
    named = {t for n in low.nodes for t in (*n.inputs, *n.outputs) if t} | {*low.inputs, *low.outputs}
    assert named <= set(low.tensors)


TURNED = """g (float[1,1,16,8] x) => (float[1,1,16,8] y) {{
    a = Constant<value_ints = [1, 16, 8]>()
    b = Constant<value_ints = {back}>()
    r = Reshape(x, a)
    e = {op}
    y = Reshape(e, b)
}}"""


def test_an_activation_between_a_reshape_and_its_way_back_runs_on_the_tensor_as_it_was(
    graph_of: Parse,
) -> None:
    graph = lower(graph_of(TURNED.format(op="Sigmoid(r)", back="[1, 1, 16, 8]")))
    assert ops(graph) == ["Sigmoid"]
    assert (graph.nodes[0].inputs[0], graph.outputs) == ("x", ("y",))


def test_a_softmax_and_a_reshape_that_leads_elsewhere_stay_as_they_are(graph_of: Parse) -> None:
    assert ops(lower(graph_of(TURNED.format(op="Softmax(r)", back="[1, 1, 16, 8]")))).count("Reshape") == 2
    elsewhere = TURNED.replace("(float[1,1,16,8] y)", "(float[1,2,8,8] y)")
    assert ops(lower(graph_of(elsewhere.format(op="Sigmoid(r)", back="[1, 2, 8, 8]")))).count("Reshape") == 2


def test_activations_that_share_a_reshape_are_taken_one_after_the_other(graph_of: Parse) -> None:
    graph = lower(
        graph_of("""
    g (float[1,1,16,8] x) => (float[1,16,8] y) {
        a = Constant<value_ints = [1, 16, 8]>()
        b = Constant<value_ints = [1, 1, 16, 8]>()
        r = Reshape(x, a)
        e = Sigmoid(r)
        s = Reshape(e, b)
        f = Tanh(s)
        y = Reshape(f, a)
    }""")
    )
    read = {t for n in graph.nodes for t in n.inputs}
    assert all(t in graph.inputs or graph.producer_of(t) or graph.is_constant(t) for t in read)
