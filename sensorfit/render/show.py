"""The text of each output, written where the plan says."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from importlib import import_module
from io import StringIO
from typing import TYPE_CHECKING, Any, TextIO

from ..report.outcome import Outcome
from ..runtime.files import write_text
from .outputs import OutputPlan
from .pipe import reader_may_leave
from .screen import console_for

if TYPE_CHECKING:
    from rich.console import Console

    from ..report.report import Report


def prepare(plan: OutputPlan) -> None:
    """Import what ``show`` will need for ``plan``: work for a process that waits for the outcomes."""
    for format_ in {*plan.shown, *(format_ for format_, _ in plan.written)}:
        import_module(f".{format_}", __package__)
        if format_ == "console":
            import_module(".brief", __package__)


def text(format_: str, outcomes: Sequence[Outcome], steps: bool = False) -> str:
    """The outcomes in a format other than console; ``steps`` adds the memory plan to JSON."""
    if format_ == "json":
        from .json import render_outcomes

        return render_outcomes(outcomes, plan=steps) + "\n"
    rendered: str = import_module(f".{format_}", __package__).render(outcomes)
    return rendered if rendered.endswith("\n") or not rendered else rendered + "\n"


def write_console(
    outcomes: Sequence[Outcome],
    file: TextIO,
    *,
    verbose: bool = False,
    memory: bool = False,
    layers: bool = False,
    sort: str = "",
) -> None:
    """What a person reads, to ``file``: one screen of one model, with ``verbose`` everything; a summary of several."""
    from .summary import print_change, print_summary

    console = console_for(file)
    if len(outcomes) != 1:
        print_summary(outcomes, console, verbose=verbose)
        return
    outcome = outcomes[0]
    if outcome.report is None:
        return
    from .brief import print_brief, print_last_line

    if verbose:
        from .console import print_report

        print_report(outcome.report, console, verbose=True, memory=memory)
        print_change(outcome, console)
    else:
        print_brief(outcome, console)
    if layers:
        from .layers import print_layers

        print_layers(outcome.report, console, sort)
    if not verbose:
        print_asked(outcome.report, console, memory)
    print_last_line(outcome, console)


def print_asked(report: Report, console: Console, memory: bool) -> None:
    """What the command line asked for beyond the first screen: the memory plan, the converter's answer."""
    if memory:
        from .memory import render_timeline

        console.print()
        render_timeline(report.memory, console)
    if report.confirmation is not None:
        from .console import print_confirmation

        console.print()
        print_confirmation(report, console)


def show(
    plan_: OutputPlan,
    outcomes: Sequence[Outcome],
    *,
    verbose: bool = False,
    memory: bool = False,
    layers: bool = False,
    sort: str = "",
) -> None:
    """Write every output: files first, then standard output; a model without a report is a sentence on stderr.

    A reader of standard output that has left (``| head``) is no error.
    """

    asked: dict[str, Any] = {"verbose": verbose, "memory": memory, "layers": layers, "sort": sort}

    def rendered(format_: str) -> str:
        if format_ != "console":
            return text(format_, outcomes, memory)
        buffer = StringIO()
        write_console(outcomes, buffer, **asked)
        return buffer.getvalue()

    for format_, file in plan_.written:
        write_text(file, rendered(format_))
    with reader_may_leave():
        for format_ in plan_.shown:
            if format_ == "console":
                write_console(outcomes, sys.stdout, **asked)
            elif not (format_ == "json" and len(outcomes) == 1 and outcomes[0].report is None):
                sys.stdout.write(rendered(format_))
