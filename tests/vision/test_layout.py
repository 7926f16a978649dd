"""Lines and numbers come out in order, however the page is turned."""

import warnings
from math import cos, radians, sin

import numpy as np
import pytest

from pi_nn.cameras.digits import shipped_digits
from pi_nn.cameras.scenes import Recipe, render
from pi_nn.vision.layout import arrange

TEXT = "12 305 6\n7 48\n90 12 333"


def read(boxes: list[tuple[int, int, int, int]], digits: str) -> str:
    lines: dict[int, dict[int, str]] = {}
    for index, line, number in arrange(boxes):
        numbers = lines.setdefault(line, {})
        numbers[number] = numbers.get(number, "") + digits[index]
    return "\n".join(" ".join(numbers.values()) for numbers in lines.values())


@pytest.mark.parametrize("degrees", [-30, -20, -10, -4, 0, 4, 10, 20, 30])
def test_a_turned_page_keeps_its_lines(degrees: int) -> None:
    c, s = cos(radians(degrees)), sin(radians(degrees))
    boxes, digits = [], ""
    for row, line in enumerate(TEXT.split("\n")):
        for column, digit in enumerate(line):
            if digit != " ":
                x, y = 30 * column, 70 * row
                boxes.append((round(500 + c * x - s * y), round(500 + s * x + c * y), 22, 40))
                digits += digit
    order = np.random.default_rng(0).permutation(len(boxes))
    assert read([boxes[k] for k in order], "".join(digits[k] for k in order)) == TEXT


@pytest.mark.parametrize("digits", [2, 3])
def test_a_number_of_few_digits_that_is_turned_is_one_line(digits: int) -> None:
    boxes = [(50 + 44 * k, 50 + 27 * k, 30, 40) for k in range(digits)]
    assert arrange(boxes) == [(k, 0, 0) for k in range(digits)]
    below = [(50, 50, 30, 40), (70, 85, 30, 40)]
    assert arrange(below) == [(0, 0, 0), (1, 1, 0)]


@pytest.mark.parametrize("seed", range(6))
def test_a_page_that_is_turned_and_seen_from_aside_keeps_its_lines(seed: int) -> None:
    recipe = Recipe(digit_height=50, rotation=15, tilt=25)
    scene = render(TEXT, shipped_digits(), np.random.default_rng(seed), recipe, (1600, 1200))
    assert read(list(scene.truth.boxes), TEXT.replace("\n", "").replace(" ", "")) == TEXT


@pytest.mark.parametrize("fan", [-0.0011, -0.0005, 0.0005, 0.0011])
def test_lines_that_meet_in_one_point_keep_their_digits(fan: float) -> None:
    rng, boxes, digits = np.random.default_rng(7), [], []
    lines = ["".join(str(d) for d in rng.integers(0, 10, 12)) for _ in range(6)]
    for row, line in enumerate(lines):
        x = -420.0
        for k, digit in enumerate(line):
            wide = 1 + fan * x
            down = 70 * (row - 2.5) * wide + rng.normal(0, 3)
            boxes.append((round(500 + x), round(400 + down - 22 * wide), round(26 * wide), round(44 * wide)))
            digits.append(digit)
            x += (120 if k % 4 == 3 else 45) * wide
    order = rng.permutation(len(boxes))
    text = read([boxes[k] for k in order], "".join(digits[k] for k in order))
    assert text.replace(" ", "").split("\n") == lines


@pytest.mark.parametrize("unsteady", [0, 1])
def test_one_line_of_many_digits_tells_no_fan(unsteady: int) -> None:
    boxes = [(40 * k, 10 + k % 2 * unsteady, 20, 40) for k in range(14)]
    with warnings.catch_warnings(record=True) as told:
        assert arrange(boxes) == [(k, 0, 0) for k in range(14)]
    assert not told
