"""Ask the real toolchain how many bytes small networks take, and keep the answers.

A probe is one line of text, read left to right, ``x`` being the input:

    "3x64x64 | a=conv x 16 k3 | b=relu a | c=maxpool b k2 | c"

Every probe is built as a torch module, quantized by MCT (post-training, random
calibration images), exported, and handed to ``imxconv-pt --memory-report``.
The answer (totals and the per-layer listing) goes to a JSON file; the float
graph, its weights zeroed, goes beside it as ``<name>.onnx.gz``.

    python -m tools.memory_probes --out tests/data/memory/probes "net1=3x64x64 | ..." ...
    python -m tools.memory_probes --out DIR --file probes.txt --persistency

A spec "timm:regnetx_002@224x224" or "torchvision:resnet18@160x160" takes an
untrained network of those packages instead ("timm:NAME?pad_type=@224x224" with
an option of its constructor), "sample:yolo8n@320x320" one of ``sample_networks``,
"reference:edgesam-encoder-deploy-96" one of the reference graphs.

A name already answered is not asked again. Needs torch, MCT and the converter.
"""

from __future__ import annotations

import gzip
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

from tools.answers import answer_all, parser

UNITS = {"B": 1, "KB": 1024, "MB": 1024 * 1024}


def parse_spec(
    spec: str,
) -> tuple[list[tuple[int, ...]], list[tuple[str, str, list[str], dict[str, Any]]], list[str]]:
    """Input shapes (CHW), steps (result, operator, operands, options) and outputs of a probe line."""
    head, *body, tail = [part.strip() for part in spec.split("|")]
    shapes = [tuple(int(d) for d in item.split("x")) for item in head.split()]
    steps: list[tuple[str, str, list[str], dict[str, Any]]] = []
    for part in body:
        result, rest = part.split("=", 1)
        op, *words = rest.split()
        operands: list[str] = []
        options: dict[str, Any] = {}
        for word in words:
            match = re.fullmatch(r"([a-z]+)(-?\d+(?:\.\d+)?(?:,-?\d+)*)", word)
            if word.isdigit():
                options["n"] = int(word)
            elif match and word not in {s[0] for s in steps} and word != "x":
                numbers = [float(v) if "." in v else int(v) for v in match[2].split(",")]
                options[match[1]] = numbers[0] if len(numbers) == 1 else tuple(numbers)
            else:
                operands.append(word)
        steps.append((result.strip(), op, operands, options))
    return shapes, steps, tail.split()


