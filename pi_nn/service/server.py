"""``serve``: the daemon from start to end, with the signals that rule it."""

from __future__ import annotations

import logging
import os
import signal
import socket
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from types import FrameType
from typing import TYPE_CHECKING, Final

from pi_nn.errors import PiNNError
from pi_nn.service.daemon import Daemon

if TYPE_CHECKING:
    from pi_nn.config import Settings

_log = logging.getLogger(__name__)
INTERRUPTED: Final = 130
EVERYWHERE: Final = {"0.0.0.0": "127.0.0.1", "::": "::1"}
"""Addresses that stand for all of this machine's, and the one that it has for itself."""


def serve(
    settings: Settings,
    *,
    environ: Mapping[str, str] = os.environ,
    announce: Callable[[str], None] = _log.info,
    reload: Callable[[], Settings] | None = None,
) -> int:
    """Serves until SIGTERM (0) or SIGINT (130), and returns the exit status.

    ``announce`` is handed what a user should see at the start, line by line; ``reload`` loads the settings
    again on SIGHUP (without it only the model is). ``environ`` holds systemd's variables. Raises
    :class:`PiNNError` when it cannot start.
    """
    daemon = Daemon(settings, environ)
    if daemon.camera.note:
        announce(daemon.camera.note)
    if daemon.parts.model.fault:
        announce(daemon.parts.model.fault)
    announce(
        f"pi-nn reads {daemon.camera.source} and answers on {address(settings.host, daemon.server.port)}"
    )
    if settings.host in EVERYWHERE:
        announce(f"from another machine: http://{socket.gethostname()}.local:{daemon.server.port}/")
    signals = Signals(daemon.stopping)
    with signals.handled():
        daemon.run(lambda: _reload(daemon, signals, reload or (lambda: settings)))
    return INTERRUPTED if signals.interrupted else 0


def address(host: str, port: int) -> str:
    """Where a browser on this machine finds it."""
    here = EVERYWHERE.get(host, host)
    return f"http://[{here}]:{port}/" if ":" in here else f"http://{here}:{port}/"


class Signals:
    """What came from outside: the handlers only take note."""

    def __init__(self, stopping: threading.Event) -> None:
        self.interrupted = False
        self.reload = threading.Event()
        self._stopping = stopping

    @contextmanager
    def handled(self) -> Iterator[None]:
        """Listens to SIGINT, SIGTERM and SIGHUP, in the main thread; elsewhere Python allows no handlers."""
        if threading.current_thread() is not threading.main_thread():
            yield
            return
        names = [name for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name)]
        before = {name: signal.signal(getattr(signal, name), self._note) for name in names}
        try:
            yield
        finally:
            for name, handler in before.items():
                signal.signal(getattr(signal, name), handler)

    def _note(self, number: int, frame: FrameType | None) -> None:
        if number not in (signal.SIGINT, signal.SIGTERM):
            self.reload.set()
            return
        self.interrupted = number == signal.SIGINT
        self._stopping.set()


def _reload(daemon: Daemon, signals: Signals, load: Callable[[], Settings]) -> None:
    if not signals.reload.is_set():
        return
    signals.reload.clear()
    try:
        daemon.reload(load())
        _log.warning("configuration and model were loaded again")
    except PiNNError as error:
        _log.error("the configuration is not taken, everything stays as it was: %s", error)
