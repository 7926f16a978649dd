"""Runs an experiment on a scheduler and two workers of its own, and kills one of them in the middle.

A program of its own: Dask's processes import the main module again.
"""

from __future__ import annotations

import os
import signal
import sys
from pathlib import Path

from pi_nn.training.experiments.crews import Cluster
from pi_nn.training.experiments.experiment import find_experiment
from pi_nn.training.experiments.journal import Journal
from pi_nn.training.experiments.runner import finished, run, write_csv


def main(out: Path) -> None:
    from distributed import Client, LocalCluster

    jobs = find_experiment("optimizers").jobs("mnist", quick=True, seeds=6)
    journal = Journal(out / "cluster.jsonl")
    with (
        LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=None, host="127.0.0.1") as cluster,
        Client(cluster) as client,
    ):
        crew = Cluster(cluster.scheduler_address)
        assert crew.workers == 2
        victims = list(client.run(os.getpid).values())
        for number, _ in enumerate(run(jobs, journal, crew), start=1):
            if number == 5:
                os.kill(victims[0], signal.SIGKILL)
    write_csv(finished(jobs, journal), out / "cluster.csv")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
