"""Every error a user can meet.

    SensorfitError                 exit 3 unless said otherwise
     ├─ InputError                 exit 2: the user's file or option cannot be used
     │   ├─ ModelError             the ONNX file: missing, truncated, cyclic, too large
     │   └─ ConfigError            a configuration file, baseline or option
     ├─ Refused                    exit 1: the converter's answer is no: does not fit, or an operator
     └─ ToolchainError             exit 3: MCT, the converter or Java failed or is missing
         ├─ OutOfTime              a tool was ended past its time limit
         └─ MissingDependency      an extra is not installed; the message says which

A message is one sentence: the file, the place, the remedy.
"""

from __future__ import annotations

from typing import ClassVar


class SensorfitError(Exception):
    """Root of the errors sensorfit raises on purpose; ``exit_code`` is what the CLI returns."""

    exit_code: ClassVar[int] = 3


class InputError(SensorfitError):
    """The user's input cannot be used."""

    exit_code = 2


class ModelError(InputError):
    """The ONNX file cannot be read or checked."""


class ConfigError(InputError):
    """A configuration file, baseline or option is wrong."""


class Refused(SensorfitError):
    """The toolchain worked and answered no: the network does not fit or holds what it does not take."""

    exit_code = 1


class ToolchainError(SensorfitError):
    """MCT, the imx500-converter or Java failed."""


class OutOfTime(ToolchainError):
    """A tool of Sony's did not finish within its time limit."""


class MissingDependency(ToolchainError):
    """A package of an optional extra is not installed."""
