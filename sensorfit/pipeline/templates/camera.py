#!/usr/bin/env python3
"""Runs the network in the sensor and shows its mask over the picture, at the place the network looks at.

    python3 camera.py [--roi LEFT TOP WIDTH HEIGHT] [--rate 10]

On a Raspberry Pi: sudo apt install imx500-all python3-picamera2; ./package.sh makes network.rpk.
"""

from __future__ import annotations

import argparse
import json
import time
from pathlib import Path
from typing import Any

from segmentation import channels_first, class_mask, largest_crop, overlay, placed

HERE = Path(__file__).resolve().parent


def options() -> argparse.Namespace:
    """What the command line asks for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--roi",
        type=int,
        nargs=4,
        metavar=("LEFT", "TOP", "WIDTH", "HEIGHT"),
        help="in pixels of the whole sensor",
    )
    parser.add_argument("--rate", type=float, default=10, help="images a second")
    parser.add_argument("--background", type=int, help="class that is not drawn")
    return parser.parse_args()


def main() -> None:
    """Load, aim, show, until interrupted."""
    from picamera2 import Picamera2
    from picamera2.devices import IMX500

    asked = options()
    info: dict[str, Any] = json.loads((HERE / "network_info.json").read_text(encoding="utf-8"))
    labels = (
        json.loads((HERE / "network_intrinsics.json").read_text(encoding="utf-8"))
        .get("classes", {})
        .get("labels", [])
    )
    sensor = IMX500(str(HERE / "network.rpk"))  # before Picamera2 is made
    camera = Picamera2(sensor.camera_num)
    camera.start(camera.create_preview_configuration(controls={"FrameRate": asked.rate}), show_preview=True)
    roi = asked.roi or largest_crop(tuple(info["sensor"]), tuple(info["input"]))
    sensor.set_inference_roi_abs(tuple(roi))
    shape = info["outputs"][0]["shape"]

    def draw(request: Any) -> None:
        metadata = request.get_metadata()
        outputs = sensor.get_outputs(metadata)
        if outputs is None:
            return
        mask = class_mask(channels_first(outputs[0], shape))
        size = camera.camera_configuration()["main"]["size"]
        place = sensor.get_roi_scaled(request)
        camera.set_overlay(overlay(placed(mask, size, place), background=asked.background))
        found = [labels[i] if i < len(labels) else str(i) for i in sorted({*mask.ravel().tolist()} - {255})]
        kpi = sensor.get_kpi_info(metadata)
        print(f"{', '.join(found) or 'nothing'}" + (f"  DSP {kpi[1]:.2f} ms" if kpi else ""), flush=True)

    camera.pre_callback = draw
    while True:
        time.sleep(1)


if __name__ == "__main__":
    main()
