"""The degradations by name, each at five strengths; the third is what a careless maker gets."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from pi_nn.cameras.scenes.recipe import Recipe
from pi_nn.errors import ConfigError

Apply = Callable[[Recipe, float], Recipe]


@dataclass(frozen=True, slots=True)
class Degradation:
    """``apply`` puts one of ``strengths`` (in ``unit``) into a recipe; ``says`` is what goes wrong."""

    name: str
    unit: str
    strengths: tuple[float, float, float, float, float]
    says: str
    apply: Apply

    def at(self, level: int, recipe: Recipe | None = None) -> Recipe:
        """``recipe`` with this degradation at ``level`` 1 to 5."""
        return self.apply(recipe or Recipe(), self.strengths[level - 1])


def rotation(recipe: Recipe, degrees: float) -> Recipe:
    return replace(recipe, rotation=degrees)


def perspective(recipe: Recipe, degrees: float) -> Recipe:
    return replace(recipe, tilt=degrees)


def distance(recipe: Recipe, pixels: float) -> Recipe:
    return replace(recipe, digit_height=pixels)


def crowd(recipe: Recipe, count: float) -> Recipe:
    return replace(recipe, digits=(int(count), int(count)))


def thin_pen(recipe: Recipe, percent: float) -> Recipe:
    return replace(recipe, pen=percent / 100)


def faint_ink(recipe: Recipe, ratio: float) -> Recipe:
    return replace(recipe, contrast=ratio)


def chalk(recipe: Recipe, ratio: float) -> Recipe:
    return replace(recipe, board=True, contrast=ratio)


def ruled_paper(recipe: Recipe, percent: float) -> Recipe:
    return replace(recipe, rules=percent / 100)


def page_edge(recipe: Recipe, percent: float) -> Recipe:
    return replace(recipe, table=percent / 100)


def distractors(recipe: Recipe, count: float) -> Recipe:
    return replace(recipe, distractors=int(count))


def light_gradient(recipe: Recipe, ratio: float) -> Recipe:
    return replace(recipe, gradient=ratio)


def vignetting(recipe: Recipe, ratio: float) -> Recipe:
    return replace(recipe, vignette=ratio)


def shadow_edge(recipe: Recipe, ratio: float) -> Recipe:
    return replace(recipe, shadow=ratio)


def hand(recipe: Recipe, percent: float) -> Recipe:
    return replace(recipe, hand=percent / 100)


def underexposure(recipe: Recipe, stops: float) -> Recipe:
    return replace(recipe, stops=-stops)


def overexposure(recipe: Recipe, stops: float) -> Recipe:
    return replace(recipe, stops=stops)


def defocus(recipe: Recipe, pixels: float) -> Recipe:
    return replace(recipe, defocus=pixels)


def motion(recipe: Recipe, pixels: float) -> Recipe:
    return replace(recipe, motion=pixels)


def noise(recipe: Recipe, levels: float) -> Recipe:
    return replace(recipe, noise=levels)


def compression(recipe: Recipe, quality: float) -> Recipe:
    return replace(recipe, quality=int(quality))


_TABLE: tuple[tuple[Apply, str, tuple[float, float, float, float, float], str], ...] = (
    (crowd, "digits in the number", (1, 2, 4, 6, 8), "longer numbers"),
    (rotation, "degrees", (2, 5, 10, 20, 30), "the page is turned"),
    (perspective, "degrees", (5, 10, 20, 30, 40), "the camera looks from aside"),
    (distance, "pixels of digit height", (64, 48, 32, 24, 16), "the camera is far away"),
    (thin_pen, "% of digit height", (10, 8, 6, 4, 3), "a thin pen"),
    (faint_ink, "light ratio paper : ink", (8, 5, 3, 2, 1.5), "pale ink or pencil"),
    (chalk, "light ratio chalk : board", (9, 7, 5, 3, 2), "chalk on a board"),
    (ruled_paper, "% of the ink's darkness", (10, 20, 35, 50, 70), "ruled or squared paper"),
    (page_edge, "% of the frame", (5, 10, 20, 30, 40), "the table beside the sheet is in view"),
    (distractors, "marks", (1, 2, 4, 6, 8), "letters, lines, blots and scribbles"),
    (light_gradient, "lux ratio", (1.3, 2, 3, 5, 8), "a lamp at one side"),
    (vignetting, "lux ratio", (1.3, 1.7, 2.5, 4, 6), "dark corners"),
    (shadow_edge, "lux ratio", (1.3, 1.7, 2.5, 4, 6), "a shadow's edge through the digits"),
    (hand, "% of the frame", (5, 10, 15, 20, 30), "a hand moves beside the digits"),
    (underexposure, "stops", (0.5, 1, 2, 3, 4), "too little light"),
    (overexposure, "stops", (0.5, 1, 1.5, 2, 2.5), "too much light"),
    (defocus, "pixels of blur (sigma)", (0.7, 1.2, 2, 3, 4.5), "out of focus"),
    (motion, "pixels of movement", (3, 5, 9, 14, 20), "camera or page moved"),
    (noise, "grey levels (sigma)", (2, 5, 10, 18, 30), "sensor noise"),
    (compression, "JPEG quality", (70, 50, 30, 15, 8), "strong compression"),
)
DEGRADATIONS: Final[dict[str, Degradation]] = {
    f.__name__: Degradation(f.__name__, unit, strengths, says, f) for f, unit, strengths, says in _TABLE
}
_PART = re.compile(r"([a-z_]+)(?:\.([1-5]))?", re.ASCII)


def parse_scene(text: str) -> Recipe:
    """``paper`` or ``board``, then any number of ``+NAME`` or ``+NAME.LEVEL`` (1 to 5; 3 when absent).

    Raises :class:`ConfigError` naming the scenes and degradations there are.
    """
    base, *parts = text.split("+")
    if base not in ("paper", "board"):
        raise ConfigError(
            f"scene {base!r} is not known, expected paper or board, then +NAME.LEVEL: {_known()}"
        )
    recipe = Recipe(board=base == "board")
    for part in parts:
        form = _PART.fullmatch(part)
        if form is None or form[1] not in DEGRADATIONS:
            raise ConfigError(
                f"degradation {part!r} is not known, expected NAME or NAME.LEVEL (1 to 5): {_known()}"
            )
        recipe = DEGRADATIONS[form[1]].at(int(form[2] or 3), recipe)
    return recipe


def mixed(rng: np.random.Generator, most: int = 3, hardest: int = 4) -> Recipe:
    """A recipe with up to ``most`` degradations at once, each at a random level up to ``hardest``."""
    recipe = Recipe()
    names = list(DEGRADATIONS)
    for index in rng.choice(len(names), int(rng.integers(most + 1)), replace=False):
        recipe = DEGRADATIONS[names[index]].at(int(rng.integers(1, hardest + 1)), recipe)
    return recipe


def _known() -> str:
    return ", ".join(DEGRADATIONS)
