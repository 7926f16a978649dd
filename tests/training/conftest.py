"""A small data set that a small network learns in a second."""

from __future__ import annotations

import numpy as np
import pytest

from pi_nn.training.datasets import Dataset


def blobs(count: int, seed: int) -> Dataset:
    """Noisy images of three classes, each a bright square in another corner."""
    rng = np.random.default_rng(seed)
    labels = rng.integers(0, 3, count)
    images = rng.integers(0, 120, (count, 28, 28)).astype(np.uint8)
    for image, label in zip(images, labels, strict=True):
        row, column = ((2, 2), (2, 18), (18, 10))[label]
        image[row : row + 8, column : column + 8] += np.uint8(90)
    return Dataset(images, labels, ("a", "b", "c"))


@pytest.fixture(scope="session")
def train_data() -> Dataset:
    return blobs(300, 1)


@pytest.fixture(scope="session")
def validation_data() -> Dataset:
    return blobs(80, 2)
