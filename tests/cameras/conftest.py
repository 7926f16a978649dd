"""A fake picamera2, faithful to what the real one was seen to do, and a clock that only moves when told."""

from __future__ import annotations

import importlib
import os
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from importlib.machinery import ModuleSpec
from importlib.metadata import version
from types import ModuleType, SimpleNamespace
from typing import Any

import numpy as np
import pytest

from pi_nn.cameras import make_camera

START = datetime(2026, 11, 21, 20, 15, 3, tzinfo=UTC)


@dataclass
class FakeTime:
    """``wait`` takes no time but moves the clock; it answers ``stopping``."""

    seconds: float = 100.0
    stopping: bool = False
    waits: list[float] = field(default_factory=list)

    def clock(self) -> float:
        return self.seconds

    def now(self) -> datetime:
        return START + timedelta(seconds=self.seconds - 100.0)

    def wait(self, seconds: float) -> bool:
        self.waits.append(seconds)
        self.seconds += seconds
        return self.stopping


@pytest.fixture
def fake_time() -> FakeTime:
    return FakeTime()


@dataclass
class FakePi:
    """The hardware behind the fake library: what a test says of it, and what was done to it."""

    cameras: int = 1
    stride: int = 704
    busy: bool = False
    no_memory: int = 0
    dead: bool = False
    can_flip: bool = True
    form: str = "YUV420"
    agreed_size: tuple[int, int] | None = None
    missing_error: type[Exception] = RuntimeError
    capture_error: Exception | None = None
    close_blocks: threading.Event | None = None
    close_error: Exception | None = None
    controls: dict[str, tuple[float, float, Any]] = field(
        default_factory=lambda: {"FrameDurationLimits": (8333, 10_000_000, None)}
    )
    configuration: dict[str, Any] = field(default_factory=dict)
    open: int = 0
    calls: list[str] = field(default_factory=list)
    threads: set[str] = field(default_factory=set)

    def note(self, call: str) -> None:
        self.calls.append(call)
        self.threads.add(threading.current_thread().name)


class FakePicamera2:
    pi: FakePi

    @classmethod
    def global_camera_info(cls) -> list[dict[str, Any]]:
        return [{"Model": "imx708", "Num": n} for n in range(cls.pi.cameras)]

    def __init__(self, camera_num: int = 0) -> None:
        self.is_open = False
        read, self.notifyme_w = os.pipe()
        self.notifymeread = SimpleNamespace(close=lambda: os.close(read))
        self.pi.note("init")
        if camera_num >= self.pi.cameras:
            raise self.pi.missing_error("list index out of range")
        if self.pi.busy or self.pi.open:
            cause = RuntimeError("Failed to acquire camera: Device or resource busy")
            raise RuntimeError("Camera __init__ sequence did not complete.") from cause
        self.pi.open += 1
        self.is_open = True
        self.timed_out = False
        self.camera_controls = dict(self.pi.controls)

    def create_video_configuration(self, **given: Any) -> dict[str, Any]:
        return given

    def configure(self, configuration: dict[str, Any]) -> None:
        self.pi.note("configure")
        unknown = set(configuration["controls"]) - set(self.pi.controls)
        if unknown:
            raise RuntimeError(f"Control {unknown} is not advertised by libcamera")
        if self.pi.no_memory:
            self.pi.no_memory -= 1
            raise OSError(12, "Cannot allocate memory")
        self.pi.configuration = configuration
        size = self.pi.agreed_size or configuration["main"]["size"]
        wanted = configuration["transform"]
        flips = wanted if self.pi.can_flip else SimpleNamespace(hflip=False, vflip=False)
        main = {"format": self.pi.form, "size": size, "stride": self.pi.stride}
        self.agreed = {"main": main, "transform": flips}

    def camera_configuration(self) -> dict[str, Any]:
        return self.agreed

    def start(self) -> None:
        self.pi.note("start")

    @contextmanager
    def captured_request(self, wait: float | None = None) -> Iterator[Any]:
        assert wait is not None, "a dead camera would block for ever"
        assert wait, "wait=0 gives a job, not a request"
        if self.pi.capture_error is not None:
            raise self.pi.capture_error
        # A job that timed out stays in the queue: later ones wait behind it until the camera is closed.
        if self.pi.dead or self.timed_out:
            self.timed_out = True
            raise TimeoutError
        yield SimpleNamespace(camera=self)

    def detach_preview(self) -> None:
        self.pi.note("detach_preview")
        self.pi.close_error = None

    def close(self) -> None:
        self.pi.note("close")
        if self.pi.close_error is not None:
            raise self.pi.close_error
        if self.pi.close_blocks is not None:
            self.pi.close_blocks.wait()
        if self.is_open:
            self.is_open = False
            self.pi.open -= 1
            self.notifymeread.close()
            os.close(self.notifyme_w)


