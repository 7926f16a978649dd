"""How good a network is on images that it has not seen."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pi_nn.errors import DataError
from pi_nn.nn import Network
from pi_nn.training.batches import as_input
from pi_nn.training.datasets import NO_DIGIT, Dataset

CHUNK = 256


@dataclass(frozen=True, eq=False)
class Evaluation:
    """Every image's answer. Arrays have one entry an image; labels are classes of the network, or -1."""

    network: Network
    data: Dataset
    labels: NDArray[np.int64]
    predicted: NDArray[np.int64]
    confidence: NDArray[np.float32]
    accepted: NDArray[np.bool_]
    missed: tuple[int, ...]

    @property
    def n(self) -> int:
        """All images, those in which no digit was found among them."""
        return len(self.data) + len(self.missed)

    @cached_property
    def labelled(self) -> NDArray[np.bool_]:
        return np.not_equal(self.labels, NO_DIGIT)

    @cached_property
    def wrong(self) -> NDArray[np.bool_]:
        """Images of a digit that were read as another one."""
        return np.logical_and(self.labelled, np.not_equal(self.predicted, self.labels))

    @cached_property
    def confusion(self) -> NDArray[np.int64]:
        """(K, K): how often a true class (row) was read as each class (column)."""
        k = len(self.network.classes)
        pairs = self.labels[self.labelled] * k + self.predicted[self.labelled]
        return np.bincount(pairs, minlength=k * k).reshape(k, k)

    @cached_property
    def recall(self) -> list[float | None]:
        """The share of each class that was read right; ``None`` for a class without images."""
        missed = np.bincount(np.array(self.missed, int), minlength=len(self.confusion))
        total = self.confusion.sum(axis=1) + missed
        return [_share(right, of) for right, of in zip(self.confusion.diagonal(), total, strict=True)]

    @property
    def accuracy(self) -> float | None:
        """The share of the digits that was read right; ``None`` when there are no labels."""
        digits = int(self.labelled.sum())
        return _share(digits - int(self.wrong.sum()), digits + len(self.missed))

    @property
    def accepted_accuracy(self) -> float | None:
        """The same of those that were accepted."""
        believed = self.accepted & self.labelled
        return _share(int((believed & ~self.wrong).sum()), int(believed.sum()))

    def mistakes(self) -> NDArray[np.intp]:
        """Indices of the wrong ones, the surest first."""
        found = np.flatnonzero(self.wrong)
        return found[np.argsort(-self.confidence[found], kind="stable")]

    def to_json(self) -> dict[str, Any]:
        """The object of ``pi-nn evaluate --json``."""
        return {
            "n": self.n,
            "errors": int(self.wrong.sum()),
            "missed": len(self.missed),
            "accuracy": self.accuracy,
            "classes": list(self.network.classes),
            "confusion": self.confusion.tolist(),
            "recall": self.recall,
            "coverage": _share(int(self.accepted.sum()), self.n),
            "accepted_accuracy": self.accepted_accuracy,
            "model": {"name": self.network.name, "sha256": self.network.sha256},
        }


def _share(part: int, whole: int) -> float | None:
    return float(part / whole) if whole else None


def evaluate(network: Network, data: Dataset) -> Evaluation:
    """Read every image. Raises :class:`DataError` for a class that the network does not know."""
    to_network = _class_map(network, data)
    parts = range(0, len(data), CHUNK)
    scored = [network.scores(as_input(data.images[i : i + CHUNK], (28, 28))) for i in parts]
    k = len(network.classes)
    p = np.concatenate([part for part, _ in scored]) if scored else np.zeros((0, k), np.float32)
    junk = np.concatenate([part for _, part in scored]) if scored else np.zeros(0, np.float32)
    chances = np.sort(p * (1 - junk[:, None]), axis=1)
    confidence, margin = chances[:, -1], chances[:, -1] - chances[:, -2]
    limits = network.thresholds
    # The rule of pi_nn.reader, for all images at once.
    accepted = (confidence >= limits.confidence) & (margin >= limits.margin) & (junk <= limits.junk)
    return Evaluation(
        network,
        data,
        to_network[data.labels],
        p.argmax(axis=1),
        confidence,
        accepted,
        tuple(int(to_network[label]) for _, label in data.missed),
    )


def _class_map(network: Network, data: Dataset) -> NDArray[np.int64]:
    """For each class of the data its index in the network; the last entry, reached by -1, stays -1."""
    used = {int(label) for label in np.unique(data.labels)} | {label for _, label in data.missed}
    strangers = [c for i, c in enumerate(data.classes) if c not in network.classes and i in used]
    if strangers:
        raise DataError(
            f"the data have classes {', '.join(strangers[:5])}, which {network.name} does not know; "
            f"expected some of {', '.join(network.classes)}"
        )
    known = [network.classes.index(c) if c in network.classes else NO_DIGIT for c in data.classes]
    return np.array([*known, NO_DIGIT], np.int64)
