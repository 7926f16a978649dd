"""The damages that networks are measured with do what their descriptions say."""

from __future__ import annotations

import numpy as np
import pytest

from pi_nn.training.degrade import DAMAGES, brightness, canny_edges, impulse_noise, scale, stripe, translate


def bars(count: int) -> np.ndarray:
    images = np.zeros((count, 28, 28), np.float32)
    images[:, 6:22, 11:17] = 0.8
    return images


def test_there_are_fifteen() -> None:
    assert len(DAMAGES) == 15


@pytest.mark.parametrize("name", DAMAGES)
def test_a_damage_keeps_form_and_range_and_follows_the_seed(name: str) -> None:
    images = bars(3)
    once = DAMAGES[name](images, np.random.default_rng(4))
    assert once.shape == images.shape
    assert once.dtype == np.float32
    assert once.min() >= 0
    assert once.max() <= 1
    np.testing.assert_array_equal(once, DAMAGES[name](bars(3), np.random.default_rng(4)))
    np.testing.assert_array_equal(images, bars(3), err_msg="the input is left alone")
    assert np.abs(once - images).max() > 0.1


def test_strengths_are_those_of_the_description() -> None:
    rng = np.random.default_rng(0)
    assert brightness(bars(1), rng)[0, 0, 0] == pytest.approx(0.5)
    changed = (impulse_noise(bars(200), rng) != bars(200)).mean()
    assert changed == pytest.approx(0.17 - 0.085 * (bars(1) == 0).mean(), abs=0.01)
    assert scale(bars(1), rng).sum() == pytest.approx(0.49 * bars(1).sum(), rel=0.08)
    moved = translate(bars(1), rng)[0]
    assert abs(np.flatnonzero(moved.max(axis=0) > 0.4).mean() - 13.5) == pytest.approx(3)
    assert stripe(bars(1), rng)[0, 0, :8].tolist() == [1.0] * 7 + [0.0]


def test_edges_of_one_picture_do_not_show_in_the_next() -> None:
    images = np.zeros((3, 28, 28), np.float32)
    images[1, 8:20, 8:20] = 1
    found = canny_edges(images, np.random.default_rng(0))
    assert found[[0, 2]].max() == 0
    assert 30 < found[1].sum() < 60
