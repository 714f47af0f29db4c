"""The file as a whole: its opset, how it hangs together, what is known of its sizes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from onnx import GraphProto

from sensorfit.graph.ir import Graph
from sensorfit.graph.subgraphs import read_inside
from sensorfit.target import Target
from sensorfit.verify.facts import operators, reading
from sensorfit.verify.family import INPUTS
from sensorfit.verify.rule import Issue, rule

from .written import named


@rule("SF508", "Opset", INPUTS, "file", stage="file", lifted_by_export=True)
def opset(graph: Graph, target: Target) -> Iterator[Issue]:
    """An opset the converter does not read.

    It reads ONNX opsets ${operators.reading.opsets.0} to ${operators.reading.opsets.1} and ends with an exception (EXEC) on others.
    sensorfit build reads ${operators.reading.opsets_built.0} to ${operators.reading.opsets_built.1} and exports at one that the converter
    reads: what it raises is a warning about the file itself.

    Fails:
        <opset_import: ["" : 13]>
        (float[1,3,64,64] x) => (float[1,3,64,64] y) { y = Relu (x) }

    Passes:
        <opset_import: ["" : 17]>
        (float[1,3,64,64] x) => (float[1,3,64,64] y) { y = Relu (x) }

    Fix: export again with opset_version=${operators.reading.export_opset}; or convert the file with onnx.version_converter and name the nodes, of which
    the conversion leaves some without a name: the finding has the command.
    """
    facts = reading(target)
    read, built, export = facts["opsets"], facts["opsets_built"], facts["export_opset"]
    if read[0] <= graph.opset <= read[1]:
        return
    wanted = read[1] if graph.opset > read[1] else export
    raised = f"onnx.version_converter.convert_version(onnx.load('model.onnx'), {wanted})"
    convert = f"`{named(raised, 'onnx, onnx.version_converter')}`, which also names the nodes"
    told = f"ONNX opset version is not supported. Supported ONNX opsets: {list(range(read[0], read[1] + 1))}"
    probes = ("opset_14", "opset_15", "opset_20", "opset_21")
    if built[0] <= graph.opset <= built[1]:
        reason = f"{told}: the raw file stops the front end; sensorfit build raises it"
        fix = f"to run the converter on this file yourself, export again with opset_version={export}, or run {convert}"
        yield Issue.accepted(reason, fix, f"opset {graph.opset}", code="EXEC", probes=probes)
    else:
        fix = f"export again with opset_version={export}, or run {convert}"
        yield Issue(told, fix, f"opset {graph.opset}", code="EXEC", probes=probes)


@rule("SF509", "DisconnectedGraph", INPUTS, "graph", stage="graph")
def connected(graph: Graph, target: Target) -> Iterator[Issue]:
    """A graph in several pieces, or an output that computes nothing.

    The front end wants one connected network: an input that nothing uses, an
    output that is a constant, or two networks side by side crash it (EXEC). So
    does a constant that nothing reads, which sensorfit build
    leaves out: it counts for the float file only.

    Fails:
        (float[1,3,64,64] x, float[1,3,64,64] unused) => (float[1,3,64,64] y) { y = Relu (x) }

    Passes:
        (float[1,3,64,64] x) => (float[1,3,64,64] y) { y = Relu (x) }

    Fix: remove unused inputs and constant outputs from the export; convert independent networks one by one. The
    finding says which of these it is.
    """
    probes = ("unused_in", "const_used_out", "two_in_rank3")
    if not graph.outputs:
        yield Issue(
            "the graph has no output",
            "list the result among the graph's outputs",
            code="EXEC",
            probes=("out_empty",),
        )
    for name in (o for o in graph.outputs if graph.is_constant(o)):
        yield Issue(
            "an output that is a constant",
            "drop it from the outputs: the host knows its value",
            name,
            code="EXEC",
            tensor=name,
            probes=probes,
        )
    if graph.written.unread:
        yield Issue(
            "a constant that nothing reads: the raw file crashes the front end; sensorfit build leaves it out",
            "nothing with sensorfit build; to run the converter on this file yourself, remove what nothing reads (onnxslim does)",
            graph.written.unread[0]
            if len(graph.written.unread) == 1
            else f"{graph.written.unread[0]} and {len(graph.written.unread) - 1} more",
            code="EXEC",
            severity="info",
            support="supported",
            probes=("unused_const",),
        )
    pieces = _pieces(graph)
    if len(pieces) > 1:
        unused = [i for i in graph.inputs if frozenset({i}) in pieces and i not in graph.outputs]
        yield Issue(
            "the graph is not connected",
            _unused(unused) if unused else _apart(graph, pieces),
            f"{len(pieces)} parts",
            code="EXEC",
            tensor=unused[0] if unused else "",
            probes=probes,
        )


@rule("SF511", "UnusedNodes", INPUTS, "file", hides_nodes=True)
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
    rows = operators(target)
    fix = "remove the dead branch: export again, or run onnxslim over the file"
    probes = ("dead_bad", "dead_ok", "dead_inv")
    for name, op in graph.written.dead:
        row = rows.get(op, {})
        if row.get("support") == "unsupported":
            reason = f"a node that no output needs: {op}; the front end judges it all the same"
            yield Issue(reason, fix, name or op, code="EXEC" if row.get("crashes") else "USOP", probes=probes)
        else:
            reason = "a node that no output needs; the front end judges it all the same"
            yield Issue.unknown(reason, fix, name or op, basis="measured", probes=probes)


@rule("SF514", "UnknownShape", INPUTS, "graph")
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
    NonMaxSuppression, to the host; write an operator of a domain of its own with standard ones.
    """
    unknown = {t.name for t in graph.tensors.values() if not t.constant and not t.static}
    lost = [
        (node, tensor)
        for node in graph.nodes
        if not any(t in unknown for t in node.inputs)
        for tensor in node.outputs
        if tensor in unknown and (graph.consumers_of(tensor) or tensor in graph.outputs)
    ]
    if lost:
        node, tensor = lost[0]
        file = next(filter(None, (missing_file(graph, t) for t in node.inputs)), "")
        if file:
            yield Issue.unknown(
                "the shape of its output depends on data that is missing: what follows is not known either",
                bring(file),
                file,
                node=node,
                tensor=tensor,
            )
            return
        others = len({n.name for n, _ in lost}) - 1
        more = f" and {others} more node{'s' if others > 1 else ''}" if others else ""
        yield Issue.unknown(
            "the shape of its output could not be inferred: what follows is not known either",
            "write it with standard operators, whose shapes ONNX infers"
            if node.domain
            else "export with static shapes and fold constants (onnxslim); leave what depends on the data to the host",
            f"'{tensor}'{more}",
            tensor=tensor,
            node=node,
        )


