"""Arithmetic on grids of cells: pooling, sliding windows, margins. Few NumPy calls each.

Whole numbers throughout: on a Pi Zero a float costs fifteen times what a byte does.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, TypeAlias, cast

import numpy as np
from PIL import Image

if TYPE_CHECKING:
    from numpy.typing import NDArray

Bytes: TypeAlias = "NDArray[np.uint8]"
Shorts: TypeAlias = "NDArray[np.int16]"
Floats: TypeAlias = "NDArray[np.float32]"
_TWO: Final = np.int16(2)
# Light that goes on falling beyond the frame keeps at least 5/8.
_FALL: Final = (np.int16(5), np.int16(3))


def as_image(grey: Bytes) -> Image.Image:
    """A Pillow image of ``grey``, read-only; with less to do than :func:`PIL.Image.fromarray` has."""
    shape = grey.shape[1], grey.shape[0]
    return Image.frombuffer("L", shape, np.ascontiguousarray(grey), "raw", "L", 0, 1)


def as_grey(image: Image.Image) -> Bytes:
    """The pixels of an image of mode L, uint8 (H, W), read-only."""
    return np.frombuffer(image.tobytes(), np.uint8).reshape(image.height, image.width)


def pooled(join: np.ufunc, values: NDArray[Any], step: int) -> NDArray[Any]:
    """``join`` over ``step`` x ``step`` blocks of (H, W); ``step``, a power of two, divides both sides."""
    for _ in range(step.bit_length() - 1):
        values = join(values[0::2], values[1::2])
    for _ in range(step.bit_length() - 1):
        values = join(values[:, 0::2], values[:, 1::2])
    return values


def filled(values: NDArray[Any], step: int) -> NDArray[Any]:
    """``values`` (H, W) with the last row and column repeated until both sides are multiples of ``step``."""
    below, right = -values.shape[0] % step, -values.shape[1] % step
    if below:
        values = np.concatenate([values, values[-1:].repeat(below, axis=0)])
    if right:
        values = np.concatenate([values, values[:, -1:].repeat(right, axis=1)], axis=1)
    return values


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


def slide_max(cells: NDArray[Any], radius: int) -> NDArray[Any]:
    """The largest value, of none below 0, within ``radius`` cells, in a square neighbourhood."""
    height, width = cells.shape
    wide = np.zeros((height + 2 * radius, width + 2 * radius), cells.dtype)
    wide[radius : radius + height, radius : radius + width] = cells
    for _ in range(2):
        wide = _turned(slid(np.maximum, wide, 2 * radius + 1))
    return wide


def closed(cells: Shorts, radius: int) -> Shorts:
    """Fills what is darker and narrower than ``radius`` cells either way: the grey closing.

    Beyond the frame the light goes on falling as it did inside; taking it as level there would make a
    darker border look like ink.
    """
    wide = slide_max(cells, radius)
    for _ in range(2):
        # No further than the other edge: there the mirrored slope ends.
        reach = min(radius, len(wide) - 1)
        wide = _turned(slid(np.minimum, _sloped(wide, reach), 2 * reach + 1))
    return wide


def closed_pixels(grey: Bytes, radius: int) -> Bytes:
    """The grey closing of a picture with a square of ``2 * radius + 1`` pixels."""
    wide = margined(grey, (2 * radius, 2 * radius), (2 * radius, 2 * radius))
    for join in (np.maximum, np.minimum):
        for _ in range(2):
            wide = slid(join, wide, 2 * radius + 1).T
    return np.ascontiguousarray(wide)


def smooth(cells: Shorts) -> Shorts:
    """Mean over 3x3 cells, rounded down; of values up to 3,640."""
    for _ in range(2):
        wide = np.concatenate([cells[:1], cells, cells[-1:]])
        cells = _turned(wide[:-2] + wide[1:-1] + wide[2:])
    return cells // np.int16(9)


def _turned(values: NDArray[Any]) -> NDArray[Any]:
    """Rows for columns, and again row by row in memory: so it is gone through fastest."""
    return np.ascontiguousarray(values.T)


def spread(cells: Bytes, cell: int) -> Bytes:
    """Linear interpolation of (m + 1, n + 1) cells, from the middle of the first to that of the last.

    Gives (m * cell, n * cell) pixels; ``cell`` is a power of two from 4 to 64.
    """
    wide = _stretched(cells.T.astype(np.uint16, order="C"), cell, cell) // np.uint16(2 * cell)
    # Two columns at a time, as one number of twice the bytes.
    pairs = np.ascontiguousarray(wide.T).view(np.uint32)
    tall = _stretched(pairs, cell, cell * 0x10001).view(np.uint16) // np.uint16(2 * cell)
    return tall.astype(np.uint8)


def _stretched(cells: NDArray[Any], steps: int, half: int) -> NDArray[Any]:
    """``steps`` rows between each row and the next, times ``2 * steps``, plus ``half`` to round by.

    What is below 0 on the way wraps around, and back.
    """
    number = cells.dtype.type
    rows = (cells[1:] - cells[:-1])[:, None] * np.arange(1, 2 * steps, 2, dtype=number)[:, None]
    rows += (cells[:-1] * number(2 * steps) + number(half))[:, None]
    return cast("NDArray[Any]", rows.reshape(-1, cells.shape[1]))


def doubled(cells: Floats) -> Floats:
    """(m, n) cells and the means of neighbours between them: (2 * m - 1, 2 * n - 1)."""
    for _ in range(2):
        twice = np.empty((2 * len(cells) - 1, cells.shape[1]), np.float32)
        twice[0::2] = cells
        twice[1::2] = (cells[1:] + cells[:-1]) * np.float32(0.5)
        cells = twice.T
    return cells


def _sloped(cells: Shorts, radius: int) -> Shorts:
    """``radius`` rows more above and below, mirrored through the edge so that a slope goes on.

    It falls by three eighths at most: no lamp's light falls faster, and the edge of a shadow is no slope.
    """
    height, width = cells.shape
    wide = np.empty((height + 2 * radius, width), np.int16)
    wide[radius : radius + height] = cells
    edges = cells[:: max(height - 1, 1)]
    twice, least = edges * _TWO, (edges * _FALL[0]) >> _FALL[1]
    np.maximum(twice[0] - cells[radius:0:-1], least[0], out=wide[:radius])
    np.maximum(twice[-1] - cells[-2 : -radius - 2 : -1], least[-1], out=wide[radius + height :])
    return wide
