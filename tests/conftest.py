"""Fixtures that every suite may use."""

from __future__ import annotations

import os

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # before NumPy: threads that wait for each other are slow

from pathlib import Path

import numpy as np
import pytest
from hypothesis import settings

# A loaded machine is not a failure: no example may fail for the time it took.
settings.register_profile("pi_nn", deadline=None, max_examples=60)
settings.load_profile("pi_nn")

FIXTURES = Path(__file__).parent / "fixtures"


@pytest.fixture(scope="session")
def mnist_sample() -> tuple[np.ndarray, np.ndarray]:
    """The first 500 MNIST test images, uint8 (500, 28, 28), and their labels, uint8 (500,)."""
    with np.load(FIXTURES / "mnist_test.npz") as data:
        return data["images"], data["labels"]
