"""What the daemon counts about itself. Plain numbers: they cost nothing until somebody asks for /metrics."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

SECONDS: Final = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0)
"""Upper bounds of the duration histograms, in seconds."""


class Durations:
    """A histogram of seconds with the bounds of :data:`SECONDS`."""

    def __init__(self) -> None:
        self.counts = [0] * (len(SECONDS) + 1)
        self.total = 0.0

    def observe(self, seconds: float) -> None:
        self.counts[sum(seconds > bound for bound in SECONDS)] += 1
        self.total += seconds


@dataclass(slots=True)
class Stats:
    """Counters since the start. The capture thread writes most; uploads are counted under their own lock."""

    frames: int = 0
    skipped: int = 0
    passes: int = 0
    readings: Counter[str] = field(default_factory=Counter)
    camera_errors: Counter[str] = field(default_factory=Counter)
    uploads: Counter[str] = field(default_factory=Counter)
    viewers: dict[str, Callable[[], int]] = field(default_factory=dict)
    """Who watches now, for each kind of stream."""
    capture_seconds: Durations = field(default_factory=Durations)
    read_seconds: Durations = field(default_factory=Durations)
    last_pass: float | None = None
    """Monotonic stamp of the end of the last capture pass."""
