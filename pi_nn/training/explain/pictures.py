"""Pictures of what was found inside a network."""

from __future__ import annotations

from collections.abc import Sequence
from math import ceil
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from pi_nn.nn import Network
from pi_nn.training.datasets import Dataset
from pi_nn.training.explain.attention import PATCH, occlusion, saliency

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

Array = NDArray[Any]
MOST = 36
RECORDS = 20
# Orange and purple stay apart for the colour-blind; white is "nothing".
DIVERGING = "PuOr_r"


def draw_digits(figure: Figure, images: Array, titles: Sequence[str]) -> None:
    """Images (N, 28, 28) of 0..1, ink black, each under its title; five a row."""
    columns = min(5, len(images))
    rows = -(-len(images) // columns)
    grid = figure.subplots(rows, columns, squeeze=False).ravel()
    for axes in grid:
        axes.axis("off")
    for axes, image, title in zip(grid, images, titles, strict=False):
        axes.imshow(1 - image, cmap="gray", vmin=0, vmax=1)
        axes.set_title(title, fontsize=12)


def draw_records(figure: Figure, data: Dataset) -> None:
    """The first 20 images of ``data``, each under its number and its label."""
    labels = [data.classes[label] if label >= 0 else "no digit" for label in data.labels[:RECORDS]]
    titles = [f"record {number}: {label}" for number, label in enumerate(labels)]
    draw_digits(figure, data.images[:RECORDS] / 255, titles)


def draw_weights(figure: Figure, weights: Array, name: str) -> None:
    """Up to 36 units' weights (units, h, w), orange above 0, purple below, one scale for all."""
    shown = weights[:MOST]
    columns = ceil(len(shown) ** 0.5)
    grid = figure.subplots(-(-len(shown) // columns), columns, squeeze=False)
    largest = float(np.abs(shown).max()) or 1.0
    for axes in grid.ravel():
        axes.axis("off")
    for axes, unit in zip(grid.ravel(), shown, strict=False):
        image = axes.imshow(unit, cmap=DIVERGING, vmin=-largest, vmax=largest)
    figure.colorbar(image, ax=grid, shrink=0.6, label="weight (0: not looked at)")
    figure.suptitle(
        f"{name}: first layer, {len(shown)} of {len(weights)} units, the strongest first", fontsize=12
    )


def draw_why(figure: Figure, network: Network, tile: Array, label: int) -> None:
    """The tile, what covering parts of it does, and the gradient: why the network said ``label``."""
    probabilities, _ = network.scores(tile.astype(np.float32))
    said = network.classes[label]
    grid = figure.subplots(2, 2)
    for axes in grid.ravel()[:3]:
        axes.axis("off")
    grid[0, 0].imshow(1 - tile, cmap="gray", vmin=0, vmax=1)
    grid[0, 0].set_title("what the network saw", fontsize=12)
    _draw_map(
        figure,
        grid[0, 1],
        tile,
        occlusion(network, tile, label),
        f"covered ({PATCH}x{PATCH}): P({said}) falls by",
    )
    _draw_map(
        figure, grid[1, 0], tile, saliency(network, tile, label), f"more ink here: {said}'s logit rises by"
    )
    _draw_bars(grid[1, 1], probabilities[0], network.classes)
    figure.suptitle(f"{network.name}: why {said}? (P = {probabilities[0, label]:.3f})", fontsize=13)


def _draw_map(figure: Figure, axes: Axes, tile: Array, values: Array, title: str) -> None:
    largest = float(np.abs(values).max()) or 1.0
    image = axes.imshow(values, cmap=DIVERGING, vmin=-largest, vmax=largest)
    axes.contour(tile, levels=[0.5], colors="black", linewidths=1)
    axes.set_title(title, fontsize=12)
    figure.colorbar(image, ax=axes, shrink=0.8, format="%.2g")


def _draw_bars(axes: Axes, probabilities: Array, classes: Sequence[str]) -> None:
    places = np.arange(len(classes))
    axes.barh(places, 100 * probabilities, color="#0072B2")
    axes.set_yticks(places, classes)
    axes.invert_yaxis()
    axes.set(xlim=(0, 100), xlabel="probability (%)", ylabel="class")
    axes.spines[["top", "right"]].set_visible(False)
