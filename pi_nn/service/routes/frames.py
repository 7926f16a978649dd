"""GET /api/frame.jpg, /api/tile.png, /api/stream.mjpg: the picture, and what the network saw of it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from io import BytesIO
from typing import TYPE_CHECKING, Final

from flask import Blueprint, Response, request
from PIL import Image

from pi_nn.service.problems import Problem
from pi_nn.service.routes.answers import answer, whole_number, yes_or_no
from pi_nn.service.streams import StreamSlots, follow, stream

if TYPE_CHECKING:
    from pi_nn.service.board import Entry, Snapshot
    from pi_nn.service.parts import Parts

BOUNDARY: Final = b"pi-nn-frame"


def blueprint(parts: Parts) -> Blueprint:
    bp = Blueprint("frames", __name__)
    slots = StreamSlots(parts.settings.max_streams)

    @bp.get("/api/frame.jpg")
    def frame() -> Response:
        return answer(parts.pictures.jpeg(_shown(parts), boxes=yes_or_no("boxes")), "image/jpeg")

    @bp.get("/api/tile.png")
    def tile() -> Response:
        return answer(_tile(_entry(parts), whole_number("index", 0, 0, 10**6)), "image/png")

    @bp.get("/api/stream.mjpg")
    def mjpeg() -> Response:
        _shown(parts)
        kind = f"multipart/x-mixed-replace; boundary={BOUNDARY.decode()}"
        return stream(slots, lambda left: _pictures(parts, left), kind)

    parts.stats.viewers["mjpeg"] = lambda: slots.taken
    return bp


def _shown(parts: Parts) -> Snapshot:
    shot = parts.board.latest
    if shot.frame is None:
        raise Problem(503, f"there is no frame yet: {shot.reading.message}", headers={"Retry-After": "1"})
    return shot


def _entry(parts: Parts) -> Entry:
    """The latest reading, or with ``?reading=ID`` an earlier one."""
    wanted = request.args.get("reading")
    if wanted is None:
        return _shown(parts).entry
    entry = parts.board.find(wanted)
    if entry is None:
        raise Problem(
            404, f"reading {wanted[:40]!r} is not remembered (any more); /api/readings lists those that are"
        )
    return entry


def _tile(entry: Entry, index: int) -> bytes:
    count = 0 if entry.tiles is None else len(entry.tiles)
    if entry.tiles is None or index >= count:
        raise Problem(404, f"there is no tile {index}; the reading has {count}, counted from 0")
    buffer = BytesIO()
    Image.fromarray(entry.tiles[index]).save(buffer, "PNG")
    return buffer.getvalue()


def _pictures(parts: Parts, left: Callable[[], bool]) -> Iterator[bytes]:
    shown = -1

    def news(shot: Snapshot) -> bytes | None:
        nonlocal shown
        if shot.frame is None or shot.version == shown:
            return None
        shown = shot.version
        return picture(shot)

    def picture(shot: Snapshot) -> bytes:
        body = parts.pictures.jpeg(shot, boxes=True, small=True)
        return b"--%s\r\nContent-Type: image/jpeg\r\nContent-Length: %d\r\n\r\n%s\r\n" % (
            BOUNDARY,
            len(body),
            body,
        )

    return follow(parts.board, parts.clock, left, news, picture)
