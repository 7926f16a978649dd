"""Runs an experiment on a scheduler and two workers of its own, and kills one of them in the middle.

A program of its own: what Dask warns of is not this suite's affair. Every wait has an end.
"""

from __future__ import annotations

import json
import subprocess
import sys
import time
from contextlib import ExitStack, suppress
from pathlib import Path

from pi_nn.training.experiments.cluster import Cluster
from pi_nn.training.experiments.experiment import find_experiment
from pi_nn.training.experiments.journal import Journal
from pi_nn.training.experiments.runner import finished, run, write_csv

PATIENCE = 60.0


def main(out: Path) -> None:
    jobs = find_experiment("optimizers").jobs("mnist", quick=True, seeds=6)
    journal = Journal(out / "cluster.jsonl")
    with ExitStack() as stack:
        address = start_scheduler(stack, out / "scheduler.json")
        victim, _ = [start(stack, "dask_worker", address, "--nthreads", "1", "--no-nanny") for _ in range(2)]
        crew = Cluster(address)
        until(lambda: crew.workers == 2, "two workers")
        for number, _ in enumerate(run(jobs, journal, crew), start=1):
            if number == 5:
                victim.kill()
        assert victim.wait(PATIENCE) == -9
        assert crew.workers == 1
    write_csv(finished(jobs, journal), out / "cluster.csv")


def start(stack: ExitStack, program: str, *arguments: str) -> subprocess.Popen[bytes]:
    """One of Dask's programs, on loopback alone; it ends with ``stack``."""
    command = [sys.executable, "-m", f"distributed.cli.{program}", *arguments, "--host", "127.0.0.1"]
    process = subprocess.Popen([*command, "--dashboard-address", "127.0.0.1:0", "--no-dashboard"])
    stack.callback(process.wait, PATIENCE)
    stack.callback(process.kill)
    return process


def start_scheduler(stack: ExitStack, told: Path) -> str:
    """Its address, once it listens."""
    scheduler = start(stack, "dask_scheduler", "--port", "0", "--scheduler-file", str(told))
    until(lambda: scheduler.poll() is not None or whole(told), "the scheduler")
    return str(json.loads(told.read_text())["address"])


def whole(path: Path) -> bool:
    """Whether the file is there and not half written."""
    with suppress(OSError, ValueError):
        return "address" in json.loads(path.read_text())
    return False


def until(holds, what: str) -> None:
    end = time.monotonic() + PATIENCE
    while not holds():
        assert time.monotonic() < end, f"{what}: not within {PATIENCE:.0f} s"
        time.sleep(0.1)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
