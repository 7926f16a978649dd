"""What one training batch is made of: real digits, a few in forms that MNIST lacks or in type, and junk."""

from __future__ import annotations

from copy import copy

import numpy as np
from numpy.typing import NDArray

from pi_nn.training.augmentation import Augmentation
from pi_nn.training.junk import junk
from pi_nn.training.shapes import european_digits
from pi_nn.training.typeset import printed_digits
from pi_nn.training.warp import Images

NOT_A_DIGIT = -1


class Mixture:
    """Adds European forms and junk to a batch of digits and augments all: an `Augment` of batches.py.

    Forms (some of them set in type) and junk are drawn once, from `rng`, into banks of bytes: drawing them
    for each batch would cost more than the training step, and augmentation already makes no two alike.
    `digits`, uint8 (N, 28, 28), are what junk such as "two digits in one tile" is made of. `scenes`, tiles
    and labels as from `scene_tiles`, join the banks.
    """

    def __init__(
        self,
        digits: NDArray[np.uint8],
        rng: np.random.Generator,
        *,
        augmentation: Augmentation | None = None,
        junk_share: float = 0.12,
        form_share: float = 0.06,
        bank: int = 24_000,
        scenes: tuple[NDArray[np.uint8], NDArray[np.int64]] | None = None,
    ) -> None:
        self._augmentation = augmentation or Augmentation()
        self._junk_share, self._form_share = junk_share, form_share
        self._junk = to_bytes(junk(bank, to_floats(digits), rng))
        forms, self._form_labels = european_digits(bank // 4, rng)
        self._forms = to_bytes(forms)
        typeset, typeset_labels = printed_digits(bank // 24, rng)
        self._take(to_bytes(typeset), typeset_labels)
        if scenes is not None:
            self._take(*scenes)

    def _take(self, tiles: NDArray[np.uint8], labels: NDArray[np.int64]) -> None:
        known = labels != NOT_A_DIGIT
        self._junk = np.concatenate([self._junk, tiles[~known]])
        self._forms = np.concatenate([self._forms, tiles[known]])
        self._form_labels = np.concatenate([self._form_labels, labels[known]])

    def using(self, augmentation: Augmentation, *, junk_share: float) -> Mixture:
        """The same forms and junk, augmented in another way and with another share of junk."""
        other = copy(self)
        other._augmentation, other._junk_share = augmentation, junk_share
        return other

    def __call__(
        self, images: NDArray[np.uint8], labels: NDArray[np.int64], rng: np.random.Generator
    ) -> tuple[Images, NDArray[np.int64]]:
        """Pictures (M, 28, 28), 0..1, and labels (M,), -1 for junk, in a random order; M >= len(images)."""
        forms = rng.integers(0, len(self._forms), round(len(images) * self._form_share))
        trash = rng.integers(0, len(self._junk), round(len(images) * self._junk_share))
        pictures = np.concatenate([images, self._forms[forms], self._junk[trash]])
        targets = np.concatenate([labels, self._form_labels[forms], np.full(len(trash), NOT_A_DIGIT)])
        # Shuffled, because several workers share a batch and BatchNorm needs every share to be alike.
        order = rng.permutation(len(pictures))
        return self._augmentation(to_floats(pictures[order]), rng), targets[order]


def to_bytes(images: Images) -> NDArray[np.uint8]:
    """0..1 to 0..255."""
    return np.asarray(np.round(images * np.float32(255)), np.uint8)


def to_floats(images: NDArray[np.uint8]) -> Images:
    """0..255 to 0..1, float32."""
    return np.asarray(images * np.float32(1 / 255), np.float32)
