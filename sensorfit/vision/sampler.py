"""Which item is drawn when: a function of seed and step alone, so that a resumed run draws what it would have drawn.

An item is (epoch, index). A finite data set is permuted anew every epoch; an endless one is counted through.
"""

from __future__ import annotations

from collections.abc import Iterator

import torch
from torch.utils.data import Sampler

Item = tuple[int, int]


class StepSampler(Sampler[list[Item]]):
    """Batches of items from step ``start`` to ``stop``; ``length`` items make an epoch, None for an endless set."""

    def __init__(
        self, length: int | None, batch: int, start: int, stop: int, seed: int, shuffle: bool = True
    ) -> None:
        self.length, self.batch_size, self.start, self.stop = length, batch, start, stop
        self.seed, self.shuffle, self.drop_last = seed, shuffle, True

    def __len__(self) -> int:
        return max(self.stop - self.start, 0)

    def __iter__(self) -> Iterator[list[Item]]:
        order, of_epoch = torch.empty(0, dtype=torch.long), -1
        for step in range(self.start, self.stop):
            batch: list[Item] = []
            for n in range(step * self.batch_size, (step + 1) * self.batch_size):
                if self.length is None:
                    batch.append((0, n))
                    continue
                epoch, place = divmod(n, self.length)
                if epoch != of_epoch:
                    order, of_epoch = self._order(epoch), epoch
                batch.append((epoch, int(order[place])))
            yield batch

    def _order(self, epoch: int) -> torch.Tensor:
        assert self.length is not None
        if not self.shuffle:
            return torch.arange(self.length)
        generator = torch.Generator().manual_seed(self.seed * 1_000_003 + epoch)
        return torch.randperm(self.length, generator=generator)
