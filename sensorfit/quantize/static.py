"""onnx2torch's module in a form that MCT can trace: shapes written out, operators as plain torch calls.

    OnnxResize(x, roi, scales, sizes)   ─►  interpolate(x, scale_factor or size)
    OnnxReshape, squeeze, unsqueeze     ─►  reshape(x, (-1, ...))
    OnnxPadDynamic(x, pads, value)      ─►  pad(x, [...])
    OnnxBinaryMathOperation, OnnxMatMul ─►  add, sub, mul, div, matmul
    Gelu spelled out with Erf or Tanh   ─►  one Gelu, before onnx2torch sees it

onnx2torch reads shapes from tensors while it runs; MCT traces symbolically,
where those tensors have no values. One run with an image gives them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import onnx
import torch
import torch.nn.functional as F
from onnx import helper
from torch import fx, nn

from ..graph.folded import fold_constants
from ..graph.load import load
from ..graph.patterns import find_patterns

DOMAIN = "sensorfit"
"""Of the nodes that stand for a whole pattern."""
FUSED = ("Gelu",)
"""Patterns that MCT exports as one operator only when torch names them so."""


def prepared(proto: onnx.ModelProto) -> onnx.ModelProto:
    """A copy of ``proto`` for onnx2torch: constants folded, each Gelu one node of domain ``sensorfit``."""
    made = onnx.ModelProto()
    made.CopyFrom(proto)
    graph = load(proto)
    fold_constants(made, graph)
    matches = [m for m in find_patterns(graph) if m.kind in FUSED]
    whole = [n for n in made.graph.node if n.op_type in FUSED and not n.domain]  # opset 20 has a Gelu
    if not matches and not whole:
        return made
    for node in whole:
        node.domain = DOMAIN
    last = {m.nodes[-1].outputs[0]: m for m in matches}
    gone = {output for m in matches for node in m.nodes for output in node.outputs}
    nodes = []
    for node in made.graph.node:
        match = last.get(node.output[0]) if node.output else None
        if match is not None:
            tanh = "tanh" if match.form == "tanh" else "none"
            nodes.append(
                helper.make_node(
                    match.kind, [match.inputs[0]], [match.output], node.name, domain=DOMAIN, approximate=tanh
                )
            )
        elif not gone & set(node.output):
            nodes.append(node)
    del made.graph.node[:]
    made.graph.node.extend(nodes)
    made.opset_import.add(domain=DOMAIN, version=1)
    _register()
    return made


def _register() -> None:
    """Tell onnx2torch what the nodes of domain ``sensorfit`` are."""
    from onnx2torch.node_converters import registry
    from onnx2torch.node_converters.registry import OperationDescription, add_converter
    from onnx2torch.utils.common import OperationConverterResult, onnx_mapping_from_node

    if OperationDescription(domain=DOMAIN, operation_type="Gelu", version=1) in registry._CONVERTER_REGISTRY:
        return

    @add_converter(operation_type="Gelu", version=1, domain=DOMAIN)
    def gelu(node: Any, graph: Any) -> Any:
        module = nn.GELU(approximate=node.attributes.get("approximate", "none"))
        return OperationConverterResult(torch_module=module, onnx_mapping=onnx_mapping_from_node(node=node))


class _Values(fx.Interpreter):
    """Runs a graph once and keeps what every node gave."""

    def __init__(self, module: fx.GraphModule) -> None:
        super().__init__(module)
        self.of: dict[fx.Node, Any] = {}

    def run_node(self, n: fx.Node) -> Any:
        self.of[n] = super().run_node(n)
        return self.of[n]


def write_out(module: fx.GraphModule, image: torch.Tensor) -> fx.GraphModule:
    """Rewrite ``module`` in place with the shapes it has for ``image`` (1, C, H, W) and return it."""
    values = _Values(module)
    with torch.no_grad():
        values.run(image)
    modules = dict(module.named_modules())
    for node in list(module.graph.nodes):
        if node.op != "call_module":
            continue
        layer = modules[str(node.target)]
        rewrite = _REWRITES.get(type(layer).__name__)
        made = rewrite(layer, node, values.of) if rewrite else None
        if made is None:
            continue
        function, args, kwargs = made
        with module.graph.inserting_before(node):
            plain = module.graph.call_function(function, args, kwargs)
        values.of[plain] = values.of[node]
        node.replace_all_uses_with(plain)
        module.graph.erase_node(node)
    module.graph.eliminate_dead_code()
    module.delete_all_unused_submodules()
    module.recompile()
    return module


Call = tuple[Callable[..., Any], tuple[Any, ...], dict[str, Any]]
Env = Mapping[fx.Node, Any]


def _value(argument: Any, env: Env) -> Any:
    return env[argument] if isinstance(argument, fx.Node) else argument


def _reshape(layer: nn.Module, node: fx.Node, env: Env) -> Call:
    shape = tuple(env[node].shape)
    return torch.reshape, (node.args[0], (-1, *shape[1:])), {}


def _resize(layer: Any, node: fx.Node, env: Env) -> Call | None:
    source, made = _value(node.args[0], env), env[node]
    if source.dim() != 4:
        return None
    old, new = source.shape[2:], made.shape[2:]
    mode = {"nearest": "nearest", "linear": "bilinear", "cubic": "bicubic"}[layer.onnx_mode]
    whole = all(n % o == 0 for n, o in zip(new, old, strict=True))
    target = (
        {"scale_factor": tuple(float(n // o) for n, o in zip(new, old, strict=True))}
        if whole
        else {"size": tuple(new)}
    )
    corners = {} if mode == "nearest" else {"align_corners": bool(layer.align_corners)}
    return F.interpolate, (node.args[0],), {**target, "mode": mode, **corners}


_PLAIN: Mapping[str, Callable[..., Any]] = {
    "add": torch.add,
    "sub": torch.sub,
    "mul": torch.mul,
    "_onnx_div": torch.div,
}
"""By the name of the function in OnnxBinaryMathOperation."""


def _binary(layer: Any, node: fx.Node, env: Env) -> Call | None:
    function = _PLAIN.get(layer.math_op_function.__name__)
    values = (_value(a, env) for a in node.args)
    floats = all(not isinstance(v, torch.Tensor) or v.is_floating_point() for v in values)
    return (function, tuple(node.args), {}) if function and floats and layer.axis is None else None


def _matmul(layer: nn.Module, node: fx.Node, env: Env) -> Call:
    return torch.matmul, tuple(node.args), {}


def _global_pool(layer: nn.Module, node: fx.Node, env: Env) -> Call | None:
    """onnx2torch writes a mean, which MCT exports as ReduceMean: another operator than the file's."""
    return (F.adaptive_avg_pool2d, (node.args[0], 1), {}) if env[node].dim() == 4 else None


