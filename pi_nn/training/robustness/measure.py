"""Renders seeded scenes of each degradation at each strength, reads them, and counts."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from pi_nn.cameras.digits import DigitImages
from pi_nn.cameras.scenes import DEGRADATIONS, Recipe, render
from pi_nn.reader import DigitReader
from pi_nn.training.robustness.score import Score, score_scene

LEVELS = (1, 2, 3, 4, 5)
MIDDLE = 3
"""The strength that a careless maker gets."""


@dataclass(frozen=True, slots=True)
class Cell:
    """One degradation at one level, 1 to 5; level 0 of ``none`` is the undisturbed scene."""

    degradation: str
    level: int

    @property
    def recipe(self) -> Recipe:
        return Recipe() if self.level == 0 else DEGRADATIONS[self.degradation].at(self.level)

    @property
    def strength(self) -> float:
        return 0.0 if self.level == 0 else DEGRADATIONS[self.degradation].strengths[self.level - 1]

    @property
    def unit(self) -> str:
        return "" if self.level == 0 else DEGRADATIONS[self.degradation].unit

    def to_json(self, score: Score) -> dict[str, Any]:
        return {
            "degradation": self.degradation,
            "level": self.level,
            "strength": self.strength,
            "unit": self.unit,
            "digits": score.digits,
            "accuracy": score.accuracy,
            "coverage": score.coverage,
            "wrong_accepted": score.wrong,
            "numbers": score.numbers,
            "published": score.published,
            "published_wrong": score.false,
        }


def cells() -> Iterator[Cell]:
    """The undisturbed scene, then every degradation at every level."""
    yield Cell("none", 0)
    for name in DEGRADATIONS:
        for level in LEVELS:
            yield Cell(name, level)


def measure(cell: Cell, reader: DigitReader, digits: DigitImages, count: int, seed: int) -> Score:
    """The score over at least ``count`` digits drawn from ``digits``.

    Frame ``i`` follows from (``seed``, cell, ``i``) alone: neither order nor other cells matter.
    """
    place = 0 if cell.level == 0 else 1 + list(DEGRADATIONS).index(cell.degradation)
    total, frame = Score(), 0
    while total.digits < count:
        rng = np.random.default_rng((seed, place, cell.level, frame))
        scene = render(None, digits, rng, cell.recipe)
        total += score_scene(scene, reader.read(scene.pixels))
        frame += 1
    return total
