"""Who does the jobs: this process, or one process a core; :mod:`.cluster` has a third."""

from __future__ import annotations

import multiprocessing
import os
import signal
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from contextlib import contextmanager
from dataclasses import dataclass

from pi_nn.training.experiments.job import Job, Record

Work = Callable[[Job], Record]
_ONE_THREAD = ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS", "VECLIB_MAXIMUM_THREADS")


class Alone:
    """This process, a job after the other."""

    workers = 1

    def perform(self, work: Work, jobs: Sequence[Job]) -> Iterator[Record]:
        return map(work, jobs)


@dataclass(frozen=True)
class Processes:
    """``workers`` processes of this machine, each with a single BLAS thread."""

    workers: int

    def perform(self, work: Work, jobs: Sequence[Job]) -> Iterator[Record]:
        # "spawn" everywhere: a fork of a process with BLAS threads may hang.
        context = multiprocessing.get_context("spawn")
        with (
            _one_blas_thread(),
            ProcessPoolExecutor(self.workers, mp_context=context, initializer=_die_on_interrupt) as pool,
        ):
            try:
                for future in as_completed([pool.submit(work, job) for job in jobs]):
                    yield future.result()
            except BaseException:
                pool.shutdown(wait=False, cancel_futures=True)
                for child in multiprocessing.active_children():
                    child.terminate()
                raise


@contextmanager
def _one_blas_thread() -> Iterator[None]:
    """For the processes started inside: as many threads as cores in each of them would only queue up."""
    before = {name: os.environ.get(name) for name in _ONE_THREAD}
    os.environ.update(dict.fromkeys(_ONE_THREAD, "1"))
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name)
            else:
                os.environ[name] = value


def _die_on_interrupt() -> None:
    """Ctrl-C reaches every process of the terminal; the one in front tells about it, once."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)
