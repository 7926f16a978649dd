"""Signs between numbers: plus, minus, times and equals belong to no digit, and speak against none."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations
from typing import TYPE_CHECKING, Final, TypeAlias

import numpy as np

from pi_nn.records import Box
from pi_nn.vision.marks import Mark, joined

if TYPE_CHECKING:
    from numpy.typing import NDArray

Mask: TypeAlias = "NDArray[np.bool_]"

# Two strokes that cross are about as wide as high, and at least so many pixels.
_LEAST: Final = 8
_WIDEST: Final = 1.6
# A plus leaves these shares of its corners empty; so many of its rows and columns have one run of ink.
_CORNER: Final = 0.2
_ONE: Final = 0.8
# Of a times sign so many rows have two runs, above and below the middle, and one there; the same across.
_END: Final = 0.15
_TWO: Final = 0.65
# A level stroke is so many times as wide as high. Two that are an equals sign lie above one another for this
# share of the wider one, no farther apart than they are wide.
_LEVEL: Final = 2.0
_ABOVE: Final = 0.6
# A sign has its middle between these shares of the height of a digit beside it, from the top: a loose bar of
# a 5 flies higher, a foot lies lower. It is as long as this, and no farther away, in heights of the digit.
_BESIDE: Final = (0.25, 0.75)
_LONG: Final = (0.3, 1.0)
_NEAR: Final = 1.2
# A comma begins below this part of a digit's height, ends below that; it is shorter than this, and as near.
_FOOT: Final = 0.7
_HANGS: Final = 1.03
_COMMA: Final = 0.45


def signs_of(marks: list[Mark], digits: Sequence[Box]) -> tuple[list[Mark], list[Mark]]:
    """Those of ``marks``, none of them a sure digit, that are signs beside sure ``digits``; and other ink.

    That is no piece of a digit, either: a bar beside one only, as a minus before a number is, or a comma.
    """
    level = [mark for mark in marks if mark.box[2] > _LEVEL * mark.height]
    equals = [pair for pair in combinations(level, 2) if _are_equal(pair[0].box, pair[1].box)]
    crossed = [(mark,) for mark in marks if is_plus(mark) or is_times(mark)]
    signs = [
        mark for sign in (*crossed, *equals) if any(_beside(joined(list(sign)).box, digits)) for mark in sign
    ]
    alone = [bar for bar in level if bar not in signs and not any(_is_under(bar, mark) for mark in marks)]
    single = [(bar, _beside(bar.box, digits)) for bar in alone]
    signs += [bar for bar, near in single if all(near)]
    commas = [mark for mark in marks if _is_comma(mark.box, digits)]
    return signs, [bar for bar, near in single if any(near) and not all(near)] + commas


def is_plus(mark: Mark) -> bool:
    """Whether a mark is two bars, one level and one upright, that cross in their middles."""
    if not _is_compact(mark):
        return False
    ink = mark.mask()
    (height, width), corners = ink.shape, ink.copy()
    down, across = round(_CORNER * height), round(_CORNER * width)
    corners[down : height - down] = False
    corners[:, across : width - across] = False
    return not corners.any() and min(float((_runs(part) == 1).mean()) for part in (ink, ink.T)) > _ONE


def is_times(mark: Mark) -> bool:
    """Whether a mark is two slanting strokes that cross: two, then one, then two, down and across."""
    if not _is_compact(mark):
        return False
    ink = mark.mask()
    return _meets(ink) and _meets(ink.T)


def _is_compact(mark: Mark) -> bool:
    _, _, w, h = mark.box
    return max(w, h) <= _WIDEST * min(w, h) and min(w, h) >= _LEAST


def _runs(ink: Mask) -> NDArray[np.intp]:
    """How many runs of ink each row of a mask has."""
    wide = np.pad(ink, ((0, 0), (1, 0)))
    return np.asarray((wide[:, 1:] & ~wide[:, :-1]).sum(axis=1))


def _meets(ink: Mask) -> bool:
    """Whether the rows of a mask have two runs of ink above and below, and one in the middle."""
    height = len(ink)
    runs = _runs(ink)
    end = round(_END * height)
    one = end + np.flatnonzero(runs[end : height - end] == 1)
    if len(one) == 0 or runs.max() > 2:
        return False
    return bool(min((runs[: one[0]] == 2).mean(), (runs[one[-1] + 1 :] == 2).mean()) > _TWO)


def _beside(sign: Box, digits: Sequence[Box]) -> tuple[bool, bool]:
    """Whether a sign stands beside one of ``digits`` that lies to its left, and to its right."""
    x, y, w, h = sign
    left, top, width, height = np.array(digits).T
    level = (y + h / 2 - top) / height
    on_line = (level > _BESIDE[0]) & (level < _BESIDE[1])
    on_line &= (max(w, h) >= _LONG[0] * height) & (max(w, h) <= _LONG[1] * height)
    before, behind = x - (left + width), left - (x + w)
    found = [bool((on_line & (gap >= 0) & (gap <= _NEAR * height)).any()) for gap in (before, behind)]
    return found[0], found[1]


def _is_comma(mark: Box, digits: Sequence[Box]) -> bool:
    """Whether ink at the foot of a digit, right beside it, hangs lower: no digit has such a piece."""
    x, y, w, h = mark
    left, top, width, height = np.array(digits).T
    foot = (y > top + _FOOT * height) & (y < top + height) & (y + h > top + _HANGS * height)
    gap = np.maximum(left - (x + w), x - (left + width))
    small = max(w, h) < _COMMA * height
    return bool((foot & small & (gap >= 0) & (gap <= _COMMA * height)).any())


def _is_under(bar: Mark, mark: Mark) -> bool:
    """Whether ink lies so near under a bar, or over it, that both may be one digit."""
    (x, y, w, h), (left, top, width, height) = bar.box, mark.box
    if mark is bar or min(x + w, left + width) <= max(x, left):
        return False
    return max(top - y - h, y - top - height) <= w


def _are_equal(one: Box, other: Box) -> bool:
    """Whether two level bars are an equals sign."""
    (x, y, w, h), (left, top, width, height) = one, other
    shared = min(x + w, left + width) - max(x, left)
    return shared >= _ABOVE * max(w, width) and abs(2 * y + h - 2 * top - height) <= 2 * min(w, width)
