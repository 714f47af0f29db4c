"""A finished build in the terminal: predicted beside actual, float beside INT8, where the files are."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

from rich.console import Console, Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from ..convert.commands import command_room
from ..pipeline.gain import Gain
from ..pipeline.model import RPK, RPK_COMMAND, Build
from ..quantize.fidelity import Fidelity, Missing
from ..quantize.layers import Histogram, LayerFidelity
from .columns import laid_out
from .escape import terminal

HEIGHTS = "▁▂▃▄▅▆▇█"
"""Of a histogram's bars; a bin without values is a blank."""
ABSENT: Mapping[Missing, str] = {
    "": "not told",
    "equal": "equal",
    "no_signal": "no signal: nothing but zeros in float",
    "not_finite": "not comparable: infinite or NaN",
    "classes": "none: numbers of classes",
}
"""In place of an SQNR."""
MEMORY_ROWS = (
    ("weights", "weights_bytes"),
    ("runtime", "runtime_bytes"),
    ("input persistence", "input_persistence_bytes"),
    ("reserved", "reserved_bytes"),
    ("total", "total_bytes"),
)


def print_build(build: Build, console: Console) -> None:
    """Write the summary of ``build`` to ``console``."""
    console.print()
    console.print(
        Text.assemble(
            (terminal(build.name), "bold"),
            "  ",
            ("BUILT", "bold green"),
            f"  {sum(s.seconds for s in build.stages):.0f} s",
        )
    )
    console.print(Padding(_memory(build, console.width), (1, 0, 0, 0)))
    console.print(Padding(_facts(build), (1, 0, 0, 0)))
    for warning in build.warnings:
        console.print(Text.assemble(("warning  ", "yellow"), terminal(warning)))
    console.print()
    console.print(
        Text.assemble(
            "files in ", (terminal(build.directory), "bold"), ": ", ", ".join(map(terminal, build.files))
        )
    )
    if RPK not in build.files:
        console.print(Text(f"{RPK}: on the Raspberry Pi, sudo apt install imx500-tools, then {RPK_COMMAND}"))


def _memory(build: Build, columns: int) -> RenderableType:
    rows = []
    for row in MEMORY_ROWS:
        label, predicted, actual = memory_row(build, *row)
        cells = (
            label,
            f"{predicted:,}",
            f"{actual:,}",
            f"{predicted - actual:+,}" if predicted != actual else "0",
        )
        rows.append([Text(cell, "bold" if label == "total" else "") for cell in cells])
    head = ("", "predicted", build.report.target.converter, "difference")
    table = laid_out(rows, columns - 2, head, ("left", "right", "right", "right"))
    return Group(Text("Memory, bytes", "bold"), Padding(table, (0, 0, 0, 2), expand=False))


def memory_row(build: Build, label: str, key: str) -> tuple[str, int, int]:
    """A label of ``MEMORY_ROWS`` with the bytes predicted and the converter's."""
    ours = build.report.memory
    kept = key != "input_persistence_bytes" or ours.input_persistency
    return label, getattr(ours, key) if kept else 0, getattr(build.memory, key)


