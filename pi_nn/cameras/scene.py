"""A picture with known truth: handwritten digits on paper, drawn from digit images."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from pi_nn.cameras.digits import DigitImages
from pi_nn.records import Box

PAPER, INK = 222.0, 45.0


@dataclass(frozen=True, slots=True)
class Truth:
    """What a scene shows: ``text`` as a Reading's ``raw`` would say it, and the box of each digit's ink."""

    text: str
    boxes: tuple[Box, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Scene:
    """``pixels`` uint8 (H, W) grey, and what they show."""

    pixels: NDArray[np.uint8]
    truth: Truth


def draw_number(text: str, size: tuple[int, int], digits: DigitImages, rng: np.random.Generator) -> Scene:
    """``text`` (digits only, may be empty) in one line on a sheet of paper of ``size`` (width, height)."""
    width, height = size
    slope = np.linspace(0.94, 1.0, height, dtype=np.float32)[:, None] * np.linspace(
        1.0, 0.96, width, dtype=np.float32
    )
    canvas = PAPER * slope
    cell = min(width / max(len(text), 2.5), height * 0.6)
    side = max(28, round(cell * 0.95))
    x = (width - cell * len(text)) / 2
    boxes = []
    for char in text:
        ink = _enlarged(digits.pick(int(char), rng), side)
        left = round(x + (cell - side) / 2 + cell * rng.uniform(-0.03, 0.03))
        top = round((height - side) / 2 + cell * rng.uniform(-0.08, 0.08))
        left, top = max(left, 0), max(top, 0)
        part = canvas[top : top + side, left : left + side]
        ink = ink[: part.shape[0], : part.shape[1]]
        part += (INK - part) * ink
        boxes.append(_box(ink, left, top))
        x += cell
    return Scene(np.rint(canvas).astype(np.uint8), Truth(text, tuple(boxes)))


def _enlarged(image: NDArray[np.uint8], side: int) -> NDArray[np.float32]:
    """Ink coverage 0..1 (side, side) with edges as sharp as a pen's."""
    big = np.asarray(Image.fromarray(image).resize((side, side), Image.Resampling.BICUBIC), np.float32)
    return np.clip((big - 100) / 60, 0, 1)


def _box(ink: NDArray[np.float32], left: int, top: int) -> Box:
    rows, columns = np.flatnonzero(ink.max(1) > 0.5), np.flatnonzero(ink.max(0) > 0.5)
    return (
        left + int(columns[0]),
        top + int(rows[0]),
        int(columns[-1] - columns[0]) + 1,
        int(rows[-1] - rows[0]) + 1,
    )
