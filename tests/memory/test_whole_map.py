"""A convolution over its whole input, as heads of landmark networks have it, and a LeakyRelu on a sum that a convolution takes in.

imx500-converter 3.19.2 lists both in a network like MediaPipe's face mesh, quantized by MCT 2.5.1, whose bytes were predicted 0.15 %
too high: a Reshape of 32 B and a matrix product with 288 B a block of outputs; and 512 B for the sum, 64 for the slope."""

from __future__ import annotations

import numpy as np
import pytest
from onnx import numpy_helper

from sensorfit.api import load_target
from sensorfit.graph.ir import Graph
from sensorfit.graph.load import load
from sensorfit.graph.lower import lower
from sensorfit.memory.layout import load_memory_facts
from sensorfit.memory.steps import device_steps
from sensorfit.memory.weights import weight_bytes_by_node

from .test_advice import weighted

FACTS = load_memory_facts(load_target())


def lowered(text: str, **shapes: tuple[int, ...]) -> Graph:
    return lower(load(weighted(text, **shapes), "net"))


@pytest.mark.parametrize(
    ("outputs", "size"), [(1404, 32 * 9 * 1408 + 44 * 288 + 32), (1, 32 * 9 * 32 + 288 + 32)]
)
def test_over_its_whole_input_a_convolution_is_a_matrix_product(outputs: int, size: int) -> None:
    graph = lowered(
        f"agraph (float[1,3,3,3] x) => (float[1,{outputs},1,1] y) {{ a = Conv <pads = [1, 1, 1, 1]> (x, stem) y = Conv (a, head) }}",
        stem=(32, 3, 3, 3),
        head=(outputs, 32, 3, 3),
    )
    assert weight_bytes_by_node(graph, FACTS)[0][-1] == size
    program = device_steps(graph, FACTS)
    last = [step for step in program.operations if step.op in ("Reshape", "Conv")][-2:]
    assert [step.op for step in last] == ["Reshape", "Conv"]
    assert program.buffers[last[0].writes[0]].bytes == 288


def test_a_padded_one_stays_a_convolution() -> None:
    graph = lowered(
        "agraph (float[1,3,3,3] x) => (float[1,64,3,3] y) { y = Conv <pads = [1, 1, 1, 1]> (x, w) }",
        w=(64, 3, 3, 3),
    )
    assert "Reshape" not in [step.op for step in device_steps(graph, FACTS).operations]


def test_a_leaky_relu_on_a_sum_has_no_table_beside_that_of_the_sum() -> None:
    text = """agraph (float[1,3,8,8] x) => (float[1,32,8,8] y) {
        a = Conv <pads = [1, 1, 1, 1]> (x, stem) r = Relu (a) d = Conv <pads = [1, 1, 1, 1], group = 32> (r, deep)
        b = Conv (d, inner) s = Add (b, r) y = LeakyRelu <alpha = 0.25> (s)
    }"""
    made = weighted(text, stem=(32, 3, 3, 3), deep=(32, 1, 3, 3))
    made.graph.initializer.append(numpy_helper.from_array(np.ones((32, 32, 1, 1), np.float32), "inner"))
    graph = lower(load(made, "net"))
    sizes = dict(zip((node.op for node in graph.nodes), weight_bytes_by_node(graph, FACTS)[0], strict=True))
    assert sizes["Add"] == 512 + 64


def test_an_average_over_the_whole_map_has_no_kernel() -> None:
    """PFLD, whose two were counted 2,048 B too high."""
    graph = lowered(
        """agraph (float[1,3,8,8] x) => (float[1,32,1,1] y, float[1,32,4,4] z) {
            a = Conv <pads = [1, 1, 1, 1]> (x, stem)
            y = AveragePool <kernel_shape = [8, 8]> (a) z = AveragePool <kernel_shape = [2, 2], strides = [2, 2]> (a)
        }""",
        stem=(32, 3, 3, 3),
    )
    assert weight_bytes_by_node(graph, FACTS)[0][1:] == [0, 1024]


def test_a_leaky_relu_on_a_batch_norm_has_no_table() -> None:
    """MONAI's U-Net: cropped transposed convolutions with BatchNorm and a PReLU of one slope took 1,024 B less than predicted."""
    text = """agraph (float[1,3,8,8] x) => (float[1,32,4,4] y) {
        a = Conv <pads = [1, 1, 1, 1]> (x, stem) p = MaxPool <kernel_shape = [2, 2], strides = [2, 2]> (a)
        b = BatchNormalization (p, one, zero, zero, one) y = LeakyRelu <alpha = 0.25> (b)
    }"""
    graph = lowered(text, stem=(32, 3, 3, 3), one=(32,), zero=(32,))
    sizes = dict(zip((node.op for node in graph.nodes), weight_bytes_by_node(graph, FACTS)[0], strict=True))
    assert sizes["BatchNormalization"] == 160 + 64
