"""Is a ``backward`` the derivative of its ``forward``? Measured by central differences, in float64.

In float32 a correct gradient looks 0.6 % to 100 % wrong. Judged by the relative error as in Taylor 2017:
up to 1e-7 correct, above 1e-2 wrong, between them suspicious.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from pi_nn.errors import NetworkError
from pi_nn.nn.layer import Layer, walk
from pi_nn.nn.losses import Loss
from pi_nn.nn.sequential import Sequential
from pi_nn.nn.workspace import Array, Shape

EPSILONS = (1e-5, 1e-6)
TOLERANCE = 1e-5
# Below this size a gradient is compared absolutely: rounding alone leaves 1e-11 in a central difference.
_SMALL = 1e-5

Objective = Callable[[Array], tuple[float, Array]]


@dataclass(frozen=True)
class Check:
    """One element of one gradient, by both ways."""

    layer: str
    argument: str
    index: tuple[int, ...]
    analytic: float
    numeric: float

    @property
    def error(self) -> float:
        """``|analytic - numeric| / max(|analytic|, |numeric|)``; infinite when either is not finite."""
        error = abs(self.analytic - self.numeric) / max(abs(self.analytic), abs(self.numeric), _SMALL)
        return error if np.isfinite(error) else np.inf

    def __str__(self) -> str:
        place = "".join(f"[{', '.join(map(str, self.index))}]" if self.index else "")
        return (
            f"{self.layer} {self.argument}{place}: analytic {self.analytic:.9g}, "
            f"numeric {self.numeric:.9g}, relative error {self.error:.2g}"
        )


def wrong(checks: Iterable[Check], tolerance: float = TOLERANCE) -> list[Check]:
    """Those whose relative error is above ``tolerance``."""
    return [check for check in checks if not check.error <= tolerance]


def check_layer(
    layer: Layer, input_shape: Shape, *, batch: int = 3, samples: int = 40, seed: int = 0
) -> list[Check]:
    """Compare a layer's gradients, by its inputs and each parameter, under a random linear objective."""
    rng = np.random.default_rng(seed)
    network = Sequential([layer], input_shape)
    # Scaled to keep the objective near 1: the rounding of a large one would drown small gradients.
    weights = rng.normal(size=(batch, *network.output_shape))
    weights /= np.linalg.norm(weights)
    return check_network(
        network,
        rng.normal(size=(batch, *input_shape)),
        lambda y: (float(np.vdot(y, weights)), weights),
        samples=samples,
        seed=seed,
    )


def check_network(
    network: Sequential, x: Array, objective: Objective, *, samples: int = 20, seed: int = 0
) -> list[Check]:
    """Compare ``network``'s gradients by ``x`` and by each parameter, at most ``samples`` elements of each.

    ``objective(outputs)`` gives a number and its gradient by the outputs. Works on a float64 copy.
    """
    twin, x = network.astype(np.float64), np.array(x, dtype=np.float64)

    def value() -> float:
        # The same seed for each pass: dropout must drop the same units while one weight moves.
        return objective(twin.forward(x, training=True, rng=np.random.default_rng(seed)))[0]

    outputs = twin.forward(x, training=True, rng=np.random.default_rng(seed))
    by_input = twin.backward(objective(outputs)[1]).copy()
    layers = list(walk(twin.layers))
    arguments: list[tuple[str, str, Array, Array]] = [(type(layers[0]).__name__, "input", x, by_input)]
    for name, parameter in twin.named_parameters().items():
        number, argument = name.split(".")
        layer = f"{type(layers[int(number)]).__name__} (layer {number})"
        arguments.append((layer, argument, parameter.value, parameter.grad.copy()))
    rng = np.random.default_rng(seed)
    return [
        check
        for layer, argument, array, analytic in arguments
        for check in _compare(layer, argument, value, array, analytic, samples, rng)
    ]


def check_loss(
    loss: Loss, outputs: Array, targets: Array, *, samples: int = 40, seed: int = 0
) -> list[Check]:
    """Compare a loss's gradient by ``outputs`` (N, K)."""
    outputs = np.array(outputs, dtype=np.float64)
    analytic = loss(outputs, targets)[1]
    rng = np.random.default_rng(seed)
    name = type(loss).__name__
    return list(_compare(name, "outputs", lambda: loss(outputs, targets)[0], outputs, analytic, samples, rng))


def _compare(
    layer: str,
    argument: str,
    value: Callable[[], float],
    array: Array,
    analytic: Array,
    samples: int,
    rng: np.random.Generator,
) -> Iterator[Check]:
    if analytic.shape != array.shape:
        raise NetworkError(f"{layer} {argument}: gradient of shape {analytic.shape}, expected {array.shape}")
    count = min(samples, array.size)
    for flat in sorted(rng.choice(array.size, count, replace=False)):
        index = tuple(int(i) for i in np.unravel_index(flat, array.shape))
        near = float(analytic[index])
        checks = (Check(layer, argument, index, near, _slope(value, array, index, e)) for e in EPSILONS)
        yield _first_good(checks)


def _first_good(checks: Iterator[Check]) -> Check:
    """A kink of ReLU within epsilon spoils the difference; nearer to the point it is out of the way."""
    tried: list[Check] = []
    for check in checks:
        tried.append(check)
        if check.error <= TOLERANCE:
            break
    return min(tried, key=lambda check: check.error)


def _slope(value: Callable[[], float], array: Array, index: Any, epsilon: float) -> float:
    """(E(v + epsilon) - E(v - epsilon)) / (2 epsilon), the element put back afterwards."""
    kept = array[index]
    array[index] = kept + epsilon
    above = value()
    array[index] = kept - epsilon
    below = value()
    array[index] = kept
    return (above - below) / (2 * epsilon)
