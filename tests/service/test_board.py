"""The board: what is read while it is written, ages, staleness, history."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from typing import Any

import pytest


def test_the_body_is_the_reading_with_its_age_now(parts: Any, show: Callable[..., Any], clock: Any) -> None:
    show("42")
    for seconds in (0, 0.08, 3, 6.5):
        clock.pass_by(seconds)
        body = json.loads(parts.board.body())
        assert body == parts.board.now().reading.to_json(clock())
    assert body["frame"]["age_seconds"] == pytest.approx(9.58)


def test_a_hostile_source_does_not_confuse_the_age(parts: Any, show: Callable[..., Any], clock: Any) -> None:
    show("42", note='"age_seconds": 0.0')
    clock.pass_by(2)
    assert json.loads(parts.board.body()) == parts.board.now().reading.to_json(clock())


def test_before_the_first_frame_it_is_starting_then_stale(parts: Any, clock: Any) -> None:
    assert json.loads(parts.board.body())["status"] == "starting"
    assert json.loads(parts.board.body())["frame"] is None
    clock.pass_by(10.1)
    assert json.loads(parts.board.body())["status"] == "stale"


@pytest.mark.parametrize(
    ("age", "status", "text"), [(0, "ok", "42"), (10, "ok", "42"), (10.5, "stale", None)]
)
def test_a_reading_becomes_stale(
    parts: Any, show: Callable[..., Any], clock: Any, age: float, status: str, text: str | None
) -> None:
    show("42")
    clock.pass_by(age)
    reading = parts.board.now().reading
    assert (reading.status, reading.text, reading.raw) == (status, text, "42")
    assert (reading.reason, bool(reading.message)) == (
        ("stale", True) if status == "stale" else (None, False)
    )


def test_a_fresh_frame_ends_staleness(parts: Any, show: Callable[..., Any], clock: Any) -> None:
    show("42")
    clock.pass_by(60)
    assert parts.board.now().reading.status == "stale"
    show("42")
    assert parts.board.now().reading.status == "ok"


def test_a_camera_error_stays_one(parts: Any, show: Callable[..., Any], clock: Any) -> None:
    show("42", status="camera_error", reason="camera_busy")
    clock.pass_by(60)
    assert parts.board.now().reading.reason == "camera_busy"


def test_the_stale_reading_is_made_once(parts: Any, show: Callable[..., Any], clock: Any) -> None:
    show("42")
    clock.pass_by(60)
    assert parts.board.now() is parts.board.now()


def test_the_history_is_bounded_and_newest_first(
    new_board: Callable[..., Any], parts: Any, show: Callable[..., Any]
) -> None:
    parts.board.resize(3)
    for text in ("1", "2", "3", "4", "5"):
        show(text)
    assert [r.raw for r in parts.board.recent(10)] == ["5", "4", "3"]
    assert [r.raw for r in parts.board.recent(2)] == ["5", "4"]
    parts.board.resize(2)
    assert [r.raw for r in parts.board.recent(10)] == ["5", "4"]


def test_waiting_sees_publications_and_the_end(parts: Any, show: Callable[..., Any]) -> None:
    board = parts.board
    assert board.wait(-1, 0)
    assert not board.wait(0, 0)
    show("1")
    assert board.wait(0, 0)
    woken = threading.Event()
    waiter = threading.Thread(target=lambda: (board.wait(board.latest.version, 30), woken.set()))
    waiter.start()
    board.close()
    waiter.join(10)
    assert woken.is_set()
    assert board.closed


def test_readers_see_whole_snapshots_while_one_writes(parts: Any, show: Callable[..., Any]) -> None:
    """Reading, frame and tiles always belong together."""
    torn: list[object] = []
    done = threading.Event()

    def read() -> None:
        while not done.is_set():
            shot = parts.board.now()
            if shot.frame is not None and shot.frame.sequence != shot.reading.frame.sequence:
                torn.append(shot)
            json.loads(parts.board.body())
            parts.board.recent(5)

    readers = [threading.Thread(target=read) for _ in range(3)]
    for reader in readers:
        reader.start()
    for number in range(100):
        show(str(number % 10))
    done.set()
    for reader in readers:
        reader.join(10)
    assert torn == []


def test_uploads_can_be_found_for_a_while(parts: Any, show: Callable[..., Any]) -> None:
    entries = [show("7") for _ in range(1)]
    parts.board.keep_upload(entries[0])
    assert parts.board.find("reading-1") is entries[0]
    assert parts.board.find("nobody") is None
