"""The table of all degradations, as text for a README and as a picture."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pi_nn.cameras.scenes import DEGRADATIONS
from pi_nn.training.robustness.blank import Blank
from pi_nn.training.robustness.measure import LEVELS, MIDDLE, Cell
from pi_nn.training.robustness.score import Score

if TYPE_CHECKING:
    from matplotlib.axes import Axes

Results = Mapping[Cell, Score]
# Okabe and Ito (2008): blue, green, vermilion can be told apart by everybody.
READ, ACCEPTED, WRONG = "#0072B2", "#009E73", "#D55E00"
COLUMNS = 4


@dataclass(frozen=True, slots=True)
class Report:
    """All that was measured; ``blanks`` holds frames without a digit, by their kind."""

    model: str
    data: str
    seed: int
    results: Results
    blanks: Mapping[str, Blank]

    @property
    def middle(self) -> Score:
        """All degradations together at the strength that a careless maker gets."""
        return sum((score for cell, score in self.results.items() if cell.level == MIDDLE), Score())

    def to_json(self) -> dict[str, Any]:
        return {
            "model": self.model,
            "data": self.data,
            "seed": self.seed,
            "middle": asdict(self.middle),
            "blank": {kind: asdict(blank) for kind, blank in self.blanks.items()},
            "cells": [cell.to_json(score) for cell, score in self.results.items()],
        }

    def markdown(self) -> str:
        """A row a degradation; in a cell the strength: read right / accepted / wrong of these, in percent."""
        rows = ["| what goes wrong | unit | 1 | 2 | **3** | 4 | 5 |", "|---|---|---|---|---|---|---|"]
        clean = self.results.get(Cell("none", 0))
        if clean is not None:
            rows.append(f"| nothing | | {_figures(clean)} | | | | |")
        for name, degradation in DEGRADATIONS.items():
            shown = [_cell(self.results, Cell(name, level)) for level in LEVELS]
            rows.append(f"| {degradation.says} | {degradation.unit} | {' | '.join(shown)} |")
        return "\n".join([*rows, "", self._summary(), "", *self._without()])

    def _summary(self) -> str:
        middle = self.middle
        return (
            f"All at strength 3: {_figures(middle)} of {middle.digits} digits, {middle.wrong} wrong; "
            f"{middle.published} of {middle.numbers} numbers published, {middle.false} of them wrong."
        )

    def _without(self) -> list[str]:
        rows = ["| no digit in view | frames | digits accepted | texts published |", "|---|---|---|---|"]
        return rows + [
            f"| {kind} | {blank.frames} | {blank.accepted} | {blank.published} |"
            for kind, blank in self.blanks.items()
        ]


def _cell(results: Results, cell: Cell) -> str:
    score = results.get(cell)
    return "" if score is None else f"{cell.strength:g}: {_figures(score)}"


def _figures(score: Score) -> str:
    return f"{100 * score.accuracy:.1f} / {100 * score.coverage:.1f} / {100 * score.wrong_accepted:.1f}"


def save_picture(results: Results, path: Path) -> None:
    """One small plot a degradation: read right, accepted, and wrong among the accepted, by strength."""
    from matplotlib.figure import Figure

    names = [name for name in DEGRADATIONS if Cell(name, 1) in results]
    rows = -(-len(names) // COLUMNS)
    figure = Figure(figsize=(3.2 * COLUMNS, 2.5 * rows + 0.6), layout="constrained")
    every = figure.subplots(rows, COLUMNS, squeeze=False, sharey=True).ravel()
    for axes, name in zip(every, names, strict=False):
        _draw(axes, name, results)
    for axes in every[len(names) :]:
        axes.set_visible(False)
    for row in range(rows):
        every[row * COLUMNS].set_ylabel("digits (%)")
    every[0].legend(loc="center", fontsize=9, frameon=False)  # a legend of the figure would cover titles
    figure.savefig(path, dpi=110)


def _draw(axes: Axes, name: str, results: Results) -> None:
    degradation = DEGRADATIONS[name]
    scores = [results[Cell(name, level)] for level in LEVELS]
    axes.plot(LEVELS, [100 * s.accuracy for s in scores], "o-", color=READ, ms=4, label="read right")
    axes.plot(
        LEVELS, [100 * s.coverage for s in scores], "s--", color=ACCEPTED, ms=4, label="accepted and right"
    )
    wrong = [100 * s.wrong_accepted for s in scores]
    axes.plot(LEVELS, wrong, "^:", color=WRONG, ms=4, label="wrong among the accepted")
    axes.set_title(degradation.says, fontsize=10)
    axes.set_xlabel(degradation.unit, fontsize=9)
    axes.set_xticks(LEVELS, [f"{strength:g}" for strength in degradation.strengths])
    axes.set_ylim(-4, 104)
    axes.grid(alpha=0.3)
