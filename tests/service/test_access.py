"""Who may do what. Nothing that changes state works for a stranger."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from flask.testing import FlaskClient

from pi_nn.service.routes.page import file_names

TOKEN = "correct horse battery"
BEARER = {"Authorization": f"Bearer {TOKEN}"}
READS = (
    "/api/reading",
    "/api/readings",
    "/healthz",
    "/metrics",
    "/api/model",
    "/api/frame.jpg",
    "/api/tile.png",
)


def put_model(
    client: FlaskClient, remote: str = "127.0.0.1", host: str = "localhost:8000", **headers: str
) -> int:
    response = client.put(
        "/api/model",
        json={},
        headers={"Host": host, **{name.replace("_", "-"): value for name, value in headers.items()}},
        environ_overrides={"REMOTE_ADDR": remote},
    )
    return response.status_code


# An empty body is a 400: whoever gets that far has been let in.
LET_IN = 400


@pytest.mark.parametrize(
    ("remote", "host", "status"),
    [
        ("127.0.0.1", "localhost:8000", LET_IN),
        ("127.0.0.1", "localhost", LET_IN),
        ("127.0.0.1", "127.0.0.1:8000", LET_IN),
        ("127.5.5.5", "127.0.0.1", LET_IN),
        ("::1", "[::1]:8000", LET_IN),
        ("::ffff:127.0.0.1", "localhost:8000", LET_IN),
        ("192.168.1.7", "localhost:8000", 403),
        ("192.168.1.7", "pi.local:8000", 403),
        ("::ffff:192.168.1.7", "localhost", 403),
        ("fe80::1", "localhost", 403),
        ("", "localhost", 403),
        # A page whose name was made to point here (DNS rebinding).
        ("127.0.0.1", "evil.example:8000", 403),
        ("127.0.0.1", "localhost.evil.example", 403),
        ("127.0.0.1", "127.0.0.1.evil.example", 403),
    ],
)
def test_without_a_token_only_this_machine_changes_anything(
    client: FlaskClient, remote: str, host: str, status: int
) -> None:
    assert put_model(client, remote, host) == status


@pytest.mark.parametrize("header", ["X_Forwarded_For", "Forwarded", "X_Real_Ip"])
def test_a_proxy_is_not_this_machine(client: FlaskClient, header: str) -> None:
    assert put_model(client, **{header: "127.0.0.1"}) == 403


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Origin": "http://localhost:8000"}, LET_IN),
        ({"Origin": "http://LOCALHOST:8000"}, LET_IN),
        ({"Origin": "http://localhost:9999"}, 403),
        ({"Origin": "http://evil.example"}, 403),
        ({"Origin": "null"}, 403),
        ({"Sec_Fetch_Site": "same-origin"}, LET_IN),
        ({"Sec_Fetch_Site": "none"}, LET_IN),
        ({"Sec_Fetch_Site": "cross-site"}, 403),
        ({"Sec_Fetch_Site": "same-site"}, 403),
    ],
)
@pytest.mark.parametrize("token", [None, TOKEN])
def test_another_site_s_page_changes_nothing(
    client: FlaskClient, change: Callable[..., None], headers: dict[str, str], status: int, token: str | None
) -> None:
    change(token=token)
    assert put_model(client, **headers, **(BEARER if token else {})) == status


@pytest.mark.parametrize(
    ("authorization", "status"),
    [
        (f"Bearer {TOKEN}", LET_IN),
        (f"bearer  {TOKEN} ", LET_IN),
        ("Bearer wrong", 401),
        (f"Bearer {TOKEN}x", 401),
        (f"Bearer {TOKEN[:-1]}", 401),
        (f"Basic {TOKEN}", 401),
        (TOKEN, 401),
        ("Bearer", 401),
        ("Bearer ", 401),
        ("Bearer tökén", 401),
        ("", 401),
    ],
)
@pytest.mark.parametrize("remote", ["127.0.0.1", "192.168.1.7"])
def test_with_a_token_it_is_the_token_that_counts(
    client: FlaskClient, change: Callable[..., None], authorization: str, status: int, remote: str
) -> None:
    change(token=TOKEN)
    assert put_model(client, remote, "pi.local", Authorization=authorization) == status


def test_a_refusal_says_how_to_send_the_token(client: FlaskClient, change: Callable[..., None]) -> None:
    change(token=TOKEN)
    response = client.post("/api/corrections", json={})
    assert response.status_code == 401
    assert response.headers["WWW-Authenticate"].startswith("Bearer")
    assert response.content_type == "application/problem+json"
    assert "Authorization: Bearer" in json.loads(response.data)["detail"]
    assert TOKEN not in response.get_data(as_text=True)


def test_reading_needs_no_token_unless_it_is_asked_for(
    client: FlaskClient, show: Callable[..., Any], change: Callable[..., None]
) -> None:
    show("42")
    change(token=TOKEN)
    assert {path: client.get(path).status_code for path in READS} == dict.fromkeys(READS, 200)
    change(require_token_for_reads=True)
    assert {path: client.get(path).status_code for path in READS} == dict.fromkeys(READS, 401)
    assert {path: client.get(path, headers=BEARER).status_code for path in READS} == dict.fromkeys(READS, 200)
    assert client.post("/api/predict", json={}).status_code == 401
    for path in ("/", "/openapi.json", *(f"/page/{name}" for name in file_names())):
        assert client.get(path).status_code == 200, "the page must be there to ask for the token"


def test_reads_that_need_a_token_nobody_set_stay_shut(
    client: FlaskClient, change: Callable[..., None]
) -> None:
    change(require_token_for_reads=True)
    assert client.get("/api/reading").status_code == 401
    assert client.get("/api/reading", headers={"Authorization": "Bearer None"}).status_code == 401


def test_predicting_changes_nothing_and_needs_no_token(
    client: FlaskClient, change: Callable[..., None]
) -> None:
    change(token=TOKEN)
    response = client.post(
        "/api/predict", json={"pixels": [0] * 784}, environ_overrides={"REMOTE_ADDR": "10.0.0.9"}
    )
    assert response.status_code == 200


def test_every_route_that_changes_something_is_guarded(
    app: Any, client: FlaskClient, change: Callable[..., None]
) -> None:
    """A new route is guarded without anybody thinking of it."""
    change(token=TOKEN)
    guarded = 0
    for rule in app.url_map.iter_rules():
        for method in rule.methods - {"GET", "HEAD", "OPTIONS"}:
            if rule.rule != "/api/predict":
                assert client.open(rule.rule, method=method).status_code == 401, rule.rule
                guarded += 1
    assert guarded >= 2
