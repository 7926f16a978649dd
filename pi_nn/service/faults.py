"""The last fault's reason, kept in one small file, because the journal of a Pi does not survive a restart."""

from __future__ import annotations

import json
import logging
import os
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Final, NamedTuple

_log = logging.getLogger(__name__)
FILE_NAME: Final = "last_fault.json"
QUIET_SECONDS: Final = 60.0
"""A camera that comes and goes must not wear the card out: at most one write in this time."""
_MOST_BYTES: Final = 4096


class Fault(NamedTuple):
    """What went wrong last: ``at`` is the UTC time of day, ``reason`` a code of :mod:`pi_nn.reasons`."""

    at: str
    reason: str
    message: str


class FaultFile:
    """Remembers the last fault; writes it into ``folder`` when there is one."""

    def __init__(
        self, folder: Path | None, *, clock: Callable[[], float], now: Callable[[], datetime]
    ) -> None:
        self._path = None if folder is None else folder / FILE_NAME
        self._clock, self._now = clock, now
        self._written_at: float | None = None
        self.last = self._load()

    def record(self, reason: str, message: str) -> None:
        """Called when a fault begins, not for each of its repetitions."""
        self.last = Fault(self._now().isoformat(timespec="seconds"), reason, message[:1000])
        if self._path is None:
            return
        if self._written_at is not None and self._clock() - self._written_at < QUIET_SECONDS:
            return
        self._written_at = self._clock()
        try:
            write_atomically(self._path, json.dumps(self.last._asdict()).encode())
        except OSError as error:
            _log.warning("the last fault could not be kept in %s: %s", self._path, error)

    def _load(self) -> Fault | None:
        if self._path is None:
            return None
        try:
            with self._path.open("rb") as file:
                values = json.loads(file.read(_MOST_BYTES))
            return Fault(str(values["at"]), str(values["reason"]), str(values["message"]))
        except FileNotFoundError:
            return None
        except (OSError, ValueError, KeyError, TypeError, RecursionError) as error:
            _log.warning("%s is not readable and is ignored: %s", self._path, error)
            return None


def write_atomically(path: Path, content: bytes) -> None:
    """Either the old file or the whole new one is there, whenever the power goes. Raises ``OSError``."""
    path.parent.mkdir(parents=True, exist_ok=True)
    half = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        with half.open("wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        half.replace(path)
    finally:
        half.unlink(missing_ok=True)
