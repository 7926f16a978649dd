"""Letters and digits set in type: what a camera sees of a book, a form or a keyboard.

The typefaces come with matplotlib: Computer Modern (D. Knuth) and STIX. Its DejaVu is left to the test bench.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from pi_nn.training.warp import Images, Warp
from pi_nn.vision.tile import to_tile

TYPEFACES = (
    "cmr10",
    "cmss10",
    "cmtt10",
    "cmb10",
    "STIXGeneral",
    "STIXGeneralBol",
    "STIXGeneralItalic",
    "STIXGeneralBolIta",
)
# Not among them is what looks like a digit: B D I J O Q S Z b g i j l o q s t y z ? and the like.
LETTERS = "ACEFGHKLMNPRTUVWXYacdefhkmnpruvwx&%#@+=*"
WORDS = 0.25
"""How many of the letters come as two or three that stand too close to be parted."""
SIZE = 64  # pixels
GENTLE = Warp(degrees=15, scale=0.12, aspect=0.25, shear=0.15)


def printed(count: int, digits: Images, rng: np.random.Generator) -> Images:
    """A letter or a sign set in type, or two or three letters together: (count, 28, 28), float32, 0..1."""
    texts = ["".join(rng.choice(list(LETTERS), _length(rng))) for _ in range(count)]
    return GENTLE(_set(texts, rng), rng)


def printed_digits(count: int, rng: np.random.Generator) -> tuple[Images, NDArray[np.int64]]:
    """Digits set in type: pictures (count, 28, 28), float32, 0..1, and labels (count,)."""
    labels = rng.integers(0, 10, count)
    return GENTLE(_set([str(label) for label in labels], rng), rng), labels.astype(np.int64)


def _length(rng: np.random.Generator) -> int:
    return int(rng.integers(2, 4)) if rng.random() < WORDS else 1


def _set(texts: list[str], rng: np.random.Generator) -> Images:
    faces = rng.integers(0, len(TYPEFACES), len(texts))
    tiles = [_tile(text, TYPEFACES[face]) for text, face in zip(texts, faces, strict=True)]
    return np.array(tiles, np.float32).reshape(-1, 28, 28)


@cache
def _tile(text: str, face: str) -> NDArray[np.float32]:
    canvas = Image.new("L", (SIZE * (len(text) + 1), 2 * SIZE))
    ImageDraw.Draw(canvas).text((SIZE // 2, SIZE // 2), text, fill=255, font=_typeface(face))
    return to_tile(np.asarray(canvas, np.float32) / np.float32(255))


@cache
def _typeface(name: str) -> ImageFont.FreeTypeFont:
    import matplotlib

    path = Path(matplotlib.get_data_path()) / "fonts" / "ttf" / f"{name}.ttf"
    return ImageFont.truetype(str(path), SIZE)
