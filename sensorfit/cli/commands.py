"""The commands: one a file, each imported only when it is called."""

from __future__ import annotations

import errno
import sys
from importlib import import_module
from typing import Any

import click

from ..errors import SensorfitError
from ..version import __version__

UNUSABLE = (errno.ENAMETOOLONG, errno.ELOOP, errno.EACCES, errno.EPERM, errno.ENOTDIR, errno.EISDIR)
"""A name that the user gave and no file can be read or written by."""
NO_ROOM = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO)
COMMANDS = {
    "check": "Check whether a model runs inside the sensor.",
    "fix": "Rewrite what the converter refuses, with a proof.",
    "build": "Quantize and package a model for the sensor.",
    "doctor": "Say whether a build can run here, and what is missing.",
    "explain": "Say why a model fits or not, on one page.",
    "compare": "Compare models in one table.",
    "sweep": "Judge a family of networks; find those worth training.",
    "diff": "Show what changed between two models.",
    "models": "List the built-in models.",
    "init": "Set up checks in a repository of models.",
    "rules": "List the rules, or explain one.",
    "calibrate": "Refit the latency model from measurements.",
    "data": "Make data to train on.",
    "teach": "Store a SAM's masks of annotated images for training.",
    "train": "Train a network on crops of annotated images.",
    "evaluate": "Measure models on annotated crops.",
    "segment": "Draw the mask of the object inside a box of an image.",
}


class Lazy(click.Group):
    """A group that knows its commands' names and imports one when asked."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, name: str) -> click.Command | None:
        if name not in COMMANDS:
            return None
        return import_module(f"sensorfit.cli.{name}").command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl(list(COMMANDS.items()))

    def invoke(self, ctx: click.Context) -> Any:
        from ..render.pipe import reader_may_leave

        with reader_may_leave():
            return super().invoke(ctx)
        return 0

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        if args and args[0] not in COMMANDS and not args[0].startswith("-"):
            from ..suggest import did_you_mean

            hint = did_you_mean(args[0], COMMANDS, f"choose from {', '.join(COMMANDS)}")
            raise click.UsageError(f"there is no command '{args[0]}': {hint}", ctx)
        return super().resolve_command(ctx, args)


@click.command(cls=Lazy, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="sensorfit")
def group() -> None:
    """Will this ONNX graph run inside Sony's IMX500, how fast, and if not, what to change?

    \b
    Examples:
      sensorfit check model.onnx
      sensorfit check picosam3 --format json
      sensorfit explain tinysam
      sensorfit build picosam3 --int8 -o out

    Exit codes of check: 0 fits, or is unknown without an error; 1 does not fit, or a finding at or above --fail-on; 2
    unusable input or usage; 3 the toolchain or sensorfit itself failed; 130 interrupted.
    """


def run() -> None:
    """What the command line asks for: every expected error is one sentence on standard error and its exit code."""
    try:
        code = group(standalone_mode=False, prog_name="sensorfit")  # ctx.exit(n) comes back as n
        sys.exit(code if isinstance(code, int) else 0)
    except SensorfitError as error:
        _fail(str(error), error.exit_code)
    except click.exceptions.Exit as stop:
        sys.exit(stop.exit_code)
    except click.Abort:
        _fail("interrupted", 130)
    except click.ClickException as error:
        error.show()
        sys.exit(2)
    except BrokenPipeError:  # the reader, `head` say, has gone
        sys.stderr.close()
        sys.exit(0)
    except MemoryError:
        _fail("out of memory", 3)
    except Exception as error:  # a defect of ours: still one sentence, with a way to see more
        import os

        if isinstance(error, OSError) and error.errno in NO_ROOM:
            _fail(f"cannot write the output ({error.strerror}): make room or write elsewhere", 3)
        if isinstance(error, OSError) and error.errno in UNUSABLE and error.filename is not None:
            from ..runtime.files import shown

            _fail(f"{shown(error.filename)}: cannot be used ({error.strerror})", 2)
        if isinstance(error, FileNotFoundError) and _no_current_directory():
            _fail("the current directory has been removed: change into another", 2)
        if os.environ.get("SENSORFIT_DEBUG"):
            raise
        _fail(
            f"internal error ({type(error).__name__}: {error}); run again with SENSORFIT_DEBUG=1 and report the traceback",
            3,
        )


def _no_current_directory() -> bool:
    from pathlib import Path

    try:
        Path.cwd()
    except FileNotFoundError:
        return True
    return False


def _fail(message: str, code: int) -> None:
    from ..render.said import say

    say(message)
    sys.exit(code)
