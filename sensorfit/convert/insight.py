"""The converter's own schedule, from the file that ``--model-insight`` writes: what it holds in L2 at each step."""

from __future__ import annotations

import json
from pathlib import Path

from ..memory.model import Live, Step

PATTERN = "*_ModelForInsights.json"


def read_timeline(directory: Path) -> tuple[Step, ...]:
    """The steps of the schedule in ``directory``, each with the outputs that are alive; () where there is none in the form known.

    Constants are no steps. Scratch space is not in the file, so the peak may lie below the memory report's. The
    converter calls the feature experimental: a build does not depend on it.
    """
    try:
        (file,) = directory.glob(PATTERN)
        nodes = json.loads(file.read_text(encoding="utf-8"))["nodes"]
        sizes = {
            (node["id"], out["index"]): int(out["memory"]["runtimeMemory"])
            for node in nodes
            for out in node["outputs"]
        }
        steps = [
            (node["properties"]["runtime"], node["id"], node["op"]) for node in nodes if node["op"] != "Const"
        ]
        return tuple(
            Step(name, op, tuple(Live(tensor, sizes[tensor, index]) for tensor, index in _alive(runtime)))
            for runtime, name, op in sorted(steps, key=lambda step: step[0]["schedulingId"])
        )
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return ()


def _alive(runtime: dict) -> list[tuple[str, int]]:
    return [(one["outputLayerName"], one["outputIndex"]) for one in runtime["cutElements"]]
