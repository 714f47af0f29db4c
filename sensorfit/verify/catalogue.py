"""The catalogue of rules: every declaration, whichever module of sensorfit.rules makes it.

sensorfit/rules/*.py ─► rule() ─► REGISTRY ─► rules(), find(), matching_rules(), texts()
"""

from __future__ import annotations

import re
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import Final

from ..errors import ConfigError
from ..suggest import did_you_mean
from ..target import Target
from .rule import REGISTRY, Rule, Scope
from .text import Text

PACKAGE: Final = "sensorfit.rules"
"""Where the modules lie that declare rules."""
_REWRITE: Final = re.compile(r"RW\d+", re.IGNORECASE)
_ID: Final = re.compile(r"SF\d*", re.IGNORECASE)


@cache
def _declared() -> tuple[Rule, ...]:
    package = import_module(PACKAGE)  # by its name: they stand above what a rule is
    for folder in package.__path__:
        for file in Path(folder).glob("*.py"):
            import_module(f"{PACKAGE}.{file.stem}" if file.stem != "__init__" else PACKAGE)
    return tuple(REGISTRY[id] for id in sorted(REGISTRY))


@cache
def rules(*scopes: Scope) -> tuple[Rule, ...]:
    """Every rule, or those of ``scopes``, by id."""
    return tuple(r for r in _declared() if not scopes or r.scope in scopes)


def find(id: str) -> Rule | None:
    """The rule called ``id``; None when there is none."""
    rules()
    return REGISTRY.get(id)


def matching_rules(word: str) -> tuple[str, ...]:
    """The ids of the rules that ``word`` names: an id, a name, or the beginning of ids; () when there is none."""
    for rule in rules():
        if rule.name.lower() == word.lower():
            return (rule.id,)
    return tuple(r.id for r in rules() if r.id.startswith(word.upper())) if word else ()


def hint(word: str) -> str:
    """What to say of a ``word`` that names no rule: the nearest, where one is near."""
    elsewhere = "`sensorfit rules` lists them"
    if _REWRITE.fullmatch(word):
        return "that is a rewrite; `sensorfit fix --list` lists them"
    if _ID.fullmatch(word):  # well-formed: another number is no nearer than any
        return elsewhere
    return did_you_mean(word, (*(r.id for r in rules()), *(r.name for r in rules())), elsewhere)


def require_rules(word: str) -> tuple[str, ...]:
    """The ids of the rules that ``word`` names; ConfigError when there is none."""
    found = matching_rules(word)
    if not found:
        raise ConfigError(f"there is no rule '{word}': {hint(word)}")
    return found


def texts(target: Target) -> dict[str, Text]:
    """The text of every rule, by id, with the numbers of ``target``."""
    return {rule.id: rule.text(target) for rule in rules()}
