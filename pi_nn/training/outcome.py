"""What came of a training, and what the images say of it that chose nothing."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pi_nn.nn import Sequential
from pi_nn.training.datasets import Dataset
from pi_nn.training.fit import Fitted
from pi_nn.training.portions import Portions
from pi_nn.training.result import Calibration, outputs

FEW = 20


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of it.

    ``accuracy`` is that of the test portion, which chose nothing; ``None`` where the data bring no such.
    ``mistakes`` are (name, true, read as) of the pictures read wrong there, else of the validation pictures.
    ``mnist`` is the accuracy on MNIST's test images before and after, where these were not to be forgotten.
    """

    fitted: Fitted
    calibration: Calibration
    portions: Portions
    parameter_count: int
    accuracy: float | None
    mistakes: tuple[tuple[str, str, str], ...]
    mnist: tuple[float, float] | None


def judge(
    network: Sequential,
    portions: Portions,
    fitted: Fitted,
    calibration: Calibration,
    *,
    parameter_count: int,
    before: float | None,
) -> Outcome:
    """The outcome for ``network``, a whole one or the head of one, as its test images see it.

    ``before`` is its accuracy on MNIST's test images when it began, where these must not be forgotten.
    """
    tested, memory = portions.test, portions.memory
    return Outcome(
        fitted,
        calibration,
        portions,
        parameter_count,
        accuracy(network, tested) if len(tested) else None,
        tuple(_mistakes(network, tested if len(tested) else portions.validation)),
        None if memory is None or before is None else (before, accuracy(network, memory.test)),
    )


def few_pictures(data: Dataset) -> list[tuple[str, int]]:
    """(class, number of pictures) of the classes with fewer than 20: too few to learn from."""
    counts = np.bincount(data.labels[data.labels >= 0], minlength=len(data.classes))
    return [(name, int(n)) for name, n in zip(data.classes, counts, strict=True) if n < FEW]


def accuracy(network: Sequential, data: Dataset) -> float:
    """The share of the labelled images that are read right."""
    known = data.labels >= 0
    return float(np.mean(_read(network, data)[known] == data.labels[known]))


def _read(network: Sequential, data: Dataset) -> NDArray[np.intp]:
    """The likeliest class of each image; an output for junk is none."""
    read: NDArray[np.intp] = outputs(network, data.images)[:, : len(data.classes)].argmax(axis=1)
    return read


def _mistakes(network: Sequential, data: Dataset) -> list[tuple[str, str, str]]:
    read, names = _read(network, data), data.classes
    wrong = np.flatnonzero((read != data.labels) & (data.labels >= 0))
    return [(data.name(int(i)), names[data.labels[i]], names[read[i]]) for i in wrong]
