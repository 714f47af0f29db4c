"""What a build puts on the Raspberry Pi: geometry, masks, the script with a camera in place of the camera, modlib for real."""

from __future__ import annotations

import json
import runpy
import subprocess
import sys
import types
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest

from sensorfit.api import load_target
from sensorfit.errors import InputError, ToolchainError
from sensorfit.models.roi import centre_crop, centre_square
from sensorfit.pipeline import templates
from sensorfit.pipeline.bundle import atomic_directory, is_bundle, write_manifest
from sensorfit.pipeline.deploy import chosen_among, kind_of, label_notes, read_labels, read_outputs
from sensorfit.pipeline.templates.segmentation import (
    BACKGROUND,
    agreement,
    best,
    channels_first,
    class_mask,
    largest_crop,
    overlay,
    placed,
)
from sensorfit.target import read_facts
from sensorfit.vision.geometry import sensor_of, to_sensor

SENSOR = (4056, 3040)
TEMPLATES = Path(templates.__file__).parent


@pytest.mark.parametrize("size", [(96, 96), (128, 96), (96, 128), (640, 360), (4056, 3040)])
def test_the_crop_on_the_sensor_is_the_one_calibration_cuts(size: tuple[int, int]) -> None:
    left, top, width, height = largest_crop(SENSOR, size)
    assert (left, top, left + width, top + height) == centre_crop(*SENSOR, size[0] / size[1])


def test_the_crop_is_the_one_that_segmentation_in_images_maps_to_the_sensor() -> None:
    left, top, width, height = largest_crop(SENSOR, (96, 96))
    there = to_sensor(centre_square(2028, 1520), 2028, 1520, sensor_of(load_target()))
    assert there == (left, top, left + width, top + height)


def test_the_sensors_size_is_a_fact() -> None:
    assert tuple(read_facts("target", load_target())["sensor"]["pixels"]) == SENSOR


@pytest.mark.parametrize("form", ["as it is", "batch", "channels last", "turned"])
def test_an_output_in_any_order_is_the_networks(form: str) -> None:
    value = np.arange(24.0).reshape(2, 3, 4)
    given = {
        "as it is": value,
        "batch": value[None],
        "channels last": value.transpose(1, 2, 0),
        "turned": value.transpose(0, 2, 1),
    }
    assert np.array_equal(channels_first(given[form], (2, 3, 4)), value)
    with pytest.raises(ValueError, match="another network is loaded"):
        channels_first(given[form], (2, 3, 5))


def test_one_channel_is_a_mask_above_zero_and_several_are_classes() -> None:
    assert class_mask(np.array([[[0.5, 0.0, -1.0]]])).tolist() == [[0, BACKGROUND, BACKGROUND]]
    assert class_mask(np.array([[[1.0, 0.0]], [[0.0, 2.0]], [[0.0, 1.0]]])).tolist() == [[0, 1]]


def test_classes_that_the_network_chose_itself_are_drawn_as_they_are() -> None:
    chosen = np.array([[0.0, 4.0, 1.0], [2.0, 0.0, 0.0]])
    assert np.array_equal(class_mask(chosen, chosen=True), chosen)
    assert np.array_equal(class_mask(chosen[None], chosen=True), chosen)


@pytest.mark.parametrize("form", [(1, 2, 3), (3, 2), (2, 3, 1)])
def test_a_map_without_channels_is_found_in_any_order(form: tuple[int, ...]) -> None:
    value = np.arange(6.0).reshape(2, 3)
    given = value.T if form == (3, 2) else value.reshape(form)
    assert np.array_equal(channels_first(given, (2, 3)), value)


def test_scores_keep_their_order_whatever_axes_the_camera_adds() -> None:
    scores = np.array([0.5, 3.0, -1.0, 2.0])
    assert best(channels_first(scores.reshape(1, 1, 4), (4,))) == [(1, 3.0), (3, 2.0), (0, 0.5)]
    assert np.array_equal(channels_first(scores.reshape(1, 1, 4), (4, 1, 1))[:, 0, 0], scores)


