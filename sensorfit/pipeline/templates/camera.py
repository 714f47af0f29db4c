#!/usr/bin/env python3
"""Runs the network in the sensor and shows its mask over the picture, at the place the network looks at.

Of a network that scores whole images, the best classes are printed; of any other, the range of its values.

    python3 camera.py [--roi LEFT TOP WIDTH HEIGHT] [--rate 10]

On a Raspberry Pi: sudo apt install imx500-all python3-picamera2; ./package.sh makes network.rpk.
"""

from __future__ import annotations

import argparse
import json
import time
from pathlib import Path
from typing import Any

import numpy as np
from segmentation import BACKGROUND, best, channels_first, class_mask, largest_crop, overlay, placed

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
    shape, kind = (info["outputs"][info["shown"]][key] for key in ("shape", "kind"))

    def named(number: int) -> str:
        return labels[number] if number < len(labels) else str(number)

    def masked(values: np.ndarray, request: Any) -> str:
        """Draw the mask, name its classes."""
        mask = class_mask(values, chosen=kind == "classes")
        size = camera.camera_configuration()["main"]["size"]
        place = sensor.get_roi_scaled(request)
        camera.set_overlay(overlay(placed(mask, size, place), background=asked.background))
        return ", ".join(map(named, sorted({*mask.ravel().tolist()} - {BACKGROUND}))) or "nothing"

    def draw(request: Any) -> None:
        metadata = request.get_metadata()
        outputs = sensor.get_outputs(metadata)
        if outputs is None:
            return
        values = channels_first(outputs[info["shown"]], shape)
        if kind in ("logits", "classes"):
            said = masked(values, request)
        elif kind == "scores":
            said = ", ".join(f"{named(number)} {score:.3g}" for number, score in best(values))
        elif kind == "choice":
            said = named(round(values.item()))
        else:  # decode it here
            said = f"values from {values.min():.3g} to {values.max():.3g}"
        kpi = sensor.get_kpi_info(metadata)
        print(said + (f"  DSP {kpi[1]:.2f} ms" if kpi else ""), flush=True)

    camera.pre_callback = draw
    while True:
        time.sleep(1)


if __name__ == "__main__":
    main()
