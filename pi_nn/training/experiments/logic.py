"""AND and OR with one unit; XOR needs a hidden layer (Rashid 2016, part 1)."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import islice
from typing import TYPE_CHECKING

import numpy as np

from pi_nn.nn import Adam, Linear, Sequential, Sigmoid, SquaredError, Tanh
from pi_nn.training.experiments.boundary import draw_boundary
from pi_nn.training.experiments.experiment import Experiment, Parameters
from pi_nn.training.experiments.job import Record, Row
from pi_nn.training.experiments.loop import descend
from pi_nn.training.experiments.sheet import dress, rows_of

if TYPE_CHECKING:
    from matplotlib.figure import Figure

INPUTS = np.array([[0, 0], [0, 1], [1, 0], [1, 1]], dtype=np.float32)
TABLES = {"AND": (0, 0, 0, 1), "OR": (0, 1, 1, 1), "XOR": (0, 1, 1, 0)}
UPDATES = 1000
HIDDEN = 4


def learn(function: str, hidden: int, seed: int) -> Sequential:
    """A sigmoid unit, with ``hidden`` tanh units before it or none, after 1,000 full-batch updates."""
    rng = np.random.default_rng(seed)
    before = [Linear(2, hidden, initial="xavier", rng=rng), Tanh()] if hidden else []
    unit = [Linear(hidden or 2, 1, initial="xavier", rng=rng), Sigmoid()]
    network = Sequential([*before, *unit], (2,))
    targets = np.array(TABLES[function], dtype=np.float32)[:, None]
    steps = descend(network, SquaredError("se"), Adam(network.parameters(), 0.05), INPUTS, targets)
    for _ in islice(steps, UPDATES + 1):
        pass
    return network


def correct(network: Sequential, function: str) -> int:
    """How many of the four cases are on the right side of 0.5."""
    return int(np.sum((network.forward(INPUTS)[:, 0] > 0.5) == np.array(TABLES[function], dtype=bool)))


class Logic(Experiment):
    """Row A2."""

    name = "logic"
    title = "AND, OR and XOR, with one unit and with a hidden layer"
    source = "A2"
    seeds = 5
    size = (7.0, 10.0)

    def settings(self, data: str, quick: bool) -> list[Parameters]:
        return [{"function": name, "hidden": hidden} for hidden in (0, HIDDEN) for name in TABLES]

    def cost(self, parameters: Parameters) -> float:
        return 2500.0

    def run(self, parameters: Parameters, seed: int) -> list[Row]:
        function = str(parameters["function"])
        return [{"correct": correct(learn(function, int(parameters["hidden"]), seed), function)}]

    def draw(self, figure: Figure, records: Sequence[Record]) -> None:
        grid = figure.subplots(len(TABLES), 2, sharex=True, sharey=True)
        for row, function in zip(grid, TABLES, strict=True):
            for axes, hidden in zip(row, (0, HIDDEN), strict=True):
                network = learn(function, hidden, seed=0)
                draw_boundary(axes, network, INPUTS, np.array(TABLES[function]), (-0.4, 1.4))
                how = f"{hidden} hidden units" if hidden else "one unit"
                dress(
                    axes,
                    "first input",
                    "second input",
                    f"{function}, {how}: {correct(network, function)} of 4",
                )

    def summary(self, records: Sequence[Record]) -> list[str]:
        lines = []
        for setting in self.settings("", quick=False):
            rows = rows_of(records, **setting)
            scores = sorted(int(row["correct"]) for row in rows)
            lines.append(
                f"{setting['function']}, {setting['hidden']} hidden units: "
                f"{scores[0]} to {scores[-1]} of 4 correct over {len(scores)} seeds"
            )
        return lines
