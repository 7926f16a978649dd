"""Corrections by the user, kept as training examples: a folder with one sub-folder a class."""

from __future__ import annotations

import re
import threading
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Final

import numpy as np
from PIL import Image

from pi_nn.service.faults import write_atomically

if TYPE_CHECKING:
    from numpy.typing import NDArray

FOLDER: Final = "corrections"
MOST: Final = 5000
"""Examples; 4 KB each on a card, 20 MB together."""
_SAFE_NAME: Final = re.compile(r"[\w-]{1,64}", re.ASCII)


class CorrectionsFullError(Exception):
    """As many examples are kept as may be."""


class Corrections:
    """Training examples below ``state``: ``corrections/LABEL/READING-INDEX.png``, grey 28x28, ink white.

    That is a data set for ``pi-nn train --data``. Each file is written atomically, and one at a time.
    """

    def __init__(self, state: Path | None) -> None:
        self.folder = None if state is None else state / FOLDER
        self._writing = threading.Lock()

    def keep(self, tile: NDArray[np.uint8], label: str, reading: str, index: int) -> int:
        """Stores ``tile``, uint8 (28, 28), as a ``label``; a later correction of the same digit replaces it.

        The number of examples kept. Raises ``CorrectionsFullError``, and ``OSError`` when the disk refuses.
        """
        assert self.folder is not None, "the caller asks whether there is a folder"
        name = f"{reading}-{index}.png"
        with self._writing:
            kept = list(self.folder.glob("*/*.png"))
            earlier = [path for path in kept if path.name == name]
            if len(kept) >= MOST and not earlier:
                raise CorrectionsFullError(
                    f"{len(kept)} corrections are kept in {self.folder}, the most there may be"
                )
            path = self.folder / class_folder(label) / name
            write_atomically(path, _png(tile))
            for old in earlier:
                if old != path:
                    old.unlink(missing_ok=True)
            return len(kept) + (0 if earlier else 1)


def class_folder(label: str) -> str:
    """The folder of a class; names that a file system might not take become their code points in hex."""
    return label if _SAFE_NAME.fullmatch(label) else "u" + label.encode("utf-8").hex()


def _png(tile: NDArray[np.uint8]) -> bytes:
    buffer = BytesIO()
    Image.fromarray(tile).save(buffer, "PNG")
    return buffer.getvalue()
