"""The network as a Model of modlib, Sony's Application Module Library (``pip install modlib``).

from modlib.devices import AiCamera
from model import Network
device = AiCamera()
device.deploy(Network())
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
from modlib.devices.imx500.isp import prepare_tensor_like_isp
from modlib.models import COLOR_FORMAT, MODEL_TYPE, Model, Segments
from modlib.models.model import TASK_TYPE
from modlib.models.results import ROI, Classifications
from segmentation import best, channels_first, class_mask

HERE = Path(__file__).resolve().parent


class Network(Model):
    """network.rpk, its crop that of the input's aspect, and the output that shows what it found."""

    def __init__(self, model_file: Path = HERE / "network.rpk") -> None:
        super().__init__(
            model_file=model_file,
            model_type=MODEL_TYPE.RPK_PACKAGED,
            color_format=COLOR_FORMAT.RGB,
            preserve_aspect_ratio=True,
        )
        info: dict[str, Any] = json.loads((HERE / "network_info.json").read_text(encoding="utf-8"))
        intrinsics = json.loads((HERE / "network_intrinsics.json").read_text(encoding="utf-8"))
        self.shapes = [output["shape"] for output in info["outputs"]]
        self.shown = info["shown"]
        self.kind = info["outputs"][self.shown]["kind"]
        self.labels = intrinsics.get("classes", {}).get("labels", [])

    @property
    def task_type(self) -> TASK_TYPE:
        """What modlib reads from the return type of post_process, of which there are two here."""
        if self.kind in ("logits", "classes"):
            return TASK_TYPE.SEGMENTATION
        return TASK_TYPE.CLASSIFICATION if self.kind in ("scores", "choice") else super().task_type

    def pre_process(
        self, image: np.ndarray, src_color_format: str = COLOR_FORMAT.BGR, resize_fn: Any = None
    ) -> tuple[np.ndarray, np.ndarray, ROI]:
        """``image`` (H, W, 3), uint8, as the sensor would hand it to the network; to inject it."""
        tensor, roi = prepare_tensor_like_isp(image, self, src_color_format)
        return image, tensor, roi

    def post_process(self, output_tensors: list[np.ndarray]) -> Segments | Classifications:
        """The mask: logits above zero for one channel, the largest of several, or what the network chose; of scores of the
        whole image, the best classes."""
        values = channels_first(output_tensors[self.shown], self.shapes[self.shown])
        if self.kind in ("logits", "classes"):
            return Segments(class_mask(values, chosen=self.kind == "classes"))
        if self.kind in ("scores", "choice"):
            found = best(values) if self.kind == "scores" else [(round(values.item()), 1.0)]
            classes, scores = zip(*found, strict=True)
            return Classifications(confidence=np.array(scores), class_id=np.array(classes))
        raise NotImplementedError(
            f"output {self.shown}, {self.shapes[self.shown]}, is no mask and no scores: decode it in a class derived from this one"
        )
