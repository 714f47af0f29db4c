"""``sensorfit evaluate``'s table: figures in, text out."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, Final

from .escape import terminal

if TYPE_CHECKING:
    from ..quantize.layers import LayerFidelity
    from ..vision.beside import Beside

SIZES: Final = ("small", "medium", "large")
"""Of the object, by COCO's areas."""
Rows = Sequence[tuple[str, dict[str, Any]]]


def as_json(rows: Rows, about: dict[str, str]) -> str:
    """Everything, one object a model."""
    return (
        json.dumps(
            {"schema_version": "1.0", **about, "models": [{"model": n, **f} for n, f in rows]}, indent=2
        )
        + "\n"
    )


def as_markdown(rows: Rows, about: dict[str, str]) -> str:
    """A table, in percent."""
    head, body = _table(rows)
    lines = ["| " + " | ".join(head) + " |", "|" + "---|" * len(head)]
    lines += ["| " + " | ".join(cell.replace("|", "\\|") for cell in row) + " |" for row in body]
    return "\n".join([*lines, "", _caption(rows, about)]) + "\n"


def as_console(rows: Rows, about: dict[str, str]) -> str:
    """The same, in columns."""
    head, body = _table(rows)
    cells = [head, *body]
    widths = [max(len(row[i]) for row in cells) for i in range(len(head))]
    lines = [
        "  ".join(
            c.ljust(w) if i == 0 else c.rjust(w) for i, (c, w) in enumerate(zip(row, widths, strict=True))
        )
        for row in cells
    ]
    return "\n".join([*(line.rstrip() for line in lines), _caption(rows, about)]) + "\n"


def as_html(
    rows: Rows,
    about: dict[str, str],
    crops: Sequence[Beside] = (),
    layers: tuple[str, LayerFidelity] | None = None,
) -> str:
    """A page: mIoU by size of the object as bars, the same table, masks side by side, an INT8 graph's least exact layers."""
    from ..vision.baselines import BASELINES
    from .document import Bar, Head, bars, document, pictures, table

    name, found = next((row for row in rows if row[0] not in BASELINES), rows[0])
    title = f"{name}: mIoU {_percent(found['miou_crop'])} % in the crop"
    head, body = _table(rows)
    sizes = _sizes(rows)
    shown = sizes if len(sizes) > 1 else []  # of one size, all are of that
    drawn = [
        Bar(name, group, 100 * value)
        for name, f in rows
        for group, value in (("all", f["miou_crop"]), *((s, f["by_size"][s][1]) for s in shown))
        if value is not None and value == value
    ]
    sections = [
        bars("mIoU in the crop, by the object's size", "mIoU in the crop (%)", drawn),
        table("The figures", head, body, _caption(rows, about)),
        pictures("Masks side by side", map(_side_by_side, crops), _order(crops)),
    ]
    if layers is not None:
        of, measured = layers
        drawn = [Bar(x.name, "SQNR", x.sqnr_db) for x in measured.worst if x.sqnr_db is not None]
        note = (
            f"{of}: SQNR of each activation beside the graph without quantizers, on {measured.images} of the crops; "
            "the lower, the more is lost there or before."
        )
        sections.append(bars("Least exact layers", "SQNR (dB)", drawn, note))
    return document(title, [], sections, Head(title, "", f"{about['data']}, protocol {about['protocol']}."))


def _order(crops: Sequence[Beside]) -> str:
    several = crops and len(crops[0].found) > 1
    return f"{'The crop on which a model loses most beside the first' if several else 'The crop with the least IoU'} comes first."


def _side_by_side(crop: Beside) -> tuple[str, str, list[tuple[str, str]]]:
    from .picture import address, tint

    drawn = [(f"{name}, IoU {iou:.3f}", mask) for name, iou, mask in crop.found]
    over = [
        ("image", ""),
        *((words, address(tint(mask))) for words, mask in (("annotated", crop.annotated), *drawn)),
    ]
    return f"crop {crop.place + 1}", address(crop.crop), over


FORMATS: Final[dict[str, Callable[[Rows, dict[str, str]], str]]] = {
    "console": as_console, "markdown": as_markdown, "html": as_html, "json": as_json,
}  # fmt: skip


def _sizes(rows: Rows) -> list[str]:
    """The sizes that objects of the set have."""
    return [size for size in SIZES if any(_percent(f["by_size"][size][1]) for _, f in rows)]


def _table(rows: Rows) -> tuple[list[str], list[list[str]]]:
    whole, ap, beside = ("miou_image", "coco_segm_ap", "difference")
    has = {key: any(key in f for _, f in rows) for key in (whole, ap, beside)}
    sizes = _sizes(rows)
    head = ["model", "mIoU crop", "threshold average", *sizes]
    head += (
        ["mIoU image"] * has[whole]
        + ["COCO AP", "AP50"] * has[ap]
        + ["beside the first, points"] * has[beside]
    )
    body = []
    for name, f in rows:
        row = [terminal(name), _percent(f["miou_crop"]), _percent(f["threshold_average"])]
        row += [_percent(f["by_size"][size][1]) for size in sizes]
        row += [_percent(f.get(whole))] * has[whole]
        if has[ap]:
            row += [_percent(f.get(ap, {}).get(key)) for key in ("AP", "AP50")]
        if has[beside]:
            d = f.get(beside)
            row.append(
                f"{100 * d['mean']:+.2f} ({100 * d['low']:+.2f} to {100 * d['high']:+.2f})" if d else ""
            )
        body.append(row)
    return head, body


def _caption(rows: Rows, about: dict[str, str]) -> str:
    count = rows[0][1]["instances"]
    return (
        f"{count:,} instances of {about['data']}, crops cut as {about['crop']}, in percent; the threshold average is the papers' "
        "mAP@[.5:.95], not COCO's AP; differences with their 95 % paired bootstrap interval."
    )


def _percent(value: float | None) -> str:
    return "" if value is None or value != value else f"{100 * value:.2f}"
