"""Few records, many epochs: the training error falls on, the validation error does not (Taylor 2017)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from pi_nn.nn import AdamW, Dropout, Linear, ReLU, Sequential, SoftmaxCrossEntropy
from pi_nn.training.experiments.experiment import Experiment, Parameters
from pi_nn.training.experiments.job import Record, Row
from pi_nn.training.experiments.material import load_parts
from pi_nn.training.experiments.sheet import COLOURS, MARKERS, dress, mean_and_spread

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

Array = NDArray[Any]
EPOCHS, BATCH, RATE = 30, 32, 1e-3
# (weight decay, share of hidden units dropped)
REMEDIES: Mapping[str, tuple[float, float]] = MappingProxyType(
    {"nothing": (0.0, 0.0), "weight decay": (1.0, 0.0), "dropout": (0.0, 0.5)}
)


class Overfitting(Experiment):
    """Row B9: 784-200-10 on a few records, with and without what helps; validated on others."""

    name = "overfitting"
    title = "784-200-10 on few records"
    source = "B9"
    size = (7.0, 8.5)

    def settings(self, data: str, quick: bool) -> list[Parameters]:
        return [{"data": data, "records": 300 if quick else 1_000, "against": name} for name in REMEDIES]

    def cost(self, parameters: Parameters) -> float:
        return 0.5 * EPOCHS * (float(parameters["records"]) + 1500)

    def run(self, parameters: Parameters, seed: int) -> list[Row]:
        # The test images stay untouched: what is chosen by looking at them would not be tested by them.
        train, validation = load_parts(str(parameters["data"]))[0].split()
        rng = np.random.default_rng(seed)
        train = train.take(slice(0, int(parameters["records"])))
        decay, dropped = REMEDIES[str(parameters["against"])]
        layers = [Linear(784, 200, rng=rng), ReLU(), Dropout(dropped), Linear(200, 10, rng=rng)]
        network = Sequential(layers, (784,))
        optimizer = AdamW(network.parameters(), RATE, weight_decay=decay)
        x, held_out = (d.images.reshape(len(d), -1) / np.float32(255) for d in (train, validation))
        rows: list[Row] = []
        for epoch in range(1, EPOCHS + 1):
            order = rng.permutation(len(x))
            for start in range(0, len(x), BATCH):
                chosen = order[start : start + BATCH]
                outputs = network.forward(x[chosen], training=True, rng=rng)
                network.backward(SoftmaxCrossEntropy()(outputs, train.labels[chosen])[1], to_input=False)
                optimizer.step()
            loss, right = _score(network, held_out, validation.labels)
            rows.append(
                {
                    "epoch": epoch,
                    "training_loss": _score(network, x, train.labels)[0],
                    "validation_loss": loss,
                    "validation_accuracy": right,
                }
            )
        return rows

    def draw(self, figure: Figure, records: Sequence[Record]) -> None:
        above, below = figure.subplots(2, 1, sharex=True)
        for number, remedy in enumerate(REMEDIES):
            runs = [record.rows for record in records if record.job.parameters["against"] == remedy]
            _draw_runs(above, runs, "training_loss", f"{remedy}: training", number, ":")
            loss = _draw_runs(above, runs, "validation_loss", f"{remedy}: validation", number, "-")
            best = int(loss.argmin())
            above.plot(best + 1, loss[best], MARKERS[number], color=COLOURS[number], markersize=9)
            _draw_runs(below, runs, "validation_accuracy", remedy, number, "-", 100)
        seen = records[0].job.parameters["records"]
        dress(above, "", "loss (mean cross-entropy)", f"784-200-10 on {seen:,} records; dots: the best epoch")
        dress(below, "epoch", "validation accuracy (%)")
        above.set_ylim(0, 0.75)
        above.legend(fontsize=9, ncols=3)
        seeds = len({record.job.seed for record in records})
        below.legend(fontsize=11, title=f"against over-fitting; {seeds} seeds: mean, lowest, highest")

    def summary(self, records: Sequence[Record]) -> list[str]:
        lines = []
        for remedy in REMEDIES:
            runs = [record.rows for record in records if record.job.parameters["against"] == remedy]
            best = [min(float(row["validation_loss"]) for row in rows) for rows in runs]
            last = [float(rows[-1]["validation_loss"]) for rows in runs]
            lines.append(f"{remedy}: best loss {mean_and_spread(best)}, last {mean_and_spread(last)}")
        return lines


def _draw_runs(
    axes: Axes, runs: Sequence[Sequence[Row]], name: str, label: str, number: int, style: str, by: float = 1.0
) -> Array:
    """The mean (epochs,) of the runs, drawn with a band from the lowest to the highest."""
    values = by * np.array([[float(row[name]) for row in rows] for rows in runs])
    epochs = np.arange(1, values.shape[1] + 1)
    mean: Array = values.mean(axis=0)
    axes.plot(epochs, mean, color=COLOURS[number], linewidth=2, linestyle=style, label=label)
    band = values.min(axis=0), values.max(axis=0)
    axes.fill_between(epochs, *band, color=COLOURS[number], alpha=0.2, linewidth=0)
    return mean


def _score(network: Sequential, x: Array, labels: Array) -> tuple[float, float]:
    """(mean cross-entropy, accuracy)."""
    outputs = network.forward(x)
    return SoftmaxCrossEntropy()(outputs, labels)[0], float(np.mean(outputs.argmax(axis=1) == labels))
