"""Work on a stranger's model in a child process, for the commands that analyse in one go.

The same bounds as in ``check``: the child has a limit on memory and a deadline,
and where the ONNX library crashes on a file it ends there. Where no child can
be forked, the work is done here, under the deadline.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import TypeVar

from ..errors import ModelError
from . import worker
from .deadline import MAX_SECONDS, deadline

Answer = TypeVar("Answer")


def isolated(name: str, work: Callable[[], Answer], seconds: float = MAX_SECONDS) -> Answer:
    """What ``work`` returns or raises; ModelError about ``name`` when it dies, swells or takes longer than ``seconds``."""
    (answer,) = isolated_each([name], lambda _: work(), seconds)
    return answer


def isolated_each(
    names: Sequence[str], work: Callable[[str], Answer], seconds: float = MAX_SECONDS
) -> Iterator[Answer]:
    """``work`` of each name, in order, in one child; as ``isolated``, ``seconds`` for each."""

    def bounded(name: str) -> Answer:
        try:
            with deadline(name, seconds):
                return work(name)
        except (RecursionError, MemoryError) as error:
            raise ModelError(f"{name}: needs too much {lack(error)} to check") from None

    def lost(name: str, why: str) -> Answer:
        raise ModelError(f"{name}: cannot be checked: {why}")

    if not worker.AVAILABLE:
        return iter(map(bounded, names))
    return worker.run_in_workers(names, bounded, 1, seconds, lost)


def lack(error: BaseException) -> str:
    """What an analysis ran out of."""
    return "memory" if isinstance(error, MemoryError) else "nesting"
