"""The book of rules: every id with its text, whatever module finds it."""

from __future__ import annotations

import re
from functools import cache
from typing import Final

from ..errors import ConfigError
from ..suggest import did_you_mean
from .engine import rules
from .rule import Text, parse

FAMILIES: Final = {
    "SF1": "Operators: does the converter take them, in this form",
    "SF2": "Flagged operators: named whatever the verdict",
    "SF3": "Memory",
    "SF4": "Latency",
    "SF5": "Inputs, outputs, quantization",
    "SF6": "Budgets of the repository",
}

NAMES: Final = {
    "SF101": "UnsupportedOperator", "SF102": "UnknownOperator", "SF103": "ControlFlow", "SF104": "UnreadableSpelling",
    "SF105": "ArgumentForm", "SF106": "SpatialRank", "SF107": "BatchAxis", "SF108": "ElementwiseForm", "SF109": "SizeLimit",
    "SF111": "Convolution", "SF112": "TransposedConvolution", "SF113": "Pooling", "SF114": "Resize", "SF115": "Pad",
    "SF116": "Reshape", "SF117": "SliceOrGather", "SF118": "Reduction", "SF119": "MatrixProduct", "SF120": "Cast",
    "SF121": "ErfGelu", "SF122": "ConverterDiffers", "SF123": "SplitPointwiseConcat",
    "SF201": "Softmax", "SF202": "LayerNormalization",
    "SF301": "OutOfMemory", "SF302": "LittleMemoryLeft", "SF303": "ChannelBlockMemory", "SF304": "MemoryCountedInPart", "SF305": "FitsInTiles",
    "SF401": "ChannelBlockTime", "SF402": "DepthwiseAtFullResolution", "SF403": "ResizeBeforePointwise",
    "SF501": "BatchSize", "SF502": "DynamicShape", "SF503": "InputRank", "SF504": "InputChannels", "SF505": "InputSize",
    "SF506": "SeveralInputs", "SF507": "InputType", "SF508": "Opset", "SF509": "DisconnectedGraph",
    "SF510": "ForeignQuantization", "SF511": "UnusedNodes", "SF512": "UnnamedNodes", "SF513": "ConstantSpelling",
    "SF514": "UnknownShape", "SF515": "UnfoldedConstant", "SF516": "StaleShape",
    "SF601": "MemoryBudget", "SF602": "LatencyBudget", "SF603": "MacBudget", "SF604": "ParameterBudget",
    "SF605": "HeadroomBudget",
}  # fmt: skip
"""A short name for each rule, where a title is too long: SARIF, and ``sensorfit rules Softmax``."""

_ID: Final = re.compile(r"SF\d*", re.IGNORECASE)

_CONFIRMED: Final = {
    "SF122": parse(
        """The converter's answer differs from the prediction.

        With --confirm the real converter is asked, and its word counts: what
        it refuses does not fit, whatever our rules said; an operator that was
        unknown to us and that it accepts is settled. Where both refuse, the nodes
        are compared, too. A difference is a bug in our rules.

        Fails:
            sensorfit check model.onnx --confirm
                                    sensorfit   imx500-converter
            front end, float graph  accepted    invalid_operator

        Passes:
            sensorfit check model.onnx --confirm
                                    sensorfit   imx500-converter
            front end, float graph  accepted    accepted

        Fix: believe the converter, and report the model's operators as a bug in sensorfit's rules.
        """
    ),
}

