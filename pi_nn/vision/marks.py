"""Marks: connected ink, whole, cut in two or joined from pieces, and the tile of each."""

from __future__ import annotations

from dataclasses import dataclass
from math import cos, radians, sin
from typing import TYPE_CHECKING, Final, TypeAlias

import numpy as np
from PIL import Image

from pi_nn.records import Box
from pi_nn.vision.cells import as_grey, as_image, pooled
from pi_nn.vision.light import Lit
from pi_nn.vision.runs import Blobs, Ints, Runs, find_blobs, find_runs
from pi_nn.vision.tile import tile_of

if TYPE_CHECKING:
    from numpy.typing import NDArray

Bytes: TypeAlias = "NDArray[np.uint8]"
Mask: TypeAlias = "NDArray[np.bool_]"

# A table has so many lines in each row of pixels, and encloses more than so many holes when seen so small.
_RUNGS: Final = 1.6
_MOST_HOLES: Final = 3
_COARSE: Final = 24
_LEAST_HOLE: Final = 4
# The sides of a ladder are so near, in heights, and keep their distance but for this share of it.
_CLOSE: Final = 0.5
_STRAIGHT: Final = 0.1
# Larger ink falls into no more pieces than these, its largest: noise on a grid leaves thousands.
_MOST_PIECES: Final = 700
# A slash is so much wider than high, has about one run of ink a row, and crosses this share of its width.
_LYING: Final = 1.2
_ONE_STROKE: Final = 1.25
_ACROSS: Final = 0.6
# A bar is narrower than this many heights.
_NARROW: Final = 0.5
# A blot fills this share of its box, and has about one run of ink in each row and each column.
_FILLED: Final = 0.4
_SOLID_ROWS: Final = 1.15
_SOLID_COLUMNS: Final = 1.5


@dataclass(frozen=True, slots=True, eq=False)
class Mark:
    """Ink taken as one thing: its runs, the ``box`` around them (x, y, width, height), its ``area``.

    ``torn`` is the box of the larger ink that it was taken out of, a grid or a shadow, and may go on in.
    """

    runs: Runs
    box: Box
    area: int
    torn: Box | None = None

    @property
    def height(self) -> int:
        return self.box[3]

    @property
    def thickness(self) -> float:
        """Pixels of ink for each pixel of length."""
        return self.area / max(self.box[2:])

    def mask(self) -> Mask:
        """Bool mask of the size of the box."""
        return self.runs.paint(*self.box)


def marks_of(blobs: Blobs, chosen: NDArray[np.intp], torn: Box | None = None) -> list[Mark]:
    """The chosen components, as marks."""
    boxes, areas = blobs.boxes[chosen].tolist(), blobs.area[chosen].tolist()
    return [
        Mark(blobs.runs_of(k), (box[0], box[1], box[2], box[3]), area, torn)
        for k, box, area in zip(chosen.tolist(), boxes, areas, strict=True)
    ]


def torn_marks(left: Mask, box: Box, least: int, bound: Box | None = None) -> list[Mark]:
    """What is ``left`` of larger ink in ``box``, in pieces of at least ``least`` pixels height or width.

    ``bound`` is what may not be touched by a digit, ``box`` where it is not given.
    """
    runs, (x, y) = find_runs(left), box[:2]
    blobs = find_blobs(Runs(runs.row + y, runs.start + x, runs.stop + x))
    size = blobs.boxes[:, 2:].max(axis=1, initial=0)
    large = np.argsort(-size, kind="stable")[: min(_MOST_PIECES, np.count_nonzero(size >= least))]
    return marks_of(blobs, np.sort(large), bound or box)


def mark_of(part: Mask, whole: Mark) -> Mark:
    """The ``part`` of a mark, a mask of the size of its box, that holds some ink."""
    runs, (x, y) = find_runs(part), whole.box[:2]
    runs = Runs(runs.row + y, runs.start + x, runs.stop + x)
    return Mark(runs, _around(runs), int((runs.stop - runs.start).sum()), whole.torn)


