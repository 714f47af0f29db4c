"""What an expansion holds and the moves it is made of: buffers, steps, copies in another layout or width."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from ..graph.ir import Graph, Node
from .device import OUTPUT, TRANSFORM, Buffer, Operation, Program
from .fusion import bits_before_table
from .layout import Extent, Layout, MemoryFacts, extent_of, tensor_bytes


@dataclass
class Value:
    """A tensor on the device: the buffer that holds it, its layout and extent."""

    buffer: str
    layout: Layout
    extent: Extent
    axis: int = 1
    """The axis that ``BLOCKS`` of 32 lie along, the batch counted."""
    reshaped: bool = False
    """Whether its rows and columns lie as a Reshape between a map and tokens reads and writes them, not as convolutions do."""


@dataclass
class StepBuilder:
    """The state of one expansion."""

    graph: Graph
    facts: MemoryFacts
    program: Program = field(default_factory=Program)
    values: dict[str, Value] = field(default_factory=dict)
    block: str = ""
    """The block that steps are appended to; "" for none."""
    part: str = ""
    """The node whose input the steps prepare that are appended; "" for none."""
    called: str = ""
    """What the converter calls the node whose steps are appended."""
    writer: dict[str, int] = field(default_factory=dict)
    """For each buffer, the number of the step that writes it."""
    moved: dict[tuple[str, ...], str] = field(default_factory=dict)
    """Operator, inputs and attributes of what the export merges: the result of the first such node."""
    narrow: dict[str, bool] = field(default_factory=dict)
    """By buffer, what a concatenation has found (``rearranging``)."""
    _steps: dict[int, Operation] = field(default_factory=dict)
    """By number: one can be taken out without looking at the others."""
    _extents: dict[str, Extent] = field(default_factory=dict)

    def store(self, tensor: str, label: str, size: int, layout: Layout | None) -> str:
        """A new buffer of ``size`` bytes that holds ``tensor``."""
        name = f"{tensor}#{label}" if label else tensor
        while name in self.program.buffers:
            name += "'"
        self.program.buffers[name] = Buffer(name, size, tensor, layout)
        return name

    def step(self, name: str, op: str, reads: list[str], writes: list[str], scratch: int = 0) -> None:
        """Append an operation."""
        scratch = scratch or self.facts.scratch_bytes.get(op, 0)
        held = self.store(name, "scratch", scratch, None) if scratch else ""
        self.append(
            Operation(
                name, op, tuple(dict.fromkeys(reads)), tuple(writes), held, self.block, self.part, self.called
            )
        )

    def append(self, operation: Operation) -> None:
        """The next step."""
        number = next(reversed(self._steps), -1) + 1
        self._steps[number] = operation
        self.writer |= dict.fromkeys(operation.writes, number)

    def step_of(self, buffer: str) -> Operation:
        """The step that writes ``buffer``."""
        return self._steps[self.writer[buffer]]

    def before_transforms(self, buffer: str) -> str:
        """The buffer that a step of a node wrote, of which ``buffer`` is a copy."""
        while buffer in self.writer and self.step_of(buffer).op == TRANSFORM:
            (buffer,) = self.step_of(buffer).reads
        return buffer

    def take(self, buffer: str) -> Operation:
        """The step that writes ``buffer``, which is a step no more."""
        return self._steps.pop(self.writer[buffer])

    def operations(self) -> list[Operation]:
        """The steps in order."""
        return list(self._steps.values())

    def transform(
        self, value: Value, extent: Extent, layout: Layout, name: str, label: str, op: str = TRANSFORM
    ) -> Value:
        """``value`` copied into another layout or extent."""
        size = tensor_bytes(extent, layout, self.facts)
        buffer = self.store(self.program.buffers[value.buffer].tensor, label, size, layout)
        self.step(name, op, [value.buffer], [buffer])
        return Value(buffer, layout, extent)

    def bring(self, tensor: str, layout: Layout, reader: str, bits: int = 0) -> Value:
        """``tensor`` in ``layout`` and at least ``bits`` wide: cast and transformed if it is otherwise."""
        value = self.values[tensor]
        if value.extent.bits < bits:
            value = self.cast(value, bits, reader)
        return self.lay(value, layout, reader)

    def lay(self, value: Value, layout: Layout, reader: str) -> Value:
        """``value`` in ``layout``, transformed if it lies otherwise."""
        # of a map, that is; tokens are read as they lie (test_cuts)
        other_order = value.reshaped and layout is Layout.BLOCKS
        if (value.layout is layout and not other_order) or value.extent.is_vector:
            return value
        return self.transform(
            value, value.extent, layout, f"{reader}/transform", f"{layout.name.lower()} for {reader}"
        )

    def cast(self, value: Value, bits: int, reader: str) -> Value:
        """``value`` at another width."""
        extent = value.extent.resized(bits=bits)
        size = tensor_bytes(extent, value.layout, self.facts)
        label = f"{bits} bits for {reader}"
        buffer = self.store(self.program.buffers[value.buffer].tensor, label, size, value.layout)
        self.step(f"{reader}/cast", "Cast", [value.buffer], [buffer])
        return Value(buffer, value.layout, extent)

    def copy(self, value: Value, node: Node) -> Value:
        """A second ``value``, for the step of ``node``."""
        size = tensor_bytes(value.extent, value.layout, self.facts)
        tensor = self.program.buffers[value.buffer].tensor
        buffer = self.store(tensor, f"copy for {node.name}", size, value.layout)
        self.step(f"{node.name}/copy", "Identity", [value.buffer], [buffer])
        return Value(buffer, value.layout, value.extent)

    def put(self, node: Node, tensor: str, layout: Layout, reads: list[str], scratch: int = 0) -> None:
        """The step of ``node`` that writes ``tensor`` in ``layout``."""
        extent = self.extent(tensor)
        if extent.is_vector:
            layout = Layout.VECTOR
        size = tensor_bytes(extent, layout, self.facts)
        bits = self.working_bits(node, extent)
        if bits > extent.bits:
            wide = tensor_bytes(extent.resized(bits=bits), layout, self.facts)
            whole = self.store(tensor, f"{bits} bits", wide, layout)
            self.step(node.name, _operator(node), reads, [whole], scratch)
            buffer = self.store(tensor, "", size, layout)
            self.step(f"{node.name}/cast", "Cast", [whole], [buffer])
        else:
            buffer = self.store(tensor, "", size, layout)
            self.step(node.name, _operator(node), reads, [buffer], scratch)
        if node.activation:
            self.program.fused.add(buffer)
        self.values[tensor] = Value(buffer, layout, extent)

    def working_bits(self, node: Node, extent: Extent) -> int:
        """Bits of what the step of ``node`` writes before a cast: a step without a kernel writes what it reads."""
        if node.op in ("Conv", "ConvTranspose", "Gemm", "MatMul"):
            return extent.bits
        read = (self.values[t].extent.bits for t in self.graph.activations(node) if t in self.values)
        return max(extent.bits, *read, 0)

    def extent(self, tensor: str) -> Extent:
        """Extent of a tensor; one element, with a note, where its shape is unknown."""
        if tensor not in self._extents:
            self._extents[tensor] = self._extent(tensor)
        return self._extents[tensor]

    def _extent(self, tensor: str) -> Extent:
        found = self.graph.tensors.get(tensor)
        if found is None or found.shape is None or not found.static:
            self.program.missing[
                "the size of some tensors is unknown (dynamic or unknown shape): they count as nothing"
            ] = None
            return Extent(0, 1, 1)
        bits = bits_before_table(self.graph, tensor) or found.bits
        return extent_of(tuple(int(d) for d in found.shape if d is not None), bits)

    def alias(self, tensor: str, source: str) -> None:
        """``tensor`` is ``source`` under another name: same buffer."""
        value = self.values[source]
        self.values[tensor] = replace(value)


def _operator(node: Node) -> str:
    """What the step of ``node`` is called: a file may call an operator of its own as our steps are."""
    return f"{node.op} of the file" if node.op in (TRANSFORM, OUTPUT) else node.op
