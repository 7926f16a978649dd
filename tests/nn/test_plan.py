"""The compiled plan answers what the layers answer: alone, in a batch, in threads, in constant memory."""

from __future__ import annotations

import threading
import tracemalloc

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from pi_nn.nn import (
    AvgPool2d,
    BatchNorm1d,
    BatchNorm2d,
    Conv2d,
    DepthwiseConv2d,
    Dropout,
    Flatten,
    GlobalAvgPool2d,
    Identity,
    Layer,
    Linear,
    MaxPool2d,
    ReLU,
    Residual,
    Sequential,
    Sigmoid,
    Tanh,
    build_network,
    bundled_names,
    fold,
    load_network,
)
from pi_nn.nn.plan import Plan
from pi_nn.nn.winograd import product_rows, tile_height, transforms

RNG = np.random.default_rng(11)


def conv(channels: int, filters: int, kernel: int, **options) -> Conv2d:
    layer = Conv2d(channels, filters, kernel, rng=RNG, **options)
    if layer.bias is not None:
        layer.bias.value[:] = RNG.normal(size=filters)
    return layer


def dense(inputs: int, outputs: int) -> Linear:
    layer = Linear(inputs, outputs, rng=RNG)
    layer.bias.value[:] = RNG.normal(size=outputs)
    return layer


def two_convolutions() -> Residual:
    return Residual([conv(4, 6, 3, padding=1), ReLU(), conv(6, 4, 3, padding=1)])


