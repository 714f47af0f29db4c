"""How a built-in name, its model and the model's other networks belong together.

edgesam ─┬─ edgesam/encoder ── edgesam/encoder@96 (also edgesam@96)
         └─ edgesam/decoder ── edgesam/decoder@96
"""

from __future__ import annotations

from ..models.registry import Entry, find

AT = "@"
"""Between a network's name and the side of its other size."""


def whole_of(entry: Entry | None) -> Entry | None:
    """The model of several networks that ``entry`` is or is one of; None for a single network."""
    whole = find(entry.name.partition("/")[0].partition(AT)[0]) if entry else None
    return whole if whole and whole.parts else None


def own_parts(entry: Entry | None) -> tuple[str, ...]:
    """The parts of a built-in model at its own size; () for a single network."""
    return tuple(name for name in entry.parts if AT not in name) if entry else ()


def smaller_parts(entry: Entry | None) -> tuple[str, ...]:
    """The same networks at their other size: of a model all its parts', of a part its own; () where there are none."""
    whole = whole_of(entry)
    if entry is None or whole is None:
        return ()
    return tuple(
        name for name in whole.parts if AT in name and (entry.parts or name.startswith(entry.name + AT))
    )


def note_on(entry: Entry | None) -> str:
    """What a page's graphs are; of one network of several, that the note is about all of them."""
    if entry is None:
        return ""
    whole = whole_of(entry)
    if whole is None:
        return entry.stands_for
    if entry.parts:
        return entry.note
    note = f"one network of {whole.title}" + (f": {whole.note}" if whole.note else "")
    if not entry.part:
        return note
    return f"this is {entry.part}, {note}" + (
        f"; also: {', '.join(entry.siblings)}" if entry.siblings else ""
    )
