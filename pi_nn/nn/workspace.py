"""Arrays that are made once and used again at every training step."""

from __future__ import annotations

from math import prod
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import DTypeLike, NDArray

Array: TypeAlias = "NDArray[Any]"
Shape = tuple[int, ...]


class Workspace:
    """A layer's own memory, by name.

    A training step writes into the same arrays as the step before: fresh memory for every batch costs
    more than the arithmetic (page faults). An array lives until the layer's next call.
    """

    def __init__(self) -> None:
        self._arrays: dict[str, Array] = {}

    def array(self, name: str, shape: Shape, dtype: DTypeLike, *, zeroed: bool = False) -> Array:
        """An array of ``shape``; a batch smaller than the largest so far gets its first rows.

        ``zeroed`` fills it with zeros when it is made, not when it is handed out again.
        """
        held = self._arrays.get(name)
        if held is None or held.dtype != dtype or held.shape[1:] != shape[1:] or len(held) < shape[0]:
            held = self._arrays[name] = aligned_empty(shape, dtype)
            if zeroed:
                held[...] = 0
        return held[: shape[0]]

    def like(self, name: str, array: Array) -> Array:
        """An array of the shape, type and order in memory that ``array`` has."""
        if array.flags.c_contiguous or array.ndim != 2:
            return self.array(name, array.shape, array.dtype)
        return self.array(name, array.shape[::-1], array.dtype).T

    def keep(self, name: str, array: Array) -> None:
        """Remember an array that someone else made, for ``backward``."""
        self._arrays[name] = array

    def __getitem__(self, name: str) -> Array:
        return self._arrays[name]

    def __contains__(self, name: str) -> bool:
        return name in self._arrays


def aligned_empty(shape: Shape, dtype: DTypeLike = np.float32) -> Array:
    """An array that begins at a multiple of 64 bytes, a cache line: products are a fifth faster."""
    size = np.dtype(dtype).itemsize
    count, line = prod(shape), 64 // size
    memory = np.empty(count + line, dtype)
    start = -memory.ctypes.data % 64 // size
    return memory[start : start + count].reshape(shape)


def aligned(array: Array) -> Array:
    """A copy in such memory."""
    copy = aligned_empty(array.shape, array.dtype)
    copy[...] = array
    return copy
