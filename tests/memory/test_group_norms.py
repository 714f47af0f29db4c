"""GroupNormalization and InstanceNormalization: one step, with sums for each group and 32 rows; and spelled out."""

from __future__ import annotations

import numpy as np
import onnx
import pytest

import sensorfit

from .test_advice import weighted

NET = """agraph (float[1,3,{h},{w}] x) => (float[1,4,{h},{w}] y)
<int64[3] g = {{0, {groups}, -1}}, int64[4] f = {{1, 16, {h}, {w}}}> {{
    c = Conv (x, stem)
    r = Reshape (c, g) n = InstanceNormalization (r, one, zero) o = Reshape (n, f) p = Mul (o, scale) q = Add (p, shift)
    a = Relu (q) y = Conv (a, head)
}}"""


def net(h: int, w: int, groups: int) -> onnx.ModelProto:
    return weighted(
        NET.format(h=h, w=w, groups=groups),
        stem=(16, 3, 1, 1), one=(groups,), zero=(groups,), scale=(16, 1, 1), shift=(16, 1, 1), head=(4, 16, 1, 1),
    )  # fmt: skip


@pytest.mark.parametrize(
    ("h", "w", "groups", "runtime"),
    [
        (40, 40, 8, 207_872),
        (64, 64, 8, 327_680),
        (72, 72, 8, 445_440),
        (96, 96, 8, 638_976),
        (32, 96, 8, 212_992),
    ],
)
def test_a_group_normalization_takes_what_the_converter_says(
    h: int, w: int, groups: int, runtime: int
) -> None:
    """``runtime``: imx500-converter 3.19.2 of the torch module of the same layers, quantized by MCT 2.5.1."""
    memory = sensorfit.check(net(h, w, groups), input_persistency=False).memory
    assert memory.runtime_bytes == runtime
    assert memory.complete


def test_quantizers_between_its_operators_leave_the_memory_open() -> None:
    """imx500-converter 3.19.2 ran one in parts, with several times the memory."""
    model = net(40, 40, 8)
    model.opset_import.add(domain="mct_quantizers", version=1)
    norm = next(n for n in model.graph.node if n.op_type == "InstanceNormalization")
    at = list(model.graph.node).index(norm) + 1
    quantizer = onnx.helper.make_node(
        "ActivationPOTQuantizer", ["n"], ["m"], "inside", domain="mct_quantizers", num_bits=8, signed=1, threshold=4.0
    )  # fmt: skip
    model.graph.node[at].input[0] = "m"
    model.graph.node.insert(at, quantizer)
    report = sensorfit.check(model)
    assert not report.memory.complete
    assert any("GroupNormalization" in sentence for sentence in report.memory.missing)


SPELLED_OUT = """agraph (float[1,3,96,96] x) => (float[1,8,96,96] y)
<int64[4] g = {1, 4, 192, 192}, int64[4] f = {1, 16, 96, 96}, float e = {0.00001}> {
    c = Conv <pads = [1, 1, 1, 1]> (x, stem) r = Reshape (c, g) m = ReduceMean <axes = [2, 3]> (r) d = Sub (r, m)
    s = Mul (d, d) v = ReduceMean <axes = [2, 3]> (s) u = Add (v, e) t = Sqrt (u) n = Div (d, t) o = Reshape (n, f)
    p = Mul (o, scale) q = Add (p, shift) a = Relu (q) y = Conv <pads = [1, 1, 1, 1]> (a, head)
}"""


def test_spelled_out_its_means_read_the_layout_that_takes_the_fewest_bytes() -> None:
    """589,824 B: imx500-converter 3.19.2 of this network, quantized by MCT 2.5.1; in blocks the means alone take more."""
    model = weighted(SPELLED_OUT, stem=(16, 3, 3, 3), shift=(16, 1, 1), head=(8, 16, 3, 3))
    model.graph.initializer.append(onnx.numpy_helper.from_array(np.ones((16, 1, 1), np.float32), "scale"))
    assert sensorfit.check(model).memory.runtime_bytes == 589_824


@pytest.mark.parametrize(
    ("image", "grouped", "runtime"),
    [
        ((32, 32), (1, 128, 128), 540_704),  # 524,288 B of blocks, 16,384 of planes
        ((48, 64), (2, 128, 192), 835_616),
        ((60, 64), (2, 160, 192), 1_044_512),
        ((64, 64), (2, 128, 256), 196_608),
        ((64, 64), (1, 256, 256), 196_608),
    ],
)
def test_a_mean_over_rows_and_columns_reads_blocks_up_to_32768_places(
    image: tuple[int, int], grouped: tuple[int, int, int], runtime: int
) -> None:
    """imx500-converter 3.19.2; the last two: its listing has turned planes for the mean, which take no more than the rest."""
    h, w = image
    model = weighted(
        f"""agraph (float[1,3,{h},{w}] x) => (float[1,16,{h},{w}] y)
        <int64[4] g = {{1, {", ".join(map(str, grouped))}}}, int64[4] f = {{1, 16, {h}, {w}}}> {{
            c = Conv <pads = [1, 1, 1, 1]> (x, stem) r = Reshape (c, g) m = ReduceMean <axes = [2, 3]> (r)
            d = Sub (r, m) y = Reshape (d, f)
        }}""",
        stem=(16, 3, 3, 3),
    )
    assert sensorfit.check(model, input_persistency=False).memory.runtime_bytes == runtime
