"""The picamera2 back end on a fake library; test_softcam.py runs it on the real one."""

from __future__ import annotations

import contextlib
import logging
import sys
import threading
import tracemalloc
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import numpy as np
import pytest

from pi_nn.cameras import CameraSettings, Timing
from pi_nn.cameras import picamera2 as back_end
from pi_nn.cameras.picamera2 import MEMORY_PAUSE, MEMORY_TRIES, Picamera2Camera
from pi_nn.errors import CameraError
from pi_nn.reasons import MESSAGES

SMALL = CameraSettings(width=320, height=240)


@pytest.fixture
def camera(pi: Any, fake_time: Any) -> Picamera2Camera:
    return Picamera2Camera(settings=SMALL, timing=Timing(fake_time.clock, fake_time.now, fake_time.wait))


def reason_of(call: Any) -> str:
    with pytest.raises(CameraError) as caught:
        call()
    assert caught.value.reason in MESSAGES
    assert len(str(caught.value)) > 20
    return caught.value.reason


def open_files() -> int:
    return sum(1 for _ in Path("/proc/self/fd").iterdir())


def expected_luma(width: int = 320, height: int = 240) -> np.ndarray:
    rows, columns = np.mgrid[:height, :width]
    return ((rows + 2 * columns) % 251).astype(np.uint8)


def test_the_library_is_imported_when_the_camera_is_opened(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "picamera2", None)  # importing it fails now
    camera = Picamera2Camera()
    assert reason_of(camera.open) == "camera_library"


def test_one_small_stream_with_few_buffers_is_asked_for(camera: Picamera2Camera, pi: Any) -> None:
    camera.open()
    asked = pi.configuration
    assert asked["main"] == {"format": "YUV420", "size": (320, 240)}
    assert (asked["lores"], asked["raw"], asked["display"], asked["encode"]) == (None,) * 4
    assert asked["buffer_count"] == 2
    assert asked["queue"] is False
    assert asked["controls"] == {"FrameDurationLimits": (100_000, 100_000)}
    assert pi.calls == ["init", "configure", "start"]
    camera.close()


