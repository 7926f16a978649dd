"""Points in the plane, two classes: the moons and the blobs of "Neural networks from scratch" (2017)."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence
from itertools import islice
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from pi_nn.nn import SGD, Linear, Sigmoid, SquaredError
from pi_nn.nn import Sequential as Network
from pi_nn.training.experiments.boundary import draw_boundary
from pi_nn.training.experiments.experiment import Experiment, Parameters, Printed
from pi_nn.training.experiments.job import Record, Row
from pi_nn.training.experiments.loop import descend
from pi_nn.training.experiments.sheet import COLOURS, draw_printed, dress, mean_and_spread

if TYPE_CHECKING:
    from matplotlib.figure import Figure

Array = NDArray[Any]
POINTS, HIDDEN, RATE = 200, 10, 0.1


def moons(count: int, noise: float, rng: np.random.Generator) -> tuple[Array, Array]:
    """Two half circles that reach into each other: points (count, 2), normalised, and classes (count,)."""
    half = count // 2
    upper, lower = rng.uniform(0, np.pi, (2, half))
    x = np.concatenate(
        [
            np.stack([np.cos(upper), np.sin(upper)], axis=1),
            np.stack([1 - np.cos(lower), 0.5 - np.sin(lower)], axis=1),
        ]
    )
    return _normalised(x + rng.normal(0, noise, x.shape)), np.repeat([0, 1], half)


def blobs(count: int, spread: float, rng: np.random.Generator) -> tuple[Array, Array]:
    """Four round clouds, of which opposite ones belong together: a straight line cannot part them."""
    centres = np.array([[-2.0, -2.0], [2.0, 2.0], [-2.0, 2.0], [2.0, -2.0]])
    which = np.repeat(np.arange(4), count // 4)
    return _normalised(centres[which] + rng.normal(0, spread, (len(which), 2))), which // 2


def _normalised(x: Array) -> Array:
    """Each column with mean 0 and standard deviation 1."""
    normalised: Array = (x - x.mean(axis=0)) / x.std(axis=0)
    return normalised


def learn(x: Array, classes: Array, epochs: int, rng: np.random.Generator) -> tuple[Network, list[float]]:
    """2-10-1 sigmoid, full batch; the network and its mean squared error before each update and at last."""
    layers = [Linear(2, HIDDEN, initial="links", rng=rng), Sigmoid()]
    layers += [Linear(HIDDEN, 1, initial="links", rng=rng), Sigmoid()]
    network = Network(layers, (2,)).astype(np.float64)
    # The rate is meant for half the sum of the squared errors over all points; our loss takes the mean.
    optimizer = SGD(network.parameters(), RATE * len(x) / 2)
    targets = classes[:, None].astype(np.float64)
    return network, list(islice(descend(network, SquaredError("mse"), optimizer, x, targets), epochs + 1))


class Cloud(Experiment):
    """Trains on one cloud of points a seed; the picture shows seed 0 and every seed's error."""

    epochs = 10_000
    seeds = 5
    size = (7.0, 10.0)
    printed: tuple[Printed, ...] = ()

    @abstractmethod
    def points(self, rng: np.random.Generator) -> tuple[Array, Array]:
        """(N, 2) and (N,)."""

    def settings(self, data: str, quick: bool) -> list[Parameters]:
        return [{"epochs": self.epochs // 10 if quick else self.epochs}]

    def cost(self, parameters: Parameters) -> float:
        return 2.8 * float(parameters["epochs"])

    def run(self, parameters: Parameters, seed: int) -> list[Row]:
        rng = np.random.default_rng(seed)
        x, classes = self.points(rng)
        network, errors = learn(x, classes, int(parameters["epochs"]), rng)
        right = float(np.mean((network.forward(x)[:, 0] > 0.5) == classes))
        # Spaced for a logarithmic axis: most happens early.
        epochs = np.unique(np.geomspace(1, len(errors) - 1, 80).round().astype(int))
        return [{"epoch": int(epoch), "error": errors[epoch], "accuracy": right} for epoch in (0, *epochs)]

    def draw(self, figure: Figure, records: Sequence[Record]) -> None:
        above, below = figure.subplots(2, 1, height_ratios=(3, 2))
        rng = np.random.default_rng(0)
        x, classes = self.points(rng)
        network, _ = learn(x, classes, int(records[0].job.parameters["epochs"]), rng)
        reach = 1.15 * float(np.abs(x).max())
        draw_boundary(above, network, x, classes, (-reach, reach))
        dress(above, "first input (standard deviations)", "second input (standard deviations)", self.title)
        above.legend(title="class", fontsize=11)
        for number, record in enumerate(records):
            epochs = [max(1, int(row["epoch"])) for row in record.rows]
            errors = [float(row["error"]) for row in record.rows]
            colour = COLOURS[number % len(COLOURS)]
            below.plot(epochs, errors, color=colour, linewidth=1.8, label=f"seed {record.job.seed}")
        if self.printed:
            draw_printed(below, self.printed, "printed in the article (about)")
        dress(below, "epochs (logarithmic)", "mean squared error (logarithmic)")
        below.set(xscale="log", yscale="log")
        below.legend(fontsize=10)

    def summary(self, records: Sequence[Record]) -> list[str]:
        first = [float(record.rows[0]["error"]) for record in records]
        last = [float(record.rows[-1]["error"]) for record in records]
        right = [float(record.rows[-1]["accuracy"]) for record in records]
        printed = "".join(f"; the article prints about {p.y}" for p in self.printed[-1:])
        return [
            f"error before: {mean_and_spread(first)}",
            f"error after {records[0].job.parameters['epochs']:,} epochs: {mean_and_spread(last)}{printed}",
            f"points on the right side: {mean_and_spread(right)}",
        ]


class Moons(Cloud):
    """Row C4."""

    name = "moons"
    title = "two moons, 2-10-1 sigmoid"
    source = "C4"
    printed = (Printed(1, 0.235, ""), Printed(10_000, 0.008, ""))

    def points(self, rng: np.random.Generator) -> tuple[Array, Array]:
        return moons(POINTS, 0.2, rng)


class Blobs(Cloud):
    """Row C5."""

    name = "blobs"
    title = "four blobs, two classes, 2-10-1 sigmoid"
    source = "C5"
    epochs = 2_000

    def points(self, rng: np.random.Generator) -> tuple[Array, Array]:
        return blobs(POINTS, 0.7, rng)
