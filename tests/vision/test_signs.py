"""Signs between numbers are ink of no digit: the digits beside them are believed, and they part numbers."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image, ImageDraw

from pi_nn.cameras.digits import shipped_digits
from pi_nn.reader import DigitReader
from pi_nn.records import Box
from pi_nn.vision.layout import arrange
from pi_nn.vision.marks import Mark, torn_marks
from pi_nn.vision.signs import is_plus, is_times, signs_of

Stroke = list[tuple[float, float]]
# In heights of a digit, from its top left corner.
PLUS: list[Stroke] = [[(0, 0.5), (0.5, 0.48)], [(0.26, 0.25), (0.24, 0.75)]]
TIMES: list[Stroke] = [[(0, 0.25), (0.5, 0.75)], [(0.5, 0.25), (0, 0.75)]]
MINUS: list[Stroke] = [[(0.05, 0.5), (0.4, 0.52)]]
EQUALS: list[Stroke] = [[(0, 0.38), (0.5, 0.37)], [(0, 0.62), (0.5, 0.62)]]
SIGNS = {"+": PLUS, "x": TIMES, "-": MINUS, "=": EQUALS}


def drawn(strokes: list[Stroke], side: int = 60, width: int = 6) -> list[Mark]:
    picture = Image.new("1", (side, side))
    for stroke in strokes:
        points = [(4 + 0.8 * side * x, 0.8 * side * y) for x, y in stroke]
        ImageDraw.Draw(picture).line(points, fill=1, width=width)
    return torn_marks(np.asarray(picture), (0, 0, side, side), 1)


def page(text: str, ink: int = 40, width: int = 8, pitch: int = 50) -> np.ndarray:
    """Digits of MNIST and signs drawn with ``ink`` and of a ``width``, in one line."""
    picture = Image.new("L", (pitch * len(text) + 60, 120), 225)
    draw, digits = ImageDraw.Draw(picture), shipped_digits()
    for k, sign in enumerate(text):
        left = 20 + pitch * k
        if sign.isdigit():
            tile = digits.images[np.flatnonzero(digits.labels == int(sign))[3]]
            large = Image.fromarray(tile).resize((76, 76), Image.Resampling.BICUBIC)
            picture.paste(40, (left - 12, 22), large)
        else:
            for stroke in SIGNS[sign]:
                points = [(left + 12 + 54 * x, 33 + 54 * y) for x, y in stroke]
                draw.line(points, fill=ink, width=width)
    return np.asarray(picture)


@pytest.mark.parametrize(
    ("text", "read"),
    [("35+2", "35 2"), ("48x6", "48 6"), ("96-32", "96 32"), ("72=65", "72 65"), ("2+5=7", "2 5 7")],
)
def test_signs_part_numbers(text: str, read: str) -> None:
    assert DigitReader().read(page(text)).text == read


def test_a_minus_before_a_number_is_not_dropped_in_silence() -> None:
    assert DigitReader().read(page("-36")).text is None


@pytest.mark.parametrize(("ink", "width"), [(165, 8), (40, 2)])
def test_what_another_pen_wrote_is_no_sign(ink: int, width: int) -> None:
    """A pale or thin bar between digits is what a ruled line left: it is not known for a minus."""
    assert DigitReader().read(page("9-8", pitch=40)).text == "9 8"
    assert DigitReader().read(page("9-8", ink, width, pitch=40)).raw == "98"


UNEVEN: list[Stroke] = [[(0, 0.25), (0.5, 0.75)], [(0.5, 0.31), (0, 0.69)]]


@pytest.mark.parametrize("side", [40, 60, 90])
def test_crossing_strokes(side: int) -> None:
    (plus,), (times,) = drawn(PLUS, side, side // 12), drawn(TIMES, side, side // 12)
    assert (is_plus(plus), is_times(plus)) == (True, False)
    assert (is_plus(times), is_times(times)) == (False, True)
    assert is_times(drawn(UNEVEN, side, side // 12)[0])


RHOMB: list[Stroke] = [[(0.3, 0.0), (0.6, 0.4), (0.3, 0.8), (0, 0.4), (0.3, 0.0)]]
HOURGLASS: list[Stroke] = [[(0, 0.1), (0.6, 0.1), (0, 0.9), (0.6, 0.9), (0, 0.1)]]
FORK: list[Stroke] = [[(0, 0), (0.3, 0.4), (0.3, 0.9)], [(0.6, 0), (0.3, 0.4)]]
WIDE: list[Stroke] = [[(0, 0.5), (0.9, 0.5)], [(0.4, 0.35), (0.4, 0.65)]]
TEE: list[Stroke] = [[(0, 0.1), (0.6, 0.1)], [(0.3, 0.1), (0.3, 0.7)]]


@pytest.mark.parametrize("strokes", [RHOMB, HOURGLASS, FORK, TEE, [[(0.05, 0.4), (0.06, 0.4)]], MINUS, WIDE])
def test_what_does_not_cross_in_the_middle(strokes: list[Stroke]) -> None:
    for width in (7, 10):
        (mark,) = drawn(strokes, 60, width)
        assert not is_plus(mark)
        assert not is_times(mark)


def test_no_digit_is_a_crossing() -> None:
    for tile in shipped_digits().images[:300]:
        for mark in torn_marks(tile > 100, (0, 0, 28, 28), 8):
            assert not is_plus(mark)
            assert not is_times(mark)


BETWEEN = [(0, 0, 40, 60), (110, 0, 40, 60)]


@pytest.mark.parametrize(
    ("bars", "digits", "count"),
    [
        ([(60, 26, 30, 6)], BETWEEN, 1),
        ([(60, 26, 30, 6)], BETWEEN[:1], 0),  # nothing behind it
        ([(60, 26, 30, 6)], BETWEEN[1:], 0),
        ([(60, 4, 30, 6)], BETWEEN, 0),  # flies like the bar of a 5
        ([(60, 52, 30, 6)], BETWEEN, 0),  # lies at the foot
        ([(60, 26, 15, 6)], BETWEEN, 0),  # short
        ([(60, 26, 70, 6)], [(0, 0, 40, 60), (140, 0, 40, 60)], 0),  # long
        ([(60, 26, 30, 16)], BETWEEN, 0),  # thick
        ([(60, 26, 30, 6)], [(0, 0, 40, 60), (170, 0, 40, 60)], 0),  # far from one
        ([(60, 18, 30, 6), (60, 36, 30, 6)], BETWEEN[:1], 2),
        ([(60, 18, 30, 6), (80, 36, 30, 6)], BETWEEN[:1], 0),  # not above one another
        ([(60, 18, 30, 6), (60, 36, 30, 6)], [(0, 200, 40, 60)], 0),  # on no line of digits
        ([(60, 14, 20, 4), (60, 41, 20, 4)], BETWEEN[:1], 0),  # too far apart
        ([(60, 26, 30, 6), (65, 50, 30, 40)], BETWEEN, 0),  # over what it was broken from
        ([(60, 26, 30, 6), (65, 70, 30, 40)], BETWEEN, 1),
    ],
)
def test_level_bars(bars: list[Box], digits: list[Box], count: int) -> None:
    marks = [torn_marks(np.ones((h, w), bool), (x, y, w, h), 1)[0] for x, y, w, h in bars]
    assert len(signs_of(marks, digits)[0]) == count


def test_a_bar_beside_a_number_is_no_piece_of_its_digit() -> None:
    bar = torn_marks(np.ones((6, 30), bool), (60, 26, 30, 6), 1)
    for digits in (BETWEEN[:1], BETWEEN[1:]):
        assert signs_of(bar, digits) == ([], bar)


@pytest.mark.parametrize(
    ("sign", "near"), [((41, 20, 20, 20), True), ((110, 20, 20, 20), True), ((114, 20, 20, 20), False)]
)
def test_a_sign_is_near_a_digit(sign: Box, near: bool) -> None:
    ink = np.zeros((sign[3], sign[2]), bool)
    ink[8:12] = ink[:, 8:12] = True
    (plus,) = torn_marks(ink, sign, 1)
    assert bool(signs_of([plus], [(0, 0, 40, 60)])[0]) is near


def test_a_sign_parts_only_what_it_stands_between() -> None:
    boxes = [(0, 0, 20, 40), (30, 0, 20, 40), (60, 0, 20, 40)]
    numbers = [
        number for _, _, number in arrange(boxes, signs=[(50, 18, 12, 4), (20, 60, 10, 4), (3, 18, 12, 4)])
    ]
    assert numbers == [0, 0, 1]


@pytest.mark.parametrize(
    ("mark", "comma"),
    [
        ((44, 50, 8, 18), True),
        ((44, 40, 8, 24), False),  # begins higher
        ((44, 50, 8, 11), False),  # ends where the digit does: a piece of its foot
        ((44, 50, 8, 28), False),  # too long
        ((70, 50, 8, 18), False),  # too far
        ((30, 50, 8, 18), False),  # under the digit
        ((44, 61, 8, 8), False),  # below it
    ],
)
def test_a_comma_is_no_piece_of_its_digit(mark: Box, comma: bool) -> None:
    ink = torn_marks(np.ones((mark[3], mark[2]), bool), mark, 1)
    assert signs_of(ink, BETWEEN[:1]) == ([], ink if comma else [])


@pytest.mark.parametrize(
    ("strokes", "side", "plus"),
    [
        (PLUS, 60, True),
        ([[(0, 0.6), (0.5, 0.6)], [(0.15, 0.25), (0.15, 0.6)], [(0.33, 0.25), (0.33, 0.75)]], 60, False),
        (PLUS, 14, False),
    ],
    ids=["plus", "an open 4", "a speck"],
)
def test_a_plus_has_one_stroke_each_way_and_is_no_speck(strokes: list[Stroke], side: int, plus: bool) -> None:
    (mark,) = drawn(strokes, side, max(side // 12, 1))
    assert is_plus(mark) is plus
