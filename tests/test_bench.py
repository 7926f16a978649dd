from __future__ import annotations

import json
from itertools import count

from click.testing import CliRunner

from pi_nn.bench import Stage, machine, measure
from pi_nn.cli import main


def test_a_stage_is_timed_after_its_warm_up() -> None:
    calls: list[int] = []
    ticks = count()
    timing = measure(Stage("x", lambda: calls.append(1)), clock=lambda: float(next(ticks)), runs=5, warm_up=2)
    assert len(calls) == 7
    assert (timing.runs, timing.least, timing.median, timing.per_second) == (5, 1000.0, 1000.0, 1.0)


def test_the_machine_is_named() -> None:
    here = machine()
    assert here["processor"]
    assert here["numpy"].count(".") == 2


def test_the_command_prints_json_alone() -> None:
    result = CliRunner().invoke(main, ["bench", "--json", "--runs", "1", "--model", "digits-tiny"])
    assert result.exit_code == 0, result.output
    body = json.loads(result.output)
    assert {"digits-tiny, one digit", "frame 320x240, blank"} <= {stage["stage"] for stage in body["stages"]}
