"""What the HTTP application works with; made once by whoever starts it, handed to every route."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from pi_nn.service.pictures import FramePictures

if TYPE_CHECKING:
    from pi_nn.config import Settings
    from pi_nn.service.board import Board
    from pi_nn.service.corrections import Corrections
    from pi_nn.service.faults import FaultFile
    from pi_nn.service.models import ModelSlot
    from pi_nn.service.stats import Stats


@dataclass(slots=True)
class Parts:
    """The collaborators of the application. ``settings`` is replaced as a whole when loaded again."""

    settings: Settings
    board: Board
    model: ModelSlot
    stats: Stats
    faults: FaultFile
    corrections: Corrections
    clock: Callable[[], float]
    started: float
    """Monotonic stamp of the start."""
    pictures: FramePictures = field(default_factory=FramePictures)
    uploading: threading.Lock = field(default_factory=threading.Lock)
    """Held while an upload is decoded and read: one at a time, for the memory of a Pi Zero."""
    queue: threading.BoundedSemaphore = field(default_factory=lambda: threading.BoundedSemaphore(2))
    """Who reads an upload, and one who waits; more would take the threads that answer everyone else."""
