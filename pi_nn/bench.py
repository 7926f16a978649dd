"""How long each stage of a reading takes on this machine."""

from __future__ import annotations

import platform
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pi_nn.nn import Network
from pi_nn.reader import DigitReader

SIZES = ((320, 240), (640, 480))


@dataclass(frozen=True, slots=True)
class Stage:
    """One piece of work; calling ``work`` does it once."""

    name: str
    work: Callable[[], object]


@dataclass(frozen=True, slots=True)
class Timing:
    """Milliseconds of ``runs`` runs of a stage."""

    name: str
    runs: int
    least: float
    median: float

    @property
    def per_second(self) -> float:
        return 1000 / self.median

    def to_json(self) -> dict[str, Any]:
        return {
            "stage": self.name,
            "runs": self.runs,
            "least_ms": round(self.least, 4),
            "median_ms": round(self.median, 4),
            "per_second": round(self.per_second, 1),
        }


def stages(network: Network, scene: Callable[[str, tuple[int, int]], NDArray[np.uint8]]) -> Iterator[Stage]:
    """The network alone, then whole frames. ``scene(text, (width, height))`` draws a frame, uint8 (H, W)."""
    reader = DigitReader(network)
    one = np.zeros((28, 28), np.float32)
    sixteen = np.zeros((16, 28, 28), np.float32)
    yield Stage(f"{network.name}, one digit", lambda: network.predict_proba(one))
    yield Stage(f"{network.name}, 16 digits", lambda: network.predict_proba(sixteen))
    for size in SIZES:
        for text, says in (("", "blank"), ("7", "one digit"), ("1234 5678", "8 digits")):
            frame = scene(text, size)
            yield Stage(f"frame {size[0]}x{size[1]}, {says}", partial(reader.read, frame))
    # Drawn small and made large: it is its size that costs time.
    small = scene("1234 5678", (1000, 750))
    large = np.stack([small.repeat(4, axis=0).repeat(4, axis=1)] * 3, axis=2)
    yield Stage("picture 4000x3000 in colour, 8 digits", partial(reader.read, large))


def measure(stage: Stage, *, clock: Callable[[], float], runs: int = 30, warm_up: int = 3) -> Timing:
    """The stage's time over ``runs`` runs; ``clock`` gives seconds (``time.perf_counter``)."""
    for _ in range(warm_up):
        stage.work()
    times = np.empty(runs)
    for i in range(runs):
        began = clock()
        stage.work()
        times[i] = 1000 * (clock() - began)
    return Timing(stage.name, runs, float(times.min()), float(np.median(times)))


def machine() -> dict[str, Any]:
    """What the figures were measured on: processor, Python, NumPy, and the peak memory so far (MB)."""
    return {
        "processor": _processor(),
        "python": platform.python_version(),
        "numpy": np.__version__,
        "peak_memory_mb": _peak_memory(),
    }


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return platform.processor() or platform.machine()
    named = [line.split(":", 1)[1].strip() for line in lines if line.startswith(("model name", "Model"))]
    return named[-1] if named else platform.machine()


def _peak_memory() -> float | None:
    if sys.platform == "win32":
        return None
    import resource

    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return round(peak / (1024 * 1024 if sys.platform == "darwin" else 1024), 1)
