"""The books' CSV form: a line an image, its label and then 784 values of 0-255, ink high."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from pi_nn.errors import DataError
from pi_nn.training.datasets.dataset import MAX_IMAGES, SIDE, Dataset, class_names

PIXELS = SIDE * SIDE
FIELDS = 1 + PIXELS
MAX_LINE = 16 * 1024
BLOCK = 256 * 1024
SHOWN = 5
ZERO = np.uint8(ord("0"))


def load_csv(path: Path) -> Dataset:
    """Reads the whole file; every bad row is told by its line number, the first five in full.

    A first line of column names that begins with ``label`` is passed over. Raises :class:`DataError`.
    """
    labels, pixels, faults = bytearray(), bytearray(), []
    number = 1
    for text in _blocks(path):
        rows = plain_rows(text)
        if rows is None:
            rows, found = _row_by_row(text, number)
            faults += found
            number += text.count(b"\n")
        else:
            number += len(rows)
        labels += rows[:, 0].tobytes()
        pixels += np.ascontiguousarray(rows[:, 1:]).tobytes()
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


def _blocks(path: Path) -> Iterator[bytes]:
    """Whole lines, each ended by a newline; of a line without end no more than a block is read."""
    try:
        with path.open("rb") as file:
            rest = b""
            while read := file.read(BLOCK):
                lines, newline, rest = (rest + read).rpartition(b"\n")
                if newline:
                    yield _unix(lines + newline)
                elif len(rest) > MAX_LINE:
                    break
            if rest:
                yield rest + b"\n"
    except OSError as error:
        raise DataError(f"{path}: not readable: {error}") from error


def _unix(text: bytes) -> bytes:
    # Looking for one character is far cheaper than for two.
    return text.replace(b"\r\n", b"\n") if b"\r" in text else text


def plain_rows(text: bytes) -> NDArray[np.uint8] | None:
    """The rows (N, 785) of lines in the plainest form: whole numbers of 0-255, commas, newlines and no more.

    ``None`` for everything else. It takes a tenth of what it takes to make a number of each field in turn.
    """
    if not text.endswith(b"\n"):
        return None
    # Four characters at a time, with digits for a rest: bit 4 is set in a digit, in no comma and no newline.
    words = np.frombuffer(text + b"0" * (-len(text) % 4), np.uint32)
    ends = np.flatnonzero((~words >> 4 & 0x01010101).view(np.bool_))
    count = len(ends) // FIELDS
    before = np.frombuffer(b",,," + text, np.uint8)  # before[end + 3 - k] is k characters before the end
    if before[3:].take(ends, mode="wrap").tobytes() != (b"," * PIXELS + b"\n") * count:
        return None
    digits = before[2:].take(ends, mode="wrap") - ZERO
    width = np.diff(ends, prepend=-1)  # its separator included
    longer = np.flatnonzero(width > 2)
    tens = before[1:].take(ends.take(longer)) - ZERO
    longest = np.flatnonzero(width.take(longer) > 3)
    hundreds = before.take(ends.take(longer.take(longest))) - ZERO
    if width.max(initial=0) > 4 or any(part.max(initial=0) > 9 for part in (digits, tens, hundreds)):
        return None
    tail = digits.take(longer) + 10 * tens
    whole = tail.take(longest) + 100 * hundreds.astype(np.uint16)
    if whole.max(initial=0) > 255:
        return None
    tail[longest] = whole
    digits[longer] = tail
    return digits.reshape(count, FIELDS)


def _row_by_row(text: bytes, number: int) -> tuple[NDArray[np.uint8], list[str]]:
    """The good rows of lines, the first of which is line ``number``, and what is wrong with the others."""
    rows, faults = bytearray(), []
    for place, line in enumerate(text.split(b"\n")[:-1], number):
        if not line.strip() or (place == 1 and line.lower().startswith((b"label", b'"label'))):
            continue
        try:
            rows += _row(line)
        except ValueError as error:
            faults.append(f"line {place}: {error}")
    return np.frombuffer(bytes(rows), np.uint8).reshape(-1, FIELDS), faults


def _row(line: bytes) -> bytes:
    """Label and pixels as 785 bytes; the ``ValueError`` says what is wrong."""
    if len(line) > MAX_LINE:
        raise ValueError(f"longer than {MAX_LINE:,} bytes")
    fields = line.split(b",")
    if len(fields) != FIELDS:
        raise ValueError(f"{len(fields)} fields instead of {FIELDS}")
    for position, field in enumerate(fields, 1):
        text = field.strip()
        if not text.isdigit() or len(text) > 3 or int(text) > 255:
            shown = text[:20].decode("ascii", "replace")
            raise ValueError(f"field {position} is {shown!r}, not a whole number of 0-255")
    return bytes(map(int, fields))
