"""docs/experiments.md: every activity of the three books has its row, and what the row names is there."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from pi_nn.training.experiments.experiment import EXPERIMENTS

ROOT = Path(__file__).parents[1]
PAGES = sorted((ROOT / "docs").glob("*.md"))
PAGE = (ROOT / "docs" / "experiments.md").read_text(encoding="utf-8")
ROWS = {m[1]: m[0] for m in re.finditer(r"^\| ([ABC]\d+) \|.*$", PAGE, re.MULTILINE)}
WANTED = [f"{source}{n}" for source, last in (("A", 18), ("B", 15), ("C", 8)) for n in range(1, last + 1)]


def test_every_activity_has_its_row_in_order() -> None:
    assert list(ROWS) == WANTED
    for row in ROWS.values():
        assert len(row.split(" | ")) == 4, "number, figure, command, test"
        assert "not recorded" not in row


def test_the_experiments_that_are_named_are_there_and_all_of_them_are_named() -> None:
    assert set(re.findall(r"pi-nn experiment ([a-z-]+)", PAGE)) == set(EXPERIMENTS)


@pytest.mark.parametrize("row", WANTED)
def test_the_tests_that_a_row_names_are_there(row: str) -> None:
    files = {path.stem: path for path in (ROOT / "tests").rglob("test_*.py")}
    cell = ROWS[row].rsplit(" | ", 1)[1]
    functions = "\n".join(path.read_text(encoding="utf-8") for path in files.values())
    for name in re.findall(r"`(?:tests/[\w/]*)?(test_\w+)…?`", cell):
        assert name in files or f"def {name}" in functions, name
    for name in re.findall(r"`(tests/[\w/]+)`", cell):
        assert (ROOT / name).is_dir() or (ROOT / f"{name}.py").exists(), name


@pytest.mark.parametrize("page", PAGES, ids=lambda path: path.name)
def test_every_link_leads_somewhere(page: Path) -> None:
    for target in re.findall(r"\]\((?!https?:|#)([^)#\s]+)", page.read_text(encoding="utf-8")):
        assert (page.parent / target).exists(), target
