#!/usr/bin/env python3
"""Hands known inputs to the sensor and compares its outputs with those of the INT8 graph.

    python3 selftest.py

Needs modlib, network.rpk (./package.sh) and, in /boot/firmware/config.txt,

    camera_auto_detect=0
    dtoverlay=imx500,cam0,bypass-cache

Exit code 1 when an output is further from the INT8 graph's than two of its quantization steps or, where the network
chooses classes itself, when more than one in a hundred is another.
"""

from __future__ import annotations

import json
import struct
import sys
from pathlib import Path
from typing import Any

import numpy as np
from model import HERE, Network
from modlib.models import COLOR_FORMAT, Segments
from segmentation import agreement, channels_first

STEPS = 2
"""Quantization steps by which the sensor may differ: its rounding is its own."""
SAME = 0.99
"""Share of classes that have to be the same: where two logits are nearly equal, rounding decides."""


class Recorded(Network):
    """The network with its outputs kept as they are."""

    last: list[np.ndarray]

    def post_process(self, output_tensors: list[np.ndarray]) -> Any:
        """Keep the outputs."""
        self.last = [
            channels_first(t, shape).copy() for t, shape in zip(output_tensors, self.shapes, strict=True)
        ]
        return Segments()  # nobody looks at it


def milliseconds(kpi: Any) -> tuple[float, float] | None:
    """DNN and DSP runtime of the metadata ``CnnKpiInfo``: two counts of microseconds; None where there is none."""
    if kpi is None:
        return None
    network, dsp = struct.unpack("II", bytes(kpi))
    return network / 1000, dsp / 1000


def verdict(
    expected: list[np.ndarray], found: list[np.ndarray], outputs: list[dict[str, Any]]
) -> tuple[bool, list[str]]:
    """Whether every output is within ``STEPS`` steps of its scale, or of its classes ``SAME`` are the same; a line for each."""
    lines, good = [], True
    for index, (a, b, output) in enumerate(zip(expected, found, outputs, strict=True)):
        how, scale = agreement(a, b), output["scale"]
        said = f"output {index}: {100 * how['equal']:.1f} % equal"
        if output["whole"]:
            within = how["equal"] >= SAME
        else:
            within = how["largest"] <= STEPS * scale + 1e-6
            said += f", largest difference {how['largest']:.4g} ({how['largest'] / scale:.1f} steps)"
        good &= within
        lines.append(f"{said} {'ok' if within else 'TOO FAR'}")
    return good, lines


def main() -> int:
    """Inject, compare, print."""
    from modlib.devices import AiCamera

    class Timed(AiCamera):
        kpi: Any = None

        def _parse_request(self, req: Any) -> None:
            self.kpi = req.metadata.get("CnnKpiInfo") or self.kpi
            super()._parse_request(req)

    info: dict[str, Any] = json.loads((HERE / "network_info.json").read_text(encoding="utf-8"))
    golden = np.load(Path(HERE / "golden.npz"))
    network, device = Recorded(), Timed(data_injection=True)
    device.deploy(network)
    good = True
    with device:
        for index, image in enumerate(golden["inputs"]):
            _, tensor, _ = network.pre_process(image, COLOR_FORMAT.RGB)
            device.inject(tensor)
            expected = [golden[f"output{i}"][index] for i in range(len(info["outputs"]))]
            within, lines = verdict(expected, network.last, info["outputs"])
            good &= within
            print(f"input {index}", *lines, sep="\n  ")
            runtime = milliseconds(device.kpi)
            print(f"  DSP {runtime[1]:.2f} ms" if runtime else "  no runtime in the metadata")
    print("the sensor computes the INT8 graph" if good else "THE SENSOR DIFFERS from the INT8 graph")
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