def build(spec: str) -> Any:
    """The torch module of a probe line."""
    if spec.partition(":")[0] in ("timm", "torchvision", "sample", "reference"):
        return published(spec)
    import torch
    from torch import nn
    from torch.nn import functional as F

    shapes, steps, outputs = parse_spec(spec)
    inputs = ["x", "y", "z"][: len(shapes)]
    layers: dict[str, nn.Module] = {}

    class PerChannel(nn.Module):
        """A product ("scale"), a sum ("shift"), or SAM's normalisation over channels ("ln2d") with channel vectors."""

        def __init__(self, op: str, channels: int) -> None:
            super().__init__()
            self.op = op
            self.weight = nn.Parameter(torch.rand(channels, 1, 1) + 0.5)
            self.bias = nn.Parameter(torch.rand(channels, 1, 1) - 0.5)

        def forward(self, x: Any) -> Any:
            if self.op == "ln2d":
                centred = x - x.mean(1, keepdim=True)
                x = centred / torch.sqrt(centred.pow(2).mean(1, keepdim=True) + 1e-6)
            if self.op != "shift":
                x = self.weight * x
            return x if self.op == "scale" else x + self.bias

    with torch.no_grad():
        values = {n: torch.rand(1, *s) for n, s in zip(inputs, shapes, strict=True)}

    class Position(nn.Module):
        """A sum with a constant: of its own for every element ("plus"), of the last axis ("plusrow"), or its product ("mulrow")."""

        def __init__(self, shape: tuple[int, ...], product: bool = False) -> None:
            super().__init__()
            self.product = product
            self.register_buffer("bias", torch.rand(shape) - 0.5)

        def forward(self, x: Any) -> Any:
            return x * self.bias if self.product else x + self.bias

    class Tokens(nn.Module):
        """``n`` learnt tokens in front of (1, tokens, features)."""

        def __init__(self, n: int, features: int) -> None:
            super().__init__()
            self.register_buffer("tokens", torch.rand(1, n, features) - 0.5)

        def forward(self, x: Any) -> Any:
            return torch.cat([self.tokens, x], dim=1)

    def layer(name: str, op: str, first: Any, o: dict[str, Any]) -> nn.Module | None:
        if isinstance(first, tuple | list):  # the parts of a split
            return None
        channels = first.shape[1] if first.dim() > 1 else 0
        k = o.get("k", 3)
        pad = o.get(
            "p", tuple(v // 2 * o.get("d", 1) for v in k) if isinstance(k, tuple) else k // 2 * o.get("d", 1)
        )
        same = {
            "stride": o.get("s", 1),
            "padding": pad,
            "dilation": o.get("d", 1),
            "bias": bool(o.get("bias", 1)),
        }
        simple = {
            "relu": nn.ReLU, "relu6": nn.ReLU6, "hswish": nn.Hardswish, "hsigmoid": nn.Hardsigmoid, "silu": nn.SiLU,
            "gelu": nn.GELU, "sigmoid": nn.Sigmoid, "tanh": nn.Tanh, "flatten": nn.Flatten, "identity": nn.Identity,
            "elu": nn.ELU,
        }  # fmt: skip
        if op in simple:
            return simple[op]()
        if op == "conv":
            return nn.Conv2d(channels, o["n"], k, groups=o.get("g", 1), **same)
        if op == "dw":
            return nn.Conv2d(channels, channels * o.get("m", 1), k, groups=channels, **same)
        if op == "convt":
            return nn.ConvTranspose2d(channels, o["n"], o.get("k", 2), o.get("s", 2), padding=o.get("p", 0),
                                      groups=o.get("g", 1), bias=bool(o.get("bias", 1)))  # fmt: skip
        if op == "linear":
            return nn.Linear(first.shape[-1], o["n"], bias=bool(o.get("bias", 1)))
        if op == "bn":
            return nn.BatchNorm2d(channels)
        if op == "ln":
            return nn.LayerNorm(first.shape[-1])
        if op in ("ln2d", "scale", "shift"):
            return PerChannel(op, channels)
        if op == "plus":
            return Position(tuple(first.shape))
        if op in ("plusrow", "mulrow"):
            return Position((1,) * (first.dim() - 1) + tuple(first.shape[-1:]), op == "mulrow")
        if op == "tokens":
            return Tokens(o["n"], first.shape[-1])
        if op == "prelu":
            return nn.PReLU(channels)
        if op == "leaky":
            return nn.LeakyReLU(o.get("a", 0.1))
        if op == "maxpool":
            return nn.MaxPool2d(k, o.get("s", k), o.get("p", 0))
        if op == "avgpool":
            return nn.AvgPool2d(k, o.get("s", k), o.get("p", 0))
        if op == "gap":
            return nn.AdaptiveAvgPool2d(1)
        if op == "softmax":
            return nn.Softmax(dim=o.get("a", 1))
        if op == "zeropad":
            return nn.ZeroPad2d(o["p"])
        if op == "near":
            return nn.Upsample(scale_factor=o.get("s", 2), mode="nearest")
        if op == "bil":
            return nn.Upsample(scale_factor=o.get("s", 2), mode="bilinear", align_corners=False)
        return None

    def apply(module: nn.Module, name: str, op: str, args: list[Any], o: dict[str, Any]) -> Any:
        if f"l_{name}" in layers:
            return getattr(module, f"l_{name}")(*args)
        if op == "add":
            return args[0] + args[1]
        if op == "sub":
            return args[0] - args[1]
        if op == "mul":
            return args[0] * args[1]
        if op == "div":
            return args[0] / args[1]
        if op == "matmul":
            return torch.matmul(args[0], args[1])
        if op == "addc":
            return args[0] + o.get("v", 0.5)
        if op == "mulc":
            return args[0] * o.get("v", 0.5)
        if op == "cat":
            return torch.cat(args, dim=o.get("a", 1))
        if op == "chunk":
            return torch.chunk(args[0], o["n"], dim=o.get("a", 1))
        if op == "split":
            return torch.split(
                args[0], list(o["n"] if isinstance(o["n"], tuple) else [o["n"]]), dim=o.get("a", 1)
            )
        if op == "get":
            return args[0][o["n"]]
        if op == "slicec":
            return args[0][:, o["b"] : o["e"]]
        if op == "sliceh":
            return args[0][:, :, o["b"] : o["e"]]
        if op == "pick":  # of n places every s-th, around and around
            return torch.index_select(args[0], o.get("a", 1), torch.arange(o["n"]) * o["s"] % o["n"])
        if op == "reshape":
            return torch.reshape(args[0], (1, *o["to"]))
        if op == "permute":
            return args[0].permute(*o["to"])
        if op == "mean":
            return torch.mean(args[0], dim=o["a"], keepdim=bool(o.get("keep", 1)))
        if op == "sum":
            return torch.sum(args[0], dim=o["a"], keepdim=bool(o.get("keep", 1)))
        if op == "interp":
            return F.interpolate(args[0], size=o["to"], mode="bilinear", align_corners=False)
        if op == "argmax":
            return torch.argmax(args[0], dim=1, keepdim=True)
        if op == "exp":
            return torch.exp(args[0])
        raise ValueError(f"no probe operator called '{op}'")

    def walk(module: nn.Module, values: dict[str, Any], make: bool) -> list[Any]:
        for result, op, operands, options in steps:
            args = [values[v] for v in operands]
            if make and (made := layer(result, op, args[0], options)) is not None:
                layers[f"l_{result}"] = made
                module.add_module(f"l_{result}", made)
            values[result] = apply(module, result, op, args, options)
        return [values[v] for v in outputs]

    class Probe(nn.Module):
        def forward(self, x: Any) -> Any:
            found = walk(self, {"x": x}, make=False)
            return found[0] if len(found) == 1 else tuple(found)

    torch.manual_seed(0)
    probe = Probe().eval()
    with torch.no_grad():
        walk(probe, dict(values), make=True)
    return probe.eval(), shapes


def published(spec: str) -> Any:
    """An untrained network of timm, torchvision, our samples or ``models/reference.toml``, and its input shape."""
    import torch

    package, _, rest = spec.partition(":")
    if package == "reference":
        from sensorfit.models.export_reference import build, recipes

        recipe = recipes()[rest]
        return build(recipe).module, [(3, recipe["size"], recipe["size"])]
    name, _, size = rest.partition("@")
    height, width = (int(v) for v in size.split("x"))
    name, *words = re.split("[?&]", name)
    torch.manual_seed(0)
    if package == "timm":
        import timm

        module = timm.create_model(name, pretrained=False, **dict(word.split("=") for word in words))
    elif package == "sample":
        from tools.sample_networks import build as sample

        module = sample(name)
    else:
        import torchvision

        module = (
            torchvision.models.get_model(name, weights=None, weights_backbone=None)
            if "seg" in name
            else torchvision.models.get_model(name, weights=None)
        )
    return module.eval(), [(3, height, width)]


def strip_weights(path: Path) -> bytes:
    """The graph with its weights set to one (to zero where all are zero), gzipped: shapes are what counts."""
    import numpy as np
    import onnx

    model = onnx.load(path)
    for tensor in model.graph.initializer:
        if tensor.data_type == onnx.TensorProto.FLOAT and tensor.raw_data and len(tensor.raw_data) > 64:
            trained = np.frombuffer(tensor.raw_data, np.float32).any()
            tensor.raw_data = np.full(len(tensor.raw_data) // 4, float(trained), np.float32).tobytes()
    return gzip.compress(model.SerializeToString(), mtime=0)


def quantize(spec: str, float_path: Path, quantized_path: Path, quick: bool = False) -> None:
    """Write the float export (opset 17) and MCT's quantized export (opset 20) of a probe."""
    import model_compression_toolkit as mct
    import torch

    module, shapes = build(spec)
    export_both(module, shapes, float_path, quantized_path, mct, torch, quick)


def export_both(
    module: Any, shapes: list[tuple[int, ...]], float_path: Path, quantized_path: Path, mct: Any, torch: Any,
    quick: bool = False,
) -> None:  # fmt: skip
    """Float export and quantized export of any torch module with CHW input shapes.

    ``quick`` takes the weights' largest values as their thresholds instead of searching for them.
    """
    example = [torch.rand(1, *s) for s in shapes]
    torch.onnx.export(
        module, tuple(example), str(float_path), opset_version=17, input_names=["input"], dynamo=False
    )

    def images() -> Any:
        yield [torch.rand(1, *s) for s in shapes]

    tpc = mct.get_target_platform_capabilities("pytorch", "imx500")
    core = mct.core.CoreConfig()
    if quick:
        search = core.quantization_config
        search.weights_error_method = mct.core.QuantizationErrorMethod.NOCLIPPING
        search.weights_bias_correction = False
    quantized, _ = mct.ptq.pytorch_post_training_quantization(
        module, images, core_config=core, target_platform_capabilities=tpc
    )
    mct.exporter.pytorch_export_model(quantized, str(quantized_path), images, onnx_opset_version=20)


def listing(pbtxt: Path) -> list[dict[str, Any]]:
    """The converter's layers: type, name, shapes, bits, listed memory, schedule, wiring."""
    layers = []
    for block in re.split(r"\nlayer ?\{", pbtxt.read_text())[1:]:
        kind = re.search(r'type: "(.*?)"', block)
        name = re.search(r'name: "(.*?)"', block)
        if not kind or not name or kind[1] == "MemoryReport":
            continue
        found = {"name": name[1].split(": ", 1)[-1], "type": kind[1]}
        for key, label in (("InputShapes", "in"), ("OutputShape", "out"), ("QuantizeBits", "bits"),
                           ("RuntimeMemory", "memory"), ("ScheduleId", "step")):  # fmt: skip
            match = re.search(rf'"{key}": "?(.*?)"?\n', block)
            if match:
                found[label] = match[1]
        found["from"] = re.findall(r'bottom: "(.*?)"', block)
        found["to"] = re.findall(r'top: "(.*?)"', block)
        layers.append(found)
    return layers


def convert(model: Path, out: Path, persistency: bool, program: Path | None = None) -> dict[str, Any]:
    """Run the converter (another than this environment's with ``program``) for its memory report; totals in bytes,
    listing, or its messages."""
    flag = "--input-persistency" if persistency else "--no-input-persistency"
    command = [str(program or Path(sys.executable).parent / "imxconv-pt"), "-i", str(model), "-o", str(out), "--overwrite-output",
               "--memory-report", "--model-insight", "--report-size-unit", "B", flag]  # fmt: skip
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    answer: dict[str, Any] = {"exit_code": done.returncode}
    for pbtxt in out.glob("*.pbtxt"):
        text = pbtxt.read_text()
        for key, label in (("RuntimeMemoryPhysicalSize", "runtime_bytes"), ("ModelMemoryPhysicalSize", "weights_bytes"),
                           ("MemoryUsage", "total_bytes"), ("InputPersistenceCost", "input_persistence_bytes")):  # fmt: skip
            match = re.search(rf'{key}: "(\d+)B"', text)
            if match:
                answer[label] = int(match[1])
        answer["layers"] = listing(pbtxt)
    for report in out.glob("*_MemoryReport.json"):  # all there is for a network that does not fit
        text = report.read_text()
        for key, label in (("Runtime", "runtime_bytes"), ("Model", "weights_bytes")):
            if match := re.search(rf'"{key} Memory Physical Size": "(\d+)B"', text):
                answer.setdefault(label, int(match[1]))
    if "runtime_bytes" not in answer:
        answer["messages"] = [
            line for line in (done.stdout + done.stderr).splitlines() if "ERROR" in line or "reason" in line
        ][:4]
    return answer


def main() -> None:
    """Answer every probe asked for that has no answer yet."""
    found = parser(__doc__)
    found.add_argument("--persistency", action="store_true", help="ask with input persistency on")
    found.add_argument("--quick", action="store_true", help="no search for the weights' thresholds")
    options = found.parse_args()

    def ask(name: str, spec: str, work: Path) -> tuple[dict[str, Any], bytes]:
        model = work / f"{name}.onnx"
        quantize(spec, work / "float.onnx", model, options.quick)
        answer = convert(model, (options.keep or work) / f"{name}_out", options.persistency)
        return answer, strip_weights(work / "float.onnx")

    answer_all(options, ask, input_persistency=options.persistency)


if __name__ == "__main__":
    main()
