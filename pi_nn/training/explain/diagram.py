"""The network as circles and lines, or, where it is too large for that, as boxes."""

from __future__ import annotations

from collections.abc import Sequence
from math import prod
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from pi_nn.nn import Linear, Sequential
from pi_nn.training.experiments.sheet import BLACK, BLUE, ORANGE, SKY

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_MOST = 10


def sizes(network: Sequential) -> list[int]:
    """The number of units in each column: the inputs, then each Linear layer's."""
    linear = [layer for layer in network.layers if isinstance(layer, Linear)]
    return [linear[0].inputs, *(layer.outputs for layer in linear)] if linear else []


def draw_diagram(figure: Figure, network: Sequential, name: str) -> None:
    """Units and weights of a fully connected network; the layers of any other, from top to bottom."""
    axes = figure.subplots()
    axes.axis("off")
    if all(isinstance(layer, Linear) or not layer.parameters() for layer in network.layers):
        _draw_units(axes, network)
    else:
        _draw_boxes(axes, network)
    axes.set_title(f"{name}: {network.parameter_count:,} weights and biases", fontsize=13)


def _draw_units(axes: Axes, network: Sequential) -> None:
    columns = sizes(network)
    weights = [layer.weight.value for layer in network.layers if isinstance(layer, Linear)]
    for number, matrix in enumerate(weights):
        _draw_weights(axes, number, matrix, columns)
    for number, size in enumerate(columns):
        heights = _heights(size)
        axes.scatter([number] * len(heights), heights, s=260, color=SKY, edgecolor=BLACK, zorder=3)
        if size > _MOST:
            axes.text(number, 0, "⋮", ha="center", va="center", fontsize=22, zorder=4)
        what = "inputs" if number == 0 else "outputs" if number == len(columns) - 1 else "hidden"
        axes.text(number, -1.25, f"{size:,}\n{what}", ha="center", va="top", fontsize=13)
    axes.plot([], [], color=BLUE, linewidth=2, label="weight above 0")
    axes.plot([], [], color=ORANGE, linewidth=2, label="weight below 0")
    axes.legend(fontsize=11, loc="upper center", ncols=2, bbox_to_anchor=(0.5, 1.0))
    axes.set(xlim=(-0.4, len(columns) - 0.6), ylim=(-1.7, 1.4))


def _draw_weights(axes: Axes, number: int, matrix: NDArray[Any], columns: Sequence[int]) -> None:
    """A line a weight between the units that are drawn, thick where it is large."""
    left, right = _shown(columns[number]), _shown(columns[number + 1])
    largest = float(np.abs(matrix).max()) or 1.0
    for j, from_height in zip(left, _heights(columns[number]), strict=True):
        for i, to_height in zip(right, _heights(columns[number + 1]), strict=True):
            weight = float(matrix[i, j])
            width = 0.3 + 2.2 * abs(weight) / largest
            colour = BLUE if weight > 0 else ORANGE
            axes.plot(
                [number, number + 1], [from_height, to_height], color=colour, linewidth=width, alpha=0.7
            )


def _shown(size: int) -> list[int]:
    """The units that are drawn: all, or the first and the last few."""
    half = _MOST // 2
    return list(range(size)) if size <= _MOST else [*range(half), *range(size - half, size)]


def _heights(size: int) -> NDArray[np.float64]:
    count = len(_shown(size))
    heights = np.linspace(1, -1, count) if count > 1 else np.zeros(1)
    if size > _MOST:
        # Room for the dots that stand for those left out.
        heights = np.sign(heights) * (0.2 + 0.8 * np.abs(heights))
    return heights


def _draw_boxes(axes: Axes, network: Sequential) -> None:
    shape = network.input_shape
    lines = [f"input   {' x '.join(map(str, shape))}"]
    for layer in network.layers:
        shape = layer.output_shape(shape)
        held = sum(p.value.size for p in layer.parameters())
        told = f"   {held:,} parameters" if held else ""
        lines.append(f"{type(layer).__name__}   {' x '.join(map(str, shape))} = {prod(shape):,}{told}")
    for number, line in enumerate(lines):
        y = 1 - (number + 0.5) / len(lines)
        colour = "#dceefb" if "parameters" in line or number == 0 else "#f4f4f4"
        axes.text(
            0.5,
            y,
            line,
            ha="center",
            va="center",
            fontsize=11,
            transform=axes.transAxes,
            bbox={"boxstyle": "round,pad=0.35", "facecolor": colour, "edgecolor": "#888888"},
        )
