"""Vision, network and acceptance rules together: a picture goes in, a Reading comes out."""

from __future__ import annotations

import time
import uuid
from dataclasses import replace
from datetime import UTC, datetime
from math import atan, degrees
from pathlib import Path
from typing import TYPE_CHECKING, Final, Protocol, TypeAlias

import numpy as np
from PIL import Image

from pi_nn.errors import ConfigError
from pi_nn.nn import Thresholds, load_network
from pi_nn.records import Box, DigitTile, Frame, FrameInfo, ModelInfo, Prediction, Reading, Rejected
from pi_nn.vision.belief import doubts, needed
from pi_nn.vision.layout import arrange, slope_of
from pi_nn.vision.picture import open_picture, picture_array
from pi_nn.vision.scene import Scene
from pi_nn.vision.sighting import Sight, sight
from pi_nn.vision.sorting import sort
from pi_nn.vision.survey import check_pixels, survey

if TYPE_CHECKING:
    from numpy.typing import NDArray

MOST_REJECTED: Final = 50
DIGITS: Final = tuple("0123456789")
# A network's own threshold keeps 99 % of clean tiles; ink that was found in a picture must be surer. On
# simulated frames of validation digits 0.94 leaves 19 of the 30 wrong digits that 0.9 leaves, and drops one
# right digit in 350; 0.98 leaves 17 and drops one in 75.
LEAST_CONFIDENCE: Final = 0.94
# Digits on lines that run down, or up, by so much for each pixel to the right are turned: by 12 degrees.
TURNED: Final = 0.21
Roi = tuple[float, float, float, float]
Judged: TypeAlias = "tuple[list[Prediction], list[DigitTile], list[Rejected], str | None]"
Picture: TypeAlias = "str | Path | Image.Image | NDArray[np.uint8] | Frame"


class Scorer(Protocol):
    """What the reader needs of a network; :class:`pi_nn.nn.Network` is one."""

    name: str
    sha256: str
    classes: tuple[str, ...]

    @property
    def thresholds(self) -> Thresholds: ...

    def scores(self, x: NDArray[np.float32]) -> tuple[NDArray[np.float32], NDArray[np.float32]]: ...


