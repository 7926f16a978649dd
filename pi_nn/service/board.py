"""The board on which the capture thread publishes, and from which every request reads."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable
from dataclasses import replace
from itertools import islice
from typing import TYPE_CHECKING, Final, NamedTuple

from pi_nn.records import Frame, Reading
from pi_nn.service.reading_json import ReadingJson

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

UPLOADS_KEPT: Final = 16
"""Readings of uploaded pictures that can still be corrected."""


class Entry(NamedTuple):
    """A reading, and what the network saw of each of its digits: ``tiles`` uint8 (N, 28, 28), ink 255."""

    reading: Reading
    tiles: NDArray[np.uint8] | None = None


class Snapshot(NamedTuple):
    """Everything that is known at one moment; never changed, only replaced.

    ``version`` grows with every publication. ``finished``: no further frame will ever come.
    """

    version: int
    entry: Entry
    frame: Frame | None
    json: ReadingJson
    finished: bool = False

    @property
    def reading(self) -> Reading:
        return self.entry.reading


def says(reading: Reading) -> tuple[object, ...]:
    """What a reading says. Two that say the same differ in their frames and figures only."""
    return reading.status, reading.reason, reading.message, reading.raw, reading.model


class Board:
    """The latest snapshot, and a ring of the readings before it, newest last.

    ``clock`` gives the monotonic seconds of the frames' stamps. One thread publishes; any may read or wait.
    """

    def __init__(
        self, starting: Reading, *, history: int, stale_after: float, clock: Callable[[], float]
    ) -> None:
        self._clock = clock
        self._started = clock()
        self._changed = threading.Condition()
        self._closed = False
        self._history: deque[Entry] = deque(maxlen=history)
        self._uploads: deque[Entry] = deque(maxlen=UPLOADS_KEPT)
        self._stale: tuple[Snapshot, Snapshot] | None = None
        self._latest = Snapshot(0, Entry(starting), None, ReadingJson(starting))
        self.stale_after = stale_after

    @property
    def latest(self) -> Snapshot:
        """The last publication, whatever its age."""
        return self._latest

    def now(self) -> Snapshot:
        """The last publication as it stands now: ``stale`` after ``stale_after`` seconds without a frame."""
        latest = self._latest
        if latest.finished or latest.reading.status == "camera_error":
            return latest
        since = self._started if latest.reading.frame is None else latest.reading.frame.monotonic
        if self._clock() - since <= self.stale_after:
            return latest
        if self._stale is None or self._stale[0] is not latest:
            reading = replace(latest.reading, status="stale", reason="stale", note=None)
            entry = latest.entry._replace(reading=reading)
            self._stale = latest, latest._replace(entry=entry, json=ReadingJson(reading))
        return self._stale[1]

    def age(self) -> float | None:
        """Seconds since the last frame, ``None`` before the first."""
        frame = self._latest.frame
        return None if frame is None else max(0.0, self._clock() - frame.monotonic)

    def body(self) -> bytes:
        """The JSON of the reading as it stands now."""
        return self.now().json.body(self._clock())

    def publish(
        self, entry: Entry, frame: Frame | None, *, again: bool = False, finished: bool = False
    ) -> None:
        """Makes ``entry`` the latest. ``again``: it replaces the newest of the ring, which says the same."""
        with self._changed:
            if again and self._history:
                self._history[-1] = entry
            else:
                self._history.append(entry)
            version = self._latest.version + 1
            self._latest = Snapshot(version, entry, frame, ReadingJson(entry.reading), finished)
            self._changed.notify_all()

    def finish(self) -> None:
        """The camera has shown its last picture: the last reading stays, without becoming stale."""
        with self._changed:
            self._latest = self._latest._replace(version=self._latest.version + 1, finished=True)
            self._changed.notify_all()

    def keep_upload(self, entry: Entry) -> None:
        """Remembers the reading of an uploaded picture, so that it can be corrected."""
        self._uploads.append(entry)

    def recent(self, limit: int) -> list[Reading]:
        """The last ``limit`` readings, newest first."""
        with self._changed:
            return [entry.reading for entry in islice(reversed(self._history), limit)]

    def find(self, reading_id: str) -> Entry | None:
        """The reading with that id, when it is still remembered."""
        with self._changed:
            return next(
                (e for e in (*reversed(self._history), *self._uploads) if e.reading.id == reading_id), None
            )

    def resize(self, history: int) -> None:
        """Keeps the newest ``history`` readings from now on."""
        with self._changed:
            self._history = deque(self._history, maxlen=history)

    def wait(self, version: int, timeout: float) -> bool:
        """Waits at most ``timeout`` seconds for a publication after ``version``; False when none came."""
        with self._changed:
            return self._changed.wait_for(lambda: self._closed or self._latest.version > version, timeout)

    def close(self) -> None:
        """Wakes everyone who waits: the daemon is stopping."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()

    @property
    def closed(self) -> bool:
        return self._closed
