"""Dropout (Srivastava et al. 2014)."""

from __future__ import annotations

from typing import Any

import numpy as np

from pi_nn.errors import NetworkError
from pi_nn.nn.layer import Layer
from pi_nn.nn.workspace import Array


class Dropout(Layer):
    """In training each value is 0 with probability ``rate``, else divided by 1 - rate; otherwise x itself."""

    def __init__(self, rate: float) -> None:
        super().__init__()
        if isinstance(rate, bool) or not isinstance(rate, (int, float)) or not 0 <= rate < 1:
            raise NetworkError(f"Dropout rate is {rate!r}, expected 0 <= rate < 1")
        self.rate = float(rate)

    def config(self) -> dict[str, Any]:
        return {"rate": self.rate}

    def forward(self, x: Array, *, training: bool = False, rng: np.random.Generator | None = None) -> Array:
        if not training:
            return x
        if rng is None:
            raise NetworkError(
                "Dropout needs a random generator to train: forward(x, training=True, rng=rng)"
            )
        mask = self.workspace.like("mask", x)
        mask[...] = rng.random(x.shape, np.float32) >= self.rate
        mask /= 1 - self.rate
        self.workspace.keep("last", mask)
        return np.multiply(x, mask, out=self.workspace.like("y", x))

    def backward(self, gradient: Array, *, to_input: bool = True) -> Array:
        return np.multiply(gradient, self.workspace["last"], out=self.workspace.like("gx", gradient))
