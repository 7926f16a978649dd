"""The best way through a lattice of candidates, given how good each looks."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Final

from pi_nn.vision.lattice import Lattice
from pi_nn.vision.marks import Mark

# Leaving ink out is as good as a digit of this quality: worse than any digit, better than nonsense.
_LEFT_OUT: Final = 0.35
# A cut must pay: each part counts for this much of its quality.
_CUT: Final = 0.85
# So must a join of pieces side by side, and more so of two that may stand on two lines.
_BESIDE: Final = 0.95
_TWO_LINES: Final = 0.9
# A way that is worth this share of the best one is its rival.
_RIVAL: Final = 0.9
# Pieces one above the other are seldom two digits, one within the other never.
_STACKED: Final = 0.4
_DIGIT: Final = 0.5


def best_way(lattice: Lattice, quality: Sequence[float]) -> list[int]:
    """Indices of the chosen candidates, from the left; pieces in none of them are left out.

    ``quality`` (one a candidate, 0..1) is weighed by ink: the choice explains the most ink the best
    (Viterbi over the positions between pieces).
    """
    worth = _worths(lattice, quality)
    value, way = _values(lattice, worth, [_LEFT_OUT * piece.area for piece in lattice.pieces])
    return _walk_back(way, len(value) - 1)


def rivals(lattice: Lattice, quality: Sequence[float], chosen: Sequence[int]) -> list[int]:
    """Indices of candidates that are not ``chosen`` but nearly as good, on the best way through them.

    Ink that was chosen counts nothing where such a way leaves it out.
    """
    taken = {i for k in chosen for i in range(*lattice.candidates[k][:2])}
    out = [0.0 if i in taken else _LEFT_OUT * piece.area for i, piece in enumerate(lattice.pieces)]
    worth = _worths(lattice, quality)
    before, _ = _values(lattice, worth, out)
    behind = _values_behind(lattice, worth, out)
    least = _RIVAL * before[-1]
    return [
        k
        for k, (first, after, _) in enumerate(lattice.candidates)
        if k not in chosen and before[first] + worth[k] + behind[after] >= least
    ]


def _worths(lattice: Lattice, quality: Sequence[float]) -> list[float]:
    alone = {
        k: each for each, (k, after, _) in zip(quality, lattice.candidates, strict=True) if after == k + 1
    }
    return [
        mark.area * each * _discount(lattice, first, after, mark)
        - _stacked(lattice, first, after, mark, alone.get(first - 1, 0.0))
        for each, (first, after, mark) in zip(quality, lattice.candidates, strict=True)
    ]


def _values(
    lattice: Lattice, worth: Sequence[float], out: Sequence[float]
) -> tuple[list[float], list[tuple[int, int]]]:
    """What the best way to each position is worth, and its last step."""
    count = len(lattice.pieces)
    value = [0.0] * (count + 1)
    way: list[tuple[int, int]] = [(-1, -1)] * (count + 1)
    for position in range(1, count + 1):
        value[position], way[position] = value[position - 1] + out[position - 1], (position - 1, -1)
        for index, (first, after, _) in enumerate(lattice.candidates):
            if after == position and value[first] + worth[index] > value[position]:
                value[position], way[position] = value[first] + worth[index], (first, index)
    return value, way


def _values_behind(lattice: Lattice, worth: Sequence[float], out: Sequence[float]) -> list[float]:
    """What the best way from each position to the end is worth."""
    value = [0.0] * (len(lattice.pieces) + 1)
    for position in reversed(range(len(lattice.pieces))):
        steps = [
            worth[index] + value[after]
            for index, (first, after, _) in enumerate(lattice.candidates)
            if first == position
        ]
        value[position] = max([value[position + 1] + out[position], *steps])
    return value


def _walk_back(way: list[tuple[int, int]], count: int) -> list[int]:
    chosen = []
    while count > 0:
        count, index = way[count]
        if index >= 0:
            chosen.append(index)
    return chosen[::-1]


def _discount(lattice: Lattice, first: int, after: int, mark: Mark) -> float:
    pieces = lattice.pieces[first:after]
    if lattice.whole is not None:
        return 1.0 if len(pieces) == len(lattice.pieces) else _CUT
    beside = any(b.box[0] >= a.box[0] + a.box[2] for a, b in pairwise(pieces))
    two_lines = lattice.on_two_lines(first, after, mark.height, max(piece.height for piece in pieces))
    return (_BESIDE if beside else 1.0) * (_TWO_LINES if two_lines else 1.0)


def _stacked(lattice: Lattice, first: int, after: int, mark: Mark, quality: float) -> float:
    """What it costs, in pixels of ink, that a candidate overlaps the piece before it from above or below.

    ``quality`` is that of the piece before as a digit: a box is none, and may well have one within.
    """
    if lattice.whole is not None or first == 0:
        return 0.0
    before = lattice.pieces[first - 1]
    overlap = min(before.box[0] + before.box[2], mark.box[0] + mark.box[2]) - max(before.box[0], mark.box[0])
    height = max(before.box[1] + before.height, mark.box[1] + mark.height) - min(before.box[1], mark.box[1])
    narrower, taller = min(before.box[2], mark.box[2]), max(before.height, mark.height)
    if overlap <= 0.3 * narrower or lattice.on_two_lines(first - 1, after, height, taller):
        return 0.0
    within = overlap == narrower and height == taller and quality > _DIGIT
    return (1.0 if within else _STACKED) * min(before.area, mark.area)
