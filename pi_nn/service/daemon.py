"""The daemon put together: one camera, one model, one board, the capture thread and the HTTP server."""

from __future__ import annotations

import logging
import threading
import time
import uuid
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Final

from pi_nn.cameras import Camera, CameraSettings, make_camera
from pi_nn.records import ModelInfo, Reading
from pi_nn.service.application import create_app
from pi_nn.service.board import Board
from pi_nn.service.capture import LAST_BACK_OFF, PASS_TIMEOUT, CaptureLoop, CapturePlan
from pi_nn.service.corrections import Corrections
from pi_nn.service.faults import FaultFile
from pi_nn.service.listener import HttpServer, listen
from pi_nn.service.models import ModelSlot
from pi_nn.service.notify import Notifier
from pi_nn.service.parts import Parts
from pi_nn.service.stats import Stats

if TYPE_CHECKING:
    from pi_nn.config import Settings

_log = logging.getLogger(__name__)
READY_AT_LAST: Final = 10.0
"""Seconds after which systemd is told "ready" even without a frame: the daemon answers, and says why."""
FAREWELL: Final = 1.25
"""Seconds that the capture thread has to close its camera."""
_CAMERA_KEYS: Final = (
    "camera", "width", "height", "frame_rate", "hflip", "vflip", "exposure_time", "lens_position",
)  # fmt: skip
_FIXED_KEYS: Final = ("host", "port", "max_streams", "state_dir")


class Daemon:
    """Made by the main thread: listens at once, and serves in :meth:`run`.

    Raises :class:`pi_nn.errors.ListenError` and :class:`pi_nn.errors.ConfigError` when made.
    """

    def __init__(self, settings: Settings, environ: Mapping[str, str]) -> None:
        self.stopping = threading.Event()
        self.camera = _camera(settings, self.stopping)
        listener = listen(settings.host, settings.port)
        self.notifier = Notifier.from_environment(environ)
        try:
            self.parts = _parts(settings)
        except Exception:
            listener.close()
            raise
        self.loop = CaptureLoop(
            _plan(settings, self.camera),
            model=self.parts.model,
            board=self.parts.board,
            stats=self.parts.stats,
            faults=self.parts.faults,
            notifier=self.notifier,
            clock=time.monotonic,
            wait=self.stopping.wait,
            new_id=lambda: uuid.uuid4().hex,
        )
        self.server = HttpServer(
            create_app(self.parts),
            listener,
            max_body=settings.max_upload_bytes,
            max_streams=settings.max_streams,
        )
        self.notifier.need(_patience(settings))

    def run(self, between: Callable[[], None] = lambda: None) -> None:
        """Captures and serves until ``stopping`` is set; then ends both within three seconds."""
        thread = threading.Thread(target=self.loop.run, name="capture", daemon=True)
        ready = threading.Timer(READY_AT_LAST, self.notifier.ready)
        ready.daemon = True
        thread.start()
        ready.start()
        try:
            self.server.run(self.stopping, between)
        finally:
            self.stopping.set()
            self.notifier.stopping()
            ready.cancel()
            self.parts.board.close()
            self.server.close()
            thread.join(FAREWELL)

    def reload(self, settings: Settings) -> None:
        """Goes on with other ``settings``. Raises :class:`PiNNError`; everything then stays as it was."""
        before = self.parts.settings
        same_camera = all(getattr(before, key) == getattr(settings, key) for key in _CAMERA_KEYS)
        camera = self.camera if same_camera else _camera(settings, self.stopping)
        self.parts.model.swap(settings.model, settings, self.parts.board.latest.frame)
        for key in _FIXED_KEYS:
            if getattr(before, key) != getattr(settings, key):
                _log.warning("%s changes at the next start only", key)
        self.camera = camera
        self.parts.settings = settings
        self.parts.board.stale_after = settings.stale_after
        self.parts.board.resize(settings.history)
        self.server.bounds.largest = settings.max_upload_bytes
        self.notifier.need(_patience(settings))
        self.loop.change(_plan(settings, camera))


def _parts(settings: Settings) -> Parts:
    state = None if settings.state_dir is None else Path(settings.state_dir)
    model = ModelSlot.start(settings)
    network = model.readers.live.network
    starting = Reading(
        id=uuid.uuid4().hex,
        status="starting",
        model=ModelInfo(network.name, network.sha256),
        reason="starting",
    )
    return Parts(
        settings=settings,
        board=Board(
            starting, history=settings.history, stale_after=settings.stale_after, clock=time.monotonic
        ),
        model=model,
        stats=Stats(),
        faults=FaultFile(state, clock=time.monotonic, now=lambda: datetime.now(UTC)),
        corrections=Corrections(state),
        clock=time.monotonic,
        started=time.monotonic(),
    )


def _camera(settings: Settings, stopping: threading.Event) -> Camera:
    asked = CameraSettings(
        width=settings.width,
        height=settings.height,
        frame_rate=settings.frame_rate,
        hflip=settings.hflip,
        vflip=settings.vflip,
        exposure_time=settings.exposure_time,
        lens_position=settings.lens_position,
    )
    return make_camera(settings.camera, asked, wait=stopping.wait)


def _plan(settings: Settings, camera: Camera) -> CapturePlan:
    return CapturePlan(camera, settings.interval, settings.agreement)


def _patience(settings: Settings) -> float:
    """Seconds between two feedings of the watchdog when nothing hangs."""
    return settings.interval + LAST_BACK_OFF + PASS_TIMEOUT
