"""Parameters as a few long runs of numbers, each worked on by one call instead of one a parameter.

An optimiser goes over its weights ten times. Those of a large matrix would be fetched from memory each time,
if they were not taken in runs that stay in the processor's cache; and a bias alone costs as many calls.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from pi_nn.nn.parameter import Parameter
from pi_nn.nn.workspace import Array

LENGTH = 1 << 15


@dataclass(frozen=True, slots=True)
class Part:
    """What a run has of one parameter: views (n,) of its value and gradient, and their place in the run."""

    place: slice
    value: Array
    gradient: Array
    decay: bool


@dataclass(frozen=True, slots=True)
class Run:
    """Neighbours when all parameters stand in a row; ``place`` is there."""

    place: slice
    parts: list[Part]

    def gradient(self, free: Array) -> Array:
        """Of all parts in a row (n,): in ``free``, unless there is one part only."""
        if len(self.parts) == 1:
            return self.parts[0].gradient
        for part in self.parts:
            free[part.place] = part.gradient
        return free

    def subtract(self, change: Array) -> None:
        """Take ``change`` (n,) from the values."""
        for part in self.parts:
            np.subtract(part.value, change[part.place], out=part.value)


def runs(parameters: Sequence[Parameter], length: int = LENGTH) -> list[Run]:
    """All of them, in runs of ``length`` numbers; a parameter may be cut."""
    total = sum(p.value.size for p in parameters)
    ends = [(start, min(start + length, total)) for start in range(0, total, length)]
    return [Run(slice(*run), list(_parts(parameters, *run))) for run in ends]


def _parts(parameters: Sequence[Parameter], start: int, end: int) -> Iterator[Part]:
    for p, place in zip(parameters, places(parameters), strict=True):
        low, high = max(start, place.start), min(end, place.stop)
        if low < high:
            own = slice(low - place.start, high - place.start)
            value, gradient = p.value.ravel(order="K")[own], p.grad.ravel(order="K")[own]
            yield Part(slice(low - start, high - start), value, gradient, p.decay)


def places(parameters: Sequence[Parameter]) -> list[slice]:
    """Where each begins and ends in the row."""
    ends = np.cumsum([0, *(p.value.size for p in parameters)]).tolist()
    return [slice(*pair) for pair in pairwise(ends)]


def shaped(row: Array, parameter: Parameter) -> Array:
    """Contiguous numbers of the row as a view of the parameter's shape."""
    value = parameter.value
    return np.ndarray(value.shape, row.dtype, row.data, strides=value.strides)
