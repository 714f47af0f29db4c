"""Constants that a rewrite makes, computed when they are asked for and not before."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from typing import TYPE_CHECKING

from ..errors import ModelError
from ..graph.fold import Constant, Folded

if TYPE_CHECKING:
    import numpy as np

    from ..graph.ir import Tensor


class Computed(Constant):
    """A constant that depends on no weight."""

    def __init__(self, make: Callable[[], np.ndarray], dtype: str) -> None:
        self._make, self._dtype = make, dtype

    @property
    def array(self) -> np.ndarray | None:
        return self._make().astype(self._dtype)


class Derived(Constant):
    """A constant made of others: ``make(*arrays)``."""

    def __init__(
        self,
        make: Callable[..., np.ndarray],
        names: tuple[str, ...],
        sources: Sequence[Constant | None],
        dtype: str,
    ) -> None:
        self.make, self.names, self.sources, self._dtype = make, names, sources, dtype

    @property
    def array(self) -> np.ndarray | None:
        arrays = [s.array if s is not None else None for s in self.sources]
        if any(a is None for a in arrays):
            return None
        return self.make(*arrays).astype(self._dtype)

    def depends_on(self, names: Collection[str]) -> bool:
        """Whether it is made of one of these constants."""
        return any(n in names for n in self.names) or any(
            isinstance(s, Derived) and s.depends_on(names) for s in self.sources
        )


def value(tensor: Tensor, given: Mapping[str, np.ndarray] | None = None) -> np.ndarray:
    """The values of a constant, those of ``given`` put in the place of the weights called so; ModelError where data is missing."""
    import numpy as np

    given = given or {}
    if tensor.name in given:
        return given[tensor.name]
    constant = tensor._constant
    if isinstance(constant, Derived) and given:
        arrays = []
        for name, source in zip(constant.names, constant.sources, strict=True):
            arrays.append(_value(name, source, given))
        return constant.make(*arrays).astype(tensor.dtype)
    return np.asarray(_value(tensor.name, constant, given))


def _value(name: str, constant: Constant | None, given: Mapping[str, np.ndarray]) -> np.ndarray:
    if name in given:
        return given[name]
    if isinstance(constant, Derived) and given:
        return constant.make(
            *(_value(n, s, given) for n, s in zip(constant.names, constant.sources, strict=True))
        )
    found = constant.array if constant is not None else None
    if found is None and isinstance(constant, Folded):
        raise ModelError(
            f"'{name}', which the file computes of its weights, cannot be computed here: export it with constants folded"
        )
    if found is None:
        raise ModelError(
            f"the data of '{name}' is not there: put the file that holds it beside the model, or export it again with weights"
        )
    return found
