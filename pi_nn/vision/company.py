"""What the neighbours say about a digit: alone among letters, or a crumb beside tall digits, it is none."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

import numpy as np

from pi_nn.records import Box

if TYPE_CHECKING:
    from numpy.typing import NDArray

# Neighbours stand within this many heights, and are of like size.
_ACROSS: Final = 4.0
_DOWN: Final = 2.0
_LIKE: Final = 0.5
# Among so many neighbours that are no digits for each that is one, nothing is believed.
_STRANGERS: Final = 1.0
# In a word letters stand on a digit's line, their middles no farther off than so many heights, and as near.
_LEVEL: Final = 0.6
_APART: Final = 2.5
# Pieces of a line are narrow, part by less than this share of their height, and hardly step aside.
_BAR: Final = 0.45
_BREAK: Final = 0.25
_LONG_BREAK: Final = 1.0
_ASIDE: Final = 0.35
# A slash is longer than its neighbours by this factor, and they stand within so many of its heights; another
# one in the frame is nearly as long.
LONGER: Final = 1.1
_NEXT: Final = 1.5
_AS_LONG: Final = 0.9
# On a digit's line is what has its middle between these shares of its height, from the top.
_UNDER_TOP: Final = -0.3
# The loose bar of a 5 flies higher: ink so much wider than high, its middle no farther above than this.
_BAR_OVER_TOP: Final = -0.8
_LEVEL_BAR: Final = 2.0
_ABOVE_FOOT: Final = 0.85
# Or above its foot, where it is no full stop: so many heights long.
_STOP: Final = 0.5
# A comma begins below this share of its digit's height.
_FOOT: Final = 0.6
# Right under a digit is what has its middle above this.
_UNDER: Final = 1.4
# A dot is as long as this share of a digit is high, and no longer than that; so many within so many heights
# are more than a full stop or a colon.
_LEAST_DOT: Final = 0.15
_LARGEST_DOT: Final = 0.8
_MANY_DOTS: Final = 2
_SPRINKLED: Final = 4.0
# A digit lower than this share of the usual one is a crumb of something.
_CRUMB: Final = 0.45


def among_strangers(
    digits: Sequence[Box], shaky: Sequence[bool], pairs: Sequence[bool], strangers: Sequence[Box]
) -> list[bool]:
    """For each digit, whether it stands among ``strangers``: ink of its size that is none, or hardly one.

    ``shaky`` tells which digits are doubtful, or cut out of larger ink: those speak for nobody, and need a
    firm one near by to be believed. ``pairs`` tells which are one of two that touch: these vouch for each
    other where no stranger is near but the ink that they were cut out of.
    Print holds many letters that look like digits, among many that do not.
    """
    if not digits or not (strangers or any(shaky)):
        return [False] * len(digits)
    own, other = np.array(digits, np.float64), np.array(strangers, np.float64).reshape(-1, 4)
    parts = np.array(shaky, bool)
    bad = _near(own, other).sum(axis=1)
    good = _near(own, own[~parts]).sum(axis=1)
    lonely = parts & (good == 0) & ~(np.array(pairs, bool) & (bad <= 1))
    return [bool(v) for v in ((bad >= 2) & (bad > _STRANGERS * good)) | lonely]


def in_a_word(digits: Sequence[Box], shaky: Sequence[bool], letters: Sequence[Box]) -> list[bool]:
    """For each digit, whether it stands on a line with ``letters``, ink that surely is no digit.

    They are no fewer than the digits there that are not ``shaky``, itself among them.
    """
    if not letters or not digits:
        return [False] * len(digits)
    own, other = np.array(digits, np.float64), np.array(letters, np.float64)
    bad = _on_line(own, other).sum(axis=1)
    good = _on_line(own, own[~np.array(shaky, bool)]).sum(axis=1)
    return [bool(v) for v in (bad >= 1) & (bad >= good)]


def in_a_line(digits: Sequence[Box], lines: Sequence[Box]) -> list[bool]:
    """For each digit, whether it is a bar that another one, or one of ``lines``, carries on.

    Such bars are the pieces of a table's line.
    """
    if len(digits) + len(lines) < 2:
        return [False] * len(digits)
    x, y, w, h = np.array([*digits, *lines], np.float64).T
    bar = w < _BAR * h
    # How near a line is counts in heights of the digit: the sheet's edge is as high as the frame.
    tall = np.maximum.outer(h, np.where(np.arange(len(x)) < len(digits), h, 0))
    gap = np.maximum.outer(y, y) - np.minimum.outer(y + h, y + h)
    aside = np.abs(np.subtract.outer(x + w / 2, x + w / 2))
    far = np.where(np.arange(len(x)) < len(digits), _BREAK, _LONG_BREAK)
    carried = (np.abs(gap) <= far * tall) & (aside <= _ASIDE * tall) & np.logical_and.outer(bar, bar)
    np.fill_diagonal(carried, False)
    return [bool(v) for v in carried[: len(digits)].any(axis=1)]


def are_slashes(digits: Sequence[Box], bars: Sequence[int]) -> list[bool]:
    """For each digit, whether it is one of the ``bars`` and parts two numbers, as a slash does in a date.

    Such a bar is longer than the digits on both its sides, and reaches above and below them; or it is nearly
    as long as one that does. ``bars`` are indices.
    """
    sides = {i: near for i in bars if len(near := _on_both_sides(digits, i)) == 2}
    longer = {i for i, near in sides.items() if all(digits[i][3] > LONGER * box[3] for box in near)}
    found = {i for i in longer if all(_reaches_over(digits[i], box) for box in sides[i])}
    if not found:
        return [False] * len(digits)
    least = _AS_LONG * min(digits[i][3] for i in found)
    return [i in longer and box[3] > least for i, box in enumerate(digits)]


def _on_both_sides(digits: Sequence[Box], bar: int) -> list[Box]:
    """The nearest digit to the left of one, and to the right, as far as there are any on its line."""
    x, y, w, h = digits[bar]
    near: dict[bool, tuple[float, Box]] = {}
    for i, box in enumerate(digits):
        away = box[0] + box[2] / 2 - x - w / 2
        level = abs(box[1] + box[3] / 2 - y - h / 2)
        if i != bar and abs(away) <= _NEXT * h and level <= _LEVEL * h:
            near[away > 0] = min(near.get(away > 0, (np.inf, box)), (abs(away), box))
    return [box for _, box in near.values()]


def _reaches_over(bar: Box, digit: Box) -> bool:
    return bar[1] < digit[1] and bar[1] + bar[3] > digit[1] + digit[3]


def beside(digits: Sequence[Box], others: Sequence[Box], reach: float) -> list[int | None]:
    """For each of ``others`` the nearest digit on whose line it stands, ``None`` without one.

    It is at most ``reach`` heights of the digit away, and its middle neither above nor below the digit, nor
    where a full stop stands; or it is right under the digit, or a level bar that flies a little higher.
    """
    if not digits:
        return [None] * len(others)
    x, y, w, h = np.array(digits, np.float64).T
    found: list[int | None] = []
    for left, top, width, height in others:
        gap = np.maximum(np.maximum(left - (x + w), x - (left + width)), 0) / h
        level = (top + height / 2 - y) / h
        under = (gap == 0) & (level > _ABOVE_FOOT) & (level < _UNDER)
        top_level = _BAR_OVER_TOP if width > _LEVEL_BAR * height else _UNDER_TOP
        foot = np.where(max(width, height) < _STOP * h, _ABOVE_FOOT, 1.0)
        gap[((level < top_level) | (level > foot)) & ~under] = np.inf
        nearest = int(gap.argmin())
        found.append(nearest if gap[nearest] <= reach else None)
    return found


def among_dots(digit: Box, others: Sequence[Box]) -> bool:
    """Whether several of ``others`` around a digit are dots: it may be such spots that ran together."""
    x, y, w, h = digit
    dots = 0
    for left, top, width, height in others:
        long = max(width, height)
        round_ = _LEAST_DOT * h <= long <= _LARGEST_DOT * h and long <= 2 * min(width, height)
        aside, above = left + width / 2 - x - w / 2, top + height / 2 - y - h / 2
        dots += round_ and max(abs(aside), abs(above)) <= _SPRINKLED * h
    return dots >= _MANY_DOTS


def held(outer: Box, boxes: Sequence[Box]) -> int:
    """How many of ``boxes`` have their middle within ``outer``."""
    x, y, w, h = outer
    return sum(0 < a + c / 2 - x < w and 0 < b + d / 2 - y < h for a, b, c, d in boxes)


def is_at_foot(digit: Box, mark: Box) -> bool:
    """Whether a mark begins at the foot of a digit right beside it: a comma, if it is lower by far."""
    x, y, w, h = digit
    aside = max(mark[0] - (x + w), x - (mark[0] + mark[2]))
    return aside <= _STOP * h and _FOOT * h <= mark[1] - y < h


def is_crumb(box: Box, usual: float) -> bool:
    """Whether ink is too low beside digits of ``usual`` height, in pixels, to be one of them."""
    return box[3] < _CRUMB * usual


def is_alike(box: Box, usual: float) -> bool:
    """Whether ink is about as high as digits of ``usual`` height, in pixels."""
    return _LIKE * usual <= box[3] <= usual / _LIKE


def usual_height(boxes: Sequence[Box]) -> float:
    """The height that most boxes have, give or take half; where as many have another, the larger one."""
    if len(boxes) < 2:
        return float(sum(box[3] for box in boxes))
    heights = np.array([box[3] for box in boxes], np.float64)
    alike = (heights[:, None] > 0.6 * heights) & (heights[:, None] < heights / 0.6)
    best = (alike.sum(axis=0) * np.sqrt(heights)).argmax()
    return float(np.median(heights[alike[:, best]]))


def _near(a: NDArray[np.float64], b: NDArray[np.float64], down: float = _DOWN) -> NDArray[np.bool_]:
    """(len(a), len(b)): whether b stands near a, at most ``down`` heights above or below, of like size."""
    size = np.maximum(a[:, 3], a[:, 2] / 2)[:, None]
    dx = np.abs((a[:, 0] + a[:, 2] / 2)[:, None] - (b[:, 0] + b[:, 2] / 2))
    dy = np.abs((a[:, 1] + a[:, 3] / 2)[:, None] - (b[:, 1] + b[:, 3] / 2))
    larger = np.maximum(b[:, 2], b[:, 3])
    alike = (larger >= _LIKE * size) & (larger * _LIKE <= size)
    return np.asarray((dx <= _ACROSS * size) & (dy <= down * size) & alike, bool)


def _on_line(a: NDArray[np.float64], b: NDArray[np.float64]) -> NDArray[np.bool_]:
    """(len(a), len(b)): whether b, however wide, stands on a's line and is about as high."""
    (x, y, w, h), (left, top, width, height) = a.T[:, :, None], b.T
    gap = np.maximum(left - (x + w), x - (left + width))
    off = np.abs(top + height / 2 - y - h / 2)
    alike = (height >= _LIKE * h) & (height * _LIKE <= h)
    return np.asarray((gap <= _APART * h) & (off <= _LEVEL * h) & alike, bool)
