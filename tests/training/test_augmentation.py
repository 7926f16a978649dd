"""Augmentation keeps pictures what they are: sizes, ranges, most of the ink; the same for the same seed."""

from __future__ import annotations

import numpy as np
import pytest

from pi_nn.training import ink, light
from pi_nn.training.augmentation import TROUBLES, Augmentation
from pi_nn.training.mixture import Mixture, to_bytes, to_floats
from pi_nn.training.shapes import DIGITS, european_digits, rounded
from pi_nn.training.strokes import curve, draw
from pi_nn.training.warp import Warp, resample

EFFECTS = [effect for _, effect in TROUBLES] + [ink.thickness]
STILL = Warp(degrees=0, scale=0, aspect=0, shear=0, shift=0, elastic=0)


def cross(count: int) -> np.ndarray:
    images = np.zeros((count, 28, 28), np.float32)
    images[:, 5:23, 12:16] = 1
    images[:, 12:16, 5:23] = 1
    return images


@pytest.mark.parametrize("effect", EFFECTS, ids=lambda effect: effect.__name__)
def test_an_effect_changes_pictures_within_their_range_and_by_the_seed_alone(effect) -> None:
    images = cross(24)
    once = effect(images.copy(), np.random.default_rng(5))
    again = effect(images.copy(), np.random.default_rng(5))
    assert once.shape == images.shape
    assert once.dtype == np.float32
    assert once.min() >= 0
    assert once.max() <= 1
    np.testing.assert_array_equal(once, again)
    assert np.abs(once - images).max() > 0.05


def test_an_effect_leaves_its_input_alone() -> None:
    images = cross(8)
    for effect in EFFECTS:
        effect(images, np.random.default_rng(1))
    np.testing.assert_array_equal(images, cross(8))


def test_a_warp_without_limits_changes_nothing() -> None:
    images = np.random.default_rng(0).random((3, 28, 28), dtype=np.float32)
    np.testing.assert_allclose(STILL(images, np.random.default_rng(1)), images, atol=1e-5)


def test_a_warp_moves_the_ink_but_keeps_most_of_it() -> None:
    images = cross(64)
    bent = Warp()(images, np.random.default_rng(2))
    assert 0.8 < bent.sum() / images.sum() < 1.2
    assert np.abs(bent - images).mean() > 0.01


def test_looking_up_beside_the_picture_finds_paper() -> None:
    y, x = np.meshgrid(np.arange(28.0), np.arange(28.0), indexing="ij")
    far = resample(
        np.ones((1, 28, 28), np.float32), y[None].astype(np.float32) + 40, x[None].astype(np.float32)
    )
    assert far.max() == 0


def test_a_lookup_by_half_a_pixel_is_the_mean_of_two() -> None:
    image = np.zeros((1, 4, 4), np.float32)
    image[0, 1, 2] = 1
    y, x = np.meshgrid(np.arange(4, dtype=np.float32), np.arange(4, dtype=np.float32), indexing="ij")
    moved = resample(image, y[None].copy(), x[None] + np.float32(0.5))
    assert moved[0, 1, 1] == pytest.approx(0.5)
    assert moved[0, 1, 2] == pytest.approx(0.5)


def test_a_blur_keeps_the_ink_of_a_dot_in_the_middle() -> None:
    dot = np.zeros((1, 28, 28), np.float32)
    dot[0, 14, 14] = 1
    for sigma in (0.4, 1.0, 2.0):
        assert light.soften(dot, np.full((1, 1, 1), sigma, np.float32)).sum() == pytest.approx(1, abs=0.03)
    wide, narrow, level = np.full((3, 1), [[2.0], [0.8], [0.0]], np.float32)
    trail = light.smear(dot, wide, narrow, level)[0]
    assert trail.sum() == pytest.approx(1, abs=0.03)
    assert trail[14, 17] > 10 * trail[17, 14], "along the row, not along the column"


def test_clean_shares_leave_clean_pictures() -> None:
    images = cross(50)
    quiet = Augmentation(gentle=STILL, wide_share=0, pen_share=0, trouble_share=0)
    np.testing.assert_allclose(quiet(images, np.random.default_rng(0)), images, atol=1e-5)


def test_a_stroke_is_as_wide_as_the_pen() -> None:
    level = np.array([[[14, -5], [14, 33]]], np.float32)
    ink_of_a_column = draw(level, np.array([3.0], np.float32)).sum(axis=1)[0]
    np.testing.assert_allclose(ink_of_a_column, 3.0, atol=1e-4)


def test_a_lifted_pen_draws_nothing() -> None:
    points = np.array([[[3, 3], [3, 24], [24, 24]]], np.float32)
    pen = np.array([[True, False]])
    assert draw(points, np.array([2.0], np.float32), pen=pen)[0, 10:].max() == 0


def test_a_curve_begins_and_ends_at_its_control_points() -> None:
    control = np.random.default_rng(0).random((2, 5, 2)).astype(np.float32)
    line = curve(control, 7)
    np.testing.assert_allclose(line[:, [0, -1]], control[:, [0, -1]], atol=1e-6)
    assert rounded(line, 1).shape == (2, 14, 2)


def test_european_digits_come_in_all_their_forms() -> None:
    images, labels = european_digits(300, np.random.default_rng(0))
    assert set(labels) == {label for _, label in DIGITS}
    assert images.max() <= 1
    assert (images.sum(axis=(1, 2)) > 15).all()


def test_a_mixture_adds_junk_and_forms_in_their_shares() -> None:
    digits = to_bytes(cross(200))
    mixture = Mixture(digits, np.random.default_rng(0), bank=40, junk_share=0.2, form_share=0.1)
    images, labels = mixture(digits, np.arange(200) % 10, np.random.default_rng(1))
    assert images.shape == (260, 28, 28)
    assert images.dtype == np.float32
    assert (labels == -1).sum() == 40
    first, second = labels[:130], labels[130:]
    assert (first == -1).any(), "shuffled, so that every worker gets some junk"
    assert (second == -1).any()
    again = mixture(digits, np.arange(200) % 10, np.random.default_rng(1))
    np.testing.assert_array_equal(images, again[0])


def test_bytes_and_floats_are_the_same_pictures() -> None:
    every = np.arange(256, dtype=np.uint8).reshape(1, 16, 16)
    np.testing.assert_array_equal(to_bytes(to_floats(every)), every)


def test_scene_tiles_join_the_banks() -> None:
    digits = to_bytes(cross(200))
    tiles = np.full((400, 28, 28), 7, np.uint8)
    scenes = tiles, np.where(np.arange(400) % 2, 3, -1)
    still = Augmentation(gentle=STILL, wide_share=0, pen_share=0, trouble_share=0)
    mixture = Mixture(digits, np.random.default_rng(0), augmentation=still, bank=4, scenes=scenes)
    images, labels = mixture(digits, np.zeros(200, np.int64), np.random.default_rng(1))
    of_scenes = np.isclose(images.max(axis=(1, 2)), 7 / 255, atol=1e-3)
    assert set(labels[of_scenes]) == {-1, 3}
    more = mixture.using(still, junk_share=0.5)
    assert (more(digits, np.zeros(200, np.int64), np.random.default_rng(1))[1] == -1).sum() == 100
