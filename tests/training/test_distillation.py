"""A pupil's targets are the teacher's answers mixed with the truth."""

from __future__ import annotations

import numpy as np
import pytest

from pi_nn.nn import load_network
from pi_nn.training.batches import plain
from pi_nn.training.distillation import Taught

RNG = np.random.default_rng(0)


@pytest.fixture(scope="module")
def images() -> np.ndarray:
    return np.random.default_rng(1).integers(0, 256, (6, 28, 28), np.uint8)


LABELS = np.array([0, 3, 9, -1, 5, -1])


def test_without_a_share_the_truth_is_taught(images) -> None:
    pictures, rows = Taught(plain, load_network("digits-tiny"), share=0.0)(images, LABELS, RNG)
    assert pictures.shape == images.shape
    assert pictures.max() <= 1
    np.testing.assert_array_equal(rows, np.eye(11)[[0, 3, 9, 10, 5, 10]])


@pytest.mark.parametrize("share", [0.7, 1.0])
def test_the_teachers_answer_has_its_share(images, share) -> None:
    teacher = load_network("digits-tiny")
    pictures, rows = Taught(plain, teacher, share)(images, LABELS, RNG)
    digits, junk = teacher.scores(pictures)
    truth = np.eye(11)[LABELS]  # -1 is the last one, junk
    np.testing.assert_allclose(rows[:, 10], share * junk + (1 - share) * truth[:, 10], atol=1e-6)
    np.testing.assert_allclose(
        rows[:, :10], share * digits * (1 - junk[:, None]) + (1 - share) * truth[:, :10], atol=1e-6
    )
    np.testing.assert_allclose(rows.sum(axis=1), 1, atol=1e-5)
    assert rows.dtype == np.float32
