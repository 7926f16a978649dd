"""The budgets of a Pi Zero: what the check lets through, and that the README tells what was counted."""

from __future__ import annotations

import importlib.util
import json
import sys
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def counts() -> ModuleType:
    path = ROOT / "scripts" / "count_instructions.py"
    spec = importlib.util.spec_from_file_location("count_instructions", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module  # dataclasses look their module up
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def last(counts: ModuleType) -> dict[str, float]:
    values: dict[str, float] = json.loads(counts.BASELINE.read_text(encoding="utf-8"))
    return values


def test_the_readme_tells_what_was_counted(counts: ModuleType, last: dict[str, float]) -> None:
    lines = counts.README.read_text(encoding="utf-8").splitlines()
    assert [row.line(last[row.key]) for row in counts.ROWS if row.line(last[row.key]) not in lines] == []


def test_what_was_counted_passes(counts: ModuleType, last: dict[str, float]) -> None:
    assert counts.table(last, last)[1]


@pytest.mark.parametrize("key", ["start", "clean digits-cnn", "blank digits-tiny", "request", "memory"])
def test_a_growth_of_a_tenth_fails(counts: ModuleType, last: dict[str, float], key: str) -> None:
    budget = next(row.budget for row in counts.ROWS if row.key == key)
    before = last | {key: budget / 2}
    assert counts.table(before | {key: 1.09 * budget / 2}, before)[1]
    text, good = counts.table(before | {key: 1.11 * budget / 2}, before)
    assert not good
    assert "grown" in text


def test_a_budget_newly_passed_fails(counts: ModuleType, last: dict[str, float]) -> None:
    before = last | {"request": 2.49}
    assert not counts.table(before | {"request": 2.51}, before)[1]
