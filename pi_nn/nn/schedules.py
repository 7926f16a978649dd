"""Learning rates over time: each function gives a schedule, ``schedule(step) -> rate``, steps from 0."""

from __future__ import annotations

from collections.abc import Callable
from math import cos, pi

from pi_nn.errors import NetworkError

Schedule = Callable[[int], float]


def constant(rate: float) -> Schedule:
    """Always ``rate``."""
    return lambda step: rate


def step_decay(rate: float, every: int, factor: float = 0.1) -> Schedule:
    """``rate``, multiplied by ``factor`` after each ``every`` steps."""
    _positive(every=every)
    return lambda step: rate * float(factor ** (step // every))


def cosine(rate: float, steps: int, final: float = 0.0) -> Schedule:
    """From ``rate`` to ``final`` along half a cosine in ``steps`` steps (Loshchilov and Hutter 2017)."""
    _positive(steps=steps)
    return lambda step: _between(rate, final, step / steps)


def one_cycle(
    peak: float, steps: int, warm: float = 0.3, start: float = 1 / 25, final: float = 1e-5
) -> Schedule:
    """Up from ``start * peak`` to ``peak`` in the first ``warm`` of the steps, then down to ``final * peak``.

    Both along half a cosine (Smith and Topin 2018).
    """
    _positive(steps=steps)
    if not 0 < warm < 1:
        raise NetworkError(f"warm is {warm}, expected a share of the steps, 0 < warm < 1")
    turn = warm * steps

    def schedule(step: int) -> float:
        if step < turn:
            return _between(start * peak, peak, step / turn)
        return _between(peak, final * peak, (step - turn) / (steps - turn))

    return schedule


def warm_up(schedule: Schedule, steps: int) -> Schedule:
    """``schedule``, whose first ``steps`` rates are scaled up evenly from 1 / (steps + 1)."""
    return lambda step: schedule(step) * min(1.0, (step + 1) / (steps + 1))


def _between(first: float, last: float, share: float) -> float:
    share = min(max(share, 0.0), 1.0)
    return last + (first - last) * (1 + cos(pi * share)) / 2


def _positive(**numbers: int) -> None:
    for name, number in numbers.items():
        if number < 1:
            raise NetworkError(f"{name} is {number}, expected at least 1")
