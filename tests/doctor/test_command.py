"""``pi-nn doctor`` prints what was found; its exit status says whether something must be mended."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from click.testing import CliRunner

from pi_nn import doctor
from pi_nn.cli import main
from pi_nn.doctor import Facts, Library

FINE = Facts(
    python=(3, 11, 2),
    user="pi",
    libraries={
        name: Library(version="1.0") for name in ("numpy", "PIL", "flask", "waitress", "prometheus_client")
    },
)
OLD = replace(FINE, python=(3, 9, 2))


@pytest.mark.parametrize(("facts", "status"), [(FINE, 0), (OLD, 1), (replace(FINE, blas="reference"), 0)])
def test_the_exit_status(facts: Facts, status: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doctor, "gather", lambda *args: facts)
    assert CliRunner().invoke(main, ["doctor"]).exit_code == status


def test_a_fault_is_shown_with_its_cure(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doctor, "gather", lambda *args: OLD)
    lines = CliRunner().invoke(main, ["doctor"]).output.splitlines()
    assert lines[0].startswith("error    Python 3.9.2 is too old")
    assert lines[1].startswith("         -> Update")
    assert lines[-1] == "To be mended: 1; warnings: 0."


def test_json_is_json_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doctor, "gather", lambda *args: OLD)
    result = CliRunner().invoke(main, ["doctor", "--json"])
    answer = json.loads(result.stdout)
    assert answer["ok"] is False
    assert answer["checks"][0]["status"] == "error"
    assert set(answer["checks"][0]) == {"name", "status", "message", "cure"}
    assert result.exit_code == 1
