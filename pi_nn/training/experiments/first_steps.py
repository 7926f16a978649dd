"""A hundred records to learn from, ten to be tested on: the book's first try (Rashid 2016, part 2)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from pi_nn.training.experiments.book import BookNetwork, book_inputs, book_targets
from pi_nn.training.experiments.experiment import Experiment, Parameters, Printed
from pi_nn.training.experiments.job import Record, Row
from pi_nn.training.experiments.material import load_parts
from pi_nn.training.experiments.sheet import BLACK, BLUE, dress, mean_and_spread

if TYPE_CHECKING:
    from matplotlib.figure import Figure

TRAIN, TEST = 100, 10


class FirstSteps(Experiment):
    """Row A9: the first 100 and the first 10 records, one epoch at rate 0.3, scored in tenths."""

    name = "first-steps"
    title = "784-100-10 after 100 records"
    source = "A9"
    seeds = 100
    printed = Printed(0.6, 1, "the book's scorecard")

    def settings(self, data: str, quick: bool) -> list[Parameters]:
        return [{"data": data, "learning_rate": 0.3}]

    def cost(self, parameters: Parameters) -> float:
        return 200.0

    def run(self, parameters: Parameters, seed: int) -> list[Row]:
        train, test = load_parts(str(parameters["data"]))
        network = BookNetwork.drawn(100, float(parameters["learning_rate"]), np.random.default_rng(seed))
        network.train(book_inputs(train.images[:TRAIN]), book_targets(train.labels[:TRAIN]))
        return [{"score": network.accuracy(book_inputs(test.images[:TEST]), test.labels[:TEST])}]

    def draw(self, figure: Figure, records: Sequence[Record]) -> None:
        axes = figure.subplots()
        scores = np.array([float(record.rows[0]["score"]) for record in records])
        tenths, counts = np.unique(scores.round(1), return_counts=True)
        axes.bar(tenths, counts, width=0.07, color=BLUE, label=f"ours, {len(scores)} seeds")
        axes.axvline(
            self.printed.x, color=BLACK, linestyle="--", linewidth=2, label=f"{self.printed.label}: 0.6"
        )
        axes.set(xlim=(-0.05, 1.05), xticks=np.linspace(0, 1, 11))
        dress(axes, "score: right answers of ten", "seeds", self.title)
        axes.legend(fontsize=11)

    def summary(self, records: Sequence[Record]) -> list[str]:
        scores = [float(record.rows[0]["score"]) for record in records]
        usual = np.mean([0.5 <= round(score, 1) <= 0.7 for score in scores])
        return [f"score: {mean_and_spread(scores)}; 0.5 to 0.7 in {usual:.0%} of them; the book prints 0.6"]
