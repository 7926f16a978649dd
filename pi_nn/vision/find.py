"""Tiles of a frame in reading order, as far as they can be told without a network."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from pi_nn.records import DigitTile, Findings
from pi_nn.vision.lattice import clusters
from pi_nn.vision.layout import arrange
from pi_nn.vision.marks import Mark, joined
from pi_nn.vision.scene import LEAST_HEIGHT, Scene
from pi_nn.vision.survey import survey

if TYPE_CHECKING:
    from numpy.typing import NDArray

# Marks lower than this share of the tallest third are dots, specks and loose bars.
_LOW: Final = 0.3
# Pieces joined are at most so many heights wide, ink on the whole so many.
_BROADEST: Final = 1.3
_WIDEST: Final = 2.0


def find_digits(pixels: NDArray[np.uint8]) -> Findings:
    """Tiles of everything digit-sized in a frame, uint8 (H, W) grey or (H, W, 3) RGB, in reading order.

    Boxes are in pixels of ``pixels``. Raises :class:`PictureError` for another shape or dtype.
    """
    scene = survey(pixels)
    marks = whole_marks(scene)
    return Findings(tuple(tiles_of(scene, marks)), reason=scene.reason)


def tiles_of(scene: Scene, marks: list[Mark]) -> list[DigitTile]:
    """The marks as tiles in reading order, boxes in pixels of the frame."""
    tiles = []
    for index, line, number in arrange([mark.box for mark in marks]):
        mark = marks[index]
        doubt = doubt_of(scene, mark)
        tiles.append(DigitTile(scene.tile(mark), scene.frame_box(mark), line, number, doubt))
    return tiles


def doubt_of(scene: Scene, mark: Mark) -> str | None:
    """Why a mark cannot be trusted whatever a network says of it."""
    if scene.at_edge(mark):
        return "touches_edge"
    return "too_small" if mark.height < LEAST_HEIGHT + 2 else None


def whole_marks(scene: Scene) -> list[Mark]:
    """Marks with their loose pieces, and no lines, specks and dots."""
    marks: list[Mark] = []
    for mark in scene.marks:
        opened = scene.opened(mark) if _grid_like(scene, mark) else None
        marks += [mark] if opened is None else opened
    firm = [mark for mark in marks if not scene.at_edge(mark) and not scene.is_hair(mark)]
    whole = [mark for mark in marks if scene.at_edge(mark)]
    loose: set[int] = set()
    for cluster in clusters(firm, stacked=True):
        mark = joined([firm[i] for i in cluster])
        if mark.box[2] <= _BROADEST * mark.height:
            whole.append(mark)
            loose.update(cluster)
    whole += [mark for i, mark in enumerate(firm) if i not in loose]
    digit_like = [
        mark for mark in whole if mark.height >= LEAST_HEIGHT and mark.box[2] <= _WIDEST * mark.height
    ]
    if not digit_like:
        return []
    tall = float(np.percentile([mark.height for mark in digit_like], 80))
    return [mark for mark in digit_like if mark.height >= _LOW * tall]


def _grid_like(scene: Scene, mark: Mark) -> bool:
    """A large mark with little ink for its size."""
    return scene.is_large(mark) and mark.area < 0.12 * mark.box[2] * mark.box[3]
