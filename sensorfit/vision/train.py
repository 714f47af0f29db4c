"""The training loop: the same on a CPU, a GPU, eight, or several nodes (``accelerate launch -m sensorfit train ...``).

A step's crops, learning rate and random numbers are functions of the seed and the step, so on a CPU a run that was
killed and resumed gives the weights, to the bit, of one that was not. (``--minutes`` ties the rate to the clock
and gives that up.)
"""

from __future__ import annotations

import json
import math
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import torch
from torch import nn
from torch.utils.data import DataLoader

from ..errors import InputError
from . import checkpoint
from .data import Source
from .dataset import Batch, collate
from .losses import iou, total_loss
from .networks import Normaliser, beginning, load_network
from .recipe import Settings, learning_rate

SAMPLES: Final = 8
"""Crops shown in TensorBoard."""
EVALUATED: Final = 256
"""Crops of a validation batch."""


@dataclass(frozen=True)
class Run:
    """How a run is carried out; none of it decides the weights, ``minutes`` and ``precision`` apart."""

    directory: Path
    workers: int = 2
    precision: str = "no"
    minutes: float = 0.0
    save_every: int = 1000
    validate_every: int = 1000
    log_every: int = 50
    resume: bool = False


Told = Callable[[int, dict[str, Any]], None]
"""Hears of each validation before the last: the step, and the figures by name. What it raises ends the run."""


def train(
    settings: Settings,
    run: Run,
    source: Source,
    say: Callable[[str], None],
    student: nn.Module | None = None,
    told: Told = lambda step, found: None,
) -> dict[str, Any]:
    """Train to the end; the last validation, images/s and steps. Files go to ``run.directory``. ``student``: a network
    in hand, in place of the settings' one."""
    from accelerate import Accelerator

    total = steps_of(settings, source)
    if settings.batch % source.chunk:
        raise InputError(
            f"--batch {settings.batch}: composed crops come in {source.chunk}s, so give a multiple"
        )
    accelerator = Accelerator(
        mixed_precision=run.precision, cpu=not torch.cuda.is_available(), dataloader_config=_split_batches()
    )
    # Channels last is 1.6 times as fast on a CPU, too (two cores, batch 32).
    if student is None:
        student = beginning(settings.network, settings.seed, settings.weights)
    student = student.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    run.directory.mkdir(parents=True, exist_ok=True)
    torch.backends.cudnn.benchmark = accelerator.device.type == "cuda"
    optimizer = torch.optim.AdamW(student.parameters(), lr=settings.lr, weight_decay=settings.weight_decay)
    average = _averaged(student, settings)
    state = checkpoint.load(run.directory, settings) if run.resume else None
    start = 0
    if state is not None:
        student.load_state_dict(state["student"])
        optimizer.load_state_dict(state["optimizer"])
        if average is not None:
            average.load_state_dict(state["average"])
        start = int(state["step"])
        say(f"going on after step {start:,}")
    loader = _loader(settings, run, source, start, total)
    student, optimizer, loader = accelerator.prepare(student, optimizer, loader)
    loop = _Loop(settings, run, source, accelerator, student, optimizer, average, total, say, told)
    return loop.go(loader, start)


def steps_of(settings: Settings, source: Source) -> int:
    """Steps of the whole run."""
    if settings.steps is not None:
        return settings.steps
    if source.length is None:
        raise InputError("composed crops never end: say how many with --steps")
    return max(1, math.ceil(settings.epochs * source.length / settings.batch))


