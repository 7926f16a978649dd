"""The daemon put together, in this process: from simulated camera and bundled model to real HTTP."""

from __future__ import annotations

import http.client
import json
import logging
import threading
import tracemalloc
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from pi_nn.cameras.digits import shipped_digits
from pi_nn.cameras.scenes import render
from pi_nn.config import Settings
from pi_nn.errors import ConfigError, WeightsError
from pi_nn.service import daemon as daemon_module
from pi_nn.service.capture import CapturePlan
from pi_nn.service.daemon import Daemon
from pi_nn.service.server import address


@pytest.fixture
def start(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., Daemon]]:
    monkeypatch.setattr("pi_nn.service.listener.POLL", 0.02)
    running: list[tuple[Daemon, threading.Thread]] = []

    def run(**values: Any) -> Daemon:
        values = {"camera": "simulated:digits=42", "port": 0, "interval": 0.02, **values}
        daemon = Daemon(Settings(**values), {})
        thread = threading.Thread(target=daemon.run)
        thread.start()
        running.append((daemon, thread))
        return daemon

    yield run
    for daemon, thread in running:
        daemon.stopping.set()
        thread.join(10)
        assert not thread.is_alive()


def get(daemon: Daemon, path: str) -> tuple[int, bytes]:
    connection = http.client.HTTPConnection("127.0.0.1", daemon.server.port, timeout=20)
    try:
        connection.request("GET", path)
        response = connection.getresponse()
        return response.status, response.read()
    finally:
        connection.close()


