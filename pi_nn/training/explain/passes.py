"""One forward and one backward pass, with the shape of every array on the way."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pi_nn.nn import Loss, Sequential

Array = NDArray[Any]


@dataclass(frozen=True)
class Step:
    """One layer: what it is, the shapes it turns into each other, its parameters, and its output's values."""

    layer: str
    direction: str
    before: tuple[int, ...]
    after: tuple[int, ...]
    parameters: tuple[tuple[str, tuple[int, ...]], ...]
    values: Array

    def __str__(self) -> str:
        held = ", ".join(f"{name} {shape}" for name, shape in self.parameters)
        return f"{self.direction:8} {self.layer:52} {self.before} -> {self.after}" + (
            f"   {held}" if held else ""
        )


def trace(network: Sequential, loss: Loss, x: Array, targets: Array) -> tuple[list[Step], float]:
    """Every step of a forward and a backward pass of ``x`` (N, *input_shape), and the loss between them.

    In the steps backward ``before`` is the shape of dE/d(output), ``after`` that of dE/d(input), and
    ``parameters`` are the gradients, each as large as what it belongs to.
    """
    steps: list[Step] = []
    for layer in network.layers:
        y = layer.forward(x, training=True)
        held = tuple((p.name, p.value.shape) for p in layer.parameters())
        steps.append(Step(repr(layer), "forward", x.shape, y.shape, held, np.array(y)))
        x = y
    error, gradient = loss(x, targets)
    for layer in reversed(network.layers):
        back = layer.backward(gradient)
        held = tuple((f"d{p.name}", p.grad.shape) for p in layer.parameters())
        steps.append(Step(repr(layer), "backward", gradient.shape, back.shape, held, np.array(back)))
        gradient = back
    return steps, error


def as_text(steps: Sequence[Step], error: float, decimals: int = 4) -> list[str]:
    """A line a step; small arrays with their values."""
    lines: list[str] = []
    told = False
    for step in steps:
        if step.direction == "backward" and not told:
            lines.append(f"loss     {error:.{decimals + 2}f}")
            told = True
        lines.append(str(step))
        if step.values.size <= 40:
            shown = np.array2string(step.values, precision=decimals, suppress_small=True, max_line_width=100)
            lines += [f"           {line}" for line in shown.splitlines()]
    return lines
