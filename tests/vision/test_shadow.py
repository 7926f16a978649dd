"""The edge of a deep shadow neither hides the digits it runs through nor is one."""

import numpy as np
import pytest
from PIL import Image

from pi_nn.cameras.digits import shipped_digits
from pi_nn.cameras.scenes import parse_scene, render
from pi_nn.reader import DigitReader
from pi_nn.vision.scene import survey


@pytest.mark.parametrize("seed", [1, 2, 5, 7])
def test_digits_at_the_edge_of_a_deep_shadow_are_read(seed: int) -> None:
    recipe = parse_scene("paper+shadow_edge.4")
    scene = render("2468", shipped_digits(), np.random.default_rng(seed), recipe)
    assert DigitReader().read(scene.pixels).text == "2468"


def test_pale_writing_beside_a_dark_table_is_read() -> None:
    rng, digits = np.random.default_rng(3), shipped_digits()
    paper = np.full((600, 900), 222.0)
    for y in range(60, 500, 110):
        for x in range(40, 520, 60):
            ink = Image.fromarray(digits.pick(int(rng.integers(10)), rng)).resize((36, 36), Image.BICUBIC)
            paper[y : y + 36, x : x + 36] *= 1 - np.asarray(ink) / 1530  # at most a sixth darker
    paper[:, 600:] = 28
    paper += rng.normal(0, 2, paper.shape)
    # Measured against the table, a third of them was too pale for ink.
    accepted = [digit.accepted for digit in DigitReader().read(paper.clip(0, 255).astype(np.uint8)).digits]
    assert sum(accepted) >= 30


def test_the_pen_is_that_of_the_writing_and_not_of_what_lies_beside_the_sheet() -> None:
    paper = np.full((600, 900), 220, np.uint8)
    for y in (100, 200, 300):
        for x in range(40, 440, 50):
            paper[y : y + 18, x : x + 3] = 60
    paper[:, 810:] = 30
    assert survey(paper).pen <= 4
