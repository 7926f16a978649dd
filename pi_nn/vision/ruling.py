"""Takes ruled lines, table lines and grids away from the ink that touches them.

After the run rule of staff-line removal in music reading (Roach and Tatem 1988): of a line only those places
go that are as thin as the line itself, so a stroke that crosses it stays whole.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, TypeAlias

import numpy as np

from pi_nn.vision.runs import Ints, find_blobs, find_runs

if TYPE_CHECKING:
    from numpy.typing import NDArray

Mask: TypeAlias = "NDArray[np.bool_]"

# A line is followed in strips this many pixels long; within one it may climb by a pixel or two.
_STRIP: Final = 12
# Share of a strip's columns that a line covers.
_COVER: Final = 0.8
# A line is no thicker than this share of the longer side.
_THICK: Final = 0.02
# A stroke crossing hides a line for this many strips at most.
_GAP: Final = 3
# A line goes through at least this share of the width of what it belongs to.
_LONG: Final = 0.25
# A grid or a frame has at least this many lines; ink along a ruled line is this many
# times longer than high, and the line goes through this share of it.
_FEWEST: Final = 3
_ROW: Final = 1.6
_RULED: Final = 0.85


def without_lines(mask: Mask) -> Mask | None:
    """``mask`` (H, W) without its long, thin, nearly straight lines across and down.

    ``None`` where it is neither a grid nor ink along a ruled line: a large digit, say a 7, has straight
    strokes too.
    """
    across, rows = _thin_lines(mask)
    down, columns = _thin_lines(np.ascontiguousarray(mask.T))
    height, width = mask.shape
    along = rows if width > height else columns
    ruled = max(height, width) >= _ROW * min(height, width) and max(along, default=0.0) >= _RULED
    if len(rows) + len(columns) < _FEWEST and not ruled:
        return None
    return mask & ~across & ~down.T


def _thin_lines(mask: Mask) -> tuple[Mask, list[float]]:
    """The places of horizontal lines of ``mask`` where nothing else crosses; each one's share of width."""
    height, width = mask.shape
    strips = width // _STRIP
    if strips < 6 or height < 3:
        return np.zeros((height, width), bool), []
    thick = max(3, round(_THICK * max(height, width)))
    upright = find_runs(np.ascontiguousarray(mask.T))
    length = upright.stop - upright.start
    thin = upright.take(np.flatnonzero(length <= thick))
    length = length[length <= thick]
    tracks = _tracks(thin.paint(0, 0, height, width).T, strips)
    track = tracks[(thin.start + thin.stop) // 2, np.minimum(thin.row // _STRIP, strips - 1)]
    shares = [float((tracks == k).any(axis=0).mean()) for k in range(1, int(tracks.max(initial=0)) + 1)]
    taken = np.zeros(len(thin), bool)
    for k in range(1, len(shares) + 1):
        on_line = track == k
        if on_line.any():
            taken |= on_line & (length <= 1.5 * float(np.median(length[on_line])) + 1)
    return thin.take(np.flatnonzero(taken)).paint(0, 0, height, width).T, shares


def _tracks(mask: Mask, strips: int) -> Ints:
    """Lines at strip resolution (H, strips), numbered from 1: covered places joined over gaps, if long."""
    height, width = mask.shape
    soft = _taller(mask)
    covered = soft[:, : strips * _STRIP].reshape(height, strips, _STRIP).mean(axis=2) >= _COVER
    joined = _taller(covered)
    for _ in range(2):
        joined = _closed(joined, _GAP)
    blobs = find_blobs(find_runs(joined))
    long = np.flatnonzero(blobs.boxes[:, 2] >= max(5, _LONG * strips))
    tracks = np.zeros((height, strips), np.intp)
    for number, k in enumerate(long.tolist(), start=1):
        x, y, w, h = blobs.boxes[k].tolist()
        own = blobs.runs_of(k).paint(x, y, w, h)
        # A slanting line climbs, but a tall thicket of ink is no line.
        if own.sum(axis=0).mean() <= 4 + _THICK * 2 * max(height, width):
            tracks[y : y + h, x : x + w][own] = number
    return tracks


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
