"""The same article's network without biases: the error falls, epoch by epoch."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import islice
from typing import TYPE_CHECKING

import numpy as np

from pi_nn.nn import SGD, Linear, Sequential, Sigmoid, SquaredError
from pi_nn.training.experiments.experiment import Experiment, Parameters
from pi_nn.training.experiments.first_network import INPUTS, TARGETS
from pi_nn.training.experiments.job import Record, Row
from pi_nn.training.experiments.loop import descend
from pi_nn.training.experiments.sheet import COLOURS, dress, rows_of

if TYPE_CHECKING:
    from matplotlib.figure import Figure

RATE, UPDATES, EVERY = 0.01, 1000, 10


def losses(seed: int) -> list[float]:
    """Half the mean squared error before each of 1,000 full-batch updates, and after the last."""
    rng = np.random.default_rng(seed)
    layers = [
        Linear(4, 3, bias=False, initial="links", rng=rng),
        Sigmoid(),
        Linear(3, 1, bias=False, initial="links", rng=rng),
        Sigmoid(),
    ]
    network = Sequential(layers, (4,)).astype(np.float64)
    optimizer = SGD(network.parameters(), RATE * len(INPUTS))
    return list(islice(descend(network, SquaredError("se"), optimizer, INPUTS, TARGETS), UPDATES + 1))


class LossCurve(Experiment):
    """Row C3."""

    name = "loss-curve"
    title = "4-3-1 without biases, learning rate 0.01"
    source = "C3"
    seeds = 5

    def settings(self, data: str, quick: bool) -> list[Parameters]:
        return [{"learning_rate": RATE}]

    def cost(self, parameters: Parameters) -> float:
        return 1500.0

    def run(self, parameters: Parameters, seed: int) -> list[Row]:
        return [
            {"epoch": epoch, "loss": error} for epoch, error in enumerate(losses(seed)) if epoch % EVERY == 0
        ]

    def draw(self, figure: Figure, records: Sequence[Record]) -> None:
        axes = figure.subplots()
        for number, record in enumerate(records):
            epochs = [row["epoch"] for row in record.rows]
            axes.plot(
                epochs,
                [row["loss"] for row in record.rows],
                color=COLOURS[number % len(COLOURS)],
                linewidth=2,
                label=f"seed {record.job.seed}",
            )
        dress(axes, "epoch (one update each)", "loss (half the mean squared error)", self.title)
        axes.set_ylim(bottom=0)
        axes.legend(fontsize=11)

    def summary(self, records: Sequence[Record]) -> list[str]:
        rows = [row for row in rows_of(records) if row["epoch"] in (0, UPDATES)]
        return [f"seed {row['seed']}, epoch {row['epoch']}: loss {row['loss']:.4f}" for row in rows]
