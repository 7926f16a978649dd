"""What lies right around a mark tells whether its ink ends there."""

from __future__ import annotations

import numpy as np
import pytest

from pi_nn.vision.marks import Mark, torn_marks
from pi_nn.vision.rim import Rim, rim_of

PAPER, INK = 200, 40
ROWS, COLUMNS = slice(20, 60), slice(30, 35)


def bar() -> Mark:
    mask = np.zeros((80, 64), bool)
    mask[ROWS, COLUMNS] = True
    return torn_marks(mask, (0, 0, 0, 0), 3)[0]


def rim(*other: tuple[slice, slice]) -> Rim:
    """The rim of a bar on paper with ``other`` ink."""
    grey = np.full((80, 64), PAPER, np.uint8)
    for rows, columns in [(ROWS, COLUMNS), *other]:
        grey[rows, columns] = INK
    return rim_of(grey, bar())


@pytest.mark.parametrize(
    ("other", "goes_on"),
    [
        ([], False),
        ([(slice(0, 18), COLUMNS), (slice(62, 80), COLUMNS)], True),  # a line in pieces
        ([(slice(15, 65), slice(35, 64))], True),  # one side is as dark: the edge of a shadow
        ([(slice(62, 80), COLUMNS)], False),  # another digit stands below
        ([(slice(62, 66), slice(0, 64))], False),  # it stands on a line
        ([(slice(16, 65), slice(38, 64))], False),  # other ink stands beside it, and reaches farther
        ([(ROWS, slice(37, 40))], False),  # another bar stands beside it
    ],
)
def test_a_bar_goes_on_where_ink_is_beyond_both_ends(other: list[tuple[slice, slice]], goes_on: bool) -> None:
    assert rim(*other).goes_on(shaded=False) is goes_on


def test_ink_beside_a_mark_leaves_its_rim_open() -> None:
    assert rim().openness(shaded=False) == 0
    assert 0.3 < rim((slice(0, 80), slice(35, 64))).openness(shaded=False) < 0.6


def test_the_paper_around_a_mark_may_be_rough() -> None:
    assert rim().roughness() == 0
    assert rim((ROWS, slice(37, 40))).roughness() > 0.9


def test_a_mark_that_fills_its_picture_has_no_rim() -> None:
    mark = torn_marks(np.ones((20, 20), bool), (0, 0, 0, 0), 3)[0]
    filled = rim_of(np.full((20, 20), INK, np.uint8), mark)
    assert (filled.openness(shaded=True), filled.roughness(), filled.goes_on(shaded=False)) == (0, 0, False)


@pytest.mark.parametrize(("beside", "open_"), [(PAPER - 4, True), (PAPER, False)])
def test_a_bar_is_open_where_hardly_a_grey_level_parts_it_from_what_is_beside_it(
    beside: int, open_: bool
) -> None:
    grey = np.full((80, 64), PAPER, np.uint8)
    grey[:, 35:] = beside
    grey[ROWS, COLUMNS] = PAPER - 5
    assert (rim_of(grey, bar()).openness(shaded=False) > 0.4) is open_
