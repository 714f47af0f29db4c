"""The Java that the converter runs on: found, new enough, and with a stack that its back end does not overflow."""

from __future__ import annotations

import re
import shlex
import shutil
import subprocess
from pathlib import Path
from typing import Final

from ..errors import MissingDependency

JAVA_NEEDED: Final = 17
JAVA_INSTALL: Final = "sudo apt install openjdk-17-jre-headless"
STACK: Final = "512m"
"""For a thread of the converter, which asks for 32m: reserved, and used only as far as the network needs it.

A depthwise convolution of many channels with a wide dilation overflows 32m ("Step:EtdModelGenerator ... Error:null"),
at a size that differs from machine to machine, as compiled Java takes less stack than interpreted.
"""
_LAUNCHER: Final = """#!/bin/sh
for argument do
    shift
    case $argument in
        -Xss*) argument=-Xss{stack} ;;
    esac
    set -- "$@" "$argument"
done
exec {java} "$@"
"""


def java_version() -> str:
    """The version of Java, such as "17.0.15"; MissingDependency when it is absent or too old."""
    java = shutil.which("java")
    if java is None:
        raise MissingDependency(f"the converter needs Java {JAVA_NEEDED} and there is none: {JAVA_INSTALL}")
    try:
        answer = subprocess.run([java, "-version"], capture_output=True, text=True, timeout=60, check=False)
    except (OSError, subprocess.TimeoutExpired) as error:
        raise MissingDependency(f"{java} does not answer ({error}): {JAVA_INSTALL}") from error
    match = re.search(r'version "(\d+)([^"]*)"', answer.stderr + answer.stdout)
    if match is None or int(match.group(1)) < JAVA_NEEDED:
        had = match.group(1) + match.group(2) if match else "one that does not say its version"
        raise MissingDependency(f"the converter needs Java {JAVA_NEEDED}, {java} is {had}: {JAVA_INSTALL}")
    return match.group(1) + match.group(2)


def deeper_stack(directory: Path) -> None:
    """Write into ``directory`` a launcher called ``java`` that gives threads ``STACK`` in place of what they are asked for.

    The converter names the stack on its command line, where no variable of Java's reaches. Without Java nothing is written.
    """
    java = shutil.which("java")
    if java is None:
        return
    launcher = directory / "java"
    launcher.write_text(_LAUNCHER.format(stack=STACK, java=shlex.quote(str(Path(java).absolute()))))
    launcher.chmod(0o755)