def test_capturing_makes_one_copy(pi: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    memory = np.zeros((480 * 3 // 2, 704), np.uint8)  # YUV420 of 640x480, as the camera fills it
    mapped = contextlib.nullcontext(SimpleNamespace(array=memory))
    monkeypatch.setattr(sys.modules["picamera2"], "MappedArray", lambda *_, **__: mapped)
    camera = Picamera2Camera(settings=CameraSettings(640, 480))
    with camera:
        camera.capture()
        tracemalloc.start()
        frame = camera.capture()
        held, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
    assert frame.pixels.nbytes <= held <= peak < 1.05 * frame.pixels.nbytes


def test_a_frame_is_the_brightness_without_padding_and_a_copy(camera: Picamera2Camera) -> None:
    with camera:
        frame = camera.capture()
        camera.capture()  # the first buffer is used again
    assert np.array_equal(frame.pixels, expected_luma())
    assert frame.pixels.flags.c_contiguous
    assert frame.pixels.base is None
    assert frame.source == "picamera2:0"


def test_the_size_is_what_the_camera_agreed_to(camera: Picamera2Camera, pi: Any) -> None:
    pi.agreed_size = (640, 480)
    with camera:
        assert camera.capture().pixels.shape == (480, 640)


@pytest.mark.parametrize("can_flip", [True, False])
@pytest.mark.parametrize(("h", "v"), [(False, False), (True, False), (False, True), (True, True)])
def test_flips_are_left_to_the_camera_and_done_here_where_it_cannot(
    pi: Any, can_flip: bool, h: bool, v: bool
) -> None:
    pi.can_flip = can_flip
    with Picamera2Camera(settings=CameraSettings(320, 240, hflip=h, vflip=v)) as camera:
        pixels = camera.capture().pixels
    asked = pi.configuration["transform"]
    assert (bool(asked.hflip), bool(asked.vflip)) == (h, v)
    wanted = expected_luma()
    if not can_flip:
        wanted = wanted[:: -1 if v else 1, :: -1 if h else 1]
    assert np.array_equal(pixels, wanted)
    assert pixels.flags.c_contiguous


def test_a_webcam_that_interleaves_is_read_too(camera: Picamera2Camera, pi: Any) -> None:
    pi.form = "YUYV"
    with camera:
        assert np.array_equal(camera.capture().pixels, expected_luma())


def test_an_unknown_format_is_named(camera: Picamera2Camera, pi: Any) -> None:
    pi.form = "SRGGB10"
    assert reason_of(camera.open) == "camera_failed"
    assert pi.calls[-1] == "close"


def test_exposure_and_focus_are_set_within_what_is_offered(pi: Any) -> None:
    pi.controls |= {
        "ExposureTime": (50, 200_000, None),
        "LensPosition": (0.0, 10.0, 1.0),
        "AfMode": (0, 2, 0),
    }
    settings = CameraSettings(320, 240, frame_rate=30, exposure_time=500_000, lens_position=12.0)
    with Picamera2Camera(settings=settings):
        pass
    controls = pi.configuration["controls"]
    assert controls["ExposureTime"] == 200_000
    assert controls["LensPosition"] == 10.0
    assert controls["AfMode"] == 0, "manual"
    assert controls["FrameDurationLimits"] == (500_000, 500_000), (
        "a frame cannot be shorter than its exposure"
    )


def test_autofocus_is_continuous_where_there_is_any(camera: Picamera2Camera, pi: Any) -> None:
    pi.controls["AfMode"] = (0, 2, 0)
    with camera:
        assert pi.configuration["controls"]["AfMode"] == 2


def test_what_the_camera_does_not_offer_is_left_out_with_a_warning(
    pi: Any, caplog: pytest.LogCaptureFixture
) -> None:
    settings = CameraSettings(320, 240, exposure_time=1000, lens_position=2.0)
    with caplog.at_level(logging.WARNING), Picamera2Camera(settings=settings):
        assert set(pi.configuration["controls"]) == {"FrameDurationLimits"}
    assert "offers no ExposureTime" in caplog.text
    assert "offers no LensPosition" in caplog.text


@pytest.mark.parametrize("cameras", [0, 1])
def test_no_camera(pi: Any, cameras: int) -> None:
    pi.cameras = cameras
    camera = Picamera2Camera(index=cameras)
    assert reason_of(camera.open) == "camera_missing"
    assert pi.calls == [], "asked before anything was opened"


def test_a_camera_that_vanishes_between_looking_and_opening(
    camera: Picamera2Camera, pi: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    pi.cameras, pi.missing_error = 0, IndexError
    monkeypatch.setattr(
        sys.modules["picamera2"].Picamera2, "global_camera_info", staticmethod(lambda: [{"Num": 0}])
    )
    assert reason_of(camera.open) == "camera_missing"


def test_a_busy_camera_leaves_no_file_open_and_recovers(camera: Picamera2Camera, pi: Any) -> None:
    pi.busy = True
    before = open_files()
    for _ in range(5):
        assert reason_of(camera.open) == "camera_busy"
    assert open_files() == before
    pi.busy = False
    with camera:
        assert camera.capture().sequence == 1


def test_a_dead_camera_times_out_and_recovers_only_after_reopening(camera: Picamera2Camera, pi: Any) -> None:
    camera.open()
    pi.dead = True
    assert reason_of(lambda: camera.capture(0.3)) == "camera_timeout"
    pi.dead = False
    assert reason_of(camera.capture) == "camera_timeout"
    camera.close()
    camera.open()
    assert camera.capture().sequence == 1
    camera.close()
    assert pi.open == 0


def test_any_other_fault_of_the_library_is_told(camera: Picamera2Camera, pi: Any) -> None:
    camera.open()
    pi.capture_error = RuntimeError("sensor on fire")
    with pytest.raises(CameraError, match="sensor on fire") as caught:
        camera.capture()
    assert caught.value.reason == "camera_failed"
    assert caught.value.__cause__ is pi.capture_error
    camera.close()


def test_lack_of_memory_is_waited_for(camera: Picamera2Camera, pi: Any, fake_time: Any) -> None:
    pi.no_memory = 2
    with camera:
        assert camera.capture() is not None
    assert [w for w in fake_time.waits if w] == [MEMORY_PAUSE] * 2
    assert pi.calls.count("init") == 3
    assert pi.open == 0


def test_lack_of_memory_is_not_waited_for_for_ever(camera: Picamera2Camera, pi: Any, fake_time: Any) -> None:
    pi.no_memory = 99
    assert reason_of(camera.open) == "camera_memory"
    assert pi.calls.count("init") == MEMORY_TRIES
    assert pi.open == 0


def test_waiting_for_memory_ends_when_the_program_stops(
    camera: Picamera2Camera, pi: Any, fake_time: Any
) -> None:
    pi.no_memory, fake_time.stopping = 99, True
    assert reason_of(camera.open) == "camera_memory"
    assert pi.calls.count("init") == 1


@pytest.mark.parametrize(
    ("error", "says"),
    [
        (ImportError("libcamera.so.0.6: cannot open shared object"), "apt install python3-picamera2"),
        (ValueError("numpy.dtype size changed, may indicate binary incompatibility"), "pip uninstall numpy"),
    ],
)
def test_a_library_that_cannot_be_loaded_comes_with_its_cure(
    camera: Picamera2Camera, monkeypatch: pytest.MonkeyPatch, error: Exception, says: str
) -> None:
    def broken(name: str) -> ModuleType:
        raise error

    monkeypatch.setattr(back_end.importlib, "import_module", broken)
    with pytest.raises(CameraError, match=says) as caught:
        camera.open()
    assert caught.value.reason == "camera_library"


def test_opening_and_closing_belong_to_one_thread_that_ends(camera: Picamera2Camera, pi: Any) -> None:
    with camera:
        camera.capture()
    assert pi.calls == ["init", "configure", "start", "close"]
    assert pi.threads == {"picamera2:0"}


def test_an_event_loop_that_cannot_be_stopped_does_not_keep_the_camera(
    camera: Picamera2Camera, pi: Any, caplog: pytest.LogCaptureFixture
) -> None:
    camera.open()
    pi.close_error = RuntimeError("Unable to stop preview.")
    with caplog.at_level(logging.WARNING):
        camera.close()
    assert "Unable to stop preview" in caplog.text
    assert pi.calls[-3:] == ["close", "detach_preview", "close"]
    assert pi.open == 0


def test_a_failure_while_closing_is_logged_not_raised(
    camera: Picamera2Camera, pi: Any, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    camera.open()
    pi.close_error = RuntimeError("Release failed")
    monkeypatch.setattr(type(camera._camera), "detach_preview", lambda self: None)
    with caplog.at_level(logging.WARNING):
        camera.close()
    assert "did not close: Release failed" in caplog.text
    camera.close()


def test_a_camera_that_does_not_close_is_given_up_and_comes_back(
    camera: Picamera2Camera, pi: Any, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(back_end, "CLOSE_SECONDS", 0.01)
    camera.open()
    pi.close_blocks = threading.Event()
    with caplog.at_level(logging.WARNING):
        camera.close()
    assert "does not close" in caplog.text
    assert reason_of(camera.open) == "camera_timeout", "the library has not come back"
    pi.close_blocks.set()
    stuck = next(t for t in threading.enumerate() if t.name == "picamera2:0")
    while camera._thread.stuck:
        stuck.join(0.01)
    with camera:
        assert camera.capture() is not None
    assert pi.open == 0


def test_an_opening_that_was_given_up_is_cleaned_up_by_the_next(
    camera: Picamera2Camera, pi: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(back_end, "OPEN_SECONDS", 0.01)
    late = threading.Event()
    start = sys.modules["picamera2"].Picamera2.start
    monkeypatch.setattr(sys.modules["picamera2"].Picamera2, "start", lambda self: (late.wait(), start(self)))
    assert reason_of(camera.open) == "camera_timeout"
    late.set()
    stuck = next(t for t in threading.enumerate() if t.name == "picamera2:0")
    while camera._thread.stuck:
        stuck.join(0.01)
    monkeypatch.setattr(back_end, "OPEN_SECONDS", 5.0)
    with camera:
        assert camera.capture() is not None
    assert pi.open == 0
