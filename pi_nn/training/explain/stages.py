"""The worked example of Taylor 2017 in its five stages, with every number."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pi_nn.nn import SGD, Sequential, SquaredError
from pi_nn.training.experiments.worked_example import CLASSES, NAMES, RATE, T, X, example

Array = NDArray[Any]
EPSILON = 1e-4


@dataclass(frozen=True)
class Stage:
    """``numbers`` by name, in the order in which they are computed; ``said`` explains them."""

    title: str
    said: str
    numbers: Mapping[str, float]


def five_stages() -> list[Stage]:
    """Forward, error, backward, gradient check, update: of the first update of the worked example."""
    network = example()
    forward, outputs = _forward(network)
    error, gradient = SquaredError("se")(outputs, T)
    backward = _backward(network, outputs, gradient)
    gradients = named(network, "grad")
    checked = _check(gradients)
    SGD(network.parameters(), RATE).step()
    difference = (T - outputs)[0]
    squares = {f"(t-z)^2 {name}": float(d * d) for name, d in zip(CLASSES, difference, strict=True)}
    after = SquaredError("se")(network.forward(X), T)[0]
    return [
        Stage("1. Forward", "net = weights times inputs plus bias; out = 1 / (1 + exp(-net)).", forward),
        Stage(
            "2. Error",
            "E = half the sum of (t - z)^2.",
            {**squares, "sum": sum(squares.values()), "E": error},
        ),
        Stage(
            "3. Backward",
            "delta = dE/dnet; a weight's gradient is delta times its input.",
            backward | gradients,
        ),
        Stage("4. Gradient check", "(E(w + 0.0001) - E(w - 0.0001)) / 0.0002 must be the same.", checked),
        Stage("5. Update", f"new w = w - {RATE} * gradient.", named(network, "value") | {"E after": after}),
    ]


def named(network: Sequential, what: str) -> dict[str, float]:
    """``value`` or ``grad`` of every weight under the book's name, w1 to w8 and bw1 to bw4."""
    found: dict[str, float] = {}
    for key, parameter in network.named_parameters().items():
        array = getattr(parameter, what)
        names = np.array(NAMES[key])
        # The book counts from the input side, our matrices are (out, in).
        found |= dict(zip(names.ravel().tolist(), array.T.ravel().tolist(), strict=True))
    return dict(sorted(found.items(), key=lambda item: (len(item[0]), item[0])))


def _forward(network: Sequential) -> tuple[dict[str, float], Array]:
    numbers: dict[str, float] = {}
    y = X
    for layer, name in zip(network.layers, ("net_b", "out_b", "net_c", "z"), strict=True):
        y = layer.forward(y, training=True).copy()
        numbers |= _pair(name, y)
    return numbers, y


def _backward(network: Sequential, outputs: Array, gradient: Array) -> dict[str, float]:
    numbers: dict[str, float] = {}
    names = ("delta_z", "back_sum", "delta_b", "dE/dx")
    for layer, name in zip(reversed(network.layers), names, strict=True):
        gradient = layer.backward(gradient).copy()
        numbers |= _pair(name, gradient)
    return numbers


def _pair(name: str, array: Array) -> dict[str, float]:
    return {f"{name}1": float(array[0, 0]), f"{name}2": float(array[0, 1])}


def _check(gradients: Mapping[str, float]) -> dict[str, float]:
    """For each weight the slope by a small step to either side, and the relative error of the gradient."""
    checked: dict[str, float] = {}
    for key, parameter in example().named_parameters().items():
        for place in np.ndindex(parameter.value.shape):
            slope = (_error_with(key, place, EPSILON) - _error_with(key, place, -EPSILON)) / (2 * EPSILON)
            name = str(np.array(NAMES[key]).T[place])
            off = abs(slope - gradients[name]) / max(abs(slope), abs(gradients[name]))
            checked |= {f"slope {name}": slope, f"relative error {name}": off}
    return checked


def _error_with(key: str, place: tuple[int, ...], change: float) -> float:
    network = example()
    network.named_parameters()[key].value[place] += change
    return SquaredError("se")(network.forward(X), T)[0]
