"""Letters and digits in type look like what they are said to be."""

from __future__ import annotations

import numpy as np

from pi_nn.nn import load_network
from pi_nn.training.typeset import LETTERS, printed, printed_digits


def test_digits_in_type_are_read_as_these_digits() -> None:
    pictures, labels = printed_digits(200, np.random.default_rng(1))
    assert pictures.shape == (200, 28, 28)
    assert pictures.dtype == np.float32
    assert set(labels) == set(range(10))
    digits, _ = load_network().scores(pictures)
    assert (digits.argmax(axis=1) == labels).mean() > 0.8


def test_letters_that_look_like_digits_are_left_out() -> None:
    assert not set(LETTERS) & set("BDIJOQSZbgijloqstyz0123456789")


def test_letters_in_type_fill_their_tiles() -> None:
    pictures = printed(50, np.zeros((1, 28, 28), np.float32), np.random.default_rng(2))
    assert pictures.max() <= 1
    assert ((pictures > 0.5).any(axis=2).sum(axis=1) >= 4).all()
