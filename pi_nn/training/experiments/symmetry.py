"""Equal weights stay equal: why a network must start at random (Rashid 2016, "Random Initial Weights")."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from pi_nn.training.experiments.book import BookNetwork, book_inputs, book_targets
from pi_nn.training.experiments.experiment import Experiment, Parameters
from pi_nn.training.experiments.job import Record, Row
from pi_nn.training.experiments.material import load_parts
from pi_nn.training.experiments.sheet import draw_spread, dress, rows_of

if TYPE_CHECKING:
    from matplotlib.figure import Figure

HIDDEN, RATE, STAGES = 100, 0.1, 10
CONSTANT = 0.1


def start(initial: str, rng: np.random.Generator) -> BookNetwork:
    """784-100-10 with every weight 0.1, or drawn by the book's rule."""
    if initial == "constant":
        return BookNetwork(np.full((HIDDEN, 784), CONSTANT), np.full((10, HIDDEN), CONSTANT), RATE)
    return BookNetwork.drawn(HIDDEN, RATE, rng, initial=initial)


def distinct_units(network: BookNetwork) -> int:
    """How many hidden units differ in any incoming weight."""
    return len(np.unique(network.input_weights.round(9), axis=0))


class Symmetry(Experiment):
    """Row A6. The package's layers refuse constant weights; the book's network lets one see why."""

    name = "symmetry"
    title = "a hundred hidden units that start alike"
    source = "A6"
    size = (7.0, 8.0)

    def settings(self, data: str, quick: bool) -> list[Parameters]:
        records = 1_000 if quick else 10_000
        return [{"data": data, "records": records, "initial": initial} for initial in ("constant", "nodes")]

    def cost(self, parameters: Parameters) -> float:
        return float(parameters["records"]) + 55_000

    def run(self, parameters: Parameters, seed: int) -> list[Row]:
        train, test = load_parts(str(parameters["data"]))
        network = start(str(parameters["initial"]), np.random.default_rng(seed))
        x, labels = book_inputs(test.images), test.labels
        share = int(parameters["records"]) // STAGES
        rows: list[Row] = []
        for stage in range(STAGES + 1):
            if stage:
                part = slice((stage - 1) * share, stage * share)
                network.train(book_inputs(train.images[part]), book_targets(train.labels[part]))
            rows.append(
                {
                    "seen": stage * share,
                    "distinct_units": distinct_units(network),
                    "accuracy": network.accuracy(x, labels),
                }
            )
        return rows

    def draw(self, figure: Figure, records: Sequence[Record]) -> None:
        above, below = figure.subplots(2, 1, sharex=True)
        for number, (initial, label) in enumerate((("constant", "all 0.1"), ("nodes", "drawn at random"))):
            rows = rows_of(records, initial=initial)
            draw_spread(above, [(float(r["seen"]), float(r["distinct_units"])) for r in rows], label, number)
            draw_spread(below, [(float(r["seen"]), 100 * float(r["accuracy"])) for r in rows], label, number)
        dress(above, "", "different hidden units", self.title)
        dress(below, "records seen", "accuracy on the test images (%)")
        above.legend(fontsize=11, title="initial weights")

    def summary(self, records: Sequence[Record]) -> list[str]:
        return [
            f"{record.job.parameters['initial']}, seed {record.job.seed}: "
            f"{record.rows[-1]['distinct_units']} different hidden units, "
            f"accuracy {record.rows[-1]['accuracy']:.4f}"
            for record in records
        ]
