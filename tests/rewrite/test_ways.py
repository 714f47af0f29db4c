"""Forms with several rewrites: each way equal and accepted, and of them the one taken that makes the network cheapest."""

from __future__ import annotations

from pathlib import Path

import pytest

from sensorfit.graph.load import load
from sensorfit.rewrite.canonical import canonical
from sensorfit.rewrite.choice import settled_cheaply
from sensorfit.rewrite.declare import chosen
from sensorfit.rewrite.price import Prices, price_of
from sensorfit.rewrite.proof import prove
from sensorfit.rewrite.same import key
from sensorfit.rewrite.settle import Candidate, settle
from tools.probes.front_end import FrontEnd

from .harness import TARGET, model, rewritten, untouched

SHUFFLED = """(float[1,3,{h},{h}] x) => (float[1,3,{H},{H}] y) <float[{c},3,3,3] v, float[3,{d},3,3] w>
{{ a = Conv <pads = [1, 1, 1, 1]> (x, v) b = DepthToSpace <blocksize = {b}, mode = "CRD"> (a) y = Conv <pads = [1, 1, 1, 1]> (b, w) }}"""
UPSAMPLED = """(float[1,3,{h},{h}] x) => (float[1,4,{H},{H}] y) <float[{c},3,1,1] v, float[{c},1,{k},{k}] u, float[{c}] b, float[4,{c},1,1] w>
{{ a = Conv (x, v) t = ConvTranspose <group = {c}, strides = [2, 2], pads = [{p}, {p}, {p}, {p}]> (a, u, b) y = Conv (t, w) }}"""
RESIZED = """(float[1,3,{h},{h}] x) => (float[1,4,{H},{H}] y) <float[{c},3,1,1] v, int64[4] s = {{1,{c},{H},{H}}}, float[4,{c},1,1] w>
{{ a = Conv (x, v) r = Resize <mode = "linear", coordinate_transformation_mode = "align_corners"> (a, , , s) y = Conv (r, w) }}"""
SLOPED = """(float[1,3,16,16] x) => (float[1,4,16,16] y) <float[8,3,1,1] v, float[8,1,1] s = {{{s}}}, float[4,8,1,1] w>
{{ a = Conv (x, v) r = PRelu (a, s) y = Conv (r, w) }}"""
DEEP = """(float[1,3,32,32] x) => (float[1,8,16,16] y) <float[8,12,3,3] w>
{ a = SpaceToDepth <blocksize = 2> (x) y = Conv <pads = [1, 1, 1, 1]> (a, w) }"""
NEAREST = """(float[1,4,{h},{w}] x) => (float[1,4,{H},{W}] y) <int64[4] s = {{1,4,{H},{W}}}>
{{ y = Resize <mode = "{mode}", coordinate_transformation_mode = "{how}"> (x, , , s) }}"""

