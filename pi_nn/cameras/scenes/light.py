"""How the page is lit.

Each function multiplies a canvas (H, W) in place; the brightest place keeps its light.
"""

from __future__ import annotations

import numpy as np

from pi_nn.cameras.scenes.ink import Canvas


def gradient(canvas: Canvas, ratio: float, direction: float) -> None:
    """A lamp at one side: illuminance falls by ``ratio`` across the frame towards ``direction`` (degrees)."""
    height, width = canvas.shape
    a = np.radians(direction)
    across, down = np.cos(a), np.sin(a)
    steep = np.log(ratio) / (abs(across) + abs(down))
    # An exponential fall is the product of one along x and one along y: no (H, W) temporaries.
    canvas *= _fall(width, steep * across)[None]
    canvas *= _fall(height, steep * down)[:, None]


def vignette(canvas: Canvas, ratio: float) -> None:
    """A lamp or a lens that favours the middle: the corners get 1 / ``ratio`` of its light."""
    for axis, length in enumerate(canvas.shape):
        away = np.linspace(-1, 1, length, dtype=np.float32)
        fall = np.exp(np.float32(-np.log(ratio) / 2) * away * away)
        canvas *= fall[:, None] if axis == 0 else fall[None]


def shadow(canvas: Canvas, ratio: float, through: tuple[float, float], rng: np.random.Generator) -> None:
    """A straight shadow edge near the point ``through`` (x, y), 1 / ``ratio`` of the light on its dark side.

    The penumbra is 2 to 30 pixels wide.
    """
    height, width = canvas.shape
    a, soft = rng.uniform(0, 2 * np.pi), np.float32(rng.uniform(2, 30))
    x = (np.arange(width, dtype=np.float32) - np.float32(through[0])) * np.float32(np.cos(a))
    y = (np.arange(height, dtype=np.float32) - np.float32(through[1])) * np.float32(np.sin(a))
    lit = np.clip((x[None] + y[:, None]) / soft + np.float32(0.5), 0, 1)
    lit *= np.float32(1 - 1 / ratio)
    lit += np.float32(1 / ratio)
    canvas *= lit


def _fall(length: int, steep: float) -> Canvas:
    """From 1 at the bright end down (or up) by exp(``steep``)."""
    t = np.linspace(0, 1, length, dtype=np.float32)
    return np.asarray(np.exp(np.float32(-abs(steep)) * (t if steep > 0 else 1 - t)))
