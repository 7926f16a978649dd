"""Mini-batches in an order that follows from (seed, epoch) alone, augmented ahead of the training."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import Executor, Future
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pi_nn.errors import DataError
from pi_nn.nn.workspace import Array, Shape, aligned_empty
from pi_nn.training.datasets import Dataset

# (images uint8 (B, 28, 28), labels (B,), rng) -> (tiles float32 (B', 28, 28) of 0..1,
#  targets: class numbers (B',), -1 for "not a digit", or soft rows (B', K)).
Augment = Callable[
    [NDArray[np.uint8], NDArray[np.int64], np.random.Generator], tuple[NDArray[np.float32], Array]
]
Batch = tuple[Array, Array]

AHEAD = 8
# Unaugmented batches are made so many at a time: the calls for one take longer than the work.
GROUP = 4


def as_input(images: Array, shape: Shape) -> NDArray[np.float32]:
    """uint8 (N, 28, 28) -> float32 (N, *shape), 0..1; what is float32 already (features) keeps its values."""
    shaped = images.reshape(len(images), *shape)
    if shaped.dtype == np.float32:
        return shaped
    scaled: NDArray[np.float32] = np.multiply(shaped, np.float32(1 / 255), out=aligned_empty(shaped.shape))
    return scaled


def plain(images: Array, labels: NDArray[np.int64], _rng: np.random.Generator) -> Batch:
    """No augmentation."""
    return as_input(images, images.shape[1:]), labels


@dataclass(frozen=True)
class Batches:
    """The batches of any epoch, for a network of ``input_shape`` and ``outputs``.

    A label of -1 becomes the last output, which must then be one more than the classes. Every random
    choice comes from (seed, epoch, number of the batch), never from the order in which threads work.
    ``together`` is the least number of images that may form a batch. ``as_bytes`` hands out unaugmented
    images as they are, for a network that takes bytes.
    """

    data: Dataset
    size: int
    seed: int
    input_shape: Shape
    outputs: int
    augment: Augment = plain
    together: int = 1
    as_bytes: bool = False

    def __len__(self) -> int:
        return len(self._starts())

    def _starts(self) -> range:
        n = len(self.data)
        # A short rest, too small for a batch, joins the batch before it.
        end = n - n % self.size if 0 < n % self.size < self.together and n > self.size else n
        return range(0, end, self.size)

    def epoch(self, number: int, executor: Executor | None = None) -> Iterator[Batch]:
        """(x, targets) for each batch; an ``executor`` prepares the next augmented ones meanwhile."""
        order = np.random.default_rng((self.seed, number)).permutation(len(self.data))
        starts = list(self._starts())
        shares = [order[a:b] for a, b in zip(starts, [*starts[1:], len(order)], strict=True)]
        if self.augment is plain:
            for k in range(0, len(shares), GROUP):
                yield from self._as_they_are(shares[k : k + GROUP])
            return
        if executor is None:
            yield from (self._prepare(number, place, share) for place, share in enumerate(shares))
            return
        waiting: deque[Future[Batch]] = deque()
        for place, share in enumerate(shares):
            waiting.append(executor.submit(self._prepare, number, place, share))
            if len(waiting) > AHEAD:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()

    def _as_they_are(self, shares: list[NDArray[np.intp]]) -> Iterator[Batch]:
        indices = np.concatenate(shares)
        images = self.data.images[indices]
        x = images.reshape(-1, *self.input_shape) if self.as_bytes else as_input(images, self.input_shape)
        targets = as_targets(self.data.labels[indices], self.outputs)
        end = 0
        for share in shares:
            start, end = end, end + len(share)
            yield x[start:end], targets[start:end]

    def _prepare(self, epoch: int, place: int, indices: NDArray[np.intp]) -> Batch:
        rng = np.random.default_rng((self.seed, epoch, place, 1))
        tiles, targets = self.augment(self.data.images[indices], self.data.labels[indices], rng)
        if len(tiles) != len(targets):
            raise DataError(f"the augmentation made {len(tiles)} tiles but {len(targets)} targets")
        return tiles.reshape(len(tiles), *self.input_shape), as_targets(targets, self.outputs)


def as_targets(targets: Array, outputs: int) -> Array:
    """Class numbers with -1 as the last of the ``outputs``; soft rows pass."""
    return np.where(targets < 0, outputs - 1, targets) if targets.ndim == 1 else targets


def check_labels(data: Dataset, outputs: int) -> None:
    """Raises :class:`DataError` when a network of ``outputs`` cannot learn these labels."""
    classes = len(data.classes)
    if outputs not in (classes, classes + 1):
        raise DataError(f"the data have {classes} classes, but the network has {outputs} outputs")
    if outputs == classes and bool((data.labels < 0).any()):
        raise DataError(
            "some images are labelled -1 (not a digit), but the network has no output for these; "
            "train one with a junk class, or leave them out"
        )
