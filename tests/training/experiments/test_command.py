"""``pi-nn experiment``, and the pictures of what is recorded."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest
from click.testing import CliRunner

from pi_nn.cli import main
from pi_nn.training.experiments.experiment import EXPERIMENTS, find_experiment
from pi_nn.training.experiments.journal import Journal
from pi_nn.training.experiments.sheet import new_figure

RECORDED = Path(__file__).parents[3] / "docs" / "experiments"


def run(*arguments: str):
    return CliRunner().invoke(main, ["experiment", *arguments])


def test_without_a_name_it_lists_them() -> None:
    result = run()
    assert result.exit_code == 0
    assert [line.split()[0] for line in result.output.splitlines()] == list(EXPERIMENTS)


def test_it_tells_the_time_runs_writes_and_goes_on(tmp_path) -> None:
    arguments = ("target-error", "--workers", "1", "--out", str(tmp_path))
    result = run(*arguments)
    assert result.exit_code == 0, result.output
    assert "1 jobs, 1 at a time: about " in result.output
    assert "after 69 updates" in result.output
    with (tmp_path / "target-error.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert (len(rows), rows[-1]["update"]) == (70, "69")
    assert (tmp_path / "target-error.png").read_bytes().startswith(b"\x89PNG")
    assert "all 1 jobs were done before" in run(*arguments).output


def test_own_data_and_seeds(tiny_data, tmp_path) -> None:
    result = run("first-steps", "--workers", "1", "--out", str(tmp_path), "--data", tiny_data, "--seeds", "2")
    assert result.exit_code == 0, result.output
    assert "2 seeds" in result.output


def test_unknown_name_is_an_error() -> None:
    result = run("perpetual-motion")
    assert result.exit_code == 1
    assert "error: unknown experiment 'perpetual-motion'; known: batch-sizes" in result.output


def test_help_has_examples() -> None:
    assert "pi-nn experiment learning-rate --quick" in run("--help").output


@pytest.mark.parametrize("name", sorted(path.stem for path in RECORDED.glob("*.jsonl")))
def test_the_recorded_results_are_drawn_and_told(name) -> None:
    found, records = find_experiment(name), list(Journal(RECORDED / f"{name}.jsonl").read().values())
    figure = new_figure(found.size)
    found.draw(figure, records)
    assert all(axes.get_xlabel() or axes.get_shared_x_axes() for axes in figure.axes)
    assert all(axes.get_ylabel() for axes in figure.axes)
    assert found.summary(records)


@pytest.mark.parametrize("name", ["moons", "blobs"])
def test_clouds_are_drawn(name) -> None:
    found = find_experiment(name)
    records = [finished_job(found, {"epochs": 50}, seed) for seed in range(2)]
    figure = new_figure(found.size)
    found.draw(figure, records)
    assert [axes.get_xlabel() for axes in figure.axes] == [
        "first input (standard deviations)",
        "epochs (logarithmic)",
    ]


def finished_job(found, parameters, seed):
    from pi_nn.training.experiments.job import Job
    from pi_nn.training.experiments.runner import perform

    return perform(Job(found.name, parameters, seed))
