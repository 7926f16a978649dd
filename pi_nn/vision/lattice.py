"""Other ways of seeing doubtful ink: pieces joined to one digit, touching digits cut apart.

A :class:`Lattice` holds pieces from left to right and the candidates for digits that they allow, each a run
of neighbouring pieces; :mod:`pi_nn.vision.choose` picks the best way through it.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Final

import numpy as np

from pi_nn.vision.hands import Hands, Standing
from pi_nn.vision.marks import Mark, between, joined

if TYPE_CHECKING:
    from numpy.typing import NDArray

# Lengths are shares of the taller mark's height.
_NEAR: Final = 0.3
_GAP: Final = 0.35
_TALLEST: Final = 1.8
_TWO_HALVES: Final = 2.3
_TOUCHING: Final = 0.1
# Two halves are together about as high as the frame's tall marks: at most so many times that.
_AS_TALL: Final = 1.25
# Pieces that reach over more than this many heights of the taller may well stand on two lines.
_ONE_LINE: Final = 1.65
_WIDEST: Final = 1.6
# A mark lower than this beside a taller one may be a piece of it.
_PIECE: Final = 0.85
_SPECK: Final = 0.2
# A crumb of a broken stroke is smaller than this share of a digit's height, a break no wider than that.
_CRUMB: Final = 0.45
_BREAK: Final = 0.12
# One stands above the other where they share this much of the narrower one's width.
_ABOVE: Final = 0.15
# A piece belongs to what is this much nearer to it.
_NEARER: Final = 0.5
# Of two pieces, one stands on the other where they share this much of the narrower one's columns.
_UPON: Final = 0.3
_MOST_PIECES: Final = 40
_MOST_JOINED: Final = 4
_MOST_CUTS: Final = 7


@dataclass(frozen=True, slots=True, eq=False)
class Lattice:
    """``pieces`` from the left; candidate (first, after, mark) takes pieces ``first`` to ``after - 1``.

    ``whole`` is the mark that vision cut itself; ``None`` where the pieces came apart on the paper.
    ``heights`` tells how tall digits are where each piece stands.
    """

    pieces: tuple[Mark, ...]
    candidates: tuple[tuple[int, int, Mark], ...]
    whole: Mark | None = None
    heights: tuple[float, ...] = ()

    def is_upon(self, first: int, second: int) -> bool:
        """Whether one candidate stands on another, both on one line: neither holds the other's middle."""
        (begin, until, one), (start, end, other) = self.candidates[first], self.candidates[second]
        (x, y, w, h), (left, top, width, height) = one.box, other.box
        shared = min(x + w, left + width) - max(x, left)
        both = max(y + h, top + height) - min(y, top)
        apart = abs(2 * y + h - 2 * top - height) > max(h, height)
        if not apart or shared <= _UPON * min(w, width):
            return False
        return not self.on_two_lines(min(begin, start), max(until, end), both, max(h, height))

    def on_two_lines(self, first: int, after: int, height: int, taller: int) -> bool:
        """Whether pieces ``first`` to ``after - 1``, of ``height`` together, may stand on two lines.

        ``taller`` is the height of the taller one.
        """
        return height > _ONE_LINE * taller and height > _AS_TALL * min(self.heights[first:after])


def usual_tallness(marks: list[Mark]) -> float:
    """The height that a tenth of the marks exceed, in pixels; between two, in proportion."""
    if not marks:
        return 0.0
    heights = sorted(mark.height for mark in marks)
    place, part = divmod(0.9 * (len(heights) - 1), 1)
    below, above = heights[int(place)], heights[min(int(place) + 1, len(heights) - 1)]
    return below + part * (above - below)


def mended(marks: list[Mark], hands: Hands) -> list[Mark]:
    """``marks`` with the crumbs of broken strokes joined to what they were broken from.

    A crumb goes to the nearest ink, wherever that lies, unless this is a digit as it stands.
    """
    while groups := _crumbled(marks, hands):
        gone = {i for group in groups for i in group}
        rest = [mark for i, mark in enumerate(marks) if i not in gone]
        marks = [joined([marks[i] for i in group]) for group in groups] + rest
    return marks


