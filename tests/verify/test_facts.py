"""operators.toml beside its evidence, and the generated pages beside both."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from onnx import defs

from sensorfit.api import load_target
from sensorfit.verify import docs
from sensorfit.verify.facts import converter, operators, reading
from tools.probes.ask import answers

GIVEN = json.loads((Path(__file__).parents[1] / "data" / "operators" / "operators.json").read_text())
VERDICTS = {k: v["verdict"] for k, v in {**answers(), **GIVEN}.items()}
ROWS = operators(load_target())
NAMES = {s.name for s in defs.get_all_schemas_with_history() if s.domain == ""}


@pytest.mark.parametrize("op", sorted(ROWS))
def test_a_row_names_probes_that_show_what_it_says(op: str) -> None:
    row = ROWS[op]
    seen = {VERDICTS[p] for p in row["probes"]}
    if row["support"] == "supported":
        assert "accepted" in seen
    else:
        assert seen <= {"unsupported_operator", "execution_error"}


def test_every_row_is_an_onnx_operator() -> None:
    assert set(ROWS) <= NAMES


def test_a_default_is_onnxs_own() -> None:
    for op, row in ROWS.items():
        schema = defs.get_schema(op, reading(load_target())["opsets"][1] if op != "Upsample" else 9)
        for name, value in row.get("defaults", {}).items():
            if name in schema.attributes and schema.attributes[name].default_value.type:
                known = schema.attributes[name].default_value
                stated = (
                    known.s.decode()
                    if known.type == known.STRING
                    else known.i
                    if known.type == known.INT
                    else known.f
                )
                assert stated == pytest.approx(value) if isinstance(value, float) else stated == value


def test_the_opsets_read_are_the_probed_ones() -> None:
    low, high = reading(load_target())["opsets"]
    read = {
        int(k.removeprefix("opset_"))
        for k, v in VERDICTS.items()
        if k.startswith("opset_") and k.removeprefix("opset_").isdigit() and v == "accepted"
    }
    assert read == set(range(low, high + 1))


def test_facts_name_the_converter_they_were_measured_on() -> None:
    assert converter(load_target()).startswith("imx500-converter 3.19")


def test_the_generated_pages_are_fresh() -> None:
    assert docs.stale(Path(docs.__file__).resolve().parents[2] / "docs") == []


def test_a_page_that_was_edited_or_left_behind_is_stale(tmp_path: Path) -> None:
    wanted = docs.pages()
    for name, text in wanted.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text, encoding="utf-8")
    (tmp_path / "operators.md").write_text("edited", encoding="utf-8")
    (tmp_path / "rules" / "SF000.md").write_text("old", encoding="utf-8")
    assert docs.stale(tmp_path) == ["operators.md", "rules/SF000.md"]
