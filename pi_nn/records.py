"""The values that flow from the camera to the answer: Frame, DigitTile, Prediction, Reading.

Each is immutable and made once. Small ones are named tuples: defining a frozen dataclass takes a Pi Zero
three million instructions at each start. Boxes are (x, y, width, height) in pixels of the upright frame.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any, NamedTuple

from pi_nn.reasons import message

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

Box = tuple[int, int, int, int]


@dataclass(frozen=True, slots=True, eq=False)
class Frame:
    """One picture from a camera, upright.

    ``pixels`` is uint8, (H, W) grey or (H, W, 3) RGB. ``captured_at`` (UTC) is for people; ages are
    measured with ``monotonic`` (seconds of ``time.monotonic``), because a Pi has no clock until the
    network sets it.
    """

    pixels: NDArray[np.uint8]
    captured_at: datetime
    monotonic: float
    sequence: int
    source: str


@dataclass(frozen=True, slots=True, eq=False)
class DigitTile:
    """Ink that may be a digit, in the MNIST convention (LeCun et al. 1998).

    ``pixels`` is float32 (28, 28), 0.0 paper to 1.0 ink: a 20x20 box with its centre of mass in the
    middle. ``line`` and ``number`` say where it stands: the line from the top, the number within that
    line from the left. ``reason`` is why vision itself doubts it (``touches_edge`` …), else ``None``.
    """

    pixels: NDArray[np.float32]
    box: Box
    line: int
    number: int = 0
    reason: str | None = None


class Rejected(NamedTuple):
    """Digit-sized ink that was judged not to be a digit."""

    box: Box
    reason: str

    def to_json(self) -> dict[str, Any]:
        return {"box": list(self.box), "reason": self.reason}


class Findings(NamedTuple):
    """What vision found in one frame: tiles in reading order, refused ink, and a fault of the whole frame."""

    tiles: tuple[DigitTile, ...]
    rejected: tuple[Rejected, ...] = ()
    reason: str | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Prediction:
    """What the network says of one tile.

    ``probabilities`` is float32 (K,), each class's share if it is a digit at all; ``confidence`` the
    calibrated chance that ``digit`` is right, ``margin`` its lead over the runner-up's chance. Both are
    shares times the chance that this is a digit, so that ``margin`` is at most ``confidence``.
    """

    digit: int
    label: str
    confidence: float
    margin: float
    probabilities: NDArray[np.float32]
    accepted: bool
    reason: str | None
    box: Box
    line: int
    number: int = 0

    def to_json(self) -> dict[str, Any]:
        return {
            "digit": self.digit,
            "label": self.label,
            "confidence": round(self.confidence, 6),
            "margin": round(self.margin, 6),
            "accepted": self.accepted,
            "reason": self.reason,
            "box": list(self.box),
            "line": self.line,
            "probabilities": [round(float(p), 6) for p in self.probabilities],
        }


class FrameInfo(NamedTuple):
    """A frame without its pixels."""

    sequence: int
    captured_at: datetime
    monotonic: float
    width: int
    height: int
    source: str

    @classmethod
    def of(cls, frame: Frame) -> FrameInfo:
        height, width = frame.pixels.shape[:2]
        return cls(frame.sequence, frame.captured_at, frame.monotonic, width, height, frame.source)

    def to_json(self, now: float | None) -> dict[str, Any]:
        """``now`` is a ``time.monotonic`` stamp; ``None`` makes the age 0 (a single picture)."""
        age = 0.0 if now is None else max(0.0, now - self.monotonic)
        stamp = self.captured_at.isoformat(timespec="milliseconds").replace("+00:00", "Z")
        return {
            "sequence": self.sequence,
            "captured_at": stamp,
            "age_seconds": round(age, 3),
            "width": self.width,
            "height": self.height,
            "source": self.source,
        }


class ModelInfo(NamedTuple):
    """Which weights answered: their name and the sha256 of the file's bytes."""

    name: str
    sha256: str

    def to_json(self) -> dict[str, Any]:
        return {"name": self.name, "sha256": self.sha256}


@dataclass(frozen=True, slots=True, eq=False)
class Reading:
    """The answer for one frame. ``text`` is ``raw`` exactly when ``status`` is ``ok``, else ``None``.

    ``status``: ``ok``, ``unsure``, ``no_digit``, ``starting``, ``stale`` or ``camera_error``.
    ``note`` replaces the standard sentence of ``reason`` where a more exact one is known.
    """

    id: str
    status: str
    model: ModelInfo
    digits: tuple[Prediction, ...] = ()
    rejected: tuple[Rejected, ...] = ()
    reason: str | None = None
    frame: FrameInfo | None = None
    note: str | None = field(default=None)

    @property
    def raw(self) -> str:
        """All digits in reading order: numbers on a line parted by one space, lines by a newline.

        Labels of several characters, which are words and no digits, are each parted by a space.
        """
        text, last = "", None
        words = any(len(p.label) > 1 for p in self.digits)
        for p in self.digits:
            here = (p.line, p.number)
            if last is not None and (words or here != last):
                text += "\n" if here[0] != last[0] else " "
            text += p.label
            last = here
        return text

    @property
    def lines(self) -> list[str]:
        return self.raw.split("\n") if self.digits else []

    @property
    def text(self) -> str | None:
        return self.raw if self.status == "ok" else None

    @property
    def confidence(self) -> float | None:
        return min((p.confidence for p in self.digits), default=None)

    @property
    def message(self) -> str | None:
        return self.note or message(self.reason)

    def to_json(self, now: float | None = None) -> dict[str, Any]:
        """The only JSON shape of a reading: HTTP, MQTT and ``predict --json`` all send it."""
        return {
            "id": self.id,
            "status": self.status,
            "reason": self.reason,
            "message": self.message,
            "text": self.text,
            "raw": self.raw,
            "lines": self.lines,
            "confidence": None if self.confidence is None else round(self.confidence, 6),
            "digits": [p.to_json() for p in self.digits],
            "rejected": [r.to_json() for r in self.rejected],
            "frame": None if self.frame is None else self.frame.to_json(now),
            "model": self.model.to_json(),
        }
