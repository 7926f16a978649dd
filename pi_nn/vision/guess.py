"""A network's opinion of a mark, by the function that vision is handed."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, TypeAlias

import numpy as np

from pi_nn.vision.marks import Mark, is_bar, is_grid, is_slash
from pi_nn.vision.scene import LEAST_HEIGHT, Scene
from pi_nn.vision.tile import SIDE

if TYPE_CHECKING:
    from numpy.typing import NDArray

Floats: TypeAlias = "NDArray[np.float32]"
# tiles (N, 28, 28) -> probabilities (N, K), junk (N,)
Score = Callable[[Floats], tuple[Floats, Floats]]

# A mark of more quality than this is a digit as it stands: no grid, no pair.
CLEAR: Final = 0.5
# Of more than this it is one digit, if no wider than digits are: that saves a Pi Zero the look at its parts.
CERTAIN: Final = 0.99
# No digit is wider than this many heights.
WIDEST: Final = 1.7
# A stroke is thicker than this in pixels, but for a fine pen's.
_FINE: Final = 1.4
# What was taken out of larger ink, and has more of its rim than this in it, is a part of that ink.
_OPEN: Final = 0.1
# The open end of a bar is at least this share of its rim.
_OPEN_END: Final = 0.05


@dataclass(frozen=True, slots=True, eq=False)
class Guess:
    """A mark, its tile (28, 28), the probabilities of the classes (K,), and that of no digit, 0..1.

    ``cut`` is the larger mark that it was cut out of, if any: such digits deserve less trust.
    """

    mark: Mark
    tile: Floats
    probabilities: Floats
    junk: float
    cut: Mark | None = None

    @property
    def quality(self) -> float:
        return float(self.probabilities.max()) * (1 - self.junk)


def guesses_of(
    scene: Scene, score: Score, marks: list[Mark], wholes: Mapping[int, Mark | None] | None = None
) -> dict[int, Guess]:
    """A guess for every mark, by the mark's identity; ``wholes`` names what a mark was cut out of."""
    if not marks:
        return {}
    tiles = np.empty((len(marks), SIDE, SIDE), np.float32)
    for i, mark in enumerate(marks):
        tiles[i] = scene.tile(mark)
    probabilities, junk = score(tiles)
    cut = wholes or {}
    return {
        id(mark): Guess(
            mark,
            tiles[i],
            probabilities[i],
            1.0 if goes_on(scene, mark) or is_grid(mark) or is_slash(mark, scene.turn) else float(junk[i]),
            cut.get(id(mark)),
        )
        for i, mark in enumerate(marks)
    }


def goes_on(scene: Scene, mark: Mark) -> bool:
    """Whether a mark is a part of the larger ink it was taken out of, and no digit in or on that."""
    if mark.torn is None:
        return False
    x, y, w, h = mark.box
    left, top, width, height = mark.torn
    corner = x == left or y == top or x + w == left + width or y + h == top + height
    open_ = scene.openness(mark)
    finger = _OPEN_END < open_ <= _OPEN and is_bar(mark) and scene.is_rooted(mark)
    return corner or open_ > _OPEN or finger


def is_digit_sized(scene: Scene, mark: Mark) -> bool:
    """Whether a mark is high enough for a digit, not too wide, and neither a hair nor a crease."""
    if mark.height < LEAST_HEIGHT or mark.box[2] > WIDEST * mark.height:
        return False
    return mark.area > _FINE * mark.height or not scene.is_hair(mark)
