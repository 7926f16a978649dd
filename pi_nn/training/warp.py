"""Geometry of augmentation: rotation, scale, shear, shift and elastic distortion in one resampling.

Elastic distortion after P. Simard, D. Steinkraus, J. Platt, "Best practices for convolutional neural
networks applied to visual document analysis" (2003); here the smooth random field comes from a coarse
grid of normal numbers, spread by a Gaussian: two small matrix products instead of two convolutions.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Images = NDArray[np.float32]
"""Pictures (N, H, W), float32, 0.0 paper to 1.0 ink."""


@dataclass(frozen=True)
class Warp:
    """How far pictures are bent, each by its own draw, uniform from -limit to +limit."""

    degrees: float = 12.0
    scale: float = 0.12  # natural logarithm of the size
    aspect: float = 0.08  # natural logarithm of width over height
    shear: float = 0.2  # pixels to the side for each pixel up
    shift: float = 1.5  # pixels
    elastic: float = 1.0  # pixels, standard deviation of the displacement
    grid: int = 5  # coarse points along a side

    def __call__(self, images: Images, rng: np.random.Generator) -> Images:
        """Bend pictures (N, H, W); returns as many, new ones."""
        count, height, width = images.shape
        y, x = self._sources(count, height, width, rng)
        return resample(images, y, x)

    def _sources(
        self, count: int, height: int, width: int, rng: np.random.Generator
    ) -> tuple[Images, Images]:
        matrices, shifts = self._affine(count, rng)
        rows = np.arange(height, dtype=np.float32) - np.float32((height - 1) / 2)
        columns = np.arange(width, dtype=np.float32) - np.float32((width - 1) / 2)
        coarse = rng.standard_normal((2, count, self.grid, self.grid), dtype=np.float32)
        coarse *= np.float32(self.elastic)
        field = spread(height, self.grid) @ coarse @ spread(width, self.grid).T
        y, x = field[0], field[1]
        for target, row, shift in ((y, matrices[:, 0], shifts[:, 0]), (x, matrices[:, 1], shifts[:, 1])):
            target += (row[:, 0, None] * rows)[:, :, None]
            target += (row[:, 1, None] * columns + shift[:, None])[:, None, :]
        y += np.float32((height - 1) / 2)
        x += np.float32((width - 1) / 2)
        return y, x

    def _affine(self, count: int, rng: np.random.Generator) -> tuple[Images, Images]:
        """Matrices (N, 2, 2) and shifts (N, 2), (y, x), from an output pixel to where its ink comes from."""
        draw = rng.uniform(-1.0, 1.0, (6, count)).astype(np.float32)
        angle = draw[0] * np.float32(np.radians(self.degrees))
        size = np.exp(-self.scale * draw[1])
        stretch = np.exp(0.5 * self.aspect * draw[2])
        shear = self.shear * draw[3]
        cosine, sine = np.cos(angle) * size, np.sin(angle) * size
        matrices = np.empty((count, 2, 2), np.float32)
        matrices[:, 0, 0] = cosine * stretch
        matrices[:, 0, 1] = sine
        matrices[:, 1, 0] = -sine + shear
        matrices[:, 1, 1] = cosine / stretch
        return matrices, (self.shift * draw[4:6].T).astype(np.float32)


def unit(images: NDArray[np.floating]) -> Images:
    """Cut to 0..1, as float32."""
    return np.asarray(np.clip(images, 0, 1), np.float32)


def resample(images: Images, y: Images, x: Images) -> Images:
    """Pictures (N, H, W) looked up at y, x (N, h, w), in pixels; bilinear; beside the picture is paper."""
    count, height, width = images.shape
    padded = np.zeros((count, height + 3, width + 3), np.float32)
    padded[:, 1:-2, 1:-2] = images
    y = np.clip(y + np.float32(1), 0, np.float32(height + 1))
    x = np.clip(x + np.float32(1), 0, np.float32(width + 1))
    top, left = y.astype(np.int32), x.astype(np.int32)
    y -= top
    x -= left
    stride = width + 3
    base = np.arange(count, dtype=np.int32)[:, None, None] * np.int32((height + 3) * stride)
    index = (base + top * np.int32(stride) + left).astype(np.intp)
    flat = padded.reshape(-1)
    above = _between(flat, index, x)
    index += stride
    below = _between(flat, index, x)
    below -= above
    below *= y
    below += above
    return below


def _between(flat: Images, index: NDArray[np.intp], x: Images) -> Images:
    left = flat.take(index)
    right = flat[1:].take(index)
    right -= left
    right *= x
    right += left
    return right


def spread(size: int, grid: int) -> Images:
    """Weights (size, grid) that lay a coarse grid over the picture.

    Each row has unit length, so that a field of standard normal numbers keeps standard deviation 1.
    """
    points = np.linspace(-0.5, size - 0.5, grid)
    step = size / (grid - 1)
    weights = np.exp(-0.5 * ((np.arange(size)[:, None] - points) / (0.6 * step)) ** 2)
    weights /= np.linalg.norm(weights, axis=1, keepdims=True)
    return weights.astype(np.float32)
