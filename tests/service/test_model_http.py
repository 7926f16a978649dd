"""GET and PUT /api/model: a model is swapped while the daemon runs, or the running one stays."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from flask.testing import FlaskClient

from pi_nn.config import Settings
from pi_nn.errors import WeightsError
from pi_nn.nn import Thresholds, build_network, save_network
from pi_nn.service import models
from pi_nn.service.models import ModelSlot


@pytest.fixture(scope="session")
def weights(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A sound weights file of a network that has learnt nothing."""
    path = tmp_path_factory.mktemp("models") / "own.npz"
    network = build_network("784-4-10", rng=np.random.default_rng(0))
    save_network(
        path,
        network,
        name="own",
        classes=tuple("0123456789"),
        thresholds=Thresholds(0.6, 0.2, 0.4),
        record={},
    )
    return path


def test_what_runs(client: FlaskClient) -> None:
    body = client.get("/api/model").get_json()
    assert (body["name"], body["sha256"], body["parameters"]) == ("fake", "0" * 64, 10)
    assert body["thresholds"] == {"confidence": 0.94, "margin": 0.3, "junk": 0.5}
    assert body["classes"] == list("0123456789")


def test_another_model_takes_its_place(
    client: FlaskClient, parts: Any, weights: Path, show: Callable[..., Any]
) -> None:
    show("42")
    parts.model.fault = "an old story"
    response = client.put("/api/model", json={"name": str(weights)})
    assert response.status_code == 200
    assert (response.get_json()["name"], response.get_json()["fault"]) == ("own", None)
    assert client.get("/api/model").get_json()["name"] == "own"
    assert client.post("/api/predict", json={"pixels": [0.5] * 784}).get_json()["model"]["name"] == "own"


@pytest.mark.parametrize("content", [b"", b"no zip", b"PK\x03\x04" + b"\0" * 64])
def test_a_damaged_file_leaves_the_running_one(client: FlaskClient, tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "bad.npz"
    path.write_bytes(content)
    response = client.put("/api/model", json={"name": str(path)})
    assert response.status_code == 422
    assert "the running one stays" in response.get_json(force=True)["detail"]
    assert client.get("/api/model").get_json()["name"] == "fake"


def test_a_model_that_cannot_read_the_camera_s_frame_is_rolled_back(
    client: FlaskClient, parts: Any, weights: Path, show: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    show("42")

    class Broken(models.DigitReader):
        def examine(self, image: Any) -> Any:
            raise FloatingPointError("overflow")

    monkeypatch.setattr(models, "DigitReader", Broken)
    before = parts.model.readers
    response = client.put("/api/model", json={"name": str(weights)})
    assert response.status_code == 422
    assert "FloatingPointError: overflow" in response.get_json(force=True)["detail"]
    assert parts.model.readers is before


@pytest.mark.parametrize(
    ("body", "status", "text"),
    [
        ({"name": "nobody"}, 422, "nobody"),
        ({"name": ""}, 400, "expected"),
        ({"name": 7}, 400, "expected"),
        ({"name": "x" * 1001}, 400, "expected"),
        ({"name": "a\0b"}, 400, "expected"),
        ({}, 400, '{"name"'),
        ([], 400, "a list"),
    ],
)
def test_a_bad_request_says_what_was_expected(client: FlaskClient, body: Any, status: int, text: str) -> None:
    response = client.put("/api/model", json=body)
    assert response.status_code == status
    assert text in response.get_json(force=True)["detail"]


def test_only_json_is_taken(client: FlaskClient) -> None:
    assert client.put("/api/model", data=b"{}", content_type="text/plain").status_code == 415


def test_the_settings_thresholds_and_region_count(weights: Path) -> None:
    settings = Settings(model=str(weights), min_confidence=0.9, max_junk=0.1, roi=(0.25, 0.25, 0.5, 0.5))
    slot = ModelSlot.start(settings)
    assert slot.readers.live.thresholds == Thresholds(0.9, 0.2, 0.1)
    assert slot.readers.live.roi == (0.25, 0.25, 0.5, 0.5)
    assert slot.readers.single.roi is None, "an uploaded picture is looked at as a whole"


def test_a_bad_model_at_the_start_is_replaced_by_the_bundled_one(
    weights: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(models, "FALLBACK", str(weights))
    slot = ModelSlot.start(Settings(model="/nowhere/mine.npz"))
    assert slot.readers.live.network.name == "own"
    assert slot.fault is not None
    assert "/nowhere/mine.npz" in slot.fault
    assert "/nowhere/mine.npz" in caplog.text


def test_without_any_model_there_is_no_start(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(models, "FALLBACK", "/nowhere/bundled.npz")
    with pytest.raises(WeightsError):
        ModelSlot.start(Settings(model="/nowhere/mine.npz"))