@pytest.mark.parametrize(
    ("shape", "whole", "kind"),
    [
        ([5, 32, 56], False, "logits"),
        ([1, 32, 56], False, "logits"),
        ([32, 56], True, "classes"),
        ([1, 32, 56], True, "classes"),
        ([10], False, "scores"),
        ([10, 1, 1], False, "scores"),
        ([1], True, "choice"),
        ([8400, 4], False, "other"),
        ([1], False, "other"),
    ],
)
def test_what_the_scripts_make_of_an_output(shape: list[int], whole: bool, kind: str) -> None:
    assert kind_of(shape, whole) == kind


def test_labels_are_counted_against_the_classes_that_an_argmax_chooses_among() -> None:
    text = """<ir_version: 8, opset_import: ["" : 17]> g (float[1,3,8,6] x) => (float[1,2] s, int64[1,8,6] y)
        { c = Conv (x, w) s = ReduceMean <axes = [2, 3], keepdims = 0> (c) a = ArgMax <axis = 1> (c)
          y = Squeeze (a, one) }"""
    model = onnx.parser.parse_model(text)
    for name, value in {"w": np.zeros((5, 3, 1, 1), np.float32), "one": np.array([1])}.items():
        model.graph.initializer.append(onnx.numpy_helper.from_array(value, name))
    assert (chosen_among(model, 0), chosen_among(model, 1)) == (None, 5)
    assert label_notes(5, ("a", "b")) == ("--labels: 2 labels for 5 classes; the others are shown by number",)
    assert label_notes(1, ("a", "b")) == ("--labels: 2 labels for 1 class; are they this network's?",)
    assert label_notes(2, ("a", "b")) == label_notes(None, ("a", "b")) == label_notes(5, ()) == ()


def test_a_mask_lies_where_the_network_looked() -> None:
    image = placed(np.array([[1, 2], [3, 4]], np.uint8), (8, 6), (2, 1, 4, 4))
    assert image[0].tolist() == [BACKGROUND] * 8
    assert image[1].tolist() == [BACKGROUND] * 2 + [1, 1, 2, 2] + [BACKGROUND] * 2
    assert image[4].tolist() == [BACKGROUND] * 2 + [3, 3, 4, 4] + [BACKGROUND] * 2


def test_a_place_that_reaches_over_the_border_is_cut() -> None:
    assert placed(np.array([[1, 2]], np.uint8), (3, 1), (-1, 0, 4, 1)).tolist() == [[1, 2, 2]]
    assert (placed(np.array([[1]], np.uint8), (3, 3), (5, 5, 2, 2)) == BACKGROUND).all()


def test_what_is_no_class_is_not_drawn() -> None:
    drawn = overlay(np.array([[0, 1, BACKGROUND]], np.uint8), alpha=99, background=1)
    assert drawn[0, :, 3].tolist() == [99, 0, 0] and drawn[0, 0, :3].any()


def test_agreement_is_in_the_outputs_units() -> None:
    assert agreement(np.array([1.0, 2.0]), np.array([1.0, 4.0])) == {
        "largest": 2.0,
        "mean": 1.0,
        "equal": 0.5,
    }


PARAMS = """<dnnParams><networks><network><outputTensors>
<outputTensor ordinal="1" scale="0.5"><dimensions><dimension ordinal="0" size="10"/></dimensions></outputTensor>
<outputTensor ordinal="0" scale="0.25"><dimensions><dimension ordinal="1" size="6"/><dimension ordinal="0" size="2"/>
<dimension ordinal="2" size="8"/></dimensions></outputTensor></outputTensors></network></networks></dnnParams>"""


