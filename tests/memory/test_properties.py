"""What must hold for every graph: random networks of convolutions, pools, sums and concatenations."""

from __future__ import annotations

import random
from itertools import pairwise

import numpy as np
import onnx
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from onnx import TensorProto, helper

from sensorfit.api import load_target
from sensorfit.graph.load import load
from sensorfit.graph.lower import lower
from sensorfit.memory.analysis import analyse
from sensorfit.memory.model import MemoryReport

TARGET = load_target()
OPERATORS = (
    "conv",
    "conv1",
    "dw",
    "stride",
    "relu",
    "pool",
    "up",
    "add",
    "concat",
    "sigmoid",
    "gap-mul",
    "transpose",
)


@st.composite
def plans(draw: st.DrawFn) -> list[tuple[str, int, int, int]]:
    """Recipes: operator, which earlier tensor, which second tensor, channels."""
    step = st.tuples(st.sampled_from(OPERATORS), st.integers(0, 6), st.integers(0, 6), st.integers(1, 70))
    return draw(st.lists(step, min_size=1, max_size=14))


def build(
    recipe: list[tuple[str, int, int, int]], height: int, width: int, prefix: str = "n"
) -> onnx.ModelProto:
    """The network of a recipe; sizes are tracked so that sums and concatenations match."""
    nodes: list[onnx.NodeProto] = []
    weights: list[onnx.TensorProto] = []
    made: list[tuple[str, int, int, int]] = [("image", 3, height, width)]

    def add(op: str, inputs: list[str], shape: tuple[int, int, int], **attrs: object) -> None:
        name = f"{prefix}{len(nodes)}"
        nodes.append(helper.make_node(op, inputs, [f"{name}_out"], name=name, **attrs))
        made.append((f"{name}_out", *shape))

    def weight(shape: tuple[int, ...], kind: int = TensorProto.FLOAT) -> str:
        name = f"{prefix}_w{len(weights)}"
        values = np.ones(shape, dtype=np.float32)
        weights.append(helper.make_tensor(name, kind, shape, values.tobytes(), raw=True))
        return name

    for operator, first, second, channels in recipe:
        source, c, h, w = made[-1 - first % len(made)]
        if operator in ("conv", "conv1", "stride") and h > 2 and w > 2:
            k = 1 if operator == "conv1" else 3
            s = 2 if operator == "stride" else 1
            out = (channels, (h + 2 * (k // 2) - k) // s + 1, (w + 2 * (k // 2) - k) // s + 1)
            add(
                "Conv",
                [source, weight((channels, c, k, k))],
                out,
                kernel_shape=[k, k],
                pads=[k // 2] * 4,
                strides=[s, s],
            )
        elif operator == "dw":
            add("Conv", [source, weight((c, 1, 3, 3))], (c, h, w), group=c, kernel_shape=[3, 3], pads=[1] * 4)
        elif operator in ("relu", "sigmoid"):
            add(operator.capitalize(), [source], (c, h, w))
        elif operator == "pool" and h > 3 and w > 3:
            add("MaxPool", [source], (c, h // 2, w // 2), kernel_shape=[2, 2], strides=[2, 2])
        elif operator == "up" and h < 40 and w < 40:
            scales = f"{prefix}_w{len(weights)}"
            weights.append(helper.make_tensor(scales, TensorProto.FLOAT, (4,), [1.0, 1.0, 2.0, 2.0]))
            add("Resize", [source, "", scales], (c, 2 * h, 2 * w), mode="nearest")
        elif operator == "add":
            matching = [m for m in made if m[1:] == (c, h, w)]
            add("Add", [source, matching[second % len(matching)][0]], (c, h, w))
        elif operator == "concat":
            matching = [m for m in made if m[2:] == (h, w)]
            other = matching[second % len(matching)]
            if c + other[1] < 200:
                add("Concat", [source, other[0]], (c + other[1], h, w), axis=1)
        elif operator == "gap-mul":
            add("GlobalAveragePool", [source], (c, 1, 1))
            add("Mul", [source, made[-1][0]], (c, h, w))
        elif operator == "transpose":
            add("Transpose", [source], (c, w, h), perm=[0, 1, 3, 2])
    read = {name for node in nodes for name in node.input}
    ends = [m for m in made if m[0] not in read] or [made[-1]]
    image = helper.make_tensor_value_info("image", TensorProto.FLOAT, (1, 3, height, width))
    outputs = [
        helper.make_tensor_value_info(m[0], TensorProto.FLOAT, (1, *m[1:])) for m in ends if m[0] != "image"
    ]
    if not outputs:
        add("Relu", ["image"], (3, height, width))
        outputs = [helper.make_tensor_value_info(made[-1][0], TensorProto.FLOAT, (1, 3, height, width))]
    graph = helper.make_graph(nodes, "random", [image], outputs, weights)
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)


def memory(model: onnx.ModelProto) -> MemoryReport:
    return analyse(lower(load(model, "random")), TARGET)


SIZES = st.tuples(st.integers(8, 70), st.integers(8, 70))
FAST = settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow], derandomize=True
)


@FAST
@given(plans(), SIZES)
def test_the_plan_never_overlaps_two_live_tensors(
    recipe: list[tuple[str, int, int, int]], size: tuple[int, int]
) -> None:
    report = memory(build(recipe, *size))
    assert report.steps
    for step in report.steps:
        placed = sorted((live.offset, live.offset + live.bytes) for live in step.live if live.bytes)
        assert all(start >= 0 for start, _ in placed)
        for (_, end), (start, _) in pairwise(placed):
            assert end <= start, step.node


@FAST
@given(plans(), SIZES)
def test_the_peak_is_at_least_the_live_range_bound(
    recipe: list[tuple[str, int, int, int]], size: tuple[int, int]
) -> None:
    report = memory(build(recipe, *size))
    live = max(step.bytes for step in report.steps)
    widest = max(
        sum(item.bytes for item in step.live if item.why != "kept for later") for step in report.steps
    )
    assert widest <= report.bound_bytes <= live <= report.runtime_bytes
    assert report.plan_bytes >= live
    assert report.steps[report.peak_step].bytes <= report.runtime_bytes


@FAST
@given(plans(), SIZES, st.integers(0, 1000))
def test_the_order_of_nodes_in_the_file_changes_nothing(
    recipe: list[tuple[str, int, int, int]], size: tuple[int, int], seed: int
) -> None:
    model = build(recipe, *size)
    shuffled = onnx.ModelProto()
    shuffled.CopyFrom(model)
    del shuffled.graph.node[:]
    waiting = list(model.graph.node)
    ready = {"image", ""} | {w.name for w in model.graph.initializer}
    chance = random.Random(seed)
    while waiting:
        node = chance.choice([n for n in waiting if set(n.input) <= ready])
        waiting.remove(node)
        ready.update(node.output)
        shuffled.graph.node.append(node)
    assert memory(model) == memory(shuffled)


@FAST
@given(plans(), SIZES)
def test_names_change_nothing(recipe: list[tuple[str, int, int, int]], size: tuple[int, int]) -> None:
    plain, odd = memory(build(recipe, *size)), memory(build(recipe, *size, prefix="zz9/"))
    assert plain.total_bytes == odd.total_bytes
    assert [[live.bytes for live in step.live] for step in plain.steps] == [
        [live.bytes for live in step.live] for step in odd.steps
    ]
    assert [step.op for step in plain.steps] == [step.op for step in odd.steps]


def test_an_unknown_size_gives_a_report_that_says_so() -> None:
    model = build([("conv", 0, 0, 8), ("relu", 0, 0, 0)], 16, 16)
    model.graph.input[0].type.tensor_type.shape.dim[2].dim_param = "height"
    report = memory(model)
    assert not report.complete
    assert any("unknown" in note for note in report.notes)


def test_no_operator_crashes_the_analysis() -> None:
    image = helper.make_tensor_value_info("image", TensorProto.FLOAT, (1, 3, 16, 16))
    out = helper.make_tensor_value_info("out", TensorProto.FLOAT, None)
    node = helper.make_node("SomethingElse", ["image"], ["out"], domain="somewhere", name="odd")
    model = helper.make_model(
        helper.make_graph([node], "odd", [image], [out]),
        opset_imports=[helper.make_opsetid("", 17), helper.make_opsetid("somewhere", 1)],
    )
    report = memory(model)
    assert not report.complete
    assert report.steps[0].node == "odd"


def test_an_operator_that_is_called_like_a_step_of_ours_is_a_step_of_the_file() -> None:
    def planned(op: str, *reads: str) -> tuple[int, int]:
        nodes = [
            helper.make_node(op, reads, ["r"], name="r"),
            helper.make_node("Relu", ["r"], ["s"], name="s"),
            helper.make_node("Add", ["s", "x"], ["y"], name="y"),
        ]
        x, r, y = (helper.make_tensor_value_info(n, TensorProto.FLOAT, [1, 16, 8, 8]) for n in "xry")
        graph = helper.make_graph(nodes, "g", [x], [y], value_info=[r])
        model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)])
        report = analyse(lower(load(model)), TARGET)
        return report.runtime_bytes, len(report.steps)

    for reads in ((), ("x",)):
        assert planned("Transform", *reads) == planned("Output", *reads) == planned("Mystery", *reads)
