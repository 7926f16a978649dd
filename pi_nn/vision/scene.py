"""What lies in a frame: marks of ink, and other ways of parting and joining them where one is doubtful.

Data flows one way. Vision offers marks and alternatives; who holds a network scores their tiles and chooses
(:mod:`pi_nn.vision.choose`); nothing here asks a network.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from itertools import takewhile
from typing import TYPE_CHECKING, Final

import numpy as np

from pi_nn.records import Box
from pi_nn.vision.axis import is_carried_on, is_followed, is_rooted
from pi_nn.vision.light import Lit, fine_ink
from pi_nn.vision.marks import Mark, around, joined, mark_tile, strength_of, stroke_width, torn_marks
from pi_nn.vision.rim import Rim, rim_of
from pi_nn.vision.ruling import without_lines
from pi_nn.vision.runs import Runs, find_runs

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

# A picture with so long a side may be a page of writing, seen so well that its lines can be taken out.
PAGE_SIDE: Final = 900
# A digit has at least this many pixels of height, a piece of one this many of height or width.
LEAST_HEIGHT: Final = 8
LEAST_PIECE: Final = 3
# Longer than this share of the frame's shorter side may be a grid or a ruled line.
_LARGE: Final = 0.4
# Finer light that leaves this share of a mark has found no structure in it.
_UNCHANGED: Final = 0.5
# So does what leaves this share of a mark at a shadow's edge, which is thin beside the digits on it.
_UNSHADED: Final = 0.9
# A hair is thinner than this share of the pen, and no darker than this share of the largest ink.
_HAIR: Final = 0.4
_AS_DARK: Final = 0.9
# What is thinner than this share of the pen where a line was taken away are its remains.
_REMAINS: Final = 0.55
_BAR: Final = 0.45
# Small marks with less than this share of all ink tell nothing of the pen, unless so many are as high as
# digits: a table or a shadow outweighs a page of them.
_SPECKS: Final = 0.05
_PAGE: Final = 20
# So many make a sheet of writing beside a shadow that may hide the others.
_SHEET: Final = 5
# Where so many bars are more than this share of what lines left, they are pieces of lines.
_FEW_BARS: Final = 3
_MOSTLY: Final = 0.6
# Ink of which so much lies on the course of lines is a crossing or a corner of them.
_ON_LINES: Final = 0.7
# A picture that was cut to a digit is at most this many times wider than high, and its strokes' soft rim at
# most this share of the height.
_WIDEST_CUT: Final = 1.25
_SOFT_RIM: Final = 0.08
# Within a mark no lamp's light changes by more than this factor.
_UNEVEN: Final = 1.8
# Nothing is written on a mark whose ink is not darker than this share of its usual grey, but for a twentieth.
_PLAIN: Final = 0.6
# What a bar may be a piece of is longer than so many of its heights.
_LONGER: Final = 2
# So many heights of a mark around it are its surroundings.
_SURROUNDINGS: Final = 0.75
# A frame whose lightest place is darker than this shows nothing.
DARK: Final = 40


@dataclass(frozen=True, eq=False)
class Scene:
    """Marks of a frame, largest first, in pixels of the picture ``lit.grey``, 1/``factor`` of the frame.

    ``left_out`` is the longer side of the largest mark that is not among them, 0 when all are.
    Its lines run down to the right by ``turn`` degrees, as far as that is known.
    ``reason`` says why nothing can be seen (``too_dark``, ``low_contrast``, ``crowded``), else ``None``.
    """

    marks: tuple[Mark, ...] = ()
    lit: Lit | None = None
    factor: int = 1
    reason: str | None = None
    light_ink: bool = False
    left_out: int = 0
    turn: float = 0.0
    _strengths: dict[Mark, float] = field(default_factory=dict)
    _unlined: dict[Mark, list[Mark] | None] = field(default_factory=dict)

    @cached_property
    def size(self) -> tuple[int, int]:
        """Height and width of the picture that was worked on."""
        return (0, 0) if self.lit is None else (self.lit.grey.shape[0], self.lit.grey.shape[1])

    @property
    def is_dark(self) -> bool:
        """Whether even the lightest paper is nearly black."""
        return self.lit is not None and float(self.lit.paper.max()) < DARK

    def tile(self, mark: Mark) -> NDArray[np.float32]:
        assert self.lit is not None
        return mark_tile(self.lit, mark, self.turn)

    def strength(self, mark: Mark) -> float:
        """How much darker than its paper a mark's ink is on the average, 0..1."""
        assert self.lit is not None
        if mark not in self._strengths:
            self._strengths[mark] = strength_of(self.lit, mark)
        return self._strengths[mark]

    def is_plain(self, mark: Mark) -> bool:
        """Whether nothing is written on a mark: hardly any of its ink is far darker than most."""
        assert self.lit is not None
        x, y, w, h = mark.box
        ink = np.sort(self.lit.grey[y : y + h, x : x + w][mark.mask()])
        return bool(ink[len(ink) // 20] > _PLAIN * ink[len(ink) // 2])

    def is_soft(self, mark: Mark, share: float) -> bool:
        """Whether edges are wider than three pixels and ``share`` of the height, where they are steepest."""
        assert self.lit is not None
        x, y, w, h = mark.box
        top, left = max(y - 1, 0), max(x - 1, 0)
        grey = np.ascontiguousarray(self.lit.grey[top : y + h + 1, left : x + w + 1])
        steep = (float(grey.max()) - float(grey.min())) / (3 + share * h)
        # A tenth of all columns and rows must have so steep a place; most often the columns alone will do.
        missing = sum(grey.shape) - sum(grey.shape) * 9 // 10
        missing -= int(np.count_nonzero(np.maximum.reduce(_difference(grey[1:], grey[:-1]), axis=0) >= steep))
        if missing <= 0 or steep <= 1:
            return False
        across = np.maximum.reduce(_difference(grey[:, 1:], grey[:, :-1]), axis=1)
        return int(np.count_nonzero(across >= steep)) < missing

    def frame_box(self, mark: Mark) -> Box:
        """The mark's box in pixels of the frame."""
        x, y, w, h = (v * self.factor for v in mark.box)
        return x, y, w, h

    def at_edge(self, mark: Mark) -> bool:
        """Whether the mark touches the edge of the frame, so that a part of it may be missing.

        A picture of a digit's shape that its ink fills from edge to edge was cut to the digit: nothing is
        missing there.
        """
        height, width = self.size
        x, y, w, h = mark.box
        touches = x == 0 or y == 0 or x + w >= width or y + h >= height
        return touches and not (width <= _WIDEST_CUT * height and self._is_filled_by(mark))

    def _is_filled_by(self, mark: Mark) -> bool:
        """Whether a mark reaches all four edges of the frame, but for the soft rim of its strokes."""
        height, width = self.size
        x, y, w, h = mark.box
        return max(x, y, width - x - w, height - y - h) <= _SOFT_RIM * height

    def is_large(self, mark: Mark) -> bool:
        """Whether the mark may be a grid, a table or a ruled line with digits that touch it."""
        return max(mark.box[2:]) > _LARGE * min(self.size)

    def is_uneven(self, mark: Mark) -> bool:
        """Whether the edge of a shadow, or of the paper, runs through a mark or right beside it."""
        assert self.lit is not None
        paper = self.lit.paper_around(mark.box)
        # Beside ink that fills the picture no paper is left to tell it by.
        return float(paper.max()) > _UNEVEN * float(paper.min()) and not self._is_filled_by(mark)

    def unlined(self, mark: Mark) -> list[Mark] | None:
        """The marks left of one without its lines; ``None`` where it has none to speak of."""
        if mark not in self._unlined:
            self._unlined[mark] = self._without_lines(mark)
        return self._unlined[mark]

    def _without_lines(self, mark: Mark) -> list[Mark] | None:
        whole = mark.mask()
        unruled = without_lines(whole)
        if unruled is None:
            return None
        # The corner of a table touches where its lines end; a digit on one sticks out or stays within.
        lines = around(find_runs(whole & ~unruled.left), mark.box)
        pieces = torn_marks(unruled.left, mark.box, LEAST_PIECE, lines)
        pieces = [
            piece
            for piece in pieces
            if piece.thickness >= _REMAINS * self.pen
            and _share_in(unruled.course, piece, mark.box) < _ON_LINES
        ]
        tall = [piece for piece in pieces if piece.height >= LEAST_HEIGHT]
        bars = {id(piece) for piece in tall if piece.box[2] < _BAR * piece.height}
        # Lines that lean too much to be followed leave bars and little else; digits are not all ones.
        many = len(bars) >= _FEW_BARS and len(bars) > _MOSTLY * len(tall)
        return [piece for piece in pieces if id(piece) not in bars] if many else pieces

    def opened(self, mark: Mark) -> list[Mark]:
        """What a large mark that is no digit falls into: without its lines, or under finer light."""
        assert self.lit is not None
        pieces = self.unlined(mark)
        if pieces is not None:
            return pieces
        left = mark.mask() & fine_ink(self.lit, mark.box, self.pen)
        most = _UNSHADED if self.is_uneven(mark) else _UNCHANGED
        if np.count_nonzero(left) > most * mark.area:
            return [mark]
        # What sticks out of a shadow touches the border of both, so the frame is the bound.
        pieces = torn_marks(left, mark.box, LEAST_PIECE, (0, 0, *self.size[::-1]))
        return [piece for piece in pieces if piece.thickness >= _REMAINS * self.pen]

    def openness(self, mark: Mark) -> float:
        """Share of a mark's rim that is about as dark as its ink, 0..1.

        Ink ends all around; the corner of a grid and the finger of a hand go on.
        """
        return self._rim(mark).openness(shaded=self.is_uneven(mark))

    def goes_on(self, mark: Mark) -> bool:
        """Whether ink goes on beyond the ends of a bar, as a table's line does and a shadow's edge."""
        return self._rim(mark).goes_on(shaded=self.is_uneven(mark))

    def is_followed(self, mark: Mark) -> bool:
        """Whether a line too pale for ink goes on from a bar, as from what noise leaves of a table's line."""
        assert self.lit is not None
        return is_followed(mark, self.lit.grey)

    def is_carried_on(self, mark: Mark) -> bool:
        """Whether a bar is a piece of a line of a table, or the like: of ink much longer than itself."""
        return any(is_carried_on(mark, other.runs) for other in self._longer(mark))

    def is_rooted(self, mark: Mark) -> bool:
        """Whether a bar sticks out of ink much longer than itself, as a finger does."""
        return any(is_rooted(mark, other.runs) for other in self._longer(mark))

    def _longer(self, mark: Mark) -> Iterator[Mark]:
        return takewhile(lambda other: max(other.box[2:]) > _LONGER * mark.height, self.marks)

    def roughness(self, mark: Mark) -> float:
        """How much darker than most of a mark's rim a tenth of it is, as a share of the contrast."""
        return self._rim(mark).roughness()

    def _rim(self, mark: Mark) -> Rim:
        assert self.lit is not None
        return rim_of(self.lit.grey, mark)

    @cached_property
    def inkiness(self) -> float:
        """Share of the picture that its marks cover, 0..1."""
        return sum(mark.area for mark in self.marks) / max(self.size[0] * self.size[1], 1)

    def ink_around(self, mark: Mark, known: Mark | None) -> float:
        """Share of a mark's surroundings that ink covers, but for what is ``known`` to be digits, 0..1."""
        x, y, w, h = mark.box
        reach = int(_SURROUNDINGS * h)
        left, right = max(x - reach, 0), min(x + w + reach, self.size[1])
        top, bottom = max(y - reach, 0), min(y + h + reach, self.size[0])
        near = left, top, right - left, bottom - top
        ink = self._ink.within(near) - self._ink.within(mark.box)
        if known:
            ink -= known.runs.within(near) - known.runs.within(mark.box)
        return ink / max((right - left) * (bottom - top) - w * h, 1)

    @cached_property
    def _ink(self) -> Runs:
        """The runs of all marks."""
        return joined(list(self.marks)).runs

    def is_hair(self, mark: Mark) -> bool:
        """Whether a mark is much thinner than the pen, and paler than ink: a crease, a hair."""
        if mark.thickness >= _HAIR * self.pen:
            return False
        return self.strength(mark) < _AS_DARK * self.strength(self.marks[0])

    @property
    def is_page(self) -> bool:
        """Whether there are as many marks of a digit's height, and not larger, as on a page of numbers.

        In a large picture fewer will do beside a large one, which may be a shadow and hide the others.
        """
        if len(self.marks) < _SHEET:
            return False
        least = _SHEET if max(self.size) >= PAGE_SIDE and self.is_large(self.marks[0]) else _PAGE
        if len(self.marks) < least:
            return False
        return sum(mark.height >= LEAST_HEIGHT and not self.is_large(mark) for mark in self.marks) >= least

    def mask(self) -> NDArray[np.bool_]:
        """Where in the picture there is ink, bool (height, width)."""
        return self._ink.paint(0, 0, *self.size[::-1])

    @cached_property
    def pen(self) -> int:
        """The usual width of a stroke in pixels: the median run, but for the frayed edges of strokes."""
        small = [mark for mark in self.marks if not self.is_large(mark)]
        specks = sum(mark.area for mark in small) < _SPECKS * sum(mark.area for mark in self.marks)
        if specks and sum(mark.height >= LEAST_HEIGHT for mark in small) < _PAGE:
            small = list(self.marks)
        return stroke_width(small)


def _share_in(mask: NDArray[np.bool_], mark: Mark, box: Box) -> float:
    """The share of a mark's ink that lies in ``mask``, which covers ``box``."""
    x, y, w, h = mark.box
    x, y = x - box[0], y - box[1]
    return np.count_nonzero(mask[y : y + h, x : x + w] & mark.mask()) / mark.area


def _difference(a: NDArray[np.uint8], b: NDArray[np.uint8]) -> NDArray[np.uint8]:
    return np.maximum(a, b) - np.minimum(a, b)
