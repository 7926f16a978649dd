"""Draws laid-out digits into a frame: ink darkens paper, chalk brightens a board."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from pi_nn.cameras.scenes.layout import Placed
from pi_nn.cameras.scenes.strokes import EDGE, SLOPE
from pi_nn.cameras.scenes.view import Matrix, corners, project, scale, shift
from pi_nn.records import Box

Canvas = NDArray[np.float32]
"""(H, W) light from each point of the page, linear, 1.0 what an ideally white sheet sends back."""
_SOFT = 1.8
"""Width of the edge of a stroke, in pixels of the frame: a pen and a lens are no sharper."""


def draw_digit(
    canvas: Canvas, placed: Placed, to_frame: Matrix, factor: float, grain: float, rng: np.random.Generator
) -> Box:
    """Multiplies ``canvas`` by ``factor`` where there is ink; the box (x, y, w, h) of that ink in the frame.

    ``grain`` 0..1 is how much of the stroke stays uncovered, as chalk and pencil leave it.
    """
    matrix = to_frame @ placed.matrix
    left, top, right, bottom = _extent(placed, matrix, canvas.shape)
    cover = _coverage(placed, matrix, (left, top, right, bottom))
    rows, columns = cover.max(1) > 0.5 * cover.max(), cover.max(0) > 0.5 * cover.max()
    if grain:
        cover = cover * (1 - grain * rng.random(cover.shape, np.float32))
    canvas[top:bottom, left:right] *= 1 + np.float32(factor - 1) * cover
    ys, xs = np.flatnonzero(rows), np.flatnonzero(columns)
    return left + int(xs[0]), top + int(ys[0]), int(np.ptp(xs)) + 1, int(np.ptp(ys)) + 1


def _extent(placed: Placed, matrix: Matrix, shape: tuple[int, ...]) -> tuple[int, int, int, int]:
    """The pixels of the frame that the digit can touch: left, top, right, bottom, at least one pixel."""
    g = placed.glyph
    margin = 6.0  # pixels of the field: half a fat stroke and its soft edge
    seen = project(
        matrix, corners(g.left - margin, g.top - margin, g.width + 2 * margin, g.height + 2 * margin)
    )
    height, width = shape
    left, top = np.clip(np.floor(seen.min(0)), 0, [width - 1, height - 1]).astype(int)
    right, bottom = np.clip(np.ceil(seen.max(0)), [left + 1, top + 1], [width, height]).astype(int)
    return int(left), int(top), int(right), int(bottom)


def _coverage(placed: Placed, matrix: Matrix, extent: tuple[int, int, int, int]) -> NDArray[np.float32]:
    """How much of each pixel is ink, 0..1."""
    left, top, right, bottom = extent
    g, field = placed.glyph, placed.glyph.field
    seen = project(matrix, corners(g.left, g.top, g.width, g.height))
    x, y = seen[:, 0], seen[:, 1]
    area = abs(np.dot(x, np.roll(y, -1)) - np.dot(y, np.roll(x, -1))) / 2
    magnified = float(np.sqrt(area / (g.width * g.height)))
    softness = SLOPE * _SOFT / magnified
    while magnified < 0.6:  # sampling a field this fine would step over thin strokes
        field, matrix, magnified = field.reduce(2), matrix @ scale(2), magnified * 2
    back = np.linalg.inv(matrix) @ shift(left, top)
    size = (right - left, bottom - top)
    coefficients = tuple((back / back[2, 2]).ravel()[:8])
    drawn = field.transform(size, Image.Transform.PERSPECTIVE, coefficients, Image.Resampling.BILINEAR)
    cover = np.asarray(drawn, np.float32) * np.float32(1 / softness)
    cover += np.float32(0.5 - EDGE / softness)
    return np.clip(cover, 0, 1, out=cover)
