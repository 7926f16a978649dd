"""The last verb of training, step, shared by threads: each changes its own part of the weights."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from functools import partial

import numpy as np

from pi_nn.errors import NetworkError
from pi_nn.nn import MovingAverage, Optimizer, Parameter, Sequential
from pi_nn.nn.workspace import Array
from pi_nn.training.recipe import Recipe

# Fewer weights than this stay in one core's cache, where one thread is as fast as two.
SMALLEST_PART = 200_000

Runner = Callable[[Sequence[Callable[[], None]]], object]


class Slice(Parameter):
    """A run of a parameter's memory: flat views of its value and its gradient."""

    __slots__ = ("_view",)

    def __init__(self, whole: Parameter, start: int, stop: int) -> None:
        super().__init__(f"{whole.name}[{start}:{stop}]", _flat(whole.value)[start:stop], decay=whole.decay)
        self._view = _flat(whole.grad)[start:stop]

    @property
    def grad(self) -> Array:
        return self._view


def _flat(array: Array) -> Array:
    """The array's memory as one dimension, in whatever order it lies there."""
    flat = array.ravel(order="K")
    assert np.shares_memory(flat, array), "a parameter lies in memory with gaps"
    return flat


def parts(parameters: Sequence[Parameter], count: int) -> list[list[Parameter]]:
    """The parameters in up to ``count`` lists of about equal size; large ones are cut where needed."""
    total = sum(p.value.size for p in parameters)
    count = max(1, min(count, total // SMALLEST_PART))
    if count == 1:
        return [list(parameters)]
    cuts = [total * k // count for k in range(count + 1)]
    result: list[list[Parameter]] = [[] for _ in range(count)]
    start = 0
    for parameter in parameters:
        stop = start + parameter.value.size
        for k in range(count):
            first, last = max(start, cuts[k]), min(stop, cuts[k + 1])
            if first < last:
                result[k].append(Slice(parameter, first - start, last - start))
        start = stop
    return result


class Steps:
    """Optimiser and moving average of a network, in parts that ``run`` works through side by side.

    The arithmetic is done weight by weight, so the parts change nothing in the result.
    """

    def __init__(self, network: Sequential, recipe: Recipe, run: Runner) -> None:
        self._run = run
        split = parts(network.parameters(), recipe.workers)
        self._optimizers = [recipe.make_optimizer(part) for part in split]
        buffers = list(network.buffers().values())
        # A decay of 0 would only copy the weights about.
        self._averages = [
            MovingAverage(part, recipe.average, buffers if k == 0 else ())
            for k, part in enumerate(split if recipe.average else [])
        ]

    def step(self, rate: float) -> None:
        """Change the weights by their gradients, and take them into the average."""

        def one(k: int) -> None:
            self._optimizers[k].step(rate)
            if self._averages:
                self._averages[k].update()

        self._run([partial(one, k) for k in range(len(self._optimizers))])

    @contextmanager
    def averaged(self) -> Iterator[None]:
        """Within this context the network holds the averaged weights, if there are any."""
        with ExitStack() as stack:
            for average in self._averages:
                stack.enter_context(average.applied())
            yield

    def state(self) -> dict[str, Array]:
        """Copies of all that the next step depends on, by name."""
        return {f"{name}/{key}": array for name, held in self._held() for key, array in held.state().items()}

    def load_state(self, state: Mapping[str, Array]) -> None:
        """Take over ``state()``. Raises :class:`NetworkError` for another network's or recipe's."""
        for name, held in self._held():
            prefix = f"{name}/"
            mine = {key.removeprefix(prefix): state[key] for key in state if key.startswith(prefix)}
            if not mine:
                raise NetworkError(f"the state has no {name}; it belongs to another recipe")
            held.load_state(mine)

    def _held(self) -> Iterator[tuple[str, Optimizer | MovingAverage]]:
        for k, optimizer in enumerate(self._optimizers):
            yield f"optimizer.{k}", optimizer
        for k, average in enumerate(self._averages):
            yield f"average.{k}", average
