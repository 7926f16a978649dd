from __future__ import annotations

import numpy as np
import pytest

from pi_nn.errors import NetworkError
from pi_nn.nn import Linear, build_network, fold
from pi_nn.nn.initial import RULES, initial_weights

RNG = np.random.default_rng(0)


@pytest.mark.parametrize(
    ("kind", "parameters", "multiply_adds"), [("cnn", 100_000, 2_000_000), ("tiny", 15_000, 400_000)]
)
@pytest.mark.parametrize("junk", [False, True])
def test_the_bundled_designs_keep_to_their_size(kind, parameters, multiply_adds, junk) -> None:
    network = fold(build_network(kind, junk=junk, rng=RNG))
    assert network.parameter_count <= parameters
    assert network.multiply_adds <= multiply_adds
    assert network.output_shape == (10 + junk,)


def test_the_books_shapes() -> None:
    assert build_network("mlp", rng=RNG).parameter_count == 159_010
    assert build_network("784-500-500-500-10", rng=RNG).parameter_count == 898_510
    assert build_network("2-3-1", classes=1, rng=RNG).input_shape == (2,)
    assert build_network("mlp", classes=7, junk=True, rng=RNG).output_shape == (8,)


@pytest.mark.parametrize(
    "kind", ["resnet", "784", "784-0-10", "784-x-10", "784-200-10-", "", "1-" * 20 + "1"]
)
def test_unknown_networks_are_named(kind) -> None:
    with pytest.raises(NetworkError, match="known: mlp, cnn, tiny, teacher, or sizes"):
        build_network(kind, rng=RNG)


def test_sizes_that_contradict_the_classes_are_refused() -> None:
    with pytest.raises(NetworkError, match="has 9 outputs, expected 10"):
        build_network("784-20-9", rng=RNG)


def test_the_same_seed_gives_the_same_weights() -> None:
    first, second = (build_network("tiny", rng=np.random.default_rng(4)).state() for _ in range(2))
    assert all(np.array_equal(first[name], second[name]) for name in first)


@pytest.mark.parametrize("rule", RULES)
def test_initial_rules(rule) -> None:
    weights = initial_weights(rule, (100, 400), np.random.default_rng(0))
    std = {
        "he": (2 / 400) ** 0.5,
        "xavier": (2 / 500) ** 0.5,
        "uniform": 12**-0.5,
        "links": 1 / 20,
        "nodes": 0.1,
    }
    assert weights.dtype == np.float32
    assert weights.std() == pytest.approx(std[rule], rel=0.02)
    assert abs(weights.mean()) < 0.01


def test_a_kernel_counts_each_of_its_places_as_a_link() -> None:
    weights = initial_weights("he", (200, 20, 5, 5), np.random.default_rng(0))
    assert weights.std() == pytest.approx((2 / 500) ** 0.5, rel=0.02)
    weights = initial_weights("xavier", (200, 20, 5, 5), np.random.default_rng(0))
    assert weights.std() == pytest.approx((2 / (500 + 5000)) ** 0.5, rel=0.02)


@pytest.mark.parametrize("initial", ["constant", "constant:0.5", np.full((2, 3), 0.5), np.zeros((2, 3))])
def test_equal_weights_are_refused(initial) -> None:
    with pytest.raises(NetworkError, match="never part"):
        Linear(3, 2, initial=initial, rng=RNG)


def test_one_unit_may_start_anywhere() -> None:
    assert Linear(3, 1, initial=np.zeros((1, 3))).weight.value.shape == (1, 3)


def test_wrong_initial_weights_are_refused() -> None:
    with pytest.raises(NetworkError, match=r"shape \(3, 2\), expected \(2, 3\)"):
        Linear(3, 2, initial=np.eye(3)[:, :2])
    with pytest.raises(NetworkError, match="known: he, xavier"):
        Linear(3, 2, initial="magic", rng=RNG)
