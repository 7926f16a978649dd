"""A digit whose strokes do not touch is read whole, or not believed: never a part of it in silence."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image, ImageDraw

from pi_nn.reader import DigitReader
from pi_nn.records import Box
from pi_nn.vision.choose import best_way, rivals
from pi_nn.vision.hands import Hands
from pi_nn.vision.lattice import Lattice, joining
from pi_nn.vision.marks import Mark, torn_marks
from pi_nn.vision.scene import Scene

Stroke = list[tuple[int, int]]
ONE: Stroke = [(300, 50), (297, 150)]
SIX: Stroke = [(300, 60), (270, 110), (270, 150), (300, 165), (320, 140), (300, 120), (272, 135)]


def written(*strokes: Stroke) -> Image.Image:
    """Strokes of a round pen on paper."""
    picture = Image.new("L", (420, 240), 225)
    draw = ImageDraw.Draw(picture)
    for stroke in strokes:
        draw.line(stroke, fill=50, width=12, joint="curve")
        for x, y in (stroke[0], stroke[-1]):
            draw.ellipse([x - 6, y - 6, x + 6, y + 6], fill=50)
    return picture


def pieces(*boxes: Box) -> Lattice:
    """Rectangles of ink that may be joined, on paper where digits are 100 pixels high."""
    return joining(
        [torn_marks(np.ones((h, w), bool), (x, y, w, h), 1)[0] for x, y, w, h in boxes], Hands(100.0)
    )


def all_of(lattice: Lattice) -> int:
    """The index of the candidate that takes all pieces."""
    return next(k for k, (first, after, _) in enumerate(lattice.candidates) if after - first > 1)


def test_a_four_in_two_strokes_is_not_believed_as_two_digits() -> None:
    four = written([(175, 60), (140, 130), (185, 125)], [(225, 70), (195, 165)])
    reading = DigitReader().read(np.asarray(four))
    assert reading.text is None
    assert [(digit.label, digit.accepted) for digit in reading.digits] == [("4", False)]


def test_two_halves_one_on_the_other_are_not_believed_as_ones() -> None:
    halves = written([(215, 55), (165, 95)], [(150, 108), (180, 165)], ONE)
    reading = DigitReader().read(np.asarray(halves))
    assert reading.text is None
    assert not any(digit.accepted for digit in reading.digits if digit.box[0] < 250)


def test_a_stroke_that_is_taken_for_a_line_is_not_lost_in_silence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Scene, "unlined", lambda scene, mark: [])
    two_and_a_foot = written([(60, 70), (90, 52), (110, 75), (65, 118), (112, 118)], [(60, 150), (112, 150)])
    reading = DigitReader().read(np.asarray(two_and_a_foot))
    assert reading.text != "2"
    assert all(digit.box[3] > 90 or not digit.accepted for digit in reading.digits)


def test_a_loose_bar_goes_to_the_nearer_digit() -> None:
    five = [(150, 75), (142, 150), (165, 170), (190, 150), (180, 120), (145, 125)]
    reading = DigitReader().read(np.asarray(written(five, [(195, 60), (245, 58)], SIX)))
    assert reading.text is None
    assert [digit.accepted for digit in reading.digits] == [False, True]
    assert reading.digits[1].box[0] > 260, "the six has its own ink only"


def test_a_dark_stroke_on_pale_lines_is_no_line() -> None:
    picture = written(
        [(65, 58), (110, 52), (122, 75), (95, 98), (62, 100), (112, 108)], [(112, 118), (116, 130)], ONE
    )
    ImageDraw.Draw(picture).line([(58, 152), (118, 148)], fill=50, width=8)
    ruled = np.array(picture)
    for y in (25, 205):
        ruled[y : y + 3] = np.minimum(ruled[y : y + 3], 185)
    for x in (20, 215, 400):
        ruled[:, x : x + 3] = np.minimum(ruled[:, x : x + 3], 185)
    assert DigitReader().read(ruled).text == "3 1"


@pytest.mark.parametrize(
    ("boxes", "together", "rivalry"),
    [
        ([(0, 0, 60, 70), (50, 5, 40, 95)], 1.0, True),  # as likely one digit as two
        ([(0, 0, 60, 70), (50, 5, 40, 95)], 0.5, False),
        ([(0, 0, 80, 100), (20, 40, 40, 30)], 1.0, False),  # nobody writes one digit within another
    ],
)
def test_ways_that_are_as_good(boxes: list[Box], together: float, rivalry: bool) -> None:
    lattice = pieces(*boxes)
    quality = [together if k == all_of(lattice) else 1.0 for k in range(len(lattice.candidates))]
    assert bool(rivals(lattice, quality, best_way(lattice, quality))) is rivalry


@pytest.mark.parametrize(
    ("boxes", "heights", "upon"),
    [
        ([(0, 0, 60, 48), (5, 50, 60, 50)], (100.0, 100.0), True),
        ([(0, 0, 60, 48), (5, 50, 60, 50)], (50.0, 100.0), False),  # a row of smaller digits
        ([(0, 0, 60, 100), (40, 0, 60, 95)], (100.0, 100.0), False),  # leaning, side by side
        ([(0, 0, 60, 100), (0, 105, 60, 100)], (100.0, 100.0), False),  # two lines
    ],
)
def test_what_stands_on_another(boxes: list[Box], heights: tuple[float, float], upon: bool) -> None:
    one, other = (torn_marks(np.ones((h, w), bool), (x, y, w, h), 1)[0] for x, y, w, h in boxes)
    lattice = Lattice((one, other), ((0, 1, one), (1, 2, other)), heights=heights)
    assert [lattice.is_upon(0, 1), lattice.is_upon(1, 0)] == [upon, upon]


def test_a_foot_is_joined_across_a_gap_that_digits_of_two_lines_do_not_leave() -> None:
    top, foot = (403, 258, 53, 50), (398, 326, 67, 12)
    assert len(pieces(top, foot).candidates) == 3
    small: list[Mark] = [torn_marks(np.ones((b[3], b[2]), bool), b, 1)[0] for b in (top, foot)]
    assert len(joining(small, Hands(50.0)).candidates) == 2