def _apart(graph: Graph, pieces: Sequence[frozenset[str]]) -> str:
    """What to do with the parts that are networks of their own."""
    parts = [", ".join(f"'{o}'" for o in graph.outputs if o in piece) for piece in pieces]
    return f"export the independent parts one by one, and convert each: one computes {'; one '.join(filter(None, parts))}"


def _unused(inputs: Sequence[str]) -> str:
    """What to do with ``inputs`` that nothing reads."""
    more = f" and {len(inputs) - 1} more" if len(inputs) > 1 else ""
    return f"remove the input that nothing reads from the export: '{inputs[0]}'{more}"


def _pieces(graph: Graph) -> list[frozenset[str]]:
    """The tensors of each connected part; what a branch takes from outside of it connects, too."""
    parent: dict[str, str] = {t: t for t in graph.inputs}

    def root(tensor: str) -> str:
        while (above := parent.setdefault(tensor, tensor)) != tensor:
            parent[tensor] = parent[above]  # halves the path, so that a long chain stays linear
            tensor = above
        return tensor

    for node in graph.nodes:
        branches = (a for a in node.attrs.values() if isinstance(a, GraphProto))
        inner = (t for t in read_inside(branches) if t in graph.tensors)
        tensors = [t for t in (*node.outputs, *node.inputs, *inner) if t]  # shared weights connect, too
        for tensor in tensors[1:]:
            parent[root(tensor)] = root(tensors[0])
    found: dict[str, set[str]] = {}
    for tensor in (*graph.inputs, *(o for n in graph.nodes for o in n.outputs)):
        found.setdefault(root(tensor), set()).add(tensor)
    return [frozenset(tensors) for tensors in found.values()]


def missing_file(graph: Graph, tensor: str) -> str:
    """The file without which the constant ``tensor``, or what it is computed from, has no values; "" where it has some."""
    if not graph.absent or not graph.is_constant(tensor) or graph.numbers(tensor) is not None:
        return ""
    return graph.absent.get(tensor) or next(iter(graph.absent.values()))


def bring(file: str) -> str:
    """What to do about external data that is not there."""
    return f"put {file} beside the model, or save the model with its data in one file"
