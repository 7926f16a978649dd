"""Tells systemd how the daemon is: the protocol of sd_notify(3), in the few words that are needed.

A message is one datagram of ``KEY=value`` lines to the AF_UNIX socket that ``$NOTIFY_SOCKET`` names;
a leading ``@`` stands for the abstract namespace (Linux: a leading NUL byte).
"""

from __future__ import annotations

import logging
import socket
from collections.abc import Mapping

_log = logging.getLogger(__name__)


class Notifier:
    """Speaks to ``address``; silent where there is none (started by hand)."""

    def __init__(self, address: str | None = None, watchdog_seconds: float | None = None) -> None:
        self._address = "\0" + address[1:] if address and address.startswith("@") else address
        self.watchdog_seconds = watchdog_seconds
        self._ready = False
        self._trouble = ""

    @classmethod
    def from_environment(cls, environ: Mapping[str, str]) -> Notifier:
        """From ``NOTIFY_SOCKET`` and ``WATCHDOG_USEC`` (sd_watchdog_enabled(3))."""
        usec = environ.get("WATCHDOG_USEC", "")
        seconds = int(usec) / 1e6 if usec.isascii() and usec.isdecimal() else None
        return cls(environ.get("NOTIFY_SOCKET"), seconds)

    def ready(self) -> None:
        """The daemon has started; said once, however often it is called."""
        if not self._ready:
            self._ready = True
            self._send("READY=1")

    def watchdog(self) -> None:
        """One capture pass ended within its time-out."""
        if self.watchdog_seconds is not None:
            self._send("WATCHDOG=1")

    def need(self, seconds: float) -> None:
        """Lengthens the watchdog's patience to ``seconds`` where that is more than the unit gives."""
        if self.watchdog_seconds is not None and seconds > self.watchdog_seconds:
            self.watchdog_seconds = seconds
            self._send(f"WATCHDOG_USEC={round(seconds * 1e6)}")

    def status(self, text: str) -> None:
        """One line for ``systemctl status``."""
        self._send("STATUS=" + text.replace("\n", " "))

    def stopping(self) -> None:
        self._send("STOPPING=1")

    def _send(self, message: str) -> None:
        if not self._address:
            return
        try:
            with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC) as channel:
                channel.setblocking(False)
                channel.sendto(message.encode(), self._address)
            self._trouble = ""
        except OSError as error:
            # A dead notify socket is systemd's trouble; the readings go on, and the log is not filled.
            if str(error) != self._trouble:
                self._trouble = str(error)
                _log.warning("systemd was not told %s: %s", message, error)