BODIES: dict[str, list[Layer]] = {
    "one linear": [Flatten(), dense(784, 10)],
    "linear after linear": [Flatten(), dense(784, 20), dense(20, 10)],
    "relu last": [Flatten(), dense(784, 10), ReLU()],
    "relu first": [ReLU(), Flatten(), dense(784, 10)],
    "nothing but flatten": [Flatten()],
    "convolution padded": [
        conv(1, 4, 3, padding=1),
        ReLU(),
        conv(4, 3, 3, padding=1),
        ReLU(),
        Flatten(),
        dense(2352, 10),
    ],
    "convolution without relu": [
        conv(1, 4, 5, stride=3),
        conv(4, 3, 3, padding=1),
        Flatten(),
        dense(192, 10),
    ],
    "without bias": [
        conv(1, 4, 5, stride=3, bias=False),
        ReLU(),
        conv(4, 3, 3, bias=False),
        Flatten(),
        dense(108, 10),
    ],
    "pool before relu": [conv(1, 4, 5, stride=2), MaxPool2d(2), ReLU(), Flatten(), dense(144, 10)],
    "pool after relu": [
        conv(1, 4, 5, stride=4, padding=2),
        ReLU(),
        MaxPool2d(2),
        conv(4, 2, 3, padding=1),
        Flatten(),
        dense(18, 10),
    ],
    "pool of three, rest left out": [conv(1, 4, 3), ReLU(), MaxPool2d(3), Flatten(), dense(256, 10)],
    "pool that overlaps": [conv(1, 4, 5, stride=4), ReLU(), MaxPool2d(3, stride=1), Flatten(), dense(64, 10)],
    "pool twice": [conv(1, 4, 3), MaxPool2d(2), MaxPool2d(2), Flatten(), dense(144, 10)],
    "pool first": [MaxPool2d(4), Flatten(), dense(49, 10)],
    "kernel over the whole image": [
        conv(1, 4, 5, stride=8),
        ReLU(),
        conv(4, 6, 3),
        ReLU(),
        Flatten(),
        dense(6, 10),
    ],
    "one by one": [conv(1, 4, 4, stride=4), ReLU(), conv(4, 6, 1), ReLU(), Flatten(), dense(294, 10)],
    # From here to the next comment with channels enough to be multiplied in tiles.
    "tiles, rows that fill none": [
        conv(1, 8, 4, stride=4),
        ReLU(),
        conv(8, 9, 3, padding=1),
        ReLU(),
        conv(9, 8, 3),
        ReLU(),
        Flatten(),
        dense(200, 10),
    ],
    "tiles without relu": [
        conv(1, 8, 4, stride=4),
        conv(8, 8, 3, padding=2),
        conv(8, 3, 3, padding=1, bias=False),
        Flatten(),
        dense(243, 10),
    ],
    "tiles before pools": [
        conv(1, 8, 3, padding=1),
        MaxPool2d(2),
        ReLU(),
        conv(8, 8, 3, padding=1),
        ReLU(),
        MaxPool2d(3),
        conv(8, 8, 3),
        MaxPool2d(2),
        Flatten(),
        dense(8, 10),
    ],
    "tiles, one row": [
        conv(1, 8, 4, stride=8),
        conv(8, 8, 4),
        conv(8, 8, 3, padding=1),
        Flatten(),
        dense(8, 10),
    ],
    "tiles before other layers": [
        conv(1, 8, 4, stride=4),
        conv(8, 8, 3),
        Tanh(),
        conv(8, 8, 3),
        MaxPool2d(2, stride=1),
        Residual([conv(8, 8, 3, padding=1), ReLU(), conv(8, 8, 3, padding=1)]),
        GlobalAvgPool2d(),
        dense(8, 10),
    ],
    # With few channels again.
    "shortcut around one": [
        conv(1, 4, 4, stride=4),
        ReLU(),
        Residual([conv(4, 4, 3, padding=1)]),
        ReLU(),
        Flatten(),
        dense(196, 10),
    ],
    "shortcut around two": [
        conv(1, 4, 4, stride=4),
        ReLU(),
        two_convolutions(),
        ReLU(),
        Flatten(),
        dense(196, 10),
    ],
    "shortcut without relu": [
        conv(1, 4, 4, stride=4),
        two_convolutions(),
        two_convolutions(),
        Flatten(),
        dense(196, 10),
    ],
    "shortcut around relu": [
        conv(1, 4, 4, stride=4),
        Residual([conv(4, 4, 1), ReLU()]),
        MaxPool2d(7),
        Flatten(),
        dense(4, 10),
    ],
    "shortcut around linear": [
        Flatten(),
        dense(784, 8),
        Residual([dense(8, 8), ReLU(), dense(8, 8)]),
        dense(8, 10),
    ],
    "shortcut of nothing else": [Residual([ReLU()]), Flatten(), dense(784, 10)],
    "other activations": [
        conv(1, 4, 4, stride=4),
        Tanh(),
        conv(4, 4, 3),
        Sigmoid(),
        Flatten(),
        dense(100, 10),
        Sigmoid(),
    ],
    "means": [
        conv(1, 8, 4, stride=4),
        ReLU(),
        AvgPool2d(2),
        conv(8, 5, 1),
        ReLU(),
        GlobalAvgPool2d(),
        dense(5, 10),
    ],
    "depthwise": [
        conv(1, 8, 4, stride=4),
        ReLU(),
        DepthwiseConv2d(8, 3, padding=1, rng=RNG),
        ReLU(),
        Flatten(),
        dense(392, 10),
    ],
    "for training only": [
        conv(1, 4, 4, stride=4),
        BatchNorm2d(4),
        ReLU(),
        Dropout(0.5),
        Flatten(),
        Identity(),
        dense(196, 10),
        BatchNorm1d(10),
    ],
}


def pictures(n: int) -> np.ndarray:
    # With negative values, which no picture has: a ReLU at the input must not go unnoticed.
    return np.random.default_rng(n).normal(0.2, 0.5, (n, 28, 28, 1)).astype(np.float32)


@pytest.mark.parametrize("name", BODIES)
def test_same_as_the_layers(name: str) -> None:
    network = Sequential(BODIES[name])
    network.forward(pictures(20), training=True, rng=RNG)
    plan = Plan(network)
    for n in (1, 2, 5, 40):
        expected = network.forward(pictures(n)).reshape(n, -1)
        assert_allclose(
            plan(pictures(n), n).reshape(n, -1), expected, atol=2e-5, rtol=1e-5, err_msg=f"{n} digits"
        )


