"""Takes ruled lines, table lines and grids away from the ink that touches them.

After the run rule of staff-line removal in music reading (Roach and Tatem 1988): of a line only those places
go that are as thin as the line itself, so a stroke that crosses it stays whole.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, TypeAlias

import numpy as np

from pi_nn.vision.runs import Ints, Runs, find_blobs, find_runs

if TYPE_CHECKING:
    from numpy.typing import NDArray

Mask: TypeAlias = "NDArray[np.bool_]"
Floats: TypeAlias = "NDArray[np.float64]"

# A line is followed in strips this many pixels long; within one it may climb by a pixel or two.
_STRIP: Final = 12
# Share of a strip's columns that a line covers.
_COVER: Final = 0.8
# A line is no thicker than this share of the longer side.
_THICK: Final = 0.02
# A stroke crossing hides a line for this many strips at most; so many in a row show where it runs, and it is
# followed along its course from there, through whatever ink lies on that, until so many columns hold none.
_GAP: Final = 3
_LEAST: Final = 5
_BREAK: Final = 4
# So many strips at its end tell where a line goes on, so many to either side where it runs, and it is found
# there within so many pixels.
_END: Final = 10
_NEAR: Final = 4
_OFF: Final = 3
# No more stretches than this are followed: cloth is full of them.
_MOST: Final = 80
# A line is seen in at least this share of the width of what it belongs to.
_LONG: Final = 0.25
# What is shorter than this share of the longest line, and so many times thicker, is a stroke of the pen.
_SHORT: Final = 0.5
_THICKER: Final = 1.5
# A grid or a frame has at least this many lines; ink along a ruled line is this many
# times longer than high, and the line goes through this share of it.
_FEWEST: Final = 3
_ROW: Final = 1.6
_RULED: Final = 0.85


@dataclass(frozen=True, slots=True, eq=False)
class Unruled:
    """What is ``left`` of a mask without its lines, and the ``course`` of these, bool (H, W) both.

    On their course lie the corners and crossings of lines too, which are not taken away.
    """

    left: Mask
    course: Mask


@dataclass(frozen=True, slots=True, eq=False)
class _Line:
    """A line across: its row in every column from ``first`` on, how thick it is, what runs go with it.

    Those runs lie where it would go on, straight, too: beside dark digits a pale line is seen in parts.
    """

    first: int
    rows: Floats
    thick: float
    places: Ints

    def __len__(self) -> int:
        return len(self.rows)


def without_lines(mask: Mask) -> Unruled | None:
    """``mask`` (H, W) without its long, thin, nearly straight lines across and down.

    ``None`` where it is neither a grid nor ink along a ruled line: a large digit, say a 7, has straight
    strokes too.
    """
    height, width = mask.shape
    upright = np.ascontiguousarray(mask.T)
    rows_thin, rows = _lines(mask, upright)
    columns_thin, columns = _lines(upright, mask)
    longest = max([*rows, *columns], key=len, default=None)
    if longest is None:
        return None
    rows, columns = ([line for line in lines if not _is_stroke(line, longest)] for lines in (rows, columns))
    along = max(map(len, rows if width > height else columns), default=0)
    ruled = max(height, width) >= _ROW * min(height, width) and along >= _RULED * max(height, width)
    if len(rows) + len(columns) < _FEWEST and not ruled:
        return None
    across, down = _taken(rows_thin, rows, mask.shape), _taken(columns_thin, columns, upright.shape).T
    return Unruled(mask & ~across & ~down, _course(rows, mask.shape) | _course(columns, upright.shape).T)


def _is_stroke(line: _Line, longest: _Line) -> bool:
    """Whether a line is a stroke of the pen: shorter than the lines it stands on or between, and thicker."""
    return len(line) < _SHORT * len(longest) and line.thick > _THICKER * longest.thick + 1


def _lines(mask: Mask, upright: Mask) -> tuple[Runs, list[_Line]]:
    """The upright runs of ``mask`` that are as short as a line is thick, and its lines across.

    ``upright`` is the mask turned over.
    """
    height, width = mask.shape
    thin = find_runs(upright)
    length = thin.stop - thin.start
    short = np.flatnonzero(length <= max(3, round(_THICK * max(height, width))))
    thin, length = thin.take(short), length[short]
    if width // _STRIP <= _LEAST or height < 3:
        return thin, []
    middle = (thin.start + thin.stop - 1) / 2
    found = []
    for first, rows in _courses(mask, thin.paint(0, 0, height, width).T):
        away = np.abs(middle - _straight_on(first, rows, width)[thin.row])
        seen = (thin.row >= first) & (thin.row < first + len(rows)) & (away <= _OFF)
        if seen.any():
            thick = float(np.median(length[seen]))
            here = np.flatnonzero((away <= _OFF) & (length <= 1.5 * thick + 1))
            found.append(_Line(first, rows, thick, here))
    return thin, found


def _straight_on(first: int, rows: Floats, width: int) -> Floats:
    """``rows`` of a line from column ``first`` on, and where it would be in all other columns, (width,)."""
    fit = np.polyfit(first + np.arange(len(rows)), rows, 1)
    course: Floats = np.polyval(fit, np.arange(width)).astype(np.float64)
    course[first : first + len(rows)] = rows
    return course


def _taken(thin: Runs, lines: list[_Line], shape: tuple[int, ...]) -> Mask:
    """The ``lines`` where nothing crosses them, (height, width)."""
    places = np.unique(np.concatenate([np.zeros(0, np.intp), *(line.places for line in lines)]))
    return thin.take(places).paint(0, 0, shape[0], shape[1]).T


def _course(lines: list[_Line], shape: tuple[int, ...]) -> Mask:
    """Where ``lines`` run, even where something crosses them, (height, width)."""
    course = np.zeros(shape, bool)
    for line in lines:
        reach = round(line.thick / 2) + 1
        near = np.rint(line.rows).astype(np.intp)[:, None] + np.arange(-reach, reach + 1)
        course[np.clip(near, 0, shape[0] - 1), line.first + np.arange(len(line))[:, None]] = True
    return course


def _courses(mask: Mask, thin: Mask) -> list[tuple[int, Floats]]:
    """Long lines of ``mask``: the first column of each, and its row in that and every following column.

    ``thin`` holds the places that are as thin as a line.
    """
    width = mask.shape[1]
    stretches = _stretches(thin)
    ink = _taller(_taller(mask))
    found = []
    while stretches:
        points = stretches.pop(0)
        while True:
            first, rows = _followed(points, ink)
            course = _straight_on(first, rows, width)
            joining = [k for k, other in enumerate(stretches) if _lies_on(other, course)]
            if not joining:
                break
            points = np.concatenate([points, *(stretches[k] for k in joining)], axis=1)
            points = points[:, np.argsort(points[0], kind="stable")]
            stretches = [other for k, other in enumerate(stretches) if k not in joining]
        if points.shape[1] * _STRIP >= _LONG * width:
            found.append((first, rows))
    return found


def _stretches(thin: Mask) -> list[Floats]:
    """Where lines are seen, longest first: (2, n) columns and rows of their middle, one for each strip."""
    height, width = thin.shape
    strips = width // _STRIP
    covered = _taller(thin)[:, : strips * _STRIP].reshape(height, strips, _STRIP).mean(axis=2) >= _COVER
    joined = _taller(covered)
    for _ in range(2):
        joined = _closed(joined, _GAP)
    blobs = find_blobs(find_runs(joined))
    long = np.flatnonzero(blobs.boxes[:, 2] >= _LEAST)
    long = long[np.argsort(-blobs.boxes[long, 2], kind="stable")][:_MOST]
    found = []
    for k in long.tolist():
        x, y, w, h = blobs.boxes[k].tolist()
        own = blobs.runs_of(k).paint(x, y, w, h)
        count = own.sum(axis=0)
        # A slanting line climbs, but a tall thicket of ink is no line.
        if count.mean() <= 4 + _THICK * 2 * max(height, width):
            rows = y + np.arange(h) @ own / count
            columns = (np.arange(x, x + w) + 0.5) * _STRIP
            found.append(np.stack([columns, _evened(columns, rows)]))
    return found


def _evened(columns: Floats, rows: Floats) -> Floats:
    """``rows`` with those put right that a stroke along the line has drawn aside."""
    trend = np.polyval(np.polyfit(columns, rows, 1), columns)
    # Paper is seldom flat: what counts is where the line runs near by.
    around = np.pad(rows - trend, _NEAR, mode="reflect", reflect_type="odd")
    usual = trend + np.median(np.lib.stride_tricks.sliding_window_view(around, 2 * _NEAR + 1), axis=1)
    return np.where(np.abs(rows - usual) <= _OFF, rows, usual)


def _followed(points: Floats, ink: Mask) -> tuple[int, Floats]:
    """The first column of a line through ``points``, and its row there and on, as far as there is ink."""
    height, width = ink.shape
    columns, rows = points
    ends = [np.polyfit(columns[part], rows[part], 1) for part in (slice(_END), slice(-_END, None))]
    place = np.arange(width)
    course = np.interp(place, columns, rows)
    left, right = int(columns[0]), int(columns[-1])
    course[:left], course[right:] = np.polyval(ends[0], place[:left]), np.polyval(ends[1], place[right:])
    at = np.rint(course).astype(np.intp)
    bare = ~(ink[np.clip(at, 0, height - 1), place] & (at >= 0) & (at < height))
    first = left - _reached(bare[:left][::-1])
    return first, course[first : right + _reached(bare[right:])]


def _reached(bare: NDArray[np.bool_]) -> int:
    """How many places come before the first so many that are ``bare``."""
    if len(bare) < _BREAK:
        return len(bare)
    broken = np.flatnonzero(np.lib.stride_tricks.sliding_window_view(bare, _BREAK).all(axis=1))
    return int(broken[0]) if len(broken) else len(bare)


def _lies_on(points: Floats, course: Floats) -> bool:
    """Whether a stretch is a part of the line that has this row in every column."""
    return float(np.abs(points[1] - course[points[0].astype(np.intp)]).max()) <= _OFF


def _taller(mask: Mask) -> Mask:
    """``mask`` grown by one pixel up and down."""
    grown = mask.copy()
    grown[1:] |= mask[:-1]
    grown[:-1] |= mask[1:]
    return grown


def _closed(mask: Mask, gap: int) -> Mask:
    """``mask`` with horizontal gaps of up to ``gap`` places filled."""
    width = mask.shape[1]
    place = np.arange(width)
    last = np.maximum.accumulate(np.where(mask, place, -width), axis=1)
    following = np.minimum.accumulate(np.where(mask, place, 2 * width)[:, ::-1], axis=1)[:, ::-1]
    return mask | (following - last <= gap + 1)
