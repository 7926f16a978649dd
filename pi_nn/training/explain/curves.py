"""Activation functions with their slopes, and an error curve with its tangent (Taylor 2017)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from pi_nn.errors import NetworkError
from pi_nn.nn import Identity, Layer, ReLU, Sigmoid, SquaredError, Step, Tanh
from pi_nn.training.experiments.sheet import BLACK, BLUE, ORANGE, RED, dress
from pi_nn.training.experiments.worked_example import T, X, example

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

Array = NDArray[Any]
ACTIVATIONS: tuple[tuple[str, type[Layer]], ...] = (
    ("sigmoid (logistic)", Sigmoid),
    ("tanh", Tanh),
    ("ReLU", ReLU),
    ("step", Step),
    ("linear", Identity),
)


def activation(kind: type[Layer], x: Array) -> tuple[Array, Array | None]:
    """The function's values and its slopes at ``x`` (N,); no slopes where it cannot be trained."""
    layer = kind()
    y = layer.forward(x[:, None], training=True)[:, 0].copy()
    try:
        return y, layer.backward(np.ones((len(x), 1)))[:, 0].copy()
    except NetworkError:
        return y, None


def error_by_weight(name: str, weights: Array) -> Array:
    """The worked example's error for each value of one weight, such as ``2.weight[0, 0]`` (w5)."""
    network = example()
    parameter = network.named_parameters()[name]
    errors = []
    for weight in weights:
        parameter.value[0, 0] = weight
        errors.append(SquaredError("se")(network.forward(X), T)[0])
    return np.array(errors)


def tangent(name: str) -> tuple[float, float, float]:
    """(weight, error, slope dE/dw) where the worked example starts, by backward."""
    network = example()
    error, gradient = SquaredError("se")(network.forward(X, training=True), T)
    network.backward(gradient)
    parameter = network.named_parameters()[name]
    return float(parameter.value[0, 0]), error, float(parameter.grad[0, 0])


def draw_curves(figure: Figure) -> None:
    """Five activations with their slopes, and the error by w5 with its tangent."""
    panels = figure.subplots(3, 2).ravel()
    x = np.linspace(-4, 4, 401)
    for axes, (name, kind) in zip(panels, ACTIVATIONS, strict=False):
        y, slope = activation(kind, x)
        axes.plot(x, y, color=BLUE, linewidth=2.5, label="output")
        if slope is not None:
            axes.plot(x, slope, color=ORANGE, linewidth=2, linestyle="--", label="slope")
        title = name if slope is not None else f"{name}: slope 0, cannot be trained"
        dress(axes, "sum of the inputs", "output", title)
        axes.set_ylim(-1.2, 2.2)
        axes.legend(fontsize=10, loc="upper left")
    _draw_tangent(panels[5])


def _draw_tangent(axes: Axes) -> None:
    name = "2.weight"
    weight, error, slope = tangent(name)
    around = np.linspace(weight - 8, weight + 8, 161)
    axes.plot(around, error_by_weight(name, around), color=BLUE, linewidth=2.5, label="error E")
    near = np.array([weight - 2, weight + 2])
    axes.plot(near, error + slope * (near - weight), color=RED, linewidth=2, label=f"slope {slope:.4f}")
    axes.plot(weight, error, "o", color=BLACK, markersize=7)
    dress(axes, "weight w5", "error E", "error by one weight")
    axes.legend(fontsize=10, loc="lower right")
