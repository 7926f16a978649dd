"""The axis of a bar: what lies on it beyond the ends tells a stroke from a piece of a line."""

from __future__ import annotations

from typing import Final

import numpy as np

from pi_nn.vision.marks import Mark
from pi_nn.vision.runs import Runs

# A line is looked for so many heights beyond an end, is at most so many times as wide as the bar, and a few
# pixels, and covers this share of the way: what parts them is a flaw, or another line that crosses.
_BEYOND: Final = 0.75
_WIDER: Final = 2.0
_FEW: Final = 2
_COVERED: Final = 0.6


def is_carried_on(bar: Mark, runs: Runs) -> bool:
    """Whether a line of about a ``bar``'s width lies on its axis above or below; ``runs`` are its ink."""
    _, y, _, h = bar.box
    place, middle = bar.runs.row, (bar.runs.start + bar.runs.stop - 1) / 2
    off = place - place.mean()
    slope = (off * middle).sum() / max((off * off).sum(), 1)
    axis = middle.mean() + slope * (runs.row - place.mean())
    line = (runs.start - 1 <= axis) & (axis <= runs.stop)
    line &= runs.stop - runs.start <= _WIDER * bar.area / h + _FEW
    rows, reach = runs.row[line], round(_BEYOND * h)
    above, below = rows[(rows >= y - reach) & (rows < y)], rows[(rows >= y + h) & (rows < y + h + reach)]
    return max(len(np.unique(above)), len(np.unique(below))) >= _COVERED * reach
