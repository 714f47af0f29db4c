"""``explain``: the checks of a model's parts, read together.

    name ─► parts (encoder, decoder; at 96x96 too) ─► check each ─► reasons ─► what remains if each is lifted

Every sentence is built from the reports and the graphs; nothing is said about
a model that its graph does not show.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from ..analysis import Analysis, analyse
from ..errors import ConfigError
from ..models import evidence
from ..models.evidence import Converted
from ..models.published import published
from ..models.registry import entry_for
from ..rewrite.outlook import with_outlook
from ..target import Target
from ..units import show_shape
from .caveats import caveats
from .family import note_on, own_parts, smaller_parts
from .model import Contrast, Page, Part, Taken, WhatIf
from .parts import part
from .reasons import headline, reasons
from .sizes import at_largest
from .structure import operators
from .what_if import together, what_ifs

__all__ = ["explain", "own_parts", "part", "worst"]

EXAMPLE = "picosam3"
"""The model that fits, which a page about another one is contrasted with."""
_SEVERITY = {"fits": 0, "unknown": 1, "does_not_fit": 2}

SAID = (
    (
        "The prompt is no input: the sensor crops to a region of interest and the network segments what stands in its middle.",
        "arXiv 2506.18807 (fixed-point prompt encoding); README of pbonazzi/picosam3 (the sensor crops to the drawn box)",
    ),
    (
        "The backbone is a dense convolutional U-Net; what attention there is gates channels.",
        "arXiv 2603.11917, abstract",
    ),
    (
        "The large models are the teachers, not the network: it is distilled from SAM 2 and SAM 3.",
        "arXiv 2603.11917, abstract",
    ),
)


def explain(
    model: str | Path,
    target: Target,
    profile: str = "converter",
    input_persistency: bool = True,
    input_shapes: Mapping[str, Iterable[int]] | None = None,
) -> Page:
    """The page of ``model``: a built-in name ("tinysam"), a part of one ("tinysam/decoder") or a file.

    ``input_shapes`` sets an input's shape by name, "" meaning the first; of one network only. Raises ModelError and ConfigError as ``check`` does.
    """
    if not str(model).strip():
        raise ConfigError("a model's name is empty; give a file or a built-in model")
    entry = entry_for(model)
    names = own_parts(entry)
    if input_shapes and len(names) > 1:
        raise ConfigError(
            f"{model}: of several networks none can be given a shape; name one: {', '.join(names)}"
        )
    analysed = [
        analyse(name, target, input_persistency=input_persistency, input_shapes=input_shapes)
        for name in names or (str(model),)
    ]
    parts = _parts(names or (str(model),), analysed, profile, input_shapes)
    others = () if input_shapes else smaller_parts(entry)
    smaller = _parts(
        others, [analyse(name, target, input_persistency=input_persistency) for name in others], profile
    )
    whole = together(parts) if len(parts) > 1 else None
    verdicts = {p: worst(x.report.verdicts[p] for x in parts) for p in parts[0].report.verdicts}
    stands = reasons(parts, whole)
    title = entry.title if entry else parts[0].report.model.name
    if input_shapes:
        title += f" at {', '.join(show_shape(tuple(shape)) for shape in input_shapes.values())}"
    return Page(
        model=entry.name if entry else str(model),
        title=title,
        note=note_on(entry),
        profile=profile,
        verdicts=verdicts,
        headline=headline(title, verdicts[profile], parts, target),
        reasons=stands,
        parts=parts,
        together=whole,
        what_ifs=_what_ifs(parts, smaller, analysed[0], profile) if stands else (),
        contrast=contrast(target, profile, input_persistency)
        if stands and entry and entry.name != EXAMPLE
        else None,
        published=published(entry.name) if entry else (),
        converted=() if input_shapes else _converted((*parts, *smaller), target),
        converter=evidence.converter(),
        caveats=caveats(entry, parts, smaller, target),
        built_in=entry is not None,
    )


def _what_ifs(
    parts: Sequence[Part], smaller: Sequence[Part], first: Analysis, profile: str
) -> tuple[WhatIf, ...]:
    """What remains after each change; () where there is none to make. Of several parts the ``first`` can stand alone."""
    rows = what_ifs(parts, smaller, tuple(at_largest(parts[0], first, profile)))
    return rows if len(rows) > 1 else ()


def _parts(
    names: Sequence[str],
    analysed: Sequence[Analysis],
    profile: str,
    shapes: Mapping[str, Iterable[int]] | None = None,
) -> tuple[Part, ...]:
    """The networks called ``names``, ``analysed`` at ``shapes``; what an earlier one writes is no foreign input of a later one."""
    written: frozenset[str] = frozenset()
    found = []
    for name, of in zip(names, analysed, strict=True):
        one = part(name, of, profile, written, bool(shapes))
        report = replace(one.report, layers=of.layers())
        one = replace(one, report=with_outlook(report, of, shapes) if of.fixable else report)
        written |= {o.name for o in one.report.model.outputs}
        found.append(one)
    return tuple(found)


def contrast(target: Target, profile: str, input_persistency: bool) -> Contrast | None:
    """What the authors of the model that fits did instead; None where it does not fit ``target``."""
    example = analyse(EXAMPLE, target, input_persistency=input_persistency)
    report = example.report(profile)
    return Contrast(report, operators(example.graph), SAID) if report.verdict == "fits" else None


def _converted(parts: Sequence[Part], target: Target) -> tuple[Taken, ...]:
    built_in = [(p, entry_for(p.name)) for p in parts]
    answers = [(p, evidence.converted(found.graph.stem, target)) for p, found in built_in if found]
    return tuple(_taken(p, answer) for p, answer in answers if answer)


def _taken(item: Part, answer: Converted) -> Taken:
    """Like with like: a converter that kept the input is not compared with a total that leaves it out."""
    memory = item.report.memory
    besides = answer.total_bytes - answer.weights_bytes - answer.runtime_bytes
    kept = 0
    if not memory.input_persistency and besides > memory.reserved_bytes:
        kept = memory.input_persistence_bytes
    return Taken(item.name, answer, memory.total_bytes + kept, memory.runtime_bytes, kept, item.shiftable)


def worst(verdicts: Iterable[str]) -> str:
    """The verdict of a whole whose parts have ``verdicts``."""
    return max(verdicts, key=lambda v: _SEVERITY[v])
