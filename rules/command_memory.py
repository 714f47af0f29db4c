"""What the sensor is told to do takes room, too: the converter's back end stops where its commands have none."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from sensorfit.graph.ir import Graph, Node
from sensorfit.target import Target
from sensorfit.verify.facts import operators
from sensorfit.verify.family import OPERATORS
from sensorfit.verify.rule import Issue, rule

from .convolution import pair

UNSEEN_TAPS = "run sensorfit fix, which leaves out the taps that read nothing but padding; or dilate by less than the map is high and wide"
LITTLE = 0.1
"""The share of the room below which a convolution is not named."""


@rule("SF133", "ManyCommands", OPERATORS, "graph")
def many_commands(graph: Graph, target: Target) -> Iterator[Issue]:
    """Dilated depthwise convolutions that take more commands than the sensor has room for.

    The converter writes a depthwise convolution with dilation d as one over each of the map's d*d phases, channel by
    channel: ${operators.operators.Conv.commands.bytes_a_channel} B of commands a channel and phase, and ${operators.operators.Conv.commands.bytes} B a phase (within
    4% of eight packages of 3x3, dilations 4 to 8, maps of 8 to 32: tests/rules/test_command_memory.py; 5x5 takes a tenth more). It has ${operators.operators.Conv.commands.room:,} B for the commands of the whole network and packs them more tightly where they
    are more, at best to about half: 1,280 channels with dilation 12 on 8x8, ${operators.operators.Conv.commands.packaged:,} B so counted, were packaged, 2,048 ended with
    "graph memory utilization - 151%". What lies between is refused. All else is estimated at ${operators.operators.Conv.commands.bytes_a_node:,} B a node (a ninth to twice that in the packages looked at), and
    ${operators.operators.Conv.commands.others_at_most:,} B at most, what ResNet-18 at 224x224 takes. The memory report does not count commands.

    Fails:
        (float[1,2048,8,8] x) => (float[1,2048,8,8] y) <float[2048,1,3,3] w>
        { y = Conv <group = 2048, dilations = [12, 12], pads = [12, 12, 12, 12]> (x, w) }

    Passes:
        (float[1,1024,8,8] x) => (float[1,1024,8,8] y) <float[1024,1,3,3] w>
        { y = Conv <group = 1024, dilations = [6, 6], pads = [6, 6, 6, 6]> (x, w) }

    Fix: dilate by less, or give it fewer channels; where the dilation is larger than the map, run sensorfit fix, which
    leaves out the taps that read nothing but padding.
    """
    facts = operators(target)["Conv"]["commands"]
    own = {node.name: commands_of(graph, node, facts) for node in graph.nodes if node.op == "Conv"}
    dilated = sum(own.values())
    total = dilated + min(facts["bytes_a_node"] * len(graph.nodes), facts["others_at_most"])
    if not dilated or total <= facts["packaged"]:
        return
    for node in graph.nodes:
        if own.get(node.name, 0) > LITTLE * facts["packaged"]:
            yield Issue(
                "the converter counts its memory and writes no package: the commands of its dilated depthwise convolutions have no room",
                UNSEEN_TAPS if _past_the_map(graph, node) else "dilate by less, or give it fewer channels",
                f"about {total:,.0f} B for the network, {own[node.name]:,.0f} of them here; up to {facts['packaged']:,} are packaged",
                code="CBE",
                node=node,
            )


def commands_of(graph: Graph, node: Node, facts: dict[str, Any]) -> float:
    """Bytes, before they are packed more tightly; 0 without dilation."""
    shape, weights = graph.shape(node.input(0)) or (), graph.shape(node.input(1)) or ()
    if len(shape) != 4 or len(weights) != 4 or node.attrs.get("group", 1) != shape[1] or None in shape:
        return 0.0
    phases = 1
    for taps, dilation, side in zip(weights[2:], pair(node, "dilations"), shape[2:], strict=True):
        phases *= min(dilation, side or 1) if taps != 1 else 1
    return phases * (facts["bytes_a_channel"] * shape[1] + facts["bytes"]) if phases > 1 else 0.0


def _past_the_map(graph: Graph, node: Node) -> bool:
    shape = graph.shape(node.input(0)) or ()
    return any(side and d > side for d, side in zip(pair(node, "dilations"), shape[2:], strict=False))
