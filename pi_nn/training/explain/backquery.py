"""Ask a network backwards: what picture would make it say this digit?"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from pi_nn.errors import NetworkError
from pi_nn.nn import Linear, Sequential, Sigmoid, SoftmaxCrossEntropy

Array = NDArray[Any]
LOW, HIGH = 0.01, 0.99
STEPS, RATE = 200, 0.1


def is_book_network(network: Sequential) -> bool:
    """Whether it is Linear and Sigmoid by turns, as the books build theirs: then it runs backwards too."""
    kinds = [type(layer) for layer in network.layers]
    return len(kinds) >= 2 and kinds == [Linear, Sigmoid] * (len(kinds) // 2)


def logit(y: Array) -> Array:
    """The inverse of the sigmoid, log(y / (1 - y)), for 0 < y < 1."""
    inverse: Array = np.log(y / (1 - y))
    return inverse


def rescaled(x: Array) -> Array:
    """Moved and stretched to 0.01..0.99, where a logit exists; constant values become 0.5."""
    reach = x.max() - x.min()
    return np.full_like(x, 0.5) if reach == 0 else LOW + (HIGH - LOW) * (x - x.min()) / reach


def back_query(network: Sequential, label: int) -> Array:
    """The image (784,), 0.01..0.99, that the network's own weights paint for ``label``.

    The wanted outputs (0.99, the others 0.01) go through logit and the transposed weights, layer by layer,
    and are rescaled to 0.01..0.99 on the way (Rashid 2016, "Inside the Mind of a Neural Network"). Biases
    are taken off before the weights. Raises :class:`NetworkError` unless all layers are Linear and Sigmoid.
    """
    if not is_book_network(network):
        raise NetworkError("only a network of Linear and Sigmoid layers runs backwards; climb() suits any")
    signal = np.full(network.output_shape, LOW)
    signal[_checked(network, label)] = HIGH
    for layer in reversed(network.layers[::2]):
        assert isinstance(layer, Linear)
        sums = logit(signal)
        if layer.bias is not None:
            sums = sums - layer.bias.value
        signal = rescaled(layer.weight.value.T.astype(np.float64) @ sums)
    return signal


def climb(network: Sequential, label: int, *, steps: int = STEPS, rng: np.random.Generator) -> Array:
    """An image (784,), 0..1, for which any network's answer is ``label``, found by walking up its gradient.

    From faint noise, ``steps`` times against the gradient of the loss by the pixels (Simonyan et al. 2013),
    smoothed by its neighbours after each, so that strokes grow and not single pixels.
    """
    network, target = network.copy(), np.array([_checked(network, label)])
    sigmoid = isinstance(network.layers[-1], Sigmoid)
    x = rng.random((1, *network.input_shape)).astype(np.float32) * 0.1
    for _ in range(steps):
        outputs = network.forward(x, training=True)
        gradient = _towards(outputs, target, sigmoid)
        uphill = -network.backward(gradient)
        x += RATE * uphill / max(float(np.abs(uphill).max()), 1e-12)
        x = np.clip(_smoothed(x.reshape(28, 28)), 0, 1).reshape(x.shape)
    return x.reshape(-1) / max(float(x.max()), 1e-12)


def settle(network: Sequential, image: Array, label: int, *, steps: int = STEPS) -> tuple[Array, int]:
    """(image (784,), steps taken): pushed up the gradient until the network reads it as ``label``.

    Transposed weights are not the inverse, so that a back query is now and then read as another digit.
    """
    network, target = network.copy(), np.array([_checked(network, label)])
    x = image.astype(np.float32).reshape(1, *network.input_shape).copy()
    for step in range(steps):
        outputs = network.forward(x, training=True)
        if int(outputs.argmax()) == label:
            return x.reshape(-1), step
        wanted = np.full_like(outputs, LOW)
        wanted[0, target] = HIGH
        uphill = -network.backward(outputs - wanted)
        x = np.clip(x + 0.02 * uphill / max(float(np.abs(uphill).max()), 1e-12), 0, 1)
    return x.reshape(-1), steps


def _towards(outputs: Array, target: Array, sigmoid: bool) -> Array:
    """The loss's gradient by the outputs: logits get cross-entropy, sigmoid units a plain difference."""
    if sigmoid:
        wanted = np.zeros_like(outputs)
        wanted[0, target] = 1
        return outputs - wanted
    return SoftmaxCrossEntropy()(outputs, target)[1]


def _smoothed(image: Array) -> Array:
    """Each pixel three quarters itself, a quarter the mean of its four neighbours."""
    around = np.pad(image, 1)
    neighbours = around[:-2, 1:-1] + around[2:, 1:-1] + around[1:-1, :-2] + around[1:-1, 2:]
    smoothed: Array = (0.75 * image + 0.0625 * neighbours).astype(np.float32)
    return smoothed


def _checked(network: Sequential, label: int) -> int:
    if not 0 <= label < network.output_shape[0]:
        raise NetworkError(f"class {label} is asked for, expected 0 to {network.output_shape[0] - 1}")
    return label


def paint(network: Sequential, label: int, rng: np.random.Generator) -> tuple[Array, int]:
    """(28, 28), and by how many steps it was settled: ``back_query`` where it can be, else ``climb``."""
    if not is_book_network(network):
        return climb(network, label, rng=rng).reshape(28, 28), 0
    image, steps = settle(network, back_query(network, label), label)
    return image.reshape(28, 28), steps
