"""The figures of ``evaluate``, by hand and on a real network, and their picture."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from pi_nn.errors import DataError
from pi_nn.nn import Network, Thresholds, build_network, load_network, save_network
from pi_nn.training.datasets import Dataset
from pi_nn.training.evaluation import evaluate
from pi_nn.training.fit import Epoch
from pi_nn.training.plots import save_evaluation, save_learning_curve


class Oracle:
    """A network of three classes that reads its answer from the first pixels: class, confidence, junk."""

    name, sha256, classes = "oracle", "0" * 64, ("a", "b", "c")
    thresholds = Thresholds(confidence=0.8, margin=0.5, junk=0.5)

    def scores(self, x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        klass, confidence, junk = (np.rint(x[:, 0, k] * 255) for k in range(3))
        p = np.repeat(((1 - confidence / 100) / 2)[:, None], 3, axis=1).astype(np.float32)
        p[np.arange(len(x)), klass.astype(int)] = confidence / 100
        return p, (junk / 100).astype(np.float32)


def said(*answers: tuple[int, int, int]) -> np.ndarray:
    images = np.zeros((len(answers), 28, 28), np.uint8)
    for image, answer in zip(images, answers, strict=True):
        image[0, :3] = answer
    return images


def oracle() -> Network:
    return Oracle()  # type: ignore[return-value]


def test_figures_by_hand() -> None:
    images = said((0, 99, 0), (1, 90, 0), (1, 99, 0), (2, 60, 0), (2, 99, 40), (2, 99, 90))
    data = Dataset(images, np.array([0, 0, 1, 2, 2, -1]), ("a", "b", "c"), missed=(("lost", 2),))
    result = evaluate(oracle(), data)
    assert result.to_json() == {
        "n": 7,
        "errors": 1,
        "missed": 1,
        "accuracy": pytest.approx(4 / 6),
        "classes": ["a", "b", "c"],
        "confusion": [[1, 1, 0], [0, 1, 0], [0, 0, 2]],
        "recall": [0.5, 1.0, pytest.approx(2 / 3)],
        "coverage": pytest.approx(3 / 7),
        "accepted_accuracy": pytest.approx(2 / 3),
        "model": {"name": "oracle", "sha256": "0" * 64},
    }
    assert result.mistakes().tolist() == [1]


def test_the_margin_includes_the_chance_of_junk() -> None:
    network = oracle()
    network.thresholds = Thresholds(confidence=0.5, margin=0.5, junk=0.5)  # type: ignore[misc]
    data = Dataset(said((0, 76, 0), (0, 76, 30)), np.array([0, 0]), ("a", "b", "c"))
    assert evaluate(network, data).accepted.tolist() == [True, False]


def test_without_labels_only_coverage_is_told() -> None:
    told = evaluate(oracle(), Dataset(said((0, 99, 0), (0, 10, 0)), np.array([-1, -1]))).to_json()
    assert (told["accuracy"], told["accepted_accuracy"], told["coverage"]) == (None, None, 0.5)
    assert told["recall"] == [None] * 3


def test_nothing_but_missed() -> None:
    empty = Dataset(said(), np.zeros(0, np.int64), ("a", "b", "c"), missed=(("x", 0), ("y", 1)))
    told = evaluate(oracle(), empty).to_json()
    assert (told["n"], told["missed"], told["accuracy"], told["coverage"]) == (2, 2, 0.0, 0.0)


def test_classes_are_matched_by_name() -> None:
    data = Dataset(said((2, 99, 0)), np.array([0]), ("c", "other"))
    assert evaluate(oracle(), data).accuracy == 1.0
    with pytest.raises(DataError, match="classes other, which oracle does not know"):
        evaluate(oracle(), Dataset(said((2, 99, 0)), np.array([1]), ("c", "other")))


@pytest.fixture
def network(tmp_path: Path) -> Network:
    made = build_network("784-8-10", rng=np.random.default_rng(0))
    save_network(tmp_path / "n.npz", made, name="n", classes=list("0123456789"))
    return load_network(tmp_path / "n.npz")


def test_pictures_are_drawn(
    network: Network, mnist_sample: tuple[np.ndarray, np.ndarray], tmp_path: Path
) -> None:
    images, labels = mnist_sample
    result = evaluate(network, Dataset(images, labels.astype(np.int64)))
    save_evaluation(result, tmp_path / "e.png")
    save_evaluation(evaluate(network, Dataset(images[:3], np.full(3, -1))), tmp_path / "f.png")
    save_learning_curve([Epoch(1, 0.5, 0.4, 0.9, 1e-3, 1.0)], tmp_path / "c.png")
    for name in ("e.png", "f.png", "c.png"):
        with Image.open(tmp_path / name) as picture:
            assert min(picture.size) > 300
            assert len(set(picture.convert("L").resize((64, 64)).tobytes())) > 5


def test_picture_that_cannot_be_written(network: Network, tmp_path: Path) -> None:
    result = evaluate(network, Dataset(said((0, 0, 0)), np.array([1])))
    with pytest.raises(DataError, match=r"cannot be written: .* a name in \.png is expected"):
        save_evaluation(result, tmp_path / "nowhere" / "e.png")
    with pytest.raises(DataError, match="cannot be written"):
        save_evaluation(result, tmp_path / "e.strange")
