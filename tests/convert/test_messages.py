"""What the converter prints, read. The lines are its own (imx500-converter 3.19.2)."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from sensorfit.api import load_target
from sensorfit.convert.messages import read_log, read_memory_report
from sensorfit.errors import ToolchainError

USOP = "2026-01-01 00:00:00,000 ERROR : CODE: [USOP] The network contains unsupported ops: Log, Asin [/x/uni/common/logger.py:185]\n"
INVOP = (
    "2026-01-01 00:00:00,000 ERROR : CODE: [INVOP] The network is not aligned with SDSP converter's restrictions. Errors are:\n"
    "\tParam error - param: ceil_mode, value: 1, reason: Supported values: [0]\n"
    "\tParam error - param: ceil_mode, value: 1, reason: Supported values: [0] [/x/uni/common/logger.py:185]\n"
)
INVMOD = "2026-01-01 00:00:00,000 ERROR : CODE: [INVMOD] The provided model input: 0 has batch-size > 1. MCT currently supports batch-size of 1 only. [/x/uni/common/logger.py:185]\n"
ISM = "2026-01-01 00:00:00.000 ERROR: CODE: [ISM] ConvFe error (ISM) on 'net': Not enough memory, available: 8.00MB , required: 10.39MB \n"


def test_unsupported_operators_are_named() -> None:
    found = read_log("INFO : Running version\n" + USOP)
    assert (found.code, found.operators, found.refused(load_target())) == ("USOP", ("Asin", "Log"), True)
    assert "does not know these operators: Asin; Log" in found.sentence(load_target())


def test_an_invalid_form_gives_its_reason_once() -> None:
    found = read_log(INVOP)
    assert found.reasons == ("Param error - param: ceil_mode, value: 1, reason: Supported values: [0]",)
    assert found.refused(load_target()) and "ceil_mode" in found.sentence(load_target())


def test_an_invalid_graph_gives_the_message_without_the_source_line() -> None:
    found = read_log(INVMOD)
    assert found.code == "INVMOD"
    assert found.reasons == (
        "The provided model input: 0 has batch-size > 1. MCT currently supports batch-size of 1 only.",
    )


def test_too_little_memory_is_a_no_with_both_figures() -> None:
    found = read_log(ISM + "ERROR : sdspconv exited with error code: 1\n")
    assert found.refused(load_target())
    assert "available: 8.00MB , required: 10.39MB" in found.sentence(
        load_target()
    ) and "--size" in found.sentence(load_target())


def test_ranges_that_the_converter_does_not_lay_out_are_named() -> None:
    found = read_log(
        "2026-01-01 00:00:00.000 ERROR: CODE: [DAE] DspAdvisorError: Index 0 out of bounds for length 0\n"
        "2026-01-01 00:00:00.000 ERROR: CODE: [GE] Caught exception while converting'net': Index 0 out of bounds for length 0 \n"
    )
    said = found.sentence(load_target())
    assert found.code == "DAE" and "Index 0 out of bounds for length 0" in said and "above 2^31" in said


def test_an_unknown_end_is_a_failure_with_the_last_line() -> None:
    found = read_log("starting\nException in thread main\n")
    assert not found.refused(load_target())
    assert found.sentence(load_target()) == "the converter stopped (no code): Exception in thread main"


def report(path: Path, **changes: object) -> Path:
    network = {"Input Persistence Cost": "31744B"}
    body = {
        "Runtime Memory Physical Size": "2403424B",
        "Model Memory Physical Size": "1438848B",
        "Reserved Memory": "1024B",
        "Memory Usage": "3843296B",
        "Total Memory Available On Chip": "8388480B",
        "Fit In Chip": True,
        "Networks": [network],
    }
    path.write_text(json.dumps({"Memory Report": {**body, **changes}}))
    return path


def test_without_a_code_the_error_is_quoted_not_what_follows_it() -> None:
    found = read_log(
        "java.lang.OutOfMemoryError: Java heap space\n\tat a.b(C.kt:1)\nINFO : files can be found in /t\n"
    )
    assert found.reasons == ("java.lang.OutOfMemoryError: Java heap space",)


def test_the_back_ends_text_is_on_the_line_after_its_place() -> None:
    found = read_log(
        "2026-01-01 00:00:00.000 ERROR: CODE: [CBE] [BeLogger:176] [ConverterBE:318] \n"
        "2026-01-01 00:00:00.000 ERROR: CODE: [CBE] EtdConvManager Error: java.lang.RuntimeException: Step:EtdModelGenerator FlnId:6 Layers:[CONV2D] Error:null\n"
    )
    assert found.code == "CBE" and "Layers:[CONV2D]" in found.sentence(load_target())
    assert "BeLogger" not in found.sentence(load_target())


def test_the_memory_report_gives_the_persistence_apart_from_the_runtime(tmp_path: Path) -> None:
    found = read_memory_report(report(tmp_path / "r.json"))
    assert (found.weights_bytes, found.runtime_bytes, found.input_persistence_bytes) == (
        1_438_848,
        2_371_680,
        31_744,
    )
    parts = found.weights_bytes + found.runtime_bytes + found.input_persistence_bytes + found.reserved_bytes
    assert parts == found.total_bytes == 3_843_296 and found.fits


def test_a_report_in_another_unit_is_refused_instead_of_misread(tmp_path: Path) -> None:
    with pytest.raises(ToolchainError, match="not in the form known"):
        read_memory_report(report(tmp_path / "r.json", **{"Memory Usage": "3.67MB"}))


def test_a_back_end_that_gives_up_without_a_reason_leads_to_more_room() -> None:
    """As it ended on a network that filled the memory to 99.9 % with its input kept; without, it was packaged."""
    found = read_log(
        "2026-01-01 12:00:00.266 ERROR: CODE: [BEFSUC] Failure in conversion process: \n"
        'Exception in thread "main" sdsp.app.logging.FailureInSubRunningException: ERROR: CODE: [BEFSUC] Failure in conversion process: '
    )
    said = found.sentence(load_target())
    assert said.startswith("the converter's back end gave up: Failure in conversion process; seen where")
    assert "--no-input-persistency" in said and not found.refused(load_target())
