"""The compiled network for inference."""

from __future__ import annotations

from pi_nn.nn.sequential import Sequential
from pi_nn.nn.workspace import Array


class Plan:
    """Calls give the outputs (N, K) of ``network`` for inputs (N, 784)."""

    def __init__(self, network: Sequential) -> None:
        self._network = network

    def __call__(self, x: Array) -> Array:
        return self._network.forward(x.reshape(len(x), *self._network.input_shape))
