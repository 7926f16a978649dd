"""A reading as JSON bytes, serialised once; a request only fills in the age."""

from __future__ import annotations

import json

from pi_nn.records import Reading


class ReadingJson:
    """The bytes of ``reading.to_json(now)`` for any ``now``, without serialising the reading again."""

    def __init__(self, reading: Reading) -> None:
        self._since = None if reading.frame is None else reading.frame.monotonic
        # The key cannot stand inside a JSON string, where its quotes would be escaped.
        head, mark, tail = json.dumps(reading.to_json()).rpartition('"age_seconds": 0.0')
        self._head, self._tail = (head + mark[:-3]).encode(), tail.encode()

    def body(self, now: float) -> bytes:
        """The JSON as of ``now``, a monotonic stamp."""
        if self._since is None:
            return self._tail
        age = round(max(0.0, now - self._since), 3)
        return b"%s%s%s" % (self._head, repr(age).encode(), self._tail)
