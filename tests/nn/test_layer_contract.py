"""One contract for every registered layer: its gradient, its way through a file, its manners.

A new layer needs one line in CASES.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from pi_nn.errors import NetworkError
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
    Softmax,
    Step,
    Tanh,
    load_network,
    save_network,
)
from pi_nn.nn.gradcheck import check_layer, wrong

RNG = np.random.default_rng(7)
IMAGE, VECTOR = (6, 6, 3), (5,)
CASES = {
    "AvgPool2d": (AvgPool2d(2), IMAGE),
    "AvgPool2d overlapping": (AvgPool2d(3, stride=2), IMAGE),
    "BatchNorm1d": (BatchNorm1d(5), VECTOR),
    "BatchNorm2d": (BatchNorm2d(3), IMAGE),
    "Conv2d": (Conv2d(3, 4, 3, rng=RNG), IMAGE),
    "Conv2d stride 2 padding 1": (Conv2d(3, 4, 3, stride=2, padding=1, rng=RNG), IMAGE),
    "Conv2d 5 stride 3 no bias": (Conv2d(3, 2, 5, stride=3, padding=2, bias=False, rng=RNG), IMAGE),
    "Conv2d 3 stride 2 all padding": (Conv2d(3, 2, 3, stride=2, padding=2, rng=RNG), (5, 6, 3)),
    "Conv2d 2 stride 3": (Conv2d(3, 2, 2, stride=3, padding=1, rng=RNG), IMAGE),
    "Conv2d 4 stride 2": (Conv2d(3, 2, 4, stride=2, padding=3, rng=RNG), (7, 5, 3)),
    "Conv2d rest left out": (Conv2d(3, 2, 3, stride=4, rng=RNG), IMAGE),
    "Conv2d one channel": (Conv2d(1, 2, 3, stride=2, padding=1, rng=RNG), (5, 6, 1)),
    "Conv2d padding 1": (Conv2d(3, 2, 3, padding=1, rng=RNG), (5, 6, 3)),
    "Conv2d 4 padding 2": (Conv2d(3, 2, 4, padding=2, bias=False, rng=RNG), (7, 5, 3)),
    "Conv2d over the whole image": (Conv2d(3, 4, 6, rng=RNG), IMAGE),
    "Conv2d 1x1": (Conv2d(3, 4, 1, rng=RNG), IMAGE),
    "DepthwiseConv2d": (DepthwiseConv2d(3, 3, padding=1, rng=RNG), IMAGE),
    "DepthwiseConv2d stride 2": (DepthwiseConv2d(3, 3, stride=2, bias=False, rng=RNG), IMAGE),
    "Dropout": (Dropout(0.3), VECTOR),
    "Flatten": (Flatten(), IMAGE),
    "GlobalAvgPool2d": (GlobalAvgPool2d(), IMAGE),
    "Identity": (Identity(), VECTOR),
    "Linear": (Linear(5, 4, rng=RNG), VECTOR),
    "Linear no bias": (Linear(5, 4, bias=False, initial="xavier", rng=RNG), VECTOR),
    "MaxPool2d": (MaxPool2d(2), IMAGE),
    "MaxPool2d overlapping": (MaxPool2d(3, stride=2), IMAGE),
    "ReLU": (ReLU(), IMAGE),
    "Residual": (Residual([Conv2d(3, 3, 3, padding=1, rng=RNG), BatchNorm2d(3), ReLU()]), IMAGE),
    "Sigmoid": (Sigmoid(), VECTOR),
    "Softmax": (Softmax(), VECTOR),
    "Step": (Step(), VECTOR),
    "Tanh": (Tanh(), IMAGE),
}
every_layer = pytest.mark.parametrize("name", CASES)
trainable = pytest.mark.parametrize("name", [name for name in CASES if name != "Step"])


def around(layer: Layer, shape: tuple[int, ...]) -> Sequential:
    """A network for 28x28 pictures with ``layer`` in it."""
    rng = np.random.default_rng(1)
    before: list[Layer] = [Conv2d(1, shape[-1], 5, stride=4, rng=rng)]
    inner = layer.output_shape((6, 6, shape[-1]) if len(shape) == 3 else shape)
    if len(shape) == 1:
        before = [Flatten(), Linear(784, shape[0], rng=rng)]
    return Sequential([*before, layer, Flatten(), Linear(int(np.prod(inner)), 10, rng=rng)])


def some(shape: tuple[int, ...], n: int = 4, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).normal(size=(n, *shape)).astype(np.float32)


def test_every_registered_layer_has_a_case() -> None:
    assert set(Layer.registry) == {name.split()[0] for name in CASES}


@trainable
def test_gradient(name: str) -> None:
    bad = wrong(check_layer(*CASES[name]))
    assert not bad, "\n".join(map(str, bad))


@every_layer
def test_answers_the_same_after_a_file(name: str, tmp_path: Path) -> None:
    layer, shape = CASES[name]
    network = around(layer, shape)
    network.forward(np.abs(some((28, 28, 1))), training=True, rng=np.random.default_rng(0))
    for buffer in network.buffers().values():
        assert not np.isin(buffer, (0, 1)).all(), "BatchNorm has seen nothing, so folding proves nothing"
    x = np.abs(some((28, 28, 1), 5))
    expected = network.forward(x)
    save_network(tmp_path / "n.npz", network, name="n", classes=list("0123456789"))
    loaded = load_network(tmp_path / "n.npz")
    assert_allclose(loaded.sequential().forward(x), expected, rtol=1e-4, atol=1e-5)
    assert_allclose(loaded.logits(x[..., 0]), expected, rtol=1e-4, atol=1e-5)


@every_layer
def test_state_comes_back_in_a_network_made_from_its_config(name: str) -> None:
    layer, shape = CASES[name]
    network = Sequential([layer], shape)
    other = Sequential.from_config(network.config(), shape)
    other.load_state(network.state())
    assert other.config() == network.config()
    assert_array_equal(other.forward(some(shape)), network.forward(some(shape)))


@every_layer
def test_shape_is_as_announced_and_the_input_is_left_alone(name: str) -> None:
    layer, shape = CASES[name]
    x = some(shape)
    kept = x.copy()
    for training in (False, True):
        y = layer.forward(x, training=training, rng=np.random.default_rng(0))
        assert y.shape == (4, *layer.output_shape(shape))
        assert y.dtype == np.float32
        assert_array_equal(x, kept)


@trainable
def test_backward_leaves_the_gradient_alone_and_a_smaller_batch_is_no_trap(name: str) -> None:
    layer, shape = CASES[name]
    for n in (6, 4, 6):
        y = layer.forward(some(shape, n), training=True, rng=np.random.default_rng(0))
        gradient = some(y.shape[1:], n, seed=1)
        kept = gradient.copy()
        assert layer.backward(gradient).shape == (n, *shape)
        assert_array_equal(gradient, kept)


@every_layer
def test_predicting_disturbs_no_training_step(name: str) -> None:
    layer, shape = CASES[name]
    y = layer.forward(some(shape), training=True, rng=np.random.default_rng(0))
    kept = y.copy()
    layer.forward(some(shape, 3, seed=5))
    assert_array_equal(y, kept)


def test_step_says_why_it_cannot_be_trained() -> None:
    step = Step()
    step.forward(some(VECTOR), training=True)
    with pytest.raises(NetworkError, match="use Sigmoid"):
        step.backward(some(VECTOR))


def test_unknown_layers_and_arguments_are_named() -> None:
    with pytest.raises(NetworkError, match=r"unknown layer 'Transformer'; known: AvgPool2d"):
        Layer.from_config({"type": "Transformer"})
    with pytest.raises(NetworkError, match="Linear: wrong arguments"):
        Layer.from_config({"type": "Linear", "colour": "red"})
    with pytest.raises(NetworkError, match="Residual"):
        Layer.from_config({"type": "Residual", "body": 3})
    with pytest.raises(NetworkError, match="filters is -1, expected a whole number"):
        Conv2d(3, -1, 3)


def test_layers_that_do_not_fit_are_named_with_both_shapes() -> None:
    with pytest.raises(NetworkError, match=r"layer 1: Linear.* input of shape \(4,\), expected \(5,\)"):
        Sequential([Linear(3, 4, rng=RNG), Linear(5, 2, rng=RNG)], (3,))
    network = Sequential([Linear(3, 4, rng=RNG)], (3,))
    with pytest.raises(NetworkError, match=r"shape \(2, 5\), expected \(N, 3"):
        network.forward(some((5,), 2))


@pytest.mark.parametrize("layer", [Conv2d(3, 4, 7, rng=RNG), MaxPool2d(7), DepthwiseConv2d(3, 9, rng=RNG)])
def test_a_window_larger_than_the_image_is_refused(layer: Layer) -> None:
    with pytest.raises(NetworkError, match="smaller than its"):
        layer.output_shape(IMAGE)


def test_dropout_needs_a_generator_and_keeps_the_mean() -> None:
    with pytest.raises(NetworkError, match="random generator"):
        Dropout(0.5).forward(some(VECTOR), training=True)
    y = Dropout(0.25).forward(np.ones((1, 40_000), np.float32), training=True, rng=np.random.default_rng(0))
    assert abs(y.mean() - 1) < 0.02
    assert abs((y == 0).mean() - 0.25) < 0.02
