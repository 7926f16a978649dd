"""Reading order: boxes to lines from the top, and on a line to numbers from the left."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from pi_nn.records import Box

# Two digits stand on one line when they overlap vertically by this share of the smaller height.
_OVERLAP: Final = 0.4
# A gap wider than this share of the digits' height parts two numbers.
_SPACE: Final = 0.9


def arrange(boxes: Sequence[Box]) -> list[tuple[int, int, int]]:
    """(index, line, number) of every box, in reading order.

    ``index`` points into ``boxes``; ``line`` counts from the top, ``number`` within its line from the left.
    """
    placed = []
    for line, members in enumerate(_lines(boxes)):
        number = 0
        for k, i in enumerate(members):
            if k and _parted(boxes[members[k - 1]], boxes[i]):
                number += 1
            placed.append((i, line, number))
    return placed


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


def _parted(a: Box, b: Box) -> bool:
    return b[0] - (a[0] + a[2]) > _SPACE * (a[3] + b[3]) / 2
