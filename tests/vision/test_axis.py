"""A bar whose axis goes on as a line is a piece of that line."""

from __future__ import annotations

import numpy as np
import pytest

from pi_nn.vision.axis import is_carried_on
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
