"""An ``.npz`` with ``images`` uint8 (N, H, W), ink high, and optional ``labels`` (N,).

``np.load`` believes a lying header, so zip sizes and array headers are checked before anything is
allocated, and nothing is ever unpickled.
"""

from __future__ import annotations

import zipfile
import zlib
from pathlib import Path
from typing import IO, Any

import numpy as np
from numpy.lib import format as npy
from numpy.typing import NDArray

from pi_nn.errors import DataError
from pi_nn.training.datasets.dataset import MAX_BYTES, MAX_IMAGES, NO_DIGIT, Dataset, class_names
from pi_nn.training.datasets.tiles import check_size, to_tiles

HEADERS = {(1, 0): npy.read_array_header_1_0, (2, 0): npy.read_array_header_2_0}
EXPECTED = "expected images uint8 (N, H, W) and labels (N,)"


def load_npz(path: Path) -> Dataset:
    """Labels of -1, or none at all, mean "not a digit". Raises :class:`DataError`."""
    try:
        with zipfile.ZipFile(path) as archive:
            members = set(archive.namelist())
            if "images.npy" not in members:
                raise DataError(f"{path}: holds {sorted(members)[:8]}, {EXPECTED}")
            images = _read(path, archive, "images", "u", 3)
            labels = _read(path, archive, "labels", "iu", 1) if "labels.npy" in members else None
    except (OSError, zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError) as error:
        raise DataError(f"{path}: not readable as .npz: {error}") from error
    if labels is None:
        labels = np.full(len(images), NO_DIGIT)
    if len(labels) != len(images):
        raise DataError(f"{path}: {len(images)} images, but {len(labels)} labels")
    numbers = labels.astype(np.int64)
    return Dataset(to_tiles(images), numbers, class_names(numbers))


def _read(path: Path, archive: zipfile.ZipFile, name: str, kinds: str, dimensions: int) -> NDArray[Any]:
    where = f"{path}: {name}"
    with archive.open(f"{name}.npy") as file:
        shape, fortran, dtype = _header(where, file)
        if len(shape) != dimensions or dtype.kind not in kinds or (name == "images" and dtype != np.uint8):
            raise DataError(f"{where} is {dtype} {shape}, {EXPECTED}")
        if name == "images":
            check_size(str(path), *shape)
        elif shape[0] > MAX_IMAGES:
            raise DataError(f"{where}: {shape[0]} labels, expected at most {MAX_IMAGES:,}")
        size = int(np.prod(shape, dtype=np.int64)) * dtype.itemsize
        data = file.read(min(size, MAX_BYTES) + 1)
    if len(data) != size:
        raise DataError(f"{where}: its header promises {size:,} bytes, {len(data):,} came")
    return np.frombuffer(data, dtype).reshape(shape, order="F" if fortran else "C")


def _header(where: str, file: IO[bytes]) -> tuple[tuple[int, ...], bool, np.dtype[Any]]:
    try:
        version = npy.read_magic(file)
        shape, fortran, dtype = HEADERS[version](file)
    except (ValueError, KeyError, SyntaxError, TypeError, RecursionError, MemoryError) as error:
        raise DataError(f"{where}: no plain NumPy array: {error}") from error
    return shape, fortran, dtype
