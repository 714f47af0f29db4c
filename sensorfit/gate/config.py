"""``[tool.sensorfit]`` in pyproject.toml, or sensorfit.toml: what a repository asks of its models.

    target = "imx500"             profile = "converter"      input-persistency = true
    converter = "3.19"
    fail-on = "error"             select = ["SF1", "SF2"]    ignore = ["SF401"]
    baseline = "sensorfit-baseline.json"                     jobs = 2
    models = ["models/*.onnx"]
    budgets = { sram = "6 MiB", latency = "15 ms", macs = "400 M", parameters = "2 M", headroom = "512 KiB" }

    [[tool.sensorfit.models]]     # instead of the list, or as tables inside it
    path = "models/picosam3.onnx"
    input-shapes = { image = [1, 3, 96, 96] }
    ignore = ["SF202"]
    reason = "LayerNormalization is kept until the retraining in May"

A model's table may set every key above it; that needs a ``reason``. Options on
the command line come before both. An unknown key is an error.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from fnmatch import fnmatch
from functools import cache
from pathlib import Path
from typing import Any, Final

from ..errors import ConfigError
from ..runtime.files import read_text
from ..suggest import did_you_mean
from ..target import DEFAULT, Target, load_target, target_names
from ..toml import tomllib
from ..units import bytes_of, count_of, milliseconds_of
from ..verify.profiles import PROFILES

FILE: Final = "sensorfit.toml"
PYPROJECT: Final = "pyproject.toml"
FAIL_ON: Final = ("error", "warning", "info", "never")
MAX_BYTES: Final = 4 * 2**20
"""Of a configuration file; a larger one takes seconds to read."""


@dataclass(frozen=True)
class Budgets:
    """Limits a repository sets itself; None asks for nothing. Bytes, milliseconds, numbers."""

    sram: int | None = None
    """Most bytes in total, as the converter would package it: in tiles where it cuts layers."""
    latency: float | None = None
    """Most milliseconds of DSP time."""
    macs: int | None = None
    parameters: int | None = None
    headroom: int | None = None
    """Least bytes between the total and the device's budget."""

    def over(self, other: Budgets) -> Budgets:
        """These where set, else ``other``'s."""
        return Budgets(
            **{f.name: _first(getattr(self, f.name), getattr(other, f.name)) for f in fields(Budgets)}
        )


@dataclass(frozen=True)
class Policy:
    """How one model is judged. None and () leave it to the next source, then to the default."""

    target: str | None = None
    converter: str | None = None
    """The version of the converter that is judged by."""
    profile: str | None = None
    input_persistency: bool | None = None
    fail_on: str | None = None
    select: tuple[str, ...] = ()
    ignore: tuple[str, ...] = ()
    budgets: Budgets = field(default_factory=Budgets)
    input_shapes: Mapping[str, tuple[int, ...]] = field(default_factory=dict)
    reason: str = ""

    def over(self, other: Policy) -> Policy:
        """This policy where it says something, else ``other``; what is ignored adds up."""
        return Policy(
            target=_first(self.target, other.target),
            converter=_first(self.converter, other.converter),
            profile=_first(self.profile, other.profile),
            input_persistency=_first(self.input_persistency, other.input_persistency),
            fail_on=_first(self.fail_on, other.fail_on),
            select=self.select or other.select,
            ignore=tuple(dict.fromkeys((*other.ignore, *self.ignore))),
            budgets=self.budgets.over(other.budgets),
            input_shapes={**other.input_shapes, **self.input_shapes},
            reason=self.reason or other.reason,
        )

    def shows(self, rule: str) -> bool:
        """Whether findings of ``rule`` are shown: selected by id, name or prefix (or no selection), and not ignored."""
        return (not self.select or rule in _rules_of(self.select)) and rule not in _rules_of(self.ignore)


@cache
def _rules_of(words: tuple[str, ...]) -> frozenset[str]:
    """The ids that ids, names and prefixes mean."""
    if not words:
        return frozenset()
    from ..verify.catalogue import matching_rules

    return frozenset(id for word in words for id in matching_rules(word))


DEFAULTS: Final = Policy(target=DEFAULT, profile="converter", input_persistency=True, fail_on="error")


@dataclass(frozen=True)
class Config:
    """A configuration file; paths in it are relative to ``directory``."""

    directory: Path = field(default_factory=Path)
    source: str = ""
    """The file it came from, "" for none."""
    policy: Policy = field(default_factory=Policy)
    models: tuple[str, ...] = ()
    """Paths, globs, directories and built-in names, in the file's order."""
    overrides: tuple[tuple[str, Policy], ...] = ()
    baseline: Path | None = None
    jobs: int | None = None

    def policy_for(self, model: str) -> Policy:
        """The file's policy for ``model``; a later table wins over an earlier one."""
        policy = self.policy
        for pattern, own in self.overrides:
            if self._matches(model, pattern):
                policy = own.over(policy)
        return policy

    def _matches(self, model: str, pattern: str) -> bool:
        if model == pattern:
            return True
        whole, wanted = Path(model).absolute(), (self.directory / pattern).absolute()
        return fnmatch(str(whole), str(wanted)) or wanted in whole.parents


