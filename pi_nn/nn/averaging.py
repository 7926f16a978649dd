"""The exponential moving average of weights (Polyak and Juditsky 1992)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager

import numpy as np

from pi_nn.errors import NetworkError
from pi_nn.nn.parameter import Parameter
from pi_nn.nn.workspace import Array


class MovingAverage:
    """``average = d * average + (1 - d) * value`` after each step, d = min(decay, (1 + n) / (10 + n)).

    The smaller d of the first steps n forgets the random start. ``buffers`` (the running statistics of
    BatchNorm) are averaged too: they belong to the averaged weights.
    """

    def __init__(
        self, parameters: Iterable[Parameter], decay: float = 0.999, buffers: Iterable[Array] = ()
    ) -> None:
        if not 0 <= decay < 1:
            raise NetworkError(f"decay of the moving average is {decay}, expected 0 <= decay < 1")
        self.decay = decay
        self.updates = 0
        self._live = [p.value for p in parameters] + list(buffers)
        self._average = [a.copy(order="K") for a in self._live]
        self._scratch = [np.empty_like(a) for a in self._live]

    def update(self) -> None:
        """Take in the present weights; call it after each optimiser step."""
        decay = min(self.decay, (1 + self.updates) / (10 + self.updates))
        self.updates += 1
        for average, live, scratch in zip(self._average, self._live, self._scratch, strict=True):
            np.subtract(live, average, out=scratch)
            scratch *= 1 - decay
            average += scratch

    @contextmanager
    def applied(self) -> Iterator[None]:
        """Within this context the network holds the averaged weights; afterwards its own again."""
        self._swap()
        try:
            yield
        finally:
            self._swap()

    def _swap(self) -> None:
        for average, live, scratch in zip(self._average, self._live, self._scratch, strict=True):
            scratch[...] = live
            live[...] = average
            average[...] = scratch

    def state(self) -> dict[str, Array]:
        """Copies of the averages and the number of updates."""
        named = {f"average.{n}": np.array(a, order="C") for n, a in enumerate(self._average)}
        return named | {"updates": np.array(self.updates)}

    def load_state(self, state: Mapping[str, Array]) -> None:
        """Take over ``state()``. Raises :class:`NetworkError` for another network's."""
        mine = self.state()
        if set(mine) != set(state) or any(mine[name].shape != state[name].shape for name in mine):
            raise NetworkError("the state of the moving average does not belong to this network")
        self.updates = int(state["updates"])
        for number, average in enumerate(self._average):
            average[...] = state[f"average.{number}"]
