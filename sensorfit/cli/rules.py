"""``sensorfit rules``."""

from __future__ import annotations

import click

from ..errors import ConfigError


@click.command(name="rules")
@click.argument("ids", nargs=-1, metavar="[RULE]...")
def command(ids: tuple[str, ...]) -> None:
    """List the rules, or explain each RULE.

    A RULE is an id, or the beginning of one for a family.

    \b
    Examples:
      sensorfit rules
      sensorfit rules SF201
      sensorfit rules SF5
    """
    from ..verify.book import FAMILIES, texts

    book = texts()
    if not ids:
        for prefix, title in FAMILIES.items():
            click.secho(f"\n{title}" if prefix != next(iter(FAMILIES)) else title, bold=True)
            _list(prefix)
        click.echo("\nsensorfit rules SF201 explains one.")
        return
    for position, id in enumerate(ids):
        wanted = id.upper()
        if wanted not in book and not any(known.startswith(wanted) for known in book):
            from difflib import get_close_matches

            near = get_close_matches(wanted, book, n=3)
            hint = f"did you mean {' or '.join(near)}?" if near else "sensorfit rules lists them"
            raise ConfigError(f"there is no rule '{id}': {hint}")
        if position:
            click.echo()
        if wanted in book:
            _explain(wanted)
        else:
            _list(wanted)


def _list(prefix: str) -> None:
    from ..verify.book import texts

    for id, text in texts().items():
        if id.startswith(prefix):
            click.echo(f"  {id}  {text.title}")


def _explain(id: str) -> None:
    from ..verify.book import texts

    text = texts()[id]
    click.secho(f"{id}: {text.title}", bold=True)
    click.echo(f"\n{text.rationale}")
    for heading, example in (("Fails", text.fails), ("Passes", text.passes)):
        if example:
            click.secho(f"\n{heading}", bold=True)
            click.echo("\n".join(f"    {line}" for line in example.splitlines()))
    if text.fix:
        click.secho("\nFix", bold=True)
        click.echo(click.wrap_text(text.fix, 100, "  ", "  "))