NETWORKS = {
    "shuffle of 64 channels": SHUFFLED.format(h=20, H=40, c=64, d=16, b=2),
    "shuffle to 3 channels": SHUFFLED.format(h=16, H=64, c=48, d=3, b=4),
    "shuffle of 256 channels, large": SHUFFLED.format(h=40, H=80, c=256, d=64, b=2),
    "its inverse": DEEP,
    "depthwise, kernel of the stride": UPSAMPLED.format(h=12, H=24, c=16, k=2, p=0),
    "depthwise, 48 channels": UPSAMPLED.format(h=12, H=24, c=48, k=4, p=1),
    "depthwise, 192 channels": UPSAMPLED.format(h=6, H=12, c=192, k=4, p=1),
    "corners, small": RESIZED.format(h=8, H=16, c=16),
    "corners, large": RESIZED.format(h=48, H=96, c=8),
    "slopes below 1": SLOPED.format(s=",".join(["0.1", "0.9"] * 4)),
    "slopes above 1": SLOPED.format(s=",".join(["1.5", "2"] * 4)),
    "any slopes": SLOPED.format(s=",".join(["-0.5", "2"] * 4)),
    "equal slopes": SLOPED.format(s=",".join(["0.25"] * 8)),
}  # fmt: skip
COPIES = {
    "every second cell": NEAREST.format(h=16, w=12, H=8, W=6, mode="nearest", how="half_pixel"),
    "twice each": NEAREST.format(h=8, w=6, H=16, W=12, mode="nearest", how="half_pixel"),
    "some twice": NEAREST.format(h=5, w=7, H=13, W=9, mode="nearest", how="half_pixel"),
    "of one cell": NEAREST.format(h=1, w=1, H=6, W=9, mode="linear", how="align_corners"),
    "of one row, twice each": NEAREST.format(h=1, w=4, H=6, W=8, mode="nearest", how="half_pixel"),
}  # fmt: skip
TRANSPOSED = {
    "padded": "(float[1,6,8,8] x) => (float[1,4,8,8] y) <float[6,4,3,3] w> { y = ConvTranspose <pads = [1, 1, 1, 1]> (x, w) }",
    "grouped, dilated": "(float[1,6,8,8] x) => (float[1,4,10,10] y) <float[6,2,3,3] w, float[4] b> { y = ConvTranspose <group = 2, dilations = [2, 2], pads = [1, 1, 1, 1]> (x, w, b) }",
    "uneven": "(float[1,6,8,9] x) => (float[1,4,8,10] y) <float[6,4,4,3] w> { y = ConvTranspose <pads = [1, 0, 2, 1]> (x, w) }",
}  # fmt: skip
ENDS = {
    "output padding": "(float[1,8,6,6] x) => (float[1,8,12,12] y) <float[8,1,3,3] w> { y = ConvTranspose <group = 8, strides = [2, 2], pads = [1, 1, 1, 1], output_padding = [1, 1]> (x, w) }",
    "stride over the kernel": "(float[1,8,6,6] x) => (float[1,8,17,17] y) <float[8,1,2,2] w> { y = ConvTranspose <group = 8, strides = [3, 3]> (x, w) }",
    "dilated": "(float[1,8,6,6] x) => (float[1,8,15,15] y) <float[8,1,3,3] w, float[8] b> { y = ConvTranspose <group = 8, strides = [2, 2], dilations = [2, 2]> (x, w, b) }",
    "other steps along the width": "(float[1,8,6,6] x) => (float[1,8,12,18] y) <float[8,1,2,3] w> { y = ConvTranspose <group = 8, strides = [2, 3]> (x, w) }",
}  # fmt: skip


@pytest.mark.parametrize("name", NETWORKS)
def test_the_way_is_taken_that_makes_the_network_cheapest(name: str) -> None:
    graph = canonical(load(model(NETWORKS[name])), name)
    rewrites = chosen()
    taken = settled_cheaply(graph, TARGET, rewrites, Prices(TARGET, rewrites))
    ways = {(step.rewrite.id, step.draft.form) for step in taken.steps}
    offered: list[Candidate] = []

    def listed(candidates: list[Candidate]) -> int:
        offered.extend(candidates)
        return 0

    settle(graph, TARGET, rewrites, listed)  # type: ignore[arg-type]
    assert len(offered) > 1 and ways

    def only(wanted: tuple[str, str]) -> object:
        return lambda candidates: next(
            (i for i, (r, d) in enumerate(candidates) if (r.id, d.form) == wanted), 0
        )

    best = price_of(taken, TARGET).rank
    for rewrite, draft in offered:
        assert prove(rewrite, draft).holds, (rewrite.name, draft.form)
        other = settle(graph, TARGET, rewrites, only((rewrite.id, draft.form)))  # type: ignore[arg-type]
        assert best <= price_of(other, TARGET).rank, (rewrite.name, draft.form)


def test_memory_at_the_peak_decides_and_not_the_part_alone(tmp_path: Path) -> None:
    large = rewritten(NETWORKS["shuffle of 256 channels, large"], tmp_path)
    small = rewritten(NETWORKS["shuffle of 64 channels"], tmp_path)
    assert "ConvTranspose" in large.operators and "ConvTranspose" not in small.operators


