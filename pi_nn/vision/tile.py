"""Ink of any size to a 28x28 tile in the MNIST convention."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np
from PIL import Image

from pi_nn.vision.cells import as_grey, as_image, pooled

if TYPE_CHECKING:
    from numpy.typing import NDArray

SIDE: Final = 28
BOX: Final = 20
# Of 255: paper noise up to this does not count as ink when cutting to the digit; from this on ink is full.
_FAINT: Final = 51
_SOLID: Final = 250
# A stroke thinner than this (in tile pixels) is thickened: MNIST pens are 2 to 3 pixels wide.
_THIN: Final = 1.7
_MOMENTS: Final = np.stack([np.ones(2 * SIDE), np.arange(2 * SIDE)]).astype(np.float32)


def to_tile(ink: NDArray[Any]) -> NDArray[np.float32]:
    """``ink`` (H, W), 0.0 paper to 1.0 ink, as a float32 tile (28, 28).

    The ink is cut out, scaled with its aspect to fit a 20x20 box, anti-aliased, and laid so that its centre
    of mass is in the middle (LeCun et al. 1998, section III.A), as far as the box stays inside the tile.
    Thin strokes are widened to a pen's width. Without ink the tile is all zero.
    """
    grey = (np.clip(np.asarray(ink, np.float32), 0.0, 1.0) * np.float32(255)).astype(np.uint8)
    return tile_of(grey)


def tile_of(ink: NDArray[np.uint8]) -> NDArray[np.float32]:
    """As :func:`to_tile`, for ``ink`` uint8, 0 paper to 255 ink."""
    cut = _cut(ink)
    if cut is None:
        return np.zeros((SIDE, SIDE), np.float32)
    height, width = cut.shape
    scale = BOX / max(height, width)
    # Twice the size first: there a stroke can be widened by less than one tile pixel.
    double = (max(2, round(width * scale * 2)), max(2, round(height * scale * 2)))
    large = as_grey(as_image(cut).resize(double, Image.Resampling.HAMMING))
    return _centred(_thicken(_stretch(large)))


def _cut(ink: NDArray[np.uint8]) -> NDArray[np.uint8] | None:
    if ink.size == 0:
        return None
    rows = (np.maximum.reduce(ink, axis=1) > _FAINT).nonzero()[0]
    if len(rows) == 0:
        return None
    band = ink[rows[0] : rows[-1] + 1]
    columns = (np.maximum.reduce(band, axis=0) > _FAINT).nonzero()[0]
    return np.ascontiguousarray(band[:, columns[0] : columns[-1] + 1])


def _stretch(ink: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Brings the strokes' cores to full ink: scaling down has thinned a fine line to grey."""
    cores = max(4, ink.size // 40)
    if np.count_nonzero(ink >= _SOLID) >= cores:
        return ink
    top = float(np.sort(ink, axis=None)[-cores:].mean())
    if top >= _SOLID or top < 1:
        return ink
    full: NDArray[np.float32] = np.minimum(ink * np.float32(255 / top), 255)
    return full.astype(np.uint8)


def _thicken(ink: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Widens strokes pixel by pixel (half a tile pixel) until they are a pen's width."""
    for _ in range(2):
        if _stroke_width(ink) >= 2 * _THIN:
            break
        wide = ink.copy()
        np.maximum(wide[1:], ink[:-1], out=wide[1:])
        np.maximum(wide[:, 1:], wide[:, :-1].copy(), out=wide[:, 1:])
        ink = wide
    return ink


def _stroke_width(ink: NDArray[np.uint8]) -> float:
    """Mean width of the strokes in pixels: twice the area by the length of the outline."""
    height, width = ink.shape
    # With paper around it; between two rows once, so that all rows can be gone through as one.
    solid = np.zeros((height + 2, width + 1), np.uint8)
    np.greater(ink, 110, out=solid[1:-1, :-1].view(bool))
    flat = solid.reshape(-1)
    across, down = np.count_nonzero(flat[1:] != flat[:-1]), np.count_nonzero(solid[1:] != solid[:-1])
    # An outline walked in steps along the axes is about 4/pi longer than the smooth one.
    return 2 * int(np.count_nonzero(flat)) / max(1.0, (across + down) * 0.785)


def _centred(large: NDArray[np.uint8]) -> NDArray[np.float32]:
    """The 40-box picture on a 56x56 canvas, centre of mass in the middle, scaled to 28x28."""
    height, width = large.shape
    # Sums of the ink, and of the ink times its row or column: whole numbers, exact below 2**24.
    (mass, right), (below, _) = _MOMENTS[:, :height] @ large.astype(np.float32) @ _MOMENTS[:, :width].T
    y = min(max(round(SIDE - 0.5 - float(below) / float(mass)), 0), 2 * SIDE - height)
    x = min(max(round(SIDE - 0.5 - float(right) / float(mass)), 0), 2 * SIDE - width)
    canvas = np.zeros((2 * SIDE, 2 * SIDE), np.uint16)
    canvas[y : y + height, x : x + width] = large
    return pooled(np.add, canvas, 2).astype(np.float32) * np.float32(1 / (4 * 255))
