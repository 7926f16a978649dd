"""`pi-nn predict` as a person types it, with the bundled weights."""

from __future__ import annotations

import json
import re
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner, Result
from PIL import Image

from pi_nn.cameras.digits import shipped_digits
from pi_nn.cameras.scenes import render
from pi_nn.cli import main


@pytest.fixture
def photo(tmp_path: Path) -> Path:
    path = tmp_path / "photo.png"
    Image.fromarray(render("407", shipped_digits(), np.random.default_rng(3)).pixels).save(path)
    return path


def predict(*arguments: object) -> Result:
    return CliRunner().invoke(main, ["predict", *map(str, arguments)])


def test_the_text_comes_first(photo: Path) -> None:
    result = predict(photo)
    assert result.exit_code == 0, result.output
    assert result.output.splitlines()[0] == f"{photo}: 407"
    assert len(result.output.splitlines()) == 4


def test_the_classes_are_ranked_with_their_scores(photo: Path) -> None:
    told = json.loads(predict("--json", photo).output)["digits"]
    for line, digit in zip(predict(photo).output.splitlines()[1:], told, strict=True):
        best, second = sorted(digit["probabilities"])[:-3:-1]
        runner_up = re.search(r"then (\d)", line)
        scores = [float(score) for score in re.findall(r"([\d.]+)%", line)]
        assert line.split()[0] == digit["label"]
        assert digit["probabilities"][int(digit["label"])] == best
        assert scores[0] >= scores[1] >= scores[2]
        assert runner_up
        assert digit["probabilities"][int(runner_up[1])] == second


def test_json_is_one_line_a_picture_in_order_even_for_one(photo: Path, tmp_path: Path) -> None:
    blank = tmp_path / "blank.png"
    Image.fromarray(np.full((240, 320), 230, np.uint8)).save(blank)
    result = predict("--json", blank, photo)
    first, second = (json.loads(line) for line in result.output.splitlines())
    assert (first["status"], first["text"], first["raw"]) == ("no_digit", None, "")
    assert (second["status"], second["text"]) == ("ok", "407")
    assert second["frame"]["source"] == "file:photo.png"
    assert second["frame"]["age_seconds"] == 0
    assert result.exit_code == 0


@pytest.mark.parametrize(
    ("name", "content", "expected"),
    [
        ("photo.heic", b"\0\0\0\x18ftypheic" + b"\0" * 99, "save it as JPEG or PNG"),
        ("empty.png", b"", "save it as JPEG or PNG"),
        ("text.jpg", b"hello", "save it as JPEG or PNG"),
    ],
)
def test_a_bad_picture_is_reported_and_the_others_are_read(
    photo: Path, tmp_path: Path, name: str, content: bytes, expected: str
) -> None:
    bad = tmp_path / name
    bad.write_bytes(content)
    result = predict("--json", bad, photo)
    assert result.exit_code == 1
    told, line = result.output.splitlines()
    assert told.startswith("error: ")
    assert expected in told
    assert name in told
    assert json.loads(line)["text"] == "407"


def test_a_missing_picture_and_a_missing_model_say_so(photo: Path) -> None:
    assert "absent.png" in predict("absent.png").output
    result = predict(photo, "--model", "absent")
    assert result.exit_code == 1
    assert "digits-cnn" in result.output, "the bundled names are told"


def test_without_a_picture_it_is_a_usage_error() -> None:
    assert predict().exit_code == 2


def test_tiles_and_boxes_are_written(photo: Path, tmp_path: Path) -> None:
    out = tmp_path / "new" / "folder"
    assert predict(photo, "--tiles", out, "--boxes", out).exit_code == 0
    assert {p.name for p in out.iterdir()} == {
        *("photo-00-reads-4.png", "photo-01-reads-0.png", "photo-02-reads-7.png"),
        "photo-boxes.png",
    }
    with Image.open(out / "photo-00-reads-4.png") as tile, Image.open(out / "photo-boxes.png") as boxes:
        assert (tile.size, boxes.size) == ((28, 28), (640, 480))


def test_min_confidence_decides_what_is_accepted(photo: Path) -> None:
    result = predict("--json", photo, "--min-confidence", "1")
    body = json.loads(result.output)
    assert (body["status"], body["text"], body["raw"], body["reason"]) == (
        "unsure",
        None,
        "407",
        "low_confidence",
    )
    assert "not accepted: low_confidence" in predict(photo, "--min-confidence", "1").output
