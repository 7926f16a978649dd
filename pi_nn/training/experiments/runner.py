"""Runs what is not done yet, keeps each record as it comes, and tells how long it will take."""

from __future__ import annotations

import csv
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Protocol

import numpy as np

from pi_nn.errors import DataError
from pi_nn.training.experiments.book import BookNetwork
from pi_nn.training.experiments.experiment import find_experiment
from pi_nn.training.experiments.job import Job, Record
from pi_nn.training.experiments.journal import Journal

_SAMPLE, _TRIES = 128, 7


class Crew(Protocol):
    """Whoever works: this process, a pool of processes, a cluster."""

    @property
    def workers(self) -> int:
        """How many jobs run at the same time."""

    def perform(self, work: Callable[[Job], Record], jobs: Sequence[Job]) -> Iterator[Record]:
        """The records of all ``jobs``, as they are finished."""


def perform(job: Job) -> Record:
    """Run one job here."""
    experiment = find_experiment(job.experiment)
    started = time.process_time()
    rows = experiment.run(dict(job.parameters), job.seed)
    return Record(job, tuple(rows), time.process_time() - started)


def missing(jobs: Iterable[Job], journal: Journal) -> list[Job]:
    """Those of which the journal has no record."""
    done = journal.read()
    return [job for job in jobs if job.key not in done]


def run(jobs: Iterable[Job], journal: Journal, crew: Crew) -> Iterator[Record]:
    """Run the missing ones, the longest first; each record is on the disk before it is yielded."""
    waiting = sorted(missing(jobs, journal), key=lambda job: -job.cost)
    for record in crew.perform(perform, waiting):
        journal.append(record)
        yield record


def finished(jobs: Iterable[Job], journal: Journal) -> list[Record]:
    """The records of ``jobs`` in their order. Raises :class:`DataError` while one is missing."""
    done = journal.read()
    wanted = list(jobs)
    lacking = [job.key for job in wanted if job.key not in done]
    if lacking:
        raise DataError(f"{journal.path}: {len(lacking)} jobs are not done, the first is {lacking[0]}")
    return [done[job.key] for job in wanted]


def write_csv(records: Sequence[Record], path: Path) -> None:
    """A tidy table: a line a measurement, a column a variable. Numbers keep all their digits.

    The same jobs give the same bytes, whoever worked and in whatever order.
    """
    table = [row for record in records for row in record.table()]
    columns = list(dict.fromkeys(name for row in table for name in row))
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("w", encoding="utf-8", newline="") as file:
            writer = csv.DictWriter(file, columns, lineterminator="\n")
            writer.writeheader()
            writer.writerows(table)
    except OSError as error:
        raise DataError(f"{path}: the table cannot be written: {error}") from error


def estimate(jobs: Sequence[Job], workers: int, seconds_a_record: float) -> float:
    """Seconds until ``workers`` have done the jobs: at least the longest of them."""
    if not jobs:
        return 0.0
    costs = [job.cost for job in jobs]
    return max(max(costs), sum(costs) / workers) * seconds_a_record


def seconds_a_record(clock: Callable[[], float] = time.perf_counter) -> float:
    """What one update of the book's network costs on this machine now, in seconds: a median."""
    rng = np.random.default_rng(0)
    network = BookNetwork.drawn(100, 0.1, rng)
    x, t = rng.random((_SAMPLE, 784)), rng.random((_SAMPLE, 10))
    times = []
    for _ in range(_TRIES):
        started = clock()
        network.train(x, t)
        times.append((clock() - started) / _SAMPLE)
    return float(np.median(times))
