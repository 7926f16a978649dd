"""Tiles keep the MNIST convention whatever ink they are made of."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from pi_nn.vision import to_tile


def centre(tile: np.ndarray) -> tuple[float, float]:
    places = np.arange(28) + 0.5
    return float(tile.sum(1) @ places / tile.sum()), float(tile.sum(0) @ places / tile.sum())


@given(
    arrays(np.float32, st.tuples(st.integers(1, 40), st.integers(1, 40)), elements=st.floats(0, 1, width=32))
)
def test_any_ink_gives_a_tile(ink: np.ndarray) -> None:
    tile = to_tile(ink)
    assert tile.shape == (28, 28)
    assert tile.dtype == np.float32
    assert 0 <= tile.min() <= tile.max() <= 1
    if tile.any():
        rows, columns = np.flatnonzero(tile.any(1)), np.flatnonzero(tile.any(0))
        # Widening a thin stroke and the half pixels of centring may add a pixel on each side.
        assert max(rows[-1] - rows[0], columns[-1] - columns[0]) + 1 <= 22


def test_real_digits_come_back_as_they_were(mnist_sample: tuple[np.ndarray, np.ndarray]) -> None:
    away = []
    for image in mnist_sample[0][:50]:
        large = np.kron(image, np.ones((4, 4), np.uint8)).astype(np.float32) / 255
        tile = to_tile(large)
        y, x = centre(tile)
        assert abs(y - 14) <= 0.5
        assert abs(x - 14) <= 0.5
        assert tile.max() > 0.9
        away.append(np.abs(tile - image / np.float32(255)).mean())
    assert np.mean(away) < 0.07


@pytest.mark.parametrize("size", [(9, 6), (40, 30), (400, 200), (37, 300)])
def test_the_longer_side_is_twenty(size: tuple[int, int]) -> None:
    ink = np.zeros((size[0] + 30, size[1] + 50), np.float32)
    ink[10 : 10 + size[0], 20 : 20 + size[1]] = 1
    tile = to_tile(ink)
    rows, columns = np.flatnonzero(tile.max(1) > 0.4), np.flatnonzero(tile.max(0) > 0.4)
    assert max(rows[-1] - rows[0], columns[-1] - columns[0]) + 1 == 20
    aspect = (columns[-1] - columns[0] + 1) / (rows[-1] - rows[0] + 1)
    assert aspect == pytest.approx(size[1] / size[0], rel=0.25)


def test_no_ink_is_an_empty_tile() -> None:
    assert not to_tile(np.zeros((5, 9), np.float32)).any()


def test_thin_strokes_are_widened() -> None:
    ink = np.zeros((400, 300), np.float32)
    ink[20:380, 148:152] = 1
    ink[20:24, 60:240] = 1
    tile = to_tile(ink)
    assert tile.max() > 0.9
    assert tile.sum() > 25
