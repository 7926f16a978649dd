"""When to stop: at a target error, or after so many updates (Taylor 2017)."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import islice
from typing import TYPE_CHECKING

from pi_nn.nn import SGD, SquaredError
from pi_nn.training.experiments.experiment import Experiment, Parameters
from pi_nn.training.experiments.job import Record, Row
from pi_nn.training.experiments.loop import descend
from pi_nn.training.experiments.sheet import BLACK, BLUE, RED, dress
from pi_nn.training.experiments.worked_example import RATE, T, X, example

if TYPE_CHECKING:
    from matplotlib.figure import Figure

TARGET = 0.01
LIMIT = 1000


def errors_until(target: float, limit: int) -> list[float]:
    """The worked example's error before any update, then after each, until one is at most ``target``.

    At most ``limit`` updates. The list's length less one is the number of updates made.
    """
    network = example()
    optimizer = SGD(network.parameters(), RATE)
    errors: list[float] = []
    for error in islice(descend(network, SquaredError("se"), optimizer, X, T), limit + 1):
        errors.append(error)
        if error <= target:
            break
    return errors


class TargetError(Experiment):
    """Row B8."""

    name = "target-error"
    title = "the worked example, learning rate 0.5"
    source = "B8"
    seeds = 1

    def settings(self, data: str, quick: bool) -> list[Parameters]:
        return [{"target": TARGET, "limit": LIMIT}]

    def cost(self, parameters: Parameters) -> float:
        return 100.0

    def run(self, parameters: Parameters, seed: int) -> list[Row]:
        errors = errors_until(float(parameters["target"]), int(parameters["limit"]))
        return [{"update": update, "error": error} for update, error in enumerate(errors)]

    def draw(self, figure: Figure, records: Sequence[Record]) -> None:
        axes = figure.subplots()
        errors = [float(row["error"]) for row in records[0].rows]
        axes.plot(range(len(errors)), errors, color=BLUE, linewidth=2.5, label="error E")
        axes.axhline(TARGET, color=RED, linestyle="--", linewidth=1.8, label=f"target {TARGET:g}")
        last = len(errors) - 1
        axes.plot(last, errors[-1], "o", color=BLACK, markersize=8)
        axes.annotate(
            f"{last} updates",
            (last, errors[-1]),
            xytext=(-10, 40),
            textcoords="offset points",
            ha="right",
            fontsize=12,
            arrowprops={"arrowstyle": "->"},
        )
        dress(axes, "updates", "error E = ½ Σ (t - z)²", self.title)
        axes.legend(fontsize=11)

    def summary(self, records: Sequence[Record]) -> list[str]:
        before, last = records[0].rows[-2:]
        return [f"E is {last['error']:.6f} after {last['update']} updates, one earlier {before['error']:.6f}"]
