"""The training loop in its five verbs: forward, loss, loss gradient, backward, step."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pi_nn.nn import Loss, Optimizer, Sequential

Array = NDArray[Any]
Fetch = Callable[[NDArray[np.intp]], tuple[Array, Array]]


def one_epoch(
    network: Sequential, loss: Loss, optimizer: Optimizer, fetch: Fetch, order: NDArray[np.intp], size: int
) -> int:
    """One update for each ``size`` records of ``order``, the last batch may be smaller; how many they were.

    ``fetch(indices)`` gives a batch's inputs (n, ...) and targets. ``size`` 1 is stochastic gradient
    descent, ``size`` N batch gradient descent.
    """
    starts = range(0, len(order), size)
    for start in starts:
        x, targets = fetch(order[start : start + size])
        outputs = network.forward(x, training=True)
        _, gradient = loss(outputs, targets)
        network.backward(gradient, to_input=False)
        optimizer.step()
    return len(starts)


def descend(
    network: Sequential, loss: Loss, optimizer: Optimizer, x: Array, targets: Array
) -> Iterator[float]:
    """Full-batch updates without end; yields the loss before each of them."""
    while True:
        error, gradient = loss(network.forward(x, training=True), targets)
        yield error
        network.backward(gradient, to_input=False)
        optimizer.step()
