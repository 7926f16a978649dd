"""The real picamera2 on a software camera. Made by scripts/make_software_camera.sh DIR, run by DIR/pycam."""

from __future__ import annotations

import json
import os
import subprocess
import urllib.request
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from pi_nn.cameras import Camera, CameraSettings, make_camera
from pi_nn.cameras.digits import shipped_digits
from pi_nn.cameras.scenes import Scene, render
from pi_nn.errors import CameraError
from pi_nn.reader import DigitReader

pytestmark = [
    pytest.mark.softcam,
    pytest.mark.filterwarnings("ignore:setDaemon:DeprecationWarning"),
    pytest.mark.usefixtures("softcam_library"),
]
FRAMES = os.environ.get("SOFTCAM_FRAMES")
if FRAMES is None:
    pytest.skip("needs the software camera: run it with DIR/pycam", allow_module_level=True)
FAST = CameraSettings(frame_rate=30)


@pytest.fixture
def camera() -> Iterator[Camera]:
    camera = make_camera("picamera2", FAST)
    yield camera
    camera.close()


def show(text: str, seed: int = 0, size: tuple[int, int] = (640, 480)) -> Scene:
    """Puts a scene in front of the camera, which looks when it is opened."""
    scene = render(text, shipped_digits(), np.random.default_rng(seed), size=size)
    Image.fromarray(scene.pixels).convert("RGB").save(Path(str(FRAMES)) / "0.jpg", quality=95)
    return scene


def reason_of(call: Any) -> str:
    with pytest.raises(CameraError) as caught:
        call()
    return caught.value.reason


def apart(one: np.ndarray, other: np.ndarray) -> float:
    return float(np.abs(one.astype(int) - other).mean())


@pytest.mark.parametrize("size", [(640, 480), (320, 240)])
def test_the_pixels_of_the_scene_arrive(size: tuple[int, int]) -> None:
    scene = show("42", size=size)
    with make_camera("picamera2", CameraSettings(*size, frame_rate=30)) as camera:
        frame = camera.capture()
    assert frame.pixels.shape == (size[1], size[0])
    assert apart(frame.pixels, scene.pixels) < 1.5
    assert frame.source == "picamera2:0"


def test_a_size_that_is_not_offered_becomes_one_that_is() -> None:
    with make_camera("picamera2", CameraSettings(400, 300)) as camera:
        assert camera.capture().pixels.shape in ((480, 640), (240, 320))


def test_frames_follow_one_another(camera: Camera) -> None:
    with camera:
        frames = [camera.capture() for _ in range(5)]
    assert [f.sequence for f in frames] == [1, 2, 3, 4, 5]
    stamps = [f.monotonic for f in frames]
    assert stamps == sorted(set(stamps))


def test_reopening_shows_the_new_scene(camera: Camera) -> None:
    for number in ("1", "23"):
        scene = show(number)
        with camera:
            assert apart(camera.capture().pixels, scene.pixels) < 1.5


def test_flips_that_the_camera_agrees_to_are_left_to_it(camera: Camera) -> None:
    with make_camera("picamera2", CameraSettings(hflip=True, vflip=True, frame_rate=30)) as flipped:
        assert flipped.capture().pixels.shape == (480, 640)


def test_controls_that_it_does_not_have_are_left_out(caplog: pytest.LogCaptureFixture) -> None:
    with make_camera("picamera2", CameraSettings(exposure_time=1000, lens_position=1.0)) as camera:
        assert camera.capture() is not None
    assert "offers no LensPosition" in caplog.text


def test_a_camera_that_is_not_there() -> None:
    assert reason_of(make_camera("picamera2:7").open) == "camera_missing"


def test_a_busy_camera_is_told_and_recovers(camera: Camera, taken: Any) -> None:
    with taken():
        assert reason_of(camera.open) == "camera_busy"
    with camera:
        assert camera.capture() is not None


def test_the_other_camera_may_run_beside_it(camera: Camera) -> None:
    with camera, make_camera("picamera2:1", FAST) as bars:
        assert apart(bars.capture().pixels, camera.capture().pixels) > 5


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
def test_a_callback_that_raises_stops_the_frames_until_it_is_reopened(camera: Any) -> None:
    def broken(request: Any) -> None:
        raise ZeroDivisionError

    camera.open()
    camera._camera.pre_callback = broken
    assert reason_of(lambda: camera.capture(0.3)) == "camera_timeout"
    assert reason_of(lambda: camera.capture(0.3)) == "camera_timeout"
    camera.close()
    with camera:
        assert camera.capture() is not None


def test_a_camera_that_gives_nothing_times_out_and_closes(camera: Any, monkeypatch: Any) -> None:
    camera.open()
    monkeypatch.setattr(type(camera._camera), "process_requests", lambda self, display: None)
    # One frame may still be under way.
    assert reason_of(lambda: [camera.capture(0.3) for _ in range(3)]) == "camera_timeout"
    camera.close()
    monkeypatch.undo()
    with camera:
        assert camera.capture() is not None


def test_a_start_that_fails_half_way_leaves_the_camera_free(camera: Any) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")  # the library's event loop warns before it runs: it will not come up
        assert reason_of(camera.open) == "camera_failed"
    with camera:
        assert camera.capture() is not None


@pytest.mark.parametrize("text", ["7", "42", "305", "1986"])
def test_digits_before_the_camera_are_read(camera: Camera, text: str) -> None:
    show(text, seed=4)
    with camera:
        reading = DigitReader().read(camera.capture())
    assert reading.text == text
    assert reading.frame.source == "picamera2:0"


@pytest.mark.parametrize("text", ["7", "42", "305", "1986"])
def test_the_daemon_reads_them_over_http(text: str, tmp_path: Path) -> None:
    show(text, seed=4)
    code = (
        "import softcam; softcam.install(); from pi_nn.cli import main; "
        "main(['serve', '--camera', 'picamera2', '--port', '0', '--interval', '0.1'])"
    )
    command = [os.environ["PYCAM"], "-u", "-c", code]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=tmp_path) as daemon:
        try:
            address = next(
                word for line in daemon.stdout for word in line.split() if word.startswith("http://")
            )
            assert _agreed(address.rstrip("/"))["text"] == text
        finally:
            daemon.terminate()
        assert daemon.wait(5) in (0, 130, -15)


def _agreed(address: str) -> dict[str, Any]:
    with urllib.request.urlopen(f"{address}/api/events") as events:
        for line in events:
            if line.startswith(b"data:") and (reading := json.loads(line[5:]))["status"] == "ok":
                return dict(reading)
    raise AssertionError("the events ended before the frames agreed")
