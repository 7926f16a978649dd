"""The camera contract: open, capture, close. Every back end is a subclass that fills in three methods."""

from __future__ import annotations

import threading
import time
from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from types import TracebackType
from typing import TYPE_CHECKING, Self

from pi_nn.errors import CameraError, ConfigError
from pi_nn.records import Frame

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

MAX_TIMEOUT = 1.5
"""Seconds. Longer waits would keep ctrl-C and SIGTERM from ending the program in time."""


def _utc_now() -> datetime:
    return datetime.now(UTC)


def _never_stopping() -> Callable[[float], bool]:
    return threading.Event().wait


@dataclass(frozen=True, slots=True)
class Timing:
    """Where a camera gets its time from; a test hands in its own.

    ``clock`` gives monotonic seconds, ``now`` the UTC time of day. ``wait(seconds)`` sleeps and returns
    whether the program is stopping: hand in ``stopping.wait`` of the daemon's ``threading.Event``.
    """

    clock: Callable[[], float] = time.monotonic
    now: Callable[[], datetime] = _utc_now
    wait: Callable[[float], bool] = field(default_factory=_never_stopping)


@dataclass(frozen=True, slots=True)
class CameraSettings:
    """What is asked of a camera.

    ``width`` and ``height`` in pixels, ``frame_rate`` in frames a second, ``exposure_time`` in
    microseconds (``None``: automatic), ``lens_position`` in dioptres (``None``: automatic). A folder has
    its pictures' own sizes; flips, exposure and lens are the business of ``picamera2`` alone.
    """

    width: int = 640
    height: int = 480
    frame_rate: float = 10.0
    hflip: bool = False
    vflip: bool = False
    exposure_time: int | None = None
    lens_position: float | None = None

    def __post_init__(self) -> None:
        if not (64 <= self.width <= 4608 and 64 <= self.height <= 3456):
            raise ConfigError(
                f"the frame size is {self.width}x{self.height}, expected 64x64 to 4608x3456 pixels"
            )
        if not 0.1 <= self.frame_rate <= 120:
            raise ConfigError(f"frame_rate is {self.frame_rate}, expected 0.1 to 120 frames a second")


class Camera(ABC):
    """A source of frames, and a context manager: ``with make_camera("auto") as camera: camera.capture()``.

    A closed camera may be opened again: the sequence goes on, as do a folder's place and the simulated
    camera's faults. Captures may come from several threads, but only one at a time; open and close belong
    to one thread.
    """

    source: str
    """Where its frames come from, for people: ``picamera2:0``, ``folder:NAME``, ``simulated``."""
    note: str | None = None
    """A sentence for the user about the choice of this camera, where there is something to say."""

    def __init__(self, settings: CameraSettings | None = None, timing: Timing | None = None) -> None:
        self.settings = settings or CameraSettings()
        self.timing = timing or Timing()
        self._sequence = 0
        self._is_open = False

    @classmethod
    @abstractmethod
    def from_argument(cls, argument: str, settings: CameraSettings, timing: Timing) -> Camera:
        """A closed camera from what follows ``NAME:`` in a specification. Raises :class:`ConfigError`."""

    @property
    def finished(self) -> bool:
        """True when no further frame will ever come (the last picture of a folder was given)."""
        return False

    def open(self) -> None:
        """Makes the camera ready; does nothing when it is. Raises :class:`CameraError`."""
        if not self._is_open:
            self._open()
            self._is_open = True

    def capture(self, timeout: float = MAX_TIMEOUT) -> Frame | None:
        """The next frame, with read-only pixels, or ``None`` when a folder ran out.

        Waits at most ``timeout`` seconds (0 < timeout <= 1.5). Raises :class:`CameraError` with a reason of
        :mod:`pi_nn.reasons`; after one, close the camera and open it again.
        """
        if not 0 < timeout <= MAX_TIMEOUT:
            raise ValueError(f"timeout is {timeout} s, expected more than 0 and at most {MAX_TIMEOUT}")
        if not self._is_open:
            raise CameraError("camera_failed", f"{self.source} is closed; open it before capturing")
        pixels = self._grab(timeout)
        if pixels is None:
            return None
        pixels.flags.writeable = False
        self._sequence += 1
        return Frame(pixels, self.timing.now(), self.timing.clock(), self._sequence, self._frame_source())

    def close(self) -> None:
        """Lets go of the device. Harmless when repeated, and after a failure."""
        if self._is_open:
            self._is_open = False
            self._close()

    def __enter__(self) -> Self:
        self.open()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _frame_source(self) -> str:
        return self.source

    @abstractmethod
    def _open(self) -> None: ...

    @abstractmethod
    def _grab(self, timeout: float) -> NDArray[np.uint8] | None:
        """Pixels uint8, (H, W) or (H, W, 3), upright; the array is given away."""

    @abstractmethod
    def _close(self) -> None: ...
