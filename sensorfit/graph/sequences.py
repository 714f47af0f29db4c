"""The parts of a tensor that is split into a sequence, where ONNX's inference leaves them open.

A sequence has one type for all of its tensors, so parts of several sizes have an open axis. Taken at a constant place of a
split by constant sizes, a part has the size that is written there.
"""

from __future__ import annotations

from collections.abc import Sequence

from onnx import NodeProto


def part(
    split: NodeProto, shape: Sequence[int | None] | None, sizes: Sequence[float] | None, rank: int, place: int
) -> tuple[int | None, ...] | None:
    """The shape of part ``place`` of a SplitToSequence of a tensor of ``shape``; None where it is not known.

    ``sizes`` are the second input's values, None without one; ``rank`` is that input's: 0 says one size for all parts.
    """
    attrs = {a.name: a.i for a in split.attribute}
    axis = attrs.get("axis", 0)
    if shape is None or not -len(shape) <= axis < len(shape):
        return None
    axis %= len(shape)
    whole = shape[axis]
    kept = True
    if len(split.input) < 2 or not split.input[1]:
        listed: list[int] | None = None if whole is None else [1] * whole
        kept = attrs.get("keepdims", 1) != 0
    elif sizes is None or not len(sizes):
        return None
    elif rank:
        listed = [int(s) for s in sizes]
    elif whole is None or sizes[0] < 1:
        return None
    else:
        # torch's unbind: the standard has keepdims ignored beside sizes, onnxruntime does not
        if sizes[0] == 1:
            kept = attrs.get("keepdims", 1) != 0
        count, rest = divmod(whole, int(sizes[0]))
        listed = [int(sizes[0])] * count + ([rest] if rest else [])
    if listed is None or not -len(listed) <= place < len(listed):
        return None
    size = listed[place]
    return (*shape[:axis], *([size] if kept else []), *shape[axis + 1 :])
