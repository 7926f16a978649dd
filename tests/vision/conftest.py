"""Draws MNIST test digits onto paper, with known truth."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from PIL import Image

Box = tuple[int, int, int, int]


def _glyph(image: np.ndarray, height: int) -> np.ndarray:
    rows, columns = np.flatnonzero(image.max(1) > 60), np.flatnonzero(image.max(0) > 60)
    cut = Image.fromarray(image[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1])
    width = max(2, round(cut.width * height / cut.height))
    return np.asarray(cut.resize((width, height), Image.Resampling.BICUBIC), np.float32) / 255


@pytest.fixture(scope="session")
def whole_digits(mnist_sample: tuple[np.ndarray, np.ndarray]) -> tuple[np.ndarray, np.ndarray]:
    """Test digits in one piece: what is drawn here is meant to be found as one box each."""
    from pi_nn.vision.runs import find_blobs, find_runs

    images, labels = mnist_sample
    one = [len(find_blobs(find_runs(image > 100))) == 1 for image in images]
    return images[one], labels[one]


@pytest.fixture(scope="session")
def glyphs(whole_digits: tuple[np.ndarray, np.ndarray]) -> tuple[list[np.ndarray], np.ndarray]:
    """Those digits cut out and 48 pixels high, 0..1, and their labels."""
    return [_glyph(image, 48) for image in whole_digits[0]], whole_digits[1]


@pytest.fixture
def page(
    whole_digits: tuple[np.ndarray, np.ndarray],
) -> Callable[..., tuple[np.ndarray, list[Box], list[str]]]:
    """``page(lines, height=…, …)``: a grey picture with rows of digits, their boxes and the lines of text.

    ``lines`` holds counts of digits a number, a list a line: ``[[2, 1], [3]]`` is "12 7" over "305".
    """

    def draw(
        lines: list[list[int]],
        *,
        height: int = 40,
        size: tuple[int, int] = (240, 320),
        paper: int = 220,
        ink: int = 40,
        seed: int = 0,
        noise: float = 2.0,
    ) -> tuple[np.ndarray, list[Box], list[str]]:
        rng = np.random.default_rng(seed)
        picture = np.full(size, paper, np.float32)
        boxes: list[Box] = []
        texts = []
        y = height // 2
        for line in lines:
            x, words = height // 2, []
            for count in line:
                word = ""
                for _ in range(count):
                    k = int(rng.integers(len(whole_digits[0])))
                    glyph = _glyph(whole_digits[0][k], height)
                    h, w = glyph.shape
                    spot = picture[y : y + h, x : x + w]
                    spot += (ink - spot) * glyph
                    boxes.append((x, y, w, h))
                    word += str(whole_digits[1][k])
                    x += w + height // 4
                words.append(word)
                x += height
            texts.append(" ".join(words))
            y += height * 2
        picture += rng.normal(0, noise, size)
        return np.clip(picture, 0, 255).astype(np.uint8), boxes, texts

    return draw
