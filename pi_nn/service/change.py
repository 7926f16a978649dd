"""Has the picture changed since it was last read? A still scene need not be read again."""

from __future__ import annotations

import weakref
from typing import TYPE_CHECKING, Final

import numpy as np
from PIL import Image

if TYPE_CHECKING:
    from numpy.typing import NDArray

# Grey levels by which the mean of a block may differ. A pen stroke of 2 pixels and 40 levels' contrast
# moves the mean of a 4x4 block by 20; the noise of a dim sensor moves it by 1 or 2.
LEAST_TOLERANCE: Final = 4.0
MOST_TOLERANCE: Final = 10.0
BLOCKS: Final = 60
REFRESH: Final = 10
"""Frames after which one is read anyway, so that a change too faint to be seen here is not lost."""


class ChangeDetector:
    """Compares block means with those of the frame that was last *read*, so that slow drift adds up."""

    def __init__(self, refresh: int = REFRESH) -> None:
        self._refresh = refresh
        self._read: weakref.ref[NDArray[np.uint8]] | None = None
        self._means: NDArray[np.int16] | None = None
        self._skipped = 0

    def unchanged(self, pixels: NDArray[np.uint8]) -> bool:
        """Whether uint8 (H, W) or (H, W, 3) ``pixels`` show what the last frame that was read showed.

        When they do not, they are taken to be read now, and become what later frames are compared with.
        """
        # Frames are read-only: the same array is the same picture.
        if self._read is not None and self._read() is pixels:
            return True
        means = _block_means(pixels)
        if self._skipped < self._refresh and self._is_near(means):
            self._skipped += 1
            return True
        self._read, self._means, self._skipped = weakref.ref(pixels), means, 0
        return False

    def forget(self) -> None:
        """The next frame is read in any case."""
        self._read, self._means, self._skipped = None, None, 0

    def _is_near(self, means: NDArray[np.int16]) -> bool:
        if self._means is None or self._means.shape != means.shape:
            return False
        difference = np.abs(means - self._means)
        # The largest of 5,000 normal values is about 5 times their mean size: noise stays below 6.
        tolerance = min(max(LEAST_TOLERANCE, 6.0 * float(difference.mean())), MOST_TOLERANCE)
        return float(difference.max()) < tolerance


def _block_means(pixels: NDArray[np.uint8]) -> NDArray[np.int16]:
    """Means of square blocks, about 60 across the shorter side; ``Image.reduce`` is the cheapest way."""
    factor = max(1, min(pixels.shape[:2]) // BLOCKS)
    return np.asarray(Image.fromarray(pixels).reduce(factor), np.int16)
