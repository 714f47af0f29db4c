"""Whether the converter writes a package of the forms that it accepts behind MCT: its back end can stop after the memory report.

    python -m tools.probes.packaged               asks, of every operator, about its smallest form and a middle one (an hour)
    python -m tools.probes.packaged --all         about every form that quantized.json calls accepted
    python -m tools.probes.packaged NAME...       about these

Writes tests/data/operators/packaged.json, answer by answer: by probe "packaged", or what the converter said.
Forms that have an answer are not asked again unless they are named.
"""

from __future__ import annotations

import argparse
import json
import tempfile
from collections import defaultdict
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Final

import onnx

from sensorfit.convert.toolchain import convert
from sensorfit.errors import ToolchainError

from .quantized import RECORDED as QUANTIZED
from .quantized import export
from .versions import GIVEN, graphs

RECORDED: Final = GIVEN / "packaged.json"
PACKAGED: Final = "packaged"
FORMS_WITH_A_MIDDLE: Final = 4
"""Forms of an operator from which one in the middle is asked besides the smallest."""


def said(name: str, model: onnx.ModelProto) -> str | None:
    """The converter's answer about one form; None where it is not asked."""
    with tempfile.TemporaryDirectory() as scratch:
        directory = Path(scratch)
        file = export(name, model, directory)
        if not isinstance(file, Path):
            return None
        log = directory / "converter.log"
        try:
            complaint = convert(file, directory / "out", log, input_persistency=False).complaint
        except ToolchainError as error:
            print(f"{name}: {error}", flush=True)  # out of time, which says nothing of the form
            return None
        if complaint is None:
            return PACKAGED
        return "; ".join((complaint.code, *complaint.operators, *dict.fromkeys(complaint.reasons)))


def chosen(forms: Mapping[str, onnx.ModelProto]) -> list[str]:
    """Of every operator the smallest form, and one of middle size where there are several."""
    by_operator: dict[str, list[tuple[int, str]]] = defaultdict(list)
    for name, model in forms.items():
        for op in {node.op_type for node in model.graph.node}:
            by_operator[op].append((len(model.graph.node), name))
    sizes = [sorted(found) for found in by_operator.values()]
    middle = {found[len(found) // 2][1] for found in sizes if len(found) >= FORMS_WITH_A_MIDDLE}
    return sorted({found[0][1] for found in sizes} | middle)


def record(names: Iterable[str], forms: Mapping[str, onnx.ModelProto]) -> None:
    """Ask about ``names`` and write each answer as it comes."""
    for name in names:
        answer = said(name, forms[name])
        found: dict[str, str] = json.loads(RECORDED.read_text()) if RECORDED.exists() else {}
        if answer is not None:
            found[name] = answer
            RECORDED.write_text(json.dumps(found, indent=0, sort_keys=True) + "\n")
        print(f"{name}: {answer}", flush=True)


def main() -> None:
    """Ask and write."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("names", nargs="*", metavar="NAME")
    parser.add_argument("--all", action="store_true", help="every form, not two an operator")
    parser.add_argument("--part", default="0/1", metavar="I/N", help="the I-th of N parts, for N processes")
    args = parser.parse_args()
    accepted = {n for n, answer in json.loads(QUANTIZED.read_text()).items() if answer == "accepted"}
    forms = {
        name: model for name, model in sorted(graphs().items()) if name in accepted or name in args.names
    }
    part, parts = map(int, args.part.split("/"))
    known = json.loads(RECORDED.read_text()) if RECORDED.exists() else {}
    names = args.names or [n for n in (forms if args.all else chosen(forms)) if n not in known]
    record(names[part::parts], forms)


if __name__ == "__main__":
    main()
