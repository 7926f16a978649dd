"""When a frame may be skipped, and that no change is missed for long."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image, ImageDraw

from pi_nn.service.change import REFRESH, ChangeDetector


def scene(mark: str = "", size: tuple[int, int] = (320, 240), paper: int = 200, ink: int = 60) -> np.ndarray:
    picture = Image.new("L", size, paper)
    draw = ImageDraw.Draw(picture)
    x, y = size[0] // 2, size[1] // 3
    if mark == "1":
        draw.line((x, y, x, y + 40), fill=ink, width=2)
    if mark == "7":
        draw.line((x - 12, y, x, y, x, y + 40), fill=ink, width=2)
    return np.array(picture)


def noisy(pixels: np.ndarray, sigma: float, seed: int) -> np.ndarray:
    rng = np.random.default_rng(seed)
    return np.clip(pixels + rng.normal(0, sigma, pixels.shape), 0, 255).astype(np.uint8)


def test_the_first_frame_is_read() -> None:
    assert not ChangeDetector().unchanged(scene("1"))


def test_the_same_array_is_never_read_again() -> None:
    changes, still = ChangeDetector(), scene("1")
    assert [changes.unchanged(still) for _ in range(30)] == [False] + [True] * 29


def test_an_equal_picture_is_read_again_after_a_while() -> None:
    changes = ChangeDetector()
    unchanged = [changes.unchanged(scene("1")) for _ in range(2 * REFRESH + 3)]
    assert unchanged == [False] + [True] * REFRESH + [False] + [True] * REFRESH + [False]


@pytest.mark.parametrize("sigma", [0, 2, 5])
@pytest.mark.parametrize(("before", "after"), [("", "1"), ("1", "7"), ("7", "1"), ("7", "")])
@pytest.mark.parametrize("size", [(320, 240), (640, 480)])
def test_a_thin_stroke_that_comes_or_goes_is_seen(
    before: str, after: str, sigma: float, size: tuple[int, int]
) -> None:
    changes = ChangeDetector()
    changes.unchanged(noisy(scene(before, size), sigma, 1))
    assert not changes.unchanged(noisy(scene(after, size), sigma, 2))


@pytest.mark.parametrize("sigma", [1, 3, 6])
def test_sensor_noise_is_no_change(sigma: float) -> None:
    changes = ChangeDetector()
    changes.unchanged(noisy(scene("7"), sigma, 0))
    assert all(changes.unchanged(noisy(scene("7"), sigma, seed)) for seed in range(1, REFRESH))


def test_slow_drift_adds_up() -> None:
    """Each step is small, but it is compared with the frame that was read, not with the one before."""
    changes = ChangeDetector(refresh=1000)
    unchanged = [changes.unchanged(scene("1", paper=200 - step)) for step in range(12)]
    assert unchanged.count(False) >= 2


def test_another_size_is_another_picture() -> None:
    changes = ChangeDetector()
    changes.unchanged(scene("1"))
    assert not changes.unchanged(scene("1", (640, 480)))
    assert not changes.unchanged(np.stack([scene("1", (640, 480))] * 3, axis=-1))


def test_forgetting_reads_the_next_frame() -> None:
    changes, still = ChangeDetector(), scene("1")
    changes.unchanged(still)
    changes.forget()
    assert not changes.unchanged(still)


@given(st.integers(1, 70), st.integers(1, 70), st.booleans())
def test_every_size_is_taken(height: int, width: int, colour: bool) -> None:
    pixels = np.zeros((height, width, 3) if colour else (height, width), np.uint8)
    changes = ChangeDetector()
    assert not changes.unchanged(pixels)
    assert changes.unchanged(pixels.copy())
    assert not changes.unchanged(pixels + 50)
