"""What every picture of an experiment has in common: colours that all eyes can tell apart, units, a grid."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from pi_nn.errors import DataError
from pi_nn.training.experiments.experiment import Printed
from pi_nn.training.experiments.job import Record, Row, Scalar

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

# Okabe and Ito 2008, "Color Universal Design"; a marker each, for those who print in grey.
BLUE, ORANGE, GREEN, PINK, SKY, RED, BLACK = (
    "#0072B2", "#E69F00", "#009E73", "#CC79A7", "#56B4E9", "#D55E00", "#000000",
)  # fmt: skip
COLOURS = (BLUE, ORANGE, GREEN, PINK, SKY, RED, BLACK)
MARKERS = "osD^vP*"


def new_figure(size: tuple[float, float]) -> Figure:
    """An empty figure of ``size`` inches, without a window or anything global."""
    from matplotlib.figure import Figure

    return Figure(figsize=size, layout="constrained")


def save_figure(figure: Figure, path: Path) -> None:
    """Write it as the ending of ``path`` says; :class:`DataError` when that cannot be."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        figure.savefig(path, dpi=120)
    except (OSError, ValueError) as error:
        raise DataError(
            f"{path}: the picture cannot be written: {error}; a name in .png is expected"
        ) from error


def dress(axes: Axes, x: str, y: str, title: str = "") -> None:
    """Labels with units, a light grid, sizes that can be read on a phone."""
    axes.set_xlabel(x, fontsize=12)
    axes.set_ylabel(y, fontsize=12)
    if title:
        axes.set_title(title, fontsize=12)
    axes.tick_params(labelsize=11)
    axes.grid(alpha=0.3)
    axes.spines[["top", "right"]].set_visible(False)


def logarithmic(axes: Axes, along: str, ticks: Sequence[float]) -> None:
    """A logarithmic scale along ``x`` or ``y``, with ``ticks`` written as plain numbers instead of powers."""
    axis = axes.xaxis if along == "x" else axes.yaxis
    (axes.set_xscale if along == "x" else axes.set_yscale)("log")
    axis.set_ticks(list(ticks), [f"{tick:,g}" for tick in ticks])
    axis.set_ticks([], minor=True)


def draw_spread(
    axes: Axes, points: Sequence[tuple[float, float]], label: str, number: int, line: bool = True
) -> None:
    """The mean of all y at each x, with bars from the lowest to the highest; ``number`` picks the colour."""
    if not points:  # of an experiment that is still under way
        return
    xs, ys = (np.array(values) for values in zip(*points, strict=True))
    places = np.unique(xs)
    mean = np.array([ys[xs == x].mean() for x in places])
    low = np.array([ys[xs == x].min() for x in places])
    high = np.array([ys[xs == x].max() for x in places])
    axes.errorbar(
        places,
        mean,
        # Rounding may put the mean of equal numbers a hair outside of them.
        yerr=np.maximum(0, (mean - low, high - mean)),
        color=COLOURS[number],
        marker=MARKERS[number],
        markersize=6,
        capsize=4,
        linewidth=1.8,
        linestyle="-" if line else "none",
        label=label,
    )


def draw_printed(axes: Axes, printed: Sequence[Printed], label: str) -> None:
    """The points that the source prints, as black crosses."""
    axes.plot(
        [p.x for p in printed],
        [p.y for p in printed],
        linestyle="none",
        marker="x",
        markersize=10,
        markeredgewidth=2.5,
        color=BLACK,
        label=label,
        zorder=10,
    )


def rows_of(records: Sequence[Record], /, **wanted: Scalar) -> list[Row]:
    """The lines of the table that hold the ``wanted`` values: ``rows_of(records, network="book")``."""
    return [row for record in records for row in record.table() if wanted.items() <= row.items()]


def mean_and_spread(values: Sequence[float]) -> str:
    """For example ``0.9523 (0.9510 to 0.9531, 3 seeds)``."""
    low, high = min(values), max(values)
    return f"{np.mean(values):.4f} ({low:.4f} to {high:.4f}, {len(values)} seeds)"
