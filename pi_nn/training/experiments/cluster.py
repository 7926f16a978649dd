"""The workers of a Dask cluster do the jobs: for those who have outgrown one machine."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Any

from pi_nn.errors import ConfigError, DataError
from pi_nn.training.experiments.crews import Work
from pi_nn.training.experiments.job import Job, Record

# Seconds. A record is a few kilobytes: when it has not come after FETCH, its worker is gone.
CONNECT, LOOK, FETCH, LONELY = 10.0, 2.0, 10.0, 60.0


@dataclass(frozen=True)
class Cluster:
    """The workers of a Dask scheduler at ``address``, such as ``tcp://192.168.1.20:8786``.

    They need this package and the data that the jobs name. A job whose worker dies is done by another;
    so is one whose record dies with its worker. No wait is without an end: :class:`DataError` when there
    has been no worker for a minute.
    """

    address: str

    @property
    def workers(self) -> int:
        with self._client() as client:
            return max(1, sum(int(threads) for threads in client.nthreads().values()))

    def perform(self, work: Work, jobs: Sequence[Job]) -> Iterator[Record]:
        with self._client() as client:
            waiting = {client.submit(work, job, pure=False): job for job in jobs}
            lonely = 0.0
            while waiting:
                for future in _finished(client, waiting):
                    job, record = waiting.pop(future), _fetched(future)
                    if record is None:
                        waiting[client.submit(work, job, pure=False)] = job
                    else:
                        yield record
                lonely = 0.0 if client.nthreads() else lonely + LOOK
                if lonely >= LONELY:
                    raise DataError(
                        f"{self.address} has no workers any more; start some with "
                        f"'dask worker {self.address}', then the same command goes on"
                    )

    @contextmanager
    def _client(self) -> Iterator[Any]:
        try:
            from distributed import Client
        except ImportError:
            raise ConfigError("--scheduler needs Dask: pip install 'pi-nn[cluster]'") from None
        try:
            client = Client(self.address, timeout=CONNECT, set_as_default=False)
        except (OSError, ValueError) as error:
            raise ConfigError(
                f"no Dask scheduler answers at {self.address} ({error}); start one with 'dask scheduler'"
            ) from error
        with client:
            yield client


def _finished(client: Any, waiting: Mapping[Any, Job]) -> list[Any]:
    """The futures that are done, with a record or an error, after :data:`LOOK` seconds at the latest."""
    from distributed import wait

    with client.as_current(), suppress(TimeoutError):
        wait(list(waiting), timeout=LOOK, return_when="FIRST_COMPLETED")
    return [future for future in waiting if future.done()]


def _fetched(future: Any) -> Record | None:
    """Its record; ``None`` when that was lost with the worker that held it. A job's own error is raised."""
    from distributed import CancelledError

    try:
        record: Record = future.result(timeout=FETCH)
    except (TimeoutError, CancelledError):
        return None
    return record
