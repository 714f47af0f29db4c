"""GridSample at places that the network computes: deformable attention, spatial transformers, warps along a flow."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial

from ..declare import rewrite
from ..draft import Draft
from ..site import Site
from .grid_constant import text


@rewrite(
    "RW359",
    "GridSampleByHats",
    answers=("SF101",),
    ops=("GridSample",),
    proof="sampled",
    kind="rounding",
    units=256.0,
)
def grid_sample(site: Site) -> Iterator[Draft]:
    """A bilinear GridSample at computed places as products with hat functions of these.

    Linear interpolation at p is the sum over all cells i of x[i] h(p - i), with the hat h(d) = Relu(1 - |d|): it is 1 at the cell,
    0 from the next one on, and at most two of them are not 0. In two axes the weights are products, h(q - j) h(p - i). Beyond
    the image all hats are 0 (zeros); for border, p is clipped to the first and last cell. Either all weights of a place are
    written and one product sums them, or a product sums along the rows and a sum of products along the columns. Several
    images (heads) are taken one by one, constant places among them. Nearest jumps, bicubic is another function: they stay. At 8 bits p has
    256 steps at most over the image, so the larger that is the coarser are its places: look at the build's SQNR.
    """
    x, grid = site.node.inputs
    mode, edge = text(site.attr("mode", "bilinear")), text(site.attr("padding_mode", "zeros"))
    if len(site.x) != 4 or site.is_constant(x) or (site.is_constant(grid) and site.x[0] == 1):
        return
    if mode not in ("bilinear", "linear") or edge not in ("zeros", "border"):
        return
    images, channels, height, width = site.x
    places = site.y[2] * site.y[3]
    for form, one in (("cells", _by_cells), ("lines", _by_lines)):
        draft = site.draft(form=form)
        points = draft.transpose(draft.reshape(grid, (1, images * places, 2)), (0, 2, 1))
        hats = [
            _hats(
                draft, draft.slice(points, {1: (i, i + 1)}), length, edge, bool(site.attr("align_corners", 0))
            )
            for i, length in ((1, height), (0, width))
        ]
        draw = partial(one, draft, hats, site.x[1:])
        parts = [*_apart(draft, x, (channels, height, width), images)]
        made = [
            draft.reshape(draw(part, (n * places, (n + 1) * places)), (1, 1, channels, places))
            for n, part in enumerate(parts)
        ]
        yield draft.gives(draft.reshape(draft.concat(made, 1), site.y))


def _hats(draft: Draft, points: str, length: int, edge: str, align_corners: bool) -> str:
    """(1, length, places): the weight of each cell along an axis; ``points`` (1, 1, places) lie between -1 and 1."""
    scale = (length - 1) / 2 if align_corners else length / 2
    p = draft.op("Mul", draft.op("Add", points, draft.number(1.0)), draft.number(scale))
    if not align_corners:
        p = draft.op("Sub", p, draft.number(0.5))
    if edge == "border":
        p = draft.op("Clip", p, draft.number(0.0), draft.number(float(length - 1)))
    apart = draft.op("Sub", p, draft.floats(range(length), (1, length, 1)))
    return str(draft.op("Relu", draft.op("Sub", draft.number(1.0), draft.op("Abs", apart))))


def _apart(draft: Draft, x: str, shape: Sequence[int], images: int) -> Iterator[str]:
    """Each image as (1, C, H, W)."""
    if images == 1:
        yield x
        return
    whole = draft.reshape(x, (1, images, shape[0], shape[1] * shape[2]))
    for n in range(images):
        yield draft.reshape(draft.slice(whole, {1: (n, n + 1)}), (1, *shape))


def _by_cells(draft: Draft, hats: Sequence[str], shape: Sequence[int], x: str, of: tuple[int, int]) -> str:
    """(1, C, places) by all weights of each place."""
    channels, height, width = shape
    down, right = (_of(draft, h, of) for h in hats)
    count = of[1] - of[0]
    weights = draft.op(
        "Mul",
        draft.reshape(down, (1, height, 1, count)),
        draft.reshape(right, (1, 1, width, count)),
    )
    cells = draft.reshape(weights, (1, height * width, count))
    return str(draft.op("MatMul", draft.reshape(x, (1, channels, height * width)), cells))


def _by_lines(draft: Draft, hats: Sequence[str], shape: Sequence[int], x: str, of: tuple[int, int]) -> str:
    """(1, C, places) along the rows first, then along the columns."""
    channels, height, width = shape
    down, right = (_of(draft, h, of) for h in hats)
    count = of[1] - of[0]
    lines = draft.op("MatMul", draft.reshape(x, (1, channels * height, width)), right)
    lines = draft.reshape(lines, (1, channels, height, count))
    weighted = draft.op("Mul", lines, draft.reshape(down, (1, 1, height, count)))
    return str(draft.op("ReduceSum", weighted, draft.ints([2]), keepdims=0))


def _of(draft: Draft, hats: str, of: tuple[int, int]) -> str:
    return hats if draft.shape(hats)[-1] == of[1] - of[0] else draft.slice(hats, {2: of})
