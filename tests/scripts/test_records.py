"""docs/models.md tells what the records hold, and a record says how its network can be made again."""

from __future__ import annotations

import importlib.util
import json
from pathlib import Path

import pytest

REPO = Path(__file__).parents[2]
RECORDS = sorted((REPO / "docs" / "records" / "networks").glob("*.json"))


def test_the_page_has_the_table_of_the_records() -> None:
    spec = importlib.util.spec_from_file_location("measure_models", REPO / "scripts" / "measure_models.py")
    assert spec
    assert spec.loader
    script = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(script)
    assert script.table(REPO / "docs" / "records" / "networks") in (REPO / "docs" / "models.md").read_text()


def test_the_books_shape_has_three_seeds() -> None:
    assert len([path for path in RECORDS if path.name.startswith("mlp-")]) >= 3


@pytest.mark.parametrize("path", RECORDS, ids=lambda path: path.stem)
def test_a_record_names_seed_command_sums_and_accuracy(path: Path) -> None:
    record = json.loads(path.read_text())
    assert path.stem == f"{record['name']}-{record['seed']}"
    assert record["command"]
    assert len(record["sha256"]) == 64
    assert record["data"]["training"]["images"] == 55_000
    assert record["data"]["validation"]["images"] == 5_000
    assert 97 < record["measured"]["MNIST test"] < 100
