"""The model that runs, and the safe way to put another in its place."""

from __future__ import annotations

import logging
import threading
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import numpy as np

from pi_nn.errors import PiNNError, WeightsError
from pi_nn.nn import bundled_names, load_network
from pi_nn.reader import DigitReader, strict
from pi_nn.service.board import Entry

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from pi_nn.config import Settings
    from pi_nn.records import DigitTile, Frame, Reading

_log = logging.getLogger(__name__)
FALLBACK: Final = "digits-cnn"
MOST_TILES: Final = 32
"""Tiles kept with a reading: a ring of 200 readings then holds at most 5 MB of them."""


class Readers(NamedTuple):
    """One network, two readers: ``live`` looks at the region of interest, ``single`` at whole pictures."""

    live: DigitReader
    single: DigitReader

    @classmethod
    def load(cls, model: str, settings: Settings) -> Readers:
        """Of a bundled name or a path. Raises :class:`WeightsError`."""
        network = load_network(model)
        thresholds = strict(network.thresholds).override(
            settings.min_confidence, settings.min_margin, settings.max_junk
        )
        single = DigitReader(network, thresholds=thresholds)
        live = (
            single if settings.roi is None else DigitReader(network, thresholds=thresholds, roi=settings.roi)
        )
        return cls(live, single)


class ModelSlot:
    """Holds the readers that run. ``fault`` says why they are not those that were asked for."""

    def __init__(self, readers: Readers, fault: str | None = None) -> None:
        self.readers = readers
        self.fault = fault
        self._changing = threading.Lock()

    @classmethod
    def start(cls, settings: Settings) -> ModelSlot:
        """With the model of the settings; the bundled one serves when that cannot be loaded."""
        try:
            return cls(Readers.load(settings.model, settings))
        except (PiNNError, OSError) as error:
            fault = f"model {settings.model!r} cannot be used, the bundled {FALLBACK} serves instead: {error}"
            _log.error("%s", fault)
            return cls(Readers.load(FALLBACK, settings), fault)

    def swap(self, model: str, settings: Settings, frame: Frame | None) -> None:
        """Puts ``model``, a bundled name or a path, in place of the running one, after it has read ``frame``.

        Raises :class:`WeightsError`; the running one then stays where it is.
        """
        with self._changing:
            try:
                readers = Readers.load(model, settings)
                _verify(readers, frame)
            except (PiNNError, OSError) as error:
                raise WeightsError(
                    f"model {model!r} cannot be used, the running one stays: {error}"
                ) from error
            self.readers, self.fault = readers, None

    def look(self, frame: Frame) -> Entry:
        """The reading of the camera's ``frame``."""
        return _entry(*self.readers.live.examine(frame))

    def look_at_upload(self, pixels: NDArray[np.uint8]) -> Entry:
        """The reading of a picture, uint8 (H, W) or (H, W, 3)."""
        return _entry(*self.readers.single.examine(pixels))

    def look_at_tile(self, tile: NDArray[np.float32]) -> Entry:
        """The reading of one digit, float32 (28, 28), 0..1, ink 1: straight to the network."""
        reading = self.readers.single.read_tile(tile)
        return Entry(reading, _packed([tile]) if reading.digits else None)

    def to_json(self) -> dict[str, Any]:
        """What runs, for GET /api/model."""
        network: Any = self.readers.live.network
        return {
            "name": network.name,
            "sha256": network.sha256,
            "classes": list(network.classes),
            "parameters": network.parameter_count,
            "multiply_adds": network.multiply_adds,
            "thresholds": self.readers.live.thresholds.to_json(),
            "bundled": bundled_names(),
            "fault": self.fault,
        }


def _verify(readers: Readers, frame: Frame | None) -> None:
    """Lets the model answer once. A file can be sound and its network still not fit, or not finish."""
    try:
        readers.single.read_tile(np.zeros((28, 28), np.float32))
        if frame is not None:
            readers.live.examine(frame)
    except Exception as error:
        raise WeightsError(f"it failed on a trial ({type(error).__name__}: {error})") from error


def _entry(reading: Reading, tiles: Sequence[DigitTile]) -> Entry:
    return Entry(reading, _packed([tile.pixels for tile in tiles[:MOST_TILES]]) if tiles else None)


def _packed(tiles: Sequence[NDArray[np.float32]]) -> NDArray[np.uint8]:
    return np.rint(np.stack(tiles) * 255).astype(np.uint8)
