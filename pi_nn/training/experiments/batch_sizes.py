"""How many records make one update: one (stochastic), a few (mini-batch), all (batch); Taylor 2017."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from pi_nn.nn import SGD, SoftmaxCrossEntropy, build_network
from pi_nn.training.experiments.experiment import Experiment, Parameters
from pi_nn.training.experiments.job import Record, Row
from pi_nn.training.experiments.loop import one_epoch
from pi_nn.training.experiments.material import Material, load_parts
from pi_nn.training.experiments.sheet import draw_spread, dress, logarithmic, mean_and_spread, rows_of

if TYPE_CHECKING:
    from matplotlib.figure import Figure

EPOCHS, RATE = 10, 0.02
SWITCH = EPOCHS // 2


def orders(count: int, shuffle: str, rng: np.random.Generator) -> list[NDArray[np.intp]]:
    """The records' order in each epoch; ``shuffle`` is "once" or "every epoch"."""
    once = rng.permutation(count)
    return [once if shuffle == "once" else rng.permutation(count) for _ in range(EPOCHS)]


class BatchSizes(Experiment):
    """Row B6; the last setting goes record by record for half of the epochs, then by the whole batch."""

    name = "batch-sizes"
    title = f"784-30-10, {EPOCHS} epochs, the same learning rate"
    source = "B6"
    size = (7.0, 8.5)

    def settings(self, data: str, quick: bool) -> list[Parameters]:
        records = 600 if quick else 6_000
        plain = [(m, m, "every epoch") for m in (1, 10, 100, records)]
        chosen = [*plain, (10, 10, "once"), (1, records, "every epoch")]
        return [
            {"data": data, "records": records, "batch_size": m, "later_batch_size": later, "shuffle": shuffle}
            for m, later, shuffle in chosen
        ]

    def cost(self, parameters: Parameters) -> float:
        updates = float(parameters["records"]) / float(parameters["batch_size"])
        return EPOCHS * (0.4 * float(parameters["records"]) + 2 * updates)

    def run(self, parameters: Parameters, seed: int) -> list[Row]:
        train, test = load_parts(str(parameters["data"]))
        rng = np.random.default_rng(seed)
        material = Material(train, int(parameters["records"]))
        network = build_network("784-30-10", rng=rng)
        optimizer, targets = SGD(network.parameters(), RATE), material.labels
        x = test.images.reshape(len(test), -1) / np.float32(255)

        def fetch(chosen: NDArray[np.intp]) -> tuple[NDArray[Any], NDArray[Any]]:
            return material.pixels(chosen, np.float32), targets[chosen]

        rows: list[Row] = []
        updates = 0
        for epoch, order in enumerate(orders(len(material), str(parameters["shuffle"]), rng)):
            size = int(parameters["batch_size" if epoch < SWITCH else "later_batch_size"])
            updates += one_epoch(network, SoftmaxCrossEntropy(), optimizer, fetch, order, size)
            score = float(np.mean(network.forward(x).argmax(axis=1) == test.labels))
            rows.append({"epoch": epoch + 1, "updates": updates, "accuracy": score})
        return rows

    def draw(self, figure: Figure, records: Sequence[Record]) -> None:
        above, below = figure.subplots(2, 1)
        for number, setting in enumerate(dict.fromkeys(_label(record) for record in records)):
            rows = rows_of([record for record in records if _label(record) == setting])
            for axes, x in ((above, "epoch"), (below, "updates")):
                points = [(float(row[x]), 100 * (1 - float(row["accuracy"]))) for row in rows]
                draw_spread(axes, points, setting, number)
        errors = "errors on the test images (%, log.)"
        dress(above, "epochs (times each record was seen)", errors, self.title)
        dress(below, "updates of the weights (logarithmic)", errors)
        for axes in (above, below):
            logarithmic(axes, "y", (7, 10, 20, 30, 50, 90))
        logarithmic(below, "x", (1, 10, 100, 1_000, 10_000))
        below.legend(fontsize=10, title="records an update", loc="upper right")

    def summary(self, records: Sequence[Record]) -> list[str]:
        lines = []
        for setting in dict.fromkeys(_label(record) for record in records):
            last = [record.rows[-1] for record in records if _label(record) == setting]
            told = mean_and_spread([float(row["accuracy"]) for row in last])
            lines.append(f"{setting}: {last[0]['updates']} updates in {EPOCHS} epochs, accuracy {told}")
        return lines


def _label(record: Record) -> str:
    p = record.job.parameters
    if p["batch_size"] != p["later_batch_size"]:
        return f"{p['batch_size']}, from epoch {SWITCH + 1} on {p['later_batch_size']:,}"
    return f"{p['batch_size']:,}" + (", shuffled once" if p["shuffle"] == "once" else "")
