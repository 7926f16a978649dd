"""Each experiment's own figure, as the books print it."""

from __future__ import annotations

import json
from itertools import islice
from pathlib import Path

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from scipy.ndimage import rotate

from pi_nn.errors import DataError, NetworkError
from pi_nn.nn import SGD, Linear, SoftmaxCrossEntropy, SquaredError, build_network
from pi_nn.training.experiments import (
    batch_sizes,
    classifier,
    clouds,
    damage,
    first_network,
    logic,
    loss_curve,
    optimizers,
    target_error,
)
from pi_nn.training.experiments.book import book_inputs
from pi_nn.training.experiments.experiment import find_experiment
from pi_nn.training.experiments.lesson import lesson, teach
from pi_nn.training.experiments.loop import descend, one_epoch
from pi_nn.training.experiments.material import Material, load_parts, turning
from pi_nn.training.experiments.worked_example import T, X, example

FIXTURES = Path(__file__).parents[2] / "fixtures"
RASHID = json.loads((FIXTURES / "rashid.json").read_text())
TAYLOR = json.loads((FIXTURES / "taylor.json").read_text())


# A1
def test_predictor() -> None:
    case = RASHID["predictor_km_miles"]
    for row, printed in zip(classifier.predict_miles(), case["steps"], strict=True):
        assert row["slope"] == printed["c"]
        assert row["answer"] == pytest.approx(printed["calc"], abs=case["atol"])
        assert row["error"] == pytest.approx(printed["error"], abs=case["atol"])


@pytest.mark.parametrize(
    ("case", "rate", "tolerance"),
    [("linear_classifier_naive", 1.0, 5e-5), ("linear_classifier_moderated_corrected", 0.5, 1e-12)],
)
def test_classifier(case, rate, tolerance) -> None:
    steps = RASHID[case]["steps"]
    for row, printed in zip(classifier.learn_slope(rate), steps, strict=True):
        for ours, theirs in (("x", "x"), ("answer", "y"), ("error", "E"), ("change", "dA"), ("slope", "A")):
            assert row[ours] == pytest.approx(printed[theirs], abs=tolerance), ours


# A2
@pytest.mark.parametrize(("function", "hidden"), [("AND", 0), ("OR", 0), ("XOR", logic.HIDDEN)])
def test_logic_is_learnt(function, hidden) -> None:
    assert logic.TABLES[function] == tuple(RASHID["boolean"][function])
    assert [logic.correct(logic.learn(function, hidden, seed), function) for seed in range(2)] == [4, 4]


def test_one_unit_cannot_learn_xor() -> None:
    assert logic.correct(logic.learn("XOR", 0, seed=0), "XOR") <= 3


# A5, A6
def test_first_weights(tiny_data) -> None:
    found = find_experiment("initial-weights")
    for rule, hidden, output in (("links", 0.0357, 0.1), ("nodes", 0.1, 0.316)):
        (row,) = found.run({"data": tiny_data, "records": 64, "initial": rule}, seed=0)
        assert row["std_input_hidden"] == pytest.approx(hidden, rel=0.03)
        assert row["std_hidden_output"] == pytest.approx(output, rel=0.06)


def test_equal_weights_stay_equal_and_the_layers_refuse_them(tiny_data) -> None:
    found = find_experiment("symmetry")
    rows = found.run({"data": tiny_data, "records": 400, "initial": "constant"}, seed=0)
    assert {row["distinct_units"] for row in rows} == {1}
    rows = found.run({"data": tiny_data, "records": 400, "initial": "nodes"}, seed=0)
    assert {row["distinct_units"] for row in rows} == {100}
    with pytest.raises(NetworkError, match="equal units get equal gradients"):
        Linear(784, 100, initial=np.full((100, 784), 0.1))


# A9
def test_first_steps(tiny_data) -> None:
    found = find_experiment("first-steps")
    scores = [found.run({"data": tiny_data, "learning_rate": 0.3}, seed)[0]["score"] for seed in range(6)]
    assert len(set(scores)) > 1
    assert_allclose(np.round(scores, 1), scores)


# A10 to A13: the full-size figures are in docs/experiments, see test_recorded.py
@pytest.mark.parametrize("network", ["book", "ours"])
def test_a_lesson_has_a_row_an_epoch(network, tiny_data) -> None:
    rate = 0.1 if network == "book" else 0.003
    p = lesson(network, tiny_data, records=350, hidden=20, learning_rate=rate, epochs=3, angle=10)
    rows = teach(p, seed=0)
    assert [row["epoch"] for row in rows] == [1, 2, 3]
    assert rows[-1]["accuracy"] > 0.6
    assert teach(p, seed=0) == rows
    assert teach(p, seed=1) != rows


@pytest.mark.parametrize("degrees", [10, -10, 45, 90])
def test_turning_is_scipys_rotate_as_the_book_calls_it(degrees, mnist_sample) -> None:
    images = mnist_sample[0][:5]
    scaled = book_inputs(images).reshape(-1, 28, 28)
    turned = 0.99 * (turning(degrees) @ (images.reshape(5, -1) / 255).T).T + 0.01
    for image, ours in zip(scaled, turned, strict=True):
        theirs = rotate(image, degrees, cval=0.01, order=1, reshape=False)
        assert_allclose(ours.reshape(28, 28), theirs, rtol=0, atol=1e-9)


