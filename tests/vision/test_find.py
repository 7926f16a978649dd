"""Digits are found where they were drawn: on any paper, under any light, and nowhere else."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from pi_nn.errors import PictureError
from pi_nn.records import Findings
from pi_nn.vision import find_digits
from pi_nn.vision.cells import closed

Box = tuple[int, int, int, int]
Page = Callable[..., tuple[np.ndarray, list[Box], list[str]]]

SHAPES = st.one_of(
    st.tuples(st.integers(1, 60), st.integers(1, 60)),
    st.tuples(st.integers(1, 30), st.integers(1, 30), st.just(3)),
)


def overlap(a: Box, b: Box) -> float:
    """Intersection over union."""
    w = min(a[0] + a[2], b[0] + b[2]) - max(a[0], b[0])
    h = min(a[1] + a[3], b[1] + b[3]) - max(a[1], b[1])
    both = max(w, 0) * max(h, 0)
    return both / (a[2] * a[3] + b[2] * b[3] - both)


def assert_found(found: Findings, boxes: list[Box], least: float = 0.6) -> None:
    assert len(found.tiles) == len(boxes)
    for box in boxes:
        assert max(overlap(tile.box, box) for tile in found.tiles) > least


@given(arrays(np.uint8, SHAPES))
def test_any_picture_gives_boxes_within_it(pixels: np.ndarray) -> None:
    height, width = pixels.shape[:2]
    for tile in find_digits(pixels).tiles:
        x, y, w, h = tile.box
        assert 0 <= x < x + w <= width
        assert 0 <= y < y + h <= height
        assert tile.pixels.shape == (28, 28)


@given(st.integers(0, 255), st.integers(0, 255), st.integers(0, 2**32 - 1))
def test_rectangles_of_any_grey_never_crash(paper: int, ink: int, seed: int) -> None:
    rng = np.random.default_rng(seed)
    pixels = np.full((90, 120), paper, np.uint8)
    for _ in range(8):
        y, x = rng.integers(0, 80), rng.integers(0, 110)
        pixels[y : y + rng.integers(1, 60), x : x + rng.integers(1, 60)] = ink
    for tile in find_digits(pixels).tiles:
        assert tile.box[0] + tile.box[2] <= 120
        assert tile.box[1] + tile.box[3] <= 90


@pytest.mark.parametrize("seed", range(4))
def test_finds_rows_of_digits(page: Page, seed: int) -> None:
    pixels, boxes, _ = page([[2, 1], [3]], seed=seed)
    assert_found(find_digits(pixels), boxes)


def test_numbers_and_lines_come_in_reading_order(page: Page) -> None:
    pixels, boxes, _ = page([[2, 1], [3]], seed=5)
    tiles = find_digits(pixels).tiles
    assert [(tile.line, tile.number) for tile in tiles] == [(0, 0), (0, 0), (0, 1), (1, 0), (1, 0), (1, 0)]
    assert all(overlap(tile.box, box) > 0.6 for tile, box in zip(tiles, boxes, strict=True))


def test_light_on_dark_is_the_same(page: Page) -> None:
    pixels, boxes, _ = page([[3], [2]], seed=2)
    dark, light = find_digits(pixels), find_digits(255 - pixels)
    assert_found(light, boxes)
    for a, b in zip(dark.tiles, light.tiles, strict=True):
        assert overlap(a.box, b.box) > 0.9
        assert np.abs(a.pixels - b.pixels).mean() < 0.05


def gradient(pixels: np.ndarray) -> np.ndarray:
    return pixels * np.linspace(0.35, 1.0, pixels.shape[1])


def vignette(pixels: np.ndarray) -> np.ndarray:
    y, x = np.mgrid[0 : pixels.shape[0], 0 : pixels.shape[1]]
    away = np.hypot(y - pixels.shape[0] / 2, x - pixels.shape[1] / 2) / np.hypot(*pixels.shape)
    return pixels * (1 - 1.2 * away**2)


def shadow(pixels: np.ndarray) -> np.ndarray:
    y, x = np.mgrid[0 : pixels.shape[0], 0 : pixels.shape[1]]
    return pixels * np.where(y + x / 2 > pixels.shape[0] * 0.9, 0.4, 1.0)


def ruled(pixels: np.ndarray) -> np.ndarray:
    lined = pixels.astype(np.float32)
    lined[14::30] = np.minimum(lined[14::30], 190)
    return lined


def specks(pixels: np.ndarray) -> np.ndarray:
    dotted = pixels.copy()
    for y, x in [(5, 300), (150, 290), (200, 20), (120, 160)]:
        dotted[y : y + 3, x : x + 3] = 40
    return dotted


@pytest.mark.parametrize("spoil", [gradient, vignette, shadow, ruled, specks], ids=lambda f: f.__name__)
@pytest.mark.parametrize("seed", [11, 12])
def test_finds_them_when_spoilt(page: Page, spoil: Callable[[np.ndarray], np.ndarray], seed: int) -> None:
    pixels, boxes, _ = page([[2, 1], [3]], seed=seed)
    assert_found(find_digits(np.clip(spoil(pixels), 0, 255).astype(np.uint8)), boxes, least=0.5)


@pytest.mark.parametrize("pen", [(200, 30, 40), (30, 60, 190), (20, 130, 60), (240, 150, 0)], ids=str)
def test_coloured_pens_show(page: Page, pen: tuple[int, int, int]) -> None:
    pixels, boxes, _ = page([[3]], seed=3, paper=255, ink=0, noise=0)
    share = (255 - pixels[:, :, None].astype(np.float32)) / 255
    colour = 235 * (1 - share) + np.array(pen, np.float32) * share
    assert_found(find_digits(colour.astype(np.uint8)), boxes)


def test_a_digit_in_a_table_is_found_without_its_lines(page: Page) -> None:
    pixels, boxes, _ = page([[2], [2]], height=50, size=(300, 300), seed=4)
    for k in (5, 100, 195, 290):
        pixels[k : k + 3] = 60
    for k in (5, 170, 230, 290):
        pixels[:, k : k + 3] = 60
    found = find_digits(pixels)
    for box in boxes:
        assert max(overlap(tile.box, box) for tile in found.tiles) > 0.5
    assert len(found.tiles) <= len(boxes) + 2


def test_a_loose_bar_belongs_to_its_five() -> None:
    pixels = np.full((120, 120), 225, np.uint8)
    pixels[40:46, 40:60] = 30  # top of the bowl
    pixels[40:84, 40:46] = 30
    pixels[78:84, 40:75] = 30
    pixels[30:35, 44:78] = 30  # the bar, five pixels above
    found = find_digits(pixels)
    assert len(found.tiles) == 1
    assert overlap(found.tiles[0].box, (40, 30, 38, 54)) > 0.9


@pytest.mark.parametrize("grey", [0, 20, 128, 255])
def test_a_blank_frame_has_none(grey: int) -> None:
    noisy = np.clip(grey + np.random.default_rng(1).normal(0, 3, (240, 320)), 0, 255).astype(np.uint8)
    found = find_digits(noisy)
    assert found.tiles == ()
    assert found.reason == ("too_dark" if grey < 40 else None)


def test_a_digit_at_the_edge_says_so(page: Page) -> None:
    pixels, boxes, _ = page([[1]], height=80, seed=6)
    _, y, _, h = boxes[0]
    found = find_digits(np.ascontiguousarray(pixels[: y + h - 20]))
    assert [tile.reason for tile in found.tiles] == ["touches_edge"]


def test_a_large_picture_keeps_its_scale(page: Page) -> None:
    pixels, boxes, _ = page([[2, 1], [3]], seed=7)
    found = find_digits(np.kron(pixels, np.ones((10, 10), np.uint8)))
    assert_found(found, [(x * 10, y * 10, w * 10, h * 10) for x, y, w, h in boxes])


BAD = {
    "a list": [[1, 2], [3, 4]],
    "floats": np.zeros((9, 9)),
    "two channels": np.zeros((9, 9, 2), np.uint8),
    "one dimension": np.zeros(9, np.uint8),
    "no pixels": np.zeros((0, 9), np.uint8),
}


@pytest.mark.parametrize("case", BAD)
def test_refuses(case: str) -> None:
    with pytest.raises(PictureError, match="expected"):
        find_digits(BAD[case])  # type: ignore[arg-type]


def test_the_paper_in_a_shadow_is_found_down_to_the_edge_of_the_frame() -> None:
    """The light of a lamp goes on falling beyond the frame; the edge of a shadow must not."""
    y, x = np.mgrid[0:75, 0:100]
    paper = np.where(x < 0.7 * 100 * y / 75, 240, 800).astype(np.int16)
    assert (closed(paper, 12) >= 5 / 8 * paper).all()


def test_small_writing_on_a_large_page_is_no_noise(page: Page) -> None:
    """Most cells of a dense page hold ink; the paper's noise is told from the few that hold none."""
    pixels, boxes, _ = page([[2] * 11] * 24, seed=1, height=22, size=(1100, 1200), ink=150)
    assert len(find_digits(pixels).tiles) >= 0.98 * len(boxes)
