"""What every experiment is: settings to try, one job, one picture."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING, ClassVar

from pi_nn.errors import ConfigError
from pi_nn.training.experiments.job import Job, Record, Row, Scalar

if TYPE_CHECKING:
    from matplotlib.figure import Figure

Parameters = dict[str, Scalar]

EXPERIMENTS = {
    "batch-sizes": "batch_sizes:BatchSizes",
    "blobs": "clouds:Blobs",
    "classifier": "classifier:Classifier",
    "damage": "damage:Damage",
    "epochs": "sweeps:Epochs",
    "first-network": "first_network:FirstNetwork",
    "first-steps": "first_steps:FirstSteps",
    "hidden-nodes": "sweeps:HiddenNodes",
    "initial-weights": "initial_weights:InitialWeights",
    "learning-rate": "sweeps:LearningRate",
    "logic": "logic:Logic",
    "loss-curve": "loss_curve:LossCurve",
    "moons": "clouds:Moons",
    "optimizers": "optimizers:Optimizers",
    "overfitting": "overfitting:Overfitting",
    "rotation": "rotation:RotatedRecords",
    "side-by-side": "side_by_side:SideBySide",
    "symmetry": "symmetry:Symmetry",
    "target-error": "target_error:TargetError",
}
"""Each experiment's name and where it is; imported only when chosen."""


@dataclass(frozen=True)
class Printed:
    """A point that a book or article prints, to stand beside ours."""

    x: float
    y: float
    label: str


class Experiment(ABC):
    """Independent jobs, one for each of ``settings`` and each seed, and a figure of their records.

    ``title`` is what it shows, ``source`` the row of the table in ``docs/experiments.md``.
    """

    name: ClassVar[str]
    title: ClassVar[str]
    source: ClassVar[str]
    seeds: ClassVar[int] = 3
    """Of each setting; 1 where chance plays no part, and then never more."""
    size: ClassVar[tuple[float, float]] = (7.0, 5.0)
    """Of the figure, in inches."""

    @abstractmethod
    def settings(self, data: str, quick: bool) -> list[Parameters]:
        """The parameters to try; ``data`` is passed on to those that read images."""

    @abstractmethod
    def cost(self, parameters: Parameters) -> float:
        """The work of one job, in book records (see :class:`Job`)."""

    @abstractmethod
    def run(self, parameters: Parameters, seed: int) -> list[Row]:
        """One job. Depends on nothing but its arguments (and the data that they name)."""

    @abstractmethod
    def draw(self, figure: Figure, records: Sequence[Record]) -> None:
        """The records as a picture, the book's printed points beside them."""

    def summary(self, records: Sequence[Record]) -> list[str]:
        """The result in a few lines of text."""
        return []

    def jobs(self, data: str, quick: bool, seeds: int | None) -> list[Job]:
        """Every job, in the order of the CSV; ``seeds`` counts from 0."""
        count = self.seeds if seeds is None or self.seeds == 1 else seeds
        return [
            Job(self.name, parameters, seed, self.cost(parameters))
            for parameters in self.settings(data, quick)
            for seed in range(count)
        ]


def find_experiment(name: str) -> Experiment:
    """The experiment of that name; :class:`ConfigError` when there is none."""
    if name not in EXPERIMENTS:
        raise ConfigError(f"unknown experiment {name!r}; known: {', '.join(EXPERIMENTS)}")
    module, _, kind = EXPERIMENTS[name].partition(":")
    made: Experiment = getattr(import_module(f"{__package__}.{module}"), kind)()
    return made
