"""What pen, paper and binarisation do to a tile.

Each effect takes pictures (N, 28, 28), float32, 0..1, and a generator, and returns new pictures.
"""

from __future__ import annotations

import numpy as np

from pi_nn.training.fields import each, smooth_field
from pi_nn.training.light import soften
from pi_nn.training.strokes import Points, draw
from pi_nn.training.warp import Images, unit


def thickness(images: Images, rng: np.random.Generator) -> Images:
    """A broader or finer pen, softer or harder edges (hard ones as binarisation leaves them).

    A slight blur, then a threshold with a slope, relative to the darkest ink, so that no stroke is lost.
    """
    count = len(images)
    soft = soften(images, each(count, 0.5, 1.8, rng))
    soft /= np.maximum(soft.max(axis=(1, 2), keepdims=True), np.float32(1e-3))
    slope = np.exp(each(count, np.log(1.8), np.log(20.0), rng))
    threshold = np.maximum(each(count, 0.12, 0.62, rng), 0.5 / slope)  # paper stays 0
    return unit((soft - threshold) * slope + np.float32(0.5))


def outline(images: Images, rng: np.random.Generator) -> Images:
    """Only the edges of the strokes, one pixel wide, inside or outside of the ink."""
    count = len(images)
    inked = soften(images, each(count, 0.35, 1.1, rng)) > each(count, 0.25, 0.5, rng)
    outside = rng.random((count, 1, 1)) < 0.5
    region = np.pad(inked ^ outside, ((0, 0), (1, 1), (1, 1)), mode="edge")
    core = region[:, 1:-1, 1:-1]
    inner = region[:, :-2, 1:-1] & region[:, 2:, 1:-1] & region[:, 1:-1, :-2] & region[:, 1:-1, 2:]
    return unit((core & ~inner).astype(np.float32))


def spatter(images: Images, rng: np.random.Generator) -> Images:
    """Drops of mud, grey, that hide up to a quarter of the picture."""
    count = len(images)
    field = smooth_field(count, images.shape[1], int(rng.integers(9, 18)), rng)
    mask = np.clip((field - each(count, 0.5, 1.6, rng)) * 6, 0, 1)
    return unit(images * (1 - mask) + mask * each(count, 0.0, 0.4, rng))


def broken(images: Images, rng: np.random.Generator) -> Images:
    """A stroke that was interrupted: one thin gap somewhere across the middle of the tile."""
    gap = draw(_chords(len(images), rng), each(len(images), 0.2, 1.6, rng)[:, 0, 0])
    return images * (1 - gap * each(len(images), 0.4, 1.0, rng))


def _chords(count: int, rng: np.random.Generator) -> Points:
    middle = rng.uniform(7, 21, (count, 1, 2))
    angle = rng.uniform(0, np.pi, (count, 1))
    arm = np.stack([np.sin(angle), np.cos(angle)], axis=2) * rng.uniform(3, 16, (count, 1, 1))
    return np.concatenate([middle - arm, middle + arm], axis=1).astype(np.float32)


def dashes(images: Images, rng: np.random.Generator) -> Images:
    """A line, most often a dotted one, right through the tile, level or upright."""
    count = len(images)
    along, across = _line_frame(count, rng, slope=1.0)
    period, share = each(count, 2.0, 6.0, rng), each(count, 0.3, 1.3, rng)
    drawn = (along + each(count, 0, 6, rng)) % period < share * period
    stroke = np.clip(each(count, 0.6, 1.6, rng) - np.abs(across), 0, 1) * drawn
    return unit(images + stroke * each(count, 0.5, 1.0, rng))


def zigzag(images: Images, rng: np.random.Generator) -> Images:
    """A zigzag line through the tile."""
    count = len(images)
    along, across = _line_frame(count, rng, slope=0.35)
    half, height = each(count, 1.5, 3.5, rng), each(count, 1.0, 3.0, rng)
    wave = np.abs((along + each(count, 0, 6, rng)) % (2 * half) - half) / half  # 1 .. 0 .. 1
    distance = np.abs(across - height * (2 * wave - 1)) / np.sqrt(1 + (2 * height / half) ** 2)
    stroke = np.clip(each(count, 0.6, 1.5, rng) - distance, 0, 1)
    return unit(images + stroke * each(count, 0.5, 1.0, rng))


def _line_frame(count: int, rng: np.random.Generator, *, slope: float) -> tuple[Images, Images]:
    """Pixels along and across a random line that runs from side to side: two arrays (count, 28, 28)."""
    angle = np.arctan(each(count, -slope, slope, rng))
    pixel = np.arange(28, dtype=np.float32)
    y, x = pixel[:, None] - each(count, 1, 26, rng), pixel[None, :] - np.float32(13.5)
    along, across = x * np.cos(angle) + y * np.sin(angle), y * np.cos(angle) - x * np.sin(angle)
    upright = rng.random((count, 1, 1)) < 0.25
    along = np.where(upright, along.transpose(0, 2, 1), along)
    return along, np.where(upright, across.transpose(0, 2, 1), across)


def rulings(images: Images, rng: np.random.Generator) -> Images:
    """What is left of ruled paper or of a box around the digit: a straight line along one side."""
    count = len(images)
    offset = np.where(
        rng.random((count, 1)) < 0.5, rng.uniform(-0.5, 4, (count, 1)), rng.uniform(23, 27.5, (count, 1))
    )
    span = np.sort(rng.uniform(-4, 32, (count, 2)), axis=1)
    across = offset + rng.uniform(-1.2, 1.2, (count, 2))
    line = np.stack([across, span], axis=2)
    line = np.where(rng.random((count, 1, 1)) < 0.6, line[:, :, ::-1], line)
    stroke = draw(line.astype(np.float32), each(count, 0.3, 1.8, rng)[:, 0, 0])
    return unit(np.maximum(images, stroke * each(count, 0.3, 1.0, rng)))


def specks(images: Images, rng: np.random.Generator) -> Images:
    """One to three dots of ink or dirt beside or on the digit."""
    out = images
    for _ in range(3):
        middle = rng.uniform(0, 27, (len(images), 1, 2))
        points = np.concatenate([middle, middle + rng.uniform(-1, 1, middle.shape)], axis=1).astype(
            np.float32
        )
        out = np.maximum(out, draw(points, each(len(images), -0.9, 2.2, rng)[:, 0, 0]))
    return out
