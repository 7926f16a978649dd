"""Digit images for the simulated camera: those that ship, or the caller's own."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from pi_nn.errors import DataError
from pi_nn.nn.archive import read_bytes, unpack

if TYPE_CHECKING:
    from numpy.typing import NDArray

SHIPPED = Path(__file__).with_name("digits.npz")


@dataclass(frozen=True)
class DigitImages:
    """Handwritten digits to draw with: ``images`` uint8 (N, 28, 28), ink 255, and ``labels`` 0..9, (N,)."""

    images: NDArray[np.uint8]
    labels: NDArray[np.uint8]

    def __post_init__(self) -> None:
        n = len(self.labels)
        if self.images.shape != (n, 28, 28) or self.images.dtype != np.uint8 or n == 0:
            raise DataError(
                f"digit images are {self.images.dtype} {self.images.shape} for {n} labels, "
                "expected uint8 (N, 28, 28) with ink 255 and N labels"
            )

    @cached_property
    def by_class(self) -> list[NDArray[np.intp]]:
        """For each class 0..9 the indices of its images."""
        return [np.flatnonzero(self.labels == digit) for digit in range(10)]

    def pick(self, digit: int, rng: np.random.Generator) -> NDArray[np.uint8]:
        """One image (28, 28) of ``digit``. Raises :class:`DataError` where there is none."""
        choices = self.by_class[digit]
        if not len(choices):
            raise DataError(
                f"no image of a {digit} among {len(self.labels)} digit images; give some of each class"
            )
        image: NDArray[np.uint8] = self.images[choices[int(rng.integers(len(choices)))]]
        return image


def shipped_digits() -> DigitImages:
    """The 300 digits of the package: MNIST, from the 5,000 validation images that are never trained on."""
    arrays = unpack(read_bytes(SHIPPED), SHIPPED.name)
    return DigitImages(arrays["images"], arrays["labels"])
