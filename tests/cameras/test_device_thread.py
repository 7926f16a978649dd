"""One thread that a device belongs to."""

from __future__ import annotations

import threading

import pytest

from pi_nn.cameras.device_thread import DeviceThread, never


def test_calls_run_in_one_other_thread() -> None:
    thread, seen = DeviceThread("device"), []
    for _ in range(3):
        thread.call(lambda: seen.append(threading.current_thread()), 5, never)
    thread.end()
    assert len(set(seen)) == 1
    assert seen[0].daemon
    assert seen[0] is not threading.current_thread()
    seen[0].join(5)
    assert not seen[0].is_alive()


@pytest.mark.parametrize("error", [KeyError("x"), TimeoutError("of the call itself"), SystemExit(3)])
def test_what_a_call_raises_comes_back(error: BaseException) -> None:
    thread = DeviceThread("device")

    def fails() -> None:
        raise error

    with pytest.raises(type(error)) as caught:
        thread.call(fails, 5, never)
    assert caught.value is error
    assert not thread.stuck
    thread.end()


def test_a_call_that_hangs_is_given_up_and_blocks_the_next() -> None:
    thread, release = DeviceThread("device"), threading.Event()
    with pytest.raises(TimeoutError):
        thread.call(lambda: bool(release.wait()) and None, 0.01, never)
    assert thread.stuck
    with pytest.raises(TimeoutError, match="earlier call"):
        thread.call(lambda: None, 5, never)
    release.set()
    thread._last.result(5)
    thread.call(lambda: None, 5, never)
    thread.end()


def test_waiting_ends_when_the_program_stops() -> None:
    thread, release = DeviceThread("device"), threading.Event()
    with pytest.raises(TimeoutError):
        thread.call(lambda: bool(release.wait()) and None, 3600, lambda: True)
    release.set()
    thread.end()
