"""A whole training, from the name of the data to the weights file: what ``pi-nn train`` does."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import MappingProxyType
from typing import Any

import numpy as np

from pi_nn.errors import ConfigError
from pi_nn.nn import Network, Sequential, build_network, fold, load_network
from pi_nn.training.batches import plain
from pi_nn.training.datasets import Progress, silent
from pi_nn.training.fit import Fitted, Watch, fit
from pi_nn.training.outcome import Outcome, accuracy, judge
from pi_nn.training.plots import save_learning_curve
from pi_nn.training.portions import Portions, divide
from pi_nn.training.recipe import Recipe
from pi_nn.training.result import Calibration, calibrate, save_result
from pi_nn.training.switches import Switches
from pi_nn.training.transfer import new_head, split_head

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
_HEAD = replace(_TRANSFER, learning_rate=3e-3, weight_decay=0.0, label_smoothing=0.0, average=0.0)
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


def run(plan: Plan, *, watch: Watch | None = None, progress: Progress = silent) -> Outcome:
    """Train, calibrate, and write the weights, the checkpoint and the learning curve.

    Raises :class:`ConfigError`, :class:`DataError`, :class:`DivergenceError`, and the errors of the weights.
    """
    _check(plan)
    base = load_network(plan.init_from) if plan.init_from else None
    portions = divide(plan.data, base, plan.freeze, progress)
    network = _network(plan, base, portions)
    trained = split_head(network)[1] if plan.freeze else network
    before = accuracy(trained, portions.memory.test) if portions.memory else None
    fitted = _fit(plan, trained, portions, watch)
    save_learning_curve(fitted.history, plan.curve)
    folded = fold(trained)
    calibration = calibrate(folded, portions.to_calibrate())
    _save(plan, network, fitted, portions, calibration)
    return judge(
        folded, portions, fitted, calibration, parameter_count=network.parameter_count, before=before
    )


def _check(plan: Plan) -> None:
    """Whatever is wrong with the plan, before any work."""
    plan.recipe()
    switches = plan.switches()
    if not plan.out.parent.is_dir():
        raise ConfigError(f"{plan.out}: the folder {plan.out.parent} does not exist; make it first")
    if plan.out.suffix != ".npz":
        raise ConfigError(f"{plan.out}: the weights file's name must end in .npz")
    if plan.freeze and plan.init_from is None:
        raise ConfigError("--freeze features needs --init-from: a network whose features are kept")
    if plan.freeze and switches.on:
        raise ConfigError("--freeze features works each picture out once and so takes no --augment")


def _network(plan: Plan, base: Network | None, portions: Portions) -> Sequential:
    """A fresh one, or ``base`` with a last layer for the data's classes; it still knows what is none."""
    seed, junk, classes = plan.recipe().seed, plan.switches().junk, portions.data.classes
    rng = np.random.default_rng((seed, 0))
    if base is None:
        return build_network(plan.network, classes=len(classes), junk=junk, rng=rng)
    return new_head(base, classes, junk or (portions.memory is not None and base.has_junk), rng)


def _fit(plan: Plan, network: Sequential, portions: Portions, watch: Watch | None) -> Fitted:
    recipe, switches, train = plan.recipe(), plan.switches(), portions.to_learn()
    return fit(
        network,
        train,
        portions.to_choose(),
        recipe,
        augment=switches.make(train, recipe.seed) if switches.on else plain,
        augmentation=str(switches),
        checkpoint=plan.checkpoint,
        resume=plan.resume,
        watch=watch,
    )


def _save(
    plan: Plan, network: Sequential, fitted: Fitted, portions: Portions, calibration: Calibration
) -> None:
    save_result(
        plan.out,
        network,
        fitted,
        plan.recipe(),
        portions.train,
        portions.validation,
        command=plan.command,
        source=f"{plan.data}, beside MNIST" if portions.memory else plan.data,
        augmentation=str(plan.switches()),
        calibration=calibration,
    )
