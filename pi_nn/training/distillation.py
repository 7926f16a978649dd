"""Learning from a larger network: G. Hinton, O. Vinyals, J. Dean, "Distilling the knowledge in a neural
network" (2015)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pi_nn.nn import Network
from pi_nn.nn.workspace import Array
from pi_nn.training.batches import Augment, as_targets
from pi_nn.training.warp import Images


@dataclass(frozen=True, slots=True)
class Taught:
    """An `Augment` whose targets are, by ``share``, what ``teacher`` says of each augmented picture.

    The teacher sees the picture as the pupil does, so that what it cannot read itself is not demanded. The
    rest of a target is the true class. The teacher knows junk, as the pupil does.
    """

    augment: Augment
    teacher: Network
    share: float = 0.5

    def __call__(
        self, images: NDArray[np.uint8], labels: NDArray[np.int64], rng: np.random.Generator
    ) -> tuple[Images, Array]:
        """Pictures (M, 28, 28) and soft rows (M, K + 1), each with sum 1, junk last."""
        pictures, targets = self.augment(images, labels, rng)
        digits, junk = self.teacher.scores(pictures)
        told = np.column_stack([digits * (1 - junk[:, None]), junk])
        truth = np.eye(told.shape[1], dtype=np.float32)[as_targets(targets, told.shape[1])]
        return pictures, self.share * told + (1 - self.share) * truth
