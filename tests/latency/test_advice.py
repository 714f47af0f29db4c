"""SF4xx: a hint where a change pays, none where it does not."""

from __future__ import annotations

import re
from collections.abc import Callable

import onnx
import onnx.parser
import pytest

from sensorfit.graph.ir import Graph
from sensorfit.graph.load import load
from sensorfit.graph.lower import lower
from sensorfit.latency.estimate import estimate
from sensorfit.models.net import Net
from sensorfit.rules.latency import findings
from sensorfit.target import Target
from sensorfit.verify.catalogue import rules
from sensorfit.verify.finding import Finding
from sensorfit.verify.rule import Rule

Device = Callable[[Net], Graph]


@pytest.fixture(scope="session")
def found(device: Device, target: Target) -> Callable[[Net], list[Finding]]:
    def ask(net: Net) -> list[Finding]:
        graph = device(net)
        return list(findings(graph, estimate(graph, target), target))

    return ask


Found = Callable[[Net], list[Finding]]


@pytest.mark.parametrize("kernel", [1, 3])
@pytest.mark.parametrize("channels", [33, 40, 65, 72])
def test_a_channel_count_just_past_a_multiple_of_32_is_named_with_the_one_below(
    found: Found, channels: int, kernel: int
) -> None:
    (finding,) = found(Net("g", 32, 32, 32).conv(channels, kernel, act=""))
    assert finding.rule == "SF401"
    assert (
        finding.fix
        == f"use {channels // 32 * 32} output channels (or up to {channels // 32 * 32 + 32} at the same cost)"
    )
    assert finding.support == "supported"
    assert finding.shape == (1, channels, 32, 32)


@pytest.mark.parametrize("channels", [3, 16, 32, 41, 48, 63, 64, 96])
def test_other_channel_counts_are_not(found: Found, channels: int) -> None:
    assert found(Net("g", 32, 32, 32).conv(channels)) == []


def test_the_saving_is_what_the_change_saves(device: Device, target: Target) -> None:
    now, then = (estimate(device(Net("g", 32, 32, 32).conv(n)), target) for n in (33, 32))
    assert now.advice[0].saved == pytest.approx(now.cycles - then.cycles, abs=2)


def test_a_large_saving_warns_and_a_small_one_informs(found: Found) -> None:
    (alone,) = found(Net("g", 32, 32, 32).conv(33))
    assert alone.severity == "warning"
    among = found(Net("g", 32, 32, 32).conv(33, 1).conv(32, 1).conv(64).conv(64).conv(64))
    assert {f.severity for f in among} == {"info"}


def test_a_layer_that_takes_no_time_gets_no_hint(found: Found) -> None:
    net = Net("g", 32, 64, 64)
    for _ in range(3):
        net.conv(128)
    assert found(net.average().conv(33, 1)) == []


def test_depthwise_at_full_resolution_is_named(found: Found) -> None:
    (finding,) = found(Net("g", 32, 64, 64).depthwise())
    assert finding.rule == "SF402"
    assert "64x64" in finding.message


def test_depthwise_below_full_resolution_is_not(found: Found) -> None:
    rules = [f.rule for f in found(Net("g", 32, 64, 64).conv(32, stride=2).depthwise())]
    assert rules == []


@pytest.mark.parametrize("mode", ["nearest", "linear"])
def test_a_resize_before_a_1x1_is_named(found: Found, mode: str) -> None:
    rules = {f.rule for f in found(Net("g", 64, 16, 16).resize(32, 32, mode).conv(32, 1))}
    assert rules == {"SF403"}


def test_a_resize_before_a_3x3_or_after_the_1x1_is_not(found: Found) -> None:
    assert found(Net("g", 64, 16, 16).resize(32, 32).conv(32, 3)) == []
    assert found(Net("g", 64, 16, 16).conv(32, 1).resize(32, 32)) == []


def test_a_resized_tensor_with_another_reader_stays_where_it_is(found: Found) -> None:
    net = Net("g", 64, 16, 16).resize(32, 32)
    resized = net.here
    net.conv(64, 1).add(resized)
    assert found(net) == []


def test_a_resized_tensor_that_is_an_output_stays_where_it_is(target: Target) -> None:
    net = Net("g", 64, 16, 16).resize(32, 32)
    resized = net.here
    model = net.conv(32, 1).model()
    model.graph.output.append(onnx.helper.make_tensor_value_info(resized, 1, [1, 64, 32, 32]))
    graph = lower(load(model))
    assert list(findings(graph, estimate(graph, target), target)) == []


def test_moving_the_resize_computes_the_same() -> None:
    import numpy as np
    import onnx
    from onnx.reference import ReferenceEvaluator

    def run(net: Net, weights: list[np.ndarray], x: np.ndarray) -> np.ndarray:
        model = net.model()
        for tensor in model.graph.initializer:
            if tensor.name.startswith("w"):
                tensor.CopyFrom(onnx.numpy_helper.from_array(weights.pop(0), tensor.name))
        return np.asarray(ReferenceEvaluator(model).run(None, {"input": x})[0])

    random = np.random.default_rng(0)
    x, w, b = (random.normal(size=s).astype(np.float32) for s in ((1, 4, 4, 4), (3, 4, 1, 1), (3,)))
    before = run(Net("g", 4, 4, 4).resize(8, 8).conv(3, 1), [w, b], x)
    after = run(Net("g", 4, 4, 4).conv(3, 1).resize(8, 8), [w, b], x)
    np.testing.assert_allclose(before, after, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("rule", rules("latency"), ids=lambda rule: rule.id)
def test_the_examples_in_a_rules_text_fail_and_pass(rule: Rule, target: Target) -> None:
    text = rule.text(target)
    assert rule.id in {f.rule for f in _example(text.fails, target)}
    assert _example(text.passes, target) == []


def _example(text: str, target: Target) -> list[Finding]:
    """The findings on an example: ONNX text whose weights are declared without data."""
    weights = {
        n: [int(d) for d in dims.split(",")]
        for dims, n in re.findall(r"float\[([\d,]+)\] (\w+)(?=[,>])", text)
    }
    head, rest = re.split(r"(?=\{ )", text, maxsplit=1)
    given = re.sub(r",?\s*float\[[\d,]+\] \w+(?=[,>])", "", head).replace("<>", "")
    model = onnx.parser.parse_model(f'<ir_version: 8, opset_import: ["" : 17]>\ng {given}{rest}')
    for name, dims in weights.items():
        model.graph.initializer.append(
            onnx.TensorProto(name=name, data_type=onnx.TensorProto.FLOAT, dims=dims)
        )
    graph = lower(load(model))
    return list(findings(graph, estimate(graph, target), target))
