"""The simulated camera: seeded, knows the truth, fails to order."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from pi_nn.cameras import CameraSettings, Timing, make_camera
from pi_nn.cameras.digits import DigitImages
from pi_nn.cameras.simulated import HOLD, SimulatedCamera, Simulation
from pi_nn.errors import CameraError

SMALL = CameraSettings(width=320, height=240)


def simulated(argument: str, fake_time: Any) -> SimulatedCamera:
    timing = Timing(fake_time.clock, fake_time.now, fake_time.wait)
    camera = SimulatedCamera.from_argument(argument, SMALL, timing)
    camera.open()
    return camera


def reasons(camera: SimulatedCamera, captures: int, timeout: float = 1.5) -> list[str]:
    """For each capture the reason it failed for, or what it showed."""
    seen = []
    for _ in range(captures):
        try:
            camera.capture(timeout)
            seen.append(camera.truth.text or "blank")
        except CameraError as error:
            seen.append(error.reason)
    return seen


def test_frames_have_the_size_that_was_asked_for(fake_time: Any) -> None:
    assert simulated("", fake_time).capture().pixels.shape == (240, 320)
    assert SimulatedCamera().settings.height == 480


def test_the_same_seed_shows_the_same(fake_time: Any) -> None:
    one, same, other = (simulated(f"seed={s}", fake_time) for s in (5, 5, 6))
    for _ in range(3 * HOLD):
        frame = one.capture().pixels
        assert np.array_equal(frame, same.capture().pixels)
        assert one.truth == same.truth
        other.capture()
    assert not np.array_equal(frame, other.capture().pixels)


def test_a_scene_stays_a_still_picture_and_then_changes(fake_time: Any) -> None:
    camera = simulated("seed=1", fake_time)
    first = [camera.capture().pixels for _ in range(HOLD)]
    assert all(pixels is first[0] for pixels in first)
    assert camera.capture().pixels is not first[0]


def test_numbers_have_as_many_digits_as_was_said(fake_time: Any) -> None:
    camera = simulated("digits=2-3", fake_time)
    texts = set(reasons(camera, 40 * HOLD))
    assert {len(text) for text in texts} == {2, 3}
    assert len(texts) > 20


def test_a_number_that_was_ordered_stays_in_view(fake_time: Any) -> None:
    camera = simulated("digits=042", fake_time)
    frames = [camera.capture().pixels for _ in range(3 * HOLD)]
    assert camera.truth.text == "042"
    assert len(camera.truth.boxes) == 3
    assert all(pixels is frames[0] for pixels in frames)


def test_noise_is_another_one_in_every_frame_and_the_truth_stays(fake_time: Any) -> None:
    camera = simulated("scene=paper+noise.2", fake_time)
    first, truth = camera.capture().pixels, camera.truth
    assert not np.array_equal(first, camera.capture().pixels)
    assert camera.truth == truth
    again = simulated("scene=paper+noise.2", fake_time)
    assert np.array_equal(first, again.capture().pixels)


def test_blank_shows_paper_without_digits_and_the_scene_comes_back(fake_time: Any) -> None:
    camera = simulated("digits=7,blank=2-3", fake_time)
    shown = camera.capture().pixels
    assert np.ptp(camera.capture().pixels) == 0
    assert camera.truth.text == ""
    assert camera.truth.boxes == ()
    camera.capture()
    assert np.array_equal(camera.capture().pixels, shown)


@pytest.mark.parametrize(
    ("order", "expected"),
    [
        ("fail=2", ["camera_failed", "camera_failed", "7", "7", "7"]),
        ("fail=2-3", ["7", "camera_failed", "camera_failed", "7", "7"]),
        ("fail=4-", ["7", "7", "7", "camera_failed", "camera_failed"]),
        ("fail=0", ["7"] * 5),
        ("fail", ["camera_failed"] * 5),
        ("fail=always", ["camera_failed"] * 5),
        ("hang=1", ["camera_timeout", "7", "7", "7", "7"]),
        ("blank=2-2,fail=1,hang=4-4", ["camera_failed", "blank", "7", "camera_timeout", "7"]),
        ("slow,blank=2", ["blank", "blank", "7", "7", "7"]),
    ],
)
def test_faults_strike_the_captures_they_were_ordered_for(
    order: str, expected: list[str], fake_time: Any
) -> None:
    assert reasons(simulated(f"digits=7,{order}", fake_time), 5) == expected


def test_faults_are_counted_over_reopening(fake_time: Any) -> None:
    camera = simulated("digits=7,fail=2", fake_time)
    seen = []
    for _ in range(3):
        seen += reasons(camera, 1)
        camera.close()
        camera.open()
    assert seen == ["camera_failed", "camera_failed", "7"]


def test_a_hang_lasts_as_long_as_the_timeout(fake_time: Any) -> None:
    camera = simulated("hang", fake_time)
    with pytest.raises(CameraError, match=r"no frame within 0\.7 s") as caught:
        camera.capture(0.7)
    assert caught.value.reason == "camera_timeout"
    assert fake_time.waits == [0.7]


def test_a_hang_ends_when_the_program_stops(fake_time: Any) -> None:
    camera = simulated("hang", fake_time)
    fake_time.stopping = True
    with pytest.raises(CameraError):
        camera.capture()
    assert len(fake_time.waits) == 1


def test_waiting_for_a_slow_frame_ends_when_the_program_stops(fake_time: Any) -> None:
    camera = simulated("slow", fake_time)
    fake_time.stopping = True
    assert reasons(camera, 1) == ["camera_timeout"]


def test_a_slow_frame_comes_late_but_in_time(fake_time: Any) -> None:
    camera = simulated("digits=7,slow=1", fake_time)
    assert reasons(camera, 2) == ["7", "7"]
    assert fake_time.waits == [1.0]


def test_a_slow_frame_is_too_late_for_a_short_timeout(fake_time: Any) -> None:
    assert reasons(simulated("slow", fake_time), 1, timeout=0.5) == ["camera_timeout"]
    assert fake_time.waits == [0.5]


def test_frames_come_at_the_rate_that_was_ordered(fake_time: Any) -> None:
    camera = simulated("fps=4", fake_time)
    stamps = [camera.capture().monotonic for _ in range(4)]
    assert np.diff(stamps).tolist() == [0.25, 0.25, 0.25]


def test_without_a_rate_there_is_no_waiting(fake_time: Any) -> None:
    reasons(simulated("", fake_time), 5)
    assert fake_time.waits == []


def test_the_caller_may_bring_digits() -> None:
    images = np.zeros((1, 28, 28), np.uint8)
    images[0, 4:24, 12:16] = 255
    digits = DigitImages(images, np.array([1], np.uint8))
    camera = SimulatedCamera(Simulation(text="111"), settings=SMALL, digits=digits)
    with camera:
        camera.capture()
    widths = [w / h for _, _, w, h in camera.truth.boxes]
    assert len(widths) == 3
    assert all(width < 0.5 for width in widths)


def test_the_frame_is_made_for_the_settings() -> None:
    with make_camera("simulated", CameraSettings(width=800, height=200)) as camera:
        assert camera.capture().pixels.shape == (200, 800)
