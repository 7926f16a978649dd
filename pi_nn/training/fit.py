"""The training loop: forward, loss, loss gradient, backward, step, and what makes it survive.

The first four verbs stand in :class:`pi_nn.training.team.Team`, because threads share them.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from pi_nn.errors import DivergenceError
from pi_nn.nn import Linear, Sequential, SoftmaxCrossEntropy, clip_gradients
from pi_nn.nn.products import REFERENCE_BLAS
from pi_nn.training.batches import Augment, Batches, as_targets, check_labels, plain
from pi_nn.training.checkpoint import Checkpoint, State
from pi_nn.training.datasets import Dataset
from pi_nn.training.recipe import Recipe
from pi_nn.training.steps import Steps
from pi_nn.training.team import SMALLEST_SHARE, Team

# A batch with this many times the loss of guessing, ln K, has run away.
RUNAWAY = 20.0
# An epoch with this many times the loss that training began with, after which the network guesses
# (GUESSING * ln K or more), has killed its units, though every number is finite.
WORSE, GUESSING = 1.3, 0.98


@dataclass(frozen=True, slots=True)
class Epoch:
    """What one pass over the training images came to. ``number`` counts from 1, losses are means."""

    number: int
    loss: float
    validation_loss: float
    validation_accuracy: float
    learning_rate: float
    seconds: float

    def rank(self, keep: str = "accuracy") -> tuple[float, float]:
        """Better epochs have a higher one, see :class:`Recipe`; between equals the other figure decides."""
        figures = self.validation_accuracy, -self.validation_loss
        return figures if keep == "accuracy" else figures[::-1]


@dataclass(frozen=True, slots=True)
class Watch:
    """Who looks on: ``step(epoch, batches done, of how many, loss)`` and ``epoch(result, best so far)``."""

    step: Callable[[int, int, int, float], None] = lambda epoch, done, total, loss: None
    epoch: Callable[[Epoch, bool], None] = lambda result, best: None


@dataclass(frozen=True, slots=True)
class Fitted:
    """The network holds the weights of ``best`` now. ``interrupted``: ctrl-C came before the last epoch."""

    history: tuple[Epoch, ...]
    best: Epoch
    interrupted: bool

    @property
    def seconds(self) -> float:
        return sum(epoch.seconds for epoch in self.history)


def fit(
    network: Sequential,
    train: Dataset,
    validation: Dataset,
    recipe: Recipe,
    *,
    augment: Augment = plain,
    augmentation: str = "none",
    checkpoint: Path | None = None,
    resume: bool = False,
    watch: Watch | None = None,
    clock: Callable[[], float] = time.monotonic,
) -> Fitted:
    """Train ``network`` in place and leave it with the weights of its best epoch (averaged, if asked for).

    ``augment`` changes each batch, on a thread of its own (see :data:`pi_nn.training.batches.Augment`);
    ``augmentation`` is its name. A ``checkpoint`` is written after each epoch; ``resume`` goes on from it,
    to the same bits on the same machine with the same BLAS threads. Ctrl-C ends training early once an
    epoch is complete, before that it is raised.

    Raises :class:`DivergenceError`, :class:`DataError` for labels or a checkpoint that do not fit.
    """
    check_labels(train, network.output_shape[0])
    check_labels(validation, network.output_shape[0])
    run = _Run(network, train, validation, recipe, augment, augmentation, checkpoint, watch or Watch(), clock)
    with run.team:
        if resume:
            run.resume()
        interrupted = False
        try:
            while len(run.history) < recipe.epochs:
                run.epoch()
        except KeyboardInterrupt:
            if not run.history:
                raise
            interrupted = True
    best = max(run.history, key=lambda epoch: epoch.rank(recipe.keep))
    network.load_state(run.best)
    return Fitted(tuple(run.history), best, interrupted)


class _Run:
    """The state of one training between two epochs."""

    def __init__(
        self,
        network: Sequential,
        train: Dataset,
        validation: Dataset,
        recipe: Recipe,
        augment: Augment,
        augmentation: str,
        checkpoint: Path | None,
        watch: Watch,
        clock: Callable[[], float],
    ) -> None:
        self.network, self.validation, self.recipe = network, validation, recipe
        self.augmentation = augmentation
        self.checkpoint, self.watch, self.clock = checkpoint, watch, clock
        outputs = network.output_shape[0]
        self.batches = Batches(
            train,
            recipe.batch_size,
            recipe.seed,
            network.input_shape,
            outputs,
            augment,
            # BatchNorm cannot learn from one image.
            together=SMALLEST_SHARE if network.buffers() else 1,
            # Where multiplications are dear it pays to look which pixels are blank.
            as_bytes=REFERENCE_BLAS
            and isinstance(network.layers[0], Linear)
            and train.images.dtype == np.uint8,
        )
        self.team = Team(network, recipe.make_loss(), recipe.workers)
        self.parameters = network.parameters()
        self.steps = Steps(network, recipe)
        self.schedule = recipe.make_schedule(len(self.batches))
        self.best: State = {}
        self.history: list[Epoch] = []
        self.begun = math.inf

    @cached_property
    def identity(self) -> dict[str, Any]:
        """What a checkpoint belongs to; worked out only where there is one."""
        return {
            **self.recipe.to_json(),
            "augmentation": self.augmentation,
            "training data": self.batches.data.sha256,
            "validation data": self.validation.sha256,
            "network": self.network.config(),
        }

    def epoch(self) -> None:
        """One pass over the training images, then a look at the validation images."""
        started = self.clock()
        number = len(self.history)
        loss = self._train(number)
        with self.steps.averaged():
            validation_loss, accuracy = self._validate()
            self._check(validation_loss, number, "on the validation images")
            self._check_collapse(loss, validation_loss)
            rate = self.schedule((number + 1) * len(self.batches) - 1)
            result = Epoch(number + 1, loss, validation_loss, accuracy, rate, self.clock() - started)
            keep = self.recipe.keep
            best = not self.history or result.rank(keep) > max(epoch.rank(keep) for epoch in self.history)
            state = self.network.state() if best else self.best
        # Side by side, so that ctrl-C leaves both or none.
        self.history, self.best = [*self.history, result], state
        self._save()
        self.watch.epoch(result, best)

    def _train(self, epoch: int) -> float:
        total, steps = 0.0, len(self.batches)
        # Without augmentation a batch is made faster than it is handed over.
        helper = ThreadPoolExecutor(1) if self.batches.augment is not plain else None
        try:
            for place, (x, targets) in enumerate(self.batches.epoch(epoch, helper)):
                loss = self.team.gradients(x, targets, (self.recipe.seed, epoch, place))
                self._check(loss, epoch, f"at batch {place + 1}")
                if self.recipe.clip:
                    clip_gradients(self.parameters, self.recipe.clip)
                self.steps.step(self.schedule(epoch * steps + place))
                if not total and not epoch:
                    self.begun = loss
                total += loss
                self.watch.step(epoch + 1, place + 1, steps, loss)
        finally:
            if helper:
                helper.shutdown(wait=True, cancel_futures=True)
        return total / steps

    def _validate(self) -> tuple[float, float]:
        """(mean cross-entropy, accuracy) of the validation images."""
        outputs = self.team.outputs(self.validation.images)
        targets = as_targets(self.validation.labels, outputs.shape[1])
        with np.errstate(over="ignore", invalid="ignore"):
            loss, _ = SoftmaxCrossEntropy()(outputs, targets)
        return loss, float(np.mean(outputs.argmax(axis=1) == targets))

    @property
    def _guessing(self) -> float:
        """The cross-entropy of equal probabilities."""
        return math.log(self.network.output_shape[0])

    def _check(self, loss: float, epoch: int, where: str) -> None:
        by_entropy = self.recipe.loss == "cross-entropy"
        if not math.isfinite(loss) or (by_entropy and loss > RUNAWAY * self._guessing):
            raise self._diverged(epoch, f"the loss is {loss:g} {where}, guessing has {self._guessing:.2f}")

    def _check_collapse(self, loss: float, validation_loss: float) -> None:
        learnt = any(epoch.validation_loss < self._guessing / 2 for epoch in self.history)
        worse = self.recipe.loss == "cross-entropy" and loss > WORSE * max(self.begun, self._guessing)
        if validation_loss > GUESSING * self._guessing and (learnt or worse):
            told = f"after it the network only guesses, its loss is {validation_loss:.2f}"
            raise self._diverged(len(self.history), told)

    def _diverged(self, epoch: int, told: str) -> DivergenceError:
        kept = f"; the epochs before it are in {self.checkpoint}" if self.history and self.checkpoint else ""
        return DivergenceError(
            f"training diverged in epoch {epoch + 1}: {told}. Nothing of it was saved{kept}. "
            f"Lower the learning rate (now {self.recipe.learning_rate:g}), for example to a tenth"
        )

    def _save(self) -> None:
        if self.checkpoint is None:
            return
        parts = {"network": self.network.state(), "steps": self.steps.state(), "best": self.best}
        Checkpoint(self.identity, [asdict(epoch) for epoch in self.history], parts).save(self.checkpoint)

    def resume(self) -> None:
        assert self.checkpoint is not None, "resume needs a checkpoint's path"
        held = Checkpoint.load(self.checkpoint, self.identity)
        self.network.load_state(held.parts["network"])
        self.steps.load_state(held.parts["steps"])
        self.best = held.parts["best"]
        self.history = [Epoch(**epoch) for epoch in held.history]
