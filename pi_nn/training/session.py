"""A whole training, from the name of the data to the weights file: what ``pi-nn train`` does."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import MappingProxyType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pi_nn.errors import ConfigError
from pi_nn.nn import Network, Sequential, build_network, fold, load_network
from pi_nn.training.batches import plain
from pi_nn.training.datasets import Dataset, Progress, silent
from pi_nn.training.fit import Fitted, Watch, fit
from pi_nn.training.plots import save_learning_curve
from pi_nn.training.portions import Portions, divide
from pi_nn.training.recipe import Recipe
from pi_nn.training.result import Calibration, calibrate, outputs, save_result
from pi_nn.training.switches import Switches
from pi_nn.training.transfer import new_head, split_head

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
# A last layer alone has so few weights that what keeps a whole network from learning by heart only slows it.
_HEAD = replace(_TRANSFER, weight_decay=0.0, label_smoothing=0.0, average=0.0)
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
        usual = DEFAULTS.get(self.network, (dense, ""))[0]
        if self.init_from:
            usual = _HEAD if self.freeze else _TRANSFER
        return replace(usual, **self.options)

    def switches(self) -> Switches:
        usual = "none" if self.init_from else DEFAULTS.get(self.network, (_DENSE, "none"))[1]
        return Switches.parse(usual if self.augment is None else self.augment)


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


def run(plan: Plan, *, watch: Watch | None = None, progress: Progress = silent) -> Outcome:
    """Train, calibrate, and write the weights, the checkpoint and the learning curve.

    Raises :class:`ConfigError`, :class:`DataError`, :class:`DivergenceError`, and the errors of the weights.
    """
    recipe, switches = plan.recipe(), plan.switches()
    _check(plan, switches)
    base = load_network(plan.init_from) if plan.init_from else None
    portions = divide(plan.data, base, plan.freeze, progress)
    memory, train, validation = portions.memory, portions.to_learn(), portions.to_choose()
    no_digits = switches.junk or (memory is not None and base is not None and base.has_junk)
    network = _network(plan, base, portions.data.classes, no_digits, recipe.seed)
    trained = split_head(network)[1] if plan.freeze else network
    before = accuracy(trained, memory.test) if memory else 0.0
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
    folded = fold(trained)
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
        calibration=calibrate(folded, portions.to_calibrate()),
    )
    tested = portions.test if len(portions.test) else portions.validation
    return Outcome(
        fitted,
        calibration,
        portions,
        network.parameter_count,
        accuracy(folded, portions.test) if len(portions.test) else None,
        tuple(_mistakes(folded, tested)),
        (before, accuracy(folded, memory.test)) if memory else None,
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
