"""A network's weights as the matrices that its programs multiply by."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from pi_nn.nn.conv import Conv2d
from pi_nn.nn.linear import Linear
from pi_nn.nn.products import REFERENCE_BLAS
from pi_nn.nn.winograd import transforms
from pi_nn.nn.workspace import Array, aligned

# With the weights of an output side by side the reference BLAS adds up dot products in a register, a sixth
# fewer instructions. OpenBLAS is up to a third slower that way, except for few outputs.
_FEW = 16


class Matrices:
    """Made on first use and then shared by every program of a network; safe to use from several threads."""

    def __init__(self) -> None:
        self._made: dict[tuple[int, int], Array] = {}

    def plain(self, layer: Linear | Conv2d) -> Array:
        """The weights as (inputs, outputs)."""
        if isinstance(layer, Linear):
            return self._kept(layer, 0, lambda: layer.weight.value)
        return self._kept(layer, 0, lambda: layer.matrix(layer.weight.value))

    def tiled(self, layer: Conv2d, m: int) -> Array:
        """Those of a 3x3 kernel for tiles of ``m`` outputs: (m + 2, 3*channels, filters)."""

        def spread() -> Array:
            wide: Array = np.einsum("jh,fchw->jfwc", transforms(m)[1], layer.weight.value)
            return wide.reshape(m + 2, layer.filters, -1)

        return self._kept(layer, m, spread)

    def _kept(self, layer: Linear | Conv2d, m: int, make: Callable[[], Array]) -> Array:
        key = (id(layer), m)
        if key not in self._made:
            self._made[key] = arranged(make())
        return self._made[key]


def arranged(weights: Array) -> Array:
    """Weights (…, outputs, inputs) as (…, inputs, outputs), in memory as this machine likes it."""
    if REFERENCE_BLAS or weights.shape[-2] <= _FEW:
        return aligned(weights).swapaxes(-1, -2)
    return aligned(weights.swapaxes(-1, -2))
