"""The images of an experiment: where they come from, and turned copies of them (Rashid 2016, part 3)."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import rotate
from scipy.sparse import csr_matrix

from pi_nn.errors import DataError
from pi_nn.training.datasets import Dataset, load_data
from pi_nn.training.datasets.idx import is_idx_folder

Floats = NDArray[Any]
SIDE = 28


@lru_cache(maxsize=2)
def load_parts(source: str) -> tuple[Dataset, Dataset]:
    """(training, test): the two parts of ``mnist`` or of an IDX folder; of anything else a fixed split.

    Kept for the next job of the same process. Raises :class:`DataError`.
    """
    if source == "mnist" or is_idx_folder(Path(source)):
        return load_data(source, "train"), load_data(source, "test")
    return load_data(source, "train").split()


def turning(degrees: float) -> csr_matrix:
    """The matrix (784, 784) that turns an image, as a column of pixels, counter-clockwise about its middle.

    With order=1 ``scipy.ndimage.rotate`` is linear in the pixels, so turning the 784 unit images gives it
    once for all. (The default, a cubic spline, overshoots: it answers -0.15..1.19 for pixels of 0..1.)
    """
    units = np.eye(SIDE * SIDE).reshape(-1, SIDE, SIDE)
    turned = rotate(units, degrees, axes=(2, 1), reshape=False, order=1, cval=0.0)
    return csr_matrix(turned.reshape(SIDE * SIDE, -1).T)


class Material:
    """The first ``records`` images of ``data``, each followed by copies turned by ``angles`` (degrees)."""

    def __init__(self, data: Dataset, records: int, angles: tuple[float, ...] = ()) -> None:
        if len(data) < records:
            raise DataError(f"{records:,} records are asked for, the data have {len(data):,}; try --quick")
        self._images = data.images[:records].reshape(records, -1)
        self._labels = data.labels[:records]
        self._turns = [turning(angle) for angle in angles]

    def __len__(self) -> int:
        return len(self._images) * (1 + len(self._turns))

    @property
    def labels(self) -> NDArray[np.int64]:
        """(len,), in the order of the copies."""
        return np.repeat(self._labels, 1 + len(self._turns))

    def pixels(self, indices: NDArray[np.intp], dtype: type = np.float64) -> Floats:
        """(n, 784) of 0..1."""
        which, copy = np.divmod(indices, 1 + len(self._turns))
        x: Floats = self._images[which].astype(dtype) / dtype(255)
        for number, turn in enumerate(self._turns, start=1):
            chosen = copy == number
            x[chosen] = (turn @ x[chosen].T).T
        return x
