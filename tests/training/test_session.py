"""A whole training, and what a network keeps when it learns other classes."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from scipy.ndimage import rotate

from pi_nn.errors import ConfigError, NetworkError
from pi_nn.nn import Linear, Sequential, Sigmoid, build_network, load_network, save_network
from pi_nn.training import memory, portions
from pi_nn.training.datasets import Dataset
from pi_nn.training.datasets.dataset import DIGITS
from pi_nn.training.datasets.folder import list_pictures
from pi_nn.training.fit import Epoch, Watch
from pi_nn.training.outcome import accuracy, few_pictures
from pi_nn.training.result import outputs
from pi_nn.training.session import Plan, run
from pi_nn.training.transfer import cached_features, folder_digest, new_head, split_head

FAST = {"epochs": 30, "batch_size": 8, "learning_rate": 0.03}


@pytest.fixture
def data(tmp_path: Path, train_data: Dataset) -> str:
    np.savez(tmp_path / "data.npz", images=train_data.images, labels=train_data.labels)
    return str(tmp_path / "data.npz")


@pytest.fixture
def base(tmp_path: Path) -> str:
    network = build_network("784-12-10", junk=True, rng=np.random.default_rng(4))
    save_network(tmp_path / "base.npz", network, name="base", classes=DIGITS, junk=True)
    return str(tmp_path / "base.npz")


def plan(tmp_path: Path, data: str, **more: object) -> Plan:
    options = {
        "network": "784-12-10",
        "options": {"epochs": 2, "batch_size": 32},
        "command": ("pi-nn", "train"),
    }
    return Plan(tmp_path / "out.npz", data=data, **{**options, **more})  # type: ignore[arg-type]


def test_writes_weights_checkpoint_curve_and_record(tmp_path: Path, data: str) -> None:
    asked = plan(tmp_path, data)
    outcome = run(asked)
    for path in (asked.out, asked.checkpoint, asked.curve):
        assert path.stat().st_size > 1000
    assert {p.name for p in tmp_path.iterdir()} == {"data.npz", "out.npz", "out.checkpoint.npz", "out.png"}
    network = load_network(asked.out)
    record = json.loads(json.dumps(dict(network.record)))
    assert record["command"] == ["pi-nn", "train"]
    assert (record["seed"], record["epochs"], record["interrupted"]) == (0, 2, False)
    assert record["data"]["training"] == {"images": 180, "sha256": outcome.portions.train.sha256}
    assert record["data"]["validation"]["images"] == 60
    assert record["best"]["validation_accuracy"] == outcome.fitted.best.validation_accuracy
    assert record["versions"]["numpy"] == np.__version__
    assert network.temperature == outcome.calibration.temperature
    assert network.thresholds == outcome.calibration.thresholds
    assert network.name == "out"


def test_resume_after_ctrl_c_gives_the_same_weights(tmp_path: Path, data: str) -> None:
    def stop(result: Epoch, best: bool) -> None:
        if result.number == 1:
            raise KeyboardInterrupt

    asked = plan(tmp_path, data)
    run(asked)
    whole = load_network(asked.out)
    outcome = run(asked, watch=Watch(epoch=stop))
    assert outcome.fitted.interrupted
    assert load_network(asked.out).record["epochs"] == 1
    resumed = run(plan(tmp_path, data, resume=True))
    assert len(resumed.fitted.history) == 2
    mine, theirs = load_network(asked.out).sequential().state(), whole.sequential().state()
    assert all(np.array_equal(mine[name], theirs[name]) for name in mine)


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"out": Path("nowhere/w.npz")}, "folder nowhere does not exist"),
        ({"out": Path("w.onnx")}, r"must end in \.npz"),
        ({"freeze": True}, "needs --init-from"),
        ({"freeze": True, "init_from": "x", "augment": "gentle"}, "takes no --augment"),
        ({"augment": "magic"}, "augmentation 'magic'"),
        ({"options": {"epochs": -1}}, "epochs is -1"),
    ],
)
def test_refuses_before_any_work(change: dict[str, object], told: str) -> None:
    with pytest.raises(ConfigError, match=told):
        run(Plan(**{"out": Path("w.npz"), "data": "never looked at", **change}))  # type: ignore[arg-type]


def test_defaults_belong_to_the_network() -> None:
    out = Path("w.npz")
    assert str(Plan(out).switches()) == "none"
    assert str(Plan(out, network="cnn").switches()) == "gentle"
    assert Plan(out, network="cnn").recipe().batch_size == 128
    assert [Plan(out, augment=a).recipe().epochs for a in (None, "none", "bend")] == [20, 20, 60]
    assert Plan(out, network="cnn", options={"batch_size": 7}).recipe().batch_size == 7


@pytest.fixture
def mnist(monkeypatch: pytest.MonkeyPatch, mnist_sample: tuple[np.ndarray, np.ndarray]) -> Dataset:
    """A few hundred of its images stand in for the 70,000; the last 150 are the test images."""
    sample = Dataset(mnist_sample[0], mnist_sample[1].astype(np.int64))
    parts = {"train": sample.take(slice(0, 350)), "test": sample.take(slice(350, 500))}
    monkeypatch.setattr(memory, "load_mnist", parts.__getitem__)
    monkeypatch.setattr(memory, "NO_DIGITS", 40)
    return parts["test"]


def test_fine_tuning_starts_from_the_weights(tmp_path: Path, data: str, base: str, mnist: Dataset) -> None:
    slow = {"epochs": 1, "learning_rate": 1e-9, "weight_decay": 0.0}
    run(plan(tmp_path, data, init_from=base, options=slow))
    before, after = (load_network(p).sequential().state() for p in (base, tmp_path / "out.npz"))
    for name in before:
        np.testing.assert_allclose(after[name], before[name], atol=1e-6)
    assert load_network(tmp_path / "out.npz").has_junk


def turned_digits(path: Path, count: int) -> str:
    """Digits that lean by 40 degrees, as someone may write who turns the sheet: many are misread."""
    with np.load(Path(__file__).parents[1] / "fixtures" / "mnist_test.npz") as held:
        images, labels = held["images"][:count], held["labels"][:count].astype(np.int64)
    leaning = rotate(images.astype(float), 40, axes=(2, 1), reshape=False, order=1)
    np.savez(path, images=np.clip(leaning, 0, 255).astype(np.uint8), labels=labels)
    return str(path)


def test_corrections_are_learnt_and_mnist_is_not_forgotten(
    tmp_path: Path, mnist: Dataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    own = turned_digits(tmp_path / "own.npz", 200)
    asked = plan(tmp_path, own, init_from="digits-tiny", freeze=True, options={})
    remembering = run(asked)
    assert remembering.mnist is not None
    before, after = remembering.mnist
    assert before > 0.97
    assert after > before - 0.02
    network = load_network(asked.out)
    assert network.has_junk
    old, new = (n.sequential().state() for n in (load_network("digits-tiny"), network))
    assert sum(not np.array_equal(old[name], new[name]) for name in old) == 2
    tested = remembering.portions.test
    learnt = remembering.accuracy or 0
    body, head = split_head(load_network("digits-tiny").sequential())
    assert learnt > accuracy(head, tested) + 0.03

    monkeypatch.setattr(portions, "needs_memory", lambda base, own: False)
    assert run(asked).mnist is None
    _, forgetful = split_head(load_network(asked.out).sequential())
    features = replace(tested, images=outputs(body, mnist.images), labels=mnist.labels)
    assert accuracy(forgetful, features) < after


def test_memory_is_for_some_more_of_the_digits_it_knows(train_data: Dataset) -> None:
    known = load_network("digits-tiny")
    few = Dataset(np.zeros((5, 28, 28), np.uint8), np.zeros(5, np.int64))
    assert memory.needs_memory(known, few)
    assert not memory.needs_memory(known, train_data)
    whole = replace(few, images=np.zeros((60_000, 28, 28), np.uint8), labels=np.zeros(60_000, np.int64))
    assert not memory.needs_memory(known, whole)


def test_own_pictures_weigh_a_tenth(train_data: Dataset) -> None:
    both = memory.beside(train_data.take(slice(0, 10)), train_data)
    assert len(both) == 300 + 30
    assert np.array_equal(both.images[-300:], train_data.images)


def draw(path: Path, kind: str, seed: int) -> None:
    rng = np.random.default_rng(seed)
    paper = np.full((70, 70), 225, np.uint8)
    x, y = rng.integers(15, 25, 2)
    if kind == "bar":
        paper[y : y + 35, x + 10 : x + 16] = 30
    else:
        paper[y : y + 35, x : x + 6] = paper[y : y + 35, x + 22 : x + 28] = 30
        paper[y : y + 6, x : x + 28] = paper[y + 30 : y + 36, x : x + 28] = 30
    path.parent.mkdir(exist_ok=True, parents=True)
    Image.fromarray(paper).save(path)


@pytest.fixture
def pictures(tmp_path: Path) -> str:
    for seed in range(12):
        for kind in ("bar", "box"):
            draw(tmp_path / "mine" / kind / f"{seed}.png", kind, seed)
    Image.new("L", (50, 50), 230).save(tmp_path / "mine" / "box" / "empty.png")
    return str(tmp_path / "mine")


def test_frozen_features_on_a_folder(
    tmp_path: Path, pictures: str, base: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    asked = plan(tmp_path, pictures, init_from=base, freeze=True, options=FAST)
    first = run(asked)
    assert not first.portions.from_cache
    assert first.portions.data.missed == (("box/empty.png", 1),)
    assert first.fitted.best.validation_accuracy > 0.7
    assert few_pictures(first.portions.data) == [("bar", 12), ("box", 12)]
    parts = first.portions.train, first.portions.validation, first.portions.test
    assert [len(part) for part in parts] == [14, 5, 5]
    assert len({name for part in parts for name in part.names}) == 24
    assert first.accuracy is not None
    assert first.accuracy * 5 == 5 - len(first.mistakes)
    network = load_network(asked.out)
    assert network.classes == ("bar", "box")
    before, after = (load_network(p).sequential().state() for p in (base, asked.out))
    assert {name for name in before if not np.array_equal(before[name], after[name])} == {
        "2.weight",
        "2.bias",
    }

    second = run(asked)
    assert second.portions.from_cache
    assert second.portions.data.missed == first.portions.data.missed
    assert second.portions.train.names == first.portions.train.names
    again = load_network(asked.out).sequential().state()
    assert all(np.array_equal(again[name], after[name]) for name in again)


def test_another_picture_is_another_digest(pictures: str) -> None:
    before = folder_digest(list_pictures(Path(pictures))[1])
    draw(Path(pictures) / "bar" / "3.png", "box", 99)
    assert folder_digest(list_pictures(Path(pictures))[1]) != before


def test_damaged_cache_is_made_again(tmp_path: Path, train_data: Dataset, base: str) -> None:
    body, _ = split_head(load_network(base).sequential())
    made, cached = cached_features(body, "n", "d", lambda: train_data, tmp_path / "cache")
    assert not cached
    (file,) = (tmp_path / "cache").iterdir()
    file.write_bytes(b"damaged")
    again, cached = cached_features(body, "n", "d", lambda: train_data, tmp_path / "cache")
    assert not cached
    assert np.array_equal(made.images, again.images)
    assert cached_features(body, "n", "d", lambda: train_data, tmp_path / "cache")[1]


def test_new_head(tmp_path: Path, base: str) -> None:
    network, rng = load_network(base), np.random.default_rng(0)
    old = network.sequential().state()
    assert np.array_equal(new_head(network, DIGITS, True, rng).state()["2.weight"], old["2.weight"])
    assert np.array_equal(new_head(network, DIGITS, False, rng).state()["2.weight"], old["2.weight"][:10])
    fresh = new_head(network, ("x", "y", "z"), True, rng)
    assert fresh.output_shape == (4,)
    assert not np.array_equal(fresh.state()["2.weight"][:3], old["2.weight"][:3])
    ended = Sequential([Linear(784, 10, rng=rng), Sigmoid()], (784,))
    save_network(tmp_path / "s.npz", ended, name="s", classes=DIGITS)
    with pytest.raises(NetworkError, match=r"s ends in Sigmoid.*, expected Linear"):
        new_head(load_network(tmp_path / "s.npz"), ("x", "y"), False, rng)
