"""What waitress is taught: bodies that stay in memory and within bounds, and errors as problems.

waitress reads a whole body before the application sees the request, and writes a large one to a
temporary file. Here a body is kept in memory up to a limit; of a larger one the rest is read and thrown
away, because a connection closed in the middle of an upload shows the client no answer.
"""

from __future__ import annotations

import weakref
from io import BytesIO
from typing import Any, Final

from waitress.buffers import BytesIOBasedBuffer
from waitress.channel import HTTPChannel
from waitress.parser import HTTPRequestParser
from waitress.task import ErrorTask
from waitress.utilities import Error, RequestEntityTooLarge

from pi_nn.service.problems import MEDIA_TYPE, problem_body

READ_ON: Final = 4
"""How many times the limit is read of a body that is too large, before the connection is closed."""
AT_ONCE: Final = 2
"""How many bodies of the largest size may be on their way at the same time, all connections together."""


class BusyError(Error):  # type: ignore[misc]
    """All the memory for bodies is taken."""

    code = 503
    reason = "Service Unavailable"


class BodyBounds:
    """The limits of all bodies together; ``largest`` in bytes may be changed while the daemon runs."""

    def __init__(self, largest: int) -> None:
        self.largest = largest
        self._open: weakref.WeakSet[BoundedBuffer] = weakref.WeakSet()

    def join(self, buffer: BoundedBuffer) -> None:
        self._open.add(buffer)

    def room(self) -> int:
        """Bytes that may still be taken."""
        return AT_ONCE * self.largest - sum(buffer.held for buffer in self._open)


class BoundedBuffer(BytesIOBasedBuffer):  # type: ignore[misc]
    """Holds a body in memory; one that grows too large is dropped, and ``error`` says so."""

    def __init__(self, bounds: BodyBounds) -> None:
        super().__init__()
        self.error: Error | None = None
        self.held = 0
        self._bounds = bounds
        bounds.join(self)

    def append(self, data: bytes) -> None:
        if self.error is None and self.held + len(data) > self._bounds.largest:
            self._drop(RequestEntityTooLarge(f"the body is larger than {self._bounds.largest} bytes"))
        if self.error is None and len(data) > self._bounds.room():
            self._drop(BusyError("other uploads are on their way; send this one again in a few seconds"))
        if self.error is None:
            self.held += len(data)
            super().append(data)

    def close(self) -> None:
        self.held = 0
        super().close()

    def _drop(self, error: Error) -> None:
        self.error = error
        self.held, self.remain = 0, 0
        self.file = BytesIO()


class BoundedParser(HTTPRequestParser):  # type: ignore[misc]
    """Parses a request whose body goes into a :class:`BoundedBuffer`."""

    bounds: BodyBounds

    def parse_header(self, header_plus: bytes) -> None:
        super().parse_header(header_plus)
        if self.body_rcv is not None:
            self.body_rcv.buf = BoundedBuffer(self.bounds)

    def received(self, data: bytes) -> int:
        consumed: int = super().received(data)
        receiver = self.body_rcv
        if receiver is None or self.error is not None:
            return consumed
        # A client that asks before it sends is told no now, and so is one that would never come to an end.
        most = self.bounds.largest * (1 if self.expect_continue else READ_ON)
        if self.content_length > most:
            self._end(RequestEntityTooLarge(f"the body is larger than {self.bounds.largest} bytes"))
        elif receiver.buf.error is not None and (self.completed or self.body_bytes_received > most):
            self._end(receiver.buf.error)
        return consumed

    def _end(self, error: Error) -> None:
        self.error, self.completed, self.expect_continue = error, True, False


class ProblemTask(ErrorTask):  # type: ignore[misc]
    """Answers what waitress itself refuses, in the same form as every other error."""

    def execute(self) -> None:
        error = self.request.error
        body = problem_body(error.code, str(error.body))
        self.status = f"{error.code} {error.reason}"
        self.response_headers = [("Content-Type", MEDIA_TYPE), ("Connection", "close")]
        self.close_on_finish = True
        self.content_length = len(body)
        self.write(body)


def channel_class(bounds: BodyBounds) -> Any:
    """The class of a server's connections, all under the same ``bounds``."""
    parser = type("Parser", (BoundedParser,), {"bounds": bounds})
    return type("Channel", (HTTPChannel,), {"parser_class": parser, "error_task_class": ProblemTask})
