"""How wide the first weights are drawn, by the book's text and by its code (Rashid 2016)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from pi_nn.training.experiments.book import BookNetwork, book_inputs, book_targets
from pi_nn.training.experiments.experiment import Experiment, Parameters
from pi_nn.training.experiments.job import Record, Row
from pi_nn.training.experiments.material import load_parts
from pi_nn.training.experiments.sheet import COLOURS, MARKERS, dress, mean_and_spread, rows_of

if TYPE_CHECKING:
    from matplotlib.figure import Figure

RULES = {
    "uniform": "uniform, -0.5 to 0.5",
    "links": "normal, 1/√incoming links (the text)",
    "nodes": "normal, 1/√nodes of the next layer (the code)",
}
EXPECTED = {"uniform": (0.2887, 0.2887), "links": (0.0357, 0.1), "nodes": (0.1, 0.316)}


class InitialWeights(Experiment):
    """Row A5."""

    name = "initial-weights"
    title = "784-100-10, first weights by three rules"
    source = "A5"
    size = (7.0, 8.5)

    def settings(self, data: str, quick: bool) -> list[Parameters]:
        return [{"data": data, "records": 2_000 if quick else 20_000, "initial": rule} for rule in RULES]

    def cost(self, parameters: Parameters) -> float:
        return float(parameters["records"]) + 4_000

    def run(self, parameters: Parameters, seed: int) -> list[Row]:
        train, test = load_parts(str(parameters["data"]))
        count = int(parameters["records"])
        network = BookNetwork.drawn(100, 0.1, np.random.default_rng(seed), initial=str(parameters["initial"]))
        spread = float(network.input_weights.std()), float(network.output_weights.std())
        network.train(book_inputs(train.images[:count]), book_targets(train.labels[:count]))
        score = network.accuracy(book_inputs(test.images), test.labels)
        return [{"std_input_hidden": spread[0], "std_hidden_output": spread[1], "accuracy": score}]

    def draw(self, figure: Figure, records: Sequence[Record]) -> None:
        above, below = figure.subplots(2, 1)
        for number, (rule, label) in enumerate(RULES.items()):
            network = BookNetwork.drawn(100, 0.1, np.random.default_rng(0), initial=rule)
            above.hist(
                network.input_weights.ravel(),
                bins=80,
                range=(-0.6, 0.6),
                histtype="step",
                linewidth=2,
                color=COLOURS[number],
                linestyle=("-", "--", ":")[number],
                label=label,
            )
            rows = rows_of(records, initial=rule)
            scores = [100 * float(row["accuracy"]) for row in rows]
            below.plot([number] * len(scores), scores, MARKERS[number], color=COLOURS[number], markersize=9)
        dress(above, "weight, input to hidden", "weights (of 78,400)", self.title)
        above.legend(fontsize=10, loc="upper right")
        above.set_ylim(0, 18_000)
        seen = records[0].job.parameters["records"]
        dress(below, "rule", f"accuracy (%) after {seen:,} records")
        below.set(xlim=(-0.5, 2.5))
        below.set_xticks(range(3), ["uniform", "1/√links", "1/√nodes"])

    def summary(self, records: Sequence[Record]) -> list[str]:
        lines = []
        for rule, expected in EXPECTED.items():
            rows = rows_of(records, initial=rule)
            for column, wanted in zip(("std_input_hidden", "std_hidden_output"), expected, strict=True):
                told = mean_and_spread([float(row[column]) for row in rows])
                lines.append(f"{rule}, {column}: {told}; expected {wanted}")
            lines.append(f"{rule}, accuracy: {mean_and_spread([float(row['accuracy']) for row in rows])}")
        return lines
