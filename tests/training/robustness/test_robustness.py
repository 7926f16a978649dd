from __future__ import annotations

import dataclasses
from pathlib import Path

import numpy as np
import pytest

from pi_nn.cameras.digits import shipped_digits
from pi_nn.cameras.scenes import DEGRADATIONS, Scene, Truth
from pi_nn.records import Box, ModelInfo, Prediction, Reading
from pi_nn.training.robustness import KINDS, Blank, Cell, Score, cells, measure, measure_blank, score_scene
from pi_nn.training.robustness.table import Report, save_picture

SCENE = Scene(np.zeros((100, 100), np.uint8), Truth("4 2", ((10, 10, 20, 30), (50, 10, 20, 30))))


def seen(label: str, box: Box, accepted: bool = True) -> Prediction:
    return Prediction(int(label), label, 0.9, 0.9, np.zeros(10, np.float32), accepted, None, box, 0)


def reading(*digits: Prediction) -> Reading:
    return Reading("i", "ok", ModelInfo("m", "0"), digits)


@pytest.mark.parametrize(
    ("digits", "expected"),
    [
        ((seen("4", (10, 10, 20, 30)), seen("2", (51, 11, 18, 30))), (2, 2, 2, 0)),
        ((seen("4", (10, 10, 20, 30)),), (2, 1, 1, 0)),
        ((seen("9", (10, 10, 20, 30)),), (2, 0, 0, 1)),
        ((seen("9", (10, 10, 20, 30), accepted=False),), (2, 0, 0, 0)),
        ((seen("4", (10, 10, 20, 30), accepted=False),), (2, 1, 0, 0)),
        ((seen("4", (80, 80, 10, 10)),), (2, 0, 0, 1)),
        ((seen("4", (18, 22, 4, 5)),), (2, 0, 0, 1)),
        ((), (2, 0, 0, 0)),
    ],
)
def test_scoring(digits: tuple[Prediction, ...], expected: tuple[int, ...]) -> None:
    assert dataclasses.astuple(score_scene(SCENE, reading(*digits)))[:4] == expected


@pytest.mark.parametrize(
    ("digits", "published", "false"),
    [
        ((seen("4", (10, 10, 20, 30)), dataclasses.replace(seen("2", (51, 11, 18, 30)), number=1)), 1, 0),
        ((seen("4", (10, 10, 20, 30)), seen("2", (51, 11, 18, 30))), 1, 1),
        ((seen("4", (10, 10, 20, 30)),), 1, 1),
    ],
    ids=["as shown", "two numbers as one", "one lost"],
)
def test_a_published_text_must_be_all_that_is_shown(
    digits: tuple[Prediction, ...], published: int, false: int
) -> None:
    score = score_scene(SCENE, reading(*digits))
    assert (score.numbers, score.published, score.false) == (1, published, false)


def test_what_is_not_published_is_not_false() -> None:
    unsure = dataclasses.replace(reading(seen("9", (10, 10, 20, 30))), status="unsure")
    assert score_scene(SCENE, unsure).published == score_scene(SCENE, unsure).false == 0


def test_a_box_answers_for_one_digit_only() -> None:
    assert score_scene(SCENE, reading(seen("4", (10, 10, 20, 30)), seen("4", (11, 11, 19, 30)))).wrong == 1


def test_every_degradation_has_a_cell_at_every_level() -> None:
    every = list(cells())
    assert len(every) == len(set(every)) == 1 + 5 * len(DEGRADATIONS)


class Silent:
    """A reader that finds nothing, and keeps what it was shown."""

    def __init__(self) -> None:
        self.frames: list[np.ndarray] = []

    def read(self, pixels: np.ndarray) -> Reading:
        self.frames.append(pixels)
        return reading()


def test_a_cell_is_the_same_whatever_was_measured_before() -> None:
    first, second = Silent(), Silent()
    digits = shipped_digits()
    measure(Cell("rotation", 3), first, digits, 4, seed=7)  # type: ignore[arg-type]
    measure(Cell("noise", 1), second, digits, 4, seed=7)  # type: ignore[arg-type]
    second.frames.clear()
    score = measure(Cell("rotation", 3), second, digits, 4, seed=7)  # type: ignore[arg-type]
    assert score.digits >= 4
    assert all(np.array_equal(a, b) for a, b in zip(first.frames, second.frames, strict=True))


def test_another_seed_is_another_draw() -> None:
    one, other = Silent(), Silent()
    measure(Cell("none", 0), one, shipped_digits(), 1, seed=1)  # type: ignore[arg-type]
    measure(Cell("none", 0), other, shipped_digits(), 1, seed=2)  # type: ignore[arg-type]
    assert not np.array_equal(one.frames[0], other.frames[0])


class Eager(Silent):
    def read(self, pixels: np.ndarray) -> Reading:
        self.frames.append(pixels)
        return reading(seen("1", (0, 0, 9, 9)), seen("2", (0, 0, 9, 9), accepted=False))


@pytest.mark.parametrize("kind", KINDS)
def test_frames_without_a_digit_count_what_was_accepted(kind: str) -> None:
    first, second = Eager(), Eager()
    assert measure_blank(kind, first, shipped_digits(), 3, seed=1) == Blank(3, 3, 3)  # type: ignore[arg-type]
    measure_blank(kind, second, shipped_digits(), 2, seed=1)  # type: ignore[arg-type]
    assert all(np.array_equal(a, b) for a, b in zip(first.frames, second.frames, strict=False))
    assert not np.array_equal(first.frames[0], first.frames[1])
    assert all(frame.shape == (480, 640) and frame.dtype == np.uint8 for frame in first.frames)


def test_the_report_says_all_in_text_json_and_picture(tmp_path: Path) -> None:
    results = {cell: Score(10, 9, 8, 1, 5, 4, 2) for cell in cells()}
    report = Report("digits-cnn", "mnist", 1, results, {"hands": Blank(20, 3, 1)})
    assert report.middle == Score(200, 180, 160, 20, 100, 80, 40)
    text = report.markdown()
    assert all(d.says in text and d.unit in text for d in DEGRADATIONS.values())
    assert "80 of 100 numbers published, 40 of them wrong" in text
    assert "| hands | 20 | 3 | 1 |" in text
    body = report.to_json()
    assert body["middle"] == dataclasses.asdict(report.middle)
    assert body["blank"] == {"hands": {"frames": 20, "accepted": 3, "published": 1}}
    assert len(body["cells"]) == len(results)
    save_picture(results, tmp_path / "r.png")
    assert (tmp_path / "r.png").stat().st_size > 20_000
