"""One independent piece of an experiment, and what came of it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from pi_nn.errors import DataError

Scalar = str | int | float | bool
Row = dict[str, Scalar]


@dataclass(frozen=True)
class Job:
    """``parameters`` (JSON scalars) and ``seed`` decide the result; ``cost`` is its work in book records.

    A book record is one update of the book's 784-100-10 network: the unit of all estimates.
    """

    experiment: str
    parameters: Mapping[str, Scalar]
    seed: int
    cost: float = field(default=1.0, compare=False)

    @property
    def key(self) -> str:
        """The same text for the same job, whatever the order of its parameters."""
        return json.dumps([self.experiment, dict(self.parameters), self.seed], sort_keys=True)


@dataclass(frozen=True)
class Record:
    """A finished job: its measured ``rows`` and the ``seconds`` of processor time it took."""

    job: Job
    rows: tuple[Row, ...]
    seconds: float

    def table(self) -> list[Row]:
        """The rows with the job's name, parameters and seed in front: each a line of the tidy CSV."""
        head: Row = {"experiment": self.job.experiment, **self.job.parameters, "seed": self.job.seed}
        return [{**head, **row} for row in self.rows]

    def to_line(self) -> str:
        """As a line of JSON."""
        return json.dumps({**asdict(self.job), "seconds": round(self.seconds, 3), "rows": list(self.rows)})

    @classmethod
    def from_line(cls, line: str) -> Record:
        """Raises :class:`DataError` when the line was not written by ``to_line``."""
        try:
            held: dict[str, Any] = json.loads(line)
            job = Job(held["experiment"], held["parameters"], held["seed"], held["cost"])
            return cls(job, tuple(held["rows"]), held["seconds"])
        except (ValueError, KeyError, TypeError) as error:
            raise DataError(f"not the record of a job: {line[:60]!r} ({error})") from None
