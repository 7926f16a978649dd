"""A trained array and its gradient."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from pi_nn.nn.workspace import Array, aligned

if TYPE_CHECKING:
    from numpy.typing import DTypeLike


class Parameter:
    """``value`` is what training changes, ``grad`` the loss's derivative by it, of the same shape.

    ``backward`` overwrites ``grad`` (it does not add to it). ``decay`` is ``False`` for biases and norm
    scales, which weight decay leaves alone. ``grad`` is made on first use: a network that only predicts
    never holds one.
    """

    __slots__ = ("_grad", "decay", "name", "value")

    def __init__(self, name: str, value: Array, *, decay: bool = True) -> None:
        self.name = name
        self.value = value
        self.decay = decay
        self._grad: Array | None = None

    @property
    def grad(self) -> Array:
        if self._grad is None or self._grad.dtype != self.value.dtype:
            self._grad = laid_out(np.zeros(self.value.shape, self.value.dtype))
        return self._grad

    def adopt(self, array: Array, dtype: DTypeLike) -> None:
        """Make a copy of ``array`` the value."""
        copied = np.array(array, dtype=dtype, order="C")
        self.value = laid_out(copied)

    def __repr__(self) -> str:
        return f"Parameter({self.name}, {self.value.shape}, {self.value.dtype})"


def laid_out(weights: Array) -> Array:
    """The same weights, in memory as the layer's product reads them; their shape stays that of the file.

    A kernel (out, in, kh, kw) lies as (out, kh, kw, in): the patches of an (N, H, W, C) image unfold in the
    order kh, kw, in, and the kernel's matrix is then a view of it. Weights that a file will bring have no
    memory yet.
    """
    if not weights.flags.writeable:
        return weights
    if weights.ndim == 4:
        return aligned(weights.transpose(0, 2, 3, 1)).transpose(0, 3, 1, 2)
    return aligned(weights)
