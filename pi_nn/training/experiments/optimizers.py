"""Seven ways down the same slope: every optimiser on the worked example of Taylor 2017."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from itertools import islice
from types import MappingProxyType
from typing import TYPE_CHECKING

from pi_nn.nn import SGD, Adadelta, Adagrad, Adam, Optimizer, Parameter, RMSprop, SquaredError
from pi_nn.training.experiments.experiment import Experiment, Parameters
from pi_nn.training.experiments.job import Record, Row
from pi_nn.training.experiments.loop import descend
from pi_nn.training.experiments.sheet import COLOURS, dress
from pi_nn.training.experiments.worked_example import RATE, T, X, example

if TYPE_CHECKING:
    from matplotlib.figure import Figure

UPDATES = 100

WAYS: Mapping[str, Callable[[list[Parameter]], Optimizer]] = MappingProxyType(
    {
        "plain": lambda p: SGD(p, RATE),
        "momentum": lambda p: SGD(p, RATE, momentum=0.9),
        "Nesterov": lambda p: SGD(p, RATE, momentum=0.9, nesterov=True),
        "Adagrad": lambda p: Adagrad(p, 0.1),
        "Adadelta": lambda p: Adadelta(p, 1.0),
        "RMSprop": lambda p: RMSprop(p, 0.01),
        "Adam": lambda p: Adam(p, 0.1),
    }
)


def errors(way: str) -> list[float]:
    """The example's error before the first of 100 updates, and after each."""
    network = example()
    steps = descend(network, SquaredError("se"), WAYS[way](network.parameters()), X, T)
    return list(islice(steps, UPDATES + 1))


class Optimizers(Experiment):
    """Row B7."""

    name = "optimizers"
    title = "the worked example by seven optimisers"
    source = "B7"
    seeds = 1

    def settings(self, data: str, quick: bool) -> list[Parameters]:
        return [{"optimizer": way} for way in WAYS]

    def cost(self, parameters: Parameters) -> float:
        return 150.0

    def run(self, parameters: Parameters, seed: int) -> list[Row]:
        return [
            {"update": update, "error": error}
            for update, error in enumerate(errors(str(parameters["optimizer"])))
        ]

    def draw(self, figure: Figure, records: Sequence[Record]) -> None:
        axes = figure.subplots()
        styles = ("-", "--", "-.", ":")
        for number, record in enumerate(records):
            axes.plot(
                [row["update"] for row in record.rows],
                [row["error"] for row in record.rows],
                color=COLOURS[number],
                linestyle=styles[number % len(styles)],
                linewidth=2.2,
                label=str(record.job.parameters["optimizer"]),
            )
        dress(axes, "updates", "error E = ½ Σ (t - z)², logarithmic", self.title)
        axes.set_yscale("log")
        axes.legend(fontsize=11, ncols=2, loc="center right", bbox_to_anchor=(1, 0.33))

    def summary(self, records: Sequence[Record]) -> list[str]:
        return [
            f"{record.job.parameters['optimizer']}: "
            f"E {record.rows[0]['error']:.4f} -> {record.rows[-1]['error']:.6f}"
            for record in records
        ]
