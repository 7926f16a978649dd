"""Takes the lines of ruled and squared paper out of a picture, before ink is looked for.

Print darkens what lies on it by a share that hardly changes along a line. The median along the line tells
that share, for writing covers the lesser part of it; dividing by it leaves paper, and whole the strokes that
cross the line.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final, TypeAlias

import numpy as np

from pi_nn.vision.cells import Bytes
from pi_nn.vision.light import Lit, level
from pi_nn.vision.runs import find_blobs, find_runs

if TYPE_CHECKING:
    from numpy.typing import NDArray

Floats: TypeAlias = "NDArray[np.float64]"
Ints: TypeAlias = "NDArray[np.int32]"
Mask: TypeAlias = "NDArray[np.bool_]"

# Lines are looked for in strips so many pixels wide, a power of two.
_STRIP: Final = 16
# The paper beside a line lies so far from it: the longer side of the page by this, in pixels.
_ASIDE: Final = 250
# A line is darker than that by so many times what is usual in the frame, where noise is, and by this share
# of the light.
_CLEAR: Final = 1.7
_LEAST_DARK: Final = 0.012
# A stretch of a line is so many strips long, goes on in another one over so many at most, and meets it within
# so many pixels, and so many more for each strip between them; so many strips at its end tell its slope. No
# more than the longest so many are looked at: each is compared with each.
_LEAST: Final = 5
_MOST: Final = 600
_GAP: Final = 24
_OFF: Final = 2.0
_OFF_MORE: Final = 0.15
_END: Final = 10
# Where a line runs, its neighbourhood tells: so many strips to either side, and a curve drawn so many times.
_NEAR: Final = 6
_ROUNDS: Final = 4
# A line goes through this share of the frame, and stands out in this share of its length; there are so many.
_LONG: Final = 0.5
_SEEN: Final = 0.75
_FEWEST: Final = 3
# Where less than this share of its darkness is to be seen there is paper, if that is as light as the paper
# elsewhere but for this share: that is so in this share of its length at most, where print is worn.
_FAINT: Final = 0.35
_SHEET: Final = 0.4
_MOST_BARE: Final = 0.12
# Lines are no darker than this share of the ink, which is as dark as the darkest one in so many cells.
_PALE: Final = 0.6
_DARKEST_PART: Final = 50
# How dark a line is is told for so many pixels of it, by every second one of three times as many; nowhere is
# it darker than so many times what is usual for it.
_STEP: Final = 32
_DARKEST: Final = 1.4


@dataclass(frozen=True, slots=True, eq=False)
class _Line:
    """A line across: its row in every column, (W,), and the ``share`` of light it leaves around that, (n, W).

    ``dark`` is how much darker than paper it is for the most part, ``bare`` the share of its way from edge to
    edge of the picture where there is paper and nothing else.
    """

    course: Floats
    share: Floats
    dark: float
    bare: float


def without_print(lit: Lit) -> Lit | str | None:
    """What :func:`pi_nn.vision.light.level` gives without the lines of ruled paper; ``lit`` without such."""
    most = np.sort(lit.strongest, axis=None)[-max(1, lit.strongest.size // _DARKEST_PART) :]
    clean = unprinted(lit.grey, float(most.mean()))
    if clean is None:
        return lit
    again = level(clean, light_ink=False)
    return replace(again, light_ink=lit.light_ink) if isinstance(again, Lit) else again


def unprinted(grey: Bytes, ink: float) -> Bytes | None:
    """``grey`` (H, W), in which ink is dark, without the lines that are printed all over the paper.

    ``ink`` is how much darker than paper the darkest ink is, 0..1. ``None`` where there are no such lines.
    The picture is as large as one of a page, several hundred pixels at least.
    """
    aside = max(grey.shape) // _ASIDE
    if not (_may_have_lines(grey, aside) or _may_have_lines(grey.T, aside)):
        return None
    upright = np.ascontiguousarray(grey.T)
    across, down = _lines(grey, aside), _lines(upright, aside)
    dark = sorted(line.dark for line in across + down)
    bare = sorted(line.bare for line in across + down)
    # The lines of a table or a form end on paper, or are as dark as ink.
    if len(dark) < _FEWEST or bare[len(bare) // 2] > _MOST_BARE or dark[len(dark) * 3 // 4] > _PALE * ink:
        return None
    share = np.minimum(_painted(across, grey.shape, aside), _painted(down, upright.shape, aside).T)
    return np.asarray(np.minimum(grey.astype(np.uint16) * 255 // share, 255), np.uint8)


def _may_have_lines(grey: Bytes, aside: int) -> bool:
    """Whether several dark places lie one above the other at two of three places of the picture's width."""
    height, width = grey.shape
    group = 5 * _STRIP
    if width < 3 * group or height <= 2 * aside:
        return False
    places = [width * k // 6 - group // 2 for k in (1, 3, 5)]
    strips = np.concatenate([_strips(grey[:, left : left + group]) for left in places], axis=1)
    peaks = np.count_nonzero(_peaks(_darker(strips, aside), strips)[:, 2::5], axis=0)
    return int(np.count_nonzero(peaks >= _FEWEST)) >= 2


def _lines(grey: Bytes, aside: int) -> list[_Line]:
    """The long lines across; each is looked at up to ``aside`` pixels above its course and below."""
    found = []
    for course in _courses(grey, aside):
        seen = _along(grey, course, aside)
        share = _share_left(seen)
        usual = 1 - np.median(share, axis=1)
        middle, dark = int(usual.argmax()), float(usual.max())
        if dark >= _LEAST_DARK:
            found.append(_Line(course, share, dark, _bare(seen, middle, dark)))
    return found


def _courses(grey: Bytes, aside: int) -> list[Floats]:
    """The row of each long line across in every column, (W,)."""
    height, width = grey.shape
    strips = _strips(grey)
    darker = _darker(strips, aside)
    peaks = _peaks(darker, strips)
    courses = []
    for points in _joined(_stretches(peaks, darker)):
        span = points[0, -1] - points[0, 0] + _STRIP
        if span >= _LONG * width and points.shape[1] * _STRIP >= _SEEN * span:
            # So far from the edges that all of its neighbourhood can be looked at.
            courses.append(np.clip(_course(points, width), aside, height - aside - 2))
    return courses


def _strips(grey: Bytes) -> Ints:
    """Sums over strips of the rows of a picture, (H, W // _STRIP)."""
    total = grey[:, : grey.shape[1] // _STRIP * _STRIP].astype(np.uint16)
    for _ in range(_STRIP.bit_length() - 1):
        total = total[:, 0::2] + total[:, 1::2]
    return total.astype(np.int32)


def _darker(strips: Ints, aside: int) -> Ints:
    """How much darker each place of a strip is than those ``aside`` above and below it, (H, strips).

    The median of five strips: strokes are shorter than those.
    """
    here = np.zeros(strips.shape, np.int32)
    here[aside:-aside] = np.minimum(strips[: -2 * aside], strips[2 * aside :]) - strips[aside:-aside]
    count = strips.shape[1]
    wide = np.pad(here, ((0, 0), (2, 2)), mode="edge")
    return _middle(*(wide[:, k : k + count] for k in range(5)))


def _middle(a: Ints, b: Ints, c: Ints, d: Ints, e: Ints) -> Ints:
    """The median of five."""
    low = np.maximum(np.minimum(a, b), np.minimum(c, d))
    high = np.minimum(np.maximum(a, b), np.maximum(c, d))
    return np.asarray(np.maximum(np.minimum(low, high), np.minimum(e, np.maximum(low, high))))


def _peaks(darker: Ints, light: Ints) -> Mask:
    """Where a line may run: the darkest of five places one above the other, if it is clearly darker."""
    clear = np.maximum(_CLEAR * np.median(np.abs(darker[:, ::2])), _LEAST_DARK * light)
    peaks = np.asarray(darker > clear)
    for k in (1, 2):
        peaks[k:] &= darker[k:] >= darker[:-k]
        peaks[:-k] &= darker[:-k] >= darker[k:]
    return peaks


def _stretches(peaks: Mask, darker: Ints) -> list[Floats]:
    """Peaks that follow one another: (2, n) columns and rows of each stretch, from its left end."""
    tall = peaks.copy()
    tall[1:] |= peaks[:-1]
    tall[:-1] |= peaks[1:]
    blobs = find_blobs(find_runs(tall))
    found = []
    length = blobs.boxes[:, 2]
    longest = np.argsort(-length, kind="stable")[: min(_MOST, np.count_nonzero(length >= _LEAST))]
    for k in longest.tolist():
        x, y, w, h = blobs.boxes[k].tolist()
        weight = blobs.runs_of(k).paint(x, y, w, h) * np.maximum(darker[y : y + h, x : x + w], 0)
        rows = y + np.arange(h) @ weight / weight.sum(axis=0)
        found.append(np.stack([(x + np.arange(w) + 0.5) * _STRIP - 0.5, rows]))
    return found


def _joined(stretches: list[Floats]) -> list[Floats]:
    """The stretches, those that go on in one another as one."""
    while after := _followers(stretches):
        longer = []
        for k in set(range(len(stretches))) - set(after.values()):
            chain = [k]
            while chain[-1] in after:
                chain.append(after[chain[-1]])
            longer.append(np.concatenate([stretches[i] for i in chain], axis=1))
        stretches = longer
    return stretches


def _followers(stretches: list[Floats]) -> dict[int, int]:
    """Which stretch goes on in which: each is what fits the other best."""
    if len(stretches) < 2:
        return {}
    left, right = (np.array(ends) for ends in zip(*map(_ends, stretches), strict=True))
    gap = left[:, 0] - right[:, :1]
    length = np.array([points.shape[1] for points in stretches])
    # The longer one tells where both run.
    slope = np.where(length[:, None] > length, right[:, 2:], left[:, 2])
    off = np.abs(right[:, 1:2] + slope * gap - left[:, 1])
    far = gap / _STRIP
    fits = (gap > 0) & (far <= _GAP) & (off <= _OFF + _OFF_MORE * far)
    cost = np.where(fits, far + 5 * off, np.inf)
    best, before = cost.argmin(axis=1), cost.argmin(axis=0)
    return {k: n for k, n in enumerate(best.tolist()) if fits[k, n] and before[n] == k}


def _ends(points: Floats) -> tuple[list[float], list[float]]:
    """Column, row and slope where a stretch begins, and where it ends."""
    return _end(points[:, :_END], points[0, 0]), _end(points[:, -_END:], points[0, -1])


def _end(points: Floats, column: float) -> list[float]:
    """``column``, the row there of the line through ``points``, and its slope."""
    (x, y), (across, down) = points.mean(axis=1), points
    slope = float((across - x) @ down) / float((across - x) @ across)
    return [column, y + slope * (column - x), slope]


def _course(points: Floats, width: int) -> Floats:
    """The row of a line in every column, straight on beyond its ends."""
    columns, rows = points
    # Paper bends gently, and where strokes on a line draw it aside it is looked for near where it has to be.
    unit = 2 * columns / width - 1
    kept = np.ones(len(rows), bool)
    for _ in range(_ROUNDS):
        bend = np.polyfit(unit[kept], rows[kept], 3)
        off = np.abs(rows - np.polyval(bend, unit))
        kept = off <= max(2.5 * np.median(off), 0.5)
    smooth = np.polyval(bend, unit)
    rest = np.where(off <= _OFF, rows - smooth, 0)
    rest = np.median(_around(rest, _NEAR), axis=1)
    rows = smooth + _around(rest, _NEAR // 2).mean(axis=1)
    place = np.arange(width)
    course = np.interp(place, columns, rows)
    for end, part in ((slice(_END), place < columns[0]), (slice(-_END, None), place > columns[-1])):
        column, row, slope = _end(np.stack([columns[end], rows[end]]), 0.0)
        course[part] = row + slope * (place[part] - column)
    return np.asarray(course)


def _around(values: Floats, reach: int) -> Floats:
    """Each value with ``reach`` of those before and after it, (n, 2 * reach + 1)."""
    reach = min(reach, len(values) - 1)
    padded = np.pad(values, reach, mode="reflect", reflect_type="odd")
    return np.asarray(np.lib.stride_tricks.sliding_window_view(padded, 2 * reach + 1))


def _along(grey: Bytes, course: Floats, aside: int) -> Floats:
    """Grey at each distance from the course of a line, from ``aside`` above it to as far below, (n, W)."""
    row = np.floor(course).astype(np.intp)
    part = (course - row).astype(np.float32)
    rows = grey[row + np.arange(-aside, aside + 2)[:, None], np.arange(len(course))]
    return np.asarray(rows[:-1] * (1 - part) + rows[1:] * part)


def _bare(seen: Floats, middle: int, dark: float) -> float:
    """The share of what is ``seen`` along a line, (n, W), where there is paper and nothing else.

    ``middle`` is where among the n it is darkest, ``dark`` how much darker than paper it is there.
    """
    strips = seen[:, : seen.shape[1] // _STRIP * _STRIP].reshape(len(seen), -1, _STRIP).mean(axis=2)
    beside = np.maximum(strips[:2].max(axis=0), strips[-2:].max(axis=0))
    paper = np.median(_around(beside, _END), axis=1)
    here = strips[max(middle - 1, 0) : middle + 2].min(axis=0)
    # The greater of two middle values, not their mean, which may be like neither: half may lie in shadow.
    usual = np.sort(paper)[len(paper) // 2]
    sheet = np.abs(paper - usual) <= _SHEET * usual
    return float(np.mean((here > (1 - _FAINT * dark) * paper)[sheet]))


def _share_left(seen: Floats) -> Floats:
    """The share of light that a line leaves, from what is ``seen`` along it, (n, W) both."""
    count, width = seen.shape
    blocks, half = width // _STEP, _STEP // 2
    every = np.pad(seen[:, : blocks * _STEP : 2], ((0, 0), (half, half)), mode="reflect")
    window = np.lib.stride_tricks.sliding_window_view(every, 3 * half, axis=1)[:, ::half]
    usual = np.median(window, axis=2)
    down = np.linspace(0, 1, count)[:, None]
    paper = usual[:2].max(axis=0) * (1 - down) + usual[-2:].max(axis=0) * down
    share = np.minimum(usual / np.maximum(paper, 1), 1)
    share = np.maximum(share, 1 - _DARKEST * (1 - np.median(share, axis=1).min()))
    middles = (np.arange(blocks) + 0.5) * _STEP
    # Millimetre paper has hundreds of lines: float32 halves what they take.
    place = np.arange(width)
    return np.asarray(np.stack([np.interp(place, middles, row).astype(np.float32) for row in share]))


def _painted(lines: list[_Line], shape: tuple[int, ...], aside: int) -> Bytes:
    """What ``lines`` leave of the light everywhere in a picture of this ``shape``, of 255."""
    left = np.full(shape, 255, np.uint8)
    place = np.arange(shape[1])
    for line in lines:
        row = np.rint(line.course).astype(np.intp)
        off = row - line.course
        # From distances to the course to those to the nearest row.
        near = np.pad(line.share, ((1, 1), (0, 0)), mode="edge")
        part = np.abs(off)
        share = np.where(off > 0, near[2:], near[:-2]) * part + line.share * (1 - part)
        where = row + np.arange(-aside, aside + 1)[:, None], place
        left[where] = np.minimum(left[where], (share * 255).astype(np.uint8))
    return left
