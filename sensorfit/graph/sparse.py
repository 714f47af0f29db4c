"""A tensor that the file stores by its values other than zero and their places."""

from __future__ import annotations

from functools import cached_property
from math import prod

from onnx import SparseTensorProto, TensorProto

from .fold import MAX_ELEMENTS, Allowance, Stored
from .stored import RAW_BITS


def shape_only(sparse: SparseTensorProto) -> TensorProto:
    """Shape and type of what a sparse tensor stands for, without its values."""
    return TensorProto(data_type=sparse.values.data_type, dims=sparse.dims)


class Sparse(Stored):
    """Such a tensor, written out where somebody asks for its values; without data where it is too large for that."""

    def __init__(self, sparse: SparseTensorProto, directory: str | None, allowance: Allowance) -> None:
        self._directory = directory
        self._sparse = sparse
        self._allowance = allowance

    @cached_property
    def _tensor(self) -> TensorProto:  # type: ignore[override]
        import numpy as np

        whole = shape_only(self._sparse)
        parts = (self._sparse.values, self._sparse.indices)
        values, places = (Stored(part, self._directory).array for part in parts)
        elements, bits = prod(whole.dims), RAW_BITS.get(whole.data_type, 0)
        size = elements * bits // 8 if bits >= 8 and elements <= MAX_ELEMENTS else None
        if values is None or places is None or not self._allowance.take(size):
            return whole
        if places.ndim == 2:  # a place for each axis, of which a scalar has none
            places = places @ np.array(
                [prod(whole.dims[axis + 1 :]) for axis in range(len(whole.dims))], np.int64
            )
        made = np.zeros(elements, values.dtype)
        made[places] = values
        whole.raw_data = made.tobytes()
        return whole
