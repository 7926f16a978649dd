"""The contract says what the routes do, no more and no less."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from flask.testing import FlaskClient

from pi_nn import __version__
from pi_nn.reasons import MESSAGES
from pi_nn.service.exposition import STATUSES

KINDS: dict[str, Any] = {
    "object": dict,
    "array": list,
    "string": str,
    "integer": int,
    "number": (int, float),
    "null": type(None),
    "boolean": bool,
}


@pytest.fixture
def contract(client: FlaskClient) -> dict[str, Any]:
    return client.get("/openapi.json").get_json()


def test_every_route_is_in_it_and_nothing_else(app: Any, contract: dict[str, Any]) -> None:
    routes = {
        (re.sub(r"<(\w+)>", r"{\1}", rule.rule), method.lower())
        for rule in app.url_map.iter_rules()
        for method in rule.methods - {"HEAD", "OPTIONS"}
    }
    assert {(path, method) for path, item in contract["paths"].items() for method in item} == routes
    assert contract["info"]["version"] == __version__


def test_every_reference_leads_somewhere(contract: dict[str, Any]) -> None:
    for target in re.findall(r"'\$ref': '#/([^']+)'", str(contract)):
        place: Any = contract
        for step in target.split("/"):
            place = place[step]


def conforms(value: Any, schema: dict[str, Any], contract: dict[str, Any]) -> bool:
    """As much of JSON Schema as the contract uses."""
    if "$ref" in schema:
        return conforms(value, contract["components"]["schemas"][schema["$ref"].rpartition("/")[2]], contract)
    if "oneOf" in schema:
        return any(conforms(value, one, contract) for one in schema["oneOf"])
    if "enum" in schema or "const" in schema:
        return value in schema.get("enum", [schema.get("const")])
    names = schema["type"] if isinstance(schema["type"], list) else [schema["type"]]
    if not any(isinstance(value, KINDS[name]) for name in names):
        return False
    if isinstance(value, dict):
        properties = schema["properties"]
        known = set(schema["required"]) <= set(value) <= set(properties)
        return known and all(conforms(inner, properties[key], contract) for key, inner in value.items())
    if isinstance(value, list):
        return all(conforms(inner, schema["items"], contract) for inner in value)
    return True


@pytest.mark.parametrize(
    ("path", "status"),
    [("/api/reading", 200), ("/api/readings", 200), ("/api/model", 200), ("/healthz", 200), ("/readyz", 200)],
)
def test_answers_have_the_form_it_gives(
    client: FlaskClient,
    contract: dict[str, Any],
    show: Callable[..., Any],
    parts: Any,
    path: str,
    status: int,
) -> None:
    parts.faults.record("camera_busy", "stop the other program")
    show("4?2")
    answer = contract["paths"][path]["get"]["responses"][str(status)]["content"]["application/json"]
    response = client.get(path)
    assert response.status_code == status
    assert conforms(response.get_json(), answer["schema"], contract)


def test_problems_have_the_form_it_gives(client: FlaskClient, contract: dict[str, Any]) -> None:
    for path in ("/readyz", "/nothing", "/api/frame.jpg"):
        assert conforms(client.get(path).get_json(force=True), {"$ref": "#/Problem"}, contract)


def test_the_check_can_fail(contract: dict[str, Any]) -> None:
    assert not conforms({"status": "ready"}, contract["components"]["schemas"]["Health"], contract)
    assert not conforms(
        "fine", contract["components"]["schemas"]["Reading"]["properties"]["status"], contract
    )


def test_statuses_and_reasons_are_the_closed_lists(contract: dict[str, Any]) -> None:
    assert tuple(contract["components"]["schemas"]["Reading"]["properties"]["status"]["enum"]) == STATUSES
    assert {"reading_failed", "awaiting_agreement", "stale"} <= set(MESSAGES)