def joined(marks: list[Mark]) -> Mark:
    """Several marks as one."""
    if len(marks) == 1:
        return marks[0]
    runs = Runs(
        np.concatenate([m.runs.row for m in marks]),
        np.concatenate([m.runs.start for m in marks]),
        np.concatenate([m.runs.stop for m in marks]),
    )
    return Mark(
        runs, _around(runs), sum(m.area for m in marks), next((m.torn for m in marks if m.torn), None)
    )


def between(mark: Mark, left: Ints | int, right: Ints | int) -> Mark | None:
    """The part of a mark within columns ``left <= x < right`` of the picture; ``None`` without ink.

    Both may hold a column for each run.
    """
    start, stop = np.maximum(mark.runs.start, left), np.minimum(mark.runs.stop, right)
    inside = np.flatnonzero(stop > start)
    if len(inside) == 0:
        return None
    runs = Runs(mark.runs.row[inside], start[inside], stop[inside])
    return Mark(runs, _around(runs), int((runs.stop - runs.start).sum()), mark.torn)


def is_slash(mark: Mark, turn: float = 0.0) -> bool:
    """Whether a mark is one stroke that lies more than it stands: a pencil, a shadow's or a sheet's edge.

    So it must where lines run down by ``turn`` degrees, too: there a slanting 1 lies, and is none.
    """
    _, _, w, h = mark.box
    if w <= _LYING * h or len(mark.runs) > _ONE_STROKE * h:
        return False
    top, bottom = int(mark.runs.row.argmin()), int(mark.runs.row.argmax())
    middle = mark.runs.start + mark.runs.stop
    right, down = int(middle[bottom] - middle[top]) / 2, int(mark.runs.row[bottom] - mark.runs.row[top])
    c, s = cos(radians(turn)), sin(radians(turn))
    lies = abs(c * right + s * down) > _ACROSS * _LYING * abs(c * down - s * right)
    return lies and abs(right) > _ACROSS * w


def is_bar(mark: Mark) -> bool:
    """Whether a mark is as narrow as a 1, upright or leaning: in no row does its ink reach far."""
    return int(_spans(mark).max()) < _NARROW * mark.height


def is_blot(mark: Mark) -> bool:
    """Whether a mark is solid ink, and no bar: no digit, unless a thick pen closed all that is open in it."""
    _, _, w, h = mark.box
    if mark.area < _FILLED * w * h or len(mark.runs) > _SOLID_ROWS * h or is_bar(mark):
        return False
    return len(find_runs(np.ascontiguousarray(mark.mask().T))) <= _SOLID_COLUMNS * w


def is_around(mark: Mark, inner: Mark) -> bool:
    """Whether a mark has ink on all four sides of the middle of another one, which lies within its box."""
    x, y, w, h = inner.box
    row, column = y + h // 2, x + w // 2
    across = mark.runs.take(np.flatnonzero(mark.runs.row == row))
    down = mark.runs.row[(mark.runs.start <= column) & (column < mark.runs.stop)]
    beside = (across.stop <= x).any() and (across.start >= x + w).any()
    return bool(beside and (down < y).any() and (down >= y + h).any())


