"""Stand-ins for the clock, the camera and the network, and an application around them."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from flask import Flask
from flask.testing import FlaskClient
from PIL import Image

from pi_nn.config import Settings
from pi_nn.errors import CameraError
from pi_nn.nn import Thresholds
from pi_nn.reader import DigitReader
from pi_nn.records import Frame, FrameInfo, ModelInfo, Prediction, Reading
from pi_nn.service.application import create_app
from pi_nn.service.board import Board, Entry
from pi_nn.service.capture import CaptureLoop, CapturePlan
from pi_nn.service.corrections import Corrections
from pi_nn.service.faults import FaultFile
from pi_nn.service.models import ModelSlot, Readers
from pi_nn.service.notify import Notifier
from pi_nn.service.parts import Parts
from pi_nn.service.stats import Stats

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)
MODEL = ModelInfo("fake", "0" * 64)


class FakeClock:
    """Seconds that pass when a test says so."""

    def __init__(self) -> None:
        self.seconds = 1000.0

    def __call__(self) -> float:
        return self.seconds

    def pass_by(self, seconds: float) -> None:
        self.seconds += seconds


class FakeNetwork:
    """Takes every tile for the same digit."""

    name, sha256 = MODEL.name, MODEL.sha256
    classes = tuple("0123456789")
    thresholds = Thresholds(0.8, 0.3, 0.5)
    parameter_count, multiply_adds = 10, 20

    def __init__(self, digit: int = 7, confidence: float = 0.97, junk: float = 0.0) -> None:
        self.digit, self.confidence, self.junk = digit, confidence, junk

    def scores(self, x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        rows = np.full((len(x), 10), (1 - self.confidence) / 9, np.float32)
        rows[:, self.digit] = self.confidence
        return rows, np.full(len(x), self.junk, np.float32)


class FakeCamera:
    """Gives what it was told to give: pixels, ``None`` at the end, or an error to raise."""

    def __init__(self, script: Sequence[Any], clock: Callable[[], float], source: str = "fake:0") -> None:
        self.script = list(script)
        self.clock = clock
        self.source = source
        self.opened = self.closed = self.sequence = 0
        self.is_open = False
        self.finished = False

    def open(self) -> None:
        if not self.is_open:
            self.is_open = True
            self.opened += 1

    def capture(self, timeout: float = 1.5) -> Frame | None:
        assert self.is_open
        assert 0 < timeout <= 1.5
        item = self.script.pop(0) if self.script else None
        if isinstance(item, Exception):
            raise item
        if item is None:
            self.finished = True
            return None
        self.sequence += 1
        return Frame(item, NOON, self.clock(), self.sequence, self.source)

    def close(self) -> None:
        if self.is_open:
            self.is_open = False
            self.closed += 1


def paper(value: int = 200) -> np.ndarray:
    return np.full((48, 64), value, np.uint8)


def prediction(label: str, *, accepted: bool = True, confidence: float = 0.97) -> Prediction:
    rest = (1 - confidence) / 9
    row = np.full(10, rest, np.float32)
    row[int(label)] = confidence
    reason = None if accepted else "low_confidence"
    return Prediction(
        int(label), label, confidence, confidence - rest, row, accepted, reason, (20, 10, 12, 20), 0
    )


def reading_of(frame: Frame, text: str) -> Reading:
    """``text`` as digits; a ``?`` behind a digit makes it a doubted one."""
    digits = tuple(prediction(c, accepted=text[i + 1 : i + 2] != "?") for i, c in enumerate(text) if c != "?")
    status = "unsure" if "?" in text else "ok" if digits else "no_digit"
    reason = "low_confidence" if "?" in text else None
    return Reading("raw", status, MODEL, digits, (), reason, FrameInfo.of(frame))


class FakeModel:
    """Reads the frames as told, one text a frame that it has to look at."""

    def __init__(self, texts: Sequence[str | Exception]) -> None:
        self.texts = list(texts)
        self.readers: object = object()
        self.looks = 0

    def look(self, frame: Frame) -> Entry:
        self.looks += 1
        text = self.texts.pop(0) if len(self.texts) > 1 else self.texts[0]
        if isinstance(text, Exception):
            raise text
        reading = reading_of(frame, text)
        tiles = np.full((len(reading.digits), 28, 28), 255, np.uint8) if reading.digits else None
        return Entry(reading, tiles)


@dataclass
class Bench:
    """A capture loop on fakes; ``passes(n)`` runs n passes and gives the board's reading after each."""

    loop: CaptureLoop
    board: Board
    camera: FakeCamera
    model: FakeModel
    clock: FakeClock
    stats: Stats
    faults: FaultFile
    told: list[str]
    stopping: list[bool]

    def passes(self, count: int) -> list[Reading]:
        shown = []
        for _ in range(count):
            self.clock.pass_by(self.loop.step())
            shown.append(self.board.latest.reading)
        return shown

    def texts(self, count: int) -> list[str | None]:
        return [reading.text for reading in self.passes(count)]


