"""The built-in models: name, weightless graph, input, preprocessing, definition.

    registry.toml   [name]  title, note, graph, input, mean, std, stride, module   one table a model

A look-up reads these tables and nothing else: no torch, no graph.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import Any, NamedTuple

from .. import toml
from ..suggest import did_you_mean


class Entry(NamedTuple):
    """A built-in model. ``input_shape`` is (channels, height, width)."""

    name: str
    title: str
    graph: Path
    """The weightless ONNX file."""
    input_shape: tuple[int, int, int]
    note: str = ""
    """What the graph is, where that needs saying."""
    part: str = ""
    """Which of its parts a name of several stands for where one graph is asked about."""
    siblings: tuple[str, ...] = ()
    """The other parts."""
    mean: tuple[float, ...] = ()
    """Per-channel mean that the training subtracts from RGB in [0, 1]; () for none."""
    std: tuple[float, ...] = ()
    stride: int = 1
    """Height and width are multiples of this."""
    module: str = ""
    """``package.module:callable`` that builds the torch module; "" when it cannot be built."""
    parts: tuple[str, ...] = ()
    """Names of the parts of a model of several graphs ("tinysam/encoder", …); ``graph`` is the first's."""

    @property
    def stands_for(self) -> str:
        """What a check of the name looks at, where that needs saying."""
        others = f" (also: {', '.join(self.siblings)})" if self.siblings else ""
        return "; ".join(filter(None, (self.note, self.part and f"this is {self.part}{others}")))

    @property
    def weights(self) -> Path | None:
        """The trained weights that ship, as ``--weights`` takes them; None where none do."""
        file = Path(__file__).with_name("weights") / f"{self.name}.pt"
        return file if file.is_file() else None

    @property
    def buildable(self) -> bool:
        """Whether ``sensorfit build`` knows the torch module."""
        return bool(self.module)

    def definition(self) -> Callable[[], Any]:
        """The callable that builds the torch module with random weights; imports torch."""
        module, _, name = self.module.partition(":")
        return getattr(import_module(module), name)


def find(name: str) -> Entry | None:
    """The built-in model called ``name`` (case and ``_`` for ``-`` do not matter), None when there is none.

    A part has its own name: ``tinysam/decoder``, ``tinysam/encoder@96`` (for a 96x96 image), ``tinysam@96``.
    """
    return _entries().get(name.lower().replace("_", "-"))


def entry_for(model: str | Path) -> Entry | None:
    """The built-in model that a user's ``model`` means; a file of that name comes first."""
    return None if Path(model).is_file() else find(str(model))


def nothing_called(model: str | Path, buildable: bool = False) -> str:
    """The sentence that ``model`` is neither a file nor a built-in model, with the nearest name there is."""
    from .published import known_by_figures, published

    word, path = str(model), Path(model)
    if one := known_by_figures(word):
        shown = f"`sensorfit compare {one.name}` shows its published figures"
        figures = shown if published(one.name) else "no published figure is known either"
        return f"{word}: there is no graph of {one.title} here ({one.why}); {figures}"
    if path.suffix.lower() == ".onnx":
        near = did_you_mean(word, map(str, path.parent.glob("*.onnx")))
        return f"{word}: there is no such file" + (f": {near}" if near else "")
    head = word.partition("/")[0].partition("@")[0]
    known = tuple(n for n, entry in _entries().items() if entry.buildable or not buildable)
    own = tuple(n for n in known if find(head) and n.startswith(head.lower()))
    near = did_you_mean(word, own if word != head and own else known)
    if not near and len(path.parts) > 1:
        return f"{word}: there is no such file"
    listed = ", ".join(n for n in names() if n in known)
    which = "that can be built" if buildable else "built in"
    return f"{word}: there is no such file or built-in model: {near or f'those {which} are {listed}'}"


def names() -> tuple[str, ...]:
    """Names of the built-in models, in the tables' order; parts are not listed."""
    return tuple(name for name in _entries() if "/" not in name and "@" not in name)


def every_name() -> tuple[str, ...]:
    """Names of the built-in models and of their parts, in the tables' order."""
    return tuple(_entries())


@cache
def _entries() -> dict[str, Entry]:
    graphs = Path(__file__).with_name("graphs")
    single = {
        name: Entry(
            name=name,
            title=row["title"],
            graph=graphs / row.get("graph", f"{name}.onnx"),
            input_shape=tuple(row["input"]),
            note=row.get("note", ""),
            mean=tuple(row.get("mean", ())),
            std=tuple(row.get("std", ())),
            stride=row.get("stride", 1),
            module=row.get("module", ""),
        )
        for name, row in _table("registry.toml").items()
    }
    return single | _family(graphs)


def _family(graphs: Path) -> dict[str, Entry]:
    """The entries of ``family.toml``: each model, its parts, and the model at its parts' other sizes."""
    entries: dict[str, Entry] = {}
    for name, row in _table("family.toml").items():
        parts = {f"{name}/{part}": graphs / f"{file}.onnx" for part, file in row["parts"].items()}
        note = row.get("note", "")
        shape = (3, row["size"], row["size"])
        first = next(iter(parts))
        entries[name] = Entry(
            name,
            row["title"],
            parts[first],
            shape,
            note,
            part=first,
            siblings=_but(first, parts),
            parts=tuple(parts),
        )
        for part, graph in parts.items():
            kind, _, size = part.partition("/")[2].partition("@")
            at = int(size or row["size"])
            title = f"{row['title']} {kind}" + (f" at {at}x{at}" if size else "")
            entries[part] = Entry(part, title, graph, (3, at, at), note)
            if size and part.startswith(first + "@"):
                entries[f"{name}@{size}"] = Entry(
                    f"{name}@{size}", title, graph, (3, at, at), note, part=part, siblings=_but(part, parts)
                )
    return entries


def _but(part: str, parts: Iterable[str]) -> tuple[str, ...]:
    return tuple(p for p in parts if p != part)


def _table(file: str) -> dict[str, Any]:
    return toml.table(Path(__file__).with_name(file))
