"""One scene from cut-outs and a ground, with the visible mask of every object, from a seed alone.

    ground      a random window, flipped, blurred and coloured at random
    object      scaled, turned, sheared, flipped; its colours moved towards the ground's; sometimes its silhouette
                is filled with another ground's texture, or is a random blob: the training's shapes and
                textures outnumber the cut-outs
    place       on the ground with a soft edge and, at times, a cast shadow; later objects hide earlier ones
    camera      exposure, tint, blur, noise, JPEG

Distortions are drawn from ``Style``; the split decides which cut-outs and grounds take part (``Palette``).
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import cv2
import numpy as np

from ..errors import InputError
from .material import Piece, read_material

VISIBLE: Final = 0.35
"""Share of an object that must be seen for it to be annotated."""
LEAST_AREA: Final = 150
"""Pixels of a visible mask that is annotated."""


@dataclass(frozen=True)
class Style:
    """Sizes, and how far training scenes go beyond photographs."""

    sides: tuple[int, int] = (192, 320)
    """Least and greatest side of a scene, pixels."""
    longest: tuple[float, float] = (32, 170)
    """Least and greatest longer side of an object, pixels, even on a logarithmic scale."""
    drawings: float = 0.45
    """Share of objects that are drawings."""
    textured: float = 0.25
    """Share of objects whose silhouette is filled with a ground's texture."""
    blobs: float = 0.1
    """Share of objects that are random shapes, always textured."""


PLAIN: Final = Style((256, 448), (40, 230), drawings=0, textured=0, blobs=0)
"""Photographs only, larger: validation, test, and whatever is written to files."""


@dataclass
class Scene:
    """``image`` (H, W, 3) uint8 RGB; ``masks``: the visible part of each annotated object, (H, W) bool."""

    image: np.ndarray
    masks: list[np.ndarray]
    pieces: list[str]
    """The cut-out that each object was made from."""


class Palette:
    """The cut-outs and grounds of one split, decoded once. ``directory`` holds the material."""

    def __init__(self, directory: Path, split: str) -> None:
        pieces = [p for p in read_material(directory) if p.split == split]
        self.photos = [_read(directory, p) for p in pieces if p.kind == "photo"]
        self.drawings = [_read(directory, p) for p in pieces if p.kind == "drawing"]
        self.grounds = [_halves(_read(directory, p)[1]) for p in pieces if p.kind == "ground"]
        if not self.photos or not self.grounds:
            raise InputError(f"{directory}: has no photographs or no grounds of the split '{split}'")


def compose(palette: Palette, rng: np.random.Generator, style: Style = Style()) -> Scene:
    """One scene; the same ``rng`` state gives the same bytes."""
    width, height = (int(s) for s in rng.integers(style.sides[0], style.sides[1] + 1, 2))
    ground = _window(palette, rng, width, height)
    canvas = ground.astype(np.float32)
    masks: list[np.ndarray] = []
    areas: list[float] = []
    names: list[str] = []
    for _ in range(int(rng.integers(2, 7))):
        name, layer = _object(palette, rng, style, canvas)
        placed = _place(canvas, layer, rng)
        if placed is None:
            continue
        (left, top), solid = placed
        box = (slice(top, top + solid.shape[0]), slice(left, left + solid.shape[1]))
        for mask in masks:
            mask[box] &= ~solid
        mask = np.zeros((height, width), bool)
        mask[box] = solid
        masks.append(mask)
        areas.append(float((layer[..., 3] > 127).sum()))
        names.append(name)
    image = _camera(canvas, rng)
    kept = [i for i, mask in enumerate(masks) if mask.sum() >= max(LEAST_AREA, VISIBLE * areas[i])]
    return Scene(image, [masks[i] for i in kept], [names[i] for i in kept])


def _read(directory: Path, piece: Piece) -> tuple[str, np.ndarray]:
    data = np.fromfile(directory / piece.file, np.uint8)
    flag = cv2.IMREAD_COLOR if piece.kind == "ground" else cv2.IMREAD_UNCHANGED
    image = cv2.imdecode(data, flag)
    if image is None or (piece.kind != "ground" and image.shape[2] != 4):
        raise InputError(f"{directory / piece.file}: cannot be decoded; make the material anew")
    code = cv2.COLOR_BGR2RGB if piece.kind == "ground" else cv2.COLOR_BGRA2RGBA
    return piece.source, np.ascontiguousarray(cv2.cvtColor(image, code))


