"""Digit images as smooth strokes: thinning, distances, pens."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from pi_nn.cameras.digits import shipped_digits
from pi_nn.cameras.scenes.strokes import EDGE, distance, glyph, thin

inks = arrays(np.bool_, (12, 14)).map(lambda ink: np.pad(ink, 1))


def pieces(ink: np.ndarray) -> int:
    """The number of 8-connected pieces, by flooding."""
    left = {(int(y), int(x)) for y, x in np.argwhere(ink)}
    count = 0
    while left:
        count += 1
        todo = [left.pop()]
        while todo:
            y, x = todo.pop()
            near = {(y + dy, x + dx) for dy in (-1, 0, 1) for dx in (-1, 0, 1)} & left
            left -= near
            todo += near
    return count


def test_a_bar_is_thinned_to_its_middle() -> None:
    ink = np.zeros((9, 21), bool)
    ink[2:7, 2:19] = True
    line = thin(ink)
    assert set(np.flatnonzero(line.any(1)).tolist()) == {4}
    assert line.sum() > 10


@given(inks)
def test_thinning_takes_away_only_and_is_done_once(ink: np.ndarray) -> None:
    line = thin(ink)
    assert not (line & ~ink).any()
    assert np.array_equal(thin(line), line)


def test_thinning_breaks_no_digit() -> None:
    for image in shipped_digits().images[::7]:
        ink = np.pad(image > 120, 1)
        assert pieces(thin(ink)) == pieces(ink)


@given(inks, st.integers(2, 6))
def test_distance_is_euclidean_up_to_its_reach(ink: np.ndarray, reach: int) -> None:
    points = np.argwhere(ink)
    ys, xs = np.mgrid[: ink.shape[0], : ink.shape[1]]
    truth = np.full(ink.shape, float(reach))
    for y, x in points:
        truth = np.minimum(truth, np.hypot(ys - y, xs - x))
    assert np.allclose(distance(ink, reach), truth, atol=1e-5)


@pytest.mark.parametrize("pen", [None, 0.05, 0.15])
@pytest.mark.parametrize("index", range(0, 300, 30))
def test_the_bounds_hold_the_ink(index: int, pen: float | None) -> None:
    drawn = glyph(shipped_digits().images[index], pen)
    ink = np.asarray(drawn.field) > EDGE
    rows, columns = np.flatnonzero(ink.any(1)), np.flatnonzero(ink.any(0))
    slack = 0 if pen is None else 12  # a thinned line ends earlier than the stroke did, a fat pen later
    assert abs(rows[0] - drawn.top) <= slack
    assert abs(columns[0] - drawn.left) <= slack
    assert abs(rows[-1] + 1 - drawn.top - drawn.height) <= slack
    assert abs(columns[-1] + 1 - drawn.left - drawn.width) <= slack


def test_a_pen_draws_as_thick_as_it_is() -> None:
    image = np.zeros((28, 28), np.uint8)
    image[4:24, 11:17] = 255  # a bar 20 high
    for pen in (0.05, 0.1, 0.2):
        drawn = glyph(image, pen)
        ink = np.asarray(drawn.field) > EDGE
        middle = ink[drawn.top + drawn.height // 2]
        assert middle.sum() == pytest.approx(pen * drawn.height, abs=1.5)


def test_an_image_without_ink_does_no_harm() -> None:
    assert glyph(np.zeros((28, 28), np.uint8)).height > 0