class _Loop:
    def __init__(
        self, settings: Settings, run: Run, source: Source, accelerator: Any, student: nn.Module,
        optimizer: Any, average: nn.Module | None, total: int, say: Callable[[str], None], told: Told,
    ) -> None:  # fmt: skip
        self.told = told
        self.settings, self.run, self.source, self.accelerator = settings, run, source, accelerator
        self.student, self.optimizer, self.total, self.say = student, optimizer, total, say
        device = accelerator.device
        self.average = average.to(device) if average is not None else None
        self.normalise = Normaliser().to(device)
        self.teacher = _online_teacher(settings, device)
        self.writer: Any = None
        if accelerator.is_main_process:
            from torch.utils.tensorboard import SummaryWriter

            self.writer = SummaryWriter(str(run.directory / "tensorboard"))

    def go(self, loader: Any, start: int) -> dict[str, Any]:
        """All steps from ``start``."""
        began = mark = time.monotonic()
        seen = 0
        step = start
        for batch in loader:
            spent = (time.monotonic() - began) / 60
            progress = step / self.total
            if self.run.minutes:
                progress = max(progress, spent / self.run.minutes)
                if progress >= 1:
                    break
            parts = self._step(batch, step, progress)
            step += 1
            seen += self.settings.batch
            if step % self.run.log_every == 0 and self.accelerator.is_main_process:
                now = time.monotonic()
                self._log(step, progress, parts, seen / (now - mark), now - began)
                mark, seen = now, 0
            if step % self.run.validate_every == 0 and step < self.total:
                self.told(step, self._validate(step))
            if step % self.run.save_every == 0 and step < self.total:
                self._save(step)
        seconds = time.monotonic() - began
        found = self._validate(step)
        self._save(step)
        if self.writer is not None:
            self.writer.close()
        self.accelerator.end_training()
        speed = (step - start) * self.settings.batch / max(seconds, 1e-9)
        return {"steps": step, "seconds": round(seconds, 1), "images_per_second": round(speed, 1), **found}

    def _step(self, batch: Batch, step: int, progress: float) -> dict[str, torch.Tensor]:
        image = self.normalise(batch["image"]).contiguous(memory_format=torch.channels_last)
        teacher, score = batch.get("teacher"), batch.get("score")
        if self.teacher is not None:
            with torch.no_grad(), self.accelerator.autocast():
                teacher = self.teacher(image).float()
            # A SAM predicts its mask's IoU; this teacher does not, so the truth says it.
            score = iou(teacher, batch["mask"])
        for group in self.optimizer.param_groups:
            group["lr"] = learning_rate(self.settings, step, progress)
        self.student.train()
        with self.accelerator.autocast():
            logits = self.student(image)
        loss, parts = total_loss(logits, batch["mask"], teacher, score)
        self.accelerator.backward(loss)
        if self.settings.clip:
            self.accelerator.clip_grad_norm_(self.student.parameters(), self.settings.clip)
        self.optimizer.step()
        self.optimizer.zero_grad(set_to_none=True)
        if self.average is not None:
            _update(self.average, self.accelerator.unwrap_model(self.student), self.settings.ema, step)
        return {"loss": loss.detach(), **parts}

    def _log(
        self, step: int, progress: float, parts: dict[str, torch.Tensor], speed: float, spent: float
    ) -> None:
        values = {name: float(value) for name, value in parts.items()}
        if not math.isfinite(values["loss"]):
            raise InputError(f"the loss is {values['loss']} at step {step}: lower --lr, or set --clip 1")
        left = (self.total - step) * self.settings.batch / max(speed, 1e-9)
        if self.run.minutes:
            left = min(left, self.run.minutes * 60 - spent)
        rate = self.optimizer.param_groups[0]["lr"]
        for name, value in {**values, "lr": rate, "images_per_second": speed}.items():
            self.writer.add_scalar(f"train/{name}", value, step)
        shown = "  ".join(f"{name} {value:.4f}" for name, value in values.items())
        self.say(
            f"step {step:,}/{self.total:,}  {shown}  lr {rate:.2e}  {speed:,.0f} images/s  ETA {_clock(left)}"
        )
        self._record({"step": step, **values, "lr": rate, "images_per_second": round(speed, 1)})

    def _validate(self, step: int) -> dict[str, Any]:
        if not self.accelerator.is_main_process:
            return {}
        module = self._best().eval()
        found: dict[str, Any] = {}
        for split, batch in self.source.held_out.items():
            logits = self._predict(module, batch["image"])
            found[f"miou_{split}"] = round(float(iou(logits, batch["mask"]).mean()), 5)
            self.writer.add_scalar(f"{split}/miou", found[f"miou_{split}"], step)
            shown = torch.cat(
                [
                    batch["image"][:SAMPLES].float() / 255,
                    batch["mask"][:SAMPLES].expand(-1, 3, -1, -1),
                    torch.sigmoid(logits[:SAMPLES]).expand(-1, 3, -1, -1),
                ],
                2,
            )
            self.writer.add_images(f"{split}/image, truth, mask", shown, step)
        if found:
            self.say(f"step {step:,}  " + "  ".join(f"{k} {v:.4f}" for k, v in found.items()))
            self._record({"step": step, **found})
        return found

    @torch.no_grad()
    def _predict(self, module: nn.Module, images: torch.Tensor) -> torch.Tensor:
        device = self.accelerator.device
        parts = []
        for start in range(0, len(images), EVALUATED):
            image = self.normalise(images[start : start + EVALUATED].to(device))
            parts.append(module(image).float().cpu())
        return torch.cat(parts)

    def _best(self) -> nn.Module:
        return self.average if self.average is not None else self.accelerator.unwrap_model(self.student)

    def _record(self, row: dict[str, Any]) -> None:
        with (self.run.directory / "log.jsonl").open("a", encoding="utf-8") as log:
            log.write(json.dumps(row) + "\n")

    def _save(self, step: int) -> None:
        self.accelerator.wait_for_everyone()
        if not self.accelerator.is_main_process:
            return
        student = self.accelerator.unwrap_model(self.student)
        state = {
            "student": student.state_dict(),
            "optimizer": self.optimizer.state_dict(),
            "step": step,
            "settings": self.settings.to_dict(),
        }
        if self.average is not None:
            state["average"] = self.average.state_dict()
        checkpoint.save(self.run.directory / checkpoint.LAST, state)
        weights = {k: v.detach().cpu().contiguous() for k, v in self._best().state_dict().items()}
        checkpoint.save(self.run.directory / checkpoint.MODEL, weights)