def find_config(start: Path | None = None) -> Config:
    """The nearest sensorfit.toml, or pyproject.toml with ``[tool.sensorfit]``, at or above ``start``.

    The search ends at the root of a git repository. An empty Config when there is none.
    """
    here = (start or Path()).absolute()
    for directory in (here, *here.parents):
        for name in (FILE, PYPROJECT):
            if (directory / name).is_file():
                found = _load(directory / name)
                if found is not None:
                    return found
        if (directory / ".git").exists():
            break
    return Config()


def read_config(path: str | Path) -> Config:
    """The configuration in ``path``; ConfigError when it is missing, broken or says nothing to sensorfit."""
    found = _load(Path(path))
    if found is None:
        raise ConfigError(f"{path}: has no [tool.sensorfit] table")
    return found


def _load(path: Path) -> Config | None:
    text = read_text(path, limit=MAX_BYTES)
    try:
        table = tomllib.loads(text)
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        raise ConfigError(f"{path}: is not TOML ({error})") from None
    where = f"{path}: "
    if path.name == PYPROJECT:
        tool = table.get("tool")
        if not isinstance(tool, dict) or "sensorfit" not in tool:
            return None
        table, where = tool["sensorfit"], f"{path}: tool.sensorfit"
    elif isinstance(table.get("tool"), dict) and "sensorfit" in table["tool"]:
        table, where = table["tool"]["sensorfit"], f"{path}: tool.sensorfit"
    if not isinstance(table, dict):
        raise ConfigError(f"{where} is not a table")
    return _config(table, path, where)


def target_for(given: str | None, models: Sequence[str | Path] = (), converter: str | None = None) -> Target:
    """The one target that ``models`` are judged for: the one ``given``, else the configuration's, else the default.

    Likewise the version of its converter. ConfigError where the configuration has different ones for them.
    """
    config = find_config()
    asked = Policy(target=given, converter=converter)
    policies = [asked.over(config.policy_for(str(model))).over(DEFAULTS) for model in models]
    policies = policies or [asked.over(config.policy).over(DEFAULTS)]
    targets = tuple(dict.fromkeys(load_target(str(p.target), p.converter or "") for p in policies))
    for what, option, names in (
        ("targets", "--target", [t.name for t in targets]),
        ("versions of the converter", "--converter", [t.converter_version for t in targets]),
    ):
        if len(set(names)) > 1:
            raise ConfigError(
                f"{config.source} gives these models different {what} ({', '.join(dict.fromkeys(names))}): "
                f"choose one with {option}"
            )
    return targets[0]


_POLICY_KEYS: Final = (
    "target",
    "profile",
    "converter",
    "input-persistency",
    "fail-on",
    "select",
    "ignore",
    "budgets",
)
_TOP_KEYS: Final = (*_POLICY_KEYS, "models", "baseline", "jobs")
_MODEL_KEYS: Final = ("path", "input-shapes", "reason", *_POLICY_KEYS)


def _config(table: dict[str, Any], path: Path, where: str) -> Config:
    _known(table, _TOP_KEYS, where)
    directory = path.absolute().parent
    models: list[str] = []
    overrides: list[tuple[str, Policy]] = []
    listed = table.get("models", [])
    if not isinstance(listed, list):
        raise ConfigError(
            f"{_key(where, 'models')} is {listed!r}; write a list of paths or [[models]] tables"
        )
    for index, entry in enumerate(listed):
        place = f"{_key(where, 'models')}[{index}]"
        if isinstance(entry, dict):
            pattern, policy = _model(entry, place)
            overrides.append((pattern, policy))
            models.append(pattern)
        else:
            models.append(_text(entry, place))
    baseline = table.get("baseline")
    jobs = table.get("jobs")
    if jobs is not None and (isinstance(jobs, bool) or not isinstance(jobs, int) or jobs < 0):
        raise ConfigError(
            f"{_key(where, 'jobs')} is {jobs!r}; write a number of processes (0 means one per core)"
        )
    return Config(
        directory=directory,
        source=str(path),
        policy=_policy(table, where),
        models=tuple(models),
        overrides=tuple(overrides),
        baseline=directory / _text(baseline, _key(where, "baseline")) if baseline is not None else None,
        jobs=jobs,
    )


