#!/usr/bin/env python3
"""Runs every network of this kit in the sensor and logs picamera2's KPI pairs: DNN and DSP runtime in milliseconds.

    python3 measure.py [--frames 150] [--rate 10] [-o kit-log.json] [NETWORK ...]

On a Raspberry Pi with the AI Camera: sudo apt install imx500-all python3-picamera2. A network takes one to three
minutes, most of it to load it. Interrupted, it goes on where it was. Send kit-log.json to: sensorfit calibrate fit
"""

from __future__ import annotations

import argparse
import hashlib
import json
import platform
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
KIND, SCHEMA = "sensorfit kit log", 1
PACKAGES = (
    "imx500-firmware",
    "imx500-tools",
    "imx500-models",
    "python3-picamera2",
    "libcamera-ipa",
    "rpicam-apps",
)
FIRMWARE = ("imx500_loader.fpk", "imx500_firmware.fpk")
PATIENCE = 900
"""Seconds for one network, its upload included."""


def options() -> argparse.Namespace:
    """What the command line asks for."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "networks", nargs="*", metavar="NETWORK", help="only these; all of kit.json otherwise"
    )
    parser.add_argument("--frames", type=int, default=150, help="KPI pairs to log of each network")
    parser.add_argument("--rate", type=float, default=10, help="images a second")
    parser.add_argument("-o", "--output", type=Path, default=HERE / "kit-log.json")
    parser.add_argument("--one", type=Path, help=argparse.SUPPRESS)
    return parser.parse_args()


def sha256(path: Path) -> str | None:
    """Of a file; None where it is not there."""
    return hashlib.sha256(path.read_bytes()).hexdigest() if path.is_file() else None


def version(package: str) -> str | None:
    """The installed version of a Debian package; None where it is not installed."""
    try:
        done = subprocess.run(
            ["dpkg-query", "-W", "-f", "${Version}", package], capture_output=True, text=True, check=False
        )
    except OSError:
        return None
    return done.stdout.strip() or None


def machine() -> dict[str, Any]:
    """What the figures may depend on beside the networks."""
    board = Path("/proc/device-tree/model")
    folders = (Path("/lib/firmware"), Path("/usr/lib/firmware"))
    return {
        "board": board.read_text(errors="replace").rstrip("\0\n") if board.is_file() else None,
        "kernel": platform.release(),
        "python": platform.python_version(),
        "packages": {name: version(name) for name in PACKAGES},
        "firmware_sha256": {
            name: next((found for folder in folders if (found := sha256(folder / name))), None)
            for name in FIRMWARE
        },
    }


def measure_one(rpk: Path, frames: int, rate: float) -> dict[str, Any]:
    """Load ``rpk`` and collect ``frames`` KPI pairs."""
    from picamera2 import Picamera2
    from picamera2.devices import IMX500

    sensor = IMX500(str(rpk))  # before Picamera2 is made
    camera = Picamera2(sensor.camera_num)
    camera.start(camera.create_preview_configuration(controls={"FrameRate": rate}), show_preview=False)
    pairs: list[list[float]] = []
    without, settled = 0, 0
    while len(pairs) < frames:
        metadata = camera.capture_metadata()
        kpi = sensor.get_kpi_info(metadata)
        if kpi is None or not metadata.get("CnnOutputTensor"):
            without += 1
            if without > 60 * rate + 3 * frames:
                break
            continue
        settled += 1
        if settled > 5:  # the first results may be of the network before
            pairs.append([float(kpi[0]), float(kpi[1])])
    try:
        device = sensor.get_device_id()
    except (AttributeError, OSError, RuntimeError):
        device = None
    camera.close()
    return {"kpi": pairs, "frames_without_result": without, "device": device}


def measure(entry: dict[str, Any], asked: argparse.Namespace) -> dict[str, Any]:
    """Package and run one network in a process of its own: a camera that hangs costs this network only."""
    place = HERE / entry["name"]
    package = place / "packerOut.zip"
    found = {key: entry[key] for key in ("name", "sha256", "fingerprint", "package_sha256")}
    if sha256(package) != entry["package_sha256"] or not entry["package_sha256"]:
        return {**found, "error": "packerOut.zip is not there, or not the one that kit.json names"}
    rpk = place / "network.rpk"
    try:
        if not rpk.is_file():
            subprocess.run(
                ["imx500-package", "-i", str(package), "-o", str(place)], check=True, timeout=PATIENCE
            )
        command = [
            sys.executable,
            __file__,
            "--one",
            str(rpk),
            "--frames",
            str(asked.frames),
            "--rate",
            str(asked.rate),
        ]
        done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True, timeout=PATIENCE)
        result = json.loads(done.stdout.strip().splitlines()[-1])
    except (OSError, subprocess.SubprocessError, ValueError, IndexError) as error:
        return {**found, "error": str(error)}
    device = result.pop("device")
    hidden = hashlib.sha256(device.encode()).hexdigest()[:12] if device else None
    return {**found, "rpk_sha256": sha256(rpk), "unit": "ms", "rate": asked.rate, "sensor": hidden, **result}


def save(path: Path, log: dict[str, Any]) -> None:
    """Write it whole or not at all."""
    partial = path.with_suffix(".part")
    partial.write_text(json.dumps(log, indent=1) + "\n", encoding="utf-8")
    partial.replace(path)


def main() -> int:
    """Measure what is not measured yet; 1 when a network could not be."""
    asked = options()
    if asked.one:
        result = measure_one(asked.one, asked.frames, asked.rate)
        print(json.dumps(result), flush=True)
        return 0
    kit = json.loads((HERE / "kit.json").read_text(encoding="utf-8"))
    log: dict[str, Any] = {
        "kind": KIND, "schema": SCHEMA, "sensorfit": kit["sensorfit"], "target": kit["target"],
        "kit_sha256": sha256(HERE / "kit.json"), "time": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
        "machine": machine(), "networks": [],
    }  # fmt: skip
    if asked.output.is_file():
        before = json.loads(asked.output.read_text(encoding="utf-8"))
        if before.get("kit_sha256") == log["kit_sha256"]:
            log["networks"] = [n for n in before["networks"] if n.get("kpi")]
    have = {n["name"] for n in log["networks"]}
    wanted = [
        e
        for e in kit["networks"]
        if (not asked.networks or e["name"] in asked.networks) and e["name"] not in have
    ]
    failed = 0
    for number, entry in enumerate(wanted, 1):
        print(
            f"{number} of {len(wanted)}: {entry['name']}, about {entry['predicted_ms']:.2f} ms expected",
            flush=True,
        )
        result = measure(entry, asked)
        log["networks"].append(result)
        save(asked.output, log)
        if "error" in result:
            failed += 1
            print(f"  not measured: {result['error']}", flush=True)
        elif result["kpi"]:
            dsp = sorted(pair[1] for pair in result["kpi"])
            print(f"  DSP {dsp[len(dsp) // 2]:.3f} ms (median of {len(dsp)})", flush=True)
    save(asked.output, log)
    print(
        f"{asked.output}: {len(log['networks']) - failed} networks measured; next: sensorfit calibrate fit {asked.output.name}"
    )
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
