"""From when on an answer is believed."""

from __future__ import annotations

from dataclasses import asdict, dataclass, fields, replace
from typing import Any

from pi_nn.errors import NetworkError


@dataclass(frozen=True, slots=True)
class Thresholds:
    """Accepted is at least this ``confidence`` and ``margin`` and at most this ``junk``, each 0..1."""

    confidence: float = 0.8
    margin: float = 0.3
    junk: float = 0.5

    def __post_init__(self) -> None:
        for name, value in self.to_json().items():
            if isinstance(value, bool) or not isinstance(value, (int, float)) or not 0 <= value <= 1:
                raise NetworkError(f"threshold {name} is {value!r}, expected a number from 0 to 1")

    def to_json(self) -> dict[str, float]:
        return asdict(self)

    def override(
        self, confidence: float | None = None, margin: float | None = None, junk: float | None = None
    ) -> Thresholds:
        """These thresholds with the given ones in place; ``None`` keeps the own."""
        given = {"confidence": confidence, "margin": margin, "junk": junk}
        return replace(self, **{name: value for name, value in given.items() if value is not None})

    @classmethod
    def from_json(cls, value: Any) -> Thresholds:
        """Raises :class:`NetworkError` unless ``value`` holds exactly the three numbers."""
        names = {f.name for f in fields(cls)}
        if not isinstance(value, dict) or set(value) != names:
            raise NetworkError(
                f"thresholds are {value!r}, expected an object with {', '.join(sorted(names))}"
            )
        return cls(**value)
