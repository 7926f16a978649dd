"""Finds the marks of a frame: reduced, levelled, without printed lines and shadows."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

import numpy as np
from PIL import Image

from pi_nn.errors import PictureError
from pi_nn.vision.light import Lit, level
from pi_nn.vision.marks import Mark, is_bar, marks_of, stroke_width
from pi_nn.vision.rim import rim_of
from pi_nn.vision.runs import Runs, find_blobs, find_runs
from pi_nn.vision.scene import DARK, LEAST_HEIGHT, LEAST_PIECE, PAGE_SIDE, Scene

if TYPE_CHECKING:
    from numpy.typing import NDArray

# Longer side of the picture that is worked on; larger ones are scaled down by a whole number.
_WORKING: Final = 2000
# Of the rim of what is left of a shadow's corner more than this share is shadow.
_CORNER: Final = 0.3
# A picture of more runs than this is a texture.
_MOST_RUNS: Final = 300_000
# No more marks than this are looked at, nor more than one for so many pixels beyond the first ones: a
# newspaper before the camera must not keep a Pi Zero for half a minute.
_MOST_MARKS: Final = 700
_FIRST_MARKS: Final = 400
_ROOM: Final = 1500


def survey(pixels: NDArray[np.uint8], *, light_ink: bool | None = None) -> Scene:
    """The marks of a frame, uint8 (H, W) grey or (H, W, 3) RGB.

    ``light_ink`` says whether ink is lighter than its ground; ``None`` finds out. Raises
    :class:`PictureError` for another shape or dtype.
    """
    check_pixels(pixels)
    small, factor = _reduced(pixels)
    if small.shape[0] < LEAST_HEIGHT:
        return Scene()
    scene = _seen(small, light_ink, factor)
    if light_ink is None and scene.light_ink and _is_dark_on_light(scene):
        dark = _seen(small, False, factor)
        scene = dark if dark.is_page else scene
    return _unshaded(scene) if scene.is_page else scene


def _seen(small: NDArray[np.uint8], light_ink: bool | None, factor: int) -> Scene:
    """The marks of a frame that was reduced by ``factor``, under the light that it has."""
    if small.ndim == 3:
        from pi_nn.vision.colour import clearest  # the Pi's own camera gives grey

        small, light_ink = clearest(small, light_ink)
    lit = level(small, light_ink=light_ink)
    if isinstance(lit, Lit) and max(lit.grey.shape) >= PAGE_SIDE:
        from pi_nn.vision.printed import without_print  # pages are not what a Pi's camera sees all day

        lit = without_print(lit)
    return _surveyed(small, lit, factor)


def _is_dark_on_light(scene: Scene) -> bool:
    """Whether what was taken for light ink on a board are lit places of a sheet in shadow."""
    if scene.lit is None or not scene.is_large(scene.marks[0]):
        return False
    from pi_nn.vision.shade import strokes_are_dark

    return strokes_are_dark(~scene.lit.grey)


def _unshaded(scene: Scene) -> Scene:
    """A page as it would be in even light, if shadows lie on it."""
    from pi_nn.vision.shade import is_shaded, unshaded  # few frames are pages

    assert scene.lit is not None
    # What is nearly black has too few grey levels left, and the user can do better.
    if scene.is_dark or not is_shaded(scene.mask(), scene.pen):
        return scene
    # A shadow is no stroke, and may be most of what is seen.
    pen = stroke_width([mark for mark in scene.marks if not scene.is_large(mark)])
    grey = unshaded(scene.lit.grey, pen)
    lit = level(grey, light_ink=False)
    if isinstance(lit, Lit):
        lit = replace(lit, light_ink=scene.light_ink)
    even = _surveyed(grey, lit, scene.factor)
    return replace(even, marks=tuple(mark for mark in even.marks if not _is_corner(scene, mark)))


def _is_corner(shaded: Scene, mark: Mark) -> bool:
    """Whether a bar is what even light leaves of a shadow's corner: beside it the shadow is as dark."""
    assert shaded.lit is not None
    if mark.height < LEAST_HEIGHT or not is_bar(mark):
        return False
    return rim_of(shaded.lit.grey, mark).openness(shaded=True) > _CORNER


def _surveyed(grey: NDArray[np.uint8], lit: Lit | str | None, factor: int) -> Scene:
    """The marks of a frame from what ``level`` tells of it; ``factor`` as in the scene."""
    if not isinstance(lit, Lit):
        return _without_marks(grey, lit)
    runs = find_runs(lit.ink())
    if len(runs) > _MOST_RUNS:
        return Scene(reason="crowded")
    x, y, _, _ = lit.inked
    blobs = find_blobs(Runs(runs.row + y, runs.start + x, runs.stop + x))
    sizes = np.maximum(blobs.boxes[:, 2], blobs.boxes[:, 3])
    most = min(_MOST_MARKS, _FIRST_MARKS + grey.shape[0] * grey.shape[1] // _ROOM)
    ordered = np.argsort(-sizes, kind="stable")[: np.count_nonzero(sizes >= LEAST_PIECE)]
    chosen, left_out = ordered[:most], ordered[most : most + 1]
    if len(chosen) == 0:
        return _without_marks(grey, None)
    return Scene(
        tuple(marks_of(blobs, chosen)),
        lit,
        factor,
        light_ink=lit.light_ink,
        left_out=int(sizes[left_out].sum()),
    )


def _without_marks(grey: NDArray[np.uint8], reason: str | None) -> Scene:
    return Scene(reason="too_dark" if int(grey.max()) < DARK else reason)


def check_pixels(pixels: NDArray[np.uint8]) -> None:
    """Raises :class:`PictureError` unless ``pixels`` is uint8 (H, W) or (H, W, 3) and not empty."""
    if not isinstance(pixels, np.ndarray) or pixels.dtype != np.uint8:
        kind = getattr(pixels, "dtype", type(pixels).__name__)
        raise PictureError(f"got {kind}, expected an array of uint8 grey levels; convert it first")
    if not (pixels.ndim == 2 or (pixels.ndim == 3 and pixels.shape[2] == 3)) or pixels.size == 0:
        raise PictureError(f"got an array of shape {pixels.shape}, expected (H, W) grey or (H, W, 3) RGB")


def _reduced(pixels: NDArray[np.uint8]) -> tuple[NDArray[np.uint8], int]:
    factor = -(-max(pixels.shape[:2]) // _WORKING)
    if factor == 1:
        return pixels, 1
    return np.asarray(Image.fromarray(np.ascontiguousarray(pixels)).reduce(factor)), factor
