"""What comes in and what goes out."""

from __future__ import annotations

from collections.abc import Iterator

from sensorfit.graph.ir import Graph
from sensorfit.target import Target
from sensorfit.verify.facts import operators, reading
from sensorfit.verify.rule import Issue, graph_rule


@graph_rule("SF501")
def batch(graph: Graph, target: Target) -> Iterator[Issue]:
    """A batch other than 1.

    The sensor runs one image at a time. A dynamic batch is taken for 1; any
    fixed number but 1 in the first dimension of any input is refused (INVMOD),
    and so is an image without a batch dimension.

    Fails:
        (float[2,3,64,64] x) => (float[2,3,64,64] y) { y = Relu (x) }

    Passes:
        (float[1,3,64,64] x) => (float[1,3,64,64] y) { y = Relu (x) }

    Fix: export with a dummy input of batch 1: torch.onnx.export(model, torch.zeros(1, 3, H, W), ...).
    """
    for name in graph.inputs:
        shape = graph.shape(name)
        if shape and shape[0] not in (1, None):
            yield Issue(
                "The provided model input has batch-size > 1. MCT currently supports batch-size of 1 only",
                "export with a batch of 1 in the first dimension", f"{name}: {shape}", code="INVMOD", tensor=name, probes=("input_b2", "input_rank3"),
            )  # fmt: skip


@graph_rule("SF502")
def dynamic(graph: Graph, target: Target) -> Iterator[Issue]:
    """A dynamic height, width or channel count.

    Memory on the sensor is laid out at conversion: every dimension but the
    batch must be a number (INVMOD otherwise).

    Fails:
        (float[1,3,H,W] x) => (float[1,3,H,W] y) { y = Relu (x) }

    Passes:
        (float[N,3,64,64] x) => (float[N,3,64,64] y) { y = Relu (x) }

    Fix: export without dynamic_axes for height and width, or check one size with --input-shape 1x3x96x96.
    """
    for name in graph.inputs:
        shape = graph.shape(name)
        if shape is None or any(d is None for d in shape[1:]):
            yield Issue(
                "The provided model input has a dynamic input tensor shape. MCT currently supports models with constant input tensor size",
                "export with a fixed height and width, or check one size with --input-shape", f"{name}: {shape}", code="INVMOD", tensor=name, probes=("input_hwdyn",),
            )  # fmt: skip


@graph_rule("SF503", stage="graph")
def rank(graph: Graph, target: Target) -> Iterator[Issue]:
    """An input that is not an image.

    The converter accepts inputs of rank 2 to 6 and crashes on a scalar or a
    vector (EXEC). The sensor delivers an image (1, 3, H, W) and nothing else:
    another rank converts, but there is nothing on the device to feed it.

    Fails:
        (float[1] x) => (float[1] y) { y = Relu (x) }

    Passes:
        (float[1,3,64,64] x) => (float[1,3,64,64] y) { y = Relu (x) }

    Fix: make the image the input; turn scalars and vectors into constants, or into (1, n) tensors.
    """
    for index, name in enumerate(graph.inputs):
        shape = graph.shape(name)
        if shape is None:
            continue
        if len(shape) < 2:
            if not shape or shape[0] in (1, None):  # another length reads as a batch: SF501
                yield Issue(
                    "Invalid input shape: a scalar or a vector crashes the converter",
                    "make it a constant, or give it the shape (1, n)",
                    f"{name}: {shape}",
                    code="EXEC",
                    tensor=name,
                    probes=("in_1", "in_"),
                )
        elif len(shape) != 4 and index == 0 and shape[0] in (1, None):
            yield Issue(
                "the sensor delivers an image (1, 3, H, W); the converter accepts this input all the same",
                "put the image first and do the reshape inside the network", f"{name}: {shape}", code="", severity="warning", support="supported", basis="published", tensor=name,
            )  # fmt: skip


