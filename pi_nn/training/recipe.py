"""How a network is trained, in one frozen value that a checkpoint and a training record can hold."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from types import MappingProxyType
from typing import Any

from pi_nn.errors import ConfigError
from pi_nn.nn.losses import Loss, SoftmaxCrossEntropy, SquaredError
from pi_nn.nn.optimizers import SGD, Adadelta, Adagrad, Adam, AdamW, Optimizer, RMSprop
from pi_nn.nn.parameter import Parameter
from pi_nn.nn.schedules import Schedule, constant, cosine, one_cycle, step_decay, warm_up


@dataclass(frozen=True, slots=True)
class Recipe:
    """The numbers of a training run.

    ``average`` is the decay of the moving average of the weights (0: none), ``clip`` the largest joint norm
    of the gradients (0: no limit), ``warm_up`` the share of all steps over which the rate rises, ``workers``
    the threads that share each batch: another number rounds differently, so it belongs to the recipe.
    ``keep`` says which epoch's weights stay, by the validation images: the highest ``accuracy``, or the
    lowest ``loss``, which tells epochs apart that differ by a digit or two of thousands.
    """

    epochs: int = 20
    batch_size: int = 64
    learning_rate: float = 1e-3
    optimizer: str = "adam"
    schedule: str = "one-cycle"
    warm_up: float = 0.0
    momentum: float = 0.9
    weight_decay: float = 0.0
    loss: str = "cross-entropy"
    label_smoothing: float = 0.0
    average: float = 0.0
    clip: float = 0.0
    seed: int = 0
    workers: int = 2
    keep: str = "accuracy"

    def __post_init__(self) -> None:
        for name, (low, high) in RANGES.items():
            value = getattr(self, name)
            if not low <= value <= high:
                raise ConfigError(f"{name.replace('_', '-')} is {value}, expected {low} to {high}")
        for name, known in (
            ("optimizer", OPTIMIZERS),
            ("schedule", SCHEDULES),
            ("loss", LOSSES),
            ("keep", KEEP),
        ):
            if getattr(self, name) not in known:
                raise ConfigError(f"{name} is {getattr(self, name)!r}, expected one of {', '.join(known)}")

    def to_json(self) -> dict[str, Any]:
        return asdict(self)

    def make_optimizer(self, parameters: list[Parameter]) -> Optimizer:
        return OPTIMIZERS[self.optimizer](parameters, self)

    def make_schedule(self, steps_an_epoch: int) -> Schedule:
        steps = self.epochs * steps_an_epoch
        schedule = SCHEDULES[self.schedule](self.learning_rate, steps)
        return warm_up(schedule, round(self.warm_up * steps)) if self.warm_up else schedule

    def make_loss(self) -> Loss:
        return LOSSES[self.loss](self)


KEEP = ("accuracy", "loss")

RANGES: Mapping[str, tuple[float, float]] = MappingProxyType(
    {
        "epochs": (1, 100_000),
        "batch_size": (1, 1_000_000),
        "learning_rate": (0, 1000),
        "warm_up": (0, 1),
        "momentum": (0, 0.9999),
        "weight_decay": (0, 10),
        "label_smoothing": (0, 0.9),
        "average": (0, 0.999999),
        "clip": (0, 1e6),
        "seed": (0, 2**63),
        "workers": (1, 64),
    }
)

OPTIMIZERS: Mapping[str, Callable[[list[Parameter], Recipe], Optimizer]] = MappingProxyType(
    {
        "sgd": lambda p, r: SGD(p, r.learning_rate, weight_decay=r.weight_decay),
        "momentum": lambda p, r: SGD(p, r.learning_rate, r.momentum, weight_decay=r.weight_decay),
        "nesterov": lambda p, r: SGD(p, r.learning_rate, r.momentum, True, r.weight_decay),
        "adagrad": lambda p, r: Adagrad(p, r.learning_rate, r.weight_decay),
        "adadelta": lambda p, r: Adadelta(p, r.learning_rate, weight_decay=r.weight_decay),
        "rmsprop": lambda p, r: RMSprop(p, r.learning_rate, weight_decay=r.weight_decay),
        "adam": lambda p, r: Adam(p, r.learning_rate, weight_decay=r.weight_decay),
        "adamw": lambda p, r: AdamW(p, r.learning_rate, weight_decay=r.weight_decay),
    }
)

SCHEDULES: Mapping[str, Callable[[float, int], Schedule]] = MappingProxyType(
    {
        "constant": lambda rate, steps: constant(rate),
        # Three plateaus, each a tenth of the one before.
        "step": lambda rate, steps: step_decay(rate, -(-steps // 3)),
        "cosine": cosine,
        "one-cycle": one_cycle,
    }
)

LOSSES: Mapping[str, Callable[[Recipe], Loss]] = MappingProxyType(
    {
        "cross-entropy": lambda r: SoftmaxCrossEntropy(r.label_smoothing),
        **dict.fromkeys(SquaredError.KINDS, lambda r: SquaredError(r.loss)),
    }
)
