"""A fresh examination: one-operator graphs with parameters drawn at random, asked once and compared.

    python -m tools.probes.exam [--seed 7] [--count 300]

Prints agreement, false fits (refused, but we say it fits) and false refusals.
Graphs that break ONNX's own rules are drawn again: they say nothing about operators.
"""

from __future__ import annotations

import argparse
from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import onnx
from onnx import TensorProto

from .graphs import RANKED, Net

Random = np.random.Generator


def draw(seed: int, count: int) -> Iterator[tuple[str, onnx.ModelProto]]:
    """``count`` valid graphs; the same for the same seed."""
    random = np.random.default_rng(seed)
    made = 0
    while made < count:
        family = _FAMILIES[int(random.integers(len(_FAMILIES)))]
        try:
            model = family(random)
            onnx.checker.check_model(model, full_check=True)
        except Exception:  # the draw was no valid ONNX
            continue
        yield f"{made:04d}_{family.__name__}", model
        made += 1


def _pick(random: Random, *choices: Any) -> Any:
    return choices[int(random.integers(len(choices)))]


def _net(random: Random) -> Net:
    return Net(opset=int(random.integers(15, 21)) if random.random() < 0.3 else 17)


def _ranked(random: Random, net: Net) -> tuple[str, tuple[int, ...]]:
    """The head's output in some shape, and that shape."""
    shapes = (RANKED[4], RANKED[4], RANKED[3], RANKED[2], RANKED[5], RANKED[6], (1, 1, 128, 128))
    shape = _pick(random, *shapes)
    return net.x if shape == RANKED[4] else net.reshape(net.x, *shape), shape


def conv(random: Random) -> onnx.ModelProto:
    net = _net(random)
    group = _pick(random, 1, 1, 1, 2, 4, 8, 16)
    cout = group * int(random.integers(1, 9))
    kernel = [int(v) for v in random.integers(1, 8, 2)]
    more = {
        "pads": [int(v) for v in random.integers(0, 5, 4)], "strides": [int(v) for v in random.integers(1, 4, 2)],
        "dilations": [int(v) for v in random.integers(1, 4, 2)] if random.random() < 0.5 else [1, 1],
    }  # fmt: skip
    return net.out(net.conv(net.x, 16, cout, kernel, group=group, bias=bool(random.random() < 0.5), **more))