@graph_rule("SF504")
def channels(graph: Graph, target: Target) -> Iterator[Issue]:
    """An image with other than three channels.

    The converter accepts any number of channels (6 and 1 were tried). The
    sensor delivers one RGB image: what is meant for the other channels has no
    source on the device.

    Fails:
        (float[1,6,64,64] x) => (float[1,6,64,64] y) { y = Relu (x) }

    Passes:
        (float[1,3,64,64] x) => (float[1,3,64,64] y) { y = Relu (x) }

    Fix: take RGB in; encode prompts or depth as constants or leave them to the host; for grey, average the channels
    with a 1x1 Conv inside the network.
    """
    shape = graph.shape(graph.inputs[0]) if graph.inputs else None
    if shape is not None and len(shape) == 4 and shape[1] is not None and shape[1] != target.input_channels:
        yield Issue(
            f"the sensor delivers {target.input_channels} channels; the converter accepts any number",
            "take one RGB image as the input", f"{graph.inputs[0]}: {shape[1]} channels", code="", severity="warning", support="supported",
            basis="published", tensor=graph.inputs[0], probes=("input_c6", "in_1x1x32x32"),
        )  # fmt: skip


@graph_rule("SF505")
def size(graph: Graph, target: Target) -> Iterator[Issue]:
    """An image smaller or larger than the sensor documents.

    Sony documents input tensors from 64x64 to 640x640. The converter accepts
    others (8x8 and 1024x1024 were tried), and a 32x32 network has run on
    hardware; outside the range nobody promises it.

    Fails:
        (float[1,3,1024,1024] x) => (float[1,3,1024,1024] y) { y = Relu (x) }

    Passes:
        (float[1,3,96,96] x) => (float[1,3,96,96] y) { y = Relu (x) }

    Fix: choose a height and width between 64 and 640 and train for it.
    """
    shape = graph.shape(graph.inputs[0]) if graph.inputs else None
    if shape is None or len(shape) != 4:
        return
    (low_h, low_w), (high_h, high_w) = target.min_input, target.max_input
    h, w = shape[2:]
    if h is not None and w is not None and not (low_h <= h <= high_h and low_w <= w <= high_w):
        yield Issue(
            f"the sensor's input tensor is documented from {low_h}x{low_w} to {high_h}x{high_w}; the converter accepts other sizes",
            f"choose a size between {low_h}x{low_w} and {high_h}x{high_w}", f"{graph.inputs[0]}: {h}x{w}", code="", severity="warning", support="supported",
            basis="published", tensor=graph.inputs[0], probes=("input_tiny8", "input_big1024"),
        )  # fmt: skip


@graph_rule("SF506")
def several(graph: Graph, target: Target) -> Iterator[Issue]:
    """More than one input.

    The converter accepts several inputs. The sensor has one source, the image:
    prompts, masks and earlier frames cannot be fed on the device.

    Fails:
        (float[1,3,64,64] x, float[1,3,64,64] prompt) => (float[1,3,64,64] y) { y = Add (x, prompt) }

    Passes:
        (float[1,3,64,64] x) => (float[1,3,64,64] y) { y = Relu (x) }

    Fix: make the further inputs constants (PicoSAM centres the prompt in the image crop instead), or split the network:
    image encoder on the sensor, the rest on the host.
    """
    if len(graph.inputs) > 1:
        yield Issue(
            "the sensor feeds one image; the converter accepts several inputs",
            "make the further inputs constants, or run the part that needs them on the host", f"{len(graph.inputs)} inputs: {', '.join(graph.inputs)}",
            code="", severity="warning", support="supported", basis="published", tensor=graph.inputs[1], probes=("two_in",),
        )  # fmt: skip


@graph_rule("SF507")
def dtype(graph: Graph, target: Target) -> Iterator[Issue]:
    """An input that is not float32.

    The network is quantized from its float32 form; the sensor scales its
    8-bit pixels itself. The front end reads other types, but a Cast to float32
    behind one is refused (SF120), and nobody has taken one to the device.

    Fails:
        (uint8[1,3,64,64] x) => (uint8[1,3,64,64] y) { y = Add (x, x) }

    Passes:
        (float[1,3,64,64] x) => (float[1,3,64,64] y) { y = Add (x, x) }

    Fix: export in float32 with a float32 input; sensorfit build folds normalisation in where asked.
    """
    for name in graph.inputs:
        kind = graph.tensors[name].dtype
        if kind != "float32":
            yield Issue(
                "an input that is not float32: accepted by the front end, not known beyond it", "export with a float32 input",
                f"{name}: {kind or 'unknown type'}", code="", severity="warning", support="unknown", tensor=name, probes=("dtabs_UINT8", "dtadd_FLOAT16"),
            )  # fmt: skip


