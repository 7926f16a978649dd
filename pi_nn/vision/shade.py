"""A page of writing in shadow: where shadows lie, and the page as it would be without them.

A shadow's edge is a step of the light, a stroke of a pen is a valley between two of them. The grey closing
fills valleys up to its width and leaves steps as they are: what it gives is the paper under the light that it
has, however hard the shadow.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np
from PIL import Image

from pi_nn.vision.cells import Bytes, as_grey, as_image, closed_pixels

if TYPE_CHECKING:
    from numpy.typing import NDArray

# Ink that is solid over squares of so many strokes is a shadow, or a table; a page has this share of that.
_BROAD: Final = 2
_SHADED: Final = 0.1
# The paper is looked for within so many strokes of the pen, and in so many pixels at least and at most.
_WIDER: Final = 1.6
_REACH: Final = (4, 60)
# Paper in even light has this grey level: what is lighter keeps some room.
_PAPER: Final = 240
# Fine strokes are looked for within so many pixels at half size, once those of the other kind have been taken
# away within so many; they are clearly of one kind where that weighs so many times more.
_FINE: Final = 2
_OTHER: Final = 4
_CLEARLY: Final = 2.0


def strokes_are_dark(grey: Bytes) -> bool:
    """Whether fine strokes in a picture (H, W) are clearly darker than their ground, and not lighter.

    The dark ones are what the closing fills, the light ones what the opening takes away, each where the other
    has been before: so the paper in a loop is no light stroke, and the dark rim that a camera draws around
    chalk no dark one. The edge of a shadow, of a sheet or of a table is neither, however strong it is.
    """
    half = as_grey(as_image(grey).reduce(2))
    opened, filled = ~closed_pixels(~half, _OTHER), closed_pixels(half, _OTHER)
    dark = _weight(closed_pixels(opened, _FINE) - opened)
    light = _weight(closed_pixels(~filled, _FINE) - ~filled)
    return dark > _CLEARLY * light


def _weight(levels: Bytes) -> float:
    """Sum of the squares of grey levels."""
    values = levels.ravel().astype(np.float32)
    return float(np.dot(values, values))


def is_shaded(ink: NDArray[np.bool_], pen: int) -> bool:
    """Whether a good part of the ``ink``, bool (H, W), is much broader than the ``pen``, either way."""
    side = _BROAD * max(pen, 1)
    height, width = (length // side for length in ink.shape)
    squares = ink[: height * side, : width * side].reshape(height, side, width, side)
    solid = int(np.count_nonzero(np.logical_and.reduce(squares, axis=(1, 3))))
    return solid * side * side > _SHADED * int(np.count_nonzero(ink))


def unshaded(grey: Bytes, pen: int) -> Bytes:
    """``grey`` (H, W) with dark strokes about ``pen`` pixels wide, as it would be in even light.

    The paper is looked for in the picture at half size: that halves the noise, whose lightest dots would be
    taken for paper, and quarters the work.
    """
    reach = min(max(_REACH[0], round(_WIDER * pen)), _REACH[1])
    paper = closed_pixels(as_grey(as_image(grey).reduce(2)), -(-reach // 2))
    ground = as_grey(as_image(paper).resize(grey.shape[::-1], Image.Resampling.BILINEAR))
    even = np.multiply(grey, _PAPER, dtype=np.uint16) // np.maximum(ground, np.uint8(1))
    return np.asarray(np.minimum(even, 255), np.uint8)