def _crumbled(marks: list[Mark], hands: Hands) -> list[list[int]]:
    """Indices of crumbs and of what is nearest to them, two or more a group."""
    if len(marks) < 2:
        return []
    boxes = np.array([mark.box for mark in marks])
    size = boxes[:, 2:].max(axis=1)
    if size.min() >= _CRUMB * hands.usual:
        return []
    usual = hands.standing(marks).heights
    small = size < _CRUMB * usual
    firm = np.array([hands.is_certain(mark) for mark in marks])
    crumbs = np.flatnonzero(small & ~firm)
    if len(crumbs) == 0:
        return []
    x, y, w, h = boxes.T
    gap_x = np.maximum.outer(x[crumbs], x) - np.minimum.outer((x + w)[crumbs], x + w)
    gap_y = np.maximum.outer(y[crumbs], y) - np.minimum.outer((y + h)[crumbs], y + h)
    gap = np.maximum(gap_x, gap_y)
    gap[np.arange(len(crumbs)), crumbs] = np.iinfo(gap.dtype).max
    nearest = gap.argmin(axis=1)
    near = gap.min(axis=1) <= _BREAK * np.minimum(usual[crumbs], usual[nearest])
    near &= ~firm[nearest]
    return united(len(marks), crumbs[near].tolist(), nearest[near].tolist())


def clusters(marks: list[Mark], hands: Hands | None = None, *, stacked: bool = False) -> list[list[int]]:
    """Indices of marks that may belong to one digit, two or more a cluster.

    ``hands`` tells how tall digits are, and which stand in rows. With ``stacked`` only marks one above the
    other count: those are one digit nearly always.
    """
    if len(marks) < 2:
        return []
    boxes = np.array([mark.box for mark in marks])
    hands = hands or Hands(usual_tallness(marks))
    a, b = np.nonzero(np.triu(_linked(boxes, hands.usual, stacked=stacked), 1))
    if hands.marks and len(a):
        some = np.unique(np.concatenate([a, b]))
        linked = _paired(boxes[some], hands.standing([marks[i] for i in some.tolist()]))
        a, b = (some[index] for index in np.nonzero(np.triu(linked, 1)))
    return united(len(marks), a.tolist(), b.tolist())


def united(count: int, a: list[int], b: list[int]) -> list[list[int]]:
    """Which of ``count`` things hang together, two or more a group; each of ``a`` hangs on one of ``b``."""
    home = list(range(count))

    def root(i: int) -> int:
        while home[i] != i:
            home[i] = home[home[i]]
            i = home[i]
        return i

    for i, j in zip(a, b, strict=True):
        home[root(j)] = root(i)
    members: dict[int, list[int]] = {}
    for i in {*a, *b}:
        members.setdefault(root(i), []).append(i)
    return list(members.values())


def _paired(boxes: NDArray[np.intp], stand: Standing) -> NDArray[np.bool_]:
    """(n, n): whether two boxes (n, 4), which stand so, may hold parts of one digit."""
    x, y, w, h = boxes.T
    usual = np.minimum.outer(stand.heights, stand.heights)
    gap_x = np.maximum.outer(x, x) - np.minimum.outer(x + w, x + w)
    gap_y = np.maximum.outer(y, y) - np.minimum.outer(y + h, y + h)
    broken = np.maximum(gap_x, gap_y) <= _TOUCHING * np.maximum.outer(h, h)
    return _linked(boxes, usual) & ~stand.apart(h, broken)


def _linked(
    boxes: NDArray[np.intp], usual: NDArray[np.float64] | float, *, stacked: bool = False
) -> NDArray[np.bool_]:
    """(n, n): whether two boxes (n, 4) may hold parts of one digit, ``usual`` high, by where they lie."""
    x, y, w, h = boxes.T
    tall = np.maximum(h[:, None], h)
    low = np.minimum(h[:, None], h)
    right, bottom = np.minimum.outer(x + w, x + w), np.minimum.outer(y + h, y + h)
    overlap = right - np.maximum.outer(x, x)
    gap_x, gap_y = np.maximum(-overlap, 0), np.maximum(np.maximum.outer(y, y) - bottom, 0)
    height = np.maximum.outer(y + h, y + h) - np.minimum.outer(y, y)
    width = np.maximum.outer(x + w, x + w) - np.minimum.outer(x, x)
    one = height <= _AS_TALL * usual
    above = overlap > _ABOVE * np.minimum.outer(w, w)
    near = (gap_x <= _NEAR * tall) & (gap_y <= np.maximum(_NEAR * tall, _GAP * usual * (one & above)))
    # Two halves that all but touch make twice their height; two lines of digits stand further apart, unless
    # together they are no higher than a digit.
    halves = (gap_y <= _TOUCHING * tall) | one
    fits = (height <= np.where(halves, _TWO_HALVES, _TALLEST) * tall) & (width <= _WIDEST * height)
    # A speck belongs to nothing; it would only chain neighbours together.
    near &= np.minimum.outer(np.maximum(w, h), np.maximum(w, h)) >= _SPECK * tall
    partial = above if stacked else above | (low < _PIECE * tall)
    return np.asarray(near & fits & partial, bool)


