"""A replacement being drawn: operators are added one by one, each with its shape inferred at once.

    new = site.draft()
    y = new.op("ConvTranspose", x, w, strides=[2, 2])
    y = new.slice(y, {2: (1, 33), 3: (1, 33)})
    yield new.gives(y)

Weights that are made of other weights stay functions of these until the file is written: nothing is copied before,
and the proof runs the same function on random integers.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from math import prod
from typing import TYPE_CHECKING, Any

from onnx import TensorProto

from ..graph.fold import Stored
from ..graph.ir import Graph, Node, Tensor
from .derived import Computed, Derived
from .infer import outputs_of

if TYPE_CHECKING:
    import numpy as np


class Draft:
    """What takes the place of ``replaces``; complete once ``gives`` was called."""

    def __init__(
        self,
        graph: Graph,
        replaces: Sequence[Node],
        pinned: Collection[str] = (),
        form: str = "",
        opset: int = 0,
    ) -> None:
        self.graph = graph
        self.replaces = tuple(replaces)
        self.pinned = pinned
        self.opset = opset or graph.opset
        self.form = form
        """Which of several ways this is, in a few words."""
        self.nodes: list[Node] = []
        self.tensors: dict[str, Tensor] = {}
        self.outputs: dict[str, str] = {}
        """Tensors of the graph, each with the draft's tensor that becomes it."""
        self._stem = self.replaces[-1].name
        self._names: set[str] = set()
        self._counted: dict[str, int] = {}
        """How many names begin alike."""

    def op(self, op: str, *inputs: str, outputs: int = 1, **attrs: Any) -> Any:
        """Add an operator; the name of its output, or a list of names where there are several."""
        node = Node(
            self._name(op),
            op,
            tuple(inputs),
            tuple(self._name(op, f"_{i}" if outputs > 1 else "_out") for i in range(outputs)),
            {k: v for k, v in attrs.items() if v is not None},
        )
        self.nodes.append(node)
        self.tensors.update(outputs_of(node, self.tensor, self.opset))
        return node.outputs[0] if outputs == 1 else list(node.outputs)

    def tensor(self, name: str) -> Tensor | None:
        """A tensor of the draft or of the graph."""
        return self.tensors.get(name) or self.graph.tensors.get(name)

    def shape(self, name: str) -> tuple[int, ...]:
        """Its shape; ValueError where it is not static."""
        found = self.tensor(name)
        if found is None or not found.static or found.shape is None:
            raise ValueError(f"the shape of '{name}' is not known")
        return found.shape  # type: ignore[return-value]

    # constants

    def ints(self, values: Iterable[int]) -> str:
        """A vector of int64: a shape, axes, indices."""
        listed = [*map(int, values)]
        return self._stored(TensorProto(data_type=TensorProto.INT64, dims=[len(listed)], int64_data=listed))

    def floats(self, values: Iterable[float], shape: Sequence[int] = ()) -> str:
        """float32 constants in ``shape`` (a scalar where it is left out and there is one value)."""
        listed = [*map(float, values)]
        dims = [*shape] if shape or len(listed) == 1 else [len(listed)]
        return self._stored(TensorProto(data_type=TensorProto.FLOAT, dims=dims, float_data=listed))

    def number(self, value: float) -> str:
        """A float32 scalar."""
        return self.floats([value])

    def computed(self, shape: Sequence[int], make: Callable[[], np.ndarray], dtype: str = "float32") -> str:
        """A constant that depends on no weight (a matrix of interpolation), made when it is asked for."""
        return self._constant(tuple(shape), dtype, Computed(make, dtype))

    def derived(self, shape: Sequence[int], make: Callable[..., np.ndarray], *sources: str) -> str:
        """A constant made of other constants of the graph: ``make(*arrays)``; works in any float type."""
        read = [self.tensor(s) for s in sources]
        assert all(t is not None and t.constant for t in read), "derived from what is no constant"
        dtype = read[0].dtype  # type: ignore[union-attr]
        constants = tuple(t._constant for t in read)  # type: ignore[union-attr]
        return self._constant(tuple(shape), dtype, Derived(make, tuple(sources), constants, dtype))

    def _stored(self, proto: TensorProto) -> str:
        from onnx import helper

        from ..graph.shapes import dtype_of

        dtype = dtype_of(helper.make_tensor_type_proto(proto.data_type, list(proto.dims)))
        return self._constant(tuple(proto.dims), dtype, Stored(proto))

    def _constant(self, shape: tuple[int, ...], dtype: str, value: Any) -> str:
        name = self._name("const")
        self.tensors[name] = Tensor(name, shape, dtype, True, None, value)
        return name

    # usual operators

    def reshape(self, x: str, shape: Iterable[int]) -> str:
        """Reshape to a shape written out."""
        return str(self.op("Reshape", x, self.ints(shape)))

    def transpose(self, x: str, perm: Iterable[int]) -> str:
        """Transpose."""
        return str(self.op("Transpose", x, perm=[*perm]))

    def slice(self, x: str, ranges: Mapping[int, tuple[int, int] | tuple[int, int, int]]) -> str:
        """Slice: by axis, (start, end) or (start, end, step)."""
        axes = [*ranges]
        parts = [(*r, 1) if len(r) == 2 else r for r in ranges.values()]
        starts, ends, steps = ([p[i] for p in parts] for i in range(3))
        more = (self.ints(steps),) if any(s != 1 for s in steps) else ()
        return str(self.op("Slice", x, self.ints(starts), self.ints(ends), self.ints(axes), *more))

    def pad(self, x: str, before: Sequence[int], after: Sequence[int], value: float = 0.0) -> str:
        """Pad with a constant, for all axes."""
        more = (self.number(value),) if value else ()
        return str(self.op("Pad", x, self.ints([*before, *after]), *more, mode="constant"))

    def concat(self, parts: Sequence[str], axis: int) -> str:
        """Concat; the part itself where there is one."""
        return parts[0] if len(parts) == 1 else str(self.op("Concat", *parts, axis=axis))

    def gather(self, x: str, indices: Iterable[int], axis: int) -> str:
        """Gather with constant indices of rank 1."""
        return str(self.op("Gather", x, self.ints(indices), axis=axis))

    def add_all(self, parts: Sequence[str]) -> str:
        """A chain of Add."""
        total = parts[0]
        for part in parts[1:]:
            total = self.op("Add", total, part)
        return total

    # the end

    def gives(self, tensor: str, becomes: str = "") -> Draft:
        """``tensor`` takes the place of ``becomes``, the first output of the last node replaced where none is named."""
        becomes = becomes or self.replaces[-1].outputs[0]
        old, new = self.graph.tensors[becomes], self.tensor(tensor)
        if new is None or (new.shape, new.dtype) != (old.shape, old.dtype):
            raise ValueError(
                f"'{becomes}' is {old.dtype}{old.shape}, not {new and new.dtype}{new and new.shape}"
            )
        self.outputs[becomes] = tensor
        return self

    def finished(self) -> tuple[tuple[Node, ...], dict[str, Tensor]]:
        """Nodes and tensors under the names that they take in the graph."""
        renamed = {new: old for old, new in self.outputs.items() if new in self.tensors}
        nodes = [
            n
            if renamed.keys().isdisjoint((*n.inputs, *n.outputs))
            else replace(
                n,
                inputs=tuple(renamed.get(i, i) for i in n.inputs),
                outputs=tuple(renamed.get(o, o) for o in n.outputs),
            )
            for n in self.nodes
        ]
        for old, new in self.outputs.items():
            if renamed.get(new) != old:  # a tensor that was there before, or that becomes two
                nodes.append(Node(self._name("Identity"), "Identity", (renamed.get(new, new),), (old,), {}))
        tensors = {n: t for n, t in self.tensors.items() if n not in renamed}
        return tuple(nodes), tensors

    @property
    def inputs(self) -> tuple[str, ...]:
        """The activations that the replaced nodes or the draft read from outside."""
        made = {o for n in (*self.replaces, *self.nodes) for o in n.outputs}
        read = dict.fromkeys(i for n in (*self.replaces, *self.nodes) for i in n.inputs if i)
        return tuple(
            i for i in read if i not in made and i not in self.tensors and not self.graph.is_constant(i)
        )

    def _name(self, what: str, end: str = "") -> str:
        stem = f"{self._stem}/{self.form or 'fix'}/{what}{end}"
        count = self._counted.get(stem, 0)
        name = f"{stem}_{count}" if count else stem
        while name in self._names or name in self.tensors or name in self.graph.tensors:
            count += 1
            name = f"{stem}_{count}"
        self._counted[stem] = count + 1
        self._names.add(name)
        return name


def elements(shape: Iterable[int]) -> int:
    """How many a tensor of ``shape`` has."""
    return prod(shape)
