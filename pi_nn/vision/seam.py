"""Parts two digits that touch where each keeps its strokes, along a straight cut that may lean."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from pi_nn.vision.marks import Mark, between, grown, mark_of

if TYPE_CHECKING:
    from numpy.typing import NDArray

# Cuts lean by so many columns a row: writing leans to the right more often.
_LEANS: Final = np.arange(-3, 8) * 0.1
# A mark is looked at in so many rows, about.
_ROWS: Final = 26
# What a cut costs: rows without ink on both sides count in full, as shares of the height; rows that it goes
# through ink in, for less, and each stroke that it crosses. The rim of a 0 is crossed twice.
_THROUGH: Final = 0.4
_CROSSED: Final = 0.15
_OUTSIDE: Final = 2
# Two digits side by side make two strokes in nearly each row, and are no narrower than this many heights.
_LEAST_RUNS: Final = 1.45
_NARROWEST: Final = 0.6
# Up to this cost a pair is parted, up to the next one it is only suspected.
CLEAR_CUT: Final = 0.3
_DEAREST: Final = 0.45
# Digits that touch stand close all the way; between the sides of a 0 lies half its width.
_WIDEST_GAP: Final = 0.4
# What speaks for a pair: strokes in each row, against them the cost of the cut, for them the odds of the
# worse half, and twice against them those of the whole. Fitted to pairs and digits drawn from MNIST's
# training set. A lower limit would have a sure digit of two strokes looked at as a pair, too, at the cost of
# two more tiles, for one wrong number less in 200 that hold a pair.
_ODDS: Final = 0.075
_SUREST: Final = 0.9999
_PAIR: Final = 1.25
# So many heights a cut is moved to see whether the digits stay what they are: a pen's width.
_ASIDE: Final = 0.1


@dataclass(frozen=True, slots=True, eq=False)
class Pair:
    """The ``halves`` of a mark, left and right, and what the cut between them costs."""

    halves: tuple[Mark, Mark]
    cost: float


def may_be_pair(mark: Mark, whole: float) -> bool:
    """Whether it pays to look for a cut through a mark of quality ``whole``, 0..1, as one digit."""
    if len(mark.runs) < _LEAST_RUNS * mark.height or mark.box[2] < _NARROWEST * mark.height:
        return False
    return speaks_for_pair(mark, whole, 0.0, _SUREST)


def speaks_for_pair(mark: Mark, whole: float, cost: float, half: float) -> bool:
    """Whether a mark is rather two digits, cut at ``cost``, the worse of quality ``half``, than one."""
    strokes = len(mark.runs) / mark.height
    return cost <= _DEAREST and strokes - cost + _ODDS * (_log_odds(half) - 2 * _log_odds(whole)) > _PAIR


def _log_odds(quality: float) -> float:
    share = min(max(quality, 1 - _SUREST), _SUREST)
    return math.log(share / (1 - share))


def parted(mark: Mark, whole: float) -> Pair | None:
    """The two digits that a mark may be; ``None`` where its quality as one, ``whole``, speaks against it."""
    x, y, width, height = mark.box
    step = max(1, height // _ROWS)
    lean, foot, cost = _cheapest(mark.mask()[::step, ::step])
    if not speaks_for_pair(mark, whole, cost, _SUREST):
        return None
    rows = np.arange(height)
    line = x + foot * step + np.rint(lean * (height // 2 - rows)).astype(np.intp)
    cut = line[mark.runs.row - y]
    left, right = between(mark, x, cut), between(mark, cut, x + width)
    if left is None or right is None or _gap(left, right) > _WIDEST_GAP * width:
        return None
    return Pair((left, right), cost)


def _gap(left: Mark, right: Mark) -> float:
    """How far two marks are apart in the rows that both have, on the average, in pixels."""
    top = min(left.box[1], right.box[1])
    height = max(left.box[1] + left.height, right.box[1] + right.height) - top
    end, start = np.full(height, -1), np.full(height, np.iinfo(np.intp).max)
    np.maximum.at(end, left.runs.row - top, left.runs.stop)
    np.minimum.at(start, right.runs.row - top, right.runs.start)
    both = (end >= 0) & (start < np.iinfo(np.intp).max)
    return float((start - end)[both].mean()) if both.any() else 0.0


def moved(part: Mark, whole: Mark) -> tuple[Mark, ...]:
    """``part`` with a little more of the ``whole`` that it was cut out of, and with a little less."""
    x, y, w, h = whole.box
    steps = max(1, round(_ASIDE * h))
    ink, own = whole.mask(), part.runs.paint(x, y, w, h)
    views = ink & grown(own, steps), own & ~grown(ink & ~own, steps)
    return tuple(mark_of(view, whole) for view in views if view.any())


def _cheapest(ink: NDArray[np.bool_]) -> tuple[float, int, float]:
    """The lean of the cut through a mask that costs least, its column at half the height, and its cost."""
    height, width = ink.shape
    shift = np.rint((height // 2 - np.arange(height))[:, None] * _LEANS).astype(np.intp)
    reach = int(shift.max())
    within = np.logical_or.accumulate(ink, axis=1)
    within &= np.logical_or.accumulate(ink[:, ::-1], axis=1)[:, ::-1]
    kind = np.full((height, width + 2 * reach), _OUTSIDE, np.uint8)
    kind[:, reach : reach + width] = np.where(within, ink, np.uint8(_OUTSIDE))
    # The cuts: a row of the mask, then every lean and every column at half the height.
    start = shift + (np.arange(height) * kind.shape[1] + reach)[:, None]
    cuts = kind.take((start[:, :, None] + np.arange(width)).reshape(height, -1))
    through = cuts == 1
    crossed = _rows(through[1:] > through[:-1]) + through[0]
    cost = (_rows(cuts == _OUTSIDE) + _THROUGH * _rows(through)) / height + _CROSSED * crossed
    best = int(cost.argmin())
    lean, foot = divmod(best, width)
    return float(_LEANS[lean]), foot, float(cost[best])


def _rows(there: NDArray[np.bool_]) -> NDArray[np.uint8]:
    """In how many of the rows, fewer than 256, in bytes: a Pi Zero adds these soonest."""
    count: NDArray[np.uint8] = np.add.reduce(there.view(np.uint8), axis=0, dtype=np.uint8)
    return count
