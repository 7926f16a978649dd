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
# So must a join of pieces side by side, or of two that may stand on two lines.
_BESIDE: Final = 0.95
# Pieces one above the other are seldom two digits.
_STACKED: Final = 0.4


def best_way(lattice: Lattice, quality: Sequence[float]) -> list[int]:
    """Indices of the chosen candidates, from the left; pieces in none of them are left out.

    ``quality`` (one a candidate, 0..1) is weighed by ink: the choice explains the most ink the best
    (Viterbi over the positions between pieces).
    """
    count = len(lattice.pieces)
    value = [0.0] * (count + 1)
    way: list[tuple[int, int]] = [(-1, -1)] * (count + 1)
    for after in range(1, count + 1):
        value[after] = value[after - 1] + _LEFT_OUT * lattice.pieces[after - 1].area
        way[after] = (after - 1, -1)
        for index, (first, last, mark) in enumerate(lattice.candidates):
            if last != after:
                continue
            worth = value[first] + mark.area * quality[index] * _discount(lattice, first, last, mark)
            worth -= _STACKED * _stacked(lattice, first, mark)
            if worth > value[after]:
                value[after], way[after] = worth, (first, index)
    return _walk_back(way, count)


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
    two_lines = lattice.on_two_lines(mark.height, max(piece.height for piece in pieces))
    return (_BESIDE if beside else 1.0) * (_BESIDE if two_lines else 1.0)


def _stacked(lattice: Lattice, first: int, mark: Mark) -> float:
    """Ink of the smaller one where a candidate overlaps the piece before it from above or below."""
    if lattice.whole is not None or first == 0:
        return 0.0
    before = lattice.pieces[first - 1]
    overlap = min(before.box[0] + before.box[2], mark.box[0] + mark.box[2]) - max(before.box[0], mark.box[0])
    height = max(before.box[1] + before.height, mark.box[1] + mark.height) - min(before.box[1], mark.box[1])
    two_lines = lattice.on_two_lines(height, max(before.height, mark.height))
    if overlap <= 0.3 * min(before.box[2], mark.box[2]) or two_lines:
        return 0.0
    return float(min(before.area, mark.area))
