"""The latest frame as a JPEG. Encoded when somebody looks, once for all who look."""

from __future__ import annotations

import threading
from io import BytesIO
from typing import TYPE_CHECKING, Final

from PIL import Image

if TYPE_CHECKING:
    from pi_nn.service.board import Snapshot

QUALITY: Final = 80
WIDEST: Final = 1280
"""Pixels; a stream shows larger frames (a folder of photographs) reduced to this."""


class FramePictures:
    """Remembers the last JPEG of each kind."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._made: dict[tuple[bool, bool], tuple[int, bytes]] = {}

    def jpeg(self, shot: Snapshot, *, boxes: bool, small: bool = False) -> bytes:
        """The frame of ``shot``; with ``boxes`` around what was read, ``small`` for a stream."""
        with self._lock:
            version, body = self._made.get((boxes, small), (-1, b""))
            if version != shot.version:
                body = _encode(shot, boxes, small)
                self._made[boxes, small] = shot.version, body
            return body


def _with_boxes(shot: Snapshot) -> Image.Image:
    # Loaded when first asked for: fonts and drawing cost a start, and nobody may ever look.
    from pi_nn.annotate import draw_boxes

    assert shot.frame is not None
    return draw_boxes(shot.frame.pixels, shot.reading)


def _encode(shot: Snapshot, boxes: bool, small: bool) -> bytes:
    assert shot.frame is not None
    pixels = shot.frame.pixels
    picture = _with_boxes(shot) if boxes else Image.fromarray(pixels)
    if small:
        picture.thumbnail((WIDEST, WIDEST))
    buffer = BytesIO()
    picture.save(buffer, "JPEG", quality=QUALITY)
    return buffer.getvalue()
