"""The books' CSV form: a line an image, its label and then 784 values of 0-255, ink high."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
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
ZERO, NINE, COMMA, NEWLINE = np.frombuffer(b"09,\n", np.uint8)
LITTLE = np.dtype("<u4")
ZEROS_FIRST, ZEROS_LAST, LAST_IS_DIGIT = np.frombuffer(b"0,0,,0,0\0\0\x000", LITTLE)


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

    ``None`` for everything else. It takes a fortieth of the instructions of the strict reading, field by
    field: four in five pixels are 0, and their characters are left out before the others are looked at.
    """
    if not text.endswith(b"\n"):
        return None
    words = np.frombuffer(text + b"0" * (-len(text) % 4), LITTLE)  # digits for a rest: no field ends there
    kept = np.flatnonzero(_not_two_zeros(words))
    characters = np.frombuffer(b",,,," + words.take(kept, mode="wrap").tobytes(), np.uint8)
    ends = np.flatnonzero(characters[4:] < ZERO)  # characters[end + 4 - k] is k characters before the end
    fields = len(ends) + 2 * (len(words) - len(kept))
    kept -= np.arange(len(kept))  # now how many words were left out before each
    kept += kept
    places = kept.take(ends >> 2, mode="wrap")
    places += np.arange(len(ends))
    separators = characters[4:].take(ends, mode="wrap")
    newlines = places.take(np.flatnonzero(separators == NEWLINE))
    commas = len(ends) - np.count_nonzero(separators != COMMA)
    if commas + len(newlines) != len(ends) or newlines.tolist() != list(range(PIXELS, fields, FIELDS)):
        return None
    values = _values(characters, ends)
    if values is None:
        return None
    rows = np.zeros(fields, np.uint8)
    rows[places] = values
    return rows.reshape(-1, FIELDS)


def _not_two_zeros(words: NDArray[np.uint32]) -> NDArray[np.bool_]:
    """Which words of four characters hold more, or less, than two whole fields of a 0.

    Comparisons are the logic here, ``a > b`` is "a and not b": NumPy compares many numbers at a time.
    """
    within = words >= LAST_IS_DIGIT  # a field goes on into the next word
    first = words == ZEROS_FIRST
    first[1:] = first[1:] > within[:-1]
    # Of ",0,0" the comma ends a field of the word before, the next word ends the last 0: both must be alike.
    last, other = words == ZEROS_LAST, words != ZEROS_LAST
    last[1:-1] = (last[1:-1] > other[:-2]) > other[2:]
    last[:1] = last[-1:] = False
    both: NDArray[np.bool_] = first == last  # both are false
    return both


def _values(characters: NDArray[np.uint8], ends: NDArray[np.intp]) -> NDArray[np.uint8] | None:
    """The numbers before ``ends``, ``None`` when one is no whole number of 0-255 in one to three digits."""
    low = characters & np.uint8(15)
    pairs = low[:-1] << np.uint8(4)
    pairs |= low[1:]
    keys = np.empty((len(ends), 2), np.uint8)
    keys[:, 0] = pairs[2:].take(ends, mode="wrap")
    keys[:, 1] = pairs.take(ends, mode="wrap")
    values = _numbers().take(keys.view("<u2").ravel(), mode="wrap")
    if characters.max() > NINE or values.max(initial=0) > 255:
        return None
    return values.astype(np.uint8)


@cache
def _numbers() -> NDArray[np.uint16]:
    """By the low halves of the four characters before a separator: the number, or 256 if it is none of 0-255.

    Those of digits are 0-9, those of comma and newline more. Looked up, a number takes three quarters of the
    instructions that working it out takes.
    """
    thousands, hundreds, tens, ones = np.ix_(*[np.arange(16)] * 4)
    number = ones + np.where(tens > 9, 0, 10 * tens + np.where(hundreds > 9, 0, 100 * hundreds))
    four_digits = (tens <= 9) & (hundreds <= 9) & (thousands <= 9)
    return np.where((ones > 9) | four_digits, 256, np.minimum(number, 256)).astype(np.uint16).ravel()


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
