"""What goes out: the camera software carries so many tensors beside an image."""

from __future__ import annotations

from collections.abc import Iterator

from sensorfit.graph.ir import Graph
from sensorfit.target import Target, read_facts
from sensorfit.verify.family import INPUTS
from sensorfit.verify.rule import Issue, rule


@rule("SF518", "ManyOutputs", INPUTS, "graph")
def outputs(graph: Graph, target: Target) -> Iterator[Issue]:
    """More outputs than the camera software carries.

    The converter takes any number of outputs (32 were tried). On the Raspberry
    Pi libcamera hands them to the application in a record with room for ${target.camera_software.outputs}
    tensors, ${target.camera_software.outputs_before} in releases until autumn 2024; of a network with more, the
    application gets a record of zeros.

    Fails:
        (float[1,18,64,64] x) => (float[1,2,64,64] a, float[1,2,64,64] b, float[1,2,64,64] c, float[1,2,64,64] d,
            float[1,2,64,64] e, float[1,2,64,64] f, float[1,2,64,64] g, float[1,2,64,64] h, float[1,2,64,64] i)
            { a, b, c, d, e, f, g, h, i = Split <axis = 1> (x) }

    Passes:
        (float[1,16,64,64] x) => (float[1,2,64,64] a, float[1,2,64,64] b, float[1,2,64,64] c, float[1,2,64,64] d,
            float[1,2,64,64] e, float[1,2,64,64] f, float[1,2,64,64] g, float[1,2,64,64] h)
            { a, b, c, d, e, f, g, h = Split <axis = 1> (x) }

    Fix: concatenate outputs of one height and width along the channels before the export, and split them on the host;
    up to ${target.camera_software.outputs} outputs, an up-to-date system is enough (sudo apt full-upgrade).
    """
    facts = read_facts("target", target)["camera_software"]
    most, before, count = facts["outputs"], facts["outputs_before"], len(graph.outputs)
    if count > most:
        reason = f"the camera software carries {most} output tensors; the converter accepts more"
        fix = "concatenate outputs of one height and width along the channels, and split them on the host"
    elif count > before:
        reason = (
            f"camera software of before November 2024 carries {before} output tensors, later releases {most}"
        )
        fix = "use an up-to-date system (sudo apt full-upgrade), or concatenate outputs of one height and width along the channels"
    else:
        return
    yield Issue.accepted(reason, fix, f"{count} outputs", basis="published", probes=("many_outputs_32",))