@graph_rule("SF508", stage="file")
def opset(graph: Graph, target: Target) -> Iterator[Issue]:
    """An opset the converter does not read.

    It reads ONNX opsets 15 to 20 and ends with an exception (EXEC) on others.
    The road through sensorfit build exports at opset 20 by itself.

    Fails:
        <opset_import: ["" : 13]>
        (float[1,3,64,64] x) => (float[1,3,64,64] y) { y = Relu (x) }

    Passes:
        <opset_import: ["" : 17]>
        (float[1,3,64,64] x) => (float[1,3,64,64] y) { y = Relu (x) }

    Fix: export again with opset_version=17 (to 20), or convert the file with onnx.version_converter.
    """
    low, high = reading(target.name)["opsets"]
    if not low <= graph.opset <= high:
        yield Issue(
            f"ONNX opset version is not supported. Supported ONNX opsets: {list(range(low, high + 1))}",
            "export again with opset_version=17, or run onnx.version_converter.convert_version(model, 17)", f"opset {graph.opset}", code="EXEC", probes=("opset_14", "opset_15", "opset_20", "opset_21"),
        )  # fmt: skip


@graph_rule("SF509", stage="graph")
def connected(graph: Graph, target: Target) -> Iterator[Issue]:
    """A graph in several pieces, or an output that computes nothing.

    The front end wants one connected network: an input that nothing uses, an
    output that is a constant, or two networks side by side crash it (EXEC).

    Fails:
        (float[1,3,64,64] x, float[1,3,64,64] unused) => (float[1,3,64,64] y) { y = Relu (x) }

    Passes:
        (float[1,3,64,64] x) => (float[1,3,64,64] y) { y = Relu (x) }

    Fix: remove unused inputs and constant outputs from the export; convert independent networks one by one.
    """
    probes = ("unused_in", "const_used_out", "two_in_rank3")
    if not graph.outputs:
        yield Issue(
            "the graph has no output",
            "list the result among the graph's outputs",
            code="EXEC",
            probes=("out_empty",),
        )
    loose = [o for o in graph.outputs if graph.is_constant(o)]
    for name in loose:
        yield Issue(
            "an output that is a constant",
            "drop it from the outputs: the host knows its value",
            name,
            code="EXEC",
            tensor=name,
            probes=probes,
        )
    pieces = _pieces(graph)
    if pieces > 1:
        yield Issue(
            "the graph is not connected",
            "remove unused inputs; convert independent parts one by one",
            f"{pieces} parts",
            code="EXEC",
            probes=probes,
        )


@graph_rule("SF511")
def leftovers(graph: Graph, target: Target) -> Iterator[Issue]:
    """Nodes in the file that no output needs.

    sensorfit leaves them out of every figure, and so does the sensor. But the
    converter's front end judges every node of the file it is given, so a
    forgotten branch can refuse a model that would run.

    Fails:
        (float[1,3,64,64] x) => (float[1,3,64,64] y) { unused = Elu (x) y = Relu (x) }

    Passes:
        (float[1,3,64,64] x) => (float[1,3,64,64] y) { y = Relu (x) }

    Fix: remove the dead branch: export again, or run onnxslim over the file.
    """
    rows = operators(target.name)
    for name, op in graph.dead:
        row = rows.get(op)
        refused = row is not None and row["support"] == "unsupported"
        yield Issue(
            f"a node that no output needs: {op}; the front end judges it all the same" if refused else "a node that no output needs; the front end judges it all the same",
            "remove the dead branch: export again, or run onnxslim over the file", name or op, code=("EXEC" if row and row.get("crashes") else "USOP") if refused else "",
            severity="error" if refused else "warning", support="unsupported" if refused else "unknown", probes=("dead_bad", "dead_ok", "dead_inv"),
        )  # fmt: skip


