"""Light and lens: what is measured in the picture is what was ordered."""

from __future__ import annotations

import numpy as np
import pytest

from pi_nn.cameras.scenes import light, optics

RNG = np.random.default_rng


def canvas(value: float = 0.5) -> np.ndarray:
    return np.full((120, 160), value, np.float32)


@pytest.mark.parametrize("direction", [0, 45, 100, 181, 300])
@pytest.mark.parametrize("ratio", [1.3, 3, 8])
def test_a_gradient_has_its_ratio_and_spares_the_brightest_place(ratio: float, direction: float) -> None:
    lit = canvas()
    light.gradient(lit, ratio, direction)
    assert lit.max() == pytest.approx(0.5, rel=1e-4)
    assert lit.max() / lit.min() == pytest.approx(ratio, rel=1e-4)


def test_a_vignette_has_its_ratio_from_the_middle_to_the_corners() -> None:
    lit = canvas()
    light.vignette(lit, 4)
    assert lit.max() / lit[0, 0] == pytest.approx(4, rel=0.01)
    assert np.allclose(lit, lit[::-1, ::-1], rtol=1e-4)


def test_a_shadow_has_its_ratio_and_both_sides() -> None:
    for seed in range(8):
        lit = canvas()
        light.shadow(lit, 2.5, (80, 60), RNG(seed))
        assert lit.max() / lit.min() == pytest.approx(2.5, rel=0.01)
        assert lit.mean() == pytest.approx((lit.max() + lit.min()) / 2, rel=0.1)


def test_a_stop_is_half_the_light() -> None:
    full, half = (int(optics.expose(canvas(0.4), stops)[0, 0]) for stops in (0, -1))
    assert (half / full) ** 2 == pytest.approx(0.5, rel=0.02)


def test_too_much_light_saturates() -> None:
    assert optics.expose(canvas(0.7), 3).min() == 255
    assert optics.expose(canvas(0.0), 3).max() == 0


def edge() -> np.ndarray:
    pixels = np.full((80, 80), 200, np.uint8)
    pixels[:, 40:] = 40
    return pixels


@pytest.mark.parametrize("sigma", [1.2, 3.0])
def test_defocus_has_its_width(sigma: float) -> None:
    spread = -np.diff(optics.defocus(edge(), sigma)[40].astype(float))
    at = np.arange(79)
    mean = (spread * at).sum() / spread.sum()
    assert np.sqrt((spread * (at - mean) ** 2).sum() / spread.sum()) == pytest.approx(sigma, rel=0.2)


@pytest.mark.parametrize("length", [3, 9, 20])
def test_movement_smears_along_its_direction_only(length: int) -> None:
    across, along = optics.smear(edge(), length, 0), optics.smear(edge(), length, 90)
    assert np.array_equal(along, edge())
    row = across[40]
    assert ((row < 200) & (row > 40)).sum() == pytest.approx(length, abs=2)
    assert across.mean() == pytest.approx(edge().mean(), abs=1)


@pytest.mark.parametrize("sigma", [2, 10, 30])
def test_noise_has_its_deviation(sigma: float) -> None:
    noisy = optics.sensor_noise(np.full((200, 200), 128, np.uint8), sigma, RNG(1))
    assert noisy.std() == pytest.approx(sigma, rel=0.05)
    assert noisy.mean() == pytest.approx(128, abs=0.5)


def test_compression_loses_more_at_a_lower_quality() -> None:
    picture = optics.sensor_noise(edge(), 10, RNG(2))
    loss = [
        np.abs(optics.compress(picture, quality).astype(int) - picture).mean() for quality in (90, 50, 10)
    ]
    assert 0 < loss[0] < loss[1] < loss[2]
