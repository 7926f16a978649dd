"""A folder with one sub-folder a class; each file is a picture of one thing, of any size and polarity."""

from __future__ import annotations

import re
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from pi_nn.errors import DataError, PictureError
from pi_nn.reader import DigitReader
from pi_nn.training.datasets.dataset import DIGITS, MAX_IMAGES, SIDE, Dataset
from pi_nn.training.datasets.tiles import quantise
from pi_nn.vision import find_digits, open_picture

MAX_CLASSES = 256
MAX_PIXELS = 25_000_000
# As in pi_nn.service.corrections: what is safe is a folder's name as it stands.
_HEX, _SAFE = re.compile(r"u(?:[0-9a-f]{2})+"), re.compile(r"[\w-]{1,64}", re.ASCII)


def list_pictures(folder: Path) -> tuple[tuple[str, ...], list[tuple[Path, int]]]:
    """(class names, each file with its class index), sorted; hidden files and folders are passed over.

    Folders named by digits are classes of the ten digits, whichever of them are there.
    """
    inside = [p for p in sorted(folder.iterdir()) if p.is_dir() and not p.name.startswith(".")]
    names = sorted({class_of(p.name) for p in inside})
    if not names or len(names) > MAX_CLASSES:
        raise DataError(
            f"{folder}: {len(names)} sub-folders, expected one for each class (2 to {MAX_CLASSES})"
        )
    classes = DIGITS if set(names) <= set(DIGITS) else tuple(names)
    files = [
        (path, classes.index(class_of(one.name)))
        for one in inside
        for path in sorted(one.iterdir())
        if path.is_file() and not path.name.startswith(".")
    ]
    if not files or len(files) > MAX_IMAGES:
        raise DataError(f"{folder}: {len(files)} pictures in its sub-folders, expected 1 to {MAX_IMAGES:,}")
    return classes, files


def class_of(folder: str) -> str:
    """The class of a folder: its name, or what the daemon wrote in hex (``ue29886`` for ☆) to be safe."""
    if _HEX.fullmatch(folder):
        with suppress(UnicodeDecodeError):
            name = bytes.fromhex(folder[1:]).decode("utf-8")
            return name if name.isprintable() and not _SAFE.fullmatch(name) else folder
    return folder


def load_folder(folder: Path, progress: Callable[[str, int, int], None]) -> Dataset:
    """The largest digit of each picture; a picture in which none is found is ``missed``.

    Raises :class:`DataError`, also for a file that is no picture, naming it.
    """
    classes, files = list_pictures(folder)
    tiles, labels, names, missed = [], [], [], []
    # What belongs together in a digit is known to the bundled network; of other things it knows nothing.
    reader = DigitReader() if classes == DIGITS else None
    for done, (path, label) in enumerate(files, start=1):
        name = f"{path.parent.name}/{path.name}"
        tile = largest_digit(path, reader)
        if tile is None:
            missed.append((name, label))
        else:
            tiles.append(tile)
            labels.append(label)
            names.append(name)
        progress(str(folder), done, len(files))
    images = np.array(tiles, np.uint8).reshape(-1, SIDE, SIDE)
    return Dataset(images, np.array(labels, np.int64), classes, tuple(names), tuple(missed))


def largest_digit(path: Path, reader: DigitReader | None) -> NDArray[np.uint8] | None:
    """The tile, uint8 (28, 28), of what covers the most of the picture; ``None`` when nothing is found.

    A ``reader`` joins the strokes of a broken digit; without one, each piece stands for itself.
    """
    try:
        pixels = open_picture(path, max_pixels=MAX_PIXELS)
    except PictureError as error:
        raise DataError(f"{path}: {error}; every file in a class folder must be a picture") from error
    tiles = reader.examine(pixels)[1] if reader else ()
    tiles = tiles or find_digits(pixels).tiles
    if not tiles:
        return None
    largest = max(tiles, key=lambda tile: tile.box[2] * tile.box[3])
    return quantise(largest.pixels)
