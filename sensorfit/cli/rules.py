"""``sensorfit rules``."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

import click

from . import complete, options

if TYPE_CHECKING:
    from ..target import Target
    from ..verify.rule import Rule


@click.command(name="rules")
@click.argument("words", nargs=-1, metavar="[RULE]...", shell_complete=complete.rule)
@options.target
def command(words: tuple[str, ...], target: str | None) -> None:
    """List the rules, or explain each RULE, with the numbers of the target.

    A RULE is an id, a name, or the beginning of an id for a family.

    \b
    Examples:
      sensorfit rules
      sensorfit rules SF201
      sensorfit rules BatchAxis
      sensorfit rules SF5
    """
    from ..gate.config import target_for
    from ..verify.catalogue import find, require_rules, rules
    from ..verify.family import FAMILIES

    device = target_for(target)
    if not words:
        for family in FAMILIES:
            click.secho(family.title, bold=True)
            _list((rule for rule in rules() if rule.family is family), device)
            click.echo()
        click.echo("sensorfit rules SF201 (or Softmax) explains one.")
        return
    for position, word in enumerate(words):
        found = [rule for id in require_rules(word) if (rule := find(id))]
        if position:
            click.echo()
        if len(found) == 1:
            _explain(found[0], device)
        else:
            _list(found, device)


def _list(chosen: Iterable[Rule], target: Target) -> None:
    from ..verify.catalogue import rules

    width = max(len(rule.name) for rule in rules())
    for rule in chosen:
        click.echo(f"  {rule.id}  {rule.name:{width}}  {rule.text(target).title}")


def _explain(rule: Rule, target: Target) -> None:
    text = rule.text(target)
    click.secho(f"{rule.id} {rule.name}: {text.title}", bold=True)
    click.echo(f"\n{text.rationale}")
    for heading, example in (("Fails", text.fails), ("Passes", text.passes)):
        if example:
            click.secho(f"\n{heading}", bold=True)
            click.echo("\n".join(f"    {line}" for line in example.splitlines()))
    if text.fix:
        click.secho("\nFix", bold=True)
        click.echo(click.wrap_text(text.fix, 100, "  ", "  "))