class FakeMappedArray:
    """Rows are ``stride`` wide; luma is row + 2 * column, the padding 255, the chroma 128."""

    def __init__(self, request: Any, stream: str, write: bool = True) -> None:
        assert stream == "main"
        assert not write
        main = request.camera.agreed["main"]
        (w, h), stride = main["size"], main["stride"]
        self.buffer = np.full((h, stride), 255, np.uint8)
        self.buffer[:, :w] = luma(w, h)
        if main["format"] == "YUYV":
            self.array = np.stack([self.buffer, np.full_like(self.buffer, 128)], axis=2)
        else:
            self.array = np.concatenate([self.buffer, np.full((h // 2, stride), 128, np.uint8)])

    def __enter__(self) -> FakeMappedArray:
        return self

    def __exit__(self, *_: object) -> None:
        self.array[:] = 77  # the buffer goes back to the camera: a view of it would change now


def luma(width: int, height: int) -> np.ndarray:
    rows, columns = np.mgrid[:height, :width]
    return ((rows + 2 * columns) % 251).astype(np.uint8)


def _module(name: str, **names: Any) -> ModuleType:
    module = ModuleType(name)
    module.__spec__ = ModuleSpec(name, None)
    module.__dict__.update(names)
    return module


@pytest.fixture
def pi(monkeypatch: pytest.MonkeyPatch) -> FakePi:
    """Puts the fake library in the place of picamera2 and libcamera; one camera is attached."""
    hardware = FakePi()
    library = type("Picamera2", (FakePicamera2,), {"pi": hardware})
    modes = SimpleNamespace(Manual=0, Auto=1, Continuous=2)
    libcamera = _module(
        "libcamera",
        Transform=lambda hflip=False, vflip=False: SimpleNamespace(hflip=int(hflip), vflip=int(vflip)),
        controls=SimpleNamespace(AfModeEnum=modes),
    )
    picamera2 = _module("picamera2", Picamera2=library, MappedArray=FakeMappedArray)
    monkeypatch.setitem(sys.modules, "picamera2", picamera2)
    monkeypatch.setitem(sys.modules, "libcamera", libcamera)
    return hardware


@pytest.fixture(scope="session")
def softcam_library() -> Any:
    """The real picamera2, taught to run on the software camera."""
    import softcam

    softcam.install()
    return importlib.import_module("picamera2")


@pytest.fixture
def taken(softcam_library: Any, monkeypatch: pytest.MonkeyPatch) -> Callable[[], AbstractContextManager[Any]]:
    """A context in which someone else has the software camera."""

    @contextmanager
    def refused() -> Iterator[None]:
        def fail(camera: Any) -> None:
            raise RuntimeError("Failed to acquire camera: Device or resource busy")

        with monkeypatch.context() as patch:
            patch.setattr(softcam_library.Picamera2, "_open_camera", fail)
            yield

    # Up to 0.3.31 a second opening in the same process takes the first one's frames, even when it fails; and
    # only in one process can the software camera be taken. There the refusal itself is played.
    if tuple(map(int, version("picamera2").split("."))) <= (0, 3, 31):
        return refused
    return lambda: make_camera("picamera2")
