"""Which pictures teach, which choose the best epoch, and which only test."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from pi_nn.errors import DataError
from pi_nn.nn import Network
from pi_nn.training.datasets import Dataset, Progress, load_data
from pi_nn.training.datasets.idx import is_idx_folder
from pi_nn.training.datasets.mnist import cache_folder
from pi_nn.training.memory import Memory, beside, joined, needs_memory, recall
from pi_nn.training.transfer import cached_features, folder_digest, split_head

# Pictures in an epoch of a network that learns other things.
LEAST = 1_000


@dataclass(frozen=True, slots=True)
class Portions:
    """Every picture of ``data`` is in one of ``train``, ``validation`` and ``test``.

    ``test`` is empty where the data have test images of their own. ``transfer``: the network has learnt
    something before; ``memory`` is what of it must not be forgotten. ``from_cache``: features were at hand.
    """

    data: Dataset
    train: Dataset
    validation: Dataset
    test: Dataset
    transfer: bool = False
    memory: Memory | None = None
    from_cache: bool = False

    def to_learn(self) -> Dataset:
        """The pictures of an epoch; few of them are repeated, for an epoch of one step teaches nothing."""
        if self.memory:
            return beside(self.train, self.memory.train)
        times = -(-LEAST // len(self.train)) if self.transfer else 1
        return joined(*[self.train] * times) if times > 1 else self.train

    def to_choose(self) -> Dataset:
        """What the epochs are compared on: own digits weigh here as much as in training."""
        return beside(self.validation, self.memory.validation) if self.memory else self.validation

    def to_calibrate(self) -> Dataset:
        return joined(self.validation, self.memory.validation) if self.memory else self.validation


def divide(source: str, base: Network | None, freeze: bool, progress: Progress) -> Portions:
    """The data of ``source`` in their portions; as features of ``base`` when all but its head is frozen.

    Raises :class:`pi_nn.errors.DataError`.
    """
    data, from_cache = _load(source, base if freeze else None, progress)
    if len(data.classes) < 2:
        raise DataError(
            f"{source}: the only class is {data.classes[0]}, two or more are needed; corrections of a "
            "network with classes of its own belong into the folders that it was trained on"
        )
    train, validation, test = data.portions(tested_elsewhere=source == "mnist" or is_idx_folder(Path(source)))
    memory = None
    if base is not None and source != "mnist" and needs_memory(base, data):
        memory = recall(base.has_junk, _worked_out(base, progress) if freeze else lambda name, load: load())
    return Portions(data, train, validation, test, base is not None, memory, from_cache)


def _worked_out(base: Network, progress: Progress) -> Callable[[str, Callable[[], Dataset]], Dataset]:
    body, _ = split_head(base.sequential())
    return lambda name, load: cached_features(body, base.sha256, name, load, _cache(), progress)[0]


def _load(source: str, base: Network | None, progress: Progress) -> tuple[Dataset, bool]:
    """The images of ``source``, or what the frozen layers of ``base`` make of them; and if from the cache."""
    if base is None:
        return load_data(source, "train", progress=progress), False
    body, _ = split_head(base.sequential())
    path = Path(source)
    if path.is_dir() and not is_idx_folder(path):
        from pi_nn.training.datasets.folder import list_pictures, load_folder

        digest = folder_digest(list_pictures(path)[1])
        return cached_features(
            body, base.sha256, digest, lambda: load_folder(path, progress), _cache(), progress
        )
    data = load_data(source, "train", progress=progress)
    return cached_features(body, base.sha256, data.sha256, lambda: data, _cache(), progress)


def _cache() -> Path:
    return cache_folder(os.environ) / "features"
