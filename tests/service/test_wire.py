"""Real HTTP through waitress: bodies stay in memory and within bounds, errors keep their form."""

from __future__ import annotations

import http.client
import json
import socket
import tempfile
import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from pi_nn.errors import ListenError
from pi_nn.service import listener
from pi_nn.service.listener import HttpServer, listen
from pi_nn.service.wire import AT_ONCE, BodyBounds, BoundedBuffer, BusyError

LIMIT = 100_000
POST = b"POST /api/predict HTTP/1.1\r\nHost: x\r\n"


@pytest.fixture
def server(app: Any, parts: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[HttpServer]:
    """The application on a free port of the loopback."""
    monkeypatch.setattr(listener, "POLL", 0.02)
    stopping = threading.Event()
    http_server = HttpServer(app, listen("127.0.0.1", 0), max_body=LIMIT, max_streams=2)
    thread = threading.Thread(target=http_server.run, args=(stopping,))
    thread.start()
    yield http_server
    stopping.set()
    parts.board.close()
    thread.join(10)
    http_server.close()


@pytest.fixture
def connect(server: HttpServer) -> Iterator[Callable[[], http.client.HTTPConnection]]:
    made: list[http.client.HTTPConnection] = []

    def make() -> http.client.HTTPConnection:
        made.append(http.client.HTTPConnection("127.0.0.1", server.port, timeout=20))
        return made[-1]

    yield make
    for connection in made:
        connection.close()


def ask(
    connection: http.client.HTTPConnection, method: str, path: str, **kwargs: Any
) -> tuple[int, str, bytes]:
    connection.request(method, path, **kwargs)
    response = connection.getresponse()
    return response.status, response.headers["Content-Type"], response.read()


def raw(port: int, message: bytes) -> bytes:
    with socket.create_connection(("127.0.0.1", port), timeout=20) as connection:
        connection.sendall(message)
        answer = b""
        while chunk := connection.recv(65536):
            answer += chunk
        return answer


def in_pieces(body: bytes) -> Iterator[bytes]:
    """http.client sends an iterable as chunks, without a length."""
    for start in range(0, len(body), 10_000):
        yield body[start : start + 10_000]


def test_a_reading_over_real_http(connect: Any, show: Callable[..., Any]) -> None:
    show("42")
    connection = connect()
    for _ in range(3):
        status, kind, body = ask(connection, "GET", "/api/reading")
        assert (status, kind, json.loads(body)["text"]) == (200, "application/json", "42")


@pytest.mark.parametrize("chunked", [False, True])
def test_a_picture_over_real_http(
    connect: Any, picture: Callable[..., bytes], chunked: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "TemporaryFile", lambda *a, **k: pytest.fail("a temporary file was made"))
    body = picture() + b"\0" * 60_000  # what follows a picture is not looked at
    data = in_pieces(body) if chunked else body
    status, _, answer = ask(
        connect(), "POST", "/api/predict", body=data, headers={"Content-Type": "image/png"}
    )
    assert (status, json.loads(answer)["text"]) == (200, "7")


@pytest.mark.parametrize("chunked", [False, True])
@pytest.mark.parametrize("size", [LIMIT + 1, 3 * LIMIT])
def test_a_body_that_is_too_large_is_told_so_after_it_was_sent(
    connect: Any, chunked: bool, size: int
) -> None:
    data = in_pieces(b"\0" * size) if chunked else b"\0" * size
    status, kind, body = ask(
        connect(), "POST", "/api/predict", body=data, headers={"Content-Type": "image/png"}
    )
    assert (status, kind) == (413, "application/problem+json")
    assert "100000 bytes" in json.loads(body)["detail"]


@pytest.mark.parametrize(
    ("head", "status"),
    [
        (POST + b"Content-Length: 99999999999\r\n\r\n", 413),
        (POST + b"Content-Length: 100001\r\nExpect: 100-continue\r\n\r\n", 413),
        (POST + b"Content-Length: many\r\n\r\n", 400),
        (POST + b"Transfer-Encoding: chunked\r\n\r\nzz\r\n", 400),
        (POST + b"Transfer-Encoding: gzip\r\n\r\n", 501),
        (b"get / HTTP/1.1\r\nHost: x\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\nHost: x\r\nX: " + b"y" * 40_000 + b"\r\n\r\n", 431),
    ],
)  # fmt: skip
def test_what_waitress_refuses_has_the_form_of_every_other_error(
    server: HttpServer, head: bytes, status: int
) -> None:
    answer = raw(server.port, head)
    assert answer.startswith(f"HTTP/1.1 {status} ".encode()) or answer.startswith(
        f"HTTP/1.0 {status} ".encode()
    )
    assert b"application/problem+json" in answer
    assert json.loads(answer.partition(b"\r\n\r\n")[2])["status"] == status


def test_a_polite_client_may_go_on(connect: Any, picture: Callable[..., bytes]) -> None:
    headers = {"Content-Type": "image/png", "Expect": "100-continue"}
    status, _, _ = ask(connect(), "POST", "/api/predict", body=picture(), headers=headers)
    assert status == 200


def test_streams_do_not_starve_the_rest(connect: Any, show: Callable[..., Any]) -> None:
    show("42")
    viewers = []  # held: a response that is let go of closes its connection
    for path in ("/api/events", "/api/events", "/api/stream.mjpg", "/api/stream.mjpg"):
        connection = connect()
        connection.request("GET", path)
        viewers.append(connection.getresponse())
    assert [viewer.status for viewer in viewers] == [200] * 4
    assert ask(connect(), "GET", "/api/events")[0] == 503
    assert ask(connect(), "GET", "/api/reading")[0] == 200


def test_an_event_arrives_when_the_reading_changes(connect: Any, show: Callable[..., Any]) -> None:
    show("42")
    connection = connect()
    connection.request("GET", "/api/events")
    response = connection.getresponse()
    lines = [response.readline() for _ in range(4)]
    assert json.loads(lines[2].removeprefix(b"data: "))["text"] == "42"
    show("7")
    lines = [response.readline() for _ in range(4)]
    assert json.loads(lines[2].removeprefix(b"data: "))["text"] == "7"


def test_the_memory_for_all_bodies_is_bounded() -> None:
    bounds = BodyBounds(1000)
    full = [BoundedBuffer(bounds) for _ in range(AT_ONCE)]
    for buffer in full:
        buffer.append(b"x" * 1000)
    late = BoundedBuffer(bounds)
    late.append(b"x")
    assert isinstance(late.error, BusyError)
    del full[0], buffer
    later = BoundedBuffer(bounds)
    later.append(b"x" * 1000)
    assert later.error is None
    later.append(b"x")
    assert later.error.code == 413
    assert (later.held, len(later.getfile().getvalue())) == (0, 0)


def test_a_taken_port_is_told() -> None:
    with listen("127.0.0.1", 0) as taken:
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(ListenError, match=f"127.0.0.1:{port} is in use; stop the other program"):
            listen("127.0.0.1", port)


@pytest.mark.parametrize(
    ("host", "text"),
    [("no.such.host.invalid", "not known here"), ("203.0.113.9", "no address of this machine")],
)
def test_an_address_of_elsewhere_is_told(host: str, text: str) -> None:
    with pytest.raises(ListenError, match=text):
        listen(host, 0)


def test_localhost_listens() -> None:
    with listen("localhost", 0) as sock:
        assert sock.getsockname()[0] == "127.0.0.1"
