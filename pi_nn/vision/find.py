"""From a frame to tiles in reading order: the way through this package."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from pi_nn.errors import PictureError
from pi_nn.records import Box, DigitTile, Findings
from pi_nn.vision.layout import arrange
from pi_nn.vision.light import Lit, level
from pi_nn.vision.runs import Blobs, Runs, find_blobs, find_runs
from pi_nn.vision.tile import tile_of

# Longer side of the picture that is worked on; larger ones are scaled down by a whole number.
_WORKING: Final = 2000
_LEAST_HEIGHT: Final = 8
_MOST_RUNS: Final = 400_000
_MOST_BLOBS: Final = 600


def find_digits(pixels: NDArray[np.uint8]) -> Findings:
    """Tiles of everything digit-sized in a frame, uint8 (H, W) grey or (H, W, 3) RGB, in reading order.

    Boxes are in pixels of ``pixels``. Raises :class:`PictureError` for another shape or dtype.
    """
    check_pixels(pixels)
    small, factor = _reduced(pixels)
    if min(small.shape[:2]) < _LEAST_HEIGHT:
        return Findings(())
    if int(small.max()) < 40:
        return Findings((), reason="too_dark")
    lit = level(small)
    inked = lit.inked()
    if inked is None:
        return Findings(())
    x, y, w, h = inked
    mask = lit.grey[y : y + h, x : x + w] < lit.upsampled(lit.threshold, (x, y, w, h))
    runs = find_runs(mask)
    if len(runs) > _MOST_RUNS:
        return Findings((), reason="crowded")
    runs = Runs(runs.row + y, runs.start + x, runs.stop + x)
    return _findings(lit, find_blobs(runs), factor, pixels.shape)


def check_pixels(pixels: NDArray[np.uint8]) -> None:
    """Raises :class:`PictureError` unless ``pixels`` is uint8 (H, W) or (H, W, 3) and not empty."""
    shape = getattr(pixels, "shape", None)
    if not isinstance(pixels, np.ndarray) or pixels.dtype != np.uint8:
        raise PictureError(
            f"got {type(pixels).__name__} {getattr(pixels, 'dtype', '')}, expected a uint8 array"
        )
    if not (pixels.ndim == 2 or (pixels.ndim == 3 and pixels.shape[2] == 3)) or pixels.size == 0:
        raise PictureError(f"got an array of shape {shape}, expected (H, W) grey or (H, W, 3) RGB")


def _reduced(pixels: NDArray[np.uint8]) -> tuple[NDArray[np.uint8], int]:
    factor = -(-max(pixels.shape[:2]) // _WORKING)
    if factor == 1:
        return pixels, 1
    return np.asarray(Image.fromarray(np.ascontiguousarray(pixels)).reduce(factor)), factor


def _findings(lit: Lit, blobs: Blobs, factor: int, shape: tuple[int, ...]) -> Findings:
    height, width = lit.grey.shape
    boxes: list[Box] = []
    chosen: list[int] = []
    for i, (x, y, w, h) in enumerate(blobs.boxes.tolist()):
        if h < _LEAST_HEIGHT or h < 0.012 * height or w > 2.5 * h or blobs.area[i] < 12:
            continue
        if h > 0.98 * height and w > 0.3 * width:
            continue
        boxes.append((x, y, w, h))
        chosen.append(i)
    if len(chosen) > _MOST_BLOBS:
        return Findings((), reason="crowded")
    tiles = []
    for index, line, number in arrange(boxes):
        x, y, w, h = box = boxes[index]
        edge = x == 0 or y == 0 or x + w >= width or y + h >= height
        pixels = tile_of(cut_ink(lit, blobs.runs_of(chosen[index]), box))
        full = (x * factor, y * factor, w * factor, h * factor)
        tiles.append(DigitTile(pixels, full, line, number, "touches_edge" if edge else None))
    return Findings(tuple(tiles), ())


def cut_ink(lit: Lit, runs: Runs, box: Box) -> NDArray[np.uint8]:
    """Ink strength of one blob, uint8 0..255, with a margin of one pixel for the soft edge of its strokes."""
    height, width = lit.grey.shape
    x, y = max(box[0] - 1, 0), max(box[1] - 1, 0)
    w, h = min(box[0] + box[2] + 1, width) - x, min(box[1] + box[3] + 1, height) - y
    own = _grown(runs.paint(x, y, w, h))
    grey = lit.grey[y : y + h, x : x + w].astype(np.float32)
    paper = lit.upsampled(lit.paper, (x, y, w, h)).astype(np.float32)
    full = paper * lit.upsampled(lit.strongest * 255, (x, y, w, h)) * np.float32(0.65 / 255)
    ink = ((paper - grey) / np.maximum(full, 1) - 0.2) * (255 / 0.8)
    return np.where(own, np.clip(ink, 0, 255), 0).astype(np.uint8)


def _grown(mask: NDArray[np.bool_]) -> NDArray[np.bool_]:
    wide = mask.copy()
    wide[1:] |= mask[:-1]
    wide[:-1] |= mask[1:]
    tall = wide.copy()
    tall[:, 1:] |= wide[:, :-1]
    tall[:, :-1] |= wide[:, 1:]
    return tall