def test_outputs_are_read_in_the_sensors_order(tmp_path: Path) -> None:
    (tmp_path / "dnnParams.xml").write_text(PARAMS)
    assert read_outputs(tmp_path / "dnnParams.xml") == [
        {"shape": [2, 6, 8], "scale": 0.25},
        {"shape": [10], "scale": 0.5},
    ]
    (tmp_path / "dnnParams.xml").write_text("<dnnParams>")
    with pytest.raises(ToolchainError, match=r"dnnParams\.xml: its outputs are not in the form known"):
        read_outputs(tmp_path / "dnnParams.xml")


def test_labels_are_one_a_line_and_a_file_without_any_is_named(tmp_path: Path) -> None:
    (tmp_path / "labels.txt").write_text("road\n\n sky \n")
    assert read_labels(tmp_path / "labels.txt") == ("road", "sky") and read_labels(None) == ()
    (tmp_path / "labels.txt").write_text("\n")
    with pytest.raises(InputError, match="holds no label"):
        read_labels(tmp_path / "labels.txt")
    with pytest.raises(InputError, match="none"):
        read_labels(tmp_path / "none.txt")


def test_a_bundle_with_deploy_is_ours_until_something_is_put_there(tmp_path: Path) -> None:
    with atomic_directory(tmp_path / "out") as out:
        (out / "deploy").mkdir()
        (out / "deploy" / "camera.py").write_text("")
        write_manifest(out, {})
    assert "deploy/camera.py" in json.loads((tmp_path / "out" / "manifest.json").read_text())["files"]
    assert is_bundle(tmp_path / "out")
    (tmp_path / "out" / "deploy" / "mine.py").write_text("")
    assert not is_bundle(tmp_path / "out")


@pytest.fixture
def deployed(tmp_path: Path) -> Path:
    """A directory as a build makes it, for a network of two classes at 6x8."""
    for script in TEMPLATES.glob("*.*"):
        if script.name != "__init__.py":
            (tmp_path / script.name).write_bytes(script.read_bytes())
    info = {
        "name": "net",
        "sensor": SENSOR,
        "input": [8, 6],
        "outputs": [{"shape": [2, 6, 8], "scale": 0.25, "kind": "logits", "whole": False}],
        "shown": 0,
    }
    (tmp_path / "network_info.json").write_text(json.dumps(info))
    (tmp_path / "network_intrinsics.json").write_text(json.dumps({"classes": {"labels": ["road", "sky"]}}))
    return tmp_path


def one_frame_of(
    deployed: Path, monkeypatch: pytest.MonkeyPatch, outputs: list[np.ndarray], *arguments: str
) -> dict[str, Any]:
    """Run camera.py for one frame with everything but picamera2 itself, whose calls are recorded."""
    seen: dict[str, Any] = {}

    class Camera:
        def __init__(self, number: int) -> None:
            seen["camera"] = number

        def create_preview_configuration(self, **options: Any) -> Any:
            return options

        def start(self, configuration: Any, show_preview: bool) -> None: ...

        def camera_configuration(self) -> Any:
            return {"main": {"size": (64, 48)}}

        def set_overlay(self, image: np.ndarray) -> None:
            seen["overlay"] = image

    class Sensor:
        camera_num = 3

        def __init__(self, file: str) -> None:
            seen["file"] = file

        def set_inference_roi_abs(self, roi: tuple[int, ...]) -> None:
            seen["roi"] = roi

        def get_outputs(self, metadata: Any) -> Any:
            return outputs

        def get_roi_scaled(self, request: Any) -> Any:
            return (16, 12, 32, 24)

        @staticmethod
        def get_kpi_info(metadata: Any) -> Any:
            return (1.0, 5.25)

    picamera2, devices = types.ModuleType("picamera2"), types.ModuleType("picamera2.devices")
    picamera2.Picamera2, devices.IMX500 = Camera, Sensor  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "picamera2", picamera2)
    monkeypatch.setitem(sys.modules, "picamera2.devices", devices)
    monkeypatch.syspath_prepend(str(deployed))
    monkeypatch.setattr(sys, "argv", ["camera.py", *arguments])

    def one_frame(seconds: float) -> None:
        camera = sys._getframe(1).f_locals["camera"]
        camera.pre_callback(types.SimpleNamespace(get_metadata=dict))
        raise KeyboardInterrupt

    monkeypatch.setattr("time.sleep", one_frame)
    with pytest.raises(KeyboardInterrupt):
        runpy.run_path(str(deployed / "camera.py"), run_name="__main__")
    sys.modules.pop("segmentation", None)
    return seen


