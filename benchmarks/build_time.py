#!/usr/bin/env python3
"""`sensorfit build picosam3` beside MCT and the converter run by hand: the same network, images and target.

    python benchmarks/build_time.py [--repeat 1]

By hand is what MCT's tutorials show: quantize, export, `imxconv-pt`, in one new process. Prints wall clock and CPU
seconds of both, one after the other, and their ratio (wanted: 1.1 or less of the wall clock). What a build adds is the
check, the comparison of float and INT8, and the deploy folder. Exit 1 when the ratio is missed.
"""

from __future__ import annotations

import argparse
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import NamedTuple

WANTED = 1.1
MODEL, SEED = "picosam3", 0


class Spent(NamedTuple):
    wall: float
    cpu: float


def main() -> int:
    options = _options()
    if options.by_hand is not None:
        by_hand(options.by_hand)
        return 0
    build = ["-m", "sensorfit", "build", MODEL, "--seed", str(SEED), "-q", "-o"]
    ratios = []
    for _ in range(options.repeat):
        with tempfile.TemporaryDirectory() as directory:
            hand = _run([str(Path(__file__).resolve()), "--by-hand", f"{directory}/hand"], directory)
            ours = _run([*build, f"{directory}/ours"], directory)
        ratios.append(ours.wall / hand.wall)
        print(
            f"by hand {hand.wall:.1f} s ({hand.cpu:.1f} s of CPU), build {ours.wall:.1f} s ({ours.cpu:.1f} s of CPU): "
            f"{ratios[-1]:.2f} times; wanted at most {WANTED:g}",
            flush=True,
        )
    return int(min(ratios) > WANTED)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--repeat", type=int, default=1, help="runs of each")
    parser.add_argument("--by-hand", type=Path, metavar="DIR", help=argparse.SUPPRESS)
    return parser.parse_args()


def _run(arguments: list[str], directory: str) -> Spent:
    """What one process and its children take."""
    before, start = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    subprocess.run([sys.executable, *arguments], cwd=directory, stdout=subprocess.DEVNULL, check=True)
    wall, after = time.perf_counter() - start, resource.getrusage(resource.RUSAGE_CHILDREN)
    return Spent(wall, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)


def by_hand(directory: Path) -> None:
    """Quantize, export and convert with nothing of ours but the network and the images."""
    import model_compression_toolkit as mct
    import torch
    from edgemdt_tpc import get_target_platform_capabilities

    from sensorfit.quantize.bridge import source
    from sensorfit.quantize.calibration import calibration_set

    torch.set_num_threads(1)  # as a build does: the same bytes each time
    directory.mkdir()
    network = source(MODEL, None, None, SEED)
    images = calibration_set(network.shape, None, None, 1000, SEED).images
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