@pytest.mark.parametrize("kind", ["mlp", "cnn", "tiny"])
def test_alone_as_in_a_batch(kind: str) -> None:
    network = build_network(kind, rng=np.random.default_rng(3))
    x = pictures(70).reshape(70, *network.input_shape)
    network.forward(x, training=True)
    plan = Plan(network)
    batch = plan(x, 70)
    assert_allclose(batch, network.forward(x), atol=1e-5)
    for n in range(70):
        assert_allclose(plan(x[n], 1)[0], batch[n], atol=1e-5)


@pytest.mark.parametrize("name", bundled_names())
def test_bundled_networks_answer_as_their_layers(
    name: str, mnist_sample: tuple[np.ndarray, np.ndarray]
) -> None:
    network = load_network(name)
    x = mnist_sample[0][:100].astype(np.float32) / 255
    batch = network.predict_proba(x)
    logits = network.sequential().forward(x[..., None]) / np.float32(network.temperature)
    share = np.exp(logits[:, :10] - np.logaddexp.reduce(logits[:, :10], axis=1, keepdims=True))
    assert_allclose(batch, share, atol=1e-5)
    alone = np.concatenate([network.predict_proba(digit) for digit in x])
    assert_allclose(alone, batch, atol=1e-5)


def test_a_shortcut_around_one_convolution_folds_into_it() -> None:
    folded = fold(Sequential(BODIES["shortcut around one"]))
    assert not any(isinstance(layer, Residual) for layer in folded.layers)
    x = pictures(3)
    assert_allclose(folded.forward(x), Sequential(BODIES["shortcut around one"]).forward(x), atol=1e-5)


@pytest.mark.parametrize("kind", ["mlp", "cnn"])
def test_memory_does_not_grow(kind: str) -> None:
    network = build_network(kind, rng=np.random.default_rng(3))
    plan = Plan(network)
    x = pictures(300).reshape(300, *network.input_shape)
    for n in (*range(1, 33), 300):
        plan(x[:n], n)
    tracemalloc.start()
    for n in (1, 7, 31, 300, 1):
        plan(x[:n], n)
    left, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert left < 5_000


def test_threads_take_their_own_memory_and_leave_little_behind() -> None:
    network = build_network("tiny", rng=np.random.default_rng(3))
    plan = Plan(network)
    x = pictures(12)
    expected = plan(x, 12)
    start, wrong = threading.Barrier(10), []

    def work() -> None:
        start.wait()
        for _ in range(30):
            if not np.allclose(plan(x, 12), expected, atol=1e-5):
                wrong.append(1)

    threads = [threading.Thread(target=work) for _ in range(10)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong
    assert 1 <= len(plan._idle) <= 4


def test_the_network_and_the_input_are_left_alone() -> None:
    network = build_network("cnn", rng=np.random.default_rng(3))
    before = network.state()
    x = pictures(3)
    kept = x.copy()
    Plan(network)(x, 3)
    assert_array_equal(x, kept)
    for name, array in network.state().items():
        assert_array_equal(array, before[name])


@pytest.mark.parametrize("m", [2, 3, 4])
def test_tiles_convolve_a_column_with_fewer_products(m: int) -> None:
    a, g, b = transforms(m)
    column, kernel = RNG.normal(size=m + 2), RNG.normal(size=3)
    assert_allclose(a @ ((g @ kernel) * (b @ column)), np.correlate(column, kernel), atol=1e-5)
    assert product_rows(m, m) == m + 2 < 3 * m


@pytest.mark.parametrize(("rows", "m"), [(2, 2), (3, 3), (4, 4), (6, 3), (7, 4), (9, 3), (14, 4)])
def test_tile_height_takes_the_fewest_products(rows: int, m: int) -> None:
    assert tile_height(rows) == m
    assert product_rows(rows, m) == min(product_rows(rows, other) for other in (2, 3, 4)) < 3 * rows
