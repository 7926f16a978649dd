"""Endless responses: how many there may be, and when each one ends."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Final

from flask import Response, request

from pi_nn.service.problems import Problem

if TYPE_CHECKING:
    from pi_nn.service.board import Board, Snapshot

HEARTBEAT: Final = 10.0
"""Seconds without news after which something is sent, so that both sides notice a dead connection."""
SLICE: Final = 1.0
"""Seconds of one wait: a viewer who left, and a reading that became stale, are noticed this soon."""


class StreamSlots:
    """Lets ``limit`` viewers in, and the next one out again with a 503."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._lock = threading.Lock()
        self.taken = 0

    def take(self) -> None:
        """Raises :class:`Problem` when all are taken."""
        with self._lock:
            if self.taken >= self._limit:
                raise Problem(
                    503,
                    f"{self.taken} streams are open, as many as max_streams allows; ask /api/reading instead",
                    headers={"Retry-After": "10"},
                )
            self.taken += 1

    def give_back(self) -> None:
        with self._lock:
            self.taken -= 1


def stream(
    slots: StreamSlots, chunks: Callable[[Callable[[], bool]], Iterator[bytes]], media_type: str
) -> Response:
    """An endless response that takes a slot, and gives it back however it ends.

    ``chunks`` is handed a function that says whether the viewer has left.
    """
    slots.take()
    left: Callable[[], bool] = request.environ.get("waitress.client_disconnected", lambda: False)
    response = Response(chunks(left), content_type=media_type)
    response.headers.update({"Cache-Control": "no-store", "X-Accel-Buffering": "no"})
    # Not in the generator: a HEAD request never starts it, so that its `finally` would not run.
    response.call_on_close(slots.give_back)
    return response


def follow(
    board: Board,
    clock: Callable[[], float],
    left: Callable[[], bool],
    news: Callable[[Snapshot], bytes | None],
    heartbeat: Callable[[Snapshot], bytes],
) -> Iterator[bytes]:
    """``news`` of each snapshot that has some, and a heartbeat in a long silence.

    Ends when the daemon stops or the viewer left.
    """
    version, spoke = -1, clock()
    while not left():
        board.wait(version, SLICE)
        if board.closed:
            return
        shot = board.now()
        version = shot.version
        chunk = news(shot)
        if chunk is None and clock() - spoke >= HEARTBEAT:
            chunk = heartbeat(shot)
        if chunk is not None:
            spoke = clock()
            yield chunk
