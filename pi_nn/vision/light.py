"""From a frame under uneven light to grey in which ink is dark, and a threshold for every place of it.

All looking around happens on coarse cells of a few pixels each, and from where the ink is known only there;
the frame itself is passed over a few times only. That is what a Pi Zero can afford.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Final

import numpy as np
from PIL import Image

from pi_nn.records import Box
from pi_nn.vision.cells import (
    Bytes,
    Floats,
    Shorts,
    as_grey,
    as_image,
    closed,
    closed_pixels,
    doubled,
    filled,
    pooled,
    slide_max,
    smooth,
    spread,
)
from pi_nn.vision.runs import find_blobs, find_runs

if TYPE_CHECKING:
    from numpy.typing import NDArray

# Ink is at least a tenth darker than its paper. Paper noise stays below 5/2 of the usual difference within a
# cell, and at most 29/64 of the paper's grey count as noise.
_TENTH: Final = np.int16(10)
_WHITE: Final = np.int16(4 * 255)
_NOISE: Final = (np.int16(5), np.int16(1))
_MOST_NOISE: Final = (np.int16(29), np.int16(6))
# What differs by a 16th, and by three times more than is usual, in so many cells at least, may be pale ink.
_PALE: Final = np.int16(16)
_CLEAR: Final = np.int16(3)
_FEWEST: Final = 4
# Noise is told for blocks of so many cells each way.
_BLOCK: Final = 8
# A page is seen in cells so large. A few of its blocks, up to this share, may be full of writing: those whose
# usual difference is so many times that of most.
_PAGE_CELL: Final = 16
_FEW_DENSE: Final = 0.125
_DENSE: Final = np.int16(2)
# Ink begins at this share of the strongest contrast near by, and of the strongest in the frame: show-through,
# ruled lines and rubbed-out pencil stay below.
_NEAR_SHARE: Final = np.float32(0.38)
_FRAME_SHARE: Final = 0.22
# What reaches in from the frame's edge by this share of the shorter side is no writing.
_FAR_IN: Final = 0.4
# Strong ink is near by within so many cells. One cell more is needed to interpolate.
_NEAR: Final = 2
_MARGIN: Final = _NEAR + 1
# Ink is full at this share of the strongest contrast near by, and none up to this share of that.
_FULL: Final = np.float32(0.65)
_NONE: Final = np.float32(0.2)
# The paper is looked for within this share of the longer side: wider than any pen's stroke.
_REACH: Final = 0.12
# Polarity counts as decided when one side outweighs the other by this share of both.
_DECIDED: Final = 0.6
_WIDEST_PEN: Final = 60
# What a grey level counts, in 1/64 of 255, where so many make the whole span from no ink to full ink.
_PER_LEVEL: Final = (255 * 64 // np.maximum(np.arange(256), 1)).astype(np.uint16)
# Seen that finely, ink stands out more clearly than cloth and other texture.
_FINE_SHARE: Final = 0.5
# There the paper is looked for within so many widths of the pen.
_WIDER: Final = 1.6


@dataclass(frozen=True, eq=False)
class Lit:
    """Coarse cells of ``cell`` x ``cell`` pixels over the inked part of a grey picture in which ink is dark.

    ``grey`` uint8 (H, W). One float32 (rows, columns) value a cell: ``paper``, its grey level; ``threshold``,
    the grey level below which there is ink (0: no ink); ``strongest``, the largest contrast near by, 0..1.
    ``corner`` is the column and row of the first of these cells in the whole picture; those beyond its edges
    are like the outermost. ``light_ink`` tells that ``grey`` is the frame turned over.
    """

    grey: Bytes
    cell: int
    corner: tuple[int, int]
    paper: Floats
    threshold: Floats
    strongest: Floats
    light_ink: bool

    @cached_property
    def inked(self) -> Box:
        """The part of the grey picture in which there may be ink."""
        rows, columns = self.threshold.shape
        height, width = self.grey.shape
        left, top = max(self.corner[0] + _NEAR, 0) * self.cell, max(self.corner[1] + _NEAR, 0) * self.cell
        right = min((self.corner[0] + columns - _NEAR) * self.cell, width)
        bottom = min((self.corner[1] + rows - _NEAR) * self.cell, height)
        return left, top, right - left, bottom - top

    def paper_around(self, box: Box) -> Floats:
        """The paper of the cells that ``box`` of the grey picture touches, and of those beside them."""
        x, y, w, h = box
        left, top = x // self.cell - self.corner[0], y // self.cell - self.corner[1]
        right, bottom = (x + w - 1) // self.cell - self.corner[0], (y + h - 1) // self.cell - self.corner[1]
        return self.paper[max(top - 1, 0) : bottom + 2, max(left - 1, 0) : right + 2]

    def ink(self) -> NDArray[np.bool_]:
        """Where in :attr:`inked` there is ink, bool (height, width)."""
        x, y, w, h = self.inked
        return self.grey[y : y + h, x : x + w] < self.upsampled(self.threshold.astype(np.uint8), self.inked)

    def upsampled(self, cells: Bytes, box: Box) -> Bytes:
        """``cells`` interpolated over ``box`` of the grey picture, uint8 (height, width)."""
        x, y, w, h = box
        c = self.cell
        # Values stand for the middles of cells: look from there.
        x, y = x - self.corner[0] * c - c // 2, y - self.corner[1] * c - c // 2
        left, top = x // c, y // c
        around = cells[top : (y + h - 1) // c + 2, left : (x + w - 1) // c + 2]
        x, y = x - left * c, y - top * c
        return spread(around, c)[y : y + h, x : x + w]

    def strength(self, box: Box) -> Bytes:
        """Ink within ``box``, uint8 (height, width): 0 up to a fifth of full ink to 255 for full ink."""
        x, y, w, h = box
        # Each pixel takes what is nearest.
        block = self.cell // 2
        left, top = x - self.corner[0] * self.cell - block // 2, y - self.corner[1] * self.cell - block // 2
        across, down = np.arange(left, left + w) // block, np.arange(top, top + h) // block
        ground, span, gain = (layer.take(across, axis=1).take(down, axis=0) for layer in self._range)
        grey = self.grey[y : y + h, x : x + w]
        dark = np.minimum(np.maximum(ground, grey) - grey, span)
        return np.asarray(dark * gain // np.uint16(64), np.uint8)

    @cached_property
    def _range(self) -> tuple[Bytes, Bytes, NDArray[np.uint16]]:
        """Where ink begins, grey levels from there to full ink, and what each of these counts, in 1/64.

        Twice as many values each way as cells, for little stays of a shadow's edge in one.
        """
        full = self.paper * self.strongest * _FULL
        none = full * _NONE
        # One above the other, so that one pass serves both.
        both = doubled(np.concatenate([self.paper - none, np.maximum(full - none, 1)])).astype(np.uint8)
        rows = 2 * len(full)
        span = both[rows:]
        return both[: rows - 1], span, _PER_LEVEL.take(span)


def cell_size(height: int, width: int) -> int:
    longest = max(height, width)
    return 4 if longest <= 160 else 8 if longest <= 900 else 16


def level(pixels: Bytes, *, light_ink: bool | None = None) -> Lit | str | None:
    """Paper and thresholds of a frame (H, W) or (H, W, 3).

    Where nothing stands out from its ground, ``None``, or ``low_contrast`` where something nearly does.

    ``light_ink`` says whether ink is lighter than its ground; ``None`` finds out.
    """
    grey = pixels if pixels.ndim == 2 else np.ascontiguousarray(pixels[:, :, 1])
    cell = cell_size(*grey.shape)
    half = as_image(grey).reduce(2)
    low, high = extremes(half, cell // 2)
    if pixels.ndim == 2 and not ((high - low) * _TENTH > low).any():
        return _nearly(low, high)
    if light_ink is None:
        light_ink = ink_is_light(*_coarser(low, high), scaled(as_grey(half.reduce(cell))))
    if pixels.ndim == 3:
        # The weakest channel shows coloured ink best; on a board the strongest does.
        join = np.maximum if light_ink else np.minimum
        grey = join(join(pixels[:, :, 0], pixels[:, :, 2]), grey)
        low, high = extremes(as_image(grey).reduce(2), cell // 2)
    if light_ink:
        grey, low, high = ~grey, _WHITE - high, _WHITE - low
    return _thresholds(grey, cell, low, high, light_ink)


def _nearly(low: Shorts, high: Shorts) -> str | None:
    """``low_contrast`` where a few cells differ far more within than most: writing, no lines and no noise."""
    ranges = high - low
    some = ranges * _PALE > high
    if not some.any():
        return None
    count = np.count_nonzero(some & (ranges > _CLEAR * median(ranges)))
    return "low_contrast" if _FEWEST <= count <= ranges.size // _TENTH else None


def extremes(half: Image.Image, step: int) -> tuple[Shorts, Shorts]:
    """Darkest and lightest places of each cell of ``step`` x ``step`` pixels of a picture at half size.

    At half size since that halves the noise, and a stroke is rarely one pixel wide.
    """
    grey = filled(as_grey(half), step)
    return scaled(pooled(np.minimum, grey, step)), scaled(pooled(np.maximum, grey, step))


def scaled(grey: Bytes) -> Shorts:
    """In quarters of a grey level, so that little is lost by rounding."""
    return grey.astype(np.int16) * np.int16(4)


def ink_is_light(low: Shorts, high: Shorts, mean: Shorts) -> bool:
    """Whether the minority in each neighbourhood is lighter than the rest: ink covers less than paper does.

    Edges of paper and texture are as often light as dark and cancel. Pens of unknown width need
    neighbourhoods of unknown size: from one cell upwards, until one side clearly outweighs the other.
    """
    # Where most of the frame is written on, what is usual is ink: half of the largest difference is no noise.
    ranges = high - low
    usual, total = min(median(ranges), ranges.max() >> np.int16(1)), 0.0
    while True:
        dark, light = _weight(mean - low - usual), _weight(high - mean - usual)
        if abs(dark - light) > _DECIDED * (dark + light):
            return light > dark
        total += (light - dark) / (light + dark + 1)
        if max(mean.shape) <= 2:
            return total > 0
        low, high = _coarser(low, high)
        mean = pooled(np.add, filled(mean, 2), 2) >> np.int16(2)


def _coarser(low: Shorts, high: Shorts) -> tuple[Shorts, Shorts]:
    """Darkest and lightest of 2x2 cells."""
    return pooled(np.minimum, filled(low, 2), 2), pooled(np.maximum, filled(high, 2), 2)


def median(cells: Shorts) -> np.int16:
    middle = cells.size // 2
    return np.int16(np.partition(cells.ravel(), middle)[middle])


def _weight(excess: Shorts) -> float:
    """Sum of the squares of what is above 0."""
    above = np.maximum(excess, 0).ravel().astype(np.float32)
    return float(np.dot(above, above))


def _thresholds(grey: Bytes, cell: int, low: Shorts, high: Shorts, light_ink: bool) -> Lit | str | None:
    paper = np.maximum(smooth(closed(high, max(1, round(_REACH * max(low.shape))))), 1)
    noise = np.maximum(_noise(high - low, page=cell >= _PAGE_CELL), paper // _TENTH)
    noise = np.minimum(noise, (paper * _MOST_NOISE[0]) >> _MOST_NOISE[1])
    stands_out = (paper - low > noise).view(np.uint8)
    rows, columns = (np.maximum.reduce(stands_out, axis=axis).nonzero()[0] for axis in (1, 0))
    if len(rows) == 0:
        return _nearly(low, high)
    # From here on floats, but only around the ink.
    near = _around(rows, low.shape[0])[:, None], _around(columns, low.shape[1])
    ground = paper[near].astype(np.float32)
    contrast = (ground - low[near]) * stands_out[near] / ground
    written, (bottom, right) = contrast, low.shape
    if rows[0] == 0 or columns[0] == 0 or rows[-1] == bottom - 1 or columns[-1] == right - 1:
        written = contrast * _written(stands_out)[near]
    top = _FRAME_SHARE * _mean_of_top(written[_MARGIN:-_MARGIN, _MARGIN:-_MARGIN], max(2, low.size // 200))
    strongest = slide_max(contrast, _NEAR)
    share = np.maximum(np.maximum(_NEAR_SHARE * strongest, top), noise[near] / ground)
    ground *= np.float32(0.25)
    threshold = ground * (1 - share) * (strongest > 0)
    corner = int(columns[0]) - _MARGIN, int(rows[0]) - _MARGIN
    return Lit(grey, cell, corner, ground, threshold, strongest, light_ink)


def _written(stands_out: Bytes) -> Bytes:
    """The cells that ``stands_out``, but for those of what reaches far in from the frame's edge.

    That is a table beside the sheet, a hand or a shadow, and says nothing of how dark the ink is.
    """
    blobs = find_blobs(find_runs(stands_out.view(bool)))
    x, y, w, h = blobs.boxes.T
    height, width = stands_out.shape
    edge = (x == 0) | (y == 0) | (x + w == width) | (y + h == height)
    left = stands_out.copy()
    for k in np.flatnonzero(edge & (np.maximum(w, h) >= _FAR_IN * min(height, width))).tolist():
        left[blobs.runs_of(k).paint(0, 0, width, height)] = 0
    return left if left.any() else stands_out


def _around(inked: NDArray[np.intp], count: int) -> NDArray[np.intp]:
    """Indices from ``_MARGIN`` before the first to as many after the last, held within 0..count - 1."""
    return np.minimum(np.maximum(np.arange(inked[0] - _MARGIN, inked[-1] + _MARGIN + 1), 0), count - 1)


def _mean_of_top(values: Floats, count: int) -> np.float32:
    """Mean of the ``count`` largest; where there are fewer, the others are 0."""
    return np.float32(np.add.reduce(np.sort(values, axis=None)[-count:]) / count)


def _noise(ranges: Shorts, *, page: bool) -> Shorts:
    """What paper noise stays below, of each cell, from the difference within a cell that is usual near by.

    Usual is the lower quarter of each block; on a ``page`` a few may be full of writing.
    """
    step = min(_BLOCK, *ranges.shape)
    full = filled(ranges, step)
    rows, columns = full.shape[0] // step, full.shape[1] // step
    blocks = full.reshape(rows, step, columns, step).swapaxes(1, 2).reshape(rows, columns, step * step)
    quarter = step * step // 4
    usual = np.partition(blocks, quarter, axis=2)[:, :, quarter]
    if page:
        most = _DENSE * median(usual)
        if np.maximum.reduce(usual, axis=None) > most:
            eighth = np.partition(blocks, quarter // 2, axis=2)[:, :, quarter // 2]
            usual = _but_for_dense(usual, eighth, most)
    noise = (usual * _NOISE[0]) >> _NOISE[1]
    return noise.repeat(step, axis=0).repeat(step, axis=1)[: ranges.shape[0], : ranges.shape[1]]


def _but_for_dense(quarter: Shorts, eighth: Shorts, most: np.int16) -> Shorts:
    """The lower quarters of blocks, but the eighths where a few quarters are above ``most``.

    Those are full of small writing; where many are, that is the paper's or the cloth's texture.
    """
    dense = quarter > most
    few = int(np.count_nonzero(dense)) <= _FEW_DENSE * dense.size
    return np.where(dense, eighth, quarter) if few else quarter


def fine_ink(lit: Lit, box: Box, pen: int) -> NDArray[np.bool_]:
    """Ink of strokes about ``pen`` pixels wide within ``box``, bool (height, width).

    The paper is looked for just beyond a stroke's width, so the edge of a shadow or of the page is no ink.
    """
    x, y, w, h = box
    grey = lit.grey[y : y + h, x : x + w]
    paper = closed_pixels(grey, min(max(3, round(_WIDER * pen)), _WIDEST_PEN))
    least = np.maximum(1 - lit.threshold / lit.paper, _FINE_SHARE * lit.strongest)
    share = lit.upsampled((255 - least * 255).astype(np.uint8), box)
    # The type said: NumPy 1 keeps to bytes where a factor would fit into one.
    return np.multiply(grey, 255, dtype=np.uint16) < np.multiply(paper, share, dtype=np.uint16)
