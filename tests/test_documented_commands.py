"""Every `sensorfit` command in the README, the docs and the rules is one that the command line takes."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from typing import NamedTuple

import click
import pytest

from sensorfit.cli import group

from .conftest import ROOT

PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").rglob("*.md"))]
SHELL = {"&&", "||", "|", ";", ">", ">>", "2>", "<", "&"}
NOT_WHOLE = {"...", "…", "[MODELS]", "[RULE]"}
"""What stands for the rest of a command; left out."""
SPAN = re.compile(r"`(sensorfit [^`]+)`")
SET = re.compile(r"([A-Z]+)=(\"[^\"]*\"|\S+)")
"""A shell variable that later lines of the page use."""


class Command(NamedTuple):
    """A command of a page; a ``mention`` in prose may leave out what a command needs."""

    text: str
    mention: bool = False


def commands(text: str) -> Iterator[Command]:
    """The commands of a page: lines of code that begin with ``sensorfit``, and such spans in prose."""
    fenced, kept = False, ""
    variables: dict[str, str] = {}
    for line in text.splitlines():
        bare = line.strip()
        if bare.startswith("```"):
            fenced = not fenced
        elif fenced or line.startswith("    "):
            kept += bare.removesuffix("\\").removeprefix("$ ")
            if bare.endswith("\\"):
                continue
            if found := SET.fullmatch(kept):
                variables[found[1]] = found[2].strip('"')
            if re.match(r"sensorfit \S", kept):
                yield Command(re.sub(r"\$([A-Z]+)", lambda m: variables.get(m[1], m[0]), kept))
        else:
            yield from (Command(span, True) for span in SPAN.findall(line))
        kept = ""


def words_of(command: str) -> Iterator[list[str]]:
    """The arguments of each ``sensorfit`` in a line of shell."""
    words: list[str] = []
    for word in [*shlex.split(command, comments=True), ";"]:
        if word in SHELL:
            if words[:1] == ["sensorfit"]:
                yield [w for w in words[1:] if w not in NOT_WHOLE]
            words = []
        elif word.endswith(";"):
            if words[:1] == ["sensorfit"]:
                yield [w for w in (*words[1:], word[:-1]) if w not in NOT_WHOLE]
            words = []
        else:
            words.append(word)


def parsed(words: list[str]) -> None:
    """click's error where the command line refuses ``words``; nothing runs."""
    context = group.make_context("sensorfit", list(words))
    name, command, rest = group.resolve_command(context, [*context._protected_args, *context.args])
    assert command is not None
    command.make_context(name, rest, parent=context)


FOUND = [
    (page.relative_to(ROOT).as_posix(), command)
    for page in PAGES
    for command in dict.fromkeys(commands(page.read_text(encoding="utf-8")))
]


@pytest.mark.parametrize("page", sorted({page for page, _ in FOUND}))
def test_the_command_line_takes_every_documented_command(page: str) -> None:
    wrong = []
    for where, command in FOUND:
        for words in words_of(command.text) if where == page else ():
            try:
                parsed(words)
            except click.exceptions.Exit:
                pass  # --help, --version
            except (click.MissingParameter, click.exceptions.NoArgsIsHelpError) as error:
                if not command.mention:
                    wrong.append(f"{command.text}: {error}")
            except Exception as error:
                wrong.append(f"{command.text}: {error}")
    assert wrong == []


def test_commands_are_found() -> None:
    assert len(FOUND) > 100
    assert list(commands("text `sensorfit rules SF1` and\n\n    sensorfit check a \\\n      b  # why\n")) == [
        Command("sensorfit rules SF1", True), Command("sensorfit check a b  # why"),
    ]  # fmt: skip


@pytest.mark.parametrize("words", [["chekc", "a"], ["check", "--no-such-option"], ["evaluate", "a"]])
def test_a_command_that_the_command_line_refuses_is_noticed(words: list[str]) -> None:
    with pytest.raises(click.UsageError):
        parsed(words)


def test_a_page_is_read_as_markdown_and_shell_are() -> None:
    page = "sensorfit check in prose is none\n\n```sh\nA='b'\nsensorfit models | head && sensorfit doctor; wait\n```\n"
    (line,) = commands(page)
    assert list(words_of(line.text)) == [["models"], ["doctor"]]
