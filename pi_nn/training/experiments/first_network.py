"""The first network of "Neural networks from scratch in Python and R" (2017): 4-3-1, full batch."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import islice
from typing import TYPE_CHECKING

import numpy as np

from pi_nn.nn import SGD, Linear, Sequential, Sigmoid, SquaredError
from pi_nn.training.experiments.experiment import Experiment, Parameters, Printed
from pi_nn.training.experiments.job import Record, Row
from pi_nn.training.experiments.loop import descend
from pi_nn.training.experiments.sheet import draw_printed, draw_spread, dress, mean_and_spread, rows_of

if TYPE_CHECKING:
    from matplotlib.figure import Figure

INPUTS = np.array([[1, 0, 1, 0], [1, 0, 1, 1], [0, 1, 0, 1]], dtype=np.float64)
TARGETS = np.array([[1.0], [1.0], [0.0]])
RATE, UPDATES = 0.1, 5000


def learn(seed: int, updates: int = UPDATES) -> Sequential:
    """Three sigmoid hidden units with biases; every weight starts uniform between 0 and 1, as there."""
    rng = np.random.default_rng(seed)
    network = Sequential([Linear(4, 3, rng=rng), Sigmoid(), Linear(3, 1, rng=rng), Sigmoid()], (4,))
    network = network.astype(np.float64)
    for parameter in network.parameters():
        parameter.value[...] = rng.random(parameter.value.shape)
    # The article adds up the gradients of the three records, our loss takes their mean.
    optimizer = SGD(network.parameters(), RATE * len(INPUTS))
    for _ in islice(descend(network, SquaredError("se"), optimizer, INPUTS, TARGETS), updates + 1):
        pass
    return network


class FirstNetwork(Experiment):
    """Row C1."""

    name = "first-network"
    title = "4-3-1 after 5,000 full-batch updates"
    source = "C1"
    seeds = 10
    printed = (Printed(1, 0.98, ""), Printed(2, 0.97, ""), Printed(3, 0.05, ""))

    def settings(self, data: str, quick: bool) -> list[Parameters]:
        return [{"updates": UPDATES}]

    def cost(self, parameters: Parameters) -> float:
        return 10_000.0

    def run(self, parameters: Parameters, seed: int) -> list[Row]:
        outputs = learn(seed, int(parameters["updates"])).forward(INPUTS)[:, 0]
        return [
            {"record": number, "target": float(target), "output": float(output)}
            for number, (target, output) in enumerate(zip(TARGETS[:, 0], outputs, strict=True), start=1)
        ]

    def draw(self, figure: Figure, records: Sequence[Record]) -> None:
        axes = figure.subplots()
        rows = rows_of(records)
        points = [(float(row["record"]), float(row["output"])) for row in rows]
        draw_spread(axes, points, f"ours, {len(records)} seeds: mean, lowest, highest", 0, line=False)
        beside = [Printed(p.x + 0.12, p.y, p.label) for p in self.printed]
        draw_printed(axes, beside, "printed in the article (about)")
        dress(axes, "record", "output of the network (0 to 1)", self.title)
        axes.set(xticks=[1, 2, 3], xlim=(0.5, 3.5), ylim=(-0.05, 1.05))
        axes.legend(fontsize=11, loc="center left")

    def summary(self, records: Sequence[Record]) -> list[str]:
        rows = rows_of(records)
        return [
            f"record {p.x:g}: "
            + mean_and_spread([float(row["output"]) for row in rows if row["record"] == p.x])
            + f"; the article prints about {p.y}"
            for p in self.printed
        ]
