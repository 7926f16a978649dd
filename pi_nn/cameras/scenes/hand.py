"""A hand over the page: it comes in from a side, covers no digit, throws a shadow, and never holds still."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from PIL import Image, ImageDraw, ImageFilter

from pi_nn.cameras.scenes.ink import Canvas
from pi_nn.cameras.scenes.view import Area

_FULL = 0.66
"""How much of the rectangle (reach x thickness) around a hand it fills."""
_STEADY = 0.85
"""The least reach of a moving hand, as a part of its strip's depth."""


@dataclass(frozen=True, slots=True)
class Strip:
    """The part of the frame that belongs to the hand: a strip of ``depth`` (0..1) along ``side`` 0 to 3.

    Sides: left, top, right, bottom.
    """

    side: int
    depth: float

    @classmethod
    def for_hand(cls, part: float, size: tuple[int, int], rng: np.random.Generator) -> Strip:
        """Room for a hand that covers ``part`` of a frame of ``size``, and is longer than wide."""
        side = int(rng.integers(4))
        if part > 0.15 and size[0] > size[1]:
            side = side // 2 * 2  # a large hand has room only along the frame's longer side
        length, width = size[side % 2], size[1 - side % 2]
        thick = min(np.sqrt(0.75 * part * length * width), 0.8 * width)
        return cls(side, float(min(0.6, part * width / (_FULL * thick) / _STEADY)))

    def rest(self, area: Area, size: tuple[int, int]) -> Area:
        """``area`` without the strip."""
        left, top, width, height = area
        cut = self.depth * size[self.side % 2]
        if self.side % 2 == 0:
            return (max(left, cut) if self.side == 0 else left, top, max(width - cut, 0.2 * size[0]), height)
        return (left, max(top, cut) if self.side == 1 else top, width, max(height - cut, 0.2 * size[1]))


def draw_hand(canvas: Canvas, part: float, strip: Strip, rng: np.random.Generator) -> None:
    """Covers about ``part`` of the frame with a hand inside ``strip``, elsewhere on every call."""
    height, width = canvas.shape
    shape = (width, height) if strip.side % 2 == 0 else (height, width)
    mask = _outline(shape, part, strip.depth, rng)
    turned = np.asarray(mask)
    turned = turned if strip.side % 2 == 0 else turned.T
    if strip.side >= 2:
        turned = turned[::-1, ::-1]
    soft = Image.fromarray(np.ascontiguousarray(turned)).filter(ImageFilter.GaussianBlur(12))
    near = np.asarray(soft, np.float32) / np.float32(255)
    canvas *= 1 - np.float32(0.35) * near  # the shadow around it
    skin = np.float32(rng.uniform(0.12, 0.45))
    body = skin * (np.float32(0.45) + np.float32(0.55) * near)  # darker towards its outline
    canvas += turned.astype(np.float32) / np.float32(255) * (body - canvas)


def _outline(shape: tuple[int, int], part: float, depth: float, rng: np.random.Generator) -> Image.Image:
    """A mask (width, height) of a forearm from the left edge, a fist, and fingers that point to the right."""
    width, height = shape
    reach = depth * width * rng.uniform(_STEADY, 1.0)
    thick = min(0.95 * height, part * width * height / (_FULL * reach))
    middle = rng.uniform(0.5 * thick, height - 0.5 * thick)
    lean = rng.uniform(-0.2, 0.2) * thick
    image = Image.new("L", shape)
    draw = ImageDraw.Draw(image)
    draw.line([(-thick, middle - lean), (0.5 * reach, middle)], fill=255, width=round(0.66 * thick))
    draw.ellipse((0.25 * reach, middle - thick / 2, 0.72 * reach, middle + thick / 2), fill=255)
    r = 0.12 * thick
    for at, long in ((-0.35, 1.0), (-0.11, 0.74), (0.13, 0.73), (0.35, 0.7)):
        y, tip = middle + at * thick, long * reach - r
        draw.line([(0.45 * reach, y), (tip, y + lean / 2)], fill=255, width=max(1, round(2 * r)))
        draw.ellipse((tip - r, y + lean / 2 - r, tip + r, y + lean / 2 + r), fill=255)
    return image.filter(ImageFilter.GaussianBlur(1.5))
