"""How digits stand in a frame: how tall they are there, and which surely are no pieces of others.

Rows of small digits stand close above one another, or beside much larger ones; two of them may be no higher
than one of those.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np

from pi_nn.records import Box
from pi_nn.vision.marks import Mark, is_bar

if TYPE_CHECKING:
    from numpy.typing import NDArray

# Digits lower than this share of the frame's tall marks are of a smaller hand.
_SMALLER: Final = 0.75
# Digits of one row are alike in height but for this share, their middles off by less than that of it; they
# stand within so many heights.
_LIKE: Final = 0.7
_LEVEL: Final = 0.3
_APART: Final = 2.5
# What is lower than this share of a digit may be its piece.
_PIECE: Final = 0.7


class Standing(NamedTuple):
    """How each of n marks stands: ``heights`` tells how tall digits are there, in pixels.

    ``sure`` are digits that no network doubts, and no bars; those in a ``row`` have a sure one of their
    height beside them.
    """

    heights: NDArray[np.float64]
    sure: NDArray[np.bool_]
    row: NDArray[np.bool_]

    def apart(self, height: NDArray[np.intp], broken: NDArray[np.bool_]) -> NDArray[np.bool_]:
        """(n, n): which two marks are no pieces of one digit.

        ``height`` (n,) is that of each, ``broken`` (n, n) tells where a break would part two of them.
        """
        # Two that stand in rows are whole; so are others that are no small pieces, unless they may be halves.
        firm = (self.sure & self.row)[:, None]
        other = (self.sure[:, None] & self.sure) | (firm & (height > _PIECE * height[:, None]))
        whole = (firm & self.row) | (other & ~broken)
        return np.asarray(whole | whole.T)


class Hands:
    """``usual`` is the height of a frame's tall marks, ``is_certain`` tells which ``marks`` nobody doubts."""

    def __init__(
        self,
        usual: float,
        marks: Sequence[Mark] = (),
        is_certain: Callable[[Mark], bool] = lambda mark: False,
    ) -> None:
        self.usual = usual
        self.marks = marks
        self.is_certain = is_certain

    @cached_property
    def _sure(self) -> dict[int, Box]:
        """The boxes of sure digits; bars are none: a piece of a digit may well look like a 1."""
        certain = [mark for mark in self.marks if self.is_certain(mark)]
        return {id(mark): mark.box for mark in certain if not is_bar(mark)}

    @cached_property
    def _least(self) -> float:
        """The height of the lowest sure digit."""
        return min((box[3] for box in self._sure.values()), default=self.usual)

    def standing(self, marks: list[Mark]) -> Standing:
        """How ``marks``, one or more, stand among the sure digits."""
        sure, none = np.array([id(mark) in self._sure for mark in marks]), np.zeros(len(marks), bool)
        if len(self._sure) < 2 or (self._least >= _SMALLER * self.usual and not sure.any()):
            return Standing(np.full(len(marks), self.usual), none, none)
        x, y, w, h = np.array([mark.box for mark in marks]).T[:, :, None]
        left, top, width, height = np.array(list(self._sure.values())).T
        taller = np.maximum(h, height)
        gap = np.maximum(left - (x + w), x - (left + width))
        off = abs(2 * y + h - 2 * top - height)
        row = (np.minimum(h, height) > _LIKE * taller) & (off < 2 * _LEVEL * taller)
        row &= (gap >= 0) & (gap < _APART * taller)
        beside = np.where(row, taller, 0).max(axis=1)
        small = (beside > 0) & (beside < _SMALLER * self.usual)
        return Standing(np.where(small, beside, self.usual), sure, beside > 0)
