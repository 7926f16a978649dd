"""A shortcut around some layers (He et al. 2016)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from pi_nn.errors import NetworkError
from pi_nn.nn.layer import Layer, describe
from pi_nn.nn.workspace import Array, Shape


class Residual(Layer):
    """``y = x + body(x)``; dE/dx is the gradient itself plus that through the body."""

    def __init__(self, body: Sequence[Layer]) -> None:
        super().__init__()
        if not body:
            raise NetworkError("Residual has no layers, expected at least one")
        self.body = tuple(body)

    def children(self) -> Sequence[Layer]:
        return self.body

    def config(self) -> dict[str, Any]:
        return {"body": [describe(layer) for layer in self.body]}

    @classmethod
    def build(cls, arguments: dict[str, Any]) -> Layer:
        body = arguments.get("body")
        if (
            set(arguments) != {"body"}
            or not isinstance(body, list)
            or not all(isinstance(b, dict) for b in body)
        ):
            raise NetworkError(f"Residual: arguments {sorted(arguments)}, expected body, a list of layers")
        return cls([Layer.from_config(b) for b in body])

    def output_shape(self, shape: Shape) -> Shape:
        inner = shape
        for layer in self.body:
            inner = layer.output_shape(inner)
        if inner != shape:
            raise NetworkError(f"Residual: the body makes {inner} of {shape}, expected the same shape")
        return shape

    def multiply_adds(self, shape: Shape) -> int:
        total = 0
        for layer in self.body:
            total += layer.multiply_adds(shape)
            shape = layer.output_shape(shape)
        return total

    def forward(self, x: Array, *, training: bool = False, rng: np.random.Generator | None = None) -> Array:
        y = x
        for layer in self.body:
            y = layer.forward(y, training=training, rng=rng)
        out = self.workspace.array("y", x.shape, x.dtype) if training else None
        return np.add(x, y, out=out)

    def backward(self, gradient: Array, *, to_input: bool = True) -> Array:
        inner = gradient
        for layer in reversed(self.body):
            inner = layer.backward(inner)
        return np.add(gradient, inner, out=inner)