def _facts(build: Build) -> Table:
    table = Table.grid(padding=(0, 2))
    norm = build.normalisation
    for index, output in enumerate(build.outputs):
        label = "INT8 beside float" if len(build.outputs) == 1 else f"INT8 beside float, output {index}"
        table.add_row(label, f"{_agreement(output)}, on {terminal(build.calibration)}")
    if build.gain is not None:
        table.add_row("by the default settings", default_settings(build.gain, build.outputs))
    if build.layers.worst:
        low = build.layers.layers if build.debug else build.layers.worst
        named = ", ".join(f"{terminal(x.name)} {_db(x.sqnr_db, x.sqnr_missing)}" for x in low)
        table.add_row("every layer" if build.debug else "least exact layers", named)
    if build.layers.histogram:
        table.add_row("values of the worst", histogram(build.layers.histogram))
    if said := beside(build.layers):
        table.add_row("", said)
    if build.rewrites:
        said = ", ".join(f"{name} x{n}" if n > 1 else name for name, n in build.rewrites.items())
        table.add_row("rewritten by --fix", f"{said}: each proven, in report.json")
    if build.command_bytes:
        room = command_room(build.report.target)
        table.add_row("commands", f"{build.command_bytes:,} of about {room:,} B, beside the memory")
    widths = Counter(layer.bits for layer in build.bits)
    if set(widths) - {8}:
        table.add_row(
            "weights",
            ", ".join(
                f"{n} {'layer' if n == 1 else 'layers'} of {bits} bits"
                for bits, n in sorted(widths.items(), reverse=True)
            ),
        )
    if norm.mean:
        cost = f"{norm.weights_bytes:,} B of weights, {norm.runtime_bytes:,} B of runtime (predicted)"
        table.add_row(
            "normalisation", f"in the graph, mean {_listed(norm.mean)}, std {_listed(norm.std)}: {cost}"
        )
    else:
        table.add_row(
            "normalisation",
            "none: the graph takes RGB in [0, 1] as it is; if the training normalised, give --mean and --std",
        )
    latency = build.report.latency
    table.add_row(
        "latency",
        f"{latency.dsp_ms:.1f} ms estimated ({latency.dsp_ms_low:.1f} to {latency.dsp_ms_high:.1f})",
    )
    return table


def default_settings(gain: Gain, outputs: Sequence[Fidelity]) -> str:
    """Fidelity without the settings, and what they make of the SQNR of each output."""
    said = []
    for index, (plain, found) in enumerate(zip(gain.outputs, outputs, strict=True)):
        label = "" if len(outputs) == 1 else f"output {index}: "
        said.append(f"{label}{_agreement(plain)}{_change(plain, found, ' '.join(gain.settings))}")
    return "; ".join(said)


def _change(plain: Fidelity, found: Fidelity, settings: str) -> str:
    if plain.sqnr_db is not None and found.sqnr_db is not None:
        return f" ({settings}: {found.sqnr_db - plain.sqnr_db:+.1f} dB)"
    if plain.argmax_agreement is not None and found.argmax_agreement is not None:
        return f" ({settings}: {100 * (found.argmax_agreement - plain.argmax_agreement):+.1f} points)"
    return ""


def _agreement(found: Fidelity) -> str:
    if found.not_finite:
        return f"not comparable: {found.not_finite:,} values are infinite or NaN"
    said = []
    if found.mask_iou is not None:
        said.append(f"mask IoU {found.mask_iou:.3f} (worst {found.mask_iou_worst:.3f})")
    if found.argmax_agreement is not None:
        said.append(f"same class at {100 * found.argmax_agreement:.1f} %")
    if found.sqnr_missing != "classes":
        said = [*(said or ["no mask output"]), _db(found.sqnr_db, found.sqnr_missing, "SQNR ")]
    return ", ".join(said)


def histogram(found: Histogram) -> str:
    """A layer's values in float and in INT8 as bars from the least to the largest, on one scale."""
    top = max(1, *found.float_counts, *found.int8_counts)

    def bars(counts: tuple[int, ...]) -> str:
        return "".join(HEIGHTS[round((len(HEIGHTS) - 1) * n / top)] if n else " " for n in counts)

    return (
        f"float |{bars(found.float_counts)}|  INT8 |{bars(found.int8_counts)}|  "
        f"from {found.edges[0]:.3g} to {found.edges[-1]:.3g}: {terminal(found.layer)}"
    )


def beside(layers: LayerFidelity) -> str:
    """What the layers' figures leave out."""
    said = []
    if layers.not_finite:
        number = len(layers.not_finite)
        said.append(
            f"{number} {'layer has' if number == 1 else 'layers have'} infinite or NaN values, the first {terminal(layers.not_finite[0])}"
        )
    if layers.worst and not layers.comparable and layers.reference_sqnr_db is not None:
        said.append(
            "beside the same graph without rounding, which MCT's bias correction or --gptq has moved to "
            f"{layers.reference_sqnr_db:.1f} dB of the float network (with --no-bias-correction and without --gptq it stays there)"
        )
    return "; ".join(said)


def _db(value: float | None, missing: Missing, name: str = "") -> str:
    return f"{name}{value:.1f} dB" if value is not None else ABSENT[missing]


def _listed(values: tuple[float, ...]) -> str:
    return " ".join(f"{v:g}" for v in values)
