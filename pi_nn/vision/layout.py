"""Reading order: boxes to lines from the top, and on a line to numbers from the left."""

from __future__ import annotations

from collections.abc import Sequence
from math import atan, cos, sin
from typing import TYPE_CHECKING, Final, TypeAlias

import numpy as np

from pi_nn.records import Box

if TYPE_CHECKING:
    from numpy.typing import NDArray

Floats: TypeAlias = "NDArray[np.float64]"

# Two digits stand on one line when they overlap vertically by this share of the smaller height.
_OVERLAP: Final = 0.2
# A gap wider than this share of the digits' height parts two numbers.
_SPACE: Final = 0.9
# What runs down (or up) by a tenth of its length or more was written, or photographed, aslant; so say the
# middles of neighbours no farther apart than so many heights, and no steeper than this.
_ASLANT: Final = 0.1
_NEIGHBOURS: Final = 3.0
_STEEPEST: Final = 0.7
# A box that is turned grows by this part of what a rectangle's would, for a digit leaves the corners empty.
_PART: Final = 0.2
_LEAST: Final = 0.5  # of a side, turned back
_FEWEST: Final = 4
# So many steps tell how lines fan out; where the slope changes by less over the picture they are parallel.
_MANY: Final = 10
_FAN: Final = 0.08
_ROUNDS: Final = 4
_FLAT: Final = 1.0  # square pixels
_FAR_OFF: Final = 2.5  # times the usual distance: a step to another line, or to a digit of another size
_NOTHING: Final = np.zeros(0)


def arrange(
    boxes: Sequence[Box], slope: float | None = None, signs: Sequence[Box] = ()
) -> list[tuple[int, int, int]]:
    """(index, line, number) of every box, in reading order, on lines that run down by :func:`slope_of`.

    ``index`` points into ``boxes``; ``line`` counts from the top, ``number`` within its line from the left;
    ``signs`` part the numbers that they stand between.
    """
    placed, given = [], boxes
    boxes = _unfanned(_levelled(boxes, slope_of(boxes) if slope is None else slope))
    for line, members in enumerate(_lines(boxes)):
        number = 0
        for k, i in enumerate(members):
            before = members[k - 1]
            if k and (_parted(boxes[before], boxes[i]) or _any_between(given[before], given[i], signs)):
                number += 1
            placed.append((i, line, number))
    return placed


def slope_of(boxes: Sequence[Box]) -> float:
    """How far lines run down for each pixel to the right, by each digit and its nearest one to the right."""
    slopes = _steps(boxes)[0]
    return float(np.median(slopes)) if len(slopes) >= _FEWEST - 1 else 0.0


def _levelled(boxes: Sequence[Box], slope: float) -> Sequence[Box]:
    """The boxes as they would be if their lines were level: turned back around the picture's corner.

    A digit does not fill the corners of its box, so that the box grows by a part of what a rectangle's would.
    """
    if abs(slope) < _ASLANT:
        return boxes
    c, s = cos(atan(slope)), sin(atan(slope))
    level = []
    for x, y, w, h in boxes:
        across, down = x + w / 2, y + h / 2
        middle = c * across + s * down, c * down - s * across
        wide, high = max(w - _PART * h * abs(s), _LEAST * w), max(h - _PART * w * abs(s), _LEAST * h)
        level.append((round(middle[0] - wide / 2), round(middle[1] - high / 2), round(wide), round(high)))
    return level


def _unfanned(boxes: Sequence[Box]) -> Sequence[Box]:
    """The boxes as they would be if their lines were parallel: seen from aside they meet in one point.

    Lines that meet run down by the steeper the lower they are: y = k + (a + b k) x, so k tells the line.
    """
    if len(boxes) <= _MANY:
        return boxes
    steps = _steps(boxes)
    if len(steps[0]) < _MANY:
        return boxes
    x, y, w, h = np.array(boxes, np.float64).T
    across, down = x + w / 2, y + h / 2
    middle = (across.max() + across.min()) / 2
    slope, low = steps[0], steps[2] - steps[0] * (steps[1] - middle)
    a, b = _line_through(low, slope)
    wide = 1 + b * (across - middle)
    if abs(b) * float(np.ptp(down)) < _FAN or float(wide.min()) < _LEAST:
        return boxes
    level = (down - a * (across - middle)) / wide
    high = h / wide
    return [
        (left, round(k - tall / 2), width, round(tall))
        for (left, _, width, _), k, tall in zip(boxes, level.tolist(), high.tolist(), strict=True)
    ]


def _line_through(x: Floats, y: Floats) -> tuple[float, float]:
    """Height at 0 and slope of the line through most points, but for those far off."""
    kept, slope, height = np.ones(len(x), bool), 0.0, 0.0
    for _ in range(_ROUNDS):
        aside = x[kept] - x[kept].mean()
        spread = float(aside @ aside)
        # Where all lie at one place, as on a single line of digits, nothing tells a slope.
        slope = float(aside @ y[kept]) / spread if spread > _FLAT else 0.0
        height = float(y[kept].mean() - slope * x[kept].mean())
        off = np.abs(y - height - slope * x)
        kept = off <= _FAR_OFF * np.median(off)
    return height, slope


def _steps(boxes: Sequence[Box]) -> tuple[Floats, Floats, Floats]:
    """From each digit to its nearest one to the right: how far down for each pixel, and from where (x, y)."""
    if len(boxes) < _FEWEST:
        return _NOTHING, _NOTHING, _NOTHING
    x, y, w, h = np.array(boxes, np.float64).T
    across, down = x + w / 2, y + h / 2
    right, below = np.subtract.outer(across, across).T, np.subtract.outer(down, down).T
    away = np.hypot(right, below) / np.maximum.outer(h, h)
    away[(right <= 0) | (abs(below) > _STEEPEST * right) | (away > _NEIGHBOURS)] = np.inf
    nearest = away.argmin(axis=1)
    found = np.flatnonzero(np.isfinite(away.min(axis=1)))
    to = nearest[found]
    return below[found, to] / right[found, to], (across[found] + across[to]) / 2, (down[found] + down[to]) / 2


def _lines(boxes: Sequence[Box]) -> list[list[int]]:
    """Indices a line, from the left: each box joins the line whose nearest member it overlaps most."""
    lines: list[list[int]] = []
    for i in sorted(range(len(boxes)), key=lambda i: boxes[i][0]):
        best = max(lines, key=lambda line: _beside(boxes[line[-1]], boxes[i]), default=None)
        if best is not None and _beside(boxes[best[-1]], boxes[i]) > _OVERLAP:
            best.append(i)
        else:
            lines.append([i])
    return sorted(lines, key=lambda line: sum(boxes[i][1] + boxes[i][3] / 2 for i in line) / len(line))


def _beside(a: Box, b: Box) -> float:
    """Vertical overlap as a share of the smaller height, less where the boxes are far apart."""
    overlap = min(a[1] + a[3], b[1] + b[3]) - max(a[1], b[1])
    gap = max(0, b[0] - a[0] - a[2]) / max(a[3], b[3])
    return overlap / min(a[3], b[3]) - 0.01 * gap


def _any_between(a: Box, b: Box, signs: Sequence[Box]) -> bool:
    """Whether one of ``signs`` has its middle between two boxes of a line."""
    top, bottom = min(a[1], b[1]), max(a[1] + a[3], b[1] + b[3])
    return any(a[0] + a[2] < x + w / 2 < b[0] and top < y + h / 2 < bottom for x, y, w, h in signs)


def _parted(a: Box, b: Box) -> bool:
    return b[0] - (a[0] + a[2]) > _SPACE * (a[3] + b[3]) / 2