def _loader(settings: Settings, run: Run, source: Source, start: int, total: int) -> DataLoader[Batch]:
    from .sampler import StepSampler

    sampler = StepSampler(source.length, settings.batch // source.chunk, start, total, settings.seed)
    return DataLoader(
        source.train, batch_sampler=sampler, num_workers=run.workers, collate_fn=collate,
        persistent_workers=run.workers > 0, prefetch_factor=4 if run.workers else None,
        pin_memory=torch.cuda.is_available(), worker_init_fn=_one_thread,
    )  # fmt: skip


def _one_thread(worker: int) -> None:
    torch.set_num_threads(1)


def _split_batches() -> Any:
    from accelerate import DataLoaderConfiguration

    return DataLoaderConfiguration(split_batches=True, even_batches=False)


def _averaged(student: nn.Module, settings: Settings) -> nn.Module | None:
    import copy

    return copy.deepcopy(student).eval().requires_grad_(False) if settings.ema else None


@torch.no_grad()
def _update(average: nn.Module, student: nn.Module, decay: float, step: int) -> None:
    """Exponential average of everything learnt; it follows faster while little has been learnt."""
    decay = min(decay, (1 + step) / (10 + step))
    ours, theirs = list(average.state_dict().values()), list(student.state_dict().values())
    floats = [(a, b) for a, b in zip(ours, theirs, strict=True) if a.is_floating_point()]
    torch._foreach_lerp_([a for a, _ in floats], [b for _, b in floats], 1 - decay)
    for a, b in zip(ours, theirs, strict=True):
        if not a.is_floating_point():
            a.copy_(b)


def _online_teacher(settings: Settings, device: torch.device) -> nn.Module | None:
    if not settings.teacher.endswith(".pt"):
        return None
    return load_network(Path(settings.teacher))[1].to(device).requires_grad_(False)


def _clock(seconds: float) -> str:
    minutes, rest = divmod(int(max(seconds, 0)), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"