def test_equal_parts_are_priced_once_whatever_their_weights_say() -> None:
    graph = canonical(load(model(NETWORKS["slopes below 1"])), "one")
    other = canonical(load(model(NETWORKS["slopes below 1"].replace("0.9", "0.8"))), "other")
    prices, seen = Prices(TARGET, chosen()), []

    def listed(candidates: list[Candidate]) -> int:
        seen.append([(prices.key(c), key(*c)) for c in candidates])
        return 0

    for each in (graph, other):
        settle(each, TARGET, chosen(), listed)  # type: ignore[arg-type]
    (first, second) = seen
    assert [price for price, _ in first] == [price for price, _ in second]
    assert {proof for _, proof in first}.isdisjoint(proof for _, proof in second)


@pytest.mark.parametrize("name", COPIES)
def test_a_resize_that_copies_cells_moves_data_alone(name: str, tmp_path: Path) -> None:
    (step,) = rewritten(COPIES[name], tmp_path, "ResizeByCopies").fixed.rewrites
    assert step.kind == "exact" and step.proof.startswith("permutation")


@pytest.mark.parametrize("mode", ["ceil", "round_prefer_floor", "round_prefer_ceil"])
@pytest.mark.parametrize(("into", "out"), [(7, 4), (7, 16), (10, 28), (14, 2), (14, 16), (20, 28), (33, 9)])
def test_a_border_of_two_cells_is_where_float32_has_it(
    into: int, out: int, mode: str, tmp_path: Path
) -> None:
    text = NEAREST.format(h=into, w=into, H=out, W=out, mode="nearest", how="asymmetric")
    rewritten(text.replace('mode = "nearest"', f'mode = "nearest", nearest_mode = "{mode}"'), tmp_path)


@pytest.mark.parametrize("name", TRANSPOSED)
def test_a_transposed_convolution_of_stride_1_is_a_convolution(name: str, tmp_path: Path) -> None:
    case = rewritten(TRANSPOSED[name], tmp_path, "TransposedConvStride1", "UnevenGroups")
    assert "ConvTranspose" not in case.operators and not case.fixed.remaining


@pytest.mark.parametrize("name", ENDS)
def test_a_depthwise_transposed_convolution_is_a_depthwise_one_between_zeros(
    name: str, tmp_path: Path
) -> None:
    case = rewritten(ENDS[name], tmp_path, "DepthwiseTransposed")
    assert "ConvTranspose" not in case.operators and not case.fixed.remaining


def test_what_is_no_copy_no_lerp_and_not_depthwise_is_left_to_others() -> None:
    untouched(COPIES["some twice"], "ResizeByLerp")
    untouched(RESIZED.format(h=8, H=16, c=16), "ResizeByCopies")
    untouched(NEAREST.format(h=8, w=8, H=16, W=16, mode="cubic", how="half_pixel"), "ResizeByLerp")
    untouched(TRANSPOSED["padded"], "DepthwiseTransposed")
    untouched(ENDS["dilated"], "TransposedConvStride1")


WAYS = {
    "DepthToSpaceByConv": [NETWORKS["shuffle to 3 channels"], DEEP],
    "DepthToSpaceByReshape": [NETWORKS["shuffle of 64 channels"], DEEP],
    "ResizeByLerp": [NETWORKS["corners, small"]],
    "ResizeByCopies": [*COPIES.values()],
    "TransposedConvStride1,UnevenGroups": [*TRANSPOSED.values()],
    "DepthwiseTransposed": [*ENDS.values(), NETWORKS["depthwise, kernel of the stride"]],
    "TransposedConvByGroup,TransposedConvCrop": [NETWORKS["depthwise, 48 channels"]],
    "PreluAsRelus": [NETWORKS[n] for n in NETWORKS if "slopes" in n],
}


@pytest.mark.toolchain
def test_the_front_end_accepts_every_way(tmp_path: Path) -> None:
    front_end = FrontEnd()
    said = [
        (names, text, front_end.judge(rewritten(text, tmp_path, *names.split(",")).after)["verdict"])
        for names, texts in WAYS.items()
        for text in texts
    ]
    assert [s for s in said if s[2] != "accepted"] == []
