"""``pi-nn train``, ``evaluate`` and ``export`` as one types them."""

from __future__ import annotations

import json
from inspect import signature
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner, Result

from pi_nn.cli import main
from pi_nn.cli import train as train_module
from pi_nn.training import recipe
from pi_nn.training.datasets import Dataset
from pi_nn.training.session import Plan


def pi_nn(*arguments: str | Path) -> Result:
    """Runs a command; ``stdout`` and ``stderr`` apart (click before 8.2 must be asked for it)."""
    apart = {"mix_stderr": False} if "mix_stderr" in signature(CliRunner).parameters else {}
    return CliRunner(**apart).invoke(main, list(map(str, arguments)))


@pytest.fixture
def data(tmp_path: Path, train_data: Dataset) -> Path:
    np.savez(tmp_path / "data.npz", images=train_data.images, labels=train_data.labels)
    return tmp_path / "data.npz"


@pytest.fixture
def weights(tmp_path: Path, data: Path) -> Path:
    out = tmp_path / "w.npz"
    done = pi_nn("train", "--network", "784-12-10", "--data", data, "--epochs", "3", "--out", out)
    assert done.exit_code == 0, done.output
    return out


def test_train_evaluate_export(tmp_path: Path, data: Path) -> None:
    out = tmp_path / "w.npz"
    trained = pi_nn("train", "--network", "784-12-10", "--data", data, "--epochs", "3", "--out", out)
    assert trained.exit_code == 0, trained.output
    lines = trained.output.splitlines()
    assert [line[:9] for line in lines[:3]] == ["epoch 1/3", "epoch 2/3", "epoch 3/3"]
    assert lines[-1] == f"next        pi-nn evaluate --model {out} --data {data}"
    assert "of 60 validation images" in trained.output

    scored = pi_nn(*lines[-1].split()[2:], "--plot", tmp_path / "e.png")
    assert scored.exit_code == 0, scored.output
    assert "w on 300 images" in scored.output
    assert (tmp_path / "e.png").exists()

    copied = pi_nn("export", "--to", "npz", tmp_path / "copy.npz", "--model", out)
    assert copied.exit_code == 0
    told = [
        json.loads(pi_nn("evaluate", "--model", m, "--data", data, "--json").output)
        for m in (out, tmp_path / "copy.npz")
    ]
    assert told[0]["confusion"] == told[1]["confusion"]
    assert told[0]["n"] == 300


def test_export_to_onnx(tmp_path: Path, weights: Path) -> None:
    pytest.importorskip("onnx", reason="needs the onnx extra")
    done = pi_nn("export", "--to", "onnx", tmp_path / "w.onnx", "--model", weights)
    assert done.exit_code == 0, done.output
    assert (tmp_path / "w.onnx").stat().st_size > 30_000


def test_json_is_all_of_stdout(weights: Path, data: Path) -> None:
    done = pi_nn("evaluate", "--model", weights, "--data", data, "--json")
    told = json.loads(done.stdout)
    keys = "n errors missed accuracy classes confusion recall coverage accepted_accuracy model"
    assert set(told) == set(keys.split())
    assert set(told["model"]) == {"name", "sha256"}


def test_ctrl_c_exits_130_and_keeps_the_best(
    tmp_path: Path, data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def press(*_: object) -> str:
        raise KeyboardInterrupt

    monkeypatch.setattr(train_module, "epoch_line", press)
    done = pi_nn(
        "train", "--network", "784-12-10", "--data", data, "--epochs", "3", "--out", tmp_path / "w.npz"
    )
    assert done.exit_code == 130
    assert "interrupted" in done.stderr
    assert (tmp_path / "w.npz").exists()


def test_divergence_is_an_error_and_leaves_no_weights(tmp_path: Path, data: Path) -> None:
    arguments = ("--optimizer", "sgd", "--learning-rate", "900", "--out", tmp_path / "w.npz")
    done = pi_nn("train", "--network", "784-12-10", "--data", data, *arguments)
    assert done.exit_code == 1
    assert done.stderr.startswith("error: training diverged in epoch 1")
    assert not (tmp_path / "w.npz").exists()


@pytest.mark.parametrize(
    ("arguments", "status", "told"),
    [
        (["train", "--data", "nowhere"], 1, "error: nowhere: no such file or folder"),
        (["train", "--network", "huge"], 1, "error: unknown network 'huge'"),
        (["train", "--augment", "flip"], 1, "error: augmentation 'flip' is unknown"),
        (["train", "--init-from", "nothing.npz"], 1, "error: no network 'nothing.npz'"),
        (["train", "--resume"], 1, "no checkpoint to resume from"),
        (["train", "--epochs", "0"], 2, "0 is not in the range"),
        (["train", "--optimizer", "magic"], 2, "'magic' is not one of"),
        (["train", "--freeze", "features"], 2, "--freeze features needs --init-from"),
        (["train", "--init-from", "a", "--network", "cnn"], 2, "--init-from brings its own network"),
        (["evaluate", "--model", "nothing.npz"], 1, "error: no network 'nothing.npz'"),
        (["export", "out.onnx"], 2, "Missing option '--to'"),
    ],
)
def test_refusals(
    arguments: list[str], status: int, told: str, data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    if arguments[0] == "train" and "--data" not in arguments:
        arguments = [*arguments, "--data", str(data)]
    done = pi_nn(*arguments)
    assert done.exit_code == status, done.output
    assert told in done.stderr


def test_choices_are_those_of_the_recipe() -> None:
    assert tuple(recipe.OPTIMIZERS) == train_module.OPTIMIZERS
    assert tuple(recipe.SCHEDULES) == train_module.SCHEDULES


def test_defaults_in_the_help_are_true() -> None:
    usual = Plan(Path("w.npz")).recipe()
    for option in train_module.train.params:
        help_text = getattr(option, "help", None) or ""
        if "[default: " in help_text and option.name in recipe.Recipe.__dataclass_fields__:
            told = help_text.rpartition("[default: ")[2].rstrip("]")
            value = getattr(usual, option.name)
            assert told == (value if isinstance(value, str) else f"{value:g}")


def test_resume_needs_the_same_options(tmp_path: Path, data: Path, weights: Path) -> None:
    arguments = ("--network", "784-12-10", "--data", data, "--out", weights, "--resume")
    assert pi_nn("train", *arguments, "--epochs", "3").exit_code == 0
    other = pi_nn("train", *arguments, "--epochs", "4")
    assert other.exit_code == 1
    assert "epochs 3 (now 4)" in other.stderr
