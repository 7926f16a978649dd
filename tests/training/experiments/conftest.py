"""A data set small enough for experiments in a test."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest


@pytest.fixture(scope="session")
def tiny_data(mnist_sample, tmp_path_factory) -> str:
    """The path of an .npz with 500 labelled digits, a part of which is held out as its test images."""
    images, labels = mnist_sample
    path = Path(tmp_path_factory.mktemp("data")) / "digits.npz"
    np.savez(path, images=images, labels=labels.astype(np.int64))
    return str(path)
