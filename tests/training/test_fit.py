"""The training loop: it learns, repeats itself to the bit, survives being killed, and knows when it fails."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

from pi_nn.errors import ConfigError, DataError, DivergenceError
from pi_nn.nn import BatchNorm1d, Conv2d, Dropout, Flatten, Linear, ReLU, Sequential, build_network
from pi_nn.nn.archive import pack
from pi_nn.training.batches import Batch, Batches
from pi_nn.training.datasets import Dataset
from pi_nn.training.datasets.npz import load_npz
from pi_nn.training.fit import Epoch, Fitted, Watch, fit
from pi_nn.training.recipe import OPTIMIZERS, SCHEDULES, Recipe
from pi_nn.training.team import Team

QUICK = Recipe(epochs=3, batch_size=32, learning_rate=2e-3)


def small(kind: str = "784-12-3", seed: int = 0, *, junk: bool = False) -> Sequential:
    return build_network(kind, classes=3, junk=junk, rng=np.random.default_rng(seed))


def mixed(seed: int = 0) -> Sequential:
    """Small, but with running statistics and random choices of its own."""
    rng = np.random.default_rng(seed)
    first = Linear(784, 12, bias=False, rng=rng)
    return Sequential([first, BatchNorm1d(12), ReLU(), Dropout(0.2), Linear(12, 3, rng=rng)], (784,))


def same(a: Sequential, b: Sequential) -> bool:
    mine, theirs = a.state(), b.state()
    return all(np.array_equal(mine[name], theirs[name]) for name in mine)


@pytest.mark.parametrize("kind", ["784-12-3", "tiny"])
def test_learns(kind: str, train_data: Dataset, validation_data: Dataset) -> None:
    fitted = fit(small(kind), train_data, validation_data, QUICK)
    assert fitted.best.validation_accuracy > 0.9
    assert fitted.history[-1].loss < fitted.history[0].loss
    assert [epoch.number for epoch in fitted.history] == [1, 2, 3]


@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_every_optimizer_and_schedule_learns(
    optimizer: str, train_data: Dataset, validation_data: Dataset
) -> None:
    rates = {"sgd": 0.05, "momentum": 0.01, "nesterov": 0.01, "adadelta": 1.0, "adagrad": 0.01}
    schedule = list(SCHEDULES)[list(OPTIMIZERS).index(optimizer) % len(SCHEDULES)]
    recipe = Recipe(6, 16, rates.get(optimizer, 2e-3), optimizer, schedule, warm_up=0.1, workers=1)
    assert fit(small(), train_data, validation_data, recipe).best.validation_accuracy > 0.8


@pytest.mark.parametrize("workers", [1, 2, 3])
def test_same_seed_same_bits(workers: int, train_data: Dataset, validation_data: Dataset) -> None:
    recipe = Recipe(2, 32, average=0.9, workers=workers, seed=5)
    one, two, other = mixed(), mixed(), mixed()
    fit(one, train_data, validation_data, recipe, augment=noisy)
    fit(two, train_data, validation_data, recipe, augment=noisy)
    fit(
        other, train_data, validation_data, Recipe(2, 32, average=0.9, workers=workers, seed=6), augment=noisy
    )
    assert same(one, two)
    assert not same(one, other)


def noisy(images: np.ndarray, labels: np.ndarray, rng: np.random.Generator) -> Batch:
    return np.clip(images / 255 + rng.normal(0, 0.1, images.shape), 0, 1).astype(np.float32), labels


def image_network() -> Sequential:
    rng = np.random.default_rng(0)
    conv = Conv2d(1, 4, 5, stride=4, rng=rng)
    return Sequential([conv, ReLU(), Flatten(), Linear(6 * 6 * 4, 3, rng=rng)])


def test_workers_together_find_the_gradient_of_the_whole_batch(train_data: Dataset) -> None:
    x = train_data.images[:50].reshape(50, 28, 28, 1).astype(np.float32) / 255
    loss = QUICK.make_loss()
    one, three = image_network(), image_network()
    with Team(one, loss, 1) as alone, Team(three, loss, 3) as team:
        expected = alone.gradients(x, train_data.labels[:50], (0,))
        assert team.gradients(x, train_data.labels[:50], (0,)) == pytest.approx(expected, rel=1e-5)
    for a, b in zip(one.parameters(), three.parameters(), strict=True):
        np.testing.assert_allclose(a.grad, b.grad, rtol=1e-4, atol=1e-6)


def test_running_statistics_are_those_of_all_workers(train_data: Dataset) -> None:
    network = small("tiny")
    with Team(network, QUICK.make_loss(), 2) as team:
        x = train_data.images[:64].reshape(64, 28, 28, 1).astype(np.float32) / 255
        x[32:] *= 0.1
        team.gradients(x, train_data.labels[:64], (0,))
        halves = [small("tiny").replica() for _ in range(2)]
        for half, part in zip(halves, (x[:32], x[32:]), strict=True):
            half.forward(part, training=True)
    means = [half.buffers()["1.mean"] for half in halves]
    np.testing.assert_allclose(network.buffers()["1.mean"], (means[0] + means[1]) / 2, rtol=1e-5)


def test_best_epoch_is_kept_not_the_last(train_data: Dataset, validation_data: Dataset) -> None:
    seen: list[tuple[Epoch, bool]] = []
    calls = iter(range(1000))

    def ruin(images: np.ndarray, labels: np.ndarray, rng: np.random.Generator) -> Batch:
        """True labels in the first two epochs of ten batches each, wrong ones afterwards."""
        return (images / 255).astype(np.float32), labels if next(calls) < 20 else (labels + 1) % 3

    network = small()
    watch = Watch(epoch=lambda result, best: seen.append((result, best)))
    recipe = Recipe(4, 30, 2e-3, schedule="constant")
    fitted = fit(network, train_data, validation_data, recipe, augment=ruin, watch=watch)
    assert fitted.best == max(fitted.history, key=lambda epoch: epoch.rank()) == fitted.history[1]
    assert seen == list(zip(fitted.history, [True, True, False, False], strict=True))
    outputs = network.forward(validation_data.images.reshape(-1, 784) / np.float32(255))
    accuracy = float(np.mean(outputs.argmax(axis=1) == validation_data.labels))
    assert accuracy == fitted.best.validation_accuracy > fitted.history[-1].validation_accuracy


@pytest.mark.parametrize(("keep", "best"), [("accuracy", 0), ("loss", 1)])
def test_what_is_kept_is_what_the_recipe_says(keep: str, best: int) -> None:
    lucky, sure = Epoch(1, 0.2, 0.0173, 0.9962, 3e-3, 1.0), Epoch(2, 0.1, 0.0164, 0.9954, 1e-3, 1.0)
    assert max(lucky, sure, key=lambda epoch: epoch.rank(keep)) == (lucky, sure)[best]
    assert Recipe(keep=keep).keep == keep


def test_an_unknown_way_to_keep_is_refused() -> None:
    with pytest.raises(ConfigError, match="keep is 'newest', expected one of accuracy, loss"):
        Recipe(keep="newest")


def test_ctrl_c_keeps_the_best_epoch(train_data: Dataset, validation_data: Dataset) -> None:
    def press(epoch: int, done: int, total: int, loss: float) -> None:
        if (epoch, done) == (2, 3):
            raise KeyboardInterrupt

    fitted = fit(small(), train_data, validation_data, QUICK, watch=Watch(step=press))
    assert fitted.interrupted
    assert len(fitted.history) == 1

    def at_once(epoch: int, done: int, total: int, loss: float) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        fit(small(), train_data, validation_data, QUICK, watch=Watch(step=at_once))


@pytest.mark.parametrize(
    ("rate", "told"),
    [(1000, "the loss is"), (3.0, r"epoch \d+: after it the network only guesses|the loss is")],
)
def test_divergence_is_said_and_not_saved(
    rate: float, told: str, train_data: Dataset, validation_data: Dataset, tmp_path: Path
) -> None:
    recipe = Recipe(8, 16, rate, "momentum", "constant")
    with pytest.raises(DivergenceError, match=told):
        fit(small(), train_data, validation_data, recipe, checkpoint=tmp_path / "c.npz")
    assert not (tmp_path / "c.npz").exists()


def stopped_after(epochs: int, path: Path, data: tuple[Dataset, Dataset], recipe: Recipe) -> None:
    def stop(result: Epoch, best: bool) -> None:
        if result.number == epochs:
            raise KeyboardInterrupt

    fit(mixed(), *data, recipe, augment=noisy, checkpoint=path, watch=Watch(epoch=stop))


@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_resumed_training_has_the_same_bits(
    optimizer: str, train_data: Dataset, validation_data: Dataset, tmp_path: Path
) -> None:
    recipe = Recipe(3, 32, 1e-3, optimizer, average=0.9, seed=3)
    data = (train_data, validation_data)
    whole, parts = mixed(), mixed(seed=99)
    expected = fit(whole, *data, recipe, augment=noisy)
    stopped_after(1, tmp_path / "c.npz", data, recipe)
    resumed = fit(parts, *data, recipe, augment=noisy, checkpoint=tmp_path / "c.npz", resume=True)
    assert same(whole, parts)
    assert [timeless(e) for e in resumed.history] == [timeless(e) for e in expected.history]


def timeless(epoch: Epoch) -> tuple[float, ...]:
    return (epoch.number, epoch.loss, epoch.validation_loss, epoch.validation_accuracy, epoch.learning_rate)


KILLED = """
import os, signal, sys
from pathlib import Path
import numpy as np
from pi_nn.nn import build_network
from pi_nn.training.datasets.npz import load_npz
from pi_nn.training.fit import Watch, fit
from pi_nn.training.recipe import Recipe

