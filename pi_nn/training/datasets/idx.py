"""IDX files, plain or gzip: the format of MNIST (LeCun et al., http://yann.lecun.com/exdb/mnist/).

A big-endian header (two zero bytes, type 8 = uint8, the number of dimensions, each size as uint32),
then the bytes.
"""

from __future__ import annotations

import gzip
import hashlib
import struct
import zlib
from collections.abc import Mapping
from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from pi_nn.errors import DataError
from pi_nn.training.datasets.dataset import Dataset, class_names
from pi_nn.training.datasets.tiles import check_size, to_tiles

FILES = {
    "train": ("train-images-idx3-ubyte", "train-labels-idx1-ubyte"),
    "test": ("t10k-images-idx3-ubyte", "t10k-labels-idx1-ubyte"),
}

# md5 of MNIST's four raw files: of what is inside, so that any compression will do.
MNIST_MD5 = {
    "train-images-idx3-ubyte": "6bbc9ace898e44ae57da46a324031adb",
    "train-labels-idx1-ubyte": "a25bea736e30d166cdddb491f175f624",
    "t10k-images-idx3-ubyte": "2646ac647ad5339dbf082846283269ea",
    "t10k-labels-idx1-ubyte": "27ae3e4e09519cfbb04c329615203637",
}


class Readable(Protocol):
    """A binary file, plain or compressed."""

    def read(self, size: int, /) -> bytes: ...


def read_idx(path: Path, md5: str | None = None) -> NDArray[np.uint8]:
    """The array of one file: uint8 (N,) or (N, H, W). ``md5`` is the one its raw bytes must have.

    Raises :class:`DataError`.
    """
    try:
        with gzip.open(path, "rb") if path.suffix == ".gz" else path.open("rb") as file:
            return parse_idx(str(path), file, md5)
    except (OSError, EOFError, zlib.error) as error:
        raise DataError(f"{path}: not readable as an IDX file: {error}; fetch it again") from error


def parse_idx(where: str, file: Readable, md5: str | None) -> NDArray[np.uint8]:
    """As :func:`read_idx`, from an open file; ``where`` names it in messages."""
    header, shape = _read_header(where, file)
    expected = int(np.prod(shape, dtype=np.int64))
    data = file.read(expected + 1)
    if len(data) != expected:
        came = "more" if len(data) > expected else f"only {len(data):,}"
        raise DataError(f"{where}: the header promises {expected:,} bytes, {came} came; fetch the file again")
    if md5 and (found := hashlib.md5(header + data, usedforsecurity=False).hexdigest()) != md5:
        raise DataError(f"{where}: md5 of its raw bytes is {found}, expected {md5}; fetch the file again")
    return np.frombuffer(data, np.uint8).reshape(shape)


def _read_header(where: str, file: Readable) -> tuple[bytes, tuple[int, ...]]:
    magic = file.read(4)
    if magic not in (b"\x00\x00\x08\x01", b"\x00\x00\x08\x03"):
        found = magic.hex() or "nothing"
        raise DataError(f"{where}: begins with {found}, expected 00000801 (labels) or 00000803 (images)")
    dimensions = magic[3]
    sizes = file.read(4 * dimensions)
    if len(sizes) != 4 * dimensions:
        raise DataError(f"{where}: ends within its header; fetch the file again")
    shape = struct.unpack(f">{dimensions}I", sizes)
    check_size(where, *(shape if dimensions == 3 else (shape[0], 1, 1)))
    return magic + sizes, shape


def find(folder: Path, name: str) -> Path | None:
    """The file, plain or compressed; also under the old spelling with a dot (``train-images.idx3-ubyte``)."""
    for spelling in (name, name.replace("-idx", ".idx")):
        for candidate in (folder / spelling, folder / f"{spelling}.gz"):
            if candidate.is_file():
                return candidate
    return None


def is_idx_folder(folder: Path) -> bool:
    return any(find(folder, name) for pair in FILES.values() for name in pair)


def load_idx(folder: Path, part: str, md5: Mapping[str, str] | None = None) -> Dataset:
    """``part`` is ``train`` or ``test`` (the t10k pair); ``md5`` holds the expected sums by name."""
    images, labels = (read_idx(_need(folder, name), (md5 or {}).get(name)) for name in FILES[part])
    if images.ndim != 3 or labels.ndim != 1:
        raise DataError(f"{folder}: the {part} files hold images and labels the wrong way round")
    if len(images) != len(labels):
        raise DataError(f"{folder}: {len(images)} {part} images, but {len(labels)} labels")
    numbers = labels.astype(np.int64)
    return Dataset(to_tiles(images), numbers, class_names(numbers))


def _need(folder: Path, name: str) -> Path:
    path = find(folder, name)
    if path is None:
        raise DataError(f"{folder}: {name} (or {name}.gz) is not there; put it beside the other IDX files")
    return path
