"""What the digits stand on: plain, ruled or squared paper, a board, and the table beside the sheet."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from pi_nn.cameras.scenes.ink import Canvas
from pi_nn.cameras.scenes.view import Area, Matrix, corners, project

PAPER, BOARD = 0.78, 0.06
"""Reflectance of white paper and of a clean board."""


def paper(size: tuple[int, int], rng: np.random.Generator) -> Canvas:
    """A blank sheet that fills a frame of ``size`` (width, height)."""
    return np.full((size[1], size[0]), PAPER * rng.uniform(0.9, 1.05), np.float32)


def board(size: tuple[int, int], rng: np.random.Generator) -> Canvas:
    """A dark board on which chalk was wiped off."""
    wiped = _cloud(size, 60, rng) * _cloud(size, 14, rng)
    return np.float32(BOARD) * (np.float32(0.85) + np.float32(0.9) * wiped)


def lay_on_table(sheet: Canvas, part: float, angle: float, rng: np.random.Generator) -> Area:
    """Covers about ``part`` (0..0.5) of the frame with table, at one side or at two that meet.

    ``angle`` in degrees is how the sheet lies. Returns the area that is paper.
    """
    height, width = sheet.shape
    across, down = (part, 0.0) if rng.random() < 0.5 else (part / 2, part / 2)
    if rng.random() < 0.5:
        across, down = down, across
    right, bottom = rng.random(2) < 0.5
    inside = np.ones_like(sheet)
    area = [0.0, 0.0, float(width), float(height)]
    for axis, share, far in ((0, across, right), (1, down, bottom)):
        if share:
            inside *= _side(sheet.shape, axis, share, bool(far), angle)
            depth = (width, height)[axis] * share + np.tan(np.radians(abs(angle))) * (height, width)[axis] / 2
            area[axis] += 0.0 if far else depth
            area[axis + 2] -= depth
    sheet *= inside
    sheet += (1 - inside) * _table((width, height), rng)
    across, down = max(area[2], 0.25 * width), max(area[3], 0.25 * height)
    return min(area[0], width - across), min(area[1], height - down), across, down


def rule(sheet: Canvas, darkness: float, pitch: float, to_frame: Matrix, rng: np.random.Generator) -> None:
    """Draws ruled or squared lines, ``pitch`` pixels of the page apart."""
    height, width = sheet.shape
    to_page: Matrix = np.asarray(np.linalg.inv(to_frame), np.float64)
    frame = project(to_page, corners(0, 0, width, height))
    low, high = frame.min(0), frame.max(0)
    layer = Image.new("L", (2 * width, 2 * height))
    draw = ImageDraw.Draw(layer)
    pen = max(2, round(pitch * rng.uniform(0.03, 0.06)))
    offset = rng.uniform(0, pitch)
    for axis in (0, 1) if rng.random() < 0.5 else (1,):
        for at in np.arange(float(np.floor(low[axis] / pitch)), high[axis] / pitch + 1) * pitch + offset:
            ends = np.array([low, high])
            ends[:, axis] = at
            draw.line([tuple(p) for p in project(to_frame, ends) * 2], fill=255, width=pen)
    lines = np.asarray(layer.reduce(2), np.float32) / np.float32(255)
    sheet *= 1 - np.float32(darkness * 0.9) * lines


def _side(shape: tuple[int, ...], axis: int, share: float, far: bool, angle: float) -> NDArray[np.float32]:
    """1 on the sheet, 0 beyond its edge, which cuts off ``share`` of the frame."""
    height, width = shape
    y = np.arange(height, dtype=np.float32)[:, None] - height / 2
    x = np.arange(width, dtype=np.float32)[None] - width / 2
    lean = np.float32(np.tan(np.radians(angle)))
    along, across, length = (x, y, width) if axis == 0 else (y, x, height)
    away = along + (lean if axis == 0 else -lean) * across
    away = (-away if far else away) + np.float32(length * (0.5 - share))
    return np.clip(away + np.float32(0.5), 0, 1).astype(np.float32)


def _table(size: tuple[int, int], rng: np.random.Generator) -> NDArray[np.float32]:
    """Wood or cloth, darker than paper."""
    tone = np.float32(rng.uniform(0.05, 0.4))
    if rng.random() < 0.5:
        stripes = rng.random((1, max(2, size[0] // 12)), np.float32) * np.float32(0.5) + np.float32(0.75)
        row = np.asarray(Image.fromarray(stripes).resize((size[0], 1), Image.Resampling.BICUBIC))
        return np.asarray(tone * row * (np.float32(0.8) + np.float32(0.4) * _cloud(size, 90, rng)))
    weave = np.float32(0.8) + np.float32(0.4) * rng.random((size[1], size[0]), np.float32)
    return np.asarray(tone * weave)


def _cloud(size: tuple[int, int], grain: int, rng: np.random.Generator) -> NDArray[np.float32]:
    """Smooth unevenness 0..1 with patches of ``grain`` pixels."""
    coarse = rng.random((size[1] // grain + 2, size[0] // grain + 2), np.float32)
    return np.asarray(Image.fromarray(coarse).resize(size, Image.Resampling.BILINEAR))
