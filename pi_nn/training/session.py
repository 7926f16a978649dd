"""A whole training, from the name of the data to the weights file: what ``pi-nn train`` does."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import MappingProxyType
from typing import Any

import numpy as np

from pi_nn.errors import ConfigError
from pi_nn.nn import Network, Sequential, build_network, fold, load_network
from pi_nn.training.batches import plain
from pi_nn.training.datasets import Dataset, Progress, load_data, silent
from pi_nn.training.datasets.idx import is_idx_folder
from pi_nn.training.datasets.mnist import cache_folder
from pi_nn.training.fit import Fitted, Watch, fit
from pi_nn.training.plots import save_learning_curve
from pi_nn.training.recipe import Recipe
from pi_nn.training.result import Calibration, calibrate, outputs, save_result
from pi_nn.training.switches import Switches
from pi_nn.training.transfer import cached_features, folder_digest, new_head, split_head

FEW = 20

_DENSE = Recipe(
    epochs=20,
    batch_size=64,
    learning_rate=2e-3,
    optimizer="adamw",
    weight_decay=0.05,
    label_smoothing=0.05,
    average=0.999,
)
# Bent pictures are new in every epoch: more of these, and less of what else keeps from learning by heart.
_DENSE_AUGMENTED = replace(
    _DENSE, epochs=60, batch_size=128, learning_rate=4e-3, weight_decay=0.02, label_smoothing=0.02
)
_IMAGE = replace(_DENSE, batch_size=128, learning_rate=4e-3)
_TRANSFER = replace(_DENSE, epochs=30, learning_rate=1e-3)
DEFAULTS: Mapping[str, tuple[Recipe, str]] = MappingProxyType(
    {"cnn": (_IMAGE, "gentle"), "tiny": (_IMAGE, "gentle")}
)


@dataclass(frozen=True, slots=True)
class Plan:
    """What is asked for. ``options`` are those of the recipe that were given; the rest has defaults."""

    out: Path
    network: str = "mlp"
    data: str = "mnist"
    augment: str | None = None
    init_from: str | None = None
    freeze: bool = False
    resume: bool = False
    options: Mapping[str, Any] = field(default_factory=dict)
    command: Sequence[str] = ()

    @property
    def checkpoint(self) -> Path:
        return self.out.with_name(f"{self.out.stem}.checkpoint.npz")

    @property
    def curve(self) -> Path:
        return self.out.with_suffix(".png")

    def recipe(self) -> Recipe:
        dense = _DENSE_AUGMENTED if self.switches().on else _DENSE
        usual = _TRANSFER if self.init_from else DEFAULTS.get(self.network, (dense, ""))[0]
        return replace(usual, **self.options)

    def switches(self) -> Switches:
        usual = "none" if self.init_from else DEFAULTS.get(self.network, (_DENSE, "none"))[1]
        return Switches.parse(usual if self.augment is None else self.augment)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of it. ``mistakes`` are (name, true, read as) of the validation pictures read wrong;
    ``missed`` (name, label) of the pictures without a digit; ``from_cache`` that features were at hand."""

    fitted: Fitted
    calibration: Calibration
    train: Dataset
    validation: Dataset
    parameter_count: int
    mistakes: tuple[tuple[str, str, str], ...]
    missed: tuple[tuple[str, int], ...]
    from_cache: bool


def run(plan: Plan, *, watch: Watch | None = None, progress: Progress = silent) -> Outcome:
    """Train, calibrate, and write the weights, the checkpoint and the learning curve.

    Raises :class:`ConfigError`, :class:`DataError`, :class:`DivergenceError`, and the errors of the weights.
    """
    recipe, switches = plan.recipe(), plan.switches()
    _check(plan, switches)
    base = load_network(plan.init_from) if plan.init_from else None
    if base is not None and plan.freeze:
        data, from_cache = _features(base, plan, progress)
    else:
        data, from_cache = load_data(plan.data, "train", progress=progress), False
    train, validation = data.split()
    network = _network(plan, base, data.classes, switches.junk, recipe.seed)
    trained = split_head(network)[1] if plan.freeze else network
    fitted = fit(
        trained,
        train,
        validation,
        recipe,
        augment=switches.make(train, recipe.seed) if switches.on else plain,
        augmentation=str(switches),
        checkpoint=plan.checkpoint,
        resume=plan.resume,
        watch=watch,
    )
    save_learning_curve(fitted.history, plan.curve)
    calibration = save_result(
        plan.out,
        network,
        fitted,
        recipe,
        train,
        validation,
        command=plan.command,
        source=plan.data,
        augmentation=str(switches),
        calibration=calibrate(fold(trained), validation),
    )
    mistakes = tuple(_mistakes(trained, validation))
    return Outcome(
        fitted, calibration, train, validation, network.parameter_count, mistakes, data.missed, from_cache
    )


def _check(plan: Plan, switches: Switches) -> None:
    if not plan.out.parent.is_dir():
        raise ConfigError(f"{plan.out}: the folder {plan.out.parent} does not exist; make it first")
    if plan.out.suffix != ".npz":
        raise ConfigError(f"{plan.out}: the weights file's name must end in .npz")
    if plan.freeze and plan.init_from is None:
        raise ConfigError("--freeze features needs --init-from: a network whose features are kept")
    if plan.freeze and switches.on:
        raise ConfigError("--freeze features works each picture out once and so takes no --augment")


def _network(plan: Plan, base: Network | None, classes: tuple[str, ...], junk: bool, seed: int) -> Sequential:
    rng = np.random.default_rng((seed, 0))
    if base is None:
        return build_network(plan.network, classes=len(classes), junk=junk, rng=rng)
    return new_head(base, classes, junk, rng)


def _features(base: Network, plan: Plan, progress: Progress) -> tuple[Dataset, bool]:
    """The frozen layers' outputs, from the cache where they were worked out before."""
    body, _ = split_head(base.sequential())
    cache = cache_folder(os.environ) / "features"
    path = Path(plan.data)
    if path.is_dir() and not is_idx_folder(path):
        from pi_nn.training.datasets.folder import list_pictures, load_folder

        digest = folder_digest(list_pictures(path)[1])
        return cached_features(body, base.sha256, digest, lambda: load_folder(path, progress), cache)
    data = load_data(plan.data, "train", progress=progress)
    return cached_features(body, base.sha256, data.sha256, lambda: data, cache)


def few_pictures(data: Dataset) -> list[tuple[str, int]]:
    """(class, number of pictures) of the classes with fewer than 20: too few to learn from."""
    counts = np.bincount(data.labels[data.labels >= 0], minlength=len(data.classes))
    return [(name, int(n)) for name, n in zip(data.classes, counts, strict=True) if n < FEW]


def _mistakes(network: Sequential, validation: Dataset) -> list[tuple[str, str, str]]:
    k = len(validation.classes)
    read = outputs(network, validation.images)[:, :k].argmax(axis=1)
    wrong = np.flatnonzero((read != validation.labels) & (validation.labels >= 0))
    names = validation.classes
    return [(validation.name(int(i)), names[validation.labels[i]], names[read[i]]) for i in wrong]