def reading_when(daemon: Daemon, wanted: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
    """Follows the events until a reading is as ``wanted``."""
    connection = http.client.HTTPConnection("127.0.0.1", daemon.server.port, timeout=20)
    connection.request("GET", "/api/events")
    response = connection.getresponse()
    try:
        while True:
            line = response.readline()
            assert line, "the stream ended"
            if line.startswith(b"data: ") and wanted(reading := json.loads(line[6:])):
                return reading
    finally:
        response.close()
        connection.close()


def test_from_a_simulated_camera_to_an_answer(start: Callable[..., Daemon]) -> None:
    daemon = start()
    reading = reading_when(daemon, lambda r: r["status"] == "ok")
    assert (reading["text"], reading["model"]["name"]) == ("42", "digits-cnn")
    assert reading["frame"]["source"] == "simulated"
    assert [d["label"] for d in reading["digits"]] == ["4", "2"]
    assert get(daemon, "/readyz")[0] == 200
    for path, magic in (
        ("/api/frame.jpg?boxes=1", b"\xff\xd8"),
        ("/api/tile.png?index=1", b"\x89PNG"),
        ("/", b"<!do"),
    ):
        status, body = get(daemon, path)
        assert (status, body[: len(magic)].lower()) == (200, magic.lower())


def test_a_camera_that_fails_recovers_by_itself(
    start: Callable[..., Daemon], monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr("pi_nn.service.capture.FIRST_BACK_OFF", 0.01)
    daemon = start(camera="simulated:digits=42,fail=8-9", agreement=1)
    caplog.set_level(logging.CRITICAL)
    reading_when(daemon, lambda r: r["text"] == "42" and r["frame"]["sequence"] > 7)
    readings = json.loads(get(daemon, "/api/readings")[1])["readings"]
    assert "camera_error" in {r["status"] for r in readings}


def test_a_folder_is_read_once_and_stays(start: Callable[..., Daemon], tmp_path: Path) -> None:
    from pi_nn.cameras import make_camera

    for number in ("31", "85"):
        with make_camera(f"simulated:digits={number}") as camera:
            frame = camera.capture()
        assert frame is not None
        Image.fromarray(frame.pixels).save(tmp_path / f"{number}.png")
    daemon = start(camera=f"folder:{tmp_path}", agreement=3)
    last = reading_when(daemon, lambda r: r["frame"] is not None and r["frame"]["source"] == "folder:85.png")
    assert last["text"] == "85"
    readings = json.loads(get(daemon, "/api/readings")[1])["readings"]
    assert [r["text"] for r in readings] == ["85", "31"]
    assert daemon.parts.board.wait(daemon.parts.board.latest.version - 1, 10)


def test_a_bad_model_at_the_start_is_said(
    start: Callable[..., Daemon], caplog: pytest.LogCaptureFixture
) -> None:
    daemon = start(model="/nowhere/mine.npz")
    reading_when(daemon, lambda r: r["status"] == "ok")
    status, body = get(daemon, "/readyz")
    assert (status, json.loads(body)["reason"]) == (503, "model")
    assert "/nowhere/mine.npz" in json.loads(body)["detail"]


def test_reloading_changes_what_runs(start: Callable[..., Daemon], caplog: pytest.LogCaptureFixture) -> None:
    daemon = start()
    reading_when(daemon, lambda r: r["status"] == "ok")
    before = daemon.parts.settings
    daemon.reload(replace(before, model="digits-tiny", camera="simulated:digits=8", history=3, port=1))
    reading = reading_when(daemon, lambda r: r["text"] == "8" and r["model"]["name"] == "digits-tiny")
    assert reading["frame"]["source"] == "simulated"
    assert "port changes at the next start only" in caplog.text


@pytest.mark.parametrize(
    ("key", "value", "error"),
    [("model", "/nowhere/x.npz", WeightsError), ("camera", "telescope", ConfigError)],
)
def test_a_bad_reload_leaves_everything(
    start: Callable[..., Daemon], key: str, value: str, error: type[Exception]
) -> None:
    daemon = start()
    before = daemon.parts.settings, daemon.parts.model.readers, daemon.camera
    with pytest.raises(error):
        daemon.reload(replace(before[0], **{key: value}))
    assert (daemon.parts.settings, daemon.parts.model.readers, daemon.camera) == before
    assert reading_when(daemon, lambda r: r["status"] == "ok")["text"] == "42"


def test_a_failed_start_lets_go_of_the_port(monkeypatch: pytest.MonkeyPatch) -> None:
    listeners: list[Any] = []
    listen = daemon_module.listen
    monkeypatch.setattr(daemon_module, "listen", lambda *a: (listeners.append(listen(*a)), listeners[-1])[1])
    monkeypatch.setattr("pi_nn.service.models.FALLBACK", "/nowhere/bundled.npz")
    with pytest.raises(WeightsError):
        Daemon(Settings(model="/nowhere/x.npz", port=0), {})
    assert listeners[0].fileno() == -1


@pytest.mark.parametrize(
    ("host", "expected"),
    [
        ("127.0.0.1", "http://127.0.0.1:80/"),
        ("0.0.0.0", "http://127.0.0.1:80/"),
        ("::", "http://[::1]:80/"),
        ("pi.local", "http://pi.local:80/"),
    ],
)
def test_the_address_that_is_shown_can_be_opened(host: str, expected: str) -> None:
    assert address(host, 80) == expected


def test_a_frame_is_never_copied_between_the_camera_and_its_reading(fake_camera: Any) -> None:
    scenes = [render(text, shipped_digits(), np.random.default_rng(1), size=(1280, 960)) for text in "417"]
    camera = fake_camera([scene.pixels for scene in scenes])
    daemon = Daemon(Settings(port=0, model="digits-tiny", camera="simulated"), {})
    try:
        daemon.loop.change(CapturePlan(camera, interval=1.0, votes=1))
        daemon.loop.step()
        tracemalloc.start()
        daemon.loop.step()
        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
    finally:
        daemon.server.close()
    assert daemon.parts.board.latest.reading.text == "1"
    assert daemon.parts.board.latest.frame.pixels is scenes[1].pixels
    assert peak < 0.75 * scenes[1].pixels.nbytes
