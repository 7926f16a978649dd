"""Whatever the real picamera2 on the software camera suffers, the daemon answers, says why, and recovers."""

from __future__ import annotations

import json
import os
import threading
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from pi_nn.config import Settings
from pi_nn.service.daemon import Daemon

pytestmark = [
    pytest.mark.softcam,
    pytest.mark.filterwarnings("ignore:setDaemon:DeprecationWarning"),
    pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning"),
    pytest.mark.usefixtures("softcam_library"),
]
if "SOFTCAM_FRAMES" not in os.environ:
    pytest.skip("needs the software camera: run it with DIR/pycam", allow_module_level=True)


class Client:
    """Asks a daemon, and follows its events from one state to the next."""

    def __init__(self, daemon: Daemon) -> None:
        self.daemon = daemon
        self.base = f"http://127.0.0.1:{daemon.server.port}"

    def status_of(self, path: str) -> int:
        try:
            with urllib.request.urlopen(self.base + path, timeout=20) as answer:
                return int(answer.status)
        except urllib.error.HTTPError as error:
            return error.code

    def reading_when(self, wanted: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
        with urllib.request.urlopen(f"{self.base}/api/events", timeout=30) as events:
            for line in events:
                if line.startswith(b"data:") and wanted(reading := json.loads(line[5:])):
                    return dict(reading)
        raise AssertionError("the events ended before the reading was so")

    def fails_with(self, reason: str, cure: str) -> None:
        """The reading says what is wrong and what to do; everything is answered meanwhile."""
        reading = self.reading_when(lambda r: r["reason"] == reason and cure in r["message"])
        assert (reading["status"], reading["text"]) == ("camera_error", None)
        assert self.status_of("/api/reading") == 200
        assert self.status_of("/healthz") == 200
        assert self.status_of("/readyz") == 503
        assert self.status_of("/metrics") == 200

    def works(self) -> None:
        self.reading_when(lambda r: r["status"] not in ("camera_error", "starting", "stale"))
        assert self.status_of("/readyz") == 200
        assert self.status_of("/api/frame.jpg") == 200


@pytest.fixture
def start() -> Iterator[Callable[[], Client]]:
    running: list[tuple[Daemon, threading.Thread]] = []

    def run() -> Client:
        daemon = Daemon(Settings(camera="picamera2", port=0, interval=0.05, frame_rate=30.0), {})
        thread = threading.Thread(target=daemon.run)
        thread.start()
        running.append((daemon, thread))
        return Client(daemon)

    yield run
    for daemon, thread in running:
        daemon.stopping.set()
        thread.join(5)
        assert not thread.is_alive()


def no_frames(self: Any, display: Any) -> None:
    """In place of ``process_requests``: what the camera sends goes nowhere."""


def test_one_that_hangs(start: Callable[[], Client], softcam_library: Any, monkeypatch: Any) -> None:
    client = start()
    client.works()
    with monkeypatch.context() as patch:
        patch.setattr(softcam_library.Picamera2, "process_requests", no_frames)
        client.fails_with("camera_timeout", "check its cable")
    client.works()


def test_one_that_hangs_while_it_is_closed(
    start: Callable[[], Client], softcam_library: Any, monkeypatch: Any
) -> None:
    client = start()
    client.works()
    device, released = client.daemon.camera._camera, threading.Event()
    close = device.close
    device.close = lambda: (released.wait(), close())
    with monkeypatch.context() as patch:
        patch.setattr(softcam_library.Picamera2, "process_requests", no_frames)
        client.fails_with("camera_timeout", "restart the Pi")
    released.set()
    client.works()


def test_one_that_is_absent(start: Callable[[], Client], softcam_library: Any, monkeypatch: Any) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(softcam_library.Picamera2, "global_camera_info", staticmethod(lambda: []))
        client = start()
        client.fails_with("camera_missing", "check its cable")
    client.works()


def test_one_that_is_pulled_out_and_put_back(
    start: Callable[[], Client], softcam_library: Any, monkeypatch: Any
) -> None:
    client = start()
    client.works()
    with monkeypatch.context() as patch:
        patch.setattr(softcam_library.Picamera2, "process_requests", no_frames)
        patch.setattr(softcam_library.Picamera2, "global_camera_info", staticmethod(lambda: []))
        client.fails_with("camera_missing", "check its cable")
    client.works()


def test_one_that_another_program_uses(start: Callable[[], Client], taken: Callable[[], Any]) -> None:
    with taken():
        client = start()
        client.fails_with("camera_busy", "stop that one")
    client.works()


def test_one_whose_callback_raises(start: Callable[[], Client]) -> None:
    client = start()
    client.works()

    def broken(request: Any) -> None:
        raise ZeroDivisionError

    client.daemon.camera._camera.pre_callback = broken
    client.fails_with("camera_timeout", "check its cable")
    client.works()
