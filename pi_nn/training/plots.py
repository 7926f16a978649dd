"""Pictures of training and evaluation. Figures are made without pyplot: no window, nothing global."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from pi_nn.errors import DataError
from pi_nn.training.datasets.dataset import SIDE

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from pi_nn.training.evaluation import Evaluation
    from pi_nn.training.fit import Epoch

ROWS, COLUMNS = 5, 6
# Pixels: a tile with its caption above and room beside it.
CAPTION = 12
TILE_HEIGHT, TILE_WIDTH = SIDE + CAPTION + 2, SIDE + 10
INK, WARM = "#1f4e79", "#c0504d"


def save_learning_curve(history: Sequence[Epoch], path: Path) -> None:
    """Losses above, accuracy on the validation images below, by epoch."""
    from matplotlib.figure import Figure
    from matplotlib.ticker import MaxNLocator

    figure = Figure(figsize=(7, 6), layout="constrained")
    above, below = figure.subplots(2, 1, sharex=True)
    numbers = [epoch.number for epoch in history]
    best = max(history, key=lambda epoch: epoch.rank())
    marker = "o" if len(history) < 30 else None
    above.plot(numbers, [e.loss for e in history], color=INK, marker=marker, ms=3, label="training")
    above.plot(
        numbers,
        [e.validation_loss for e in history],
        color=WARM,
        ls="--",
        marker=marker,
        ms=3,
        label="validation",
    )
    above.set(ylabel="loss (mean cross-entropy)", yscale="log")
    below.plot(numbers, [100 * e.validation_accuracy for e in history], color=WARM, marker=marker, ms=3)
    below.axvline(best.number, color="grey", lw=0.8, ls="--")
    below.set(xlabel="epoch", ylabel="validation accuracy (%)")
    below.set_title(f"best: {best.validation_accuracy:.2%} in epoch {best.number}", fontsize=10)
    below.xaxis.set_major_locator(MaxNLocator(integer=True))
    above.legend(frameon=False)
    for axes in (above, below):
        axes.grid(alpha=0.3)
    _save(figure, path)


def save_evaluation(evaluation: Evaluation, path: Path) -> None:
    """The confusion matrix on the left, the worst mistakes (the surest first) on the right."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(14, 7.2), layout="constrained")
    left, right = figure.subplots(1, 2, width_ratios=(1.15, 1))
    _draw_confusion(left, evaluation)
    _draw_mistakes(right, evaluation)
    _save(figure, path)


def _draw_confusion(axes: Axes, evaluation: Evaluation) -> None:
    """Counts in each cell; the shade shows mistakes only, the diagonal would hide them."""
    confusion, classes = evaluation.confusion, evaluation.network.classes
    mistakes = confusion * (1 - np.eye(len(confusion), dtype=int))
    axes.imshow(mistakes, cmap="Reds", vmin=0, vmax=max(1, mistakes.max()))
    for row, column in np.argwhere(confusion):
        count = int(confusion[row, column])
        dark = mistakes[row, column] > 0.6 * mistakes.max()
        color = INK if row == column else "white" if dark else "black"
        axes.text(column, row, str(count), ha="center", va="center", fontsize=9, color=color)
    recall = [
        label if r is None else f"{label}  ({r:.1%})"
        for label, r in zip(classes, evaluation.recall, strict=True)
    ]
    axes.set_xticks(range(len(classes)), classes)
    axes.set_yticks(range(len(classes)), recall)
    told = "no labels" if evaluation.accuracy is None else f"{evaluation.accuracy:.2%} of {evaluation.n:,}"
    axes.set(xlabel="read as", ylabel="true (recall)", title=f"{evaluation.network.name}: {told}")


def _draw_mistakes(axes: Axes, evaluation: Evaluation) -> None:
    """One sheet of tiles: an axes for each would take seconds to lay out."""
    classes, worst = evaluation.network.classes, evaluation.mistakes()[: ROWS * COLUMNS]
    sheet = np.full((ROWS * TILE_HEIGHT, COLUMNS * TILE_WIDTH), 255, np.uint8)
    for place, index in enumerate(worst):
        top, left = place // COLUMNS * TILE_HEIGHT + CAPTION, place % COLUMNS * TILE_WIDTH
        sheet[top : top + SIDE, left : left + SIDE] = 255 - evaluation.data.images[index]
        truth, read = classes[evaluation.labels[index]], classes[evaluation.predicted[index]]
        told = (
            f"{truth} → {read}  {evaluation.confidence[index]:.0%}\n{evaluation.data.name(int(index))[-18:]}"
        )
        axes.text(left + SIDE / 2, top - 1, told, ha="center", va="bottom", fontsize=8)
    axes.imshow(sheet, cmap="gray", vmin=0, vmax=255)
    axes.axis("off")
    shown, total = len(worst), int(evaluation.wrong.sum())
    axes.set_title(f"the {shown} surest of {total} mistakes: true → read as, confidence")


def _save(figure: Figure, path: Path) -> None:
    try:
        figure.savefig(path, dpi=110)
    except (OSError, ValueError) as error:
        raise DataError(
            f"{path}: the picture cannot be written: {error}; a name in .png is expected"
        ) from error
