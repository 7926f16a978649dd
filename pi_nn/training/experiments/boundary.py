"""What a network with two inputs answers everywhere in the plane."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from pi_nn.nn import Sequential
from pi_nn.training.experiments.sheet import BLUE, ORANGE

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_SIDE = 121


def draw_boundary(
    axes: Axes, network: Sequential, points: NDArray[Any], labels: NDArray[Any], limits: tuple[float, float]
) -> None:
    """Shade by the output (0 orange, 1 blue), with a line where it is 0.5; the ``points`` (N, 2) on top."""
    from matplotlib.colors import LinearSegmentedColormap

    ticks = np.linspace(*limits, _SIDE)
    across, up = np.meshgrid(ticks, ticks)
    plane = np.stack([across.ravel(), up.ravel()], axis=1).astype(points.dtype)
    answer = network.forward(plane)[:, 0].reshape(_SIDE, _SIDE)
    colours = LinearSegmentedColormap.from_list("answer", [ORANGE, "#ffffff", BLUE])
    axes.imshow(
        answer,
        origin="lower",
        extent=(*limits, *limits),
        cmap=colours,
        vmin=0,
        vmax=1,
        alpha=0.45,
        aspect="equal",
    )
    if answer.min() < 0.5 < answer.max():
        axes.contour(across, up, answer, levels=[0.5], colors="black", linewidths=1.5)
    for label, colour, marker in ((0, ORANGE, "o"), (1, BLUE, "s")):
        chosen = points[labels == label]
        axes.scatter(
            chosen[:, 0],
            chosen[:, 1],
            color=colour,
            marker=marker,
            edgecolor="black",
            linewidth=0.6,
            s=36,
            label=label,
        )
    axes.set(xlim=limits, ylim=limits)
