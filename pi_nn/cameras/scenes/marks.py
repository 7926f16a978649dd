"""Marks that are no digits: letters, words, lines, blots, scribbles and specks, drawn beside the digits."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from pi_nn.cameras.scenes.ink import Canvas
from pi_nn.records import Box

# Strokes in a unit square, x right and y down. Left out is what a person may take for a digit:
# B b D G g I i J j l O o Q q S s Y y Z z and P.
LETTERS: Final[dict[str, tuple[tuple[tuple[float, float], ...], ...]]] = {
    "A": (((0, 1), (0.45, 0), (0.9, 1)), ((0.2, 0.62), (0.72, 0.62))),
    "E": (((0.8, 0), (0.1, 0), (0.1, 1), (0.85, 1)), ((0.1, 0.5), (0.7, 0.5))),
    "F": (((0.8, 0), (0.1, 0), (0.1, 1)), ((0.1, 0.48), (0.65, 0.48))),
    "H": (((0.1, 0), (0.1, 1)), ((0.85, 0), (0.85, 1)), ((0.1, 0.5), (0.85, 0.5))),
    "K": (((0.1, 0), (0.1, 1)), ((0.8, 0), (0.12, 0.55)), ((0.3, 0.45), (0.85, 1))),
    "M": (((0, 1), (0.1, 0), (0.5, 0.7), (0.9, 0), (1, 1)),),
    "N": (((0.1, 1), (0.1, 0), (0.85, 1), (0.85, 0)),),
    "R": (((0.1, 1), (0.1, 0), (0.6, 0.02), (0.8, 0.2), (0.6, 0.45), (0.1, 0.5)), ((0.35, 0.5), (0.85, 1))),
    "T": (((0, 0), (1, 0)), ((0.5, 0), (0.5, 1))),
    "V": (((0, 0), (0.45, 1), (0.9, 0)),),
    "W": (((0, 0), (0.25, 1), (0.5, 0.3), (0.75, 1), (1, 0)),),
    "X": (((0, 0), (0.9, 1)), ((0.9, 0), (0, 1))),
    "h": (((0.15, 0), (0.15, 1)), ((0.15, 0.6), (0.45, 0.42), (0.7, 0.55), (0.72, 1))),
    "k": (((0.15, 0), (0.15, 1)), ((0.7, 0.4), (0.17, 0.75)), ((0.35, 0.65), (0.75, 1))),
    "m": (
        ((0.05, 0.42), (0.05, 1)),
        ((0.05, 0.55), (0.28, 0.42), (0.48, 0.55), (0.48, 1)),
        ((0.48, 0.55), (0.72, 0.42), (0.95, 0.55), (0.95, 1)),
    ),
    "w": (((0, 0.42), (0.25, 1), (0.5, 0.5), (0.75, 1), (1, 0.42)),),
    "+": (((0.5, 0.2), (0.5, 0.8)), ((0.2, 0.5), (0.8, 0.5))),
    "#": (
        ((0.35, 0.1), (0.25, 0.9)),
        ((0.7, 0.1), (0.6, 0.9)),
        ((0.1, 0.35), (0.9, 0.35)),
        ((0.05, 0.65), (0.85, 0.65)),
    ),
    ">": (((0, 0.5), (1, 0.5)), ((0.65, 0.2), (1, 0.5), (0.65, 0.8))),
}
_KINDS: Final = ("letter", "letter", "word", "line", "blot", "scribble", "specks")


def draw_marks(
    canvas: Canvas, count: int, height: float, taken: Sequence[Box], factor: float, rng: np.random.Generator
) -> tuple[Box, ...]:
    """``count`` marks about as high as a digit of ``height`` pixels, clear of the boxes ``taken``.

    Multiplies ``canvas`` by ``factor`` under them, and tells their boxes. A mark without room is left out.
    """
    rows, columns = canvas.shape
    layer = Image.new("L", (2 * columns, 2 * rows))  # twice as large, so that reducing it softens the edges
    draw = ImageDraw.Draw(layer)
    placed: list[Box] = []
    for _ in range(count):
        kind = _KINDS[int(rng.integers(len(_KINDS)))]
        box = _free_box(_size(kind, height, columns, rng), (columns, rows), [*taken, *placed], height, rng)
        if box is not None:
            pen = max(2, round(2 * height * rng.uniform(0.05, 0.14)))
            _DRAW[kind](draw, tuple(2 * v for v in box), pen, rng)  # type: ignore[arg-type]
            placed.append(box)
    canvas *= 1 + np.float32((factor - 1) / 255) * np.asarray(layer.reduce(2), np.float32)
    return tuple(placed)


def _size(kind: str, height: float, columns: int, rng: np.random.Generator) -> tuple[int, int]:
    high = height * rng.uniform(0.7, 1.1)
    wide = {
        "word": rng.uniform(1.8, 3.2) * high,
        "line": columns * rng.uniform(0.4, 0.9),
        "scribble": 1.6 * high,
    }
    if kind == "line":
        high = height * rng.uniform(0.02, 0.2)
    if kind == "blot":
        high *= rng.uniform(0.3, 1)
    return max(4, round(wide.get(kind, high * rng.uniform(0.6, 0.9)))), max(4, round(high))


def _free_box(
    size: tuple[int, int],
    frame: tuple[int, int],
    taken: Sequence[Box],
    height: float,
    rng: np.random.Generator,
) -> Box | None:
    """A place for ``size`` at least a third of a digit away from all that is there."""
    gap, (w, h) = height / 3, size
    room = (frame[0] - w - 8, frame[1] - h - 8)
    if min(room) <= 0:
        return None
    for _ in range(20):
        x, y = 4 + int(rng.integers(room[0])), 4 + int(rng.integers(room[1]))
        if all(
            x + w + gap < bx or bx + bw + gap < x or y + h + gap < by or by + bh + gap < y
            for bx, by, bw, bh in taken
        ):
            return x, y, w, h
    return None


def _polyline(draw: ImageDraw.ImageDraw, points: NDArray[np.float64], pen: int) -> None:
    draw.line([(float(x), float(y)) for x, y in points], fill=255, width=pen, joint="curve")
    for x, y in points[[0, -1]]:
        r = pen / 2
        draw.ellipse((x - r, y - r, x + r, y + r), fill=255)


def _letter(draw: ImageDraw.ImageDraw, box: Box, pen: int, rng: np.random.Generator) -> None:
    names = list(LETTERS)
    x, y, w, h = box
    for stroke in LETTERS[names[int(rng.integers(len(names)))]]:
        points = np.array(stroke, float) + rng.uniform(-0.05, 0.05, (len(stroke), 2))
        _polyline(draw, points * (w - pen, h - pen) + (x + pen / 2, y + pen / 2), pen)


def _word(draw: ImageDraw.ImageDraw, box: Box, pen: int, rng: np.random.Generator) -> None:
    x, y, w, h = box
    n = max(2, round(w / (0.8 * h)))
    for i in range(n):
        _letter(draw, (round(x + i * w / n), y, round(0.8 * w / n), h), pen, rng)


def _line(draw: ImageDraw.ImageDraw, box: Box, pen: int, rng: np.random.Generator) -> None:
    x, y, w, h = box
    ends = np.array([(x, y), (x + w, y + h)], float)
    if rng.random() < 0.5:
        ends[:, 1] = ends[::-1, 1]
    _polyline(draw, ends, max(2, pen // 2))


def _blot(draw: ImageDraw.ImageDraw, box: Box, _pen: int, rng: np.random.Generator) -> None:
    x, y, w, h = box
    angle = np.linspace(0, 2 * np.pi, 24, endpoint=False)
    radius = 1 + 0.12 * np.sin(angle * rng.integers(2, 5) + rng.uniform(0, 6)) + rng.uniform(-0.06, 0.06, 24)
    xs, ys = x + w / 2 * (1 + radius * np.cos(angle) / 1.2), y + h / 2 * (1 + radius * np.sin(angle) / 1.2)
    draw.polygon([(float(a), float(b)) for a, b in zip(xs, ys, strict=True)], fill=255)


def _scribble(draw: ImageDraw.ImageDraw, box: Box, pen: int, rng: np.random.Generator) -> None:
    x, y, w, h = box
    n = int(rng.integers(10, 18))
    xs = np.linspace(0.1, 0.9, n) + rng.uniform(-0.08, 0.08, n)
    ys = np.where(np.arange(n) % 2, 0.85, 0.15) + rng.uniform(-0.12, 0.12, n)
    _polyline(draw, np.column_stack([x + w * xs, y + h * ys]), max(2, pen // 2))


def _specks(draw: ImageDraw.ImageDraw, box: Box, pen: int, rng: np.random.Generator) -> None:
    x, y, w, h = box
    for cx, cy in rng.random((int(rng.integers(3, 9)), 2)):
        r = pen * rng.uniform(0.2, 0.6)
        px, py = x + w * cx, y + h * cy
        draw.ellipse((px - r, py - r, px + r, py + r), fill=255)


_DRAW: Final = {
    "letter": _letter,
    "word": _word,
    "line": _line,
    "blot": _blot,
    "scribble": _scribble,
    "specks": _specks,
}
