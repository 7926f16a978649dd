"""What every camera must do. A new one is a line in ``SPECS``."""

from __future__ import annotations

from datetime import UTC
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from pi_nn.cameras import BACK_ENDS, Camera, CameraSettings, make_camera, open_camera
from pi_nn.errors import CameraError

SPECS = {
    "picamera2": "picamera2",
    "folder": "folder:{folder}?loop=1",
    "simulated": "simulated:seed=3",
}


def test_every_registered_camera_is_under_contract() -> None:
    assert set(SPECS) == set(BACK_ENDS)


@pytest.fixture(params=SPECS)
def spec(request: pytest.FixtureRequest, pi: Any, tmp_path: Path) -> str:
    for number in range(3):
        Image.fromarray(np.full((48, 64), 50 * number, np.uint8)).save(tmp_path / f"{number}.png")
    return SPECS[request.param].format(folder=tmp_path)


@pytest.fixture
def camera(spec: str, fake_time: Any) -> Camera:
    settings = CameraSettings(width=320, height=240)
    return make_camera(spec, settings, clock=fake_time.clock, now=fake_time.now, wait=fake_time.wait)


def test_frames_are_bytes_that_nobody_can_change(camera: Camera) -> None:
    with camera:
        frame = camera.capture()
    assert frame is not None
    assert frame.pixels.dtype == np.uint8
    assert frame.pixels.ndim == 2 or frame.pixels.shape[2:] == (3,)
    assert not frame.pixels.flags.writeable
    assert frame.source.split(":")[0] == camera.source.split(":")[0]


def test_the_sequence_counts_from_one_and_goes_on_after_reopening(camera: Camera) -> None:
    numbers = []
    for _ in range(2):
        with camera:
            numbers += [camera.capture().sequence for _ in range(3)]
    assert numbers == [1, 2, 3, 4, 5, 6]


def test_times_come_from_the_clocks_handed_in(camera: Camera, fake_time: Any) -> None:
    with camera:
        first = camera.capture()
        fake_time.seconds += 2.5
        second = camera.capture()
    assert second.monotonic - first.monotonic == 2.5
    assert second.monotonic == fake_time.clock()
    assert second.captured_at == fake_time.now()


def test_without_clocks_the_real_ones_are_used(spec: str) -> None:
    with make_camera(spec, CameraSettings(width=320, height=240)) as camera:
        first, second = camera.capture(), camera.capture()
    assert first.captured_at.tzinfo is UTC
    assert first.captured_at <= second.captured_at
    assert first.monotonic <= second.monotonic


def test_closing_is_idempotent(camera: Camera) -> None:
    camera.close()
    camera.open()
    camera.close()
    camera.close()


def test_opening_twice_does_no_harm(camera: Camera) -> None:
    camera.open()
    camera.open()
    assert camera.capture().sequence == 1
    camera.close()


def test_a_closed_camera_says_so(camera: Camera) -> None:
    with pytest.raises(CameraError, match="closed; open it") as before:
        camera.capture()
    with camera:
        camera.capture()
    with pytest.raises(CameraError) as after:
        camera.capture()
    assert before.value.reason == after.value.reason == "camera_failed"


def test_the_context_manager_closes_after_an_error(camera: Camera) -> None:
    with pytest.raises(KeyError), camera:
        raise KeyError
    with pytest.raises(CameraError, match="closed"):
        camera.capture()


@pytest.mark.parametrize("timeout", [0.0, -1.0, 1.6, float("nan"), float("inf")])
def test_a_timeout_is_positive_and_short(camera: Camera, timeout: float) -> None:
    with camera, pytest.raises(ValueError, match="expected more than 0 and at most"):
        camera.capture(timeout)


def test_open_camera_opens(spec: str) -> None:
    camera = open_camera(spec, CameraSettings(width=320, height=240))
    assert camera.capture().sequence == 1
    camera.close()


def test_a_camera_goes_on_until_it_says_it_is_finished(camera: Camera) -> None:
    with camera:
        assert all(camera.capture() is not None for _ in range(10))
        assert not camera.finished
