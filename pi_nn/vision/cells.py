"""Arithmetic on grids of cells: pooling, sliding windows, margins. Few NumPy calls each."""

from __future__ import annotations

from typing import Any, cast

import numpy as np
from numpy.typing import NDArray

Bytes = NDArray[np.uint8]
Floats = NDArray[np.float32]


def halved(grey: Bytes) -> Bytes:
    """Means of 2x2 pixels, rounded down; an odd last row or column is left out."""
    rows, columns = grey.shape[0] // 2 * 2, grey.shape[1] // 2 * 2
    pairs = np.add(grey[0:rows:2, :columns], grey[1:rows:2, :columns], dtype=np.uint16)
    pairs = pairs[:, 0::2] + pairs[:, 1::2]
    pairs >>= 2
    return pairs.astype(np.uint8)


def pooled(join: np.ufunc, values: NDArray[Any], step: int) -> NDArray[Any]:
    """``join`` over ``step`` x ``step`` blocks of (H, W); both sides must be multiples of ``step``."""
    rows, columns = values.shape
    tall = join.reduce(values.reshape(rows // step, step, columns), axis=1)
    result = tall[:, 0::step]
    for k in range(1, step):
        result = join(result, tall[:, k::step])
    return cast("NDArray[Any]", result)


def filled(values: NDArray[Any], step: int) -> NDArray[Any]:
    """``values`` (H, W) with the last row and column repeated until both sides are multiples of ``step``."""
    below, right = -values.shape[0] % step, -values.shape[1] % step
    if not below and not right:
        return values
    return margined(values, (0, below), (0, right))


def margined(values: NDArray[Any], rows: tuple[int, int], columns: tuple[int, int]) -> NDArray[Any]:
    """``values`` (H, W) with its edges repeated: so many rows above and below, columns left and right."""
    height, width = values.shape
    down = np.clip(np.arange(-rows[0], height + rows[1]), 0, height - 1)
    across = np.clip(np.arange(-columns[0], width + columns[1]), 0, width - 1)
    return cast("NDArray[Any]", values[down][:, across])


def slid(join: np.ufunc, values: NDArray[Any], window: int) -> NDArray[Any]:
    """``join`` over each ``window`` neighbouring rows, by doubling: ``window - 1`` rows fewer."""
    reached = 1
    while reached < window:
        step = min(reached, window - reached)
        values = join(values[:-step], values[step:])
        reached += step
    return values


def slide_max(cells: Floats, radius: int) -> Floats:
    """The largest value within ``radius`` cells, in a square neighbourhood."""
    wide = margined(cells, (radius, radius), (radius, radius))
    for _ in range(2):
        wide = slid(np.maximum, wide, 2 * radius + 1).T
    return wide


def closed(cells: Floats, radius: int) -> Floats:
    """Fills what is darker and narrower than ``radius`` cells either way: the grey closing.

    Beyond the frame the light goes on falling as it did inside; taking it as level there would make a
    darker border look like ink.
    """
    wide = -slide_max(cells, radius)
    for _ in range(2):
        wide = slid(np.maximum, _sloped(wide, radius), 2 * radius + 1).T
    return -wide


def closed_pixels(grey: Bytes, radius: int) -> Bytes:
    """The grey closing of a picture with a square of ``2 * radius + 1`` pixels."""
    wide = margined(grey, (2 * radius, 2 * radius), (2 * radius, 2 * radius))
    for join in (np.maximum, np.minimum):
        for _ in range(2):
            wide = slid(join, wide, 2 * radius + 1).T
    return np.ascontiguousarray(wide)


def smooth(cells: Floats) -> Floats:
    """Mean over 3x3 cells."""
    for _ in range(2):
        wide = margined(cells, (1, 1), (0, 0))
        cells = ((wide[:-2] + wide[1:-1] + wide[2:]) * np.float32(1 / 3)).T
    return cells


def _sloped(cells: Floats, radius: int) -> Floats:
    """``radius`` rows more above and below, mirrored through the edge so that a slope goes on."""
    height = len(cells)
    away = np.minimum(np.arange(1, radius + 1), height - 1)
    above = 2 * cells[:1] - cells[away[::-1]]
    below = 2 * cells[-1:] - cells[height - 1 - away]
    return np.concatenate([above, cells, below])