def joining(marks: list[Mark], hands: Hands) -> Lattice:
    """The ways of joining neighbouring marks of a cluster, as in :func:`clusters`."""
    largest = sorted(marks, key=lambda mark: -mark.area)[:_MOST_PIECES]
    pieces = tuple(sorted(largest, key=lambda mark: mark.box[0] + mark.box[2] / 2))
    stand = hands.standing(list(pieces))
    linked = _paired(np.array([piece.box for piece in pieces]), stand)
    linked |= linked.T
    candidates = []
    for first in range(len(pieces)):
        candidates.append((first, first + 1, pieces[first]))
        for after in range(first + 2, min(first + _MOST_JOINED, len(pieces)) + 1):
            mark = joined(list(pieces[first:after]))
            tallest = max(piece.height for piece in pieces[first:after])
            if (
                _could_be_digit(mark)
                and mark.height <= _TWO_HALVES * tallest
                and _connected(linked[first:after, first:after])
                and not _is_torn_away(pieces, linked, first, after)
            ):
                candidates.append((first, after, mark))
    return Lattice(pieces, tuple(candidates), heights=tuple(stand.heights.tolist()))


def _is_torn_away(pieces: tuple[Mark, ...], linked: NDArray[np.bool_], first: int, after: int) -> bool:
    """Whether the first or the last of pieces joined is much nearer to one that is not among them."""
    ends = (first, first + 1, first - 1), (after - 1, after - 2, after)
    return any(
        0 <= outer < len(pieces)
        and bool(linked[end, outer])
        and _apart(pieces[end], pieces[outer]) < _NEARER * _apart(pieces[end], pieces[inner])
        for end, inner, outer in ends
    )


def _apart(one: Mark, other: Mark) -> int:
    """Pixels between the boxes of two marks, aside or up and down."""
    (x, y, w, h), (left, top, width, height) = one.box, other.box
    return max(x - left - width, left - x - w, y - top - height, top - y - h, 0)


def _connected(linked: NDArray[np.bool_]) -> bool:
    """Whether the graph (n, n) hangs together."""
    reached = linked[0] | (np.arange(len(linked)) == 0)
    for _ in range(len(linked) - 2):
        reached = reached | linked[reached].any(axis=0)
    return bool(reached.all())


def cutting(mark: Mark) -> Lattice | None:
    """The ways of cutting a mark from top to bottom where little ink stands; ``None`` where none offers."""
    x, _, w, _ = mark.box
    cuts = [x, *(x + c for c in _cuts(mark)), x + w]
    if len(cuts) < 3:
        return None
    pieces = [between(mark, a, b) for a, b in pairwise(cuts)]
    if any(piece is None for piece in pieces):
        return None
    candidates = []
    for first in range(len(cuts) - 1):
        for after in range(first + 1, len(cuts)):
            everything = after - first == len(cuts) - 1
            part = mark if everything else between(mark, cuts[first], cuts[after])
            if part is not None and (everything or _could_be_digit(part)):
                candidates.append((first, after, part))
    return Lattice(tuple(p for p in pieces if p is not None), tuple(candidates), mark)


def _cuts(mark: Mark) -> list[int]:
    """Columns to cut at, from the left edge: the thinnest places, a sixth of the height apart."""
    _, _, w, h = mark.box
    ink = mark.mask().sum(axis=0).astype(np.float64)
    apart = max(3, h // 6)
    smooth = np.convolve(ink, np.ones(3) / 3, mode="same")
    limit = min(0.45 * h, max(0.3 * h, 1.2 * float(np.median(smooth))))
    found: list[int] = []
    for c in np.argsort(smooth, kind="stable").tolist():
        if smooth[c] > limit or len(found) == _MOST_CUTS:
            break
        if apart <= c <= w - apart and all(abs(c - other) >= apart for other in found):
            found.append(c)
    return sorted(found)


def _could_be_digit(mark: Mark) -> bool:
    _, _, w, h = mark.box
    return h >= 6 and w <= _WIDEST * h