_MEMORY: Final = {
    "SF301": parse(
        """The model needs more memory than the sensor has.

        Weights, activations and a reserved block share 8 MiB less 128 bytes on
        the chip; there is no other memory. The prediction follows the
        converter's own layout (docs/memory.md has its errors), and names the
        layer and tensor at the peak. Over the budget the converter cuts layers
        into tiles of rows and tries once more: SF305 where that is expected to
        be enough. Where it is not known the verdict is "unknown".

        Fails:
            (float[1,3,640,640] x) => (float[1,64,640,640] y) <float[64,3,3,3] w>
            { y = Conv <kernel_shape = [3, 3], pads = [1, 1, 1, 1]> (x, w) }

        Passes:
            (float[1,3,96,96] x) => (float[1,64,96,96] y) <float[64,3,3,3] w>
            { y = Conv <kernel_shape = [3, 3], pads = [1, 1, 1, 1]> (x, w) }

        Fix: fewer channels at the peak, a smaller input, an earlier stride, or --no-input-persistency where only the
        input is in the way; the finding says how much each wins.
        """
    ),
    "SF302": parse(
        """Little memory is left.

        The model fits with less than 5 % of the budget to spare: a larger head
        or input may not fit any more.

        Fails:
            (float[1,3,248,248] x) => (float[1,64,248,248] y) <float[64,3,3,3] w>
            { y = Conv <kernel_shape = [3, 3], pads = [1, 1, 1, 1]> (x, w) }

        Passes:
            (float[1,3,224,224] x) => (float[1,64,224,224] y) <float[64,3,3,3] w>
            { y = Conv <kernel_shape = [3, 3], pads = [1, 1, 1, 1]> (x, w) }

        Fix: nothing today; keep the input size and the widest layers.
        """
    ),
    "SF303": parse(
        """A channel count just past a block of 32.

        Activations are stored in blocks of 32 channels: 33 take the room of 64.

        Fails:
            (float[1,3,64,64] x) => (float[1,32,64,64] y) <float[40,3,3,3] v, float[32,40,3,3] w>
            { a = Conv <kernel_shape = [3, 3], pads = [1, 1, 1, 1]> (x, v)
              y = Conv <kernel_shape = [3, 3], pads = [1, 1, 1, 1]> (a, w) }

        Passes:
            (float[1,3,64,64] x) => (float[1,32,64,64] y) <float[32,3,3,3] v, float[32,32,3,3] w>
            { a = Conv <kernel_shape = [3, 3], pads = [1, 1, 1, 1]> (x, v)
              y = Conv <kernel_shape = [3, 3], pads = [1, 1, 1, 1]> (a, w) }

        Fix: use the multiple of 32 below, or all channels up to the one above.
        """
    ),
    "SF304": parse(
        """The memory is counted only in part.

        Some weights are computed, not stored, or belong to another tool's
        quantization (ConvInteger), and their bytes on the sensor are not
        known: the total is a lower bound, so the verdict is "unknown".

        Fails:
            (float[1,16,32,32] x) => (float[1,1,32,32] y)
            { k = GlobalAveragePool (x) y = Conv <kernel_shape = [1, 1]> (x, k) }

        Passes:
            (float[1,16,32,32] x) => (float[1,1,32,32] y) <float[1,16,1,1] k>
            { y = Conv <kernel_shape = [1, 1]> (x, k) }

        Fix: make the weights constants of known shape: export with constant folding, or run onnxslim; of a file that
        another tool has quantized, check the float model.
        """
    ),
    "SF305": parse(
        """The model fits only with the rows of layers cut into tiles.

        As it stands it is over the budget. The converter then cuts the rows of
        the layers around the peak into tiles, which run one after the other
        and need less memory at a time (docs/memory.md, "Over the budget"). The
        bytes are a prediction of its second attempt. Tiles overlap, so the
        network takes longer than the latency here, which is that without them.

        Fails:
            (float[1,3,320,320] x) => (float[1,8,320,320] y) <float[16,3,3,3] u, float[64,16,3,3] v, float[8,64,3,3] w>
            { a = Conv <kernel_shape = [3, 3], pads = [1, 1, 1, 1]> (x, u)
              b = Conv <kernel_shape = [3, 3], pads = [1, 1, 1, 1]> (a, v)
              y = Conv <kernel_shape = [3, 3], pads = [1, 1, 1, 1]> (b, w) }

        Passes:
            (float[1,3,96,96] x) => (float[1,8,96,96] y) <float[16,3,3,3] u, float[64,16,3,3] v, float[8,64,3,3] w>
            { a = Conv <kernel_shape = [3, 3], pads = [1, 1, 1, 1]> (x, u)
              b = Conv <kernel_shape = [3, 3], pads = [1, 1, 1, 1]> (a, v)
              y = Conv <kernel_shape = [3, 3], pads = [1, 1, 1, 1]> (b, w) }

        Fix: nothing, if the time is no matter; else what SF301 advises.
        """
    ),
}


BUDGETS: Final = {
    "SF601": ('sram = "3 MiB"', 'sram = "4 MiB"'),
    "SF602": ('latency = "2 ms"', 'latency = "15 ms"'),
    "SF603": ('macs = "300 M"', 'macs = "400 M"'),
    "SF604": ('parameters = "1 M"', 'parameters = "2 M"'),
    "SF605": ('headroom = "6 MiB"', 'headroom = "4 MiB"'),
}
"""For each budget a line of sensorfit.toml that picosam3 breaks, and one that it keeps."""


def meant(word: str) -> tuple[str, ...]:
    """The rules that ``word`` means, by id: an id, a name, or the beginning of ids; () when there is none."""
    by_name = {name.lower(): id for id, name in NAMES.items()}
    if named := by_name.get(word.lower()):
        return (named,)
    return tuple(id for id in texts() if id.startswith(word.upper())) if word else ()


def hint(word: str) -> str:
    """What to say of a ``word`` that means no rule: the nearest, where one is near."""
    elsewhere = "`sensorfit rules` lists them"
    if _ID.fullmatch(word):  # well-formed: another number is no nearer than any
        return elsewhere
    return did_you_mean(word, (*texts(), *NAMES.values()), elsewhere)


def asked(word: str) -> tuple[str, ...]:
    """The rules that ``word`` means; ConfigError when there is none."""
    found = meant(word)
    if not found:
        raise ConfigError(f"there is no rule '{word}': {hint(word)}")
    return found


@cache
def texts() -> dict[str, Text]:
    """The text of every rule, by id."""
    from ..gate.budgets import RULES
    from ..rules.latency import TEXTS

    found = (
        {r.id: r.text for r in rules()}
        | _CONFIRMED
        | _MEMORY
        | {id: parse(text) for id, text in TEXTS.items()}
    )
    for id, title in RULES.items():
        fails, passes = (f"[budgets]\n{line}\n\nsensorfit check picosam3" for line in BUDGETS[id])
        found[id] = Text(
            f"Budget: {title}",
            "A number that the repository sets for itself in sensorfit.toml ([budgets]); a model that breaks it fails the gate.",
            fails,
            passes,
            "make the model smaller, or raise the budget and say why",
        )
    return {id: found[id] for id in sorted(found)}
