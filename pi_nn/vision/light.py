"""From a frame under uneven light to grey in which ink is dark, and a threshold for every place of it.

All looking around happens on coarse cells of a few pixels each; the frame itself is passed over a few times
only. That is what a Pi Zero can afford.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from pi_nn.records import Box
from pi_nn.vision.cells import Bytes, Floats, closed, closed_pixels, filled, halved, pooled, slide_max, smooth

# Ink is at least this much darker than its paper, as a share of the paper's grey.
_LEAST_CONTRAST: Final = 0.10
# Paper noise stays below this many times the usual difference within a cell.
_NOISE: Final = 2.5
_MOST_NOISE: Final = 0.45
# Noise is told for blocks of so many cells each way.
_BLOCK: Final = 8
# Ink begins at this share of the strongest contrast near by, and of the strongest in the frame: show-through,
# ruled lines and rubbed-out pencil stay below.
_NEAR_SHARE: Final = 0.38
_FRAME_SHARE: Final = 0.22
# The paper is looked for within this share of the longer side: wider than any pen's stroke.
_REACH: Final = 0.12
# Polarity counts as decided when one side outweighs the other by this share of both.
_DECIDED: Final = 0.3
_WIDEST_PEN: Final = 60
# Seen that finely, ink stands out more clearly than cloth and other texture.
_FINE_SHARE: Final = 0.5


@dataclass(frozen=True, slots=True, eq=False)
class Lit:
    """Coarse cells of ``cell`` x ``cell`` pixels over a grey picture in which ink is dark.

    ``grey`` uint8 (H, W). One float32 (rows, columns) value a cell: ``paper``, its grey level; ``threshold``,
    the grey level below which there is ink (0: no ink); ``strongest``, the largest contrast near by, 0..1.
    ``light_ink`` tells that ``grey`` is the frame turned over.
    """

    grey: Bytes
    cell: int
    paper: Floats
    threshold: Floats
    strongest: Floats
    light_ink: bool

    def upsampled(self, cells: Floats, box: Box) -> Bytes:
        """``cells`` (0..255) interpolated over ``box`` of the grey picture, uint8 (height, width)."""
        x, y, w, h = box
        c = self.cell
        source = (x / c, y / c, min((x + w) / c, cells.shape[1]), min((y + h) / c, cells.shape[0]))
        small = Image.fromarray(np.clip(cells, 0, 255).astype(np.uint8))
        return np.asarray(small.resize((w, h), Image.Resampling.BILINEAR, box=source))

    def inked(self) -> Box | None:
        """The part of the grey picture in which there may be ink."""
        rows = np.flatnonzero(self.threshold.any(axis=1))
        if len(rows) == 0:
            return None
        columns = np.flatnonzero(self.threshold.any(axis=0))
        height, width = self.grey.shape
        x, y = int(columns[0]) * self.cell, int(rows[0]) * self.cell
        right, bottom = (int(columns[-1]) + 1) * self.cell, (int(rows[-1]) + 1) * self.cell
        return x, y, min(right, width) - x, min(bottom, height) - y


def cell_size(height: int, width: int) -> int:
    longest = max(height, width)
    return 4 if longest <= 160 else 8 if longest <= 900 else 16


def level(pixels: Bytes, *, light_ink: bool | None = None) -> Lit:
    """Paper and thresholds of a frame (H, W) or (H, W, 3).

    ``light_ink`` says whether ink is lighter than its ground; ``None`` finds out.
    """
    green = pixels if pixels.ndim == 2 else np.ascontiguousarray(pixels[:, :, 1])
    cell = cell_size(*green.shape)
    low, mean, high = _cells(green, cell)
    if pixels.ndim == 2 and not (high - low > _LEAST_CONTRAST * low).any():
        return _blank(green, cell, high)
    if light_ink is None:
        light_ink = ink_is_light(low, mean, high)
    grey = green
    if pixels.ndim == 3:
        # The weakest channel shows coloured ink best; on a board the strongest does.
        join = np.maximum if light_ink else np.minimum
        grey = join(join(pixels[:, :, 0], pixels[:, :, 2]), green)
        low, mean, high = _cells(grey, cell)
    if light_ink:
        grey, low, high = ~grey, 255 - high, 255 - low
    return _thresholds(grey, cell, low, high, light_ink)


def _blank(grey: Bytes, cell: int, paper: Floats) -> Lit:
    none = np.zeros_like(paper)
    return Lit(grey, cell, paper, none, none, False)


def _cells(grey: Bytes, cell: int) -> tuple[Floats, Floats, Floats]:
    """Darkest, mean and lightest grey of each cell, float32 (rows, columns).

    Pairs of pixels are averaged first: that halves the noise, and a stroke is rarely one pixel wide.
    """
    half, step = filled(halved(grey), cell // 2), cell // 2
    low, high = pooled(np.minimum, half, step), pooled(np.maximum, half, step)
    total = pooled(np.add, half.astype(np.uint16), step).astype(np.float32)
    return low.astype(np.float32), total * np.float32(1 / step**2), high.astype(np.float32)


def ink_is_light(low: NDArray[Any], mean: NDArray[Any], high: NDArray[Any]) -> bool:
    """Whether the minority in each neighbourhood is lighter than the rest: ink covers less than paper does.

    Edges of paper and texture are as often light as dark and cancel. Pens of unknown width need
    neighbourhoods of unknown size: from one cell upwards, until one side clearly outweighs the other.
    """
    low, mean, high = (cells.astype(np.int32) for cells in (low, mean, high))
    usual = int(np.median(high - low))
    total = 0.0
    while True:
        dark = int(np.square(np.maximum(mean - low - usual, 0)).sum())
        light = int(np.square(np.maximum(high - mean - usual, 0)).sum())
        if abs(dark - light) > _DECIDED * (dark + light):
            return light > dark
        total += (light - dark) / (light + dark + 1)
        if max(mean.shape) <= 2:
            return total > 0
        low, high = pooled(np.minimum, filled(low, 2), 2), pooled(np.maximum, filled(high, 2), 2)
        mean = pooled(np.add, filled(mean, 2), 2) >> 2


def _thresholds(grey: Bytes, cell: int, low: Floats, high: Floats, light_ink: bool) -> Lit:
    reach = max(1, round(_REACH * max(low.shape)))
    paper: Floats = np.maximum(smooth(closed(high, reach)), 1)
    contrast: Floats = (paper - low) / paper
    floor = np.clip(_NOISE * _usual_range(high - low) / paper, _LEAST_CONTRAST, _MOST_NOISE)
    contrast = np.where(contrast > floor, contrast, 0).astype(np.float32)
    top = float(np.sort(contrast, axis=None)[-max(2, contrast.size // 200) :].mean())
    strongest = slide_max(contrast, 2)
    share = np.maximum(np.maximum(_NEAR_SHARE * strongest, _FRAME_SHARE * top), floor)
    threshold = np.where(strongest > 0, paper * (1 - share), np.float32(0))
    return Lit(grey, cell, paper, threshold, strongest, light_ink)


def _usual_range(ranges: Floats) -> Floats:
    """The difference within a cell that is usual near by, the paper's: the lower third of each block."""
    step = min(_BLOCK, *ranges.shape)
    full = filled(ranges, step)
    rows, columns = full.shape[0] // step, full.shape[1] // step
    blocks = full.reshape(rows, step, columns, step).swapaxes(1, 2).reshape(rows, columns, step * step)
    third = np.sort(blocks, axis=2)[:, :, step * step // 3]
    return third.repeat(step, axis=0).repeat(step, axis=1)[: ranges.shape[0], : ranges.shape[1]]


def fine_ink(lit: Lit, box: Box, pen: int) -> NDArray[np.bool_]:
    """Ink of strokes about ``pen`` pixels wide within ``box``, bool (height, width).

    The paper is looked for just beyond a stroke's width, so the edge of a shadow or of the page is no ink.
    """
    x, y, w, h = box
    reach = min(max(3, round(1.2 * pen)), _WIDEST_PEN)
    grey = lit.grey[y : y + h, x : x + w]
    paper = closed_pixels(grey, reach)
    least = np.maximum(1 - lit.threshold / lit.paper, _FINE_SHARE * lit.strongest)
    return grey < paper * (1 - lit.upsampled(least * 255, box) * np.float32(1 / 255))
