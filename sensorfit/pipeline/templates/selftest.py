#!/usr/bin/env python3
"""Hands known inputs to the sensor and compares its outputs with those of the INT8 graph.

    python3 selftest.py

Needs modlib, network.rpk (./package.sh) and, in /boot/firmware/config.txt,

    camera_auto_detect=0
    dtoverlay=imx500,cam0,bypass-cache

Exit code 1 when an output is further from the INT8 graph's than two of its quantization steps.
"""

from __future__ import annotations

import json
import struct
import sys
from pathlib import Path
from typing import Any

import numpy as np
from model import HERE, Network
from modlib.models import COLOR_FORMAT
from segmentation import agreement, channels_first

STEPS = 2
"""Quantization steps by which the sensor may differ: its rounding is its own."""


class Recorded(Network):
    """The network with its outputs kept as they are."""

    last: list[np.ndarray]

    def post_process(self, output_tensors: list[np.ndarray]) -> Any:
        """Keep the outputs."""
        self.last = [
            channels_first(t, shape).copy() for t, shape in zip(output_tensors, self.shapes, strict=True)
        ]
        return super().post_process(output_tensors)


def milliseconds(kpi: Any) -> tuple[float, float] | None:
    """DNN and DSP runtime of the metadata ``CnnKpiInfo``: two counts of microseconds; None where there is none."""
    if kpi is None:
        return None
    network, dsp = struct.unpack("II", bytes(kpi))
    return network / 1000, dsp / 1000


def verdict(
    expected: list[np.ndarray], found: list[np.ndarray], scales: list[float]
) -> tuple[bool, list[str]]:
    """Whether every output is within ``STEPS`` steps of its scale, and a line for each."""
    lines, good = [], True
    for index, (a, b, scale) in enumerate(zip(expected, found, scales, strict=True)):
        how = agreement(a, b)
        within = how["largest"] <= STEPS * scale + 1e-6
        good &= within
        lines.append(
            f"output {index}: {100 * how['equal']:.1f} % equal, largest difference {how['largest']:.4g} "
            f"({how['largest'] / scale:.1f} steps) {'ok' if within else 'TOO FAR'}"
        )
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
    scales = [output["scale"] for output in info["outputs"]]
    network, device = Recorded(), Timed(data_injection=True)
    device.deploy(network)
    good = True
    with device:
        for index, image in enumerate(golden["inputs"]):
            _, tensor, _ = network.pre_process(image, COLOR_FORMAT.RGB)
            device.inject(tensor)
            expected = [golden[f"output{i}"][index] for i in range(len(scales))]
            within, lines = verdict(expected, network.last, scales)
            good &= within
            print(f"input {index}", *lines, sep="\n  ")
            runtime = milliseconds(device.kpi)
            print(f"  DSP {runtime[1]:.2f} ms" if runtime else "  no runtime in the metadata")
    print("the sensor computes the INT8 graph" if good else "THE SENSOR DIFFERS from the INT8 graph")
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
