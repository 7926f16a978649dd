"""Ruled lines and tables are taken away, and the strokes that stand on them stay."""

from collections import Counter

import numpy as np
import pytest
from PIL import Image, ImageDraw

from pi_nn.cameras.digits import shipped_digits
from pi_nn.cameras.scenes import Recipe, render
from pi_nn.reader import DigitReader
from pi_nn.vision import scene as scene_module
from pi_nn.vision.ruling import without_lines
from pi_nn.vision.survey import survey


def drawn(size: tuple[int, int], *lines: tuple[tuple[float, float, float, float], int]) -> np.ndarray:
    image = Image.new("L", size)
    for ends, width in lines:
        ImageDraw.Draw(image).line(ends, fill=1, width=width)
    return np.asarray(image, bool)


def test_a_line_is_followed_through_wide_digits() -> None:
    mask = drawn((480, 60), ((0, 30, 480, 30), 3))
    digits = [(70, 120), (190, 240), (310, 360)]
    for left, right in digits:
        mask[10:50, left:right] = True
    unruled = without_lines(mask)
    assert unruled is not None
    for left, right in digits:
        assert unruled.left[10:50, left:right].all()
        mask[10:50, left:right] = False
    assert not unruled.left[mask].any()


def test_the_stem_of_a_digit_on_a_line_is_no_line() -> None:
    stem = ((200, 0, 204, 94), 10)
    mask = drawn((480, 94), ((0, 50, 480, 50), 3), stem)
    unruled = without_lines(mask)
    assert unruled is not None
    assert unruled.left[drawn((480, 94), stem)].all()


def test_the_line_of_a_page_that_does_not_lie_flat_is_taken_whole() -> None:
    mask = np.zeros((80, 640), bool)
    for x, y in enumerate(np.rint(20 + 30 * np.sin(np.linspace(0, np.pi, 640))).astype(int)):
        mask[y : y + 3, x] = True
    unruled = without_lines(mask)
    assert unruled is not None
    assert not unruled.left.any()


def test_of_a_turned_table_nothing_is_left() -> None:
    image = Image.new("L", (640, 480), 200)
    for k in range(4):
        ImageDraw.Draw(image).line((60, 80 + 80 * k, 360, 80 + 80 * k), fill=40, width=4)
        ImageDraw.Draw(image).line((60 + 100 * k, 80, 60 + 100 * k, 320), fill=40, width=4)
    for turn in (-11, -7, 4, 9):
        scene = survey(np.asarray(image.rotate(turn, Image.Resampling.BICUBIC, fillcolor=200)))
        (table,) = scene.marks
        assert scene.unlined(table) == []


@pytest.mark.parametrize("seed", range(3))
def test_small_digits_on_squared_paper_are_all_seen(seed: int) -> None:
    text = "\n".join(["12 305 6 74", "7 48 901 5", "90 12 333 8"] * 2)
    recipe = Recipe(digit_height=36, rules=0.5, pen=0.08)
    scene = render(text, shipped_digits(), np.random.default_rng(seed), recipe, (1280, 960))
    found = Counter(digit.label for digit in DigitReader().read(scene.pixels).digits)
    assert (found & Counter(text)).total() >= 0.95 * len(scene.truth.boxes)


def test_lines_are_taken_from_a_mark_once(monkeypatch: pytest.MonkeyPatch) -> None:
    image = Image.new("L", (640, 480), 200)
    for k in range(4):
        ImageDraw.Draw(image).line((60, 80 + 80 * k, 360, 80 + 80 * k), fill=40, width=4)
        ImageDraw.Draw(image).line((60 + 100 * k, 80, 60 + 100 * k, 320), fill=40, width=4)
    looked: list[np.ndarray] = []
    monkeypatch.setattr(
        scene_module, "without_lines", lambda mask: looked.append(mask) or without_lines(mask)
    )
    assert DigitReader().read(np.asarray(image)).digits == ()
    assert len(looked) == 1
