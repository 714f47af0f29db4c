"""What ``--data`` names, as crops to train on and crops to validate on."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import torch

from ..errors import InputError
from .augment import Augmentation
from .coco import Instances, read_instances, resolve
from .dataset import CHUNK, Batch, CocoCrops, ComposedCrops, Teacher, collate
from .material import is_material
from .recipe import Settings

VALIDATED = 1024
"""Crops validated on at most; a composed stream has as many as one likes."""


@dataclass
class Source:
    """``train`` with ``length`` items an epoch (None: endless) of ``chunk`` crops; ``held_out`` as one batch a split."""

    train: Any
    length: int | None
    chunk: int
    held_out: dict[str, Batch]
    notes: list[str]


def open_source(
    data: Path, images: Path | None, settings: Settings, teacher: Teacher | None, validated: int = VALIDATED
) -> Source:
    """The crops of ``data``: material to compose from, a folder of ``data demo``, or annotations."""
    augmentation = Augmentation(settings.flip, settings.colour, settings.jitter)
    if is_material(data):
        if teacher is not None:
            raise InputError(
                "--teacher CACHE holds logits of annotated images, and composed scenes have none: name a checkpoint"
            )
        train = ComposedCrops(data, "train", augmentation, settings.seed, protocol=settings.protocol)
        held = {
            split: _composed(ComposedCrops(data, split, seed=1, protocol=settings.protocol), validated)
            for split in ("val", "test")
        }
        return Source(train, None, CHUNK, held, [])
    annotations, folder = resolve(data, images, "train")
    found = read_instances(annotations, folder)
    ours, theirs = _held_out(found, settings)
    crops = CocoCrops(ours, augmentation, settings.seed, teacher, protocol=settings.protocol)
    if len(crops) == 0:
        raise InputError("--teacher: its cache holds none of the annotations of --data")
    held_out: dict[str, Batch] = {}
    if theirs.items:
        validation = CocoCrops(replace(theirs, items=theirs.items[:validated]), protocol=settings.protocol)
        held_out["val"] = collate([validation[i] for i in range(len(validation))])
    notes = found.summary()
    if lacking := len(ours.items) - len(crops):
        notes.append(f"{lacking:,} left out: not in the teacher's cache")
    return Source(crops, len(crops), 1, held_out, notes)


def _composed(stream: ComposedCrops, count: int) -> Batch:
    return collate([stream[(0, n)] for n in range(-(-count // CHUNK))])


def _held_out(found: Instances, settings: Settings) -> tuple[Instances, Instances]:
    """The recipe's split: a share of the annotations at random."""
    count = int(len(found.items) * settings.held_out)
    order = torch.randperm(len(found.items), generator=torch.Generator().manual_seed(settings.seed)).tolist()
    held = set(order[:count])
    return (
        replace(found, items=[i for n, i in enumerate(found.items) if n not in held]),
        replace(found, items=[found.items[n] for n in order[:count]]),
    )
