"""A folder of pictures as a camera: one picture a capture, in the order of their names."""

from __future__ import annotations

import logging
import re
from pathlib import Path
from typing import TYPE_CHECKING

from pi_nn.cameras.camera import Camera, CameraSettings, Timing
from pi_nn.errors import CameraError, ConfigError, PictureError
from pi_nn.vision import open_picture

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

SUFFIXES = frozenset(
    {".bmp", ".gif", ".jpeg", ".jpg", ".pgm", ".png", ".pnm", ".ppm", ".tif", ".tiff", ".webp"}
)
_log = logging.getLogger(__name__)


class FolderCamera(Camera):
    """Shows the pictures of ``folder`` once, or with ``loop`` for ever.

    The folder is listed when it is opened and before each further round, so that new pictures are seen.
    A picture that cannot be read is skipped with a warning in the log. Every frame's source is
    ``folder:`` and the picture's name.
    """

    def __init__(
        self,
        folder: Path,
        *,
        loop: bool = False,
        settings: CameraSettings | None = None,
        timing: Timing | None = None,
    ) -> None:
        super().__init__(settings, timing)
        self.folder = folder
        self.loop = loop
        self.source = f"folder:{folder.name or folder}"
        self._left: list[Path] = []
        self._shown = ""

    @classmethod
    def from_argument(cls, argument: str, settings: CameraSettings, timing: Timing) -> FolderCamera:
        """``DIR`` or ``DIR?loop=1``. Whether the folder is there shows when it is opened."""
        name, _, query = argument.partition("?")
        if not name or query not in ("", "loop=0", "loop=1") or argument.endswith("?"):
            raise ConfigError(
                f"camera 'folder:{argument}' is not known, expected folder:DIR or folder:DIR?loop=1"
            )
        return cls(Path(name), loop=query == "loop=1", settings=settings, timing=timing)

    @property
    def finished(self) -> bool:
        return self._left == [] and bool(self._shown) and not self.loop

    def _open(self) -> None:
        if not self._left and not self._shown:
            self._left = self._pictures()

    def _grab(self, timeout: float) -> NDArray[np.uint8] | None:
        pixels = self._next_readable()
        if pixels is None and self.loop:
            self._left = self._pictures()
            pixels = self._next_readable()
        if pixels is None and (self.loop or not self._shown):
            raise self._empty()
        return pixels

    def _close(self) -> None:
        """Nothing is held between two pictures."""

    def _frame_source(self) -> str:
        return f"folder:{self._shown}"

    def _next_readable(self) -> NDArray[np.uint8] | None:
        while self._left:
            path = self._left.pop(0)
            try:
                pixels = open_picture(path)
            except (PictureError, OSError) as error:
                _log.warning("%s is skipped: %s", path, error)
            else:
                self._shown = path.name
                return pixels
        return None

    def _pictures(self) -> list[Path]:
        try:
            found = [p for p in self.folder.iterdir() if p.suffix.lower() in SUFFIXES and p.name[0] != "."]
        except OSError as error:
            raise CameraError(
                "camera_missing",
                f"the folder {self.folder} cannot be read: {error.strerror}; name a folder of pictures",
            ) from error
        if not found:
            raise self._empty()
        return sorted(found, key=_natural)

    def _empty(self) -> CameraError:
        return CameraError(
            "folder_empty", f"{self.folder} holds no picture that can be read; put JPEG or PNG files into it"
        )


def _natural(path: Path) -> list[tuple[int, str]]:
    """Sorts ``img10`` after ``img9``."""
    return [(int(part), "") if part.isdecimal() else (-1, part) for part in re.split(r"(\d+)", path.name)]
