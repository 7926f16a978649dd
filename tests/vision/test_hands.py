"""Rows of small digits close above one another, beside larger ones: none is a piece of another."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image

from pi_nn.cameras.digits import shipped_digits
from pi_nn.reader import DigitReader
from pi_nn.records import Box
from pi_nn.vision.hands import Hands, Standing
from pi_nn.vision.lattice import clusters, mended
from pi_nn.vision.marks import Mark, torn_marks


def block(box: Box) -> Mark:
    return torn_marks(np.ones((box[3], box[2]), bool), box, 1)[0]


def bowl(box: Box) -> Mark:
    """Ink of a box with paper within."""
    ink = np.ones((box[3], box[2]), bool)
    ink[4:-4, 4:-4] = False
    return torn_marks(ink, box, 1)[0]


def standing(box: Box, *sure: Box, usual: float = 100.0) -> tuple[float, bool]:
    """How tall digits are where a box stands among sure digits, and whether it is one of a row of them."""
    known = [bowl(other) for other in sure]
    found = Hands(usual, known, lambda mark: True).standing([block(box)])
    return float(found.heights[0]), bool(found.row[0])


FAR = (600, 600, 40, 50)


@pytest.mark.parametrize(
    ("box", "height", "row"),
    [
        ((0, 0, 30, 46), 50, True),
        ((0, 0, 30, 30), 100, False),  # lower
        ((0, 30, 30, 50), 100, False),  # on another line
        ((0, 10, 30, 50), 50, True),
        ((260, 0, 30, 50), 100, False),  # far away
        ((210, 0, 30, 50), 50, True),
        ((60, 0, 30, 50), 100, False),  # no neighbour, but the same place
    ],
)
def test_a_row_is_as_tall_as_its_digits(box: Box, height: float, row: bool) -> None:
    assert standing(box, (50, 0, 40, 50), FAR) == (height, row)


def test_digits_nearly_as_tall_as_others_are_of_the_same_hand() -> None:
    assert standing((0, 0, 30, 80), (50, 0, 40, 80), FAR) == (100, True)
    assert standing((0, 0, 30, 72), (50, 0, 40, 72), FAR) == (72, True)


def test_bars_make_no_row() -> None:
    assert standing((0, 0, 30, 50), (50, 0, 10, 50), (70, 0, 10, 50)) == (100, False)


@pytest.mark.parametrize(
    ("sure", "row", "height", "apart", "touching"),
    [
        ((True, False), (True, True), (50, 30), True, True),  # a digit of another row
        ((True, True), (True, False), (50, 30), True, False),  # a digit of its own, unless it may be a half
        ((True, False), (True, False), (50, 30), False, False),  # a loose bar
        ((True, False), (True, False), (50, 40), True, False),  # too large for one
        ((True, True), (False, False), (50, 50), True, False),
        ((True, False), (False, True), (50, 50), False, False),
        ((False, False), (True, True), (50, 50), False, False),
    ],
)
def test_what_is_no_piece(
    sure: tuple[bool, bool], row: tuple[bool, bool], height: tuple[int, int], apart: bool, touching: bool
) -> None:
    for way in (slice(None), slice(None, None, -1)):
        stand = Standing(np.full(2, 50.0), np.array(sure[way]), np.array(row[way]))
        far, near = (stand.apart(np.array(height[way]), np.full((2, 2), broken)) for broken in (False, True))
        assert (bool(far[0, 1]), bool(far[1, 0])) == (apart, apart)
        assert (bool(near[0, 1]), bool(near[1, 0])) == (touching, touching)


@pytest.mark.parametrize(("gap", "together"), [(3, True), (9, False)])
def test_sure_digits_above_one_another_are_halves_where_they_all_but_touch(gap: int, together: bool) -> None:
    marks = [bowl((0, 0, 40, 50)), bowl((0, 50 + gap, 40, 50))]
    assert bool(clusters(marks, Hands(110.0, marks, lambda mark: True))) is together
    assert clusters(marks, Hands(110.0))


@pytest.mark.parametrize(("gap", "together"), [(3, True), (7, False)])
def test_a_sure_exponent_is_no_piece_of_its_digit(gap: int, together: bool) -> None:
    marks = [bowl((0, 10, 40, 50)), bowl((40 + gap, 0, 20, 25))]
    assert bool(clusters(marks, Hands(50.0, marks, lambda mark: True))) is together
    assert clusters(marks, Hands(50.0))


def test_a_small_digit_is_no_crumb_of_what_stands_beside_its_row() -> None:
    row = [bowl((30 * k, 0, 20, 30)) for k in range(4)]
    marks = [*row, bowl((120, 0, 20, 30)), block((142, 0, 12, 80))]
    hands = Hands(80.0, row, lambda mark: mark in row)
    assert len(mended(marks, hands)) == len(marks)
    assert len(mended(marks, Hands(80.0))) < len(marks)


def test_rows_of_half_the_height_are_read_beside_larger_ones() -> None:
    tiles = shipped_digits().images[:84]
    page = np.zeros((260, 1000), np.float32)

    def row(first: int, count: int, top: int, side: int) -> None:
        for k in range(count):
            tile = Image.fromarray(tiles[first + k]).resize((side, side), Image.Resampling.BICUBIC)
            left = 20 + k * side * 7 // 8
            spot = page[top : top + side, left : left + side]
            np.maximum(spot, np.asarray(tile, np.float32), out=spot)

    row(0, 12, 10, 84)
    for line in range(3):
        row(12 + 24 * line, 24, 100 + 34 * line, 42)
    reading = DigitReader().read((230 - page * 0.7).astype(np.uint8))
    believed = sum(digit.accepted for digit in reading.digits)
    assert len(reading.lines) == 4
    assert believed > 0.85 * 84
