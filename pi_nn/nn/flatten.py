"""From images to vectors."""

from __future__ import annotations

import numpy as np

from pi_nn.nn.layer import Layer
from pi_nn.nn.workspace import Array, Shape


class Flatten(Layer):
    """(N, H, W, C) to (N, H*W*C), the channels of a pixel side by side."""

    def __init__(self) -> None:
        super().__init__()
        self._shape: Shape = ()

    def output_shape(self, shape: Shape) -> Shape:
        return (int(np.prod(shape)),)

    def forward(self, x: Array, *, training: bool = False, rng: np.random.Generator | None = None) -> Array:
        if training:
            self._shape = x.shape
        return x.reshape(len(x), -1)

    def backward(self, gradient: Array, *, to_input: bool = True) -> Array:
        return gradient.reshape(self._shape)
