"""From a frame under uneven light to dark-on-light grey and a threshold for every place of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageFilter

Bytes = NDArray[np.uint8]
Floats = NDArray[np.float32]

# Ink is at least this much darker than its paper, as a share of the paper's grey.
_LEAST_CONTRAST: Final = 0.10
# Ink begins at this share of the strongest contrast near by.
_SHARE: Final = 0.45
# The paper is looked for within this share of the longer side: wider than any pen's stroke.
_REACH: Final = 0.12


@dataclass(frozen=True, slots=True, eq=False)
class Lit:
    """Coarse cells of ``cell`` x ``cell`` pixels over a grey picture in which ink is dark.

    ``grey`` uint8 (H, W); ``paper`` and ``threshold`` float32 (rows, columns), one a cell, grey levels;
    ``threshold`` is 0 where there is no ink.
    """

    grey: Bytes
    cell: int
    paper: Floats
    threshold: Floats

    def upsampled(self, cells: Floats, box: tuple[int, int, int, int]) -> Bytes:
        """``cells`` interpolated over ``box`` (x, y, width, height) of the grey picture, uint8."""
        x, y, w, h = box
        c = self.cell
        source = (x / c, y / c, min((x + w) / c, cells.shape[1]), min((y + h) / c, cells.shape[0]))
        small = Image.fromarray(np.clip(cells, 0, 255).astype(np.uint8))
        return np.asarray(small.resize((w, h), Image.Resampling.BILINEAR, box=source))


def cell_size(height: int, width: int) -> int:
    longest = max(height, width)
    return 4 if longest <= 160 else 8 if longest <= 900 else 16


def level(pixels: Bytes) -> Lit | None:
    """Finds polarity, paper and thresholds of a frame (H, W) or (H, W, 3); ``None`` for a blank one."""
    green = pixels if pixels.ndim == 2 else pixels[:, :, 1]
    cell = cell_size(*green.shape)
    half = Image.fromarray(np.ascontiguousarray(green)).reduce(2)
    low, high = _extremes(np.asarray(half), cell // 2)
    inverted = _ink_is_light(low, high)
    if pixels.ndim == 3:
        # The weakest channel shows coloured ink best; on a board the strongest does.
        join = np.maximum if inverted else np.minimum
        grey = join(join(pixels[:, :, 0], pixels[:, :, 2]), green)
        low, high = _extremes(np.asarray(Image.fromarray(grey).reduce(2)), cell // 2)
    else:
        grey = pixels
    if inverted:
        grey, low, high = ~grey, ~high, ~low
    return _thresholds(grey, cell, low, high)


def _extremes(half: Bytes, step: int) -> tuple[Bytes, Bytes]:
    """Darkest and lightest grey of each ``step`` x ``step`` cell; the last row and column may overlap."""
    height, width = half.shape
    rows = np.minimum(np.arange(0, height, step), max(0, height - step))
    columns = np.minimum(np.arange(0, width, step), max(0, width - step))
    low, high = half[rows], half[rows]
    for k in range(1, min(step, height)):
        low, high = np.minimum(low, half[rows + k]), np.maximum(high, half[rows + k])
    least, most = low[:, columns], high[:, columns]
    for k in range(1, min(step, width)):
        least, most = np.minimum(least, low[:, columns + k]), np.maximum(most, high[:, columns + k])
    return least, most


def _ink_is_light(low: Bytes, high: Bytes) -> bool:
    """Whether what stands out from its surroundings is lighter than they are."""
    middle = _smooth((low.astype(np.float32) + high) / 2)
    usual = float(np.median(high.astype(np.float32) - low)) / 2 + 6
    darker = np.maximum(_wide_median(middle) - low - usual, 0).sum()
    lighter = np.maximum(high - _wide_median(middle) - usual, 0).sum()
    return bool(lighter > darker)


def _wide_median(cells: Floats) -> Floats:
    """Roughly the local median: of a coarser picture, median over its 7x7 neighbourhood."""
    small = Image.fromarray(np.clip(cells, 0, 255).astype(np.uint8))
    out = small.filter(ImageFilter.MedianFilter(_odd(max(cells.shape) * 0.3)))
    return np.asarray(out, np.float32)


def _odd(value: float) -> int:
    return max(3, int(value) // 2 * 2 + 1)


def _thresholds(grey: Bytes, cell: int, low: Bytes, high: Bytes) -> Lit | None:
    reach = max(1, round(_REACH * max(low.shape)))
    paper = _smooth(-slide_max(-slide_max(high.astype(np.float32), reach), reach))
    contrast = (paper - low) / np.maximum(paper, 1)
    noise = float(np.median((high.astype(np.float32) - low) / np.maximum(paper, 1)))
    floor = max(_LEAST_CONTRAST, min(2.5 * noise, 0.25))
    if not (contrast > floor).any():
        return None
    strongest = slide_max(contrast, 2)
    share = np.maximum(_SHARE * strongest, floor * 0.8)
    threshold = np.where(strongest > floor, paper * (1 - share), 0).astype(np.float32)
    return Lit(grey, cell, paper, threshold)


def slide_max(cells: Floats, radius: int) -> Floats:
    """The largest value within ``radius`` cells, square neighbourhood."""
    for axis in (0, 1):
        size = cells.shape[axis]
        padded = np.concatenate(
            [
                np.repeat(cells.take([0], axis), radius, axis),
                cells,
                np.repeat(cells.take([-1], axis), radius, axis),
            ],
            axis,
        )
        parts = [padded.take(range(k, k + size), axis) for k in range(2 * radius + 1)]
        cells = np.maximum.reduce(parts)
    return cells


def _smooth(cells: Floats) -> Floats:
    """Mean over 3x3 cells."""
    p = np.pad(cells, 1, mode="edge")
    rows = p[:-2] + p[1:-1] + p[2:]
    return np.asarray((rows[:, :-2] + rows[:, 1:-1] + rows[:, 2:]) / np.float32(9), np.float32)
