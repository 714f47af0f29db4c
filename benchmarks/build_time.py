#!/usr/bin/env python3
"""`sensorfit build` beside MCT and the converter run by hand: the same network, images and target.

    python benchmarks/build_time.py [--images 16] [--repeat 1] [MODEL...]

MODEL is a built-in network or an ONNX file, picosam3 when none is given. By hand is what MCT's
tutorials show: quantize, export, `imxconv-pt`, in one new process, with torch's own number of threads. Prints wall
clock and CPU seconds of both, one after the other, and their ratio (wanted: 1.1 or less of the wall clock). What a
build adds is the check, the comparison of float and INT8, and the deploy folder; it quantizes on one thread, for the
same bytes each time. Exit 1 when the ratio is missed.
"""

from __future__ import annotations

import argparse
import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import NamedTuple

WANTED = 1.1
SEED = 0


class Spent(NamedTuple):
    wall: float
    cpu: float


def main() -> int:
    options = _options()
    if options.by_hand is not None:
        by_hand(options.models[0], options.by_hand, options.images)
        return 0
    print(f"{os.cpu_count()} cores, {options.images} images", flush=True)
    quick = [_beside(model, options.images, options.repeat) for model in options.models]
    return int(not all(quick))


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("models", nargs="*", default=["picosam3"], metavar="MODEL")
    parser.add_argument("--images", type=int, default=16, help="synthetic calibration images")
    parser.add_argument("--repeat", type=int, default=1, help="runs of each")
    parser.add_argument("--by-hand", type=Path, metavar="DIR", help=argparse.SUPPRESS)
    return parser.parse_args()


def _beside(model: str, images: int, repeat: int) -> bool:
    """Whether the best of ``repeat`` builds is as quick as wanted."""
    common = ["--seed", str(SEED), "--synthetic-images", str(images), "-q", "-o"]
    this = str(Path(__file__).resolve())
    given = str(Path(model).absolute()) if Path(model).exists() else model
    ratios = []
    for _ in range(repeat):
        with tempfile.TemporaryDirectory() as directory:
            hand = _run([this, given, "--images", str(images), "--by-hand", f"{directory}/hand"], directory)
            ours = _run(["-m", "sensorfit", "build", given, *common, f"{directory}/ours"], directory)
        ratios.append(ours.wall / hand.wall)
        print(
            f"{Path(model).name}: by hand {hand.wall:.1f} s ({hand.cpu:.1f} s of CPU), build {ours.wall:.1f} s "
            f"({ours.cpu:.1f} s of CPU): {ratios[-1]:.2f} times; wanted at most {WANTED:g}",
            flush=True,
        )
    return min(ratios) <= WANTED


def _run(arguments: list[str], directory: str) -> Spent:
    """What one process and its children take."""
    before, start = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    subprocess.run([sys.executable, *arguments], cwd=directory, stdout=subprocess.DEVNULL, check=True)
    wall, after = time.perf_counter() - start, resource.getrusage(resource.RUSAGE_CHILDREN)
    return Spent(wall, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)


def by_hand(model: str, directory: Path, count: int) -> None:
    """Quantize, export and convert with nothing of ours but the network and the images."""
    import model_compression_toolkit as mct
    import torch
    from edgemdt_tpc import get_target_platform_capabilities

    from sensorfit.quantize.bridge import source
    from sensorfit.quantize.calibration import synthetic

    directory.mkdir()
    network = source(model, None, None, SEED)
    images = synthetic(network.shape, SEED, count).images
    batches = [torch.from_numpy(images[i : i + network.batch]) for i in range(0, len(images), network.batch)]
    quantized, _ = mct.ptq.pytorch_post_training_quantization(
        network.module,
        lambda: iter([[batch] for batch in batches]),
        target_platform_capabilities=get_target_platform_capabilities("1.0", "imx500"),
    )
    file = directory / "model.onnx"
    mct.exporter.pytorch_export_model(
        quantized, str(file), lambda: iter([[images[:1]]]), onnx_opset_version=20
    )
    program = Path(sys.executable).parent / "imxconv-pt"
    subprocess.run([program, "-i", file, "-o", directory / "out"], check=True, stdout=subprocess.DEVNULL)


if __name__ == "__main__":
    sys.exit(main())
