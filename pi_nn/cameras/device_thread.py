"""One thread that a device belongs to, so that a library that hangs never hangs the program."""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future

_LOOK = 0.1
"""Seconds between two looks at whether the program is stopping."""


class DeviceThread:
    """Runs calls one after another in a daemon thread, and waits for each a bounded time.

    A daemon thread, because the interpreter waits for any other at its end, for ever if need be.
    """

    def __init__(self, name: str) -> None:
        self._calls: queue.SimpleQueue[tuple[Future[None], Callable[[], None]] | None] = queue.SimpleQueue()
        self._last: Future[None] | None = None
        self._thread = threading.Thread(target=self._work, name=name, daemon=True)
        self._thread.start()

    @property
    def stuck(self) -> bool:
        """True while a call that was given up has not come back."""
        return self._last is not None and not self._last.done()

    def call(self, work: Callable[[], None], seconds: float, stopping: Callable[[], bool]) -> None:
        """Runs ``work`` in the thread and raises what it raises.

        Raises :class:`TimeoutError` when it takes longer than ``seconds``, the program is ``stopping``, or an
        earlier call is stuck. ``work`` then goes on, unobserved.
        """
        if self.stuck:
            raise TimeoutError("an earlier call has not come back")
        self._last = Future()
        self._calls.put((self._last, work))
        end = time.monotonic() + seconds
        while True:
            left = end - time.monotonic()
            try:
                return self._last.result(timeout=max(0.0, min(_LOOK, left)))
            except TimeoutError:
                # The call's own TimeoutError ends here too: it is an answer.
                if self._last.done() or left <= 0 or stopping():
                    raise

    def end(self) -> None:
        """Lets the thread end after the calls that are under way."""
        self._calls.put(None)

    def _work(self) -> None:
        while (item := self._calls.get()) is not None:
            future, work = item
            try:
                work()
            except BaseException as error:  # handed to the caller, whatever it is
                future.set_exception(error)
            else:
                future.set_result(None)


def never() -> bool:
    """For a call that is made while stopping, and must be made nevertheless."""
    return False
