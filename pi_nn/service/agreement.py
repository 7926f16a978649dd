"""The vote over the last frames: a value is published when enough of them say the same."""

from __future__ import annotations

from dataclasses import replace

from pi_nn.records import Reading


class Agreement:
    """Counts the frames in which every digit was accepted and that said the same.

    A frame that says something else, or nothing, ends the count at once. A frame that doubts the very same
    digits is no vote and no contradiction: its own text is null, and the count goes on after it.
    """

    def __init__(self, votes: int) -> None:
        self.votes = votes
        self._raw: str | None = None
        self._count = 0

    def vote(self, reading: Reading) -> Reading:
        """``reading``, made from one frame, as it may be published: ``ok`` only after agreement."""
        if reading.status != "ok":
            if reading.raw != self._raw:
                self.reset()
            return reading
        self._count = self._count + 1 if reading.raw == self._raw else 1
        self._raw = reading.raw
        if self._count >= self.votes:
            return reading
        return replace(reading, status="unsure", reason="awaiting_agreement", note=None)

    def reset(self) -> None:
        """Forgets the count: the camera failed, or another model reads."""
        self._raw, self._count = None, 0
