from __future__ import annotations

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from pi_nn.errors import NetworkError
from pi_nn.nn import SGD, SoftmaxCrossEntropy, build_network


def batch(n: int = 12) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(5)
    return rng.random((n, 28, 28, 1)).astype(np.float32), rng.integers(0, 10, n)


def test_replicas_share_weights_and_nothing_else() -> None:
    network = build_network("tiny", rng=np.random.default_rng(0))
    twin = network.replica()
    x, labels = batch()
    loss = SoftmaxCrossEntropy()
    for one, part in ((network, slice(0, 6)), (twin, slice(6, 12))):
        _, gradient = loss(one.forward(x[part], training=True), labels[part])
        one.backward(gradient, to_input=False)
    for mine, theirs in zip(network.parameters(), twin.parameters(), strict=True):
        assert mine.value is theirs.value
        assert not np.array_equal(mine.grad, theirs.grad)
    for name, statistics in network.buffers().items():
        assert not np.shares_memory(statistics, twin.buffers()[name])
    SGD(network.parameters(), 0.1).step()
    assert_array_equal(twin.parameters()[0].value, network.parameters()[0].value)


def test_the_halves_gradients_add_up_to_that_of_the_whole() -> None:
    network = build_network("784-30-10", rng=np.random.default_rng(0))
    x, labels = batch()
    x = x.reshape(12, 784)
    loss = SoftmaxCrossEntropy()
    network.backward(loss(network.forward(x, training=True), labels)[1])
    whole = [p.grad.copy() for p in network.parameters()]
    halves = [network.replica(), network.replica()]
    for one, part in zip(halves, (slice(0, 6), slice(6, 12)), strict=True):
        one.backward(loss(one.forward(x[part], training=True), labels[part])[1] / 2)
    for expected, first, second in zip(whole, halves[0].parameters(), halves[1].parameters(), strict=True):
        assert_allclose(first.grad + second.grad, expected, atol=1e-6)


def test_state_is_refused_for_another_network() -> None:
    tiny = build_network("tiny", rng=np.random.default_rng(0))
    with pytest.raises(NetworkError, match=r"0\.weight has shape \(1, 2\), expected"):
        tiny.load_state({**tiny.state(), "0.weight": np.zeros((1, 2))})
    with pytest.raises(NetworkError, match=r"names do not fit the network: 0\.weight"):
        tiny.load_state({k: v for k, v in tiny.state().items() if k != "0.weight"})


def test_loading_writes_into_the_arrays_that_an_optimiser_holds() -> None:
    network = build_network("tiny", rng=np.random.default_rng(0))
    held = [p.value for p in network.parameters()]
    network.load_state(build_network("tiny", rng=np.random.default_rng(1)).state())
    assert all(a is p.value for a, p in zip(held, network.parameters(), strict=True))
    fresh = build_network("tiny", rng=np.random.default_rng(1))
    assert_array_equal(held[0], fresh.parameters()[0].value)


def test_float64_is_a_copy_of_its_own() -> None:
    network = build_network("tiny", rng=np.random.default_rng(0))
    double = network.astype(np.float64)
    x, _ = batch(3)
    assert double.forward(x.astype(np.float64)).dtype == np.float64
    assert_allclose(double.forward(x.astype(np.float64)), network.forward(x), atol=1e-4)
    double.parameters()[0].value += 1
    assert network.parameters()[0].value.max() < double.parameters()[0].value.max()


def test_counts() -> None:
    network = build_network("784-200-10", rng=np.random.default_rng(0))
    assert network.parameter_count == 159_010
    assert network.multiply_adds == 784 * 200 + 200 * 10


def test_a_network_learns() -> None:
    network = build_network("tiny", rng=np.random.default_rng(0))
    optimizer, loss = SGD(network.parameters(), 0.05, momentum=0.9), SoftmaxCrossEntropy()
    x, labels = batch(64)
    losses = []
    for _ in range(40):
        value, gradient = loss(network.forward(x, training=True), labels)
        network.backward(gradient, to_input=False)
        optimizer.step()
        losses.append(value)
    assert losses[-1] < 0.1 * losses[0]
