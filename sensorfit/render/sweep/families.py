"""The built-in families and their parameters, for the terminal and for docs/sweep.md."""

from __future__ import annotations

from collections.abc import Iterable

from ...sweep.families.option import Family, Option, show


def listing(families: Iterable[Family]) -> str:
    """Each family with its parameters, as text."""
    lines = []
    for family in families:
        lines.append(f"{family.name}  {family.about}")
        width = max(map(len, family.options))
        lines += [
            f"  {name:<{width}}  {option.about}; {allowed(option)}  [default: {show(option.default)}]"
            for name, option in family.options.items()
        ]
        lines.append("")
    return "\n".join(lines[:-1]) + "\n"


def markdown(families: Iterable[Family]) -> str:
    """The same as tables."""
    lines = []
    for family in families:
        lines += [
            f"**`{family.name}`**: {family.about}.",
            "",
            "| parameter | default | values | |",
            "|---|---|---|---|",
        ]
        lines += [
            f"| `{name}` | `{show(option.default)}` | {allowed(option)} | {option.about} |"
            for name, option in family.options.items()
        ]
        lines.append("")
    return "\n".join(lines)


def allowed(option: Option) -> str:
    """What an option may be."""
    if option.choices:
        return ", ".join(map(show, option.choices))
    if isinstance(option.default, str):
        return "a text"
    return f"{option.low:g} to {option.high:g}"
