"""A calibration kit: a designed set of networks, and the script that measures them on a Raspberry Pi.

DIR/kit.json         the networks, their hashes, what they are for
DIR/NAME.onnx        each with random weights
DIR/NAME/packerOut.zip   for the sensor, with ``--build`` (``pipeline.kit``)
DIR/measure.py       runs on the Pi, writes kit-log.json
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from math import exp
from pathlib import Path
from typing import Any, Final, NamedTuple

import numpy as np
import onnx

from ..errors import ConfigError
from ..graph.ir import Graph
from ..graph.load import load
from ..graph.lower import lower
from ..runtime.files import read_text, write_bytes, write_text
from ..target import Target
from ..version import __version__
from . import templates
from .calibration import shipped
from .candidates import PICOSAM, Candidate, candidates, filled
from .cycles import total
from .design import FORM, Design, choose, covariance, deviation
from .parameters import NINE_IN_TEN, Prior, prior
from .work import Work, works

SCHEMA: Final = 1
KIND: Final = "sensorfit calibration kit"
MANIFEST, SCRIPT = "kit.json", "measure.py"
FEWEST, MOST = 8, 32
NETWORKS: Final = 20
"""Networks of a kit, unless asked otherwise."""


@dataclass(frozen=True)
class Member:
    """A network of a kit."""

    candidate: Candidate
    works: tuple[Work, ...]
    fingerprint: str
    adds: float
    """What the criterion loses without it, in nats."""
    ms: float
    """DSP runtime by the shipped calibration."""


class Told(NamedTuple):
    """The factor either way that holds something nine times in ten, before and once the kit is measured."""

    name: str
    before: float
    after: float


@dataclass(frozen=True)
class Kit:
    """A choice of networks and how good it is."""

    members: tuple[Member, ...]
    offered: int
    design: Design
    told: tuple[Told, ...]
    form: float
    """Error of the model's form that ``told`` reckons with."""


def designed(target: Target, count: int = NETWORKS) -> Kit:
    """``count`` networks for ``target``, PicoSAM2 and 3 among them."""
    if not FEWEST <= count <= MOST:
        raise ConfigError(f"--networks {count}: a kit has {FEWEST} to {MOST}")
    before, known = prior(target), shipped(target).constants
    offered = candidates()
    graphs = [device_graph(c.make()) for c in offered]
    layers = [works(graph, before.simd) for graph in graphs]
    found = choose(layers, before, count, [i for i, c in enumerate(offered) if c.name in PICOSAM])
    members = tuple(
        Member(
            offered[i],
            layers[i],
            fingerprint(graphs[i]),
            adds,
            total(layers[i], known) / target.clock_hz * 1e3,
        )
        for i, adds in zip(found.chosen, found.adds, strict=True)
    )
    told = _told({m.candidate.name: m.works for m in members}, before)
    return Kit(members, len(offered), found, told, FORM)


def _told(layers: Mapping[str, tuple[Work, ...]], before: Prior) -> tuple[Told, ...]:
    """What measuring ``layers`` would tell of each parameter, and of PicoSAM-like networks that are not measured."""
    known = covariance([*layers.values()], before)
    found = [
        Told(name, exp(NINE_IN_TEN * old), exp(NINE_IN_TEN * float(known[i][i]) ** 0.5))
        for i, (name, old) in enumerate(zip(before.names, before.deviation, strict=True))
    ]
    nothing = np.diag(np.array(before.deviation) ** 2)
    others = covariance([w for n, w in layers.items() if n not in PICOSAM], before)
    for name in PICOSAM:
        then, now = (exp(NINE_IN_TEN * deviation(layers[name], c, before)) for c in (nothing, others))
        found.append(Told(f"a network like {name}, itself not measured", then, now))
    return tuple(found)


def device_graph(model: onnx.ModelProto) -> Graph:
    """The layers the device runs of ``model``."""
    return lower(load(model))


