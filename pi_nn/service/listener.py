"""The HTTP server: waitress on a socket of our own, ended by an event."""

from __future__ import annotations

import errno
import os
import socket
import threading
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final

from waitress import create_server, wasyncore

from pi_nn.errors import ListenError
from pi_nn.service.wire import BodyBounds, channel_class

if TYPE_CHECKING:
    from flask import Flask

BESIDE_STREAMS: Final = 4
"""Threads for everything that ends soon: two uploads, a picture, a reading."""
CONNECTIONS: Final = 64
POLL: Final = 0.5
"""Seconds until a signal is noticed by a loop that has nothing else to do."""
LAST_WORDS: Final = 0.75
"""Seconds that requests under way have when the daemon stops."""
PATIENCE: Final = 30
"""Seconds after which a viewer who takes nothing any more is given up (tcp(7), TCP_USER_TIMEOUT)."""
# Larger than any answer (1,000 readings of 50 digits): waitress writes what is larger to a temporary file.
_MOST_ANSWER: Final = 256 * 1024 * 1024
_MOST_PENDING: Final = 1024 * 1024


def listen(host: str, port: int) -> socket.socket:
    """A listening TCP socket; port 0 takes a free one. Raises :class:`ListenError`."""
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
        family, kind, protocol, _, address = min(found, key=lambda entry: entry[0] != socket.AF_INET)
        listener = socket.socket(family, kind, protocol)
    except OSError as error:
        raise ListenError(f"host {host!r} is not known here: {error.strerror or error}") from error
    try:
        _prepare(listener)
        listener.bind(address)
        return listener
    except OSError as error:
        listener.close()
        raise ListenError(_why(error, host, port)) from error


def _prepare(listener: socket.socket) -> None:
    if os.name == "posix":
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    if listener.family == socket.AF_INET6 and hasattr(socket, "IPPROTO_IPV6"):
        listener.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
    # Connections inherit these: a viewer whose laptop sleeps must not keep a stream for ever.
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    if hasattr(socket, "TCP_USER_TIMEOUT"):
        listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, PATIENCE * 1000)


def _why(error: OSError, host: str, port: int) -> str:
    if error.errno == errno.EADDRINUSE:
        return f"{host}:{port} is in use; stop the other program, or choose another port with --port"
    if error.errno == errno.EACCES:
        return f"port {port} is not allowed for this user; choose one from 1024 on with --port"
    if error.errno == errno.EADDRNOTAVAIL:
        return f"{host} is no address of this machine; use 127.0.0.1, or 0.0.0.0 for all of its addresses"
    return f"cannot listen on {host}:{port}: {error.strerror or error}"


class HttpServer:
    """Serves ``app`` on ``listener`` with waitress."""

    def __init__(self, app: Flask, listener: socket.socket, *, max_body: int, max_streams: int) -> None:
        self.bounds = BodyBounds(max_body)
        self.port: int = listener.getsockname()[1]
        self._sockets: dict[int, Any] = {}
        self._server = create_server(
            app,
            map=self._sockets,
            sockets=[listener],
            # An endless response keeps its thread: two kinds of them, and enough for everyone else.
            threads=2 * max_streams + BESIDE_STREAMS,
            connection_limit=CONNECTIONS + 2 * max_streams,
            max_request_body_size=2**62,  # the bounds decide
            max_request_header_size=32 * 1024,
            recv_bytes=64 * 1024,
            outbuf_overflow=_MOST_ANSWER,
            outbuf_high_watermark=_MOST_PENDING,
            channel_request_lookahead=1,  # how a stream learns that its viewer has left
            clear_untrusted_proxy_headers=False,  # access.py must see that there is a proxy
            asyncore_use_poll=True,
            ident=None,
        )
        self._server.channel_class = channel_class(self.bounds)

    def run(self, stopping: threading.Event, between: Callable[[], None] = lambda: None) -> None:
        """Serves until ``stopping``; calls ``between`` now and then, at least every half second."""
        while not stopping.is_set():
            wasyncore.loop(timeout=POLL, use_poll=True, map=self._sockets, count=1)
            between()

    def close(self) -> None:
        """Lets requests under way finish for a moment, and closes every connection."""
        self._server.task_dispatcher.shutdown(timeout=LAST_WORDS)
        wasyncore.close_all(self._sockets, ignore_all=True)
