"""Frames without a digit, of every kind that may come before a camera: nothing in them may be accepted."""

from __future__ import annotations

import string
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from pi_nn.cameras.digits import DigitImages
from pi_nn.cameras.scenes import light, mixed, render
from pi_nn.cameras.scenes.optics import compress, defocus, expose, sensor_noise
from pi_nn.reader import DigitReader

Pixels = NDArray[np.uint8]
Draw = Callable[[DigitImages, np.random.Generator], Pixels]

SIZE: Final = (640, 480)
MOST_MARKS: Final = 8
HARDEST: Final = 3
# Letters that a person may take for a digit are left out: a B is an 8 to many.
LETTERS: Final = "".join(c for c in string.ascii_letters if c not in "BbDGgIiJjLlOoQqSsTtYyZz")


@dataclass(frozen=True, slots=True)
class Blank:
    """In ``frames`` without a digit so many digits were ``accepted``, and so many texts ``published``."""

    frames: int = 0
    accepted: int = 0
    published: int = 0

    def __add__(self, other: Blank) -> Blank:
        return Blank(
            self.frames + other.frames, self.accepted + other.accepted, self.published + other.published
        )


def measure_blank(kind: str, reader: DigitReader, digits: DigitImages, frames: int, seed: int) -> Blank:
    """What is accepted in ``frames`` of one kind; frame ``i`` follows from (``seed``, kind, ``i``) alone."""
    total, place = Blank(), 1000 + list(KINDS).index(kind)
    for frame in range(frames):
        pixels = KINDS[kind](digits, np.random.default_rng((seed, place, frame)))
        reading = reader.read(pixels)
        total += Blank(1, sum(p.accepted for p in reading.digits), int(reading.text is not None))
    return total


def marks(digits: DigitImages, rng: np.random.Generator) -> Pixels:
    """Blank paper or board, with up to eight letters, lines, blots and scribbles, in bad pictures of it."""
    recipe = mixed(rng, most=2, hardest=HARDEST)
    return render("", digits, rng, replace(recipe, distractors=int(rng.integers(MOST_MARKS + 1)))).pixels


def hand(digits: DigitImages, rng: np.random.Generator) -> Pixels:
    """A hand over blank paper or a board."""
    recipe = mixed(rng, most=1, hardest=HARDEST)
    return render("", digits, rng, replace(recipe, hand=float(rng.uniform(0.03, 0.4)))).pixels


def print_(digits: DigitImages, rng: np.random.Generator) -> Pixels:
    """A page of printed words, a headline, or a single letter."""
    high = int(rng.choice([rng.integers(14, 40), rng.integers(40, 120), rng.integers(120, 300)]))
    image = Image.new("L", SIZE, 255)
    font, y = ImageFont.truetype(_font(rng), high), int(rng.integers(4, 40))
    while y < SIZE[1] - high:
        words = ["".join(rng.choice(list(LETTERS), rng.integers(1, 8))) for _ in range(12)]
        line = " ".join(words)[: max(1, int(SIZE[0] / (0.7 * high)))]
        ImageDraw.Draw(image).text((int(rng.integers(4, 60)), y), line.strip(), fill=0, font=font)
        y += round(high * rng.uniform(1.2, 2.5))
    return _taken(image.rotate(rng.uniform(-6, 6), Image.Resampling.BICUBIC, fillcolor=255), rng)


def table(digits: DigitImages, rng: np.random.Generator) -> Pixels:
    """The lines of an empty table, a little turned."""
    image = Image.new("L", (2 * SIZE[0], 2 * SIZE[1]), 255)
    draw, pen = ImageDraw.Draw(image), int(rng.integers(2, 9))
    rows, columns = rng.integers(1, 10, 2).tolist()
    left, top = rng.integers(10, 300, 2).tolist()
    width, height = rng.integers(40, 160, 2).tolist()
    for k in range(rows + 1):
        y = top + k * height
        draw.line((left, y, left + columns * width, y), fill=int(rng.integers(120)), width=pen)
    for k in range(columns + 1):
        x = left + k * width
        draw.line((x, top, x, top + rows * height), fill=int(rng.integers(120)), width=pen)
    turned = image.rotate(rng.uniform(-12, 12), Image.Resampling.BICUBIC, fillcolor=255)
    return _taken(turned.reduce(2), rng)


def texture(digits: DigitImages, rng: np.random.Generator) -> Pixels:
    """Cloth, wood, clouds and gravel: no paper at all."""
    grain = int(rng.integers(3, 60)), int(rng.integers(3, 60))
    coarse = rng.random((SIZE[1] // grain[1] + 2, SIZE[0] // grain[0] + 2), np.float32)
    if rng.random() < 0.4:
        coarse = (coarse > rng.uniform(0.3, 0.7)).astype(np.float32)
    image = Image.fromarray(coarse * 255).resize(SIZE, Image.Resampling.BICUBIC)
    pixels = np.clip(np.asarray(image.rotate(rng.uniform(-30, 30))), 0, 255).astype(np.uint8)
    return _taken(Image.fromarray(pixels), rng)


KINDS: Final[dict[str, Draw]] = {
    "paper, letters and scribbles": marks,
    "hands": hand,
    "print": print_,
    "tables": table,
    "textures": texture,
}


def _font(rng: np.random.Generator) -> str:
    """One of the fonts that come with matplotlib."""
    import matplotlib

    fonts = sorted((Path(matplotlib.get_data_path()) / "fonts" / "ttf").glob("DejaVuS*.ttf"))
    known = [str(font) for font in fonts if "Display" not in font.name]
    return known[int(rng.integers(len(known)))]


def _taken(image: Image.Image, rng: np.random.Generator) -> Pixels:
    """A picture of a sheet, 255 paper to 0 ink, in uneven light and by a poor camera."""
    canvas = np.asarray(image, np.float32) * np.float32(0.72 / 255) + np.float32(0.06)
    kind = int(rng.integers(4))
    if kind == 1:
        light.gradient(canvas, rng.uniform(1, 3), rng.uniform(0, 360))
    elif kind == 2:
        light.vignette(canvas, rng.uniform(1, 2.5))
    elif kind == 3:
        light.shadow(canvas, rng.uniform(1, 2.5), (rng.uniform(0, SIZE[0]), rng.uniform(0, SIZE[1])), rng)
    pixels = expose(canvas, rng.uniform(-1.5, 0.5))
    if rng.random() < 0.5:
        pixels = defocus(pixels, rng.uniform(0.5, 2))
    if rng.random() < 0.5:
        pixels = sensor_noise(pixels, rng.uniform(1, 10), rng)
    return compress(pixels, int(rng.integers(30, 90))) if rng.random() < 0.5 else pixels
