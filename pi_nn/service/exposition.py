"""The daemon's figures in the form of Prometheus, made from plain numbers when somebody asks."""

from __future__ import annotations

import time
from collections.abc import Iterator
from itertools import accumulate
from typing import TYPE_CHECKING

from prometheus_client import CollectorRegistry
from prometheus_client.core import (
    CounterMetricFamily,
    GaugeMetricFamily,
    HistogramMetricFamily,
    InfoMetricFamily,
    Metric,
)
from prometheus_client.exposition import CONTENT_TYPE_LATEST, generate_latest
from prometheus_client.registry import Collector

from pi_nn import __version__
from pi_nn.service.routes.health import unready
from pi_nn.service.stats import SECONDS, Durations

if TYPE_CHECKING:
    from collections import Counter

    from pi_nn.records import Reading
    from pi_nn.service.parts import Parts

STATUSES = ("ok", "unsure", "no_digit", "starting", "stale", "camera_error")


def expose(parts: Parts) -> tuple[bytes, str]:
    """The text and its media type. A registry of its own: nothing of the process is told by accident."""
    registry = CollectorRegistry(auto_describe=False)
    registry.register(_Figures(parts))
    return generate_latest(registry), CONTENT_TYPE_LATEST


class _Figures(Collector):
    def __init__(self, parts: Parts) -> None:
        self._parts = parts

    def describe(self) -> list[Metric]:
        return []

    def collect(self) -> Iterator[Metric]:
        yield from _reading(self._parts)
        yield from _counters(self._parts)
        yield from _state(self._parts)


def _reading(parts: Parts) -> Iterator[Metric]:
    """What is seen. A value that is not sure is missing, never wrong."""
    reading = parts.board.now().reading
    yield _labelled(
        "pi_nn_status",
        "1 for the status of the reading",
        "status",
        {s: float(s == reading.status) for s in STATUSES},
    )
    number = _number(reading)
    if number is not None:
        yield GaugeMetricFamily("pi_nn_value", "The number in view, while its status is ok", number)
    if reading.confidence is not None:
        yield GaugeMetricFamily(
            "pi_nn_confidence_ratio", "The lowest confidence of the digits in view", reading.confidence
        )
    yield GaugeMetricFamily("pi_nn_digits", "Digits in view", len(reading.digits))


def _number(reading: Reading) -> float | None:
    text = reading.text or ""
    # Above 2**53 a float would be another number.
    return float(text) if text.isascii() and text.isdecimal() and len(text) <= 15 else None


def _counters(parts: Parts) -> Iterator[Metric]:
    stats = parts.stats
    yield CounterMetricFamily("pi_nn_capture_passes", "Capture passes that ended", stats.passes)
    yield CounterMetricFamily("pi_nn_frames", "Frames that the camera gave", stats.frames)
    yield CounterMetricFamily("pi_nn_frames_skipped", "Frames not read again, being unchanged", stats.skipped)
    yield _counted("pi_nn_readings", "Readings published", "status", stats.readings)
    yield _counted("pi_nn_camera_errors", "Failed passes", "reason", stats.camera_errors)
    yield _counted("pi_nn_uploads", "Pictures read for POST /api/predict", "status", stats.uploads)
    yield _histogram(
        "pi_nn_capture_seconds", "Time to open the camera and capture a frame", stats.capture_seconds
    )
    yield _histogram("pi_nn_read_seconds", "Time to read a frame", stats.read_seconds)


def _state(parts: Parts) -> Iterator[Metric]:
    now, stats = parts.clock(), parts.stats
    network = parts.model.readers.live.network
    yield InfoMetricFamily(
        "pi_nn", "What runs", {"version": __version__, "model": network.name, "model_sha256": network.sha256}
    )
    yield GaugeMetricFamily("pi_nn_ready", "1 when /readyz says so", float(unready(parts)[0] is None))
    yield GaugeMetricFamily(
        "pi_nn_start_time_seconds", "Start, Unix time", time.time() - (now - parts.started)
    )
    age = parts.board.age()
    if age is not None:
        yield GaugeMetricFamily("pi_nn_frame_age_seconds", "Age of the last frame", age)
    if stats.last_pass is not None:
        yield GaugeMetricFamily(
            "pi_nn_capture_pass_age_seconds", "Age of the last capture pass", now - stats.last_pass
        )
    viewers = {kind: float(count()) for kind, count in stats.viewers.items()}
    yield _labelled("pi_nn_streams", "Open streams", "kind", viewers)


def _labelled(name: str, text: str, label: str, values: dict[str, float]) -> Metric:
    family = GaugeMetricFamily(name, text, labels=[label])
    for key, value in values.items():
        family.add_metric([key], value)
    return family


def _counted(name: str, text: str, label: str, counts: Counter[str]) -> Metric:
    family = CounterMetricFamily(name, text, labels=[label])
    for key, value in dict(counts).items():
        family.add_metric([key], value)
    return family


def _histogram(name: str, text: str, durations: Durations) -> Metric:
    bounds = [*(str(bound) for bound in SECONDS), "+Inf"]
    buckets = list(zip(bounds, map(float, accumulate(durations.counts)), strict=True))
    return HistogramMetricFamily(name, text, buckets=buckets, sum_value=durations.total)
