"""SPACE.toml into a ``Space``; an error names the file, the line and the key.

family = "picosam"                      # or unet, mobilenet, "package.module:function"
objectives = ["dsp_ms", "maximize parameters"]
constraints = ["total <= 8 MiB", "dsp_ms <= 8", "depth < 3 or width < 1"]

[parameters]
size = [96, 128]                        # a list
width = { from = 0.5, to = 1.5, step = 0.25 }    # a range
depth = 2                               # fixed
dilation = { values = [1, 2, 3], when = "depth > 1" }
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path
from typing import Any, Final, NoReturn

from ..errors import ConfigError
from ..runtime.files import read_text
from ..suggest import did_you_mean
from ..toml import tomllib
from .expression import Expression
from .families.known import FAMILIES
from .families.option import Option, Value
from .lines import line_of, lines_of
from .space import FIGURES, RESERVED, Interval, Objective, Parameter, Space

KEYS: Final = ("family", "parameters", "constraints", "objectives", "input")
RANGE: Final = ("from", "to", "step", "log", "values", "when")
MAX_VALUES: Final = 100_000
"""Values of a range."""
MAX_BYTES: Final = 1 << 20
DEFAULT_OBJECTIVES: Final = ("dsp_ms", "total")
BUILDER: Final = re.compile(r"[A-Za-z_]\w*(\.[A-Za-z_]\w*)*:[A-Za-z_]\w*")


def read_space(path: Path) -> Space:
    """The space that ``path`` holds; ConfigError where it holds none."""
    return parse_space(read_text(path, limit=MAX_BYTES), str(path))


def parse_space(text: str, source: str) -> Space:
    """As ``read_space``, of text in hand."""
    try:
        table = tomllib.loads(text)
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        raise ConfigError(f"{source}: is not TOML ({error})") from None
    return _Reader(text, source).space(table)


class _Reader:
    def __init__(self, text: str, source: str) -> None:
        self.text, self.source = text, source
        self.lines = lines_of(text)

    def space(self, table: dict[str, Any]) -> Space:
        for key in table:
            if key not in KEYS:
                self.wrong(
                    key, f"there is no such key: {did_you_mean(key, KEYS, f'the keys are {_list(KEYS)}')}"
                )
        family = self.family(table)
        chosen = self.table(table, "parameters")
        parameters: list[Parameter] = []
        fixed: dict[str, Value] = {}
        options = FAMILIES[family].options if family in FAMILIES else None
        for name, value in chosen.items():
            self.known(name, options)
            found = self.parameter(name, value, parameters, fixed, options[name] if options else None)
            if isinstance(found, Parameter):
                parameters.append(found)
            else:
                fixed[name] = found
        names = {p.name for p in parameters} | set(fixed)
        every = [
            self.expression(t, "constraints", names | set(FIGURES)) for t in self.texts(table, "constraints")
        ]
        over_figures = tuple(e for e in every if e.names & set(FIGURES))
        return Space(
            source=self.source,
            text=self.text,
            family=family,
            parameters=tuple(parameters),
            fixed=fixed,
            constraints=over_figures,
            shape=tuple(e for e in every if e not in over_figures),
            objectives=self.objectives(table),
            input=self.input(table, family),
        )

    def family(self, table: dict[str, Any]) -> str:
        family = table.get("family")
        if family is None:
            self.wrong(
                "family", f"is missing; choose from {_list(FAMILIES)}, or write package.module:function"
            )
        if not isinstance(family, str):
            self.wrong("family", f"is {family!r}; write a text")
        if family not in FAMILIES and not BUILDER.fullmatch(family):
            hint = did_you_mean(
                family, FAMILIES, f"choose from {_list(FAMILIES)}, or write package.module:function"
            )
            self.wrong("family", f"there is no family '{family}': {hint}")
        return family

    def table(self, table: dict[str, Any], key: str) -> dict[str, Any]:
        found = table.get(key, {})
        if not isinstance(found, dict):
            self.wrong(key, "write a table, [parameters]")
        return found

    def known(self, name: str, options: Any) -> None:
        key = f"parameters.{name}"
        if options is not None and name not in options:
            hint = did_you_mean(name, options, f"its parameters are {_list(options)}")
            self.wrong(key, f"the family has no parameter '{name}': {hint}")
        if not name.isidentifier():
            self.wrong(key, "a parameter's name is letters, digits and _")
        if name in RESERVED:
            self.wrong(key, f"'{name}' is a figure of every candidate; call the parameter something else")

    def parameter(
        self, name: str, value: Any, before: list[Parameter], fixed: dict[str, Value], option: Option | None
    ) -> Parameter | Value:
        key = f"parameters.{name}"
        if isinstance(value, (bool, int, float, str)):
            self.allowed(key, (value,), option)
            return value
        when = None
        if isinstance(value, dict):
            self.keys(key, value)
            if "when" in value:
                when = self.expression(value["when"], f"{key}.when", {p.name for p in before} | set(fixed))
            values = self.values(key, value)
        elif isinstance(value, list):
            values = self.listed(key, value)
        else:
            self.wrong(key, f"is {value!r}; write a value, a list of them, or {{ from = 1, to = 4 }}")
        self.allowed(key, (values.low, values.high) if isinstance(values, Interval) else values, option)
        if isinstance(values, Interval) and option is not None and isinstance(option.default, int):
            self.wrong(key, "takes whole numbers; write whole ones for from and to")
        return Parameter(name, values, when)

    def keys(self, key: str, value: dict[str, Any]) -> None:
        for one in value:
            if one not in RANGE:
                self.wrong(
                    f"{key}.{one}",
                    f"there is no such key: {did_you_mean(one, RANGE, f'the keys are {_list(RANGE)}')}",
                )

    def values(self, key: str, value: dict[str, Any]) -> tuple[Value, ...] | Interval:
        if "values" in value:
            if {"from", "to", "step", "log"} & set(value):
                self.wrong(key, "has values and a range; write one of them")
            return self.listed(f"{key}.values", value["values"])
        if "from" not in value or "to" not in value:
            self.wrong(key, "write { from = 1, to = 4 }, with a step where wanted, or { values = [1, 2] }")
        low, high, step = value["from"], value["to"], value.get("step")
        for end in (low, high, step if step is not None else 1):
            if (
                isinstance(end, bool)
                or not isinstance(end, (int, float))
                or end != end
                or abs(end) == float("inf")
            ):
                self.wrong(key, f"holds {end!r}; from, to and step are numbers")
        if low > high:
            self.wrong(key, f"goes from {low} to {high}; from is the smaller one")
        whole = isinstance(low, int) and isinstance(high, int) and (step is None or isinstance(step, int))
        log = value.get("log", False)
        if not isinstance(log, bool):
            self.wrong(f"{key}.log", f"is {log!r}; write true or false")
        if log and (step is not None or low <= 0):
            self.wrong(f"{key}.log", "goes with a range above 0 without a step")
        if step is None and whole and not log:
            step = 1
        if step is None:
            return Interval(low, high, log)
        if step <= 0:
            self.wrong(f"{key}.step", f"is {step}; write a number above 0")
        count = int((high - low) / step + 1e-9) + 1
        if count > MAX_VALUES:
            self.wrong(key, f"has {count:,} values; at most {MAX_VALUES:,}")
        return tuple(low + i * step if whole else round(low + i * step, 12) for i in range(count))

    def listed(self, key: str, values: Any) -> tuple[Value, ...]:
        if not isinstance(values, list) or not values:
            self.wrong(key, f"is {values!r}; write a list of values")
        for value in values:
            if not isinstance(value, (bool, int, float, str)):
                self.wrong(key, f"holds {value!r}; write numbers, texts, true or false")
        if len({(type(v) is bool, v) for v in values}) != len(values):
            self.wrong(key, "holds a value twice")
        return tuple(values)

    def allowed(self, key: str, values: Iterable[Value], option: Option | None) -> None:
        for value in values:
            if isinstance(value, float) and (value != value or abs(value) == float("inf")):
                self.wrong(key, f"holds {value}; write a finite number")
            if option is not None and (reason := option.wrong(value)):
                self.wrong(key, f"{value!r} cannot be taken: {reason}")

    def expression(self, text: Any, key: str, names: set[str]) -> Expression:
        if not isinstance(text, str):
            self.wrong(key, f"is {text!r}; write a condition as a text")
        try:
            made = Expression(text)
        except ValueError as error:
            self.wrong(key, f"'{text[:100]}' {error}")
        for name in sorted(made.names - names):
            hint = did_you_mean(
                name, sorted(names), f"what can be named is {_list(sorted(names)) or 'nothing'}"
            )
            self.wrong(key, f"'{text[:100]}' names '{name}', which is not known here: {hint}")
        return made

    def texts(self, table: dict[str, Any], key: str) -> list[str]:
        found = table.get(key, [])
        if not isinstance(found, list) or not all(isinstance(v, str) for v in found):
            example = "total <= 8 MiB" if key == "constraints" else "dsp_ms"
            self.wrong(key, f'is {found!r}; write a list of texts, ["{example}"]')
        return found

    def objectives(self, table: dict[str, Any]) -> tuple[Objective, ...]:
        made = []
        for text in self.texts(table, "objectives") or DEFAULT_OBJECTIVES:
            word, _, figure = text.strip().rpartition(" ")
            if word not in ("", "minimize", "maximize"):
                self.wrong("objectives", f"'{text}': write a figure, or \"maximize FIGURE\"")
            if figure not in FIGURES:
                hint = did_you_mean(figure, FIGURES, f"the figures are {_list(FIGURES)}")
                self.wrong("objectives", f"there is no figure '{figure}': {hint}")
            made.append(Objective(figure, word == "maximize"))
        if len({o.figure for o in made}) != len(made):
            self.wrong("objectives", "names a figure twice")
        return tuple(made)

    def input(self, table: dict[str, Any], family: str) -> tuple[int, int, int] | None:
        found = table.get("input")
        if found is None:
            return None
        if family in FAMILIES:
            self.wrong("input", "goes with a builder of your own; a built-in family has the parameter size")
        whole = isinstance(found, list) and all(
            isinstance(d, int) and not isinstance(d, bool) and d > 0 for d in found
        )
        if not whole or len(found) != 3:
            self.wrong("input", f"is {found!r}; write [channels, height, width]")
        return found[0], found[1], found[2]

    def wrong(self, key: str, what: str) -> NoReturn:
        raise ConfigError(f"{self.source}:{line_of(self.lines, key)}: {key}: {what}")


def _list(names: Iterable[str]) -> str:
    return ", ".join(names)
