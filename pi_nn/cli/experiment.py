"""``pi-nn experiment``: what the books tried, tried again."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from pi_nn.training.experiments.experiment import Experiment
    from pi_nn.training.experiments.job import Job, Record
    from pi_nn.training.experiments.runner import Crew


@click.command()
@click.argument("name", required=False)
@click.option(
    "--out",
    type=click.Path(path_type=Path, file_okay=False),
    default=Path("experiments"),
    show_default=True,
    help="Folder for NAME.csv, NAME.png and NAME.jsonl, the records of finished jobs.",
)
@click.option("--quick", is_flag=True, help="Fewer records: minutes become seconds, the curves rougher.")
@click.option(
    "--seeds", type=click.IntRange(1, 1000), help="Runs of each setting.  [default: 3, or as useful]"
)
@click.option("--data", default="mnist", show_default=True, help="Images: mnist or a path.")
@click.option("--workers", type=click.IntRange(1, 256), help="Processes.  [default: one a core]")
@click.option("--scheduler", metavar="tcp://HOST:PORT", help="Run on the workers of this Dask scheduler.")
def experiment(
    name: str | None,
    out: Path,
    quick: bool,
    seeds: int | None,
    data: str,
    workers: int | None,
    scheduler: str | None,
) -> None:
    """Run an experiment of the books: a table, a picture, their printed results beside ours.

    Without NAME the experiments are listed. Finished jobs are kept in NAME.jsonl: stop with Ctrl-C, and
    the same command goes on where it was.

    \b
    Examples:
      pi-nn experiment                                list them
      pi-nn experiment learning-rate --quick          a rough picture in seconds
      pi-nn experiment hidden-nodes --seeds 5 --out results
      pi-nn experiment rotation --scheduler tcp://192.168.1.20:8786
    """
    if name is None:
        _list()
        return
    from pi_nn.training.experiments.cluster import Cluster
    from pi_nn.training.experiments.crews import Alone, Processes
    from pi_nn.training.experiments.experiment import find_experiment
    from pi_nn.training.experiments.journal import Journal
    from pi_nn.training.experiments.runner import finished, missing, run

    chosen = find_experiment(name)
    jobs, journal = chosen.jobs(data, quick, seeds), Journal(out / f"{name}.jsonl")
    waiting = missing(jobs, journal)
    crew: Crew = Alone()
    if waiting and scheduler:
        crew = Cluster(scheduler)
    elif waiting and (workers or os.cpu_count() or 1) > 1:
        crew = Processes(min(workers or os.cpu_count() or 1, len(waiting)))
    _announce(jobs, waiting, crew)
    _watch(run(jobs, journal, crew), len(waiting))
    _report(chosen, finished(jobs, journal), out)


def _list() -> None:
    from pi_nn.training.experiments.experiment import EXPERIMENTS, find_experiment

    for name in EXPERIMENTS:
        found = find_experiment(name)
        click.echo(f"{name:16} {found.source:8} {found.title}")


def _announce(jobs: Sequence[Job], waiting: Sequence[Job], crew: Crew) -> None:
    """Say before the start how long it will take."""
    from pi_nn.training.experiments.runner import estimate, seconds_a_record

    done = len(jobs) - len(waiting)
    before = f", {done} of {len(jobs)} were done before" if done else ""
    if not waiting:
        click.echo(f"all {len(jobs)} jobs were done before")
        return
    seconds = estimate(waiting, crew.workers, seconds_a_record())
    click.echo(
        f"{len(waiting)} jobs, {crew.workers} at a time{before}: about {_duration(seconds)}. "
        "Ctrl-C stops, the same command goes on."
    )


def _duration(seconds: float) -> str:
    if seconds < 90:
        return f"{max(1, round(seconds))} s"
    minutes = round(seconds / 60)
    return f"{minutes} min" if minutes < 90 else f"{minutes // 60} h {minutes % 60} min"


def _watch(records: Iterator[Record], count: int) -> None:
    from tqdm import tqdm

    with tqdm(total=count, unit="job", disable=not count) as bar:
        for _ in records:
            bar.update()


def _report(chosen: Experiment, records: list[Record], out: Path) -> None:
    from pi_nn.training.experiments.runner import write_csv
    from pi_nn.training.experiments.sheet import new_figure, save_figure

    table, picture = out / f"{chosen.name}.csv", out / f"{chosen.name}.png"
    write_csv(records, table)
    figure = new_figure(chosen.size)
    chosen.draw(figure, records)
    save_figure(figure, picture)
    for line in chosen.summary(records):
        click.echo(line)
    click.echo(f"wrote {table} and {picture}")
