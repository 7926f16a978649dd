"""A bar whose axis goes on as a line is a piece of that line, and one of many close together is no 1."""

from __future__ import annotations

import numpy as np
import pytest

from pi_nn.cameras.digits import shipped_digits
from pi_nn.cameras.scenes import DEGRADATIONS, render
from pi_nn.reader import DigitReader
from pi_nn.vision.axis import in_a_fence, is_carried_on, is_followed, is_rooted, lean_apart
from pi_nn.vision.marks import torn_marks
from pi_nn.vision.runs import find_runs


def leaning(top: int, bottom: int, wide: int = 4, aside: int = 0) -> np.ndarray:
    """A mask of a bar that leans by one pixel in three."""
    mask = np.zeros((120, 120), bool)
    for row in range(top, bottom):
        mask[row, aside + 40 + row // 3 : aside + 40 + row // 3 + wide] = True
    return mask


@pytest.mark.parametrize(
    ("other", "carried"),
    [
        (leaning(0, 0), False),
        (leaning(78, 120), True),
        (leaning(0, 34), True),
        (leaning(90, 120), False),  # too far off
        (leaning(78, 85), False),  # too short
        (leaning(78, 120, aside=15), False),
        (leaning(78, 120, wide=20), False),
    ],
)
def test_a_line_on_the_axis_carries_a_bar_on(other: np.ndarray, carried: bool) -> None:
    bar = leaning(40, 70)
    assert is_carried_on(torn_marks(bar, (0, 0, 0, 0), 3)[0], find_runs(bar | other)) is carried


@pytest.mark.parametrize(
    ("count", "pitch", "height", "fence"),
    [
        (4, 11, 30, True),
        (3, 11, 30, False),  # three ones in a hurry
        (4, 13, 30, False),  # written as ones are
        (6, 8, 12, False),  # small ones are wider apart for their size
    ],
)
def test_bars_closer_than_ones_are_written_are_a_fence(
    count: int, pitch: int, height: int, fence: bool
) -> None:
    mask = np.zeros((120, 120), bool)
    for k in range(count):
        mask |= leaning(40, 40 + height, 3, pitch * k - 30)
    bars = torn_marks(mask, (0, 0, 0, 0), 3)
    assert len(bars) == count
    assert in_a_fence(bars) == [fence] * count


@pytest.mark.parametrize("other", [leaning(76, 106, 3, -12), leaning(48, 62, 1, -25)])  # below; much lower
def test_a_bar_elsewhere_or_of_another_height_is_in_no_fence(other: np.ndarray) -> None:
    mask = np.logical_or.reduce([leaning(40, 70, 3, 9 * k - 30) for k in range(5)])
    bars = torn_marks(mask | other, (0, 0, 0, 0), 3)
    assert sorted(in_a_fence(bars)) == [False, *[True] * 5]


def test_a_fence_may_be_turned() -> None:
    mask = np.logical_or.reduce([leaning(30 + 9 * k, 60 + 9 * k, 3, 11 * k - 30) for k in range(4)])
    assert in_a_fence(torn_marks(mask, (0, 0, 0, 0), 3)) == [True] * 4


@pytest.mark.parametrize(
    ("other", "rooted"),
    [
        (leaning(0, 40, wide=60, aside=-20), True),
        (leaning(70, 120, wide=30), True),
        (leaning(34, 40, wide=60, aside=-20), False),  # a line that it hangs from
        (leaning(0, 36, wide=60, aside=-20), False),  # it does not touch
    ],
)
def test_a_bar_that_wide_ink_goes_on_from_is_rooted_there(other: np.ndarray, rooted: bool) -> None:
    bar = leaning(40, 70)
    assert is_rooted(torn_marks(bar, (0, 0, 0, 0), 3)[0], find_runs(bar | other)) is rooted


@pytest.mark.parametrize("seed", [32, 60, 100])
def test_a_finger_beside_digits_is_none(seed: int) -> None:
    recipe = DEGRADATIONS["hand"].at(1)
    scene = render("7 4", shipped_digits(), np.random.default_rng(seed), recipe)
    assert str(DigitReader().read(scene.pixels).text).split() in (["7", "4"], ["74"])


PAPER, LINE, BAR = 200, 120, 60


@pytest.mark.parametrize(
    ("lines", "followed"),
    [
        ([], False),
        ([leaning(0, 120)], True),
        ([leaning(70, 120)], True),  # at the foot alone
        ([leaning(0, 40)], True),
        ([leaning(70, 76)], False),  # too short
        ([leaning(0, 34), leaning(76, 120)], False),  # other bars stand above and below
        ([leaning(0, 120, wide=80, aside=-40)], False),  # a darker ground
        ([leaning(0, 120, wide=60, aside=-56)], False),  # a darker side
        ([leaning(72, 76, wide=80, aside=-40)], False),  # it stands on a line
    ],
)
def test_a_bar_from_which_a_paler_line_goes_on_is_a_piece_of_it(
    lines: list[np.ndarray], followed: bool
) -> None:
    grey = np.full((120, 120), PAPER, np.uint8)
    for line in lines:
        grey[line] = LINE
    bar = leaning(40, 70)
    grey[bar] = BAR
    assert is_followed(torn_marks(bar, (0, 0, 0, 0), 3)[0], grey) is followed


def test_ruled_paper_is_far_paler_than_a_bar_on_its_line() -> None:
    grey = np.full((120, 120), PAPER, np.uint8)
    grey[leaning(0, 120)] = 150
    bar = leaning(40, 70)
    grey[bar] = BAR
    assert not is_followed(torn_marks(bar, (0, 0, 0, 0), 3)[0], grey)


def test_what_is_as_narrow_and_bent_is_no_bar_of_a_line() -> None:
    """The axis of a 9 or a 6 may run between its strokes."""
    bent = leaning(40, 70, 2, -5) | leaning(40, 70, 2, 7)
    bent[53:55, 55:66] = True
    grey = np.full((120, 120), PAPER, np.uint8)
    grey[leaning(0, 120)] = LINE
    grey[bent] = BAR
    assert not is_followed(torn_marks(bent, (0, 0, 0, 0), 3)[0], grey)


@pytest.mark.parametrize(
    ("steps", "apart"),
    [
        ([1.0, -1.0], True),  # rays
        ([1.0, 0.0, -0.8], True),
        ([0.35, -0.8], False),  # ones of two hands
        ([0.8], False),
        ([1.0, 0.9], False),  # ones on a page that is turned
    ],
)
def test_ones_do_not_lean_in_all_directions(steps: list[float], apart: bool) -> None:
    bars = []
    for step in steps:
        mask = np.zeros((120, 120), bool)
        for row in range(40, 70):
            mask[row, int(60 + step * (row - 55)) : int(64 + step * (row - 55))] = True
        bars += torn_marks(mask, (0, 0, 0, 0), 3)
    assert lean_apart(bars) is apart
