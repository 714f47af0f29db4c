"""Every form of tests/data/fix/forms.toml put through ``fix``, the converter's front end asked before and after.

    python -m tools.fix_forms [NAME...] [--differ] [--write]

Prints a row a form: what the front end says of it, the rewrites, what it says then, how far the outputs in onnxruntime are
apart. ``--differ`` leaves out those that end accepted and equal, ``--write`` puts the counts into docs/fix.md. Needs the
extra "build".
"""

from __future__ import annotations

import re
import sys
import tempfile
from collections.abc import Iterator, Mapping
from math import prod
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import onnx
from onnx import TensorProto, numpy_helper

from sensorfit import toml
from sensorfit.api import load_target
from sensorfit.errors import SensorfitError
from sensorfit.rewrite.fix import fix

from .probes.front_end import FrontEnd

ROOT = Path(__file__).resolve().parent.parent
FORMS = ROOT / "tests" / "data" / "fix" / "forms.toml"
PAGE = ROOT / "docs" / "fix.md"


class Row(NamedTuple):
    """One form before and after."""

    name: str
    before: str
    rewrites: tuple[str, ...]
    remaining: tuple[str, ...]
    after: str
    difference: float
    largest: float

    @property
    def refused(self) -> bool:
        """Whether the front end refuses the form as it is."""
        return self.before != "accepted"

    @property
    def good(self) -> bool:
        """Whether it ends accepted; ``fix`` itself stops where the outputs are not equal."""
        return self.after == "accepted" and not self.remaining

    def __str__(self) -> str:
        done = ", ".join(self.rewrites) or "none"
        apart = f"{self.difference:.1e} of {self.largest:.3g}"
        left = f"; left: {', '.join(self.remaining)}" if self.remaining else ""
        return f"{self.name}: {self.before} -> {self.after}; {done}; {apart}{left}"


def forms(path: Path = FORMS) -> dict[str, str]:
    """The graphs as ONNX text, by section and name."""
    return {f"{s}.{n}": text for s, found in toml.table(path).items() for n, text in found.items()}


def model(text: str, opset: int = 17, seed: int = 0) -> onnx.ModelProto:
    """The model of an ONNX text: names for its nodes, random values for its float weights of zeros."""
    head, _, rest = text.strip().partition(">") if text.strip().startswith("<opset") else ("", "", text)
    imports = head.replace("<", "<ir_version: 8, ", 1) or f'<ir_version: 8, opset_import: ["" : {opset}]'
    made = onnx.parser.parse_model(f"{imports}>\nform {rest.strip()}")
    for index, node in enumerate(made.graph.node):
        node.name = f"{node.op_type}_{index}"
    rng = np.random.default_rng(seed)
    written = {o for n in made.graph.node for o in n.output} | {i.name for i in made.graph.input}
    for value in [v for v in made.graph.value_info if v.name not in written]:
        kind = value.type.tensor_type
        shape = [d.dim_value for d in kind.shape.dim]
        assert kind.elem_type == TensorProto.FLOAT and prod(shape) >= 0, f"'{value.name}' has no value"
        random = rng.normal(0, 0.5, shape).astype(np.float32)
        made.graph.initializer.append(numpy_helper.from_array(random, value.name))
        made.graph.value_info.remove(value)
    made.producer_name = "pytorch"
    return made


def rows(graphs: Mapping[str, onnx.ModelProto], ask: FrontEnd) -> Iterator[Row]:
    """A row a graph."""
    target = load_target()
    with tempfile.TemporaryDirectory() as scratch:
        source, out = Path(scratch) / "form.onnx", Path(scratch) / "fixed.onnx"
        for name, graph in graphs.items():
            onnx.save(graph, source)
            before = said(ask, graph)
            try:
                fixed = fix(source, out, target)
            except SensorfitError as error:
                yield Row(name, before, (), (str(error),), "not written", 0.0, 0.0)
                continue
            left = tuple(dict.fromkeys(f"{f.op} {f.rule}" for f in fixed.remaining))
            done = tuple(dict.fromkeys(r.name for r in fixed.rewrites))
            after = said(ask, onnx.load(out))
            yield Row(name, before, done, left, after, fixed.max_difference, fixed.largest_output)


def said(ask: FrontEnd, graph: onnx.ModelProto) -> str:
    """The front end's verdict, with its reason where it is not asked for one."""
    answer: dict[str, Any] = ask.judge(graph)
    return str(answer["verdict"])


def summary(found: list[Row]) -> str:
    """The counts, in a sentence."""
    refused = [r for r in found if r.refused]
    good = sum(r.good for r in refused)
    return f"Of {len(found)} forms the front end refuses {len(refused)} as they are; {good} of these end accepted by it, with equal outputs."


def main() -> None:
    wanted = [a for a in sys.argv[1:] if not a.startswith("--")]
    options = [a for a in sys.argv[1:] if a.startswith("--")]
    chosen = {n: model(t) for n, t in forms().items() if not wanted or any(w in n for w in wanted)}
    ask = FrontEnd()  # which sets sys.argv
    found = []
    for row in rows(chosen, ask):
        found.append(row)
        if "--differ" not in options or (not row.good):
            print(row, flush=True)
    print(summary(found))
    if "--write" in options:
        text = re.sub(
            r"(<!-- forms -->\n).*?(\n<!-- /forms -->)",
            lambda m: m[1] + summary(found) + m[2],
            PAGE.read_text(),
            flags=re.S,
        )
        PAGE.write_text(text)


if __name__ == "__main__":
    main()
