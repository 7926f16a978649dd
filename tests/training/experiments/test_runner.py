"""Jobs, the journal and the crews: nothing is lost, nothing runs twice, the same jobs give the same CSV."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pi_nn.errors import ConfigError, DataError
from pi_nn.training.experiments.cluster import Cluster
from pi_nn.training.experiments.crews import Alone, Processes
from pi_nn.training.experiments.experiment import EXPERIMENTS, find_experiment
from pi_nn.training.experiments.job import Job, Record
from pi_nn.training.experiments.journal import Journal
from pi_nn.training.experiments.runner import (
    estimate,
    finished,
    missing,
    perform,
    run,
    seconds_a_record,
    write_csv,
)

JOBS = find_experiment("optimizers").jobs("mnist", quick=True, seeds=1)


@pytest.fixture
def journal(tmp_path) -> Journal:
    return Journal(tmp_path / "out" / "optimizers.jsonl")


def test_every_job_is_done_once_and_kept(journal) -> None:
    assert len(list(run(JOBS, journal, Alone()))) == len(JOBS) == 7
    assert missing(JOBS, journal) == []
    assert list(run(JOBS, journal, Alone())) == []
    assert [record.job for record in finished(JOBS, journal)] == JOBS


def test_stopped_and_continued(journal, tmp_path) -> None:
    """The first two of seven, then a line cut short in the middle, then the rest: the same table."""
    records = run(JOBS, journal, Alone())
    for _ in range(3):
        next(records)
    text = journal.path.read_text()
    journal.path.write_text(text[:-40])
    assert len(missing(JOBS, journal)) == 5
    assert len(list(run(JOBS, journal, Alone()))) == 5
    write_csv(finished(JOBS, journal), tmp_path / "continued.csv")
    whole = Journal(tmp_path / "whole.jsonl")
    list(run(JOBS, whole, Alone()))
    write_csv(finished(JOBS, whole), tmp_path / "whole.csv")
    assert (tmp_path / "continued.csv").read_bytes() == (tmp_path / "whole.csv").read_bytes()
    assert (tmp_path / "whole.csv").read_text().count("\n") == 1 + 7 * 101


def test_the_longest_job_comes_first(journal) -> None:
    jobs = [Job("optimizers", {"optimizer": way}, 0, cost) for way, cost in (("plain", 1.0), ("Adam", 9.0))]
    order = [record.job.parameters["optimizer"] for record in run(jobs, journal, Alone())]
    assert order == ["Adam", "plain"]
    assert [r.job.parameters["optimizer"] for r in finished(jobs, journal)] == ["plain", "Adam"]


def test_processes_give_the_same_rows(journal) -> None:
    before = os.environ.get("OPENBLAS_NUM_THREADS")
    records = {record.job.key: record.rows for record in run(JOBS[:2], journal, Processes(1))}
    assert records == {job.key: perform(job).rows for job in JOBS[:2]}
    assert os.environ.get("OPENBLAS_NUM_THREADS") == before


def test_a_job_that_fails_is_raised_and_what_was_done_is_kept(journal) -> None:
    jobs = [JOBS[0], Job("optimizers", {"optimizer": "none"}, 0, 0.5)]
    with pytest.raises(KeyError):
        list(run(jobs, journal, Alone()))
    assert len(journal.read()) == 1
    with pytest.raises(DataError, match="1 jobs are not done"):
        finished(jobs, journal)


def test_damage_in_the_middle_is_named(journal) -> None:
    journal.append(perform(JOBS[0]))
    journal.path.write_text("rubbish\n" + journal.path.read_text())
    with pytest.raises(DataError, match="line 1: not the record of a job"):
        journal.read()


@given(st.binary(max_size=60))
def test_no_line_brings_more_than_a_data_error(tmp_path_factory, junk) -> None:
    path = tmp_path_factory.mktemp("journal") / "j.jsonl"
    path.write_bytes(junk + b"\n")
    with suppress(DataError):
        assert Journal(path).read() == {}


def test_an_append_after_a_torn_line_starts_on_a_line_of_its_own(journal) -> None:
    record = perform(JOBS[0])
    journal.append(record)
    with journal.path.open("a") as file:
        file.write('{"experiment": "optim')
    journal.append(perform(JOBS[1]))
    assert list(journal.read()) == [JOBS[0].key, JOBS[1].key]


def test_a_record_comes_back_from_its_line() -> None:
    record = Record(Job("x", {"a": 1, "b": "two"}, 3, 4.0), ({"y": 0.1},), 1.5)
    assert Record.from_line(record.to_line()) == record
    assert record.table() == [{"experiment": "x", "a": 1, "b": "two", "seed": 3, "y": 0.1}]


def test_the_key_ignores_the_order_of_parameters() -> None:
    assert Job("x", {"a": 1, "b": 2}, 0).key == Job("x", {"b": 2, "a": 1}, 0).key
    assert Job("x", {"a": 1}, 0).key != Job("x", {"a": 1}, 1).key


def test_estimate() -> None:
    jobs = [Job("x", {}, seed, 10.0) for seed in range(4)]
    assert estimate(jobs, 2, 0.5) == 10.0
    # However many work, the longest job takes its time.
    assert estimate(jobs, 100, 0.5) == 5.0
    assert estimate([], 2, 0.5) == 0.0


def test_the_speed_is_the_median_of_what_the_clock_says() -> None:
    ticks = iter([0, 1, 1, 2, 2, 3, 3, 4, 4, 5, 5, 6, 6, 1000])
    assert seconds_a_record(lambda: next(ticks)) == pytest.approx(1 / 128)


def test_unknown_experiment() -> None:
    with pytest.raises(ConfigError, match="unknown experiment 'cold-fusion'; known: batch-sizes"):
        find_experiment("cold-fusion")


@pytest.mark.slow  # importing Dask takes seconds
def test_no_scheduler_there() -> None:
    pytest.importorskip("distributed")
    with pytest.raises(ConfigError, match="no Dask scheduler answers at nonsense"):
        list(Cluster("nonsense://nowhere").perform(perform, JOBS))


def test_every_experiment_is_named_after_itself() -> None:
    for name in EXPERIMENTS:
        found = find_experiment(name)
        assert found.name == name
        assert found.title
        assert found.source


@pytest.mark.slow
@pytest.mark.timeout(240)
def test_a_cluster_loses_a_worker_and_nothing_else(tmp_path) -> None:
    """A real scheduler and two workers on loopback; one is killed while it works."""
    pytest.importorskip("distributed")
    told = cluster_run(tmp_path)
    jobs = find_experiment("optimizers").jobs("mnist", quick=True, seeds=6)
    alone = Journal(tmp_path / "alone.jsonl")
    list(run(jobs, alone, Alone()))
    write_csv(finished(jobs, alone), tmp_path / "alone.csv")
    assert (tmp_path / "cluster.csv").read_bytes() == (tmp_path / "alone.csv").read_bytes(), told[-3000:]


def cluster_run(folder: Path) -> str:
    """What cluster_run.py and Dask's programs said; all of them are gone afterwards, come what may."""
    script, log = Path(__file__).with_name("cluster_run.py"), folder / "log.txt"
    environment = os.environ | {"PYTHONPATH": str(Path(__file__).parents[3])}
    with log.open("wb") as file:
        process = subprocess.Popen(
            [sys.executable, str(script), str(folder)],
            stdout=file,
            stderr=file,
            env=environment,
            start_new_session=True,
        )
        try:
            status = process.wait(180)
        finally:
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()
    assert status == 0, log.read_text()[-3000:]
    return log.read_text()