def kill(epoch, done, total, loss):
    if (epoch, done) == (3, 2):
        os.kill(os.getpid(), signal.SIGKILL)

def noisy(images, labels, rng):
    return np.clip(images / 255 + rng.normal(0, 0.1, images.shape), 0, 1).astype(np.float32), labels

network = build_network(sys.argv[3], rng=np.random.default_rng(0))
fit(network, *load_npz(Path(sys.argv[1])).split(), Recipe(4, 32, 1e-3, average=0.9), augment=noisy,
    checkpoint=Path(sys.argv[2]), watch=Watch(step=kill))
"""


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="needs SIGKILL")
@pytest.mark.parametrize("kind", ["784-16-10", "tiny"])
def test_killed_training_resumes_to_the_same_bits(kind: str, train_data: Dataset, tmp_path: Path) -> None:
    data, checkpoint = tmp_path / "data.npz", tmp_path / "c.npz"
    np.savez(data, images=train_data.images[:160], labels=train_data.labels[:160])
    command = [sys.executable, "-c", KILLED, str(data), str(checkpoint), kind]
    environ = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])}
    assert subprocess.run(command, env=environ, check=False).returncode == -signal.SIGKILL

    halves, recipe = load_npz(data).split(), Recipe(4, 32, 1e-3, average=0.9)
    whole, resumed = (build_network(kind, rng=np.random.default_rng(seed)) for seed in (0, 99))
    fit(whole, *halves, recipe, augment=noisy)
    again = fit(resumed, *halves, recipe, augment=noisy, checkpoint=checkpoint, resume=True)
    assert len(again.history) == 4
    assert same(whole, resumed)


def test_resume_refuses_another_run(train_data: Dataset, validation_data: Dataset, tmp_path: Path) -> None:
    path, data = tmp_path / "c.npz", (train_data, validation_data)
    stopped_after(1, path, data, QUICK)

    def resume(network: Sequential, recipe: Recipe) -> Fitted:
        return fit(network, *data, recipe, augment=noisy, checkpoint=path, resume=True)

    with pytest.raises(DataError, match=r"another run: .*seed 0 \(now 1\)"):
        resume(mixed(), Recipe(3, 32, 2e-3, seed=1))
    with pytest.raises(DataError, match="network"):
        resume(small(), QUICK)
    path.write_bytes(b"no checkpoint")
    with pytest.raises(DataError, match="not a checkpoint"):
        resume(mixed(), QUICK)
    pack(path, {"meta": np.array(json.dumps([1]))})
    with pytest.raises(DataError, match="not a checkpoint"):
        resume(mixed(), QUICK)
    path.unlink()
    with pytest.raises(DataError, match="no checkpoint to resume from"):
        resume(mixed(), QUICK)


def test_labels_must_fit_the_network(train_data: Dataset, validation_data: Dataset) -> None:
    with pytest.raises(DataError, match="3 classes, but the network has 10 outputs"):
        fit(build_network("mlp", rng=np.random.default_rng(0)), train_data, validation_data, QUICK)
    labels = train_data.labels.copy()
    labels[::5] = -1
    mixed = Dataset(train_data.images, labels, train_data.classes)
    with pytest.raises(DataError, match="no output for these"):
        fit(small(), mixed, validation_data, QUICK)
    assert fit(small(junk=True), mixed, validation_data, QUICK).best.validation_accuracy > 0.8


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ({"epochs": 0}, "epochs is 0, expected 1 to"),
        ({"batch_size": 0}, "batch-size is 0"),
        ({"learning_rate": float("nan")}, "learning-rate is nan"),
        ({"optimizer": "magic"}, "optimizer is 'magic', expected one of sgd"),
        ({"schedule": "never"}, "schedule is 'never'"),
        ({"loss": "none"}, "loss is 'none'"),
    ],
)
def test_recipe_refuses(options: dict[str, object], told: str) -> None:
    with pytest.raises(ConfigError, match=told):
        Recipe(**options)  # type: ignore[arg-type]


def batches(n: int, size: int, **more: int) -> Batches:
    data = Dataset(
        np.arange(n, dtype=np.uint8)[:, None, None] + np.zeros((n, 28, 28), np.uint8), np.arange(n) % 3
    )
    return Batches(data, size, 7, (784,), 10, **more)


@pytest.mark.parametrize(("n", "size", "count"), [(10, 1, 10), (10, 10, 1), (10, 3, 4), (10, 100, 1)])
def test_number_of_batches(n: int, size: int, count: int) -> None:
    given = batches(n, size)
    seen = [np.rint(x[:, 0] * 255).astype(int) for x, _ in given.epoch(0)]
    assert len(seen) == len(given) == count
    assert sorted(np.concatenate(seen).tolist()) == list(range(n))


def test_short_rest_joins_the_batch_before() -> None:
    assert [len(x) for x, _ in batches(13, 4, together=2).epoch(0)] == [4, 4, 5]
    assert [len(x) for x, _ in batches(14, 4, together=2).epoch(0)] == [4, 4, 4, 2]


def test_order_follows_from_seed_and_epoch() -> None:
    given = batches(20, 20)
    first, second = (next(x[:, 0].tolist() for x, _ in given.epoch(e)) for e in (0, 1))
    assert first != second
    assert first == next(iter(given.epoch(0)))[0][:, 0].tolist()


def test_batches_prepared_by_another_thread_are_the_same() -> None:
    given = Batches(batches(60, 4).data, 4, 7, (784,), 10, augment=noisy)
    with ThreadPoolExecutor(3) as helpers:
        ahead = list(given.epoch(2, helpers))
    for (x, targets), (expected, labels) in zip(ahead, given.epoch(2), strict=True):
        np.testing.assert_array_equal(x, expected)
        np.testing.assert_array_equal(targets, labels)


def test_augmentation_that_loses_images_is_refused() -> None:
    given = Batches(batches(20, 20).data, 20, 7, (784,), 10, augment=lambda x, y, rng: (x[:3], y))
    with pytest.raises(DataError, match="3 tiles but 20 targets"):
        list(given.epoch(0))


def test_soft_targets(train_data: Dataset, validation_data: Dataset) -> None:
    def softened(images: np.ndarray, labels: np.ndarray, rng: np.random.Generator) -> Batch:
        rows = np.full((len(labels), 3), 0.05, np.float32)
        rows[np.arange(len(labels)), labels] = 0.9
        return (images / 255).astype(np.float32), rows

    assert fit(small(), train_data, validation_data, QUICK, augment=softened).best.validation_accuracy > 0.9


def test_a_network_learns_the_same_from_bytes(monkeypatch: pytest.MonkeyPatch) -> None:
    train = batches(60, 1).data
    outputs, seen, forward = [], set(), Linear.forward

    def watched(layer: Linear, x: np.ndarray, **more: object) -> np.ndarray:
        seen.add(x.dtype.name)
        return forward(layer, x, **more)

    monkeypatch.setattr(Linear, "forward", watched)
    for as_bytes in (False, True):
        monkeypatch.setattr("pi_nn.training.fit.REFERENCE_BLAS", as_bytes)
        assert "uint8" not in seen
        network = build_network("784-12-10", rng=np.random.default_rng(0))
        fit(network, train, train, Recipe(epochs=2, batch_size=20))
        outputs.append(network.forward(train.images.reshape(-1, 784) / np.float32(255)))
    assert "uint8" in seen
    np.testing.assert_allclose(outputs[0], outputs[1], atol=1e-4)
