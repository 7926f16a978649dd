"""Classes of one's own, all the way: pictures, training, weights file, evaluate, predict, HTTP."""

from __future__ import annotations

import io
import json
import time
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner, Result
from PIL import Image, ImageDraw

from pi_nn.cli import main
from pi_nn.config import Settings
from pi_nn.nn import Network, load_network
from pi_nn.reader import DigitReader
from pi_nn.records import ModelInfo, Reading
from pi_nn.service.application import create_app
from pi_nn.service.board import Board
from pi_nn.service.corrections import Corrections, class_folder
from pi_nn.service.faults import FaultFile
from pi_nn.service.models import ModelSlot, Readers
from pi_nn.service.parts import Parts
from pi_nn.service.stats import Stats
from pi_nn.training.datasets.folder import class_of, list_pictures

KINDS = ("cross", "ring", "☆")


def draw(kind: str, seed: int) -> Image.Image:
    """A photograph-like picture, 160x120, of one thing, nowhere and in no size twice."""
    rng = np.random.default_rng((seed, KINDS.index(kind)))
    picture = Image.new("L", (160, 120), int(rng.integers(190, 240)))
    x, y, r = rng.integers(55, 105), rng.integers(50, 70), int(rng.integers(25, 40))
    pen = ImageDraw.Draw(picture)
    ink, width = int(rng.integers(10, 60)), int(rng.integers(6, 10))
    if kind == "ring":
        pen.ellipse((x - r, y - r, x + r, y + r), outline=ink, width=width)
    elif kind == "cross":
        for lean in (-1, 1):
            pen.line((x - r, y - lean * r, x + r, y + lean * r), fill=ink, width=width)
    else:
        turns = np.arange(6) * 0.8 * np.pi - np.pi / 2
        pen.line([(x + r * np.cos(t), y + r * np.sin(t)) for t in turns], fill=ink, width=width)
    return picture


def pi_nn(*arguments: str | Path) -> Result:
    return CliRunner().invoke(main, list(map(str, arguments)))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for kind in KINDS:
        place = tmp_path / "mine" / class_folder(kind)
        place.mkdir(parents=True)
        for seed in range(20):
            draw(kind, seed).save(place / f"{seed}.png")
    return tmp_path / "mine"


def test_three_classes_all_the_way(folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    out = tmp_path / "shapes.npz"
    arguments = (
        "train",
        "--init-from",
        "digits-tiny",
        "--freeze",
        "features",
        "--data",
        folder,
        "--out",
        out,
    )
    trained = pi_nn(*arguments)
    assert trained.exit_code == 0, trained.output
    assert "split       36 to learn from, 12 to choose the epoch by, 12 to test" in trained.output
    assert "of the 12 test images" in trained.output
    assert "warning" not in trained.output, "20 pictures a class are enough"
    assert "features    from the cache" not in trained.output
    assert "features    from the cache" in pi_nn(*arguments).output
    network = load_network(out)
    assert network.classes == KINDS

    told = json.loads(pi_nn("evaluate", "--model", out, "--data", folder, "--json").output)
    assert told["classes"] == list(KINDS)
    assert (told["n"], np.shape(told["confusion"])) == (60, (3, 3))
    assert told["accuracy"] > 0.9

    for kind in KINDS:
        draw(kind, 1000).save(tmp_path / "new.png")
        done = pi_nn("predict", tmp_path / "new.png", "--model", out, "--json")
        reading = json.loads(done.output)
        (digit,) = reading["digits"]
        assert digit["label"] == kind == reading["text"], "sure enough, and not cut up as digits are"
        assert len(digit["probabilities"]) == 3
    over_http(network, tmp_path)


def over_http(network: Network, state: Path) -> None:
    """The same from the daemon; a correction of what it read is kept under its class."""
    client = create_app(service(network, state)).test_client()
    assert client.get("/api/model").get_json()["classes"] == list(KINDS)
    picture = io.BytesIO()
    draw("ring", 1000).save(picture, "PNG")
    reading = client.post("/api/predict", data=picture.getvalue(), content_type="image/png").get_json()
    assert reading["raw"] == "ring"
    told = {"reading": reading["id"], "digit": 0, "label": "☆"}
    assert client.post("/api/corrections", json=told).status_code == 201
    assert [path.parent.name for path in state.glob("corrections/*/*.png")] == [class_folder("☆")]


def service(network: Network, state: Path) -> Parts:
    reader = DigitReader(network)
    now = time.monotonic
    starting = Reading("first", "starting", ModelInfo(network.name, network.sha256), reason="starting")
    return Parts(
        settings=Settings(state_dir=str(state)),
        board=Board(starting, history=5, stale_after=10.0, clock=now),
        model=ModelSlot(Readers(reader, reader)),
        stats=Stats(),
        faults=FaultFile(state, clock=now, now=lambda: datetime.now(UTC)),
        corrections=Corrections(state),
        clock=now,
        started=now(),
    )


def test_fewer_than_20_a_class_warn_and_one_class_is_none(folder: Path, tmp_path: Path) -> None:
    (folder / "ring" / "0.png").unlink()
    arguments = ("train", "--data", folder, "--network", "784-9-3", "--out", tmp_path / "w.npz")
    done = pi_nn(*arguments)
    assert "warning: class ring has 19 pictures; 20 or more learn better" in done.output
    assert "class cross" not in done.output
    for kind in ("cross", "☆"):
        (folder / class_folder(kind)).rename(tmp_path / kind)
    alone = pi_nn(*arguments)
    assert alone.exit_code == 1
    assert "the only class is ring, two or more are needed" in alone.output


@pytest.mark.parametrize("label", ["7", "star", "ue", "u00", "uface", "☆", "a b", "u61", ".hidden"])
def test_a_class_comes_back_from_its_folder(label: str) -> None:
    assert class_of(class_folder(label)) == label


def test_a_folder_by_its_name_and_in_hex_is_one_class(folder: Path) -> None:
    (folder / "☆").mkdir()
    draw("☆", 5).save(folder / "☆" / "more.png")
    classes, files = list_pictures(folder)
    assert classes == KINDS
    assert np.bincount([label for _, label in files]).tolist() == [20, 20, 21]
