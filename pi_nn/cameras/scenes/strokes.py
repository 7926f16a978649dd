"""A 28x28 digit image as smooth strokes: large, soft-edged, with the writer's own pen or another one."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageFilter

FINE = 4
"""A field has this many pixels for one of the digit image."""
SLOPE = 45.0
"""Grey levels by which a field falls across one of its pixels at the edge of a stroke."""
EDGE = 120
"""The field's value at the edge of a stroke; more is ink."""


@dataclass(frozen=True, slots=True, eq=False)
class Glyph:
    """``field``: a grey picture that crosses ``EDGE`` at the edges of the strokes; more is ink.

    ``left``, ``top``, ``width`` and ``height`` bound the ink, in pixels of the field.
    """

    field: Image.Image
    left: int
    top: int
    width: int
    height: int


def glyph(image: NDArray[np.uint8], pen: float | None = None) -> Glyph:
    """``image`` uint8 (28, 28), ink 255, as a glyph; ``pen`` is a stroke's width as a part of its height.

    The strokes of an enlarged MNIST digit are bumpy, and three times as fat as a ballpoint's; blurring
    smooths the first, and thinning to the middle line and drawing it anew with a round pen mends the second.
    """
    size = (image.shape[1] * FINE, image.shape[0] * FINE)
    large = (
        Image.fromarray(image).resize(size, Image.Resampling.BICUBIC).filter(ImageFilter.GaussianBlur(1.5))
    )
    field = np.asarray(large)
    ink = field > min(EDGE, int(field.max()) - 1)
    rows, columns = np.flatnonzero(ink.any(1)), np.flatnonzero(ink.any(0))
    top, left = int(rows[0]), int(columns[0])
    height, width = int(rows[-1]) + 1 - top, int(columns[-1]) + 1 - left
    if pen is None:
        return Glyph(large, left, top, width, height)
    radius = max(pen * height / 2, 0.6)
    margin = int(radius) + 6  # where the field has come down to zero
    line = np.pad(thin(np.pad(ink[top : top + height, left : left + width], 1)), margin - 1)
    away = _smoothed(distance(line, margin))
    redrawn = np.clip(EDGE + SLOPE * (radius - away), 0, 255).astype(np.uint8)
    return Glyph(Image.fromarray(redrawn), margin, margin, width, height)


def thin(ink: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """The middle lines of ``ink`` (H, W), one pixel wide (Zhang and Suen, CACM 27, 1984).

    The rim of ``ink`` must be empty.
    """
    line = ink.astype(np.uint8)
    deletable = _deletable()
    left = -1
    while left != (left := int(np.count_nonzero(line))):
        for table in deletable:
            line[1:-1, 1:-1] &= table[_neighbourhood(line)]
    return line.astype(bool)


def distance(line: NDArray[np.bool_], reach: int) -> NDArray[np.float32]:
    """Euclidean distance (H, W) in pixels to the nearest set pixel of ``line``, cut off at ``reach``."""
    far = np.float32(reach * reach)
    squared = np.where(line, np.float32(0), far)
    for axis in (0, 1):
        squared = _nearest_along(squared, axis, reach, far)
    return np.asarray(np.sqrt(squared))


def _nearest_along(
    squared: NDArray[np.float32], axis: int, reach: int, far: np.float32
) -> NDArray[np.float32]:
    """min over k of squared[i + k] + k * k: the distance transform is separable (Felzenszwalb 2012)."""
    pad = [(0, 0), (0, 0)]
    pad[axis] = (reach, reach)
    padded = np.pad(squared, pad, constant_values=far)
    best = squared.copy()
    for k in range(-reach + 1, reach):
        shifted = padded[reach + k :, :] if axis == 0 else padded[:, reach + k :]
        part = shifted[: squared.shape[0], : squared.shape[1]]
        np.minimum(best, part + np.float32(k * k), out=best)
    return best


def _smoothed(away: NDArray[np.float32]) -> NDArray[np.float32]:
    """A thinned line has stairs one pixel high; two passes of (1 2 1)/4 take them off."""
    for _ in range(2):
        for axis in (0, 1):
            away = np.float32(0.25) * (np.roll(away, 1, axis) + 2 * away + np.roll(away, -1, axis))
    return away


def _neighbourhood(line: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """For each inner pixel its eight neighbours as bits, clockwise from the north."""
    h, w = line.shape
    around = ((-1, 0), (-1, 1), (0, 1), (1, 1), (1, 0), (1, -1), (0, -1), (-1, -1))
    code = np.zeros((h - 2, w - 2), np.uint8)
    for bit, (dy, dx) in enumerate(around):
        code |= line[1 + dy : h - 1 + dy, 1 + dx : w - 1 + dx] << np.uint8(bit)
    return code


@cache
def _deletable() -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    """For each neighbourhood 0 where the first or the second pass deletes the pixel, else 1."""
    tables = np.ones((2, 256), np.uint8)
    for code in range(256):
        p = [code >> bit & 1 for bit in range(8)]
        steps = sum(p[i] == 0 and p[(i + 1) % 8] == 1 for i in range(8))
        if not (2 <= sum(p) <= 6 and steps == 1):
            continue
        north, east, south, west = p[0], p[2], p[4], p[6]
        tables[0, code] = (north and east and south) or (east and south and west)
        tables[1, code] = (north and east and west) or (north and south and west)
    return tables[0], tables[1]
