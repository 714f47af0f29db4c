"""A calibration in a file, the shipped ``latency.toml`` or a user's own: read, and written after a refit.

It is TOML: ``[fit]`` and ``[factors]`` the constants, ``[covariance]`` how well
their logarithms are known (the lower half), ``[error]`` what they are worth,
``[[residual]]`` each measurement beside its prediction.
"""

from __future__ import annotations

from math import inf, isfinite
from pathlib import Path
from typing import TYPE_CHECKING

from ..errors import ConfigError
from ..runtime.files import is_there, read_text
from ..target import Target
from ..toml import tomllib
from .calibration import Calibration, calibration_of

if TYPE_CHECKING:
    from .calibrate import Refit, Row

SCHEMA = 2
MAX_BYTES = 4 * 2**20


def read_calibration(path: str | Path, target: Target) -> Calibration:
    """The calibration in a file that ``sensorfit calibrate`` wrote; ConfigError when it is not one."""
    path = Path(path)
    if not is_there(path):
        raise ConfigError(
            f"{path}: there is no such file; write one with: sensorfit calibrate LOG --model MODEL.onnx -o {path}"
        )
    text = read_text(path, "write one with: sensorfit calibrate", MAX_BYTES)
    try:
        table = tomllib.loads(text)
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        raise ConfigError(
            f"{path}: is not a calibration file ({error}); write one with: sensorfit calibrate"
        ) from None
    if table.get("schema") == 1:
        raise ConfigError(
            f"{path}: was written by an older sensorfit, without how well each constant is known; write it anew with: "
            "sensorfit calibrate"
        )
    if table.get("schema") != SCHEMA:
        raise ConfigError(
            f"{path}: has no 'schema = {SCHEMA}' and so is not a calibration file; write one with: sensorfit calibrate"
        )
    if table.get("target") != target.name:
        raise ConfigError(f"{path}: was made for {table.get('target')!r}, not for {target.name}")
    try:
        found = calibration_of(table, target, path.name)
        constants = found.constants
        rates = (
            constants.dense_cycles_per_mac,
            constants.cycles_per_byte,
            constants.units_factor,
            constants.lanes_factor,
            *constants.factors.values(),
        )
        known = (found.sigma, constants.layer_cycles, *(row[i] for i, row in enumerate(found.covariance)))
        if not (all(0 < r < inf for r in rates) and all(0 <= k < inf for k in known)):
            raise ValueError("a constant is out of range")
        if not (0 < found.deviations < inf and all(isfinite(v) for row in found.covariance for v in row)):
            raise ValueError("the interval is no number")
    except (KeyError, TypeError, ValueError, ZeroDivisionError, AttributeError) as error:
        raise ConfigError(
            f"{path}: its [fit], [factors], [covariance] or [error] table is damaged ({error}); write it anew with: sensorfit calibrate"
        ) from None
    return found


def render_toml(result: Refit, target: Target, heading: str) -> str:
    """A calibration file: constants, error, and every measurement beside its prediction."""
    fitted = result.fit
    constants = fitted.constants
    lines = [
        *(f"# {line}" for line in heading.splitlines()),
        "",
        f"schema = {SCHEMA}",
        f"target = {_text(target.name)}",
        "",
        "[fit]",
        f"dense_macs_per_cycle = {1 / constants.dense_cycles_per_mac:.1f}",
        f"bytes_per_cycle = {1 / constants.cycles_per_byte:.3f}",
        f"layer_cycles = {constants.layer_cycles:.1f}",
        f"units_factor = {constants.units_factor:.3f}",
        f"lanes_factor = {constants.lanes_factor:.3f}",
        "",
        "# A kind's cost over what the formula says of it.",
        "[factors]",
        *(f"{_text(kind)} = {value:.3f}" for kind, value in constants.factors.items()),
        "",
        "# Of the logarithms of the above.",
        "[covariance]",
        f"names = [{', '.join(map(_text, fitted.posterior.prior.names))}]",
        "rows = [",
        *(
            f"  [{', '.join(f'{value:.5f}' for value in row[: i + 1])}],"
            for i, row in enumerate(fitted.posterior.covariance + 0.0)
        ),
        "]",
        "",
        "# Leave-one-out: each network predicted by a fit that had not seen its layers.",
        "[error]",
        f"measurements = {len(fitted.points)}",
        f"networks = {len({p.group for p in fitted.points})}",
        f"median = {fitted.error_median:.3f}",
        f"worst = {fitted.error_worst:.3f}",
        f"sigma = {fitted.posterior.sigma:.4f}",
        f"deviations = {fitted.deviations:.3f}",
        f"inside = {result.inside}",
    ]
    for title, rows in (("residual", result.rows), ("shown", result.others), ("bound", result.bounds)):
        for row in rows:
            lines += ["", f"[[{title}]]", *_row_toml(row, title)]
    return "\n".join(lines) + "\n"


def _row_toml(row: Row, title: str) -> list[str]:
    measured = row.measured
    lines = [
        f"name = {_text(measured.name)}",
        f"{'limit' if title == 'bound' else 'measured'}_ms = {measured.ms:.4g}",
    ]
    if title == "residual":
        lines += [
            f"fitted_ms = {row.predicted:.4g}",
            f"left_out_ms = {row.left_out:.4g}",
            f"error = {row.error:.3f}",
        ]
    else:
        lines += [f"predicted_ms = {row.predicted:.4g}"]
    lines += [f"low_ms = {row.low:.4g}", f"high_ms = {row.high:.4g}"]
    lines += [f"{'holds' if title == 'bound' else 'inside'} = {str(row.inside).lower()}"]
    return [
        *lines,
        f"basis = {_text(measured.basis)}",
        f"confidence = {_text(measured.confidence)}",
        f"source = {_text(measured.source)}",
    ]


def _text(value: str) -> str:
    """``value`` as a TOML basic string."""
    escaped = value.replace("\\", "\\\\").replace('"', '\\"')
    return '"' + "".join(c if c.isprintable() else f"\\u{ord(c):04X}" for c in escaped) + '"'
