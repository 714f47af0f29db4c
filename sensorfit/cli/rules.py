"""``sensorfit rules``."""

from __future__ import annotations

from collections.abc import Iterable

import click


@click.command(name="rules")
@click.argument("words", nargs=-1, metavar="[RULE]...")
def command(words: tuple[str, ...]) -> None:
    """List the rules, or explain each RULE.

    A RULE is an id, a name, or the beginning of an id for a family.

    \b
    Examples:
      sensorfit rules
      sensorfit rules SF201
      sensorfit rules BatchAxis
      sensorfit rules SF5
    """
    from ..verify.book import FAMILIES, asked, texts

    if not words:
        for prefix, title in FAMILIES.items():
            click.secho(title, bold=True)
            _list(id for id in texts() if id.startswith(prefix))
            click.echo()
        click.echo("sensorfit rules SF201 (or Softmax) explains one.")
        return
    for position, word in enumerate(words):
        found = asked(word)
        if position:
            click.echo()
        if len(found) == 1:
            _explain(found[0])
        else:
            _list(found)


def _list(ids: Iterable[str]) -> None:
    from ..verify.book import NAMES, texts

    width = max(map(len, NAMES.values()))
    for id in ids:
        click.echo(f"  {id}  {NAMES[id]:{width}}  {texts()[id].title}")


def _explain(id: str) -> None:
    from ..verify.book import NAMES, texts

    text = texts()[id]
    click.secho(f"{id} {NAMES[id]}: {text.title}", bold=True)
    click.echo(f"\n{text.rationale}")
    for heading, example in (("Fails", text.fails), ("Passes", text.passes)):
        if example:
            click.secho(f"\n{heading}", bold=True)
            click.echo("\n".join(f"    {line}" for line in example.splitlines()))
    if text.fix:
        click.secho("\nFix", bold=True)
        click.echo(click.wrap_text(text.fix, 100, "  ", "  "))
