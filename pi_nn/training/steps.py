"""The last verb of training, step: optimiser and moving average together.

One thread does it. Shared by two it took longer, as the hand-over and each wait for the other's hold on the
interpreter cost what they saved.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from pi_nn.errors import NetworkError
from pi_nn.nn import MovingAverage, Optimizer, Sequential
from pi_nn.nn.workspace import Array
from pi_nn.training.recipe import Recipe


class Steps:
    """What changes a network's weights by their gradients, as the recipe says."""

    def __init__(self, network: Sequential, recipe: Recipe) -> None:
        self._optimizer = recipe.make_optimizer(network.parameters())
        buffers = network.buffers().values()
        # A decay of 0 would only copy the weights about.
        self._average = (
            MovingAverage(network.parameters(), recipe.average, buffers) if recipe.average else None
        )

    def step(self, rate: float) -> None:
        """Change the weights by their gradients, and take them into the average."""
        self._optimizer.step(rate)
        if self._average:
            self._average.update()

    @contextmanager
    def averaged(self) -> Iterator[None]:
        """Within this context the network holds the averaged weights, if there are any."""
        if self._average is None:
            yield
            return
        with self._average.applied():
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
        yield "optimizer.0", self._optimizer
        if self._average:
            yield "average.0", self._average
