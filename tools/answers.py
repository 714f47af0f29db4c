"""The command line of the probe tools: what asks the toolchain about networks given as lines of text."""

from __future__ import annotations

import argparse
import json
import logging
import tempfile
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

Ask = Callable[[str, str, Path], tuple[dict[str, Any], bytes]]
"""(name, line, empty folder) -> the converter's answer, and the graph that is kept beside it."""


def parser(description: str | None) -> argparse.ArgumentParser:
    """What every probe tool takes."""
    found = argparse.ArgumentParser(description=(description or "").splitlines()[0])
    found.add_argument("probes", nargs="*", help="name=spec")
    found.add_argument("--file", type=Path, help="probes, one a line")
    found.add_argument("--out", type=Path, required=True, help="folder for answers and graphs")
    found.add_argument("--keep", type=Path, help="folder that keeps the converter's files")
    return found


def answer_all(options: argparse.Namespace, ask: Ask, **said: Any) -> None:
    """Answer every probe asked for that has no answer yet; ``said`` stands in each answer before the converter's words."""
    warnings.filterwarnings("ignore")
    logging.disable(logging.WARNING)
    lines = list(options.probes) + (options.file.read_text().splitlines() if options.file else [])
    options.out.mkdir(parents=True, exist_ok=True)
    for line in lines:
        name, _, spec = (part.strip() for part in line.partition("="))
        answer_path = options.out / f"{name}.json"
        if not spec or name.startswith("#") or answer_path.exists():
            continue
        with tempfile.TemporaryDirectory() as folder:
            try:
                answer, graph = ask(name, spec, Path(folder))
                (options.out / f"{name}.onnx.gz").write_bytes(graph)
            except Exception as error:  # a probe that the toolchain refuses is an answer too
                answer = {"error": f"{type(error).__name__}: {error}"[:300]}
        answer_path.write_text(json.dumps({"name": name, "spec": spec, **said, **answer}, indent=1) + "\n")
        print(
            name,
            answer.get("runtime_bytes"),
            answer.get("weights_bytes"),
            answer.get("error") or answer.get("messages", ""),
            flush=True,
        )
