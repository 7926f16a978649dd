"""Scenes with known truth: a page with digits on it, and a picture of that page, seeded."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pi_nn.cameras.digits import DigitImages
from pi_nn.cameras.scenes import light, optics, surface
from pi_nn.cameras.scenes.hand import Strip, draw_hand
from pi_nn.cameras.scenes.ink import Canvas, draw_digit
from pi_nn.cameras.scenes.layout import lay_out
from pi_nn.cameras.scenes.marks import draw_marks
from pi_nn.cameras.scenes.recipe import Recipe
from pi_nn.cameras.scenes.view import Area, fitted, scale, view
from pi_nn.records import Box


@dataclass(frozen=True, slots=True)
class Truth:
    """What a scene shows: ``text`` as a Reading's ``raw`` would say it, and the box of each digit's ink."""

    text: str
    boxes: tuple[Box, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Scene:
    """``pixels`` uint8 (H, W) grey, and what they show. ``marks``: boxes of the distractors."""

    pixels: NDArray[np.uint8]
    truth: Truth
    marks: tuple[Box, ...] = ()


@dataclass(frozen=True, slots=True, eq=False)
class Page:
    """A scene before it is photographed: light (H, W) from each point, and the strip kept for a hand."""

    canvas: Canvas
    truth: Truth
    marks: tuple[Box, ...]
    strip: Strip


def render(
    text: str | None,
    digits: DigitImages,
    rng: np.random.Generator,
    recipe: Recipe | None = None,
    size: tuple[int, int] = (640, 480),
) -> Scene:
    """A picture of ``size`` (width, height) that shows ``text``, drawn with ``digits``.

    ``text``: digits, one space between numbers, newlines between lines; empty for a page without digits;
    ``None`` for a random number of as many digits as the recipe says.
    """
    recipe = recipe or Recipe()
    return photograph(draw_page(text, digits, rng, recipe, size), recipe, rng)


def draw_page(
    text: str | None, digits: DigitImages, rng: np.random.Generator, recipe: Recipe, size: tuple[int, int]
) -> Page:
    """The page and its light: all of a scene that stays from one picture to the next."""
    # One generator a stage: the same seed gives the same writing on every paper and in every light.
    hand_of_writer, place, ground, lamp = (np.random.default_rng(s) for s in rng.integers(0, 2**62, 4))
    if text is None:
        text = random_number(recipe.digits, hand_of_writer)
    layout = lay_out(text, digits, recipe.pen, hand_of_writer)
    turn = float(recipe.rotation * place.choice([-1, 1]))
    strip = Strip.for_hand(recipe.hand or 0.1, size, place)
    canvas, area = _ground(recipe, size, turn, ground)
    if recipe.hand:
        area = strip.rest(area, size)
    height = recipe.digit_height or size[1] * place.uniform(0.2, 0.3) * (0.6 if recipe.distractors else 1.0)
    matrix = view(turn, recipe.tilt, place.uniform(0, 360), size[0])
    block = (layout.width * height, layout.height * height)
    to_frame = fitted(matrix, block, _inset(area, 0.05), (place.random(), place.random()))
    if recipe.rules:
        surface.rule(canvas, recipe.rules, height * ground.uniform(0.7, 1.8), to_frame, ground)
    factor = recipe.contrast if recipe.board else 1 / recipe.contrast
    grain = 0.5 if recipe.board else 0.0
    on_page = to_frame @ scale(height)
    boxes = tuple(draw_digit(canvas, d, on_page, factor, grain, ground) for d in layout.digits)
    marks: tuple[Box, ...] = ()
    if recipe.distractors:
        marks = draw_marks(canvas, recipe.distractors, height, boxes, factor, place)
    _light(canvas, recipe, boxes, lamp)
    return Page(canvas, Truth(text, boxes), marks, strip)


def photograph(page: Page, recipe: Recipe, rng: np.random.Generator) -> Scene:
    """One picture of ``page``, which stays as it is; noise, movement and the hand are new each time."""
    canvas = page.canvas
    if recipe.hand:
        canvas = canvas.copy()
        draw_hand(canvas, recipe.hand, page.strip, rng)
    pixels = optics.expose(canvas, recipe.stops)
    if recipe.defocus:
        pixels = optics.defocus(pixels, recipe.defocus)
    if recipe.motion:
        pixels = optics.smear(pixels, recipe.motion, rng.uniform(0, 360))
    if recipe.noise:
        pixels = optics.sensor_noise(pixels, recipe.noise, rng)
    if recipe.quality is not None:
        pixels = optics.compress(pixels, recipe.quality)
    return Scene(pixels, page.truth, page.marks)


def random_number(lengths: tuple[int, int], rng: np.random.Generator) -> str:
    """A number of ``lengths[0]`` to ``lengths[1]`` digits, leading zeros welcome."""
    count = int(rng.integers(lengths[0], lengths[1] + 1))
    return "".join(map(str, rng.integers(0, 10, count)))


def _ground(
    recipe: Recipe, size: tuple[int, int], turn: float, rng: np.random.Generator
) -> tuple[Canvas, Area]:
    canvas = surface.board(size, rng) if recipe.board else surface.paper(size, rng)
    if not recipe.table:
        return canvas, (0.0, 0.0, float(size[0]), float(size[1]))
    return canvas, surface.lay_on_table(canvas, recipe.table, turn + rng.uniform(-3, 3), rng)


def _light(canvas: Canvas, recipe: Recipe, boxes: tuple[Box, ...], rng: np.random.Generator) -> None:
    if recipe.gradient > 1:
        light.gradient(canvas, recipe.gradient, rng.uniform(0, 360))
    if recipe.vignette > 1:
        light.vignette(canvas, recipe.vignette)
    if recipe.shadow > 1:
        x, y, w, h = (
            boxes[int(rng.integers(len(boxes)))] if boxes else (0, 0, canvas.shape[1], canvas.shape[0])
        )
        light.shadow(canvas, recipe.shadow, (x + w * rng.random(), y + h * rng.random()), rng)


def _inset(area: Area, margin: float) -> Area:
    """``area`` without a margin, so that no digit touches the edge of the frame or of the paper."""
    left, top, width, height = area
    gap = margin * min(width, height)
    return left + gap, top + gap, width - 2 * gap, height - 2 * gap