def _pad(layer: Any, node: fx.Node, env: Env) -> Call | None:
    if len(node.args) < 2:
        return None
    pads = [int(p) for p in _value(node.args[1], env).tolist()]
    half = len(pads) // 2
    pairs = [
        side for begin, end in zip(pads[:half][::-1], pads[half:][::-1], strict=True) for side in (begin, end)
    ]
    while len(pairs) > 2 and pairs[-2:] == [0, 0]:
        pairs = pairs[:-2]
    fill = float(_value(node.args[2], env)) if len(node.args) > 2 and node.args[2] is not None else 0.0
    return (
        F.pad,
        (node.args[0], pairs),
        {"mode": layer.mode, **({"value": fill} if layer.mode == "constant" else {})},
    )


_REWRITES: Mapping[str, Callable[[Any, fx.Node, Env], Call | None]] = {
    "OnnxReshape": _reshape,
    "OnnxSqueezeStaticAxes": _reshape,
    "OnnxSqueezeDynamicAxes": _reshape,
    "OnnxUnsqueezeStaticAxes": _reshape,
    "OnnxUnsqueezeDynamicAxes": _reshape,
    "OnnxResize": _resize,
    "OnnxBinaryMathOperation": _binary,
    "OnnxMatMul": _matmul,
    "OnnxGlobalAveragePool": _global_pool,
    "OnnxGlobalAveragePoolWithKnownInputShape": _global_pool,
    "OnnxPadDynamic": _pad,
}
"""By the name of onnx2torch's module."""
