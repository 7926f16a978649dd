"""A trained array and its gradient."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from pi_nn.nn.workspace import Array

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
            self._grad = np.zeros_like(self.value)
        return self._grad

    def adopt(self, array: Array, dtype: DTypeLike) -> None:
        """Make a copy of ``array`` the value."""
        copied = np.array(array, dtype=dtype, order="C")
        self.value = channels_last(copied) if copied.ndim == 4 else copied

    def __repr__(self) -> str:
        return f"Parameter({self.name}, {self.value.shape}, {self.value.dtype})"


def channels_last(kernel: Array) -> Array:
    """The same (out, in, kh, kw) array, laid out in memory as (out, kh, kw, in).

    The patches of an (N, H, W, C) image unfold in the order kh, kw, in; with this layout the kernel's
    matrix is a view of the parameter, while its shape stays that of the weights file.
    """
    return np.ascontiguousarray(kernel.transpose(0, 2, 3, 1)).transpose(0, 3, 1, 2)
