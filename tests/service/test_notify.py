"""The protocol of sd_notify(3), spoken to a real socket."""

from __future__ import annotations

import logging
import secrets
import socket
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from pi_nn.service.notify import Notifier

pytestmark = pytest.mark.skipif(not hasattr(socket, "AF_UNIX"), reason="there is no AF_UNIX here")


@pytest.fixture(params=["path", "abstract"])
def systemd(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[tuple[str, socket.socket]]:
    if request.param == "abstract" and sys.platform != "linux":
        pytest.skip("abstract sockets are Linux's")
    name = str(tmp_path / "notify") if request.param == "path" else "@pi-nn-" + secrets.token_hex(8)
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listener:
        listener.bind("\0" + name[1:] if name[0] == "@" else name)
        listener.setblocking(False)
        yield name, listener


def heard(listener: socket.socket) -> list[str]:
    messages = []
    while True:
        try:
            messages.append(listener.recv(4096).decode())
        except BlockingIOError:
            return messages


def test_what_systemd_hears(systemd: tuple[str, socket.socket]) -> None:
    name, listener = systemd
    notifier = Notifier.from_environment({"NOTIFY_SOCKET": name, "WATCHDOG_USEC": "30000000"})
    notifier.ready()
    notifier.ready()
    notifier.watchdog()
    notifier.status("two\nlines")
    notifier.stopping()
    assert heard(listener) == ["READY=1", "WATCHDOG=1", "STATUS=two lines", "STOPPING=1"]


def test_a_long_interval_asks_for_more_patience(systemd: tuple[str, socket.socket]) -> None:
    name, listener = systemd
    notifier = Notifier.from_environment({"NOTIFY_SOCKET": name, "WATCHDOG_USEC": "30000000"})
    notifier.need(12)
    assert heard(listener) == []
    notifier.need(3628)
    assert heard(listener) == ["WATCHDOG_USEC=3628000000"]


def test_without_a_watchdog_none_is_fed(systemd: tuple[str, socket.socket]) -> None:
    name, listener = systemd
    notifier = Notifier.from_environment({"NOTIFY_SOCKET": name})
    notifier.watchdog()
    notifier.need(100)
    assert heard(listener) == []


@pytest.mark.parametrize("environ", [{}, {"NOTIFY_SOCKET": ""}, {"WATCHDOG_USEC": "soon"}])
def test_started_by_hand_it_is_silent(environ: dict[str, str]) -> None:
    notifier = Notifier.from_environment(environ)
    notifier.ready()
    notifier.watchdog()
    notifier.stopping()


def test_a_dead_socket_does_not_stop_the_readings(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    notifier = Notifier(str(tmp_path / "nobody"), watchdog_seconds=30)
    with caplog.at_level(logging.WARNING):
        notifier.ready()
        for _ in range(100):
            notifier.watchdog()
    assert [record.getMessage()[:31] for record in caplog.records] == ["systemd was not told READY=1: ["]
