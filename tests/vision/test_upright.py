"""A turned page is read as well as a level one; digits that stand upright on a falling line stay upright."""

from __future__ import annotations

import numpy as np
import pytest

from pi_nn import DigitReader
from pi_nn.cameras.digits import shipped_digits
from pi_nn.cameras.scenes import Recipe, render
from pi_nn.vision.marks import is_slash, torn_marks

TEXT = "1205 6\n74815\n90 3331"


@pytest.mark.parametrize("degrees", [-26, 26])
def test_a_page_that_is_turned_far_is_turned_back(degrees: int) -> None:
    right = accepted = 0
    for seed in range(6):
        recipe = Recipe(digit_height=50, rotation=degrees)
        scene = render(TEXT, shipped_digits(), np.random.default_rng(seed), recipe, (1000, 900))
        reading = DigitReader().read(scene.pixels)
        accepted += sum(p.accepted for p in reading.digits)
        right += reading.raw == TEXT
    assert (right, accepted) >= (5, 92)  # 4 and 87 when they are read as they lie


@pytest.mark.parametrize(("turn", "slash"), [(0, True), (25, False), (-25, True)])
def test_a_slanting_one_lies_on_a_turned_page(turn: int, slash: bool) -> None:
    mask = np.zeros((50, 88), bool)
    for row in range(50):
        left = 80 * (49 - row) // 49
        mask[row, left : left + 8] = True
    assert is_slash(torn_marks(mask, (0, 0, 0, 0), 3)[0], turn) is slash


def test_digits_that_stand_upright_on_a_falling_line_are_read(
    glyphs: tuple[list[np.ndarray], np.ndarray],
) -> None:
    images, labels = glyphs
    picture = np.full((640, 720), 220, np.float32)
    for k in range(9):
        glyph, x, y = images[k], 30 + 75 * k, 30 + 50 * k
        picture[y : y + glyph.shape[0], x : x + glyph.shape[1]] -= 180 * glyph
    reading = DigitReader().read(np.clip(picture, 0, 255).astype(np.uint8))
    assert [p.digit for p in sorted(reading.digits, key=lambda p: p.box[0])] == labels[:9].tolist()
    assert all(p.accepted for p in reading.digits)
