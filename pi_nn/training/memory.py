"""What a network has learnt before, learnt again beside a user's own digits, so that it is not forgotten.

Taught a few new things alone, a network forgets the old ones (McCloskey and Cohen 1989, "Catastrophic
interference in connectionist networks"). So a network of the ten digits is shown MNIST's again, and, where
it knows what is no digit, pictures of that.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TypeVar

import numpy as np

from pi_nn.nn import Network
from pi_nn.training.datasets import NO_DIGIT, Dataset, load_mnist
from pi_nn.training.datasets.dataset import DIGITS, MNIST_SIZE
from pi_nn.training.junk import junk
from pi_nn.training.mixture import to_bytes, to_floats

D = TypeVar("D", bound=Dataset)

RECALLED, NO_DIGITS = 20_000, 4_000
# Of all that is shown. 60 digits that lean by 40 degrees, most of them misread, are learnt (9 of 12 others)
# and cost MNIST 0.2 points; without a memory 7, and all that was known of what is no digit.
OWN_SHARE = 0.1


@dataclass(frozen=True, slots=True)
class Memory:
    """Parts of MNIST: some of its training images (and what is no digit), the last 5,000, the test images."""

    train: Dataset
    validation: Dataset
    test: Dataset


def needs_memory(base: Network, own: Dataset) -> bool:
    """Whether ``own`` are some more of the ten digits that ``base`` knows, and not MNIST itself."""
    return base.classes == own.classes == DIGITS and len(own) < MNIST_SIZE


def recall(no_digits: bool, work_out: Callable[[str, Callable[[], Dataset]], Dataset]) -> Memory:
    """The parts, each by ``work_out(name, load)``: from a cache, or by ``load()``.

    Raises :class:`pi_nn.errors.DataError` when MNIST is nowhere to be had.
    """
    taught = f"{RECALLED} of MNIST, {NO_DIGITS if no_digits else 0} of no digit"
    return Memory(
        work_out(taught, lambda: _training_images(no_digits)),
        work_out("MNIST's last 5,000", lambda: load_mnist("train").split()[1]),
        work_out("MNIST's test images", lambda: load_mnist("test")),
    )


def _training_images(no_digits: bool) -> Dataset:
    known, rng = load_mnist("train").split()[0], np.random.default_rng(0)
    known = known.take(rng.permutation(len(known))[:RECALLED])
    if not no_digits:
        return known
    trash = to_bytes(junk(NO_DIGITS, to_floats(known.images[:NO_DIGITS]), rng))
    return joined(known, replace(known, images=trash, labels=np.full(len(trash), NO_DIGIT)))


def joined(*parts: D) -> D:
    """All as one set, without their names."""
    images, labels = (np.concatenate([getattr(p, what) for p in parts]) for what in ("images", "labels"))
    return replace(parts[-1], images=images, labels=labels, names=(), missed=())


def beside(own: D, known: D) -> D:
    """Both as one set, ``own`` repeated until it is a tenth of it."""
    times = max(1, round(OWN_SHARE / (1 - OWN_SHARE) * len(known) / len(own)))
    return joined(*[own] * times, known)
