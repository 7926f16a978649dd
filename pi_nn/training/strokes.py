"""Pen strokes as polylines, drawn into many small pictures at once by the distance to each segment."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from pi_nn.training.warp import Images, unit

Points = NDArray[np.float32]
"""Polylines (N, P, 2): P points (y, x) in pixels for each of N pictures."""


def draw(points: Points, width: Images, *, size: int = 28, pen: NDArray[np.bool_] | None = None) -> Images:
    """Draw polylines (N, P, 2) with a round pen `width` (N,) pixels wide; returns (N, size, size), ink 1.

    `pen` (N, P-1), where given, says which segments are drawn (False: the pen is lifted).
    """
    distance = np.full((len(points), size, size), np.float32(size), np.float32)
    for k in range(points.shape[1] - 1):
        away = segment_distance(points[:, k], points[:, k + 1], size)
        if pen is not None:
            away += np.float32(size) * ~pen[:, k, None, None]
        np.minimum(distance, away, out=distance)
    return unit(np.float32(0.5) * width[:, None, None] + np.float32(0.5) - distance)


def segment_distance(start: Images, end: Images, size: int = 28) -> Images:
    """Pixels (N, size, size) between each pixel and the segment `start` to `end`, both (N, 2) as (y, x)."""
    along = end - start
    along /= np.maximum((along**2).sum(1, keepdims=True), np.float32(1e-6))
    pixels = np.arange(size, dtype=np.float32)
    y = (pixels - start[:, :1])[:, :, None]
    x = (pixels - start[:, 1:])[:, None, :]
    part = y * along[:, 0, None, None] + x * along[:, 1, None, None]
    np.clip(part, 0, 1, out=part)
    dy = y - part * (end - start)[:, 0, None, None]
    dx = x - part * (end - start)[:, 1, None, None]
    dy *= dy
    dx *= dx
    dy += dx
    return np.asarray(np.sqrt(dy, out=dy))


def curve(control: Points, points: int) -> Points:
    """Bezier curves: control points (N, C, 2) to polylines (N, points, 2)."""
    degree = control.shape[1] - 1
    t = np.linspace(0, 1, points)[:, None]
    k = np.arange(degree + 1)
    binomial = np.cumprod(np.concatenate([[1.0], (degree - k[:-1]) / (k[:-1] + 1)]))
    weights = (binomial * t**k * (1 - t) ** (degree - k)).astype(np.float32)
    return np.asarray(weights @ control, np.float32)
