"""The axis of a bar: what lies on it beyond the ends, and what beside it, tells a 1 from other lines."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

import numpy as np

from pi_nn.vision.cells import Bytes
from pi_nn.vision.lattice import united
from pi_nn.vision.marks import Mark
from pi_nn.vision.runs import Ints, Runs

if TYPE_CHECKING:
    from numpy.typing import NDArray

# A line is looked for so many heights beyond an end, is at most so many times as wide as the bar, and a few
# pixels, and covers this share of the way: what parts them is a flaw, or another line that crosses.
_BEYOND: Final = 0.75
_WIDER: Final = 2.0
_FEW: Final = 2
_COVERED: Final = 0.6
# A line goes on for twice so many heights, in each half at least by this share as dark as the bar, beside
# what lies its width and so many pixels aside.
_FOLLOWED: Final = 0.25
_PALER: Final = 0.5
_ASIDE: Final = 3
# Bars of a fence have axes nearer than so many heights, overlap by half, are of like height, and so many.
_PITCH: Final = 0.4
_LEVEL: Final = 0.5
_LIKE: Final = 0.6
FENCE: Final = 4
# Ones of many hands lean apart by at most 66 degrees, of one hand by half of that. In radians.
_APART: Final = 1.3
# No line is as thick as this share of a bar that stands on it is high.
_ROOT: Final = 0.3


def is_carried_on(bar: Mark, runs: Runs) -> bool:
    """Whether a line of about a ``bar``'s width lies on its axis above or below; ``runs`` are its ink."""
    line = _on_axis(bar, runs) & (runs.stop - runs.start <= _WIDER * bar.area / bar.height + _FEW)
    reach = round(_BEYOND * bar.height)
    return _most_beyond(bar, runs.row[line], reach) >= _COVERED * reach


def is_rooted(bar: Mark, runs: Runs) -> bool:
    """Whether the ink of ``runs`` goes on beyond an end of a ``bar``, however wide: a finger is a hand's."""
    reach = round(_ROOT * bar.height)
    return _most_beyond(bar, runs.row[_on_axis(bar, runs)], reach) >= reach


def _on_axis(bar: Mark, runs: Runs) -> NDArray[np.bool_]:
    """Which runs the bar's axis goes through."""
    row, column, slope = _axis(bar)
    axis = column + slope * (runs.row - row)
    return np.asarray((runs.start - 1 <= axis) & (axis <= runs.stop), bool)


def _most_beyond(bar: Mark, rows: Ints, reach: int) -> int:
    """How many different ``rows`` lie beyond one end of the bar, up to ``reach`` off; where it is more."""
    _, y, _, h = bar.box
    above, below = rows[(rows >= y - reach) & (rows < y)], rows[(rows >= y + h) & (rows < y + h + reach)]
    return max(len(np.unique(above)), len(np.unique(below)))


def is_followed(bar: Mark, grey: Bytes) -> bool:
    """Whether a line goes on from one end of a ``bar`` along its axis in ``grey`` (H, W), if paler.

    Of a line that is hardly dark enough for ink a piece here and there is.
    """
    _, y, _, h = bar.box
    row, column, slope = _axis(bar)
    off = (bar.runs.start + bar.runs.stop - 1) / 2 - column - slope * (bar.runs.row - row)
    if np.abs(off).max() > bar.area / h + 1:
        return False  # no straight stroke
    half = max(round(_FOLLOWED * h), 1)
    # Two stretches above the bar, itself with a pixel more at either end, and two stretches below.
    length = np.array([half, half, h + 2, half, half])
    first = length.cumsum() - length
    rows = np.arange(int(length.sum())) + y - 1 - 2 * half
    aside = bar.area / h + _ASIDE
    places = np.rint(column + slope * (rows - row) + np.array([[-aside], [0.0], [aside]])).astype(np.intp)
    height, width = grey.shape
    seen = grey[np.clip(rows, 0, height - 1), np.clip(places, 0, width - 1)]
    left, middle, right = np.add.reduceat(seen, first, axis=1, dtype=np.intp) / length
    above, over, own, under, below = (np.minimum(left, right) - middle).tolist()
    least = _PALER * own
    return bool(min(above, over) > least or min(under, below) > least)


def in_a_fence(bars: Sequence[Mark]) -> list[bool]:
    """For each bar, whether it is one of several side by side, nearer than ones are written.

    So are the bars of a bar code, hatching, a grille, and the legs of cursive letters.
    """
    if len(bars) < FENCE:
        return [False] * len(bars)
    row, column, slope = np.array([_axis(bar) for bar in bars]).T
    height = np.array([bar.height for bar in bars], np.float64)
    low = np.minimum.outer(height, height)
    down = np.subtract.outer(row, row)
    aside = np.abs(np.subtract.outer(column, column) - slope[:, None] * down)
    near = (aside < _PITCH * low) & (np.abs(down) < _LEVEL * low) & (low > _LIKE * height)
    a, b = np.nonzero(np.triu(near & near.T, 1))
    fences = [group for group in united(len(bars), a.tolist(), b.tolist()) if len(group) >= FENCE]
    fenced = {i for group in fences for i in group}
    return [i in fenced for i in range(len(bars))]


def lean_apart(bars: Sequence[Mark]) -> bool:
    """Whether bars lean in such different directions as ones never do: rays, twigs, hatching."""
    if len(bars) < 2:
        return False
    leans = np.arctan([_axis(bar)[2] for bar in bars])
    return float(np.ptp(leans)) > _APART


def _axis(bar: Mark) -> tuple[float, float, float]:
    """The middle of a bar, row and column, and how many columns its axis leans a row."""
    place, middle = bar.runs.row, (bar.runs.start + bar.runs.stop - 1) / 2
    off = place - place.mean()
    slope = (off * middle).sum() / max((off * off).sum(), 1)
    return float(place.mean()), float(middle.mean()), float(slope)
