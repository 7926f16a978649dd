"""Where the digits of a text stand on the page: lines, numbers, and the small irregularities of a hand."""

from __future__ import annotations

from dataclasses import dataclass
from math import radians

import numpy as np

from pi_nn.cameras.digits import DigitImages
from pi_nn.cameras.scenes.strokes import Glyph, glyph
from pi_nn.cameras.scenes.view import Matrix, scale, shift

WORD_GAP, LINE_GAP = 1.3, 0.8
"""Between numbers and between lines, in heights of a digit."""


@dataclass(frozen=True, slots=True, eq=False)
class Placed:
    """A digit on the page: ``matrix`` takes the pixels of its glyph's field to the page."""

    glyph: Glyph
    matrix: Matrix


@dataclass(frozen=True, slots=True, eq=False)
class Layout:
    """The digits, around the origin, and the size of the block they fill. Lengths in digit heights."""

    digits: tuple[Placed, ...]
    width: float
    height: float


def lay_out(text: str, digits: DigitImages, pen: float | None, rng: np.random.Generator) -> Layout:
    """``text`` as a Reading's ``raw``: digits, one space between numbers, newlines between lines."""
    rows = [_line(line, digits, pen, rng) for line in text.split("\n")]
    width = max(w for _, w in rows)
    pitch = 1 + LINE_GAP
    height = pitch * len(rows) - LINE_GAP
    placed = []
    for number, (row, _) in enumerate(rows):
        move = shift(-width / 2, number * pitch - height / 2)
        placed += [Placed(d.glyph, move @ d.matrix) for d in row]
    return Layout(tuple(placed), width, height)


def _line(
    line: str, digits: DigitImages, pen: float | None, rng: np.random.Generator
) -> tuple[list[Placed], float]:
    x = 0.0
    gap = rng.uniform(0.22, 0.5)
    row = []
    for char in line:
        if char == " ":
            x += WORD_GAP - gap
            continue
        drawn = glyph(digits.pick(int(char), rng), pen)
        # A wide 2 or 5 may be lower than its neighbours, but not by more than a third.
        size = min(1.0, 1.15 * drawn.height / drawn.width) * rng.uniform(0.92, 1.05)
        across = drawn.width / drawn.height * size
        matrix = _by_hand(drawn, size, rng)
        row.append(Placed(drawn, shift(x + across / 2, 0.5 + rng.uniform(-0.06, 0.06)) @ matrix))
        x += across + gap
    return row, max(x - gap, 0.1)


def _by_hand(drawn: Glyph, size: float, rng: np.random.Generator) -> Matrix:
    """Field pixels to a digit of height ``size`` around the origin, a little turned and slanted."""
    turn, slant = radians(rng.uniform(-4, 4)), rng.uniform(-0.08, 0.08)
    hand = np.array([[np.cos(turn), -np.sin(turn) + slant, 0], [np.sin(turn), np.cos(turn), 0], [0, 0, 1.0]])
    centre = shift(-(drawn.left + drawn.width / 2), -(drawn.top + drawn.height / 2))
    matrix: Matrix = hand @ scale(size / drawn.height) @ centre
    return matrix