def is_grid(mark: Mark) -> bool:
    """Whether a mark has more holes or straighter sides than any digit, whatever a network says: a table."""
    # Two strokes and more in each row: few digits have that, and none of the others need be looked at.
    if len(mark.runs) < _RUNGS * mark.height:
        return False
    if _is_ladder(mark):
        return True
    x, y, w, h = mark.box
    step = max(2, 1 << ((min(w, h) - 1) // _COARSE).bit_length())
    # With paper all around, in whole steps.
    wide = mark.runs.paint(x - step, y - step, (w // step + 3) * step, (h // step + 3) * step)
    holes = find_blobs(find_runs(pooled(np.maximum, wide.view(np.uint8), step) == 0)).area >= _LEAST_HOLE
    return int(np.count_nonzero(holes)) > 1 + _MOST_HOLES  # the paper around is no hole


def _is_ladder(mark: Mark) -> bool:
    """Whether a mark has two straight sides close together, upright or leaning: cells one above the other."""
    ends = mark.height // 10
    spans = np.sort(_spans(mark)[ends : mark.height - ends])
    narrow, usual, wide = (int(spans[len(spans) * k // 10]) for k in (1, 5, 9))
    return wide - narrow <= _STRAIGHT * usual and usual < _CLOSE * mark.height


def _spans(mark: Mark) -> Ints:
    """From the first pixel of ink to the last in each row of the box, (height,)."""
    x, y, w, h = mark.box
    left, right = np.full(h, x + w), np.full(h, x)
    np.minimum.at(left, mark.runs.row - y, mark.runs.start)
    np.maximum.at(right, mark.runs.row - y, mark.runs.stop)
    return np.asarray(right - left)


def mark_tile(lit: Lit, mark: Mark, turn: float = 0.0) -> NDArray[np.float32]:
    """The mark's ink as a tile, float32 (28, 28), turned back where lines run down by ``turn`` degrees."""
    ink = ink_of(lit, mark)
    if turn:
        ink = as_grey(as_image(ink).rotate(turn, Image.Resampling.BICUBIC, expand=True))
    return tile_of(ink)


def ink_of(lit: Lit, mark: Mark) -> Bytes:
    """Ink strength of one mark, uint8 0..255, with a margin of a pixel for the soft edge of its strokes.

    It is measured against the strongest ink near by, so a stroke that fades stays whole.
    """
    height, width = lit.grey.shape
    x, y, w, h = mark.box
    x, y, right, bottom = max(x - 1, 0), max(y - 1, 0), min(x + w + 1, width), min(y + h + 1, height)
    box = (x, y, right - x, bottom - y)
    return lit.strength(box) * _grown(mark.runs, box)


def stroke_width(marks: list[Mark]) -> int:
    """The median run of marks, in pixels, but for the frayed edges of strokes."""
    # A bar that lies is no thicker than it is high.
    widths = np.concatenate([np.minimum(mark.runs.stop - mark.runs.start, mark.height) for mark in marks])
    firm = widths[widths > 2]
    widths = np.sort(firm if len(firm) else widths)
    return int(widths[(len(widths) - 1) // 2] + widths[len(widths) // 2]) // 2


def strength_of(lit: Lit, mark: Mark) -> float:
    """How much darker than its paper a mark's ink is on the average, 0..1."""
    x, y, w, h = mark.box
    grey = int(np.add.reduce(lit.grey[y : y + h, x : x + w][mark.mask()], dtype=np.int64)) / mark.area
    c = lit.cell
    left, top = x // c - lit.corner[0], y // c - lit.corner[1]
    paper = lit.paper[top : top + (y % c + h) // c + 1, left : left + (x % c + w) // c + 1]
    return 1 - grey * paper.size / float(np.add.reduce(paper, axis=None))


def around(runs: Runs, within: Box) -> Box:
    """The box around runs that are told from the corner of ``within``; ``within`` where there are none."""
    if not len(runs):
        return within
    x, y, w, h = _around(runs)
    return x + within[0], y + within[1], w, h


def _around(runs: Runs) -> Box:
    x, y = int(runs.start.min()), int(runs.row.min())
    return x, y, int(runs.stop.max()) - x, int(runs.row.max()) + 1 - y


def _grown(runs: Runs, box: Box) -> Bytes:
    """The runs and their eight neighbours within ``box``: 0 or 1, (height, width)."""
    x, y, w, h = box
    wide = Runs(runs.row, np.maximum(runs.start - 1, x), np.minimum(runs.stop + 1, x + w))
    own = wide.paint(x, y, w, h).view(np.uint8)
    grown = own.copy()
    np.maximum(grown[1:], own[:-1], out=grown[1:])
    np.maximum(grown[:-1], own[1:], out=grown[:-1])
    return grown


def grown(mask: Mask, steps: int = 1) -> Mask:
    """``mask`` and what lies within so many pixels of it, diagonally too."""
    for _ in range(steps):
        tall = mask.copy()
        tall[1:] |= mask[:-1]
        tall[:-1] |= mask[1:]
        mask = tall.copy()
        mask[:, 1:] |= tall[:, :-1]
        mask[:, :-1] |= tall[:, 1:]
    return mask