@graph_rule("SF513")
def constants(graph: Graph, target: Target) -> Iterator[Issue]:
    """Constants in a spelling that only the file's reader minds.

    The front end reads Constant with the attribute `value` only and crashes on
    value_float, value_ints and their kin (EXEC); it folds Shape but not Size,
    which it does not know (USOP). sensorfit folds both, and so does the road
    through torch; the float file itself is refused.

    Fails:
        (float[1,3,64,64] x) => (float[1,3,64,64] y) { two = Constant <value_float = 2.0> () y = Mul (x, two) }

    Passes:
        (float[1,3,64,64] x) => (float[1,3,64,64] y) { two = Constant <value = float {2.0}> () y = Mul (x, two) }

    Fix: fold constants before (onnxslim makes them initializers), or export again with torch.onnx.export.
    """
    for name, op in graph.folded:
        size = op == "Size"
        yield Issue(
            "The network contains unsupported ops: Size" if size else "a Constant without the attribute 'value' crashes the front end",
            "fold constants first (onnxslim), or export again with static shapes", name or op, code="USOP" if size else "EXEC",
            severity="error" if size else "warning", support="unsupported" if size else "supported",
            probes=("Size", "sizefold") if size else ("const_node", "const_ints"),
        )  # fmt: skip


@graph_rule("SF512", stage="file")
def unnamed(graph: Graph, target: Target) -> Iterator[Issue]:
    """Nodes without a name.

    ONNX lets a node go without a name; the converter's front end ends with an
    exception (EXEC) on the first. The road through sensorfit build writes the
    file anew, with names, so this counts for the float file only.

    Fails:
        <ir_version: 8, opset_import: ["" : 17]>
        unnamed (float[1,3,64,64] x) => (float[1,3,64,64] y) { y = Relu (x) }

    Fix: nothing on the road through sensorfit build; to hand this very file over, give every node a name.
    """
    if graph.unnamed:
        yield Issue(
            "nodes without a name: the raw file crashes the front end; the road through sensorfit build names them",
            "nothing on the road through sensorfit build; to hand this very file over, give every node a name", f"{graph.unnamed} node{'' if graph.unnamed == 1 else 's'}",
            code="EXEC", severity="info", support="supported", probes=(),
        )  # fmt: skip


@graph_rule("SF514")
def unsized(graph: Graph, target: Target) -> Iterator[Issue]:
    """A shape that could not be inferred.

    Memory, latency and the rules about shapes need the size of every tensor.
    Where the shapes of a node's inputs are known and that of its output is
    not (its size depends on the data, ONNX's inference does not know the
    operator or refuses the form), all that follows is not known either and
    the verdict is unknown at best. The finding names the first such node.

    Fails:
        (float[1,3,64,64] x) => (int64[4,N] y) { y = NonZero (x) }

    Passes:
        (float[1,3,64,64] x) => (float[1,3,64,64] y) { y = Relu (x) }

    Fix: export with static shapes and fold constants (onnxslim); leave what depends on the data, such as NonZero or
    NonMaxSuppression, to the host.
    """
    computed = {t for node in graph.nodes for t in node.outputs} | set(graph.inputs)
    unknown = {t for t in computed if t in graph.tensors and not graph.tensors[t].static}
    lost = [
        (node, tensor)
        for node in graph.nodes
        if not any(t in unknown for t in node.inputs)
        for tensor in node.outputs
        if tensor in unknown and (graph.consumers_of(tensor) or tensor in graph.outputs)
    ]
    if lost:
        node, tensor = lost[0]
        others = len({n.name for n, _ in lost}) - 1
        more = f" and {others} more node{'s' if others > 1 else ''}" if others else ""
        yield Issue(
            "the shape of its output could not be inferred: what follows is not known either",
            "export with static shapes and fold constants (onnxslim); leave what depends on the data to the host", f"'{tensor}'{more}", code="",
            severity="warning", support="unknown", basis="inferred", tensor=tensor, node=node,
        )  # fmt: skip


def _pieces(graph: Graph) -> int:
    parent: dict[str, str] = {t: t for t in graph.inputs}

    def root(tensor: str) -> str:
        while (above := parent.setdefault(tensor, tensor)) != tensor:
            parent[tensor] = parent[above]  # halves the path, so that a long chain stays linear
            tensor = above
        return tensor

    for node in graph.nodes:
        tensors = [t for t in (*node.outputs, *node.inputs) if t]  # shared weights connect, too
        for tensor in tensors[1:]:
            parent[root(tensor)] = root(tensors[0])
    return len({root(t) for t in (*graph.inputs, *(o for n in graph.nodes for o in n.outputs))})
