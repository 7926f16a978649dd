"""What every source of training data becomes: tiles and labels, with a fixed split for validation."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from pi_nn.errors import DataError

DIGITS = tuple("0123456789")
NO_DIGIT = -1
SIDE = 28

# Nothing is allocated beyond these, whatever a header says.
MAX_IMAGES = 1_000_000
MAX_BYTES = 1 << 30

MNIST_SIZE = 60_000
FEWEST = 10
MNIST_VALIDATION = 5_000


@dataclass(frozen=True, eq=False)
class Dataset:
    """Tiles in the MNIST convention with their labels.

    ``images`` uint8 (N, 28, 28), ink high; ``labels`` int64 (N,), an index into ``classes``, or -1 for
    "not a digit". ``names`` says where each came from (empty: by its index). ``missed`` holds a name and
    a label for each picture in which no digit was found.
    """

    images: NDArray[Any]
    labels: NDArray[np.int64]
    classes: tuple[str, ...] = DIGITS
    names: tuple[str, ...] = ()
    missed: tuple[tuple[str, int], ...] = ()

    def __post_init__(self) -> None:
        self._check_images()
        n = len(self.images)
        if self.labels.shape != (n,):
            raise DataError(f"{n} images have labels of shape {self.labels.shape}, expected ({n},)")
        if n and not NO_DIGIT <= int(self.labels.min()) <= int(self.labels.max()) < len(self.classes):
            raise DataError(
                f"labels run from {self.labels.min()} to {self.labels.max()}, "
                f"expected -1 (not a digit) to {len(self.classes) - 1}"
            )

    def _check_images(self) -> None:
        if self.images.shape[1:] != (SIDE, SIDE) or self.images.dtype != np.uint8:
            came = f"{self.images.dtype} {self.images.shape}"
            raise DataError(f"images are {came}, expected uint8 (N, 28, 28)")

    def __len__(self) -> int:
        return len(self.images)

    @cached_property
    def sha256(self) -> str:
        """Of labels and pixels; the training record names the data by it."""
        digest = hashlib.sha256(np.ascontiguousarray(self.labels.astype("<i8")).tobytes())
        digest.update(np.ascontiguousarray(self.images).tobytes())
        return digest.hexdigest()

    def name(self, index: int) -> str:
        return self.names[index] if self.names else f"#{index}"

    def take(self, indices: NDArray[np.intp] | slice) -> Self:
        """The chosen images, in that order, without the list of the missed."""
        names = tuple(np.array(self.names, dtype=object)[indices]) if self.names else ()
        return replace(self, images=self.images[indices], labels=self.labels[indices], names=names, missed=())

    def split(self) -> tuple[Self, Self]:
        """(training, validation), the same at every call.

        Of 60,000 images in MNIST's order the last 5,000 validate. Any other set may be sorted by class, so
        there a fixed shuffle comes first, and a fifth (at most 5,000) validates.
        """
        n = len(self)
        _enough(n)
        held_out = min(MNIST_VALIDATION, n // 5)
        if n == MNIST_SIZE:
            return self.take(slice(0, n - held_out)), self.take(slice(n - held_out, n))
        order = np.random.default_rng(0).permutation(n)
        return self.take(order[:-held_out]), self.take(order[-held_out:])

    def portions(self, *, tested_elsewhere: bool = False) -> tuple[Self, Self, Self]:
        """(training, validation, test): 60, 20 and 20 % of each class, the same at every call.

        MNIST and what is ``tested_elsewhere`` are split in two, and the test portion is empty.
        """
        n = len(self)
        if tested_elsewhere or n == MNIST_SIZE:
            return *self.split(), self.take(slice(0, 0))
        _enough(n)
        order = np.random.default_rng(0).permutation(n)
        # By class, so that each of them is dealt out evenly.
        order = order[np.argsort(self.labels[order], kind="stable")]
        hand = np.arange(n) % 5
        return self.take(order[hand >= 2]), self.take(order[hand == 0]), self.take(order[hand == 1])


def _enough(n: int) -> None:
    if n < FEWEST:
        raise DataError(f"{n} images are too few to train on: {FEWEST} are needed, 20 a class are better")


def class_names(labels: NDArray[np.int64]) -> tuple[str, ...]:
    """Names for plain numbers: the ten digits, or more where the labels need them."""
    highest = int(labels.max(initial=0))
    if highest > 255:
        raise DataError(f"label {highest} is above 255, expected the index of a class")
    return tuple(str(i) for i in range(max(10, highest + 1)))