def fingerprint(graph: Graph) -> str:
    """16 hexadecimal digits of operators, attributes and shapes: the same for the same network, whatever its names and weights."""
    nodes = [
        (
            node.op,
            sorted((k, repr(v)) for k, v in node.attrs.items()),
            [graph.shape(t) for t in (*node.inputs, *node.outputs)],
        )
        for node in graph.nodes
    ]
    return hashlib.sha256(repr(nodes).encode()).hexdigest()[:16]


def known_networks(target: Target) -> Mapping[str, tuple[Candidate, str, Graph]]:
    """Every network that a kit of this sensorfit may hold, by name, with its fingerprint and device graph."""
    found = {}
    for one in candidates():
        graph = device_graph(one.make())
        found[one.name] = (one, fingerprint(graph), graph)
    return found


def write(kit: Kit, directory: Path, target: Target) -> None:
    """Write networks, manifest and script; ConfigError where ``directory`` holds something else."""
    if directory.exists() and (not directory.is_dir() or any(directory.iterdir())) and not is_kit(directory):
        raise ConfigError(f"{directory}: is there and no calibration kit; name a new directory")
    directory.mkdir(parents=True, exist_ok=True)
    old = {n["name"]: n for n in read(directory)["networks"]} if is_kit(directory) else {}
    entries = []
    for member in kit.members:
        name = member.candidate.name
        data = filled(member.candidate.make()).SerializeToString(deterministic=True)
        digest = hashlib.sha256(data).hexdigest()
        write_bytes(directory / f"{name}.onnx", data)
        kept = old.get(name, {})
        entries.append(
            {
                "name": name,
                "about": member.candidate.about,
                "file": f"{name}.onnx",
                "sha256": digest,
                "fingerprint": member.fingerprint,
                "predicted_ms": round(member.ms, 3),
                "package_sha256": kept.get("package_sha256") if kept.get("sha256") == digest else None,
            }
        )
    write_text(directory / SCRIPT, (Path(templates.__file__).parent / SCRIPT).read_text(encoding="utf-8"))
    save(
        directory,
        {
            "kind": KIND,
            "schema": SCHEMA,
            "sensorfit": __version__,
            "target": target.name,
            "networks": entries,
        },
    )


def is_kit(directory: Path) -> bool:
    """Whether ``directory`` holds a kit."""
    try:
        return read(directory)["kind"] == KIND
    except ConfigError:
        return False


def read(directory: Path) -> dict[str, Any]:
    """The manifest in ``directory``; ConfigError where there is none."""
    path = directory / MANIFEST
    text = read_text(path, "write a kit with: sensorfit calibrate kit DIR")
    try:
        found = json.loads(text)
        if found["kind"] != KIND or found["schema"] != SCHEMA or not isinstance(found["networks"], list):
            raise ValueError
    except (ValueError, KeyError, TypeError, RecursionError):
        raise ConfigError(
            f"{path}: is no kit's manifest; write a kit with: sensorfit calibrate kit DIR"
        ) from None
    return dict(found)


def save(directory: Path, manifest: Mapping[str, Any]) -> None:
    """Write the manifest."""
    write_text(directory / MANIFEST, json.dumps(manifest, indent=2) + "\n")


Package = Callable[[Path, str], Path]
"""Makes ``packerOut.zip`` of a network's file, of the name given, and returns where it lies."""


def package(directory: Path, make: Package, names: tuple[str, ...] = ()) -> tuple[int, int]:
    """Package what is not yet, each at once entered in the manifest; how many were made, and how many are there."""
    manifest = read(directory)
    unknown = sorted(set(names) - {n["name"] for n in manifest["networks"]})
    if unknown:
        raise ConfigError(f"--only {unknown[0]}: is not in this kit; see {directory / MANIFEST}")
    made = 0
    for entry in manifest["networks"]:
        place = directory / entry["name"] / "packerOut.zip"
        if (names and entry["name"] not in names) or (entry["package_sha256"] and place.is_file()):
            continue
        data = make(directory / entry["file"], entry["name"]).read_bytes()
        place.parent.mkdir(exist_ok=True)
        write_bytes(place, data)
        entry["package_sha256"] = hashlib.sha256(data).hexdigest()
        save(directory, manifest)
        made += 1
    return made, sum(bool(n["package_sha256"]) for n in manifest["networks"])
