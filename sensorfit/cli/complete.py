"""What the shell offers for a word that is being typed: built-in names and files for a MODEL, rules, devices, versions."""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Final

import click

if TYPE_CHECKING:  # a command that runs needs none of it
    from click.shell_completion import CompletionItem

_PLAIN: Final = re.compile(r"[\w.,+@-]+")
"""Names that every shell takes without quotes; the others are reached once no built-in name fits what is typed."""


def file(ctx: click.Context, parameter: click.Parameter, typed: str) -> list[CompletionItem]:
    """Files, as the shell itself completes them."""
    from click.shell_completion import CompletionItem

    return [CompletionItem(typed, type="file")]


def model(ctx: click.Context, parameter: click.Parameter, typed: str) -> list[CompletionItem]:
    """Built-in names, beside the graphs and folders here that begin so; where no name does, files."""
    from ..models.registry import every_name, names

    found = _beginning(every_name() if re.search("[/@]", typed) else names(), typed)
    return [*found, *_beginning(_graphs_here(), typed)] if found else file(ctx, parameter, typed)


def _graphs_here() -> list[str]:
    """ONNX files and folders (with a slash) of the working directory: bash offers no files of its own beside names."""
    try:
        places = sorted(Path().iterdir())
    except OSError:
        return []
    shown = (
        f"{place.name}/" if place.is_dir() else place.name
        for place in places
        if not place.name.startswith(".") and (place.suffix == ".onnx" or place.is_dir())
    )
    return [name for name in shown if _PLAIN.fullmatch(name.rstrip("/"))]


def built_in(ctx: click.Context, parameter: click.Parameter, typed: str) -> list[CompletionItem]:
    """Built-in names, their parts among them."""
    from ..models.registry import every_name, names

    return _beginning(every_name() if re.search("[/@]", typed) else names(), typed)


def network(ctx: click.Context, parameter: click.Parameter, typed: str) -> list[CompletionItem]:
    """Networks that can be trained: the words of the argument's own help."""
    return _beginning((parameter.metavar or "").split("|"), typed)


def rule(ctx: click.Context, parameter: click.Parameter, typed: str) -> list[CompletionItem]:
    """The ids of rules, with their titles where the shell shows them; of a list, the last."""
    from click.shell_completion import CompletionItem

    from ..verify.catalogue import rules

    before, comma, last = typed.rpartition(",")
    return [
        CompletionItem(before + comma + rule.id, help=rule.name)
        for rule in rules()
        if rule.id.startswith(last.upper())
    ]


def device(ctx: click.Context, parameter: click.Parameter, typed: str) -> list[CompletionItem]:
    """Devices that there are facts of."""
    from ..target import target_names

    return _beginning(target_names(), typed)


def version(ctx: click.Context, parameter: click.Parameter, typed: str) -> list[CompletionItem]:
    """Versions of the converter that there are facts of, for the device that is named."""
    from ..target import DEFAULT, converter_versions, target_names

    named = ctx.params.get("target") or DEFAULT
    return _beginning(converter_versions(named), typed) if named in target_names() else []


def _beginning(words: Iterable[str], typed: str) -> list[CompletionItem]:
    from click.shell_completion import CompletionItem

    return [CompletionItem(word) for word in words if word.startswith((typed, typed.lower()))]