def transposed(random: Random) -> onnx.ModelProto:
    net = _net(random)
    group = _pick(random, 1, 1, 1, 4)
    kernel, strides = [int(v) for v in random.integers(1, 7, 2)], [int(v) for v in random.integers(1, 5, 2)]
    more: dict[str, Any] = {"strides": strides}
    if random.random() < 0.3:
        more["pads"] = [int(v) for v in random.integers(0, 2, 4)]
    if random.random() < 0.3:
        more["dilations"] = [int(v) for v in random.integers(1, 3, 2)]
    if random.random() < 0.3:
        more["output_padding"] = [int(random.integers(0, s)) for s in strides]
    if group > 1:
        more["group"] = group
    return net.out(
        net.op("ConvTranspose", net.x, net.noise(16, 8 // group, *kernel), kernel_shape=kernel, **more)
    )


def pool(random: Random) -> onnx.ModelProto:
    net = _net(random)
    op = _pick(random, "MaxPool", "AveragePool")
    kernel = [int(v) for v in random.integers(1, 8, 2)]
    more: dict[str, Any] = {"kernel_shape": kernel, "strides": [int(v) for v in random.integers(1, 4, 2)]}
    if random.random() < 0.4:
        more["ceil_mode"] = int(random.integers(0, 2))
    if random.random() < 0.5:
        more["pads"] = [int(random.integers(0, k)) for k in (*kernel, *kernel)]
    elif random.random() < 0.3:
        more["auto_pad"] = _pick(random, "SAME_UPPER", "SAME_LOWER", "VALID", "NOTSET")
    if op == "MaxPool" and random.random() < 0.2:
        more["dilations"] = [int(v) for v in random.integers(1, 3, 2)]
    x, _ = _ranked(random, net) if random.random() < 0.1 else (net.x, ())
    return net.out(net.op(op, x, **more))


def resize(random: Random) -> onnx.ModelProto:
    net = _net(random)
    mode = _pick(random, "nearest", "linear", "linear", "cubic")
    more: dict[str, Any] = {"mode": mode}
    if random.random() < 0.8:
        more["coordinate_transformation_mode"] = _pick(
            random, "half_pixel", "asymmetric", "align_corners", "pytorch_half_pixel"
        )
    if mode == "nearest" and random.random() < 0.7:
        more["nearest_mode"] = _pick(random, "floor", "floor", "ceil", "round_prefer_floor")
    if random.random() < 0.5:
        scales = [1.0, 1.0, _pick(random, 0.5, 2, 3, 1.5), _pick(random, 0.5, 2, 4)]
        return net.out(net.op("Resize", net.x, "", net.const(scales), **more))
    return net.out(
        net.op(
            "Resize",
            net.x,
            "",
            "",
            net.ints(1, 16, int(random.integers(1, 90)), int(random.integers(1, 90))),
            **more,
        )
    )


def reshape(random: Random) -> onnx.ModelProto:
    net = _net(random)
    x, shape = _ranked(random, net)
    total, dims = int(np.prod(shape)), []
    while total > 1 and len(dims) < 5 and random.random() < 0.85:
        factor = 2 ** int(random.integers(0, min(8, int(np.log2(total))) + 1))
        dims.append(factor)
        total //= factor
    dims.append(total)
    if random.random() < 0.6:
        dims.insert(0, 1)
    if random.random() < 0.4:
        dims[int(random.integers(len(dims)))] = -1
    if random.random() < 0.1:
        dims[0] = 0
    return net.out(net.reshape(x, *dims))


def transpose(random: Random) -> onnx.ModelProto:
    net = _net(random)
    x, shape = _ranked(random, net)
    perm = (
        [0, *(1 + random.permutation(len(shape) - 1))]
        if random.random() < 0.6
        else random.permutation(len(shape))
    )
    return net.out(net.op("Transpose", x, perm=[int(p) for p in perm]))


_AXIS = (
    "Softmax", "LayerNormalization", "Concat", "Split", "Gather", "GatherElements", "ArgMax", "TopK", "Flatten", "Unsqueeze", "Hardmax", "LogSoftmax",
)  # fmt: skip


def axis(random: Random) -> onnx.ModelProto:
    net = _net(random)
    x, shape = _ranked(random, net)
    rank = len(shape)
    at = int(random.integers(-rank, rank))
    op = _pick(random, *_AXIS)
    if op == "LayerNormalization":
        net.opset = max(net.opset, 17)
        return net.out(net.op(op, x, net.noise(*shape[at:]), axis=at))
    if op == "Concat":
        return net.out(net.op(op, x, net.op("Tanh", x), axis=at))
    if op == "Split":
        half = shape[at] // 2
        return net.out(*net.op(op, x, net.ints(half, shape[at] - half), outputs=2, axis=at))
    if op == "Gather":
        return net.out(net.op(op, x, net.const(_pick(random, 0, [0], [0, 0], [[0, 0]]), "int64"), axis=at))
    if op == "GatherElements":
        return net.out(net.op(op, x, net.const(np.zeros(shape), "int64"), axis=at))
    if op == "ArgMax":
        return net.out(net.op(op, x, axis=at, keepdims=int(random.integers(0, 2))), dtype=TensorProto.INT64)
    if op == "TopK":
        values, _ = net.op(op, x, net.ints(1), outputs=2, axis=at, largest=int(random.random() < 0.8))
        return net.out(values)
    if op == "Unsqueeze":
        return net.out(net.op(op, x, net.ints(at)))
    return net.out(net.op(op, x, axis=at))


_REDUCE = (
    "ReduceMean", "ReduceSum", "ReduceMax", "ReduceL2", "ReduceL2", "ReduceMin", "ReduceL1", "ReduceProd",
)  # fmt: skip


def reduce(random: Random) -> onnx.ModelProto:
    net = Net(opset=18)
    x, shape = _ranked(random, net)
    op = _pick(random, *_REDUCE)
    chosen = random.permutation(len(shape))[: int(random.integers(1, len(shape) + 1))]
    axes = [int(a) - (len(shape) if random.random() < 0.3 else 0) for a in chosen]
    return net.out(net.op(op, x, net.ints(*axes), keepdims=int(random.integers(0, 2))))


def pad(random: Random) -> onnx.ModelProto:
    net = _net(random)
    x, shape = _ranked(random, net)
    pads = [
        int(v) if random.random() < 0.5 else 0
        for v in random.integers(-1 if random.random() < 0.2 else 0, 4, 2 * len(shape))
    ]
    if random.random() < 0.7:
        pads[0] = pads[len(shape)] = 0
    return net.out(
        net.op(
            "Pad",
            x,
            net.ints(*pads),
            mode=_pick(random, "constant", "constant", "constant", "reflect", "edge"),
        )
    )


def slices(random: Random) -> onnx.ModelProto:
    net = _net(random)
    x, shape = _ranked(random, net)
    at = [int(a) for a in random.permutation(len(shape))[: int(random.integers(1, 3))]]
    starts = [int(random.integers(0, shape[a])) for a in at]
    steps = [_pick(random, 1, 1, 2, 3, -1) for _ in at]
    ends = [-(2**31) if s < 0 else _pick(random, shape[a], 2**31, -1) for a, s in zip(at, steps, strict=True)]
    named = [a - (len(shape) if random.random() < 0.3 else 0) for a in at]
    return net.out(net.op("Slice", x, net.ints(*starts), net.ints(*ends), net.ints(*named), net.ints(*steps)))


def unary(random: Random) -> onnx.ModelProto:
    net = Net(opset=_pick(random, 17, 18, 20))
    x, _ = _ranked(random, net)
    op = _pick(random, *_UNARY)
    more: dict[str, Any] = {
        "LeakyRelu": {"alpha": float(random.random())},
        "HardSigmoid": {"alpha": _pick(random, 0.2, 1 / 6, 0.3), "beta": _pick(random, 0.5, 0.4)},
    }.get(op, {})
    if op == "LeakyRelu" and random.random() < 0.3:
        more = {}
    if op == "Pow":
        return net.out(net.op(op, x, net.const(_pick(random, 0.5, 1, 2, 3, -1, 1.7))))
    if op == "Clip":
        return net.out(net.op(op, x, net.const(_pick(random, 0.0, -1.0, [0.0])), net.const(6.0)))
    return net.out(net.op(op, x, **more))


_UNARY = (
    "Abs", "Relu", "Sigmoid", "Tanh", "Exp", "Log", "Sqrt", "Reciprocal", "Neg", "Sin", "Cos", "Tan", "Floor", "Ceil", "Round", "Sign", "Erf", "Elu",
    "Selu", "Celu", "Softplus", "Softsign", "HardSwish", "HardSigmoid", "LeakyRelu", "ThresholdedRelu", "Mish", "Pow", "Clip", "Identity", "Not",
    "Sinh", "Cosh", "Atan", "Asin", "Acos", "Shrink",
)  # fmt: skip


def binary(random: Random) -> onnx.ModelProto:
    net = _net(random)
    x, shape = _ranked(random, net)
    op = _pick(random, "Add", "Sub", "Mul", "Div", "Max", "Min", "Mod", "PRelu", "Sum", "Mean", "Pow")
    other = [d if random.random() < 0.5 else 1 for d in shape][int(random.integers(0, len(shape) + 1)) :]
    y = (
        net.const(random.random(other) + 0.5)
        if random.random() < 0.5
        else net.op("ReduceMean", x, axes=[len(shape) - 1], keepdims=1)
    )
    if y.startswith("t") and net.opset >= 18:
        y = net.op("Tanh", x)
    operands = [x, y] if random.random() < 0.7 or op in ("PRelu", "Pow") else [y, x]
    if op in ("Max", "Min", "Sum") and random.random() < 0.2:
        operands.append(x)
    return net.out(net.op(op, *operands))


def matmul(random: Random) -> onnx.ModelProto:
    net = _net(random)
    x, shape = _ranked(random, net)
    if random.random() < 0.25 and len(shape) == 2:
        more = {k: v for k, v in (("alpha", 0.5), ("beta", 0.5), ("transB", 1)) if random.random() < 0.4}
        return net.out(
            net.op(
                "Gemm",
                x,
                net.noise(*((8, shape[1]) if "transB" in more else (shape[1], 8))),
                net.noise(8),
                **more,
            )
        )
    kind = _pick(random, "const", "const3", "first", "dynamic", "dynamic")
    if kind == "const":
        return net.out(net.op("MatMul", x, net.noise(shape[-1], 8)))
    if kind == "const3":
        return net.out(net.op("MatMul", x, net.noise(1, shape[-1], 8)))
    if kind == "first":
        return net.out(net.op("MatMul", net.noise(8, shape[-2]), x))
    perm = [*range(len(shape) - 2), len(shape) - 1, len(shape) - 2]
    return net.out(net.op("MatMul", x, net.op("Transpose", net.op("Tanh", x), perm=perm)))


def image(random: Random) -> onnx.ModelProto:
    shape = [_pick(random, 1, 1, 1, 2, "N"), _pick(random, 1, 3, 6), _pick(random, 32, 96, "H"), 64]
    net = Net(shape, opset=int(random.integers(13, 22)), head=False)
    return net.out(net.op(_pick(random, "Relu", "Abs", "Erf"), "input"))


_FAMILIES: tuple[Callable[[Random], onnx.ModelProto], ...] = (
    conv, transposed, pool, resize, reshape, transpose, axis, axis, reduce, pad, slices, unary, unary, binary, matmul, image,
)  # fmt: skip


def _kind(ours: str, theirs: str) -> str:
    if ours == theirs:
        return "agree"
    if ours == "accepted":
        return "false fit"
    return "false refusal" if theirs == "accepted" else "other code"


def compare(graphs: Iterator[tuple[str, onnx.ModelProto]]) -> tuple[Counter[str], list[str]]:
    """Our verdicts beside the front end's: counts, and a line for each difference."""
    from sensorfit.api import load_target
    from sensorfit.graph.load import load
    from sensorfit.verify.engine import front_end_verdict, verify

    from .front_end import FrontEnd

    front_end, target = FrontEnd(), load_target()
    counts: Counter[str] = Counter()
    lines = []
    for name, model in graphs:
        answer = front_end.judge(model)
        findings = verify(load(model, name), target)
        ours, theirs = front_end_verdict(findings), answer["verdict"]
        unknown = any(f.support == "unknown" for f in findings)
        kind = "unknown" if unknown and ours != theirs else _kind(ours, theirs)
        counts[kind] += 1
        counts[f"front end: {theirs}"] += 1
        if kind != "agree":
            lines.append(
                f"{kind}: {name}: we say {ours}, the front end {theirs} {answer.get('operators', answer.get('reasons', ''))}"
            )
    return counts, lines


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--count", type=int, default=300)
    given = parser.parse_args()
    counts, lines = compare(draw(given.seed, given.count))
    print("\n".join(lines))
    for kind, number in sorted(counts.items()):
        print(f"{number:6d}  {kind}")


if __name__ == "__main__":
    main()
