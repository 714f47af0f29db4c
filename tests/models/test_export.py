"""The export script, run for one model: the committed graph comes out again.

Needs the extra ``reference`` (torch, timm, segment-anything, onnxruntime).
"""

from pathlib import Path

import numpy as np
import onnx
import pytest

from sensorfit.models.registry import find

pytestmark = [pytest.mark.reference, pytest.mark.usefixtures("extra")]

FILE = "edgesam-encoder-deploy-96"


@pytest.fixture(scope="module")
def extra() -> None:
    """Asked for by the tests, not on import: timm takes seconds, which every collection would wait for."""
    for package in ("timm", "segment_anything"):
        pytest.importorskip(package, reason="needs the extra 'reference'")


def structure(model: onnx.ModelProto) -> tuple[list[object], list[object]]:
    nodes = [
        (n.op_type, list(n.input), list(n.output), sorted(a.SerializeToString() for a in n.attribute))
        for n in model.graph.node
    ]
    return nodes, sorted((t.name, list(t.dims), t.data_type) for t in model.graph.initializer)


def test_the_committed_graph_comes_out_again(tmp_path: Path) -> None:
    from sensorfit.models.export_reference import main

    main([FILE, "-o", str(tmp_path)])
    committed = find("edgesam-deploy/encoder@96")
    assert committed is not None
    assert structure(onnx.load(tmp_path / f"{FILE}.onnx")) == structure(onnx.load(committed.graph))


def test_folded_and_raw_export_compute_the_same() -> None:
    import onnxruntime

    from sensorfit.models.export_reference import export, recipes, reduced
    from sensorfit.models.sam import decoder

    assert recipes()["sam-decoder-96"]["builder"] == "decoder"
    built = decoder(96)
    feed = {name: tensor.numpy() for name, tensor in zip(built.input_names, built.inputs, strict=True)}
    answers = [
        onnxruntime.InferenceSession(m.SerializeToString(), providers=["CPUExecutionProvider"]).run(
            None, feed
        )
        for m in (export(built), reduced(built))
    ]
    for raw, folded in zip(*answers, strict=True):
        np.testing.assert_allclose(raw, folded, rtol=1e-4, atol=1e-6)


def test_a_graph_exported_without_weights_is_the_same_graph() -> None:
    from sensorfit.models.export_reference import reduced
    from sensorfit.models.sam import sam_vit

    shape = {"width": 32, "depth": 2, "heads": 2, "global_attention": (1,)}
    with_weights = reduced(sam_vit(256, **shape))
    without = reduced(sam_vit(256, **shape), weights=False)
    assert [n.op_type for n in with_weights.graph.node] == [n.op_type for n in without.graph.node]
    dims = [
        sorted(list(t.dims) for t in m.graph.initializer if t.data_type == 1 and t.dims)
        for m in (with_weights, without)
    ]
    assert dims[0] == dims[1]
