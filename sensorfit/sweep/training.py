"""``--accuracy train``: sensorfit's own training as the accuracy of a candidate; for each the same crops, steps and recipe.

trial.module() ─► vision.train, a short one-cycle run ─► mIoU of the held-out crops ─► trained/17/trained.onnx
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import replace
from functools import cached_property
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import onnx

from ..errors import ConfigError, InputError
from ..runtime.files import write_text
from .pick import TRAINED

if TYPE_CHECKING:
    from ..vision.data import Source
    from ..vision.recipe import Settings
    from .accuracy import Trial

NAME: Final = "train"
REPORTS: Final = 3
"""Validations of a run: after each but the last a trial that falls behind is ended."""
BEGUN: Final = "begun.json"
LOG: Final = "log.jsonl"
LINES: Final = 4
"""Of progress between two validations."""
SCENES: Final = 60
"""Composed to calibrate on: some 150 crops, of which a build takes 128."""
VALIDATED: Final = 512
"""Crops validated on at most."""


class Training:
    """A function of a trial: trains its network on ``data`` for ``steps`` of ``batch`` crops, and returns the mIoU."""

    def __init__(
        self,
        data: Path,
        images: Path | None = None,
        steps: int = 500,
        batch: int = 32,
        seed: int = 0,
        workers: int = 2,
    ) -> None:
        from ..vision.needs import need_train_extra

        need_train_extra()
        self.data, self.images, self.steps, self.batch, self.seed, self.workers = (
            data,
            images,
            steps,
            batch,
            seed,
            workers,
        )

    @property
    def said(self) -> str:
        """The budget, in words."""
        return f"{self.steps:,} steps of {self.batch} crops"

    @property
    def asked(self) -> dict[str, Any]:
        """What decides the accuracies, but the seed: an answer to the same is kept."""
        where = [str(path.resolve()) if path else None for path in (self.data, self.images)]
        return {
            "data": where[0],
            "images": where[1],
            "steps": self.steps,
            "batch": self.batch,
            "validated": VALIDATED,
        }

    def build_options(self, scratch: Path) -> dict[str, Any]:
        """What ``build`` has to know of a network trained here: its normalisation, and crops of the data to calibrate it on.

        Of material, scenes are composed into ``scratch``.
        """
        from ..vision.coco import resolve
        from ..vision.material import is_material
        from ..vision.networks import Normaliser

        data, images = self.data, self.images
        if is_material(data):
            from ..vision.demo import make_demo

            data, images = scratch, None
            if not (scratch / "train.json").is_file():
                make_demo(scratch, self.data, {"train": SCENES}, 1, self.seed)
        boxes, folder = resolve(data, images, "train")
        normaliser = Normaliser()
        return {
            "mean": tuple(normaliser.mean.flatten().tolist()),
            "std": tuple(normaliser.std.flatten().tolist()),
            "calib": folder or boxes.parent / "images",
            "boxes": boxes,
        }

    def settings(self, name: str) -> Settings:
        """The recipe of every run."""
        from ..vision.recipe import Settings

        return Settings(
            name,
            batch=self.batch,
            steps=self.steps,
            lr=2e-3,
            schedule="onecycle",
            flip=0.5,
            colour=1.0,
            seed=self.seed,
        )

    @cached_property
    def source(self) -> Source:
        """The crops, opened once for all trials; ConfigError where none are held out to validate on."""
        from ..vision.data import open_source

        found = open_source(self.data, self.images, self.settings("candidate"), None, VALIDATED)
        if not found.held_out:
            raise ConfigError(
                f"{self.data}: too few annotations to hold some out, so nothing tells candidates apart"
            )
        # Candidates are chosen by the first split; material's second one is kept to judge what was chosen.
        return replace(found, held_out=dict(islice(found.held_out.items(), 1)))

    def __call__(self, trial: Trial) -> float:
        """The mIoU at the end, 0 to 1; the weights lie in the trial's folder, ``trained.onnx`` has them."""
        import torch

        from ..vision import checkpoint
        from ..vision.train import Run, train

        module = trial.module()
        ((split, batch),) = self.source.held_out.items()
        self._fits(module, batch)
        every = -(-self.steps // REPORTS)
        begun = {**self.asked, "seed": self.seed}
        _clear_what_is_not(begun, trial.directory)

        def told(step: int, found: dict[str, Any]) -> None:
            trial.report(found[f"miou_{split}"], step // every)

        for step, found in _validations(trial.directory):
            if f"miou_{split}" in found and step < self.steps:
                told(step, found)

        run = Run(
            trial.directory,
            workers=self.workers,
            save_every=every,
            validate_every=every,
            log_every=max(1, every // LINES),
            resume=True,
        )
        made = train(self.settings(f"candidate-{trial.number}"), run, self.source, trial.say, module, told)
        module.load_state_dict(torch.load(trial.directory / "model.pt", weights_only=True))
        (trial.directory / checkpoint.LAST).unlink(missing_ok=True)
        onnx.save(returned(onnx.load(str(trial.model)), module.cpu().eval()), str(trial.directory / TRAINED))
        return float(made[f"miou_{split}"])

    def _fits(self, module: Any, batch: dict[str, Any]) -> None:
        """InputError for a network that gives no mask of the crops' size."""
        import torch

        with torch.no_grad():
            mask = module.eval()(batch["image"][:1].float())
        module.train()
        crop = tuple(batch["mask"].shape[2:])
        if tuple(mask.shape[1:]) != (1, *crop):
            given = "x".join(map(str, mask.shape[1:]))
            raise InputError(
                f"gives {given} of a crop of {crop[0]}x{crop[1]}, and is trained on masks of that size"
            )


def _clear_what_is_not(begun: dict[str, Any], folder: Path) -> None:
    """Take out of ``folder`` the run that another question began; one that this question began goes on."""
    from ..vision import checkpoint

    place, text = folder / BEGUN, json.dumps(begun, indent=1) + "\n"
    if not (place.is_file() and place.read_text(encoding="utf-8") == text):
        for name in (checkpoint.LAST, LOG):
            (folder / name).unlink(missing_ok=True)
        write_text(place, text)


def _validations(folder: Path) -> Iterator[tuple[int, dict[str, Any]]]:
    """What a run that goes on was told before it ended: the validations up to its last checkpoint."""
    from ..vision import checkpoint

    if not (folder / checkpoint.LAST).is_file():
        (folder / LOG).unlink(missing_ok=True)
    elif (folder / LOG).is_file():
        for line in (folder / LOG).read_text(encoding="utf-8").splitlines():
            row = json.loads(line)
            yield row["step"], row


PARTS: Final = {
    "Conv": ("weight", "bias"),
    "ConvTranspose": ("weight", "bias"),
    "BatchNormalization": ("weight", "bias", "running_mean", "running_var"),
}
"""What the inputs behind the first are called in the layer."""
EQUAL: Final = 1e-4
"""By how much the network may differ from the module, relative to the largest value: float32, summed in another order."""


def returned(model: onnx.ModelProto, module: Any) -> onnx.ModelProto:
    """``model`` with the weights of the module that it was lowered to and that has learnt since: the same graph.

    InputError where it does not compute the same then: some of what was learnt has no place in it.
    """
    import torch
    from onnx import numpy_helper

    from ..graph.load import load
    from ..quantize.lowering import to_module

    stored = {tensor.name: tensor for tensor in model.graph.initializer}
    layers = dict(module.named_children())
    for node in model.graph.node:
        layer = layers.get(re.sub(r"\W+", "_", node.name).strip("_"))
        for part, name in zip(PARTS.get(node.op_type, ()), node.input[1:], strict=False):
            values = None if layer is None else getattr(layer, part, None)
            if values is not None and name in stored and tuple(stored[name].dims) == tuple(values.shape):
                stored[name].CopyFrom(numpy_helper.from_array(values.detach().contiguous().numpy(), name))
    again = to_module(load(model, "trained")).eval()
    shape = [d.dim_value for d in model.graph.input[0].type.tensor_type.shape.dim]
    image = torch.rand(shape, generator=torch.Generator().manual_seed(0))
    with torch.no_grad():
        ours, theirs = again(image), module(image)
    if float((ours - theirs).abs().max()) > EQUAL * max(1.0, float(theirs.abs().max())):
        raise InputError(
            "trained, but its graph has no place for all that it learnt: model.pt in its folder holds it"
        )
    return model
