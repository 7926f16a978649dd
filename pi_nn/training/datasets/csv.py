"""The books' CSV form: a line an image, its label and then 784 values of 0-255, ink high."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np

from pi_nn.errors import DataError
from pi_nn.training.datasets.dataset import MAX_IMAGES, SIDE, Dataset, class_names

PIXELS = SIDE * SIDE
MAX_LINE = 16 * 1024
SHOWN = 5


def load_csv(path: Path) -> Dataset:
    """Reads the whole file; every bad row is told by its line number, the first five in full.

    A first line of column names that begins with ``label`` is passed over. Raises :class:`DataError`.
    """
    labels, pixels, faults = bytearray(), bytearray(), []
    for number, line in _lines(path):
        try:
            row = _row(line)
        except ValueError as error:
            faults.append(f"line {number}: {error}")
            continue
        labels.append(row[0])
        pixels += row[1:]
        if len(labels) > MAX_IMAGES:
            raise DataError(f"{path}: more than {MAX_IMAGES:,} rows; split the file")
    if faults:
        more = f"; and {len(faults) - SHOWN} more" if len(faults) > SHOWN else ""
        raise DataError(
            f"{path}: {'; '.join(faults[:SHOWN])}{more}; expected a label and 784 values of 0-255"
        )
    if not labels:
        raise DataError(f"{path}: no rows, expected lines of a label and 784 values of 0-255")
    numbers = np.frombuffer(labels, np.uint8).astype(np.int64)
    return Dataset(np.frombuffer(pixels, np.uint8).reshape(-1, SIDE, SIDE), numbers, class_names(numbers))


def _lines(path: Path) -> Iterator[tuple[int, bytes]]:
    """Numbered lines that are not blank; a line is never read further than ``MAX_LINE`` bytes."""
    try:
        with path.open("rb") as file:
            number = 0
            while line := file.readline(MAX_LINE):
                number += 1
                if not line.endswith(b"\n") and len(line) == MAX_LINE:
                    raise DataError(f"{path}: line {number} is longer than {MAX_LINE:,} bytes")
                if line.strip() and not (number == 1 and line.lower().startswith((b"label", b'"label'))):
                    yield number, line
    except OSError as error:
        raise DataError(f"{path}: not readable: {error}") from error


def _row(line: bytes) -> bytes:
    """Label and pixels as 785 bytes; the ``ValueError`` says what is wrong."""
    fields = line.split(b",")
    if len(fields) != PIXELS + 1:
        raise ValueError(f"{len(fields)} fields instead of {PIXELS + 1}")
    try:
        return bytes(map(int, fields))
    except ValueError:
        pass
    for position, field in enumerate(fields):
        text = field.strip()
        if not text.isdigit() or int(text[:9]) > 255:
            shown = text[:20].decode("ascii", "replace")
            raise ValueError(f"field {position + 1} is {shown!r}, not a whole number of 0-255")
    raise ValueError("not whole numbers of 0-255")
