"""GET endpoints: what they answer, and how they refuse."""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from flask.testing import FlaskClient
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image

from pi_nn.service.routes.page import file_names


def problem(response: Any, status: int) -> dict[str, Any]:
    """The body of a problem (RFC 9457), with what every one of them must hold."""
    assert response.status_code == status, response.get_data(as_text=True)
    assert response.content_type == "application/problem+json"
    body = json.loads(response.data)
    assert set(body) >= {"type", "title", "status", "detail"}
    assert body["status"] == status
    assert body["detail"]
    return body


def test_the_reading_is_there_in_every_status(
    client: FlaskClient, show: Callable[..., Any], clock: Any
) -> None:
    assert client.get("/api/reading").get_json()["status"] == "starting"
    show("42")
    body = client.get("/api/reading").get_json()
    assert (body["status"], body["text"], body["frame"]["source"]) == ("ok", "42", "fake:0")
    clock.pass_by(100)
    response = client.get("/api/reading")
    assert (response.status_code, response.get_json()["status"]) == (200, "stale")
    assert response.headers["Cache-Control"] == "no-store"


@pytest.mark.parametrize(
    ("query", "count"), [("", 20), ("?limit=1", 1), ("?limit=5", 5), ("?limit=1000", 50), ("?other=1", 20)]
)
def test_the_history_newest_first(
    client: FlaskClient, show: Callable[..., Any], query: str, count: int
) -> None:
    for number in range(60):
        show(str(number))
    readings = client.get(f"/api/readings{query}").get_json()["readings"]
    assert len(readings) == count
    assert [r["frame"]["sequence"] for r in readings] == list(range(60, 60 - count, -1))


@pytest.mark.parametrize(
    "limit", ["0", "-1", "1001", "1e3", "ten", "", "1.0", "٣", "9" * 5000, "1;2", "0x10"]
)
def test_a_bad_limit_says_what_was_expected(client: FlaskClient, limit: str) -> None:
    body = problem(client.get("/api/readings", query_string={"limit": limit}), 400)
    assert "expected a whole number from 1 to 1000" in body["detail"]


