"""An ``.npz`` with ``images`` uint8 (N, H, W), ink high, and optional ``labels`` (N,)."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from pi_nn.errors import DataError, WeightsError
from pi_nn.nn.archive import read_bytes, unpack
from pi_nn.training.datasets.dataset import MAX_BYTES, NO_DIGIT, Dataset, class_names
from pi_nn.training.datasets.tiles import check_size, to_tiles

EXPECTED = "expected images uint8 (N, H, W), ink high, and labels (N,)"


def load_npz(path: Path) -> Dataset:
    """Labels of -1, or none at all, mean "not a digit". Raises :class:`DataError`."""
    try:
        arrays = unpack(read_bytes(path, MAX_BYTES), str(path), MAX_BYTES)
    except WeightsError as error:
        raise DataError(f"{error}; {EXPECTED}") from error
    images, labels = arrays.get("images"), arrays.get("labels")
    if images is None:
        raise DataError(f"{path}: holds {sorted(arrays)[:8]}, {EXPECTED}")
    if images.ndim != 3 or images.dtype != np.uint8:
        raise DataError(f"{path}: images are {images.dtype} {images.shape}, {EXPECTED}")
    check_size(str(path), *images.shape)
    if labels is None:
        labels = np.full(len(images), NO_DIGIT)
    if labels.shape != (len(images),) or labels.dtype.kind not in "iu":
        raise DataError(
            f"{path}: labels are {labels.dtype} {labels.shape}, expected ({len(images)},) whole numbers"
        )
    numbers = labels.astype(np.int64)
    return Dataset(to_tiles(images), numbers, class_names(numbers))
