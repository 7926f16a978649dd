"""Ink on a coloured ground: the channel that tells them apart, where all three together do not."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np
from PIL import Image, ImageFilter

from pi_nn.vision.cells import Bytes, as_grey, as_image
from pi_nn.vision.light import cell_size, extremes, median, scaled

if TYPE_CHECKING:
    from numpy.typing import NDArray

# A ground is coloured when its weakest channel falls short by this share of its strongest, and that is no
# darker than this; so must this share of a frame be.
_COLOURED: Final = 0.2
_DARK: Final = 24
_LEAST: Final = 0.1
# Where this share of what lies within so many blocks is coloured, up to the rest, a card's edge runs.
_AROUND: Final = 2
_EDGE: Final = (255 * 2 // 5, 255 * 3 // 5)
# A channel is better when it shows so much more: the squares of contrasts, added up.
_BETTER: Final = 1.5
_WHITE: Final = np.int16(4 * 255)
# Paper as dark as this shows noise more than ink.
_LEAST_PAPER: Final = np.int16(4 * 24)


def clearest(pixels: NDArray[np.uint8], light_ink: bool | None) -> tuple[NDArray[np.uint8], bool | None]:
    """A colour frame (H, W, 3) as it is, or the channel (H, W) that shows its ink far better.

    With that channel comes whether ink is lighter than its ground there, unless ``light_ink`` says so. White
    paper is light in every channel; a red card is black in two of them, and so is what is written on it.
    """
    block = 2 * cell_size(*pixels.shape[:2])
    mean = np.asarray(Image.fromarray(pixels).reduce(block))
    top = mean.max(axis=2)
    coloured = (top - mean.min(axis=2) > _COLOURED * top) & (top >= _DARK)
    if np.count_nonzero(coloured) < _LEAST * coloured.size:
        return pixels, light_ink
    share = as_grey(as_image(np.where(coloured, np.uint8(255), 0)).filter(ImageFilter.BoxBlur(_AROUND)))
    within = (share < _EDGE[0]) | (share > _EDGE[1])
    channels = [np.ascontiguousarray(pixels[:, :, k]) for k in range(3)]
    shown = [_lighter(channel, block, within) for channel in channels]
    # The green channel is what says whether ink is light for all three together.
    light = shown[1] > 0 if light_ink is None else light_ink
    together = _lighter((np.maximum if light else np.minimum).reduce(channels), block, within)
    worth = np.abs(shown) if light_ink is None else np.multiply(shown, 1 if light_ink else -1)
    best = int(np.argmax(worth))
    if worth[best] <= _BETTER * max(together if light else -together, 0):
        return pixels, light_ink
    return channels[best], shown[best] > 0


def _lighter(grey: Bytes, block: int, within: NDArray[np.bool_]) -> float:
    """How much more ink is lighter than its ground than darker, less than 0 where it is darker.

    The squares of the contrasts in all blocks ``within``, as shares of the paper, as dark ink would have it.
    """
    half = as_image(grey).reduce(2)
    low, high = extremes(half, block // 2)
    ground = scaled(as_grey(half.reduce(block // 2).filter(ImageFilter.BoxBlur(_AROUND))))
    usual = median(high - low)
    dark, light = (
        np.maximum(excess - usual, 0).astype(np.float32) for excess in (ground - low, high - ground)
    )
    lighter = (np.square(light) - np.square(dark))[within]
    paper = _WHITE - ground if lighter.sum() > 0 else ground
    return float((lighter / np.square(np.maximum(paper, _LEAST_PAPER).astype(np.float32))[within]).sum())
