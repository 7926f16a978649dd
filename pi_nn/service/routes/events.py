"""GET /api/events: server-sent events (WHATWG HTML, section 9.2), one for each changed reading."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

from flask import Blueprint, Response

from pi_nn.service.board import says
from pi_nn.service.streams import StreamSlots, follow, stream

if TYPE_CHECKING:
    from pi_nn.service.board import Snapshot
    from pi_nn.service.parts import Parts


def blueprint(parts: Parts) -> Blueprint:
    bp = Blueprint("events", __name__)
    slots = StreamSlots(parts.settings.max_streams)

    @bp.get("/api/events")
    def events() -> Response:
        return stream(slots, lambda left: _events(parts, left), "text/event-stream")

    parts.stats.viewers["events"] = lambda: slots.taken
    return bp


def _events(parts: Parts, left: Callable[[], bool]) -> Iterator[bytes]:
    said: tuple[object, ...] | None = None

    def news(shot: Snapshot) -> bytes | None:
        nonlocal said
        if says(shot.reading) == said:
            return None
        said = says(shot.reading)
        body = shot.json.body(parts.clock())
        return b"id: %s\nevent: reading\ndata: %s\n\n" % (shot.reading.id.encode(), body)

    return follow(parts.board, parts.clock, left, news, lambda _: b": still here\n\n")
