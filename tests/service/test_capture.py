"""The capture loop: publishes, survives whatever a camera does, feeds the watchdog, and ends."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from pi_nn.service.capture import LAST_BACK_OFF, PASS_TIMEOUT, CapturePlan


@pytest.fixture(autouse=True)
def _quiet(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.CRITICAL, "pi_nn.service")


def test_starting_until_the_first_frame(bench: Callable[..., Any], noise: list[np.ndarray]) -> None:
    b = bench(noise, ["7"], votes=1)
    assert b.board.latest.reading.status == "starting"
    assert b.board.latest.frame is None
    assert b.passes(1)[0].text == "7"
    assert b.board.latest.frame is not None
    assert b.board.latest.frame.sequence == 1


def test_a_fault_is_a_reading_and_the_last_picture_stays(
    bench: Callable[..., Any], noise: list[np.ndarray], camera_error: Callable[..., Exception]
) -> None:
    b = bench([noise[0], camera_error("camera_timeout"), noise[1]], ["7"], votes=1)
    before, broken, after = b.passes(3)
    assert (broken.status, broken.reason, broken.text) == ("camera_error", "camera_timeout", None)
    assert broken.message == "the fake camera says camera_timeout"
    assert broken.frame == before.frame
    assert after.text == "7"
    assert [r.status for r in b.board.recent(9)] == ["ok", "camera_error", "ok"]
    assert (b.camera.opened, b.camera.closed) == (2, 1)


def test_the_waits_between_attempts_grow_to_a_bound_and_fall_back(
    bench: Callable[..., Any], noise: list[np.ndarray], camera_error: Callable[..., Exception]
) -> None:
    b = bench([*(camera_error() for _ in range(7)), noise[0], camera_error()], ["7"])
    waits = [b.loop.step() for _ in range(9)]
    assert waits == [0.5, 1.0, 2.0, 4.0, 8.0, LAST_BACK_OFF, LAST_BACK_OFF, 0.4, 0.5]


def test_a_lasting_fault_does_not_push_out_the_history(
    bench: Callable[..., Any], noise: list[np.ndarray], camera_error: Callable[..., Exception]
) -> None:
    b = bench([*noise[:5], *(camera_error() for _ in range(500))], ["1", "2", "3", "4", "5"], votes=1)
    shown = b.passes(505)
    assert len({r.id for r in shown[5:]}) == 1
    assert [r.raw for r in b.board.recent(100)] == ["5", "5", "4", "3", "2", "1"]
    assert b.stats.camera_errors == {"camera_timeout": 500}


def test_another_reason_is_another_reading(
    bench: Callable[..., Any], camera_error: Callable[..., Exception]
) -> None:
    b = bench([camera_error("camera_missing"), camera_error("camera_busy"), camera_error("camera_busy")])
    first, second, third = b.passes(3)
    assert [first.reason, second.reason, third.reason] == ["camera_missing", "camera_busy", "camera_busy"]
    assert first.id != second.id == third.id
    assert first.frame is None


@pytest.mark.parametrize("error", [ValueError("x"), MemoryError(), OSError("gone"), RuntimeError("callback")])
def test_a_fault_in_a_back_end_does_not_end_the_loop(
    bench: Callable[..., Any], noise: list[np.ndarray], error: Exception
) -> None:
    b = bench([error, noise[0]], ["7"], votes=1)
    broken, after = b.passes(2)
    assert (broken.status, broken.reason) == ("camera_error", "camera_failed")
    assert after.text == "7"


def test_a_fault_in_reading_shows_the_frame_and_no_digits(
    bench: Callable[..., Any], noise: list[np.ndarray]
) -> None:
    b = bench(noise[:3], ["7", ValueError("broken model"), "7"], votes=1)
    _, broken, after = b.passes(3)
    assert (broken.status, broken.reason, broken.digits) == ("camera_error", "reading_failed", ())
    assert broken.frame is not None
    assert broken.frame.sequence == 2
    assert after.text == "7"


def test_after_a_fault_the_vote_begins_anew(
    bench: Callable[..., Any], noise: list[np.ndarray], camera_error: Callable[..., Exception]
) -> None:
    b = bench([noise[0], noise[1], camera_error(), noise[2], noise[3]], ["7"], votes=2)
    assert b.texts(5) == [None, "7", None, None, "7"]


def test_a_closing_camera_may_fail(
    bench: Callable[..., Any], noise: list[np.ndarray], camera_error: Callable[..., Exception]
) -> None:
    b = bench([camera_error(), noise[0]], ["7"], votes=1)

    def close() -> None:
        raise RuntimeError("stuck")

    b.camera.close = close
    assert b.passes(2)[1].text == "7"


def test_systemd_hears_ready_once_and_a_watchdog_for_each_pass(
    bench: Callable[..., Any], noise: list[np.ndarray], camera_error: Callable[..., Exception]
) -> None:
    b = bench([camera_error(), noise[0], noise[1]], ["7"])
    b.passes(3)
    assert b.told == [
        "STATUS=the fake camera says camera_timeout",
        "WATCHDOG=1",
        "READY=1",
        "STATUS=reading fake:0",
        "WATCHDOG=1",
        "WATCHDOG=1",
    ]


def test_a_pass_that_took_too_long_does_not_feed_the_watchdog(
    bench: Callable[..., Any], noise: list[np.ndarray]
) -> None:
    b = bench(noise, ["7"])
    look = b.model.look

    def slow(frame: Any) -> Any:
        b.clock.pass_by(PASS_TIMEOUT + 1)
        return look(frame)

    b.model.look = slow
    b.passes(1)
    assert b.told == ["READY=1"]


def test_the_end_of_a_folder_is_no_fault(bench: Callable[..., Any], noise: list[np.ndarray]) -> None:
    b = bench(noise[:2], ["1", "2"], source="folder:x")
    shown = b.passes(6)
    assert shown[-1].text == "2"
    b.clock.pass_by(10_000)
    assert b.board.now().reading.status == "ok"
    assert [r.text for r in b.board.recent(9)] == ["2", "1"]
    assert b.stats.camera_errors == {}


def test_a_still_scene_keeps_its_reading_but_not_its_age(bench: Callable[..., Any]) -> None:
    still = np.full((48, 64), 90, np.uint8)
    b = bench([still] * 6, ["42"], votes=2)
    shown = b.passes(6)
    assert len({r.id for r in shown[1:]}) == 1
    assert [r.frame.sequence for r in shown] == [1, 2, 3, 4, 5, 6]
    assert [r.text for r in b.board.recent(9)] == ["42", None]


def test_another_model_reads_the_still_scene_again(bench: Callable[..., Any]) -> None:
    still = np.full((48, 64), 90, np.uint8)
    b = bench([still] * 6, ["1", "2"], votes=2)
    assert b.texts(3) == [None, "1", "1"]
    b.model.readers = object()
    assert b.texts(3) == [None, "2", "2"]


def test_another_plan_closes_the_camera_and_opens_its_own(
    bench: Callable[..., Any], noise: list[np.ndarray]
) -> None:
    b = bench(noise, ["1"], votes=2)
    other = bench(noise[5:], ["1"], source="other:0").camera
    b.passes(1)
    b.loop.change(CapturePlan(other, 2.0, 1))
    assert b.passes(1)[0].text == "1"
    assert b.board.latest.frame.source == "other:0"
    assert (b.camera.is_open, other.is_open) == (False, True)
    assert b.loop.step() == 2.0


def test_the_same_camera_in_another_plan_stays_open(
    bench: Callable[..., Any], noise: list[np.ndarray]
) -> None:
    b = bench(noise, ["1"], votes=2)
    b.passes(1)
    b.loop.change(CapturePlan(b.camera, 2.0, 1))
    b.passes(1)
    assert (b.camera.opened, b.camera.closed) == (1, 0)


def test_a_slow_reading_still_leaves_a_rest(bench: Callable[..., Any], noise: list[np.ndarray]) -> None:
    b = bench(noise, ["1"])
    look = b.model.look

    def slow(frame: Any) -> Any:
        b.clock.pass_by(0.3)
        return look(frame)

    b.model.look = slow
    assert b.loop.step() == pytest.approx(0.1)
    b.model.look = lambda frame: (b.clock.pass_by(3.0), look(frame))[1]
    assert b.loop.step() == pytest.approx(0.1)


def test_run_ends_when_told_and_closes_the_camera(bench: Callable[..., Any], noise: list[np.ndarray]) -> None:
    b = bench(noise, ["1"])
    waits: list[float] = []

    def wait(seconds: float) -> bool:
        waits.append(seconds)
        return len(waits) > 3

    b.loop._wait = wait
    b.loop.run()
    assert waits == [0.0, 0.4, 0.4, 0.4]
    assert not b.camera.is_open


def test_a_capture_cut_short_by_the_end_is_no_fault(
    bench: Callable[..., Any], camera_error: Callable[..., Exception]
) -> None:
    b = bench([camera_error()])
    b.stopping[0] = True
    b.loop.step()
    assert b.board.latest.reading.status == "starting"
    assert b.faults.last is None


def test_a_long_run_keeps_no_more_than_its_history(
    bench: Callable[..., Any], noise: list[np.ndarray]
) -> None:
    b = bench([noise[n % 40] for n in range(500)], ["42"])
    b.passes(500)
    assert b.stats.frames == 500
    assert len(b.board.recent(1000)) == 50
