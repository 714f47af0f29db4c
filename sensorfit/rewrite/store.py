"""A constant as the tensor that a file holds."""

from __future__ import annotations

import numpy as np
from onnx import TensorProto, numpy_helper

from ..graph.fold import Stored
from ..graph.ir import Tensor
from .derived import value


def data_of(tensor: Tensor) -> TensorProto:
    """The named tensor with its data; ModelError where that is missing."""
    constant = tensor._constant
    proto = constant.stored() if isinstance(constant, Stored) else None
    if proto is not None:
        proto.name = tensor.name
        return proto
    made: TensorProto = numpy_helper.from_array(np.asarray(value(tensor), order="C"), tensor.name)
    return made
