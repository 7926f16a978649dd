"""POST /api/corrections: what the user says is kept as a training example."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from flask.testing import FlaskClient
from PIL import Image

from pi_nn.service import corrections
from pi_nn.service.corrections import Corrections, class_folder


def correct(client: FlaskClient, reading: Any = "reading-1", digit: Any = 1, label: Any = "3") -> Any:
    return client.post("/api/corrections", json={"reading": reading, "digit": digit, "label": label})


def kept(folder: Path) -> list[str]:
    return sorted(str(p.relative_to(folder / "corrections")) for p in (folder / "corrections").rglob("*.png"))


def test_the_tile_is_kept_under_its_true_name(
    client: FlaskClient, show: Callable[..., Any], tmp_path: Path
) -> None:
    entry = show("42")
    response = correct(client)
    assert (response.status_code, response.get_json()) == (201, {"label": "3", "kept": 1})
    path = tmp_path / "corrections" / "3" / "reading-1-1.png"
    assert np.array_equal(np.asarray(Image.open(path)), entry.tiles[1])


def test_a_second_thought_replaces_the_first(
    client: FlaskClient, show: Callable[..., Any], tmp_path: Path
) -> None:
    show("42")
    for label, digit in (("3", 1), ("5", 1), ("5", 1), ("9", 0)):
        assert correct(client, digit=digit, label=label).status_code == 201
    assert kept(tmp_path) == ["5/reading-1-1.png", "9/reading-1-0.png"]


def test_an_uploaded_picture_can_be_corrected(client: FlaskClient, tmp_path: Path) -> None:
    reading = client.post("/api/predict", json={"pixels": [0.5] * 784}).get_json()["id"]
    assert correct(client, reading=reading, digit=0, label="0").status_code == 201
    assert kept(tmp_path) == [f"0/{reading}-0.png"]


@pytest.mark.parametrize(
    ("fields", "status", "text"),
    [
        ({"reading": "gone"}, 404, "not remembered"),
        ({"digit": 2}, 422, "has 2 that can be corrected"),
        ({"digit": -1}, 422, "digit is -1"),
        ({"label": "10"}, 422, "expected one of 0, 1"),
        ({"label": "../../etc"}, 422, "expected one of"),
        ({"label": 3}, 400, "wrong kind"),
        ({"digit": "1"}, 400, "wrong kind"),
        ({"digit": 1.0}, 400, "wrong kind"),
        ({"digit": True}, 400, "wrong kind"),
        ({"digit": None}, 400, "wrong kind"),
        ({"reading": None}, 400, "wrong kind"),
    ],
)
def test_a_bad_correction_is_told_why(
    client: FlaskClient,
    show: Callable[..., Any],
    fields: dict[str, Any],
    status: int,
    text: str,
    tmp_path: Path,
) -> None:
    show("42")
    response = correct(client, **fields)
    assert response.status_code == status
    assert text in response.get_json(force=True)["detail"]
    assert kept(tmp_path) == []


def test_there_is_a_bound(
    client: FlaskClient, show: Callable[..., Any], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(corrections, "MOST", 1)
    show("42")
    assert correct(client, digit=0).status_code == 201
    response = correct(client, digit=1)
    assert (response.status_code, "move them away" in response.get_data(as_text=True)) == (507, True)
    assert correct(client, digit=0, label="8").status_code == 201, "a second thought needs no room"


def test_without_a_state_folder_it_says_so(client: FlaskClient, show: Callable[..., Any], parts: Any) -> None:
    show("42")
    parts.corrections.folder = None
    response = correct(client)
    assert (response.status_code, "'state_dir' is not set" in response.get_data(as_text=True)) == (409, True)


def test_a_full_disk_is_told(
    client: FlaskClient, show: Callable[..., Any], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    def full(fd: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    show("42")
    response = correct(client)
    assert (response.status_code, "No space left" in response.get_data(as_text=True)) == (507, True)
    assert list(tmp_path.rglob("*.p*")) == []


@pytest.mark.parametrize("label", ["cat", "0", "A_b-c", "ä", "a/b", "..", ".", "", "con.", "x" * 65])
def test_class_folders_are_harmless_and_distinct(label: str, tmp_path: Path) -> None:
    name = class_folder(label)
    assert (tmp_path / name).parent == tmp_path
    assert name not in ("", ".", "..")
    path = Corrections(tmp_path)
    path.keep(np.zeros((28, 28), np.uint8), label, "r", 0)
    assert kept(tmp_path) == [f"{name}/r-0.png"]