def test_each_record_is_followed_by_its_turned_copies(tiny_data) -> None:
    train, _ = load_parts(tiny_data)
    material = Material(train, 4, (10.0, -10.0))
    assert len(material) == 12
    assert_array_equal(material.labels, np.repeat(train.labels[:4], 3))
    pixels = material.pixels(np.arange(12))
    assert_array_equal(pixels[3], train.images[1].ravel() / 255)
    assert_allclose(pixels[4], turning(10) @ pixels[3])
    assert_allclose(pixels[5], turning(-10) @ pixels[3])


def test_too_few_records(tiny_data) -> None:
    with pytest.raises(DataError, match=r"60,000 records are asked for, the data have [0-9]+; try --quick"):
        Material(load_parts(tiny_data)[0], 60_000)


# A14
def test_damage_grows_with_its_level(mnist_sample) -> None:
    tiles = mnist_sample[0][:20].astype(np.float32) / 255
    for name, (hurt, levels, _) in damage.DAMAGES.items():
        away = [
            np.abs(hurt(tiles, level, np.random.default_rng(0)) - tiles).mean() if level else 0.0
            for level in levels
        ]
        assert away == sorted(away), name
        assert away[1] > 0
        out = hurt(tiles, levels[-1], np.random.default_rng(0))
        assert (out.dtype, out.shape) == (np.float32, tiles.shape)
        assert 0 <= out.min() <= out.max() <= 1


# B6
@pytest.mark.parametrize(("size", "updates"), [(1, 50), (7, 8), (50, 1)])
def test_updates_an_epoch(size, updates) -> None:
    assert run_epoch(size)[0] == updates


def run_epoch(size: int):
    rng = np.random.default_rng(0)
    network = build_network("6-4-3", classes=3, rng=rng)
    x, t = rng.random((50, 6), dtype=np.float32), rng.integers(0, 3, 50)
    optimizer = SGD(network.parameters(), 0.1)
    count = one_epoch(network, SoftmaxCrossEntropy(), optimizer, lambda i: (x[i], t[i]), np.arange(50), size)
    return count, network, x, t


def test_batches_of_all_are_batch_gradient_descent_and_of_one_stochastic() -> None:
    for size in (1, 50):
        _, ours, x, t = run_epoch(size)
        by_hand = build_network("6-4-3", classes=3, rng=np.random.default_rng(0))
        optimizer = SGD(by_hand.parameters(), 0.1)
        for part in np.split(np.arange(50), 50 // size):
            next(steps := descend(by_hand, SoftmaxCrossEntropy(), optimizer, x[part], t[part]))
            next(steps)
        for name, array in ours.state().items():
            assert_array_equal(array, by_hand.state()[name])


def test_shuffling() -> None:
    once = batch_sizes.orders(30, "once", np.random.default_rng(0))
    every = batch_sizes.orders(30, "every epoch", np.random.default_rng(0))
    assert all((order == once[0]).all() for order in once)
    assert len({tuple(order) for order in every}) == batch_sizes.EPOCHS
    assert all(sorted(order) == list(range(30)) for order in every)


# B7
@pytest.mark.parametrize("way", list(optimizers.WAYS))
def test_each_optimizer_lowers_the_error(way) -> None:
    errors = optimizers.errors(way)
    assert errors[0] == pytest.approx(TAYLOR["exact_float64"]["E"], abs=1e-12)
    assert errors[-1] < 0.5 * errors[0]


def test_momentum_0_is_plain() -> None:
    network = example()
    still = descend(network, SquaredError("se"), SGD(network.parameters(), 0.5, momentum=0.0), X, T)
    assert list(islice(still, optimizers.UPDATES + 1)) == optimizers.errors("plain")


# B8
def test_the_target_is_reached_after_69_updates() -> None:
    errors = target_error.errors_until(0.01, 1000)
    assert len(errors) - 1 == TAYLOR["exact_float64"]["updates_until_E_le_0.01"] == 69
    assert errors[-1] <= 0.01 < errors[-2]


def test_or_after_so_many_updates() -> None:
    errors = target_error.errors_until(0.0, 100)
    assert len(errors) - 1 == 100
    assert errors[-1] == pytest.approx(TAYLOR["exact_float64"]["E_after_updates"]["100"], abs=1e-9)


# C1, C3
def test_first_network() -> None:
    for seed in range(2):
        outputs = first_network.learn(seed).forward(first_network.INPUTS)
        assert np.abs(outputs - first_network.TARGETS).max() < 0.1


def test_loss_curve_falls() -> None:
    losses = loss_curve.losses(0)
    assert len(losses) == 1001
    assert all(np.diff(losses) < 0)


# C4, C5
@pytest.mark.parametrize("name", ["moons", "blobs"])
def test_clouds_are_parted(name) -> None:
    found = find_experiment(name)
    rows = found.run({"epochs": 1000}, seed=1)
    assert rows[0]["error"] > 0.2
    assert rows[-1]["error"] < 0.05
    assert rows[-1]["accuracy"] > 0.95


def test_points_are_normalised() -> None:
    for x, classes in (
        clouds.moons(200, 0.2, np.random.default_rng(0)),
        clouds.blobs(200, 0.7, np.random.default_rng(0)),
    ):
        assert x.shape == (200, 2)
        assert np.bincount(classes).tolist() == [100, 100]
        assert_allclose(x.mean(axis=0), 0, atol=1e-12)
        assert_allclose(x.std(axis=0), 1)
