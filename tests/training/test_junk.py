"""Junk is varied, has the form of a tile, and does not show upright strokes that are somebody's 1."""

from __future__ import annotations

import numpy as np
import pytest

from pi_nn.training.junk import KINDS, junk
from pi_nn.training.shapes import NOT_DIGITS, write


def digits() -> np.ndarray:
    images = np.zeros((4, 28, 28), np.float32)
    images[:, 4:24, 12:16] = 1
    return images


@pytest.mark.parametrize("kind", [kind for _, kind in KINDS], ids=lambda kind: kind.__name__)
def test_a_kind_makes_tiles_no_two_alike(kind) -> None:
    images = kind(12, digits(), np.random.default_rng(3))
    assert images.shape == (12, 28, 28)
    assert images.dtype == np.float32
    assert images.min() >= 0
    assert images.max() <= 1
    np.testing.assert_array_equal(images, kind(12, digits(), np.random.default_rng(3)))
    assert len(np.unique(images.reshape(12, -1), axis=0)) >= 8


def test_the_mixture_holds_every_kind() -> None:
    made = []
    rng = np.random.default_rng(0)
    for k, (_, kind) in enumerate(KINDS):
        made.append(kind(1, digits(), rng))
        assert made[k].shape == (1, 28, 28)
    images = junk(200, digits(), np.random.default_rng(1))
    assert images.shape == (200, 28, 28)
    assert np.isfinite(images).all()
    assert (images.max(axis=(1, 2)) > 0.3).mean() > 0.8


@pytest.mark.parametrize("shape", NOT_DIGITS)
def test_a_shape_that_is_no_digit_is_not_one_upright_stroke(shape: str) -> None:
    written = write(shape, 4, np.random.default_rng(0))
    columns = (written.max(axis=1) > 0.5).sum(axis=1)
    assert (columns > 3).all()
