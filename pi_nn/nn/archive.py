"""Reading and writing ``.npz`` without believing it.

``np.load`` allocates what an array's header claims before it looks at the data, and a zip member unpacks to
as much as it likes. Here every size is compared with what is really there first, and nothing is unpickled.
"""

from __future__ import annotations

import ast
import io
import os
import struct
import zipfile
import zlib
from collections.abc import Mapping
from math import prod
from pathlib import Path

import numpy as np

from pi_nn.errors import WeightsError
from pi_nn.nn.workspace import Array

MAX_BYTES = 64 * 1024 * 1024
MAX_MEMBERS = 512
_MAX_HEADER = 4096
_KINDS = "fiubU"
# What zipfile lets out of a damaged file beside BadZipFile.
_UNSOUND = (
    zipfile.BadZipFile,
    zlib.error,
    struct.error,
    EOFError,
    OSError,
    RuntimeError,
    ValueError,
    LookupError,
)


def read_bytes(path: Path, max_bytes: int = MAX_BYTES) -> bytes:
    """The file's bytes; :class:`WeightsError` when it is missing, unreadable or larger than ``max_bytes``."""
    try:
        with path.open("rb") as file:
            # Asked for first: read(n) allocates all of n, and a Pi has no 64 MB to spare.
            size = os.fstat(file.fileno()).st_size
            data = file.read(size) if size <= max_bytes else b""
    except OSError as error:
        raise WeightsError(f"{path}: cannot be read: {error.strerror or error}") from None
    if size > max_bytes:
        raise WeightsError(f"{path}: {size} bytes, expected at most {max_bytes}")
    return data


def unpack(data: bytes, what: str, max_bytes: int = MAX_BYTES) -> dict[str, Array]:
    """The arrays of an ``.npz`` by name, float, integer, bool or string, at most ``max_bytes`` in all.

    ``what`` names the file in the text of a :class:`WeightsError`.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            members = archive.infolist()
            _check_sizes(members, max_bytes, what)
            return {
                m.filename[: -len(".npy")]: _array(archive.read(m), f"{what}: {m.filename}") for m in members
            }
    except WeightsError:
        raise
    except _UNSOUND as error:
        raise WeightsError(f"{what}: not a sound .npz file: {error}") from None


def _check_sizes(members: list[zipfile.ZipInfo], max_bytes: int, what: str) -> None:
    names = [m.filename for m in members]
    if len(members) > MAX_MEMBERS or len(set(names)) != len(names):
        raise WeightsError(f"{what}: {len(members)} members, expected at most {MAX_MEMBERS}, each once")
    for m in members:
        if not m.filename.endswith(".npy") or m.compress_type not in (
            zipfile.ZIP_STORED,
            zipfile.ZIP_DEFLATED,
        ):
            raise WeightsError(f"{what}: member {m.filename!r} is no array, expected plain or deflated .npy")
    total = sum(m.file_size for m in members)
    if total > max_bytes:
        raise WeightsError(f"{what}: would unpack to {total} bytes, expected at most {max_bytes}")


def _array(data: bytes, what: str) -> Array:
    """The array of a ``.npy`` (NumPy Enhancement Proposal 1), whose header must fit the bytes that follow."""
    shape, fortran, dtype, start = _header(data, what)
    size = prod(shape) * dtype.itemsize
    if size != len(data) - start:
        raise WeightsError(f"{what}: header claims {size} bytes of data, {len(data) - start} are there")
    flat = np.frombuffer(data, dtype, offset=start) if size else np.empty(0, dtype)
    return flat.reshape(shape, order="F" if fortran else "C")


def _header(data: bytes, what: str) -> tuple[tuple[int, ...], bool, np.dtype[np.generic], int]:
    if len(data) < 12 or data[:6] != b"\x93NUMPY" or data[6] not in (1, 2, 3):
        raise WeightsError(f"{what}: does not begin like an array file")
    width = 2 if data[6] == 1 else 4
    start = 8 + width + int.from_bytes(data[8 : 8 + width], "little")
    if start > min(len(data), _MAX_HEADER):
        raise WeightsError(f"{what}: header of {start} bytes, expected at most {_MAX_HEADER}")
    try:
        fields = ast.literal_eval(data[8 + width : start].decode("latin-1").strip())
        shape, fortran, dtype = fields["shape"], fields["fortran_order"], np.dtype(fields["descr"])
    except (ValueError, SyntaxError, TypeError, KeyError, MemoryError, RecursionError):
        raise WeightsError(f"{what}: header is not readable") from None
    sound = isinstance(shape, tuple) and all(type(n) is int and n >= 0 for n in shape) and len(shape) <= 8
    if not sound or type(fortran) is not bool or dtype.kind not in _KINDS or not dtype.itemsize:
        raise WeightsError(f"{what}: shape {shape!r} of type {dtype} is not allowed")
    return shape, fortran, dtype, start


def pack(path: Path, arrays: Mapping[str, Array]) -> None:
    """Write an ``.npz`` so that ``path`` holds either the old file or the whole new one, never a part.

    Raises :class:`WeightsError` when the folder cannot be written to.
    """
    temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    try:
        with temporary.open("wb") as file:
            np.savez(file, **arrays)  # type: ignore[arg-type]
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
    except OSError as error:
        raise WeightsError(f"{path}: cannot be written: {error.strerror or error}") from None
    finally:
        temporary.unlink(missing_ok=True)
