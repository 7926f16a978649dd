"""Endless responses: what they send, when they end, how many there may be."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from flask.testing import FlaskClient

from pi_nn.service import streams


@pytest.fixture(autouse=True)
def _short_slices(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(streams, "SLICE", 0.0)


def opened(client: FlaskClient, path: str, **environ: Any) -> tuple[Any, Iterator[bytes]]:
    response = client.get(path, environ_overrides=environ, buffered=False)
    assert response.status_code == 200
    return response, iter(response.response)


def event(chunk: bytes) -> dict[str, Any]:
    lines = chunk.decode().splitlines()
    assert lines[0].startswith("id: ")
    assert lines[1] == "event: reading"
    return json.loads(lines[2].removeprefix("data: "))


def test_events_are_the_reading_now_and_each_change(
    client: FlaskClient, show: Callable[..., Any], parts: Any
) -> None:
    show("42")
    response, chunks = opened(client, "/api/events")
    assert response.content_type.startswith("text/event-stream")
    assert event(next(chunks))["text"] == "42"
    show("42")  # says the same
    show("43")
    assert event(next(chunks))["text"] == "43"
    parts.board.close()
    assert list(chunks) == []


def test_becoming_stale_is_an_event(client: FlaskClient, show: Callable[..., Any], clock: Any) -> None:
    show("42")
    response, chunks = opened(client, "/api/events")
    assert event(next(chunks))["status"] == "ok"
    clock.pass_by(11)
    assert event(next(chunks))["status"] == "stale"
    response.close()


def test_a_silence_is_broken_by_a_heartbeat(
    client: FlaskClient, show: Callable[..., Any], clock: Any, parts: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    parts.board.stale_after = 1000
    show("42")
    response, chunks = opened(client, "/api/events")
    next(chunks)
    wait = parts.board.wait
    monkeypatch.setattr(
        type(parts.board), "wait", lambda board, *a: (clock.pass_by(1), wait.__func__(board, *a))[1]
    )
    before = clock()
    assert next(chunks).startswith(b":")
    assert clock() - before == pytest.approx(streams.HEARTBEAT)
    response.close()


def test_the_picture_stream_sends_each_frame(client: FlaskClient, show: Callable[..., Any]) -> None:
    show("4")
    response, chunks = opened(client, "/api/stream.mjpg")
    boundary = response.content_type.partition("boundary=")[2].encode()
    for _ in range(3):
        head, _, body = next(chunks).partition(b"\r\n\r\n")
        assert head.startswith(b"--" + boundary + b"\r\n")
        assert f"Content-Length: {len(body) - 2}".encode() in head
        assert body.startswith(b"\xff\xd8")
        show("4")
    response.close()


def test_a_viewer_who_left_is_noticed(client: FlaskClient, show: Callable[..., Any]) -> None:
    show("4")
    left = [False]
    response, chunks = opened(client, "/api/events", **{"waitress.client_disconnected": lambda: left[0]})
    next(chunks)
    left[0] = True
    assert list(chunks) == []
    response.close()


@pytest.mark.parametrize("path", ["/api/events", "/api/stream.mjpg"])
def test_there_are_no_more_than_allowed(app: Any, show: Callable[..., Any], path: str, parts: Any) -> None:
    show("4")
    responses = [app.test_client().get(path, buffered=False) for _ in range(3)]
    assert [r.status_code for r in responses] == [200, 200, 503]
    assert responses[2].content_type == "application/problem+json"
    assert responses[2].headers["Retry-After"]
    kind = "events" if path == "/api/events" else "mjpeg"
    assert parts.stats.viewers[kind]() == 2
    for response in responses:
        response.close()
    assert parts.stats.viewers[kind]() == 0
    assert app.test_client().get(path, buffered=False).status_code == 200


@pytest.mark.parametrize("path", ["/api/events", "/api/stream.mjpg"])
def test_a_head_request_takes_no_slot(app: Any, show: Callable[..., Any], path: str, parts: Any) -> None:
    show("4")
    for _ in range(5):
        response = app.test_client().head(path)
        assert response.status_code == 200
        response.close()
    assert [count() for count in parts.stats.viewers.values()] == [0, 0]


def test_nothing_is_encoded_while_nobody_watches(
    parts: Any, app: Any, show: Callable[..., Any], monkeypatch: Any
) -> None:
    from pi_nn.service import pictures

    monkeypatch.setattr(pictures, "_encode", lambda *args: pytest.fail("encoded for nobody"))
    for _ in range(5):
        show("4")
    assert app.test_client().get("/api/reading").status_code == 200


def test_a_waiting_stream_ends_when_the_daemon_stops(
    client: FlaskClient, show: Callable[..., Any], parts: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(streams, "SLICE", 30.0)
    show("4")
    _, chunks = opened(client, "/api/events")
    next(chunks)
    ended: list[list[bytes]] = []
    waiter = threading.Thread(target=lambda: ended.append(list(chunks)))
    waiter.start()
    parts.board.close()
    waiter.join(10)
    assert ended == [[]]
