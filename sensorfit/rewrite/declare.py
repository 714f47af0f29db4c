"""What a rewrite is, and the catalogue of them: every declaration, whichever module of ``rewrite.forms`` makes it.

forms/*.py ─► rewrite() ─► REGISTRY ─► rewrites(), answering()
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Final, Literal, get_args

from ..errors import ConfigError
from ..suggest import did_you_mean

if TYPE_CHECKING:
    from .draft import Draft
    from .site import Site

Kind = Literal["exact", "rounding", "approximate"]
"""exact: the same real function. rounding: equal up to a stated multiple of float32's unit. approximate: a stated bound."""
Proof = Literal["permutation", "polynomial", "elementwise", "sampled"]
"""How an application is proven (``proof`` says what each runs); only rounding and approximate ones may be sampled."""
Stage = Literal["file", "form", "batch", "product"]
"""When: first what may hide weights or a whole form from the others, then what one operator's attributes say,
then the batch axis, then products taken apart by head."""
STAGES: Final[tuple[Stage, ...]] = get_args(Stage)

Draw = Callable[["Site"], Iterable["Draft"]]


@dataclass(frozen=True)
class Rewrite:
    """A declared rewrite. ``draw(site)`` yields every way it knows, or none where the form is not its own."""

    id: str
    """RW and a number."""
    name: str
    """As ``--only`` and ``--skip`` take it: ``ResizeAsProducts``."""
    answers: tuple[str, ...]
    """The rules whose findings it answers."""
    ops: tuple[str, ...]
    """The operators at which it is called; ("*",) for all."""
    kind: Kind
    proof: Proof
    stage: Stage
    draw: Draw
    units: float = 0.0
    """rounding: how far an output may be off, in units of float32 (2^-23) of the largest value."""
    bound: float = 0.0
    """approximate: the largest difference over the range ``over``."""
    over: tuple[float, float] | None = None
    """approximate: the inputs that the bound is stated for; None for all."""
    opset: int = 17
    """The opset that its operators need: 17 or 20."""
    opt_in: bool = False
    """Exact in float and useless at 8 bits: only on request (``--only``)."""
    everywhere: bool = False
    """Whether it is tried at every node once one of its rules refuses any: the batch axis is the matter of all that touch it."""

    @property
    def title(self) -> str:
        """The first line of its docstring."""
        return (self.draw.__doc__ or "").strip().partition("\n")[0]


REGISTRY: Final[dict[str, Rewrite]] = {}
PACKAGE: Final = "sensorfit.rewrite.forms"


def rewrite(
    id: str,
    name: str,
    *,
    answers: Iterable[str],
    ops: Iterable[str],
    proof: Proof,
    kind: Kind = "exact",
    stage: Stage = "form",
    units: float = 0.0,
    bound: float = 0.0,
    over: tuple[float, float] | None = None,
    opset: int = 17,
    opt_in: bool = False,
    everywhere: bool = False,
) -> Callable[[Draw], Draw]:
    """Declare a rewrite. ValueError, while its module is imported, for an incomplete declaration."""

    def register(draw: Draw) -> Draw:
        made = Rewrite(
            id,
            name,
            tuple(answers),
            tuple(ops),
            kind,
            proof,
            stage,
            draw,
            units,
            bound,
            over,
            opset,
            opt_in,
            everywhere,
        )
        _check(made)
        REGISTRY[id] = made
        return draw

    return register


def _check(made: Rewrite) -> None:
    where = f"rewrite {made.id} ({made.draw.__module__}.{made.draw.__qualname__})"
    if not re.fullmatch(r"RW\d\d\d", made.id) or not re.fullmatch(r"([A-Z][a-z0-9]*){1,6}", made.name):
        raise ValueError(f"{where} needs an id such as RW101 and a name such as 'ResizeAsProducts'")
    if not made.answers or not made.ops or not made.title:
        raise ValueError(
            f"{where} needs the rules it answers, its operators and a docstring with its algebra"
        )
    if made.kind == "exact" and made.proof == "sampled":
        raise ValueError(f"{where}: samples prove nothing exact; declare it rounding with its units")
    if made.kind == "rounding" and not made.units:
        raise ValueError(f"{where} states no units: how many of float32's its outputs may be off")
    if made.kind == "approximate" and not made.bound:
        raise ValueError(f"{where} states no bound")
    for other in REGISTRY.values():
        taken = other.id == made.id or other.name == made.name
        if taken and other.draw.__module__ != made.draw.__module__:
            raise ValueError(f"{where} has the id or the name of {other.id} {other.name}")


@cache
def rewrites() -> tuple[Rewrite, ...]:
    """Every rewrite, by id."""
    package = import_module(PACKAGE)
    for folder in package.__path__:
        for file in sorted(Path(folder).glob("[!_]*.py")):
            import_module(f"{PACKAGE}.{file.stem}")
    return tuple(REGISTRY[id] for id in sorted(REGISTRY))


def answering(rule: str, op: str, among: Iterable[Rewrite]) -> Iterator[Rewrite]:
    """The rewrites that answer a finding of ``rule`` at an operator ``op``."""
    return (r for r in among if rule in r.answers and (op in r.ops or "*" in r.ops))


def chosen(
    only: Iterable[str] = (), skip: Iterable[str] = (), *, approximate: bool = False, split_heads: bool = True
) -> tuple[Rewrite, ...]:
    """The rewrites that ``only`` and ``skip`` leave (ids, names, or rules that they answer); ConfigError for an unknown word."""
    wanted, unwanted = _named(only), _named(skip)
    return tuple(
        r
        for r in rewrites()
        if r.id not in unwanted
        and (r.id in wanted if wanted else not r.opt_in)
        and (approximate or r.kind != "approximate")
        and (split_heads or r.stage != "product")
    )


def _named(words: Iterable[str]) -> set[str]:
    found: set[str] = set()
    for word in words:
        ids = {r.id for r in rewrites() if word.lower() in (r.id.lower(), r.name.lower())}
        ids |= {r.id for r in rewrites() if word.upper() in r.answers}
        if not ids:
            names = [*(r.name for r in rewrites()), *(r.id for r in rewrites())]
            hint = did_you_mean(word, names, "`sensorfit fix --list` lists them")
            raise ConfigError(f"no rewrite is called '{word}' or answers a rule of that id: {hint}")
        found |= ids
    return found
