"""What lies right around a mark: paper where its ink ends, ink where it is a part of something larger."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, TypeAlias

import numpy as np
from PIL import ImageFilter

from pi_nn.vision.cells import Bytes, as_grey, as_image
from pi_nn.vision.marks import Mark, grown

if TYPE_CHECKING:
    from numpy.typing import NDArray

Mask: TypeAlias = "NDArray[np.bool_]"

# The rim of a mark lies so many pixels off; this part of the way from its ink to its paper is still ink.
_OFF: Final = 3
_STILL_INK: Final = 0.2
# So is what is hardly another grey level.
_LEVELS: Final = 2


@dataclass(frozen=True, slots=True, eq=False)
class Rim:
    """The ``grey`` around a mark, its ``own`` pixels and those of its rim, ``near``, all (height, width).

    ``top`` and ``bottom`` are the first row of the mark and the first after it.
    """

    grey: Bytes
    own: Mask
    near: Mask
    top: int
    bottom: int

    def openness(self, *, shaded: bool) -> float:
        """Share that is about as dark as the mark's ink, 0..1; ``shaded`` where a shadow's edge is near."""
        dark = self._dark(shaded=shaded)
        return int(np.count_nonzero(dark)) / max(int(np.count_nonzero(self.near)), 1)

    def goes_on(self, *, shaded: bool) -> bool:
        """Whether there is ink right beyond both ends of a mark, above and below, or no more picture."""
        dark = self._dark(shaded=shaded)
        if not dark.any():
            return False
        above = dark[: self.top, self._beyond(self.top)]
        below = dark[self.bottom :, self._beyond(self.bottom - 1)]
        return all(len(end) < _OFF or bool(end.any()) for end in (above, below))

    def _beyond(self, row: int) -> slice:
        """The columns of the mark in one of its rows, and those nearer to them than the rim."""
        columns = self.own[row].nonzero()[0]
        return slice(max(int(columns[0]) - _OFF + 1, 0), int(columns[-1]) + _OFF)

    def roughness(self) -> float:
        """How much darker than most of it a tenth of it is, as a share of the contrast."""
        if not self.near.any():
            return 0.0
        rim = np.sort(self.grey[self.near])
        dark, middle = int(rim[len(rim) // 10]), int(rim[len(rim) // 2])
        return (middle - dark) / max(middle - self._ink(), 1)

    def _dark(self, *, shaded: bool) -> Mask:
        """What of the rim is about as dark as the mark's ink."""
        if not self.near.any():
            return self.near
        # In a shadow the ink is darker too: there it is the ink right beside that counts.
        ink = self._darkest() if shaded else self._ink()
        rim = np.sort(self.grey[self.near])
        paper = int(rim[len(rim) * 3 // 4])
        return np.asarray(self.near & (self.grey < ink + np.maximum(_STILL_INK * (paper - ink), _LEVELS)))

    def _ink(self) -> int:
        ink = np.sort(self.grey[self.own])
        return int(ink[len(ink) // 2])

    def _darkest(self) -> NDArray[np.int16]:
        """For each pixel the darkest ink of the mark from which its rim is no farther."""
        dark = np.where(self.own, self.grey, np.uint8(255))
        return as_grey(as_image(dark).filter(ImageFilter.MinFilter(2 * _OFF + 1))).astype(np.int16)


def rim_of(grey: Bytes, mark: Mark) -> Rim:
    """The rim of a mark of the picture ``grey`` (H, W)."""
    x, y, w, h = mark.box
    left, top = max(x - _OFF, 0), max(y - _OFF, 0)
    part = grey[top : y + h + _OFF, left : x + w + _OFF]
    own = mark.runs.paint(left, top, part.shape[1], part.shape[0])
    inner = grown(own, _OFF - 1)
    return Rim(part, own, grown(inner) & ~inner, y - top, y - top + h)