def _halves(image: np.ndarray) -> list[np.ndarray]:
    """``image`` and its halves down to 100 pixels: shrinking from a near size is quick and antialiased."""
    sizes = [image]
    while min(sizes[-1].shape[:2]) >= 200:
        h, w = sizes[-1].shape[:2]
        sizes.append(cv2.resize(sizes[-1], (w // 2, h // 2), interpolation=cv2.INTER_AREA))
    return sizes


def _window(palette: Palette, rng: np.random.Generator, width: int, height: int) -> np.ndarray:
    """A part of a random ground, resized to ``width`` x ``height``."""
    sizes = palette.grounds[int(rng.integers(len(palette.grounds)))]
    h, w = sizes[0].shape[:2]
    part_of = float(rng.uniform(0.35, 1.0))
    level = min(len(sizes) - 1, max(0, int(math.log2(max(min(w / width, h / height) * part_of, 1)))))
    ground = sizes[level]
    h, w = ground.shape[:2]
    scale = min(w / width, h / height) * part_of
    ww, hh = max(8, int(width * scale)), max(8, int(height * scale))
    x, y = int(rng.integers(0, w - ww + 1)), int(rng.integers(0, h - hh + 1))
    part = cv2.resize(ground[y : y + hh, x : x + ww], (width, height), interpolation=cv2.INTER_LINEAR)
    if rng.random() < 0.5:
        part = part[:, ::-1]
    if rng.random() < 0.15:
        part = part[::-1]
    if rng.random() < 0.35:  # a shallow depth of field
        part = cv2.GaussianBlur(np.ascontiguousarray(part), (0, 0), float(rng.uniform(0.8, 4)))
    return np.ascontiguousarray(part)


def _object(
    palette: Palette, rng: np.random.Generator, style: Style, canvas: np.ndarray
) -> tuple[str, np.ndarray]:
    """(source, RGBA) of one object at its size in the scene."""
    blob = rng.random() < style.blobs
    if blob:
        name, cut = "blob", _blob(rng)
    else:
        drawn = palette.drawings and rng.random() < style.drawings
        pool = palette.drawings if drawn else palette.photos
        name, cut = pool[int(rng.integers(len(pool)))]
    cut = _turned(cut, rng, float(np.exp(rng.uniform(*np.log(style.longest)))))
    colour, alpha = cut[..., :3].astype(np.float32), cut[..., 3]
    if blob or rng.random() < style.textured:
        name = f"texture:{name}"
        texture = _window(palette, rng, cut.shape[1], cut.shape[0]).astype(np.float32)
        keep = float(rng.uniform(0, 0.5)) if not blob else 0.0
        colour = _shaded(texture, rng) * (1 - keep) + colour * keep
    colour = _recoloured(colour, alpha, canvas, rng)
    return name, np.dstack([colour, alpha.astype(np.float32)])


def _turned(cut: np.ndarray, rng: np.random.Generator, longest: float) -> np.ndarray:
    """``cut`` flipped, scaled so that its longer side is ``longest``, stretched, sheared and turned."""
    h, w = cut.shape[:2]
    scale = longest / max(h, w)
    sx = scale * float(np.exp(rng.uniform(-0.18, 0.18))) * (-1 if rng.random() < 0.5 else 1)
    sy = scale * float(np.exp(rng.uniform(-0.18, 0.18)))
    wide = rng.random() < 0.25
    angle = math.radians(float(rng.uniform(-180, 180) if wide else rng.normal(0, 14)))
    shear = float(rng.normal(0, 0.08))
    turn = np.array([[math.cos(angle), -math.sin(angle)], [math.sin(angle), math.cos(angle)]])
    matrix = turn @ np.array([[sx, shear * sy], [0, sy]])
    corners = matrix @ np.array([[0, w, 0, w], [0, 0, h, h]], float)
    low, high = corners.min(1), corners.max(1)
    size = np.ceil(high - low).astype(int) + 2
    if scale < 0.6:  # antialias: linear sampling alone would skip pixels
        cut = cv2.resize(
            cut, (max(2, int(w * scale * 1.2)), max(2, int(h * scale * 1.2))), interpolation=cv2.INTER_AREA
        )
        matrix = matrix @ np.diag([w / cut.shape[1], h / cut.shape[0]])
    warp = np.column_stack([matrix, 1 - low])
    # Colours are carried past the edge with the alpha, or the transparent pixels' own would bleed in.
    alpha = cut[..., 3:].astype(np.float32) / 255
    flat = np.dstack([cut[..., :3] * alpha, alpha * 255])
    turned: Any = cv2.warpAffine(flat, warp, (int(size[0]), int(size[1])), flags=cv2.INTER_LINEAR)
    turned[..., :3] /= np.maximum(turned[..., 3:] / 255, 1e-3)
    return np.clip(turned, 0, 255).astype(np.uint8)


def _blob(rng: np.random.Generator) -> np.ndarray:
    """A random smooth or polygonal shape, RGBA 160x160 without colour."""
    count = int(rng.integers(3, 12))
    angles = np.sort(rng.uniform(0, 2 * math.pi, count))
    radii = rng.uniform(20, 78, count)
    points = np.stack([80 + radii * np.cos(angles), 80 + radii * np.sin(angles)], 1).astype(np.int32)
    mask: Any = np.zeros((160, 160), np.uint8)
    cv2.fillPoly(mask, [points], 255)
    if rng.random() < 0.6:
        mask = cv2.GaussianBlur(mask, (0, 0), float(rng.uniform(4, 10)))
        mask = np.where(mask > 110, 255, 0).astype(np.uint8)
    if rng.random() < 0.5:
        cv2.ellipse(mask, (80, 80), tuple(int(v) for v in rng.integers(15, 60, 2)), 0, 0, 360, 255, -1)
    return np.dstack([np.full((160, 160, 3), 128, np.uint8), mask])


def _shaded(texture: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """``texture`` under light from one side, as on a round body."""
    h, w = texture.shape[:2]
    angle = rng.uniform(0, 2 * math.pi)
    y, x = np.meshgrid(
        np.linspace(-1, 1, h, dtype=np.float32), np.linspace(-1, 1, w, dtype=np.float32), indexing="ij"
    )
    light = 1 + float(rng.uniform(0, 0.5)) * (x * math.cos(angle) + y * math.sin(angle))
    tint = rng.uniform(0.6, 1.4, 3).astype(np.float32)
    return np.clip(texture * light[..., None] * tint, 0, 255)


def _recoloured(
    colour: np.ndarray, alpha: np.ndarray, canvas: np.ndarray, rng: np.random.Generator
) -> np.ndarray:
    """Brightness, contrast and tint at random, and at times a step towards the ground's mean and spread."""
    inside = alpha > 127
    if not inside.any():
        return colour
    mean = colour[inside].mean(0)
    spread = float(colour[inside].std()) + 1
    gain = np.float32(np.exp(rng.uniform(-0.35, 0.35)))
    shift = rng.normal(0, 12, 3).astype(np.float32) + np.float32(rng.normal(0, 18))
    if rng.random() < 0.4:
        towards = float(rng.uniform(0, 0.6))
        sample = canvas[::8, ::8].reshape(-1, 3)
        shift = shift + towards * (sample.mean(0) - mean)
        gain = np.float32(gain * (float(sample.std()) / spread) ** (0.5 * towards))
    return np.clip((colour - mean) * gain + mean + shift, 0, 255)


def _place(
    canvas: np.ndarray, layer: np.ndarray, rng: np.random.Generator
) -> tuple[tuple[int, int], np.ndarray] | None:
    """Blend ``layer`` into ``canvas`` in place; where it lies and its solid part there, None outside."""
    height, width = canvas.shape[:2]
    h, w = layer.shape[:2]
    # The middle lies inside; a part may reach over the border, as objects in photographs do.
    over = 0.25 if rng.random() < 0.3 else 0.0
    left = int(rng.uniform(-over * w, max(width - w * (1 - over), 1 - over * w)))
    top = int(rng.uniform(-over * h, max(height - h * (1 - over), 1 - over * h)))
    alpha: Any = layer[..., 3] / 255
    if rng.random() < 0.5:
        alpha = cv2.GaussianBlur(alpha, (0, 0), float(rng.uniform(0.4, 1.1)))
    if rng.random() < 0.35:
        _shadow(canvas, alpha, left, top, rng)
    x0, y0, x1, y1 = max(left, 0), max(top, 0), min(left + w, width), min(top + h, height)
    if x1 - x0 < 4 or y1 - y0 < 4:
        return None
    part = (slice(y0 - top, y1 - top), slice(x0 - left, x1 - left))
    seen = alpha[part]
    region = canvas[y0:y1, x0:x1]
    region += seen[..., None] * (layer[..., :3][part] - region)
    return (x0, y0), seen > 0.5


def _shadow(canvas: np.ndarray, alpha: np.ndarray, left: int, top: int, rng: np.random.Generator) -> None:
    height, width = canvas.shape[:2]
    h, w = alpha.shape
    dx, dy = int(rng.integers(-w // 6 - 1, w // 6 + 2)), int(rng.integers(0, h // 6 + 2))
    soft = cv2.GaussianBlur(alpha, (0, 0), float(rng.uniform(2, 6)))
    x0, y0 = max(left + dx, 0), max(top + dy, 0)
    x1, y1 = min(left + dx + w, width), min(top + dy + h, height)
    if x1 <= x0 or y1 <= y0:
        return
    dark = soft[y0 - top - dy : y1 - top - dy, x0 - left - dx : x1 - left - dx]
    canvas[y0:y1, x0:x1] *= 1 - np.float32(rng.uniform(0.2, 0.6)) * dark[..., None]


def _camera(canvas: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Exposure, tint, blur, noise and JPEG."""
    gain = np.exp(rng.normal(0, 0.15)) * np.exp(rng.normal(0, 0.05, 3))
    image = canvas * gain.astype(np.float32)
    if rng.random() < 0.3:
        image = cv2.GaussianBlur(image, (0, 0), float(rng.uniform(0.3, 1.3)))
    if rng.random() < 0.6:
        # A tile of noise, rolled: drawing one sample a pixel would be half of a scene's time.
        tile = rng.standard_normal((64, 64, 3), np.float32) * np.float32(rng.uniform(1, 10))
        h, w = image.shape[:2]
        image = image + np.tile(tile, (h // 64 + 1, w // 64 + 1, 1))[:h, :w]
    image = np.clip(image, 0, 255).astype(np.uint8)
    if rng.random() < 0.5:
        quality = int(rng.integers(45, 96))
        data = cv2.imencode(".jpg", image[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, quality])[1]
        decoded: Any = cv2.imdecode(data, cv2.IMREAD_COLOR)
        image = decoded[..., ::-1]
    return np.ascontiguousarray(image)