class ListeningNotifier(Notifier):
    """Keeps what would have been sent to systemd."""

    def __init__(self) -> None:
        super().__init__(None, watchdog_seconds=30.0)
        self.told: list[str] = []

    def _send(self, message: str) -> None:
        self.told.append(message)


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def new_board(clock: FakeClock) -> Callable[..., Board]:
    def make(history: int = 50, stale_after: float = 10.0) -> Board:
        starting = Reading("first", "starting", MODEL, reason="starting")
        return Board(starting, history=history, stale_after=stale_after, clock=clock)

    return make


@pytest.fixture
def bench(clock: FakeClock, new_board: Callable[..., Board], tmp_path: Path) -> Callable[..., Bench]:
    def make(
        script: Sequence[Any],
        texts: Sequence[str | Exception] = ("",),
        *,
        votes: int = 3,
        source: str = "fake:0",
    ) -> Bench:
        camera, model, notifier = FakeCamera(script, clock, source), FakeModel(texts), ListeningNotifier()
        board, stats, stopping = new_board(), Stats(), [False]
        faults = FaultFile(tmp_path, clock=clock, now=lambda: NOON)
        ids = iter(f"id-{n}" for n in range(1, 10**6))
        loop = CaptureLoop(
            CapturePlan(camera, 0.4, votes),  # type: ignore[arg-type]
            model=model,  # type: ignore[arg-type]
            board=board,
            stats=stats,
            faults=faults,
            notifier=notifier,
            clock=clock,
            wait=lambda seconds: stopping[0],
            new_id=lambda: next(ids),
        )
        return Bench(loop, board, camera, model, clock, stats, faults, notifier.told, stopping)

    return make


@pytest.fixture
def network() -> FakeNetwork:
    return FakeNetwork()


@pytest.fixture
def parts(clock: FakeClock, new_board: Callable[..., Board], network: FakeNetwork, tmp_path: Path) -> Parts:
    reader = DigitReader(network)
    return Parts(
        settings=Settings(max_upload_bytes=100_000, max_pixels=1_000_000, state_dir=str(tmp_path)),
        board=new_board(),
        model=ModelSlot(Readers(reader, reader)),
        stats=Stats(),
        faults=FaultFile(tmp_path, clock=clock, now=lambda: NOON),
        corrections=Corrections(tmp_path),
        clock=clock,
        started=clock(),
    )


@pytest.fixture
def change(parts: Parts) -> Callable[..., None]:
    """Changes settings of the running application."""

    def apply(**values: Any) -> None:
        parts.settings = replace(parts.settings, **values)

    return apply


@pytest.fixture
def app(parts: Parts) -> Flask:
    return create_app(parts)


@pytest.fixture
def client(app: Flask) -> Iterator[FlaskClient]:
    with app.test_client() as client:
        yield client


@pytest.fixture
def show(parts: Parts, clock: FakeClock) -> Callable[..., Entry]:
    """Publishes a reading of ``text``, as the capture loop does."""
    count = [0]

    def publish(text: str = "42", **changes: Any) -> Entry:
        count[0] += 1
        frame = Frame(paper(), NOON, clock(), count[0], "fake:0")
        reading = replace(reading_of(frame, text), id=f"reading-{count[0]}", **changes)
        tiles = np.zeros((len(reading.digits), 28, 28), np.uint8)
        tiles[:, 4:24, 12:16] = 255
        entry = Entry(reading, tiles if reading.digits else None)
        parts.board.publish(entry, frame)
        return entry

    return publish


@pytest.fixture
def picture() -> Callable[..., bytes]:
    """A picture file: one thick dark stroke on white paper."""

    def make(kind: str = "PNG", size: tuple[int, int] = (160, 120)) -> bytes:
        pixels = np.full((size[1], size[0]), 235, np.uint8)
        if size[0] >= 160:
            pixels[30:90, 75:82] = 20
        buffer = io.BytesIO()
        Image.fromarray(pixels).save(buffer, kind)
        return buffer.getvalue()

    return make


@pytest.fixture
def fake_camera(clock: FakeClock) -> Callable[..., FakeCamera]:
    return lambda script: FakeCamera(script, clock)


@pytest.fixture
def camera_error() -> Callable[..., CameraError]:
    def make(reason: str = "camera_timeout") -> CameraError:
        return CameraError(reason, f"the fake camera says {reason}")

    return make


@pytest.fixture
def noise() -> list[np.ndarray]:
    """Frames that all differ, so that each one is read."""
    rng = np.random.default_rng(1)
    return [rng.integers(0, 256, (48, 64), np.uint8) for _ in range(40)]
