"""The capture loop: takes a frame, reads it, publishes it; and takes the camera's faults calmly."""

from __future__ import annotations

import logging
from collections import deque
from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING, Final, NamedTuple

from pi_nn.errors import CameraError
from pi_nn.records import Frame, FrameInfo, Reading
from pi_nn.service.agreement import Agreement
from pi_nn.service.board import Entry
from pi_nn.service.change import ChangeDetector

if TYPE_CHECKING:
    from pi_nn.cameras import Camera
    from pi_nn.service.board import Board
    from pi_nn.service.faults import FaultFile
    from pi_nn.service.models import ModelSlot
    from pi_nn.service.notify import Notifier
    from pi_nn.service.stats import Stats

_log = logging.getLogger(__name__)
CAPTURE_TIMEOUT: Final = 1.5
"""Seconds that one capture may wait."""
PASS_TIMEOUT: Final = 20.0
"""Seconds within which a whole pass, reading included, must end to feed the watchdog."""
FIRST_BACK_OFF: Final = 0.5
LAST_BACK_OFF: Final = 8.0


class CapturePlan(NamedTuple):
    """What the loop is told by the settings; replaced as a whole when they are loaded again."""

    camera: Camera
    interval: float
    votes: int


class CaptureLoop:
    """``run`` is the capture thread; ``step`` is one pass of it.

    ``wait(seconds)`` sleeps and says whether the program is stopping; ``clock`` is monotonic; ``new_id``
    names a reading. The camera is opened, used and closed by the thread of ``run`` alone. A camera that
    failed is closed and opened again, never made anew: a folder keeps its place.
    """

    def __init__(
        self,
        plan: CapturePlan,
        *,
        model: ModelSlot,
        board: Board,
        stats: Stats,
        faults: FaultFile,
        notifier: Notifier,
        clock: Callable[[], float],
        wait: Callable[[float], bool],
        new_id: Callable[[], str],
    ) -> None:
        self._plan = plan
        self._next_plan: deque[CapturePlan] = deque(maxlen=1)
        self._model, self._board, self._stats = model, board, stats
        self._faults, self._notifier = faults, notifier
        self._clock, self._wait, self._new_id = clock, wait, new_id
        self._agreement = Agreement(plan.votes)
        self._changes = ChangeDetector()
        self._last: Entry | None = None
        self._readers: object = None
        self._back_off = FIRST_BACK_OFF
        self._faulty = False

    def run(self) -> None:
        """Passes until ``wait`` says that the program is stopping; then the camera is closed."""
        delay = 0.0
        try:
            while not self._wait(delay):
                delay = self.step()
        finally:
            self._close()

    def change(self, plan: CapturePlan) -> None:
        """Takes ``plan`` from the next pass on."""
        self._next_plan.append(plan)

    def step(self) -> float:
        """One pass; the seconds to wait until the next. Nothing that a camera does ends the loop."""
        began = self._clock()
        self._take_plan()
        fault = self._pass()
        self._stats.passes += 1
        self._stats.last_pass = ended = self._clock()
        if ended - began <= PASS_TIMEOUT:
            self._notifier.watchdog()
        if fault is None:
            self._back_off = FIRST_BACK_OFF
            # The core of a Pi Zero also has requests to answer: rest at least a quarter of the interval.
            return max(self._plan.interval - (ended - began), self._plan.interval / 4)
        delay, self._back_off = self._back_off, min(2 * self._back_off, LAST_BACK_OFF)
        return delay

    def _take_plan(self) -> None:
        if self._next_plan:
            plan = self._next_plan.popleft()
            if plan.camera is not self._plan.camera:
                self._close()
            self._plan = plan
            self._start_anew()

    def _pass(self) -> str | None:
        """Captures and publishes one frame. The reason's code when there was a fault."""
        frame = None
        try:
            frame = self._capture()
            if frame is not None:
                self._publish(frame)
                self._notifier.ready()
                self._recovered()
            if self._plan.camera.finished and not self._board.latest.finished:
                self._board.finish()
            return None
        except CameraError as error:
            if self._wait(0):  # a capture cut short because the daemon stops is no fault
                return None
            return self._failed(error.reason, str(error), None)
        except Exception:  # a fault in a back end or a model must not end the daemon
            _log.exception("a capture pass failed")
            return self._failed("camera_failed" if frame is None else "reading_failed", None, frame)

    def _capture(self) -> Frame | None:
        began = self._clock()
        self._plan.camera.open()
        frame = self._plan.camera.capture(CAPTURE_TIMEOUT)
        if frame is not None:
            self._stats.frames += 1
            self._stats.capture_seconds.observe(self._clock() - began)
        return frame

    def _publish(self, frame: Frame) -> None:
        if self._readers is not self._model.readers:
            self._readers = self._model.readers
            self._start_anew()
        if self._can_skip(frame):
            self._stats.skipped += 1
            self._publish_again(frame)
        else:
            began = self._clock()
            self._last = self._model.look(frame)
            self._stats.read_seconds.observe(self._clock() - began)
            self._post(self._last, frame, again=False)

    def _can_skip(self, frame: Frame) -> bool:
        # Each picture of a folder is a picture of its own, and they may be large: no look at the pixels.
        if frame.source.startswith("folder:"):
            self._agreement.votes = 1
            return False
        self._agreement.votes = self._plan.votes
        return self._changes.unchanged(frame.pixels) and self._last is not None

    def _publish_again(self, frame: Frame) -> None:
        """The picture did not change: the last reading is also that of this frame, and agrees with itself."""
        assert self._last is not None  # for mypy: _can_skip() saw to it
        reading = replace(self._last.reading, frame=FrameInfo.of(frame))
        self._post(self._last._replace(reading=reading), frame, again=True)

    def _post(self, entry: Entry, frame: Frame, *, again: bool) -> None:
        reading = self._agreement.vote(entry.reading)
        before = self._board.latest.reading
        same = again and (reading.status, reading.reason) == (before.status, before.reason)
        named = replace(reading, id=before.id if same else self._new_id())
        self._stats.readings[named.status] += 1
        self._board.publish(entry._replace(reading=named), frame, again=same)

    def _failed(self, reason: str, note: str | None, frame: Frame | None) -> str:
        """Publishes the fault beside the last frame, and lets go of the camera."""
        self._close()
        self._start_anew()
        self._stats.camera_errors[reason] += 1
        latest = self._board.latest
        before = latest.reading
        repeated = before.status == "camera_error" and before.reason == reason
        entry = latest.entry if frame is None else Entry(_unread(before, frame))
        reading = replace(
            entry.reading,
            id=before.id if repeated else self._new_id(),
            status="camera_error",
            reason=reason,
            note=note,
        )
        if not repeated:
            self._tell(reading)
        self._board.publish(entry._replace(reading=reading), frame or latest.frame, again=repeated)
        return reason

    def _tell(self, fault: Reading) -> None:
        """A fault began: the log, the file that survives a restart, and ``systemctl status`` get to know."""
        self._faulty = True
        reason, message = fault.reason or "", fault.message or ""
        _log.warning("%s: %s", reason, message)
        self._faults.record(reason, message)
        self._notifier.status(message)

    def _recovered(self) -> None:
        if self._faulty:
            self._faulty = False
            _log.warning("%s gives frames again", self._plan.camera.source)
            self._notifier.status(f"reading {self._plan.camera.source}")

    def _start_anew(self) -> None:
        self._agreement.reset()
        self._changes.forget()
        self._last = None

    def _close(self) -> None:
        try:
            self._plan.camera.close()
        except Exception:  # it is given up in any case
            _log.exception("the camera did not close cleanly")


def _unread(before: Reading, frame: Frame) -> Reading:
    """What can be said of a frame whose reading failed: that it is there."""
    return replace(before, digits=(), rejected=(), frame=FrameInfo.of(frame))
