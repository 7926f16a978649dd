"""The digits that ship, and a caller's own."""

from __future__ import annotations

import json

import numpy as np
import pytest

from pi_nn.cameras.digits import SHIPPED, DigitImages, shipped_digits
from pi_nn.errors import DataError


def test_three_hundred_ship_balanced_and_small() -> None:
    digits = shipped_digits()
    assert digits.images.shape == (300, 28, 28)
    assert np.bincount(digits.labels).tolist() == [30] * 10
    assert SHIPPED.stat().st_size < 64 * 1024


def test_they_come_from_the_validation_images_and_say_so() -> None:
    with np.load(SHIPPED, allow_pickle=False) as file:
        index, meta = file["index"], json.loads(str(file["meta"]))
    assert index.min() >= 55_000
    assert index.max() < 60_000
    assert len(set(index.tolist())) == 300
    assert "CC BY-SA 3.0" in meta["license"]
    assert all(name in meta["authors"] for name in ("LeCun", "Cortes", "Burges"))


def test_the_attribution_stands_beside_them() -> None:
    text = SHIPPED.with_name("ATTRIBUTION.md").read_text()
    assert "CC BY-SA 3.0" in text
    assert "LeCun" in text


def test_every_digit_has_ink() -> None:
    images = shipped_digits().images
    assert (images.max((1, 2)) > 200).all()


def test_picking_gives_the_class_asked_for() -> None:
    digits, rng = shipped_digits(), np.random.default_rng(0)
    for label in range(10):
        image = digits.pick(label, rng)
        assert any(np.array_equal(image, other) for other in digits.images[digits.labels == label])


@pytest.mark.parametrize(
    ("images", "labels"),
    [
        (np.zeros((3, 28, 28), np.float32), np.zeros(3, np.uint8)),
        (np.zeros((3, 28, 27), np.uint8), np.zeros(3, np.uint8)),
        (np.zeros((3, 28, 28), np.uint8), np.zeros(2, np.uint8)),
        (np.zeros((0, 28, 28), np.uint8), np.zeros(0, np.uint8)),
    ],
)
def test_other_shapes_are_refused(images: np.ndarray, labels: np.ndarray) -> None:
    with pytest.raises(DataError, match="expected uint8"):
        DigitImages(images, labels)


def test_a_class_without_images_is_named() -> None:
    digits = DigitImages(np.zeros((1, 28, 28), np.uint8), np.array([4], np.uint8))
    with pytest.raises(DataError, match="no image of a 7"):
        digits.pick(7, np.random.default_rng(0))
