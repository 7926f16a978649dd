"""A slash looks like a 1; but it is longer than the digits that it parts, and reaches over both."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image, ImageDraw

from pi_nn.cameras.digits import shipped_digits
from pi_nn.reader import DigitReader
from pi_nn.records import Box
from pi_nn.vision.company import are_slashes

LEFT, RIGHT = (0, 10, 40, 60), (80, 10, 40, 60)


@pytest.mark.parametrize(
    ("others", "slash"),
    [
        ([LEFT, RIGHT], True),
        ([LEFT], False),  # it parts nothing
        ([LEFT, (80, 2, 40, 60)], False),  # not above its neighbour
        ([LEFT, (80, 20, 40, 58)], False),  # not below it
        ([LEFT, (80, 5, 40, 70)], False),  # hardly longer
        ([LEFT, (170, 10, 40, 60)], False),  # far away
        ([LEFT, (80, 10, 40, 60), (170, 0, 40, 90)], True),  # the nearest one counts
        ([LEFT, (80, 100, 40, 60)], False),  # on another line
        ([LEFT, (75, 100, 40, 60), RIGHT], True),
    ],
)
def test_a_slash_reaches_over_its_neighbours(others: list[Box], slash: bool) -> None:
    assert are_slashes([*others, (48, 4, 24, 74)], [len(others)])[-1] is slash


@pytest.mark.parametrize(("height", "slash"), [(74, True), (68, True), (64, False)])
def test_what_is_as_long_as_a_slash_is_one(height: int, slash: bool) -> None:
    """Though it does not reach above its neighbours."""
    boxes = [LEFT, (48, 4, 24, 74), RIGHT, (300, 10, 40, 40), (348, 10, 24, height), (380, 10, 40, 40)]
    assert are_slashes(boxes, [1, 4]) == [False, True, False, False, slash, False]
    assert are_slashes(boxes, [4]) == [False] * 6


@pytest.mark.parametrize(("lean", "believed"), [(24, False), (0, True)])
def test_a_date_is_not_read_with_ones_for_slashes(lean: int, believed: bool) -> None:
    """An upright bar may well be a longer 1."""
    picture, digits = Image.new("L", (480, 140), 225), shipped_digits()
    for k, sign in enumerate("36/08/92"):
        left = 20 + 54 * k
        if sign.isdigit():
            tile = digits.images[np.flatnonzero(digits.labels == int(sign))[3]]
            picture.paste(
                40, (left - 10, 32), Image.fromarray(tile).resize((76, 76), Image.Resampling.BICUBIC)
            )
        else:
            middle = left + 28
            ImageDraw.Draw(picture).line(
                [(middle + lean // 2, 30), (middle - lean // 2, 114)], fill=40, width=8
            )
    reading = DigitReader().read(np.asarray(picture))
    assert [digit.accepted for digit in reading.digits if digit.label == "1"] == [believed] * 2
    assert sum(digit.accepted for digit in reading.digits) == (8 if believed else 6)