def _model(entry: dict[str, Any], where: str) -> tuple[str, Policy]:
    _known(entry, _MODEL_KEYS, where)
    if "path" not in entry:
        raise ConfigError(f"{where} has no path; say which model it is about")
    policy = _policy(entry, where)
    reason = _text(entry.get("reason", ""), _key(where, "reason")).strip()
    overridden = [key for key in _POLICY_KEYS if key in entry]
    if overridden and not reason:
        raise ConfigError(f'{where} overrides {", ".join(overridden)} without a reason; add reason = "..."')
    given = entry.get("input-shapes", {})
    place = _key(where, "input-shapes")
    if isinstance(given, list):  # the first input
        given = {"": given}
    if not isinstance(given, dict):
        raise ConfigError(f"{place} is {given!r}; write {{ input = [1, 3, 96, 96] }}")
    shapes = {name: _shape(shape, f"{place}.{name}") for name, shape in given.items()}
    return _text(entry["path"], _key(where, "path")), replace(policy, input_shapes=shapes, reason=reason)


def _policy(table: dict[str, Any], where: str) -> Policy:
    persistency = table.get("input-persistency")
    if persistency is not None and not isinstance(persistency, bool):
        raise ConfigError(f"{_key(where, 'input-persistency')} is {persistency!r}; write true or false")
    return Policy(
        target=(target := _choice(table, "target", target_names(), where)),
        converter=_converter(table, target or DEFAULT, where),
        profile=_choice(table, "profile", PROFILES, where),
        input_persistency=persistency,
        fail_on=_choice(table, "fail-on", FAIL_ON, where),
        select=_rules(table, "select", where),
        ignore=_rules(table, "ignore", where),
        budgets=_budgets(table.get("budgets", {}), _key(where, "budgets")),
    )


def _converter(table: Mapping[str, Any], target: str, where: str) -> str | None:
    value = table.get("converter")
    if value is None:
        return None
    if not isinstance(value, str):
        raise ConfigError(
            f'{_key(where, "converter")} is {value!r}; write a version as a string, such as "3.18"'
        )
    try:
        load_target(target, value)
    except ConfigError as error:
        raise ConfigError(f"{_key(where, 'converter')}: {error}") from None
    return value


def _budgets(table: Any, where: str) -> Budgets:
    if not isinstance(table, dict):
        raise ConfigError(f'{where} is {table!r}; write a table such as {{ sram = "6 MiB" }}')
    readers: dict[str, Any] = {
        "sram": bytes_of, "latency": milliseconds_of, "macs": count_of, "parameters": count_of, "headroom": bytes_of,
    }  # fmt: skip
    _known(table, readers, where)
    return Budgets(**{key: readers[key](value, f"{where}.{key}") for key, value in table.items()})


def parse_budgets(**given: object) -> Budgets:
    """Budgets from keyword arguments as in the file: ``sram="6 MiB", latency="15 ms"``."""
    return _budgets({key: value for key, value in given.items() if value is not None}, "budgets")


def _known(table: Mapping[str, Any], keys: Iterable[str], where: str) -> None:
    keys = tuple(keys)
    for key in table:
        if key not in keys:
            hint = did_you_mean(key.replace("_", "-"), keys, f"the keys are {', '.join(keys)}")
            raise ConfigError(f"{where.rstrip(': ')} has no key '{key}': {hint}")


def _choice(table: Mapping[str, Any], key: str, choices: tuple[str, ...], where: str) -> str | None:
    value = table.get(key)
    if value is None or value in choices:
        return value
    hint = did_you_mean(str(value), choices, f"choose from {', '.join(choices)}")
    raise ConfigError(f"{_key(where, key)} is {value!r}: {hint}")


def _rules(table: Mapping[str, Any], key: str, where: str) -> tuple[str, ...]:
    value = table.get(key, [])
    if not isinstance(value, list) or not all(isinstance(v, str) and v for v in value):
        raise ConfigError(f'{_key(where, key)} is {value!r}; write a list of rules such as ["SF201", "SF4"]')
    return tuple(value)


def _shape(value: Any, where: str) -> tuple[int, ...]:
    whole = isinstance(value, list) and all(
        isinstance(d, int) and not isinstance(d, bool) and d > 0 for d in value
    )
    if not whole or not value:
        raise ConfigError(f"{where} is {value!r}; write a shape such as [1, 3, 96, 96]")
    return tuple(value)


def _text(value: Any, where: str) -> str:
    if not isinstance(value, str):
        raise ConfigError(f"{where} is {value!r}; write a string")
    return value


def _key(where: str, key: str) -> str:
    return f"{where}{key}" if where.endswith(": ") else f"{where}.{key}"


def _first(value: Any, otherwise: Any) -> Any:
    return otherwise if value is None else value