def test_the_script_aims_the_network_and_draws_its_mask_there(
    deployed: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    logits = np.zeros((2, 6, 8))
    logits[1, :, 4:] = 1
    seen = one_frame_of(deployed, monkeypatch, [logits], "--background", "0")
    assert seen["file"] == str(deployed / "network.rpk") and seen["camera"] == 3
    assert seen["roi"] == largest_crop(SENSOR, (8, 6))
    drawn = seen["overlay"][:, :, 3] > 0
    assert drawn[12:36, 32:48].all() and drawn.sum() == 24 * 16  # the right half of the ROI is sky
    assert capsys.readouterr().out == "road, sky  DSP 5.25 ms\n"


def with_outputs(deployed: Path, shown: int, *outputs: dict[str, Any]) -> None:
    """Rewrite network_info.json for a network of these outputs."""
    info = json.loads((deployed / "network_info.json").read_text())
    rows = [{"scale": 1.0, "whole": False, **output} for output in outputs]
    (deployed / "network_info.json").write_text(json.dumps({**info, "outputs": rows, "shown": shown}))


def test_the_script_draws_what_an_argmax_in_the_network_chose(
    deployed: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    with_outputs(
        deployed,
        1,
        {"shape": [7, 2], "kind": "other"},
        {"shape": [6, 8], "kind": "classes", "whole": True},
    )
    chosen = np.zeros((6, 8))
    chosen[:, 4:] = 1
    seen = one_frame_of(deployed, monkeypatch, [np.ones((7, 2)), chosen], "--background", "0")
    drawn = seen["overlay"][:, :, 3] > 0
    assert drawn[12:36, 32:48].all() and drawn.sum() == 24 * 16
    assert capsys.readouterr().out == "road, sky  DSP 5.25 ms\n"


@pytest.mark.parametrize(
    ("output", "value", "said"),
    [
        ({"shape": [3], "kind": "scores"}, np.array([0.5, 2.0, -1.0]), "sky 2, road 0.5, 2 -1"),
        ({"shape": [1], "kind": "choice"}, np.array([1.0]), "sky"),
        ({"shape": [2, 2], "kind": "other"}, np.array([[-1.5, 0], [1, 2]]), "values from -1.5 to 2"),
    ],
)
def test_the_script_says_what_has_no_place_in_the_picture(
    deployed: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    output: dict[str, Any],
    value: np.ndarray,
    said: str,
) -> None:
    with_outputs(deployed, 0, output)
    assert "overlay" not in one_frame_of(deployed, monkeypatch, [value])
    assert capsys.readouterr().out == f"{said}  DSP 5.25 ms\n"


def test_packaging_elsewhere_than_on_the_pi_says_so(deployed: Path) -> None:
    done = subprocess.run(
        ["/bin/sh", str(deployed / "package.sh")],
        capture_output=True,
        text=True,
        env={"PATH": "/usr/bin:/bin"},
    )
    assert done.returncode == 3 and "sudo apt install imx500-tools" in done.stderr


MODLIB = """
import json
import struct
from pathlib import Path
import numpy as np
from model import Network
from selftest import Recorded, milliseconds, verdict
from modlib.devices.frame import IMAGE_TYPE, Frame
from modlib.models import COLOR_FORMAT
from modlib.apps import Annotator
from modlib.models.results import ROI

network = Recorded()
assert (network.labels, network.preserve_aspect_ratio) == (["road", "sky"], True)
logits = np.zeros((2, 6, 8), np.float32)
logits[1, :, 4:] = 1
assert network.task_type == "segmentation"
segments = Network().post_process([logits])
assert segments.indices.tolist() == [0, 1] and segments.get_mask(1)[:, 4:].all() 
assert np.array_equal(Network().post_process([logits.transpose(1, 2, 0)]).mask, segments.mask)
network.post_process([logits.transpose(1, 2, 0)])
assert np.array_equal(network.last[0], logits)

segments.compensate_for_roi(ROI(0.25, 0.25, 0.5, 0.5))
assert segments.mask.shape == (12, 16) and (segments.mask[3:9, 8:12] == 1).all() and (segments.mask[:3] == 255).all()

# What the converter states of an input in [0, 1] with scale 1/256: the pixel itself.
network.info = {"input_tensor": {"width": 8, "height": 6, "norm_val": [0, 0, 0], "norm_shift": [0, 0, 0],
                                 "div_val": [1, 1, 1], "div_shift": 0, "dtype": np.uint8}}
image = np.random.default_rng(0).integers(0, 256, (6, 8, 3), dtype=np.uint8)
_, tensor, roi = network.pre_process(image, COLOR_FORMAT.RGB)
planes = tensor.reshape(3, 6, 32)
assert np.array_equal(planes[:, :, :8], image.transpose(2, 0, 1)) and not planes[:, :, 8:].any()
assert tuple(roi) == (0, 0, 1, 1)

assert milliseconds(struct.pack("II", 1500, 5250)) == (1.5, 5.25) and milliseconds(None) is None
outputs = [{"scale": 0.25, "whole": False}]
good, lines = verdict([logits], [logits + 0.5], outputs)
assert good and "2.0 steps" in lines[0]
assert not verdict([logits], [logits + 0.75], outputs)[0]

# Classes are the same or not: how far their numbers are apart says nothing.
chosen, other = np.zeros((20, 20)), np.zeros((20, 20))
other[0, :4] = 9
outputs = [{"scale": 1.0, "whole": True}]
assert verdict([chosen], [other], outputs)[0]
assert not verdict([chosen], [chosen + 1], outputs)[0]

place = Path("network_info.json")
info = json.loads(place.read_text())
for kind, shape, value in (("scores", [3], [0.5, 2.0, -1.0]), ("choice", [1], [1.0])):
    place.write_text(json.dumps({**info, "outputs": [{"shape": shape, "kind": kind, "scale": 1.0, "whole": False}]}))
    network = Network()
    found = network.post_process([np.array(value, np.float32)])
    assert network.task_type == "classification" and found.class_id[0] == 1 and len(found) == len(value)
place.write_text(json.dumps({**info, "outputs": [{"shape": [6, 8], "kind": "classes", "scale": 1.0, "whole": True}]}))
classes = np.arange(48.0).reshape(6, 8)
assert np.array_equal(Network().post_process([classes]).mask, classes)
print("all of it")
"""


@pytest.mark.packaging
def test_modlibs_own_classes_take_the_model(deployed: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    """In an environment of its own: modlib wants an older numpy than the build extra gets."""
    place = tmp_path_factory.mktemp("modlib")
    uv = [sys.executable, "-m", "uv"]
    subprocess.run([*uv, "venv", "-q", "--python", sys.executable, place], check=True, capture_output=True)
    install = [*uv, "pip", "install", "-q", "--python", place / "bin" / "python", "modlib>=1.5,<2"]
    subprocess.run(install, check=True, capture_output=True)
    done = subprocess.run(
        [place / "bin" / "python", "-c", MODLIB], cwd=deployed, capture_output=True, text=True
    )
    assert done.stdout.endswith("all of it\n"), done.stderr
