"""Random numbers for pictures: one each, or smooth fields for clouds, fog, uneven light and spatter."""

from __future__ import annotations

import numpy as np

from pi_nn.training.warp import Images, spread


def each(count: int, low: float, high: float, rng: np.random.Generator) -> Images:
    """One uniform number for each picture, (count, 1, 1)."""
    return rng.uniform(low, high, (count, 1, 1)).astype(np.float32)


def smooth_field(count: int, size: int, grid: int, rng: np.random.Generator) -> Images:
    """Normal fields (count, size, size), mean 0, deviation 1, that vary over about size / grid pixels."""
    coarse = rng.standard_normal((count, grid, grid), dtype=np.float32)
    weights = spread(size, grid)
    return np.asarray(weights @ coarse @ weights.T, np.float32)


def clouds(count: int, size: int, rng: np.random.Generator, *, roughness: tuple[float, float]) -> Images:
    """Fractal clouds (count, size, size), 0..1: octaves, each weaker by a factor drawn from `roughness`."""
    factor = rng.uniform(*roughness, (count, 1, 1)).astype(np.float32)
    total = np.zeros((count, size, size), np.float32)
    for octave, grid in enumerate((2, 3, 5, 9, 16)):
        total += factor**octave * smooth_field(count, size, grid, rng)
    total -= total.min(axis=(1, 2), keepdims=True)
    total /= np.maximum(total.max(axis=(1, 2), keepdims=True), np.float32(1e-6))
    return total