class DigitReader:
    """Reads the digits in a picture.

    ``network`` defaults to the bundled one; ``thresholds`` (when a digit is accepted) to :func:`strict` ones;
    ``roi`` (x, y, width, height as fractions of the frame) is the only part that is looked at.
    """

    def __init__(
        self, network: Scorer | None = None, *, thresholds: Thresholds | None = None, roi: Roi | None = None
    ) -> None:
        if network is None:
            network = load_network()
        self.network = network
        self.thresholds = thresholds or strict(network.thresholds)
        self.roi = _checked(roi)

    def read(self, image: Picture) -> Reading:
        """The reading of one picture: a path, a Pillow image, a uint8 array (H, W) or (H, W, 3), or a Frame.

        No vote is taken. Raises :class:`pi_nn.errors.PictureError` when the picture cannot be read.
        """
        return self.examine(image)[0]

    # The service and the command line build on examine() and read_tile(): keep both.
    def examine(self, image: Picture) -> tuple[Reading, tuple[DigitTile, ...]]:
        """The reading, as :meth:`read`, and what the network saw: one tile for each of its ``digits``."""
        frame = _as_frame(image)
        x, y, pixels = self._crop(frame.pixels)
        scene = survey(pixels)
        digits, tiles, refused, fault = self._judge(scene, (x, y))
        return self._reading(FrameInfo.of(frame), digits, refused, fault), tuple(tiles)

    def read_tile(self, pixels: NDArray[np.float32], source: str = "upload") -> Reading:
        """The reading of one digit, float32 (28, 28), 0.0 paper to 1.0 ink: straight to the network."""
        probabilities, junk = self.network.scores(pixels)
        tile = DigitTile(pixels, (0, 0, 28, 28), line=0)
        frame = FrameInfo(0, datetime.now(UTC), time.monotonic(), 28, 28, source)
        if junk[0] > self.thresholds.junk:
            return self._reading(frame, [], [Rejected(tile.box, "not_a_digit")], None)
        least = self.thresholds.confidence
        return self._reading(frame, [self._predict(tile, probabilities[0], float(junk[0]), least)], [], None)

    def _reading(
        self, frame: FrameInfo, digits: list[Prediction], refused: list[Rejected], fault: str | None
    ) -> Reading:
        """``fault`` is what vision has against the whole frame; it counts where no digit was found."""
        doubt = next((p.reason for p in digits if p.reason), None)
        return Reading(
            id=uuid.uuid4().hex,
            status="no_digit" if not digits else "unsure" if doubt else "ok",
            model=ModelInfo(self.network.name, self.network.sha256),
            digits=tuple(digits),
            rejected=tuple(refused[:MOST_REJECTED]),
            reason=doubt if digits else fault,
            frame=frame,
        )

    def _judge(self, scene: Scene, corner: tuple[int, int]) -> Judged:
        limits = self.thresholds
        seen = self._look(scene)
        found = sort(scene, seen, confidence=limits.confidence, junk=limits.junk)
        reasons = doubts(scene, found, confidence=limits.confidence)
        predictions, tiles = [], []
        boxes = [guess.mark.box for guess in found.digits]
        slope = slope_of(boxes)
        for index, line, number in arrange(boxes, slope, seen.signs):
            guess = found.digits[index]
            box = _moved(scene.frame_box(guess.mark), corner)
            tile = DigitTile(guess.tile, box, line, number, reasons[index])
            tiles.append(tile)
            least = needed(guess, limits.confidence)
            predictions.append(self._predict(tile, guess.probabilities, guess.junk, least))
        refused = [Rejected(_moved(scene.frame_box(mark), corner), why) for mark, why in found.refused]
        judged = predictions, tiles, refused, found.fault
        if abs(slope) < TURNED or scene.turn or self.network.classes != DIGITS:
            return judged
        # On a page that is turned the digits are, too; but they may stand upright on lines that climb.
        upright = self._judge(replace(scene, turn=degrees(atan(slope))), corner)
        return max(judged, upright, key=_accepted)

    def _look(self, scene: Scene) -> Sight:
        """Digits are parted and joined as they are written; other things are taken as they stand."""
        if self.network.classes == DIGITS:
            return sight(scene, self.network.scores)
        from pi_nn.vision.things import take

        return take(scene, self.network.scores)

    def _predict(self, tile: DigitTile, row: NDArray[np.float32], junk: float, least: float) -> Prediction:
        """``least`` is the confidence from when on it is accepted."""
        best = int(row.argmax())
        believed = 1 - junk
        confidence = float(row[best]) * believed
        others = row.copy()
        others[best] = 0
        margin = confidence - float(others.max()) * believed
        reason = tile.reason or self._doubt(confidence, margin, least)
        return Prediction(
            digit=best,
            label=self.network.classes[best],
            confidence=confidence,
            margin=margin,
            probabilities=row,
            accepted=reason is None,
            reason=reason,
            box=tile.box,
            line=tile.line,
            number=tile.number,
        )

    def _doubt(self, confidence: float, margin: float, least: float) -> str | None:
        """Why a digit with these figures is not accepted, ``None`` when it is."""
        if confidence < least:
            return "low_confidence"
        return "small_margin" if margin < self.thresholds.margin else None

    def _crop(self, pixels: NDArray[np.uint8]) -> tuple[int, int, NDArray[np.uint8]]:
        if self.roi is None:
            return 0, 0, pixels
        height, width = pixels.shape[:2]
        x, y = int(self.roi[0] * width), int(self.roi[1] * height)
        right = max(x + 1, round((self.roi[0] + self.roi[2]) * width))
        bottom = max(y + 1, round((self.roi[1] + self.roi[3]) * height))
        return x, y, pixels[y:bottom, x:right]


def _accepted(judged: Judged) -> int:
    return sum(prediction.accepted for prediction in judged[0])


def strict(thresholds: Thresholds) -> Thresholds:
    """A network's thresholds, fit for what is found in pictures: a confidence of 0.94 or more."""
    return thresholds.override(confidence=max(thresholds.confidence, LEAST_CONFIDENCE))


def _checked(roi: Roi | None) -> Roi | None:
    if roi is None:
        return None
    x, y, w, h = roi
    if not (0 <= x < 1 and 0 <= y < 1 and w > 0 and h > 0 and x + w <= 1 + 1e-9 and y + h <= 1 + 1e-9):
        raise ConfigError(f"roi is {roi}, expected fractions x, y, width, height within the frame")
    return roi


def _moved(box: Box, corner: tuple[int, int]) -> Box:
    return box[0] + corner[0], box[1] + corner[1], box[2], box[3]


def _as_frame(image: Picture) -> Frame:
    if isinstance(image, Frame):
        return image
    source = "upload"
    if isinstance(image, (str, Path)):
        source = f"file:{Path(image).name}"
        image = open_picture(image)
    elif isinstance(image, Image.Image):
        image = picture_array(image)
    check_pixels(image)
    return Frame(image, datetime.now(UTC), time.monotonic(), 0, source)
