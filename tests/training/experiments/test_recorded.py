"""The committed full-size results against what the books print."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from pi_nn.training.experiments.journal import Journal
from pi_nn.training.experiments.sheet import rows_of
from pi_nn.training.experiments.sweeps import LearningRate

RECORDED = Path(__file__).parents[3] / "docs" / "experiments"


def rows(name: str, **wanted):
    return rows_of(list(Journal(RECORDED / f"{name}.jsonl").read().values()), **wanted)


@pytest.mark.parametrize("printed", LearningRate.printed, ids=lambda p: str(p.x))
def test_learning_rate_is_as_the_book_prints(printed) -> None:
    found = rows("learning-rate", network="book", records=60_000, learning_rate=printed.x)
    assert len(found) == 3
    assert np.mean([row["accuracy"] for row in found]) == pytest.approx(printed.y, abs=0.006)


def test_our_best_learning_rate_is_better_than_the_books() -> None:
    ours = rows("learning-rate", network="ours", learning_rate=0.003)
    assert np.mean([row["accuracy"] for row in ours]) > max(p.y for p in LearningRate.printed)


def test_first_steps() -> None:
    scores = [row["score"] for row in rows("first-steps")]
    assert len(scores) == 100
    assert np.mean([0.45 < score < 0.75 for score in scores]) > 0.9


def test_first_network() -> None:
    for row in rows("first-network"):
        assert abs(row["output"] - row["target"]) < 0.1


def test_moons() -> None:
    last = [row["error"] for row in rows("moons", epoch=10_000)]
    assert len(last) == 5
    assert np.mean(last) == pytest.approx(0.008, abs=0.006)
