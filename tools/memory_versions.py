"""Ask another version of the converter for the bytes of recorded networks, and print them beside the recorded ones.

    uv venv other && uv pip install -p other "imx500-converter[pt]==3.18.2"
    python -m tools.memory_versions other/bin/imxconv-pt [NAME...]

The networks are those of ``tests/data/memory/bit_widths``: quantized by MCT, and so what a converter takes, in every
layout (planes, blocks, packed, 8 and 16 bits, weights of 8, 4 and 2). The answers are of the version in
``tests/data/memory/bit_widths.json``. Exits 1 where any differ.
"""

from __future__ import annotations

import argparse
import gzip
import json
import tempfile
from pathlib import Path

from tools.memory_probes import convert

DATA = Path(__file__).resolve().parent.parent / "tests" / "data" / "memory"


def main() -> None:
    """Print a row for each network."""
    asked = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    asked.add_argument("converter", type=Path, help="its imxconv-pt")
    asked.add_argument("names", nargs="*")
    given = asked.parse_args()
    recorded = json.loads((DATA / "bit_widths.json").read_text(encoding="utf-8"))
    names = given.names or [name for name, found in recorded.items() if "runtime_bytes" in found]
    alike = 0
    print("| network | weights | there | runtime | there |\n|---|---:|---:|---:|---:|")
    for name in names:
        with tempfile.TemporaryDirectory() as folder:
            model = Path(folder) / f"{name}.onnx"
            model.write_bytes(gzip.decompress((DATA / "bit_widths" / f"{name}.onnx.gz").read_bytes()))
            answer = convert(model, Path(folder) / "out", persistency=False, program=given.converter)
        pairs = [(recorded[name][key], answer.get(key)) for key in ("weights_bytes", "runtime_bytes")]
        alike += all(ours == theirs for ours, theirs in pairs)
        cells = " | ".join("none" if n is None else f"{n:,}" for pair in pairs for n in pair)
        print(f"| {name} | {cells} |", flush=True)
    print(f"\n{alike} of {len(names)} to the byte")
    raise SystemExit(alike != len(names))


if __name__ == "__main__":
    main()