@settings(max_examples=20, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(limit=st.text(max_size=12))
def test_any_limit_is_answered_or_refused(client: FlaskClient, limit: str) -> None:
    response = client.get("/api/readings", query_string={"limit": limit})
    good = limit.isascii() and limit.isdecimal() and 1 <= int(limit) <= 1000
    assert response.status_code == (200 if good else 400)


def test_before_the_first_frame_there_is_no_picture(client: FlaskClient) -> None:
    for path in ("/api/frame.jpg", "/api/tile.png", "/api/stream.mjpg"):
        assert "no frame yet" in problem(client.get(path), 503)["detail"]


def test_the_frame_with_and_without_boxes(client: FlaskClient, show: Callable[..., Any]) -> None:
    show("4")
    plain, boxed = client.get("/api/frame.jpg"), client.get("/api/frame.jpg?boxes=1")
    assert plain.content_type == boxed.content_type == "image/jpeg"
    plain_pixels, boxed_pixels = (np.asarray(Image.open(io.BytesIO(r.data)), int) for r in (plain, boxed))
    assert plain_pixels.shape == (48, 64)
    assert boxed_pixels.shape == (48, 64, 3)
    assert abs(plain_pixels - 200).max() < 5
    assert abs(boxed_pixels - 200).max() > 100
    problem(client.get("/api/frame.jpg?boxes=maybe"), 400)


def test_a_frame_is_encoded_once_for_all_viewers(
    client: FlaskClient, show: Callable[..., Any], monkeypatch: Any
) -> None:
    from pi_nn.service import pictures

    made: list[object] = []
    encode = pictures._encode
    monkeypatch.setattr(pictures, "_encode", lambda *args: (made.append(args), encode(*args))[1])
    show("4")
    for _ in range(5):
        client.get("/api/frame.jpg")
    assert len(made) == 1
    show("5")
    client.get("/api/frame.jpg")
    assert len(made) == 2


def test_a_tile_is_what_the_network_saw(client: FlaskClient, show: Callable[..., Any]) -> None:
    show("42")
    response = client.get("/api/tile.png?index=1")
    tile = np.asarray(Image.open(io.BytesIO(response.data)))
    assert response.content_type == "image/png"
    assert (tile.shape, tile.dtype, tile[10, 13], tile[0, 0]) == ((28, 28), np.uint8, 255, 0)


def test_a_tile_of_an_earlier_reading(client: FlaskClient, show: Callable[..., Any]) -> None:
    show("42")
    show("")
    assert client.get("/api/tile.png?reading=reading-1&index=1").status_code == 200
    problem(client.get("/api/tile.png?reading=gone"), 404)


@pytest.mark.parametrize(
    ("query", "status", "text"),
    [
        ("?index=2", 404, "the reading has 2"),
        ("?index=-1", 400, "expected a whole number"),
        ("?index=x", 400, "expected a whole number"),
        ("?index=99999999999", 400, "expected a whole number"),
    ],
)
def test_a_tile_that_is_not_there(
    client: FlaskClient, show: Callable[..., Any], query: str, status: int, text: str
) -> None:
    show("42")
    assert text in problem(client.get(f"/api/tile.png{query}"), status)["detail"]


def test_no_digit_has_no_tile(client: FlaskClient, show: Callable[..., Any]) -> None:
    show("")
    assert "has 0" in problem(client.get("/api/tile.png"), 404)["detail"]


@pytest.mark.parametrize(
    ("method", "path", "status", "text"),
    [
        ("GET", "/nothing", 404, "/openapi.json lists"),
        ("GET", "/api/", 404, "nothing at /api/"),
        ("GET", "/page/secret.txt", 404, "no file"),
        ("GET", "/page/..%2Fopenapi.json", 404, "nothing at"),
        ("GET", "/page/%2e%2e", 404, "no file"),
        ("GET", "/../etc/passwd", 404, "nothing at"),
        ("POST", "/api/reading", 405, "expected GET"),
        ("GET", "/api/predict", 405, "expected"),
        ("DELETE", "/api/model", 405, "PUT"),
        ("BREW", "/", 405, "expected GET"),
    ],
)
def test_errors_are_problems(client: FlaskClient, method: str, path: str, status: int, text: str) -> None:
    response = client.open(path, method=method)
    assert text in problem(response, status)["detail"]
    if status == 405:
        assert "OPTIONS" in response.headers["Allow"]


def test_a_fault_of_the_program_is_a_problem_too(client: FlaskClient, parts: Any, caplog: Any) -> None:
    parts.board.body = lambda: 1 / 0
    assert "its log says where" in problem(client.get("/api/reading"), 500)["detail"]
    assert "ZeroDivisionError" in caplog.text


def test_healthz_lives_whatever_happens(client: FlaskClient, parts: Any, clock: Any) -> None:
    first = client.get("/healthz").get_json()
    assert (first["status"], first["uptime_seconds"], first["last_pass_age_seconds"]) == ("alive", 0, None)
    parts.stats.last_pass = clock()
    clock.pass_by(12.5)
    parts.faults.record("camera_busy", "stop the other program")
    later = client.get("/healthz").get_json()
    assert (later["uptime_seconds"], later["last_pass_age_seconds"]) == (12.5, 12.5)
    assert later["last_fault"]["reason"] == "camera_busy"


def test_readyz_says_why_not(client: FlaskClient, show: Callable[..., Any], clock: Any, parts: Any) -> None:
    assert problem(client.get("/readyz"), 503)["reason"] == "starting"
    show("42")
    assert client.get("/readyz").get_json() == {"status": "ready", "model": "fake"}
    show("")
    assert client.get("/readyz").status_code == 200
    clock.pass_by(11)
    assert problem(client.get("/readyz"), 503)["reason"] == "stale"
    show("42", status="camera_error", reason="camera_missing")
    body = problem(client.get("/readyz"), 503)
    assert (body["reason"], "check the cable" in body["detail"]) == ("camera_missing", True)
    show("42")
    parts.model.fault = "model 'x.npz' cannot be used"
    body = problem(client.get("/readyz"), 503)
    assert (body["reason"], "x.npz" in body["detail"]) == ("model", True)


def test_the_page_loads_nothing_from_elsewhere(client: FlaskClient) -> None:
    page = client.get("/")
    assert page.content_type == "text/html; charset=utf-8"
    assert "default-src 'none'" in page.headers["Content-Security-Policy"]
    for path in ("/", *(f"/page/{name}" for name in file_names())):
        response = client.get(path)
        assert response.status_code == 200
        text = response.get_data(as_text=True).replace("http://www.w3.org/", "")
        assert "http://" not in text
        assert "https://" not in text
        assert client.get(path, headers={"If-None-Match": response.headers["ETag"]}).status_code == 304
