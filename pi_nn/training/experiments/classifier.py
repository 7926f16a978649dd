"""Rashid 2016, part 1: a machine with one number to learn, and why each record may only nudge it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from pi_nn.training.experiments.experiment import Experiment, Parameters
from pi_nn.training.experiments.job import Record, Row
from pi_nn.training.experiments.sheet import BLACK, COLOURS, dress, rows_of

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

MILES = 62.137
GUESSES = (0.5, 0.6, 0.7, 0.61)
# Width and length in cm, and the target: a little above the wide ladybird, below the long caterpillar.
GARDEN = ((3.0, 1.0, 1.1), (1.0, 3.0, 2.9))
START = 0.25


def predict_miles(kilometres: float = 100.0) -> list[Row]:
    """miles = c * kilometres for the book's guesses of c; the error tells how to change it."""
    return [
        {"step": step, "slope": c, "x": kilometres, "answer": c * kilometres, "error": MILES - c * kilometres}
        for step, c in enumerate(GUESSES, start=1)
    ]


def learn_slope(rate: float) -> list[Row]:
    """y = slope * x; each of the two examples adds ``rate * error / x`` to it. Rate 1 forgets the first."""
    rows: list[Row] = []
    slope = START
    for step, (x, _, target) in enumerate(GARDEN, start=1):
        answer = slope * x
        change = rate * (target - answer) / x
        slope += change
        rows.append(
            {
                "step": step,
                "slope": slope,
                "x": x,
                "answer": answer,
                "error": target - answer,
                "change": change,
            }
        )
    return rows


class Classifier(Experiment):
    """Row A1."""

    name = "classifier"
    title = "one slope between ladybirds and caterpillars"
    source = "A1"
    seeds = 1
    size = (7.0, 8.0)

    def settings(self, data: str, quick: bool) -> list[Parameters]:
        return [
            {"machine": "predictor", "rate": 0.0},
            {"machine": "classifier", "rate": 1.0},
            {"machine": "classifier", "rate": 0.5},
        ]

    def cost(self, parameters: Parameters) -> float:
        return 1.0

    def run(self, parameters: Parameters, seed: int) -> list[Row]:
        if parameters["machine"] == "predictor":
            return predict_miles()
        return learn_slope(float(parameters["rate"]))

    def draw(self, figure: Figure, records: Sequence[Record]) -> None:
        panels = figure.subplots(2, 1, sharex=True)
        for axes, rate, told in zip(panels, (1.0, 0.5), ("each example in full", "half of it"), strict=True):
            rows = rows_of(records, machine="classifier", rate=rate)
            self._draw_lines(axes, [START, *(float(row["slope"]) for row in rows)])
            dress(axes, "width (cm)", "length (cm)", f"learning rate {rate:g}: {told}")
            axes.set(xlim=(0, 4), ylim=(0, 4))
            axes.legend(fontsize=11, loc="upper right")

    def _draw_lines(self, axes: Axes, slopes: list[float]) -> None:
        x = np.array([0.0, 4.0])
        for number, (slope, style) in enumerate(zip(slopes, (":", "--", "-"), strict=True)):
            label = f"after {number}: y = {slope:.4f} x" if number else f"start: y = {slope:g} x"
            axes.plot(x, slope * x, color=COLOURS[number], linestyle=style, linewidth=2, label=label)
        for (width, length, _), name in zip(GARDEN, ("ladybird", "caterpillar"), strict=True):
            axes.plot(width, length, "o", color=BLACK, markersize=9)
            axes.annotate(name, (width, length), xytext=(8, 6), textcoords="offset points", fontsize=11)

    def summary(self, records: Sequence[Record]) -> list[str]:
        return [
            f"{row['machine']}, rate {row['rate']:g}, step {row['step']}: slope {row['slope']:.4f}, "
            f"answer {row['answer']:.4f}, error {row['error']:.4f}"
            for row in rows_of(records)
        ]
