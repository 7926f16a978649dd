"""From a frame under uneven light to grey in which ink is dark, and a threshold for every place of it.

All looking around happens on coarse cells of a few pixels each; the frame itself is passed over a few times
only. That is what a Pi Zero can afford.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageFilter

from pi_nn.records import Box

Bytes = NDArray[np.uint8]
Floats = NDArray[np.float32]

# Ink is at least this much darker than its paper, as a share of the paper's grey.
_LEAST_CONTRAST: Final = 0.10
# Paper noise stays below this many times the usual difference within a cell.
_NOISE: Final = 2.5
_MOST_NOISE: Final = 0.45
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


def _cells(grey: Bytes, cell: int) -> tuple[Floats, Floats, Floats]:
    """Darkest, mean and lightest grey of each cell, float32 (rows, columns).

    Pairs of pixels are averaged first: that halves the noise, and a stroke is rarely one pixel wide.
    """
    half = Image.fromarray(grey).reduce(2)
    mean = np.asarray(half.reduce(cell // 2), np.float32)
    pixels = np.asarray(half)
    low = _pooled(np.minimum, pixels, cell // 2, mean.shape)
    high = _pooled(np.maximum, pixels, cell // 2, mean.shape)
    return low.astype(np.float32), mean, high.astype(np.float32)


def _pooled(join: np.ufunc, values: NDArray[np.generic], step: int, shape: tuple[int, ...]) -> NDArray[Any]:
    """``join`` over ``step`` x ``step`` blocks, to ``shape``; the last blocks may overlap."""
    for axis in (0, 1):
        size = values.shape[axis]
        first = np.minimum(np.arange(shape[axis]) * step, max(0, size - step))
        pooled = values.take(first, axis)
        for k in range(1, min(step, size)):
            pooled = join(pooled, values.take(first + k, axis))
        values = pooled
    return values


def ink_is_light(low: Floats, mean: Floats, high: Floats) -> bool:
    """Whether the minority in each neighbourhood is lighter than the rest: ink covers less than paper does.

    Edges of paper and texture are as often light as dark and cancel. Pens of unknown width need
    neighbourhoods of unknown size: from one cell upwards, until one side clearly outweighs the other.
    """
    usual = float(np.median(high - low))
    total = 0.0
    while True:
        dark = float(np.square(np.maximum(mean - low - usual, 0)).sum())
        light = float(np.square(np.maximum(high - mean - usual, 0)).sum())
        if abs(dark - light) > _DECIDED * (dark + light):
            return light > dark
        total += (light - dark) / (light + dark + 1)
        if max(mean.shape) <= 2:
            return total > 0
        shape = (-(-mean.shape[0] // 2), -(-mean.shape[1] // 2))
        low, high = _pooled(np.minimum, low, 2, shape), _pooled(np.maximum, high, 2, shape)
        mean = _pooled(np.add, mean, 2, shape) / np.float32(4 if min(mean.shape) > 1 else 2)


def _thresholds(grey: Bytes, cell: int, low: Floats, high: Floats, light_ink: bool) -> Lit:
    reach = max(1, round(_REACH * max(low.shape)))
    paper = np.maximum(_smooth(_closed(high, reach)), 1)
    contrast = (paper - low) / paper
    floor = np.clip(_NOISE * _usual_range(high - low) / paper, _LEAST_CONTRAST, _MOST_NOISE)
    contrast = np.where(contrast > floor, contrast, np.float32(0))
    top = float(np.sort(contrast, axis=None)[-max(2, contrast.size // 200) :].mean())
    strongest = slide_max(contrast, 2)
    share = np.maximum(np.maximum(_NEAR_SHARE * strongest, _FRAME_SHARE * top), floor)
    threshold = np.where(strongest > 0, paper * (1 - share), np.float32(0))
    return Lit(grey, cell, paper, threshold, strongest, light_ink)


def _usual_range(ranges: Floats) -> Floats:
    """The difference within a cell that is usual near by, the paper's: the lower third of a neighbourhood."""
    size = min(9, (min(ranges.shape) - 1) // 2 * 2 + 1)
    if size < 3:
        return np.full_like(ranges, np.percentile(ranges, 33))
    cells = Image.fromarray(ranges.astype(np.uint8))
    return np.asarray(cells.filter(ImageFilter.RankFilter(size, size * size // 3)), np.float32)


def fine_ink(lit: Lit, box: Box, pen: int) -> NDArray[np.bool_]:
    """Ink of strokes about ``pen`` pixels wide within ``box``, bool (height, width).

    The paper is looked for just beyond a stroke's width, so the edge of a shadow or of the page is no ink.
    """
    x, y, w, h = box
    reach = min(max(3, round(1.2 * pen)), _WIDEST_PEN)
    grey = lit.grey[y : y + h, x : x + w]
    paper = _closed_pixels(grey, reach)
    least = np.maximum(1 - lit.threshold / lit.paper, _FINE_SHARE * lit.strongest)
    return grey < paper * (1 - lit.upsampled(least * 255, box) * np.float32(1 / 255))


def _closed_pixels(grey: Bytes, radius: int) -> Bytes:
    """The grey closing with a square of ``2 * radius + 1`` pixels."""
    wide = np.pad(grey, 2 * radius, mode="edge")
    for join in (np.maximum, np.minimum):
        for _ in range(2):
            wide = _slid(join, wide, 2 * radius + 1).T
    return np.ascontiguousarray(wide)


def _closed(cells: Floats, radius: int) -> Floats:
    """Fills what is darker and narrower than ``radius`` cells either way: the grey closing.

    Beyond the frame the light goes on falling as it did inside; taking it as level there would make a
    darker border look like ink.
    """
    wide = np.pad(slide_max(cells, radius), radius, mode="reflect", reflect_type="odd")
    rows, columns = cells.shape
    return -slide_max(-wide, radius)[radius : radius + rows, radius : radius + columns]


def slide_max(cells: Floats, radius: int) -> Floats:
    """The largest value within ``radius`` cells, in a square neighbourhood."""
    wide: Floats = np.pad(cells, radius, mode="edge")
    for _ in range(2):
        wide = _slid(np.maximum, wide, 2 * radius + 1).T
    return wide


def _slid(join: np.ufunc, values: NDArray[Any], window: int) -> NDArray[Any]:
    """``join`` over each ``window`` neighbouring rows, by doubling: ``window - 1`` rows fewer."""
    reached = 1
    while reached < window:
        step = min(reached, window - reached)
        values = join(values[:-step], values[step:])
        reached += step
    return values


def _smooth(cells: Floats) -> Floats:
    """Mean over 3x3 cells."""
    p = np.pad(cells, 1, mode="edge")
    rows = p[:-2] + p[1:-1] + p[2:]
    return (rows[:, :-2] + rows[:, 1:-1] + rows[:, 2:]) / np.float32(9)
