"""How a gradient changes the weights. Every step works in place and makes no array."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping
from typing import ClassVar

import numpy as np

from pi_nn.errors import NetworkError
from pi_nn.nn.parameter import Parameter
from pi_nn.nn.runs import LENGTH, Run, places, runs, shaped
from pi_nn.nn.workspace import Array, aligned, aligned_empty

# What an optimiser remembers of a weight without gradients (a pixel that is hardly ever inked) decays until
# its float is "subnormal", on which a processor takes a hundred times longer, and there it stays, for 0.9 of
# the smallest one is rounded up again. So memories too small to matter are set to 0 now and then.
_TINY, _EVERY = 1e-30, 64


class Optimizer(ABC):
    """``step()`` moves each parameter's ``value`` against its ``grad``.

    ``weight_decay`` pulls the parameters marked ``decay`` towards 0: added to the gradient as
    ``weight_decay * value`` (L2), or, where ``decoupled``, ``value -= rate * weight_decay * value``.
    """

    slots: ClassVar[tuple[str, ...]] = ()
    decoupled: ClassVar[bool] = False

    def __init__(
        self, parameters: Iterable[Parameter], learning_rate: float, weight_decay: float = 0.0
    ) -> None:
        self.parameters = list(parameters)
        self.learning_rate = learning_rate
        self.weight_decay = weight_decay
        self.steps = 0
        count = sum(p.value.size for p in self.parameters)
        dtype = self.parameters[0].value.dtype if self.parameters else np.dtype(np.float32)
        self._memory = [aligned(np.zeros(count, dtype)) for _ in self.slots]
        self._scratch = [aligned_empty((min(count, LENGTH),), dtype) for _ in range(2)]
        self._runs = [self._work(run) for run in runs(self.parameters)]

    def _work(self, run: Run) -> tuple[Run, list[Array], Array, Array]:
        """A run, what is remembered of it, and free memory (twice) for it."""
        a, b = (array[: run.place.stop - run.place.start] for array in self._scratch)
        return run, [slot[run.place] for slot in self._memory], a, b

    def step(self, learning_rate: float | None = None) -> None:
        """One update, at ``learning_rate`` where a schedule gives one."""
        rate = self.learning_rate if learning_rate is None else learning_rate
        self.steps += 1
        # Backwards: of the weights the cache then holds those that the next forward reads first.
        for run, memory, a, b in reversed(self._runs):
            gradient = self._pulled(run, a, b, rate) if self.weight_decay else run.gradient(b)
            run.subtract(self._change(gradient, memory, a, b, rate))
        if self.steps % _EVERY == 0:
            self._forget()

    def _pulled(self, run: Run, a: Array, b: Array, rate: float) -> Array:
        """The run's gradient, with the pull of the weights' decay; that is done where it is decoupled."""
        gradient, decaying = run.gradient(b), [part for part in run.parts if part.decay]
        if self.decoupled:
            for part in decaying:
                np.multiply(part.value, 1 - rate * self.weight_decay, out=part.value)
            return gradient
        np.copyto(b, gradient)
        for part in decaying:
            b[part.place] += np.multiply(part.value, self.weight_decay, out=a[part.place])
        return b

    def _forget(self) -> None:
        for _, memory, a, _ in self._runs:
            for slot in memory:
                np.abs(slot, out=a)
                slot *= np.greater_equal(a, _TINY, out=a, casting="unsafe")

    @abstractmethod
    def _change(self, gradient: Array, memory: list[Array], a: Array, b: Array, rate: float) -> Array:
        """What to subtract from the weights, in ``a`` or ``b``; changes ``memory`` (by ``slots``).

        Each is (n,). ``a`` is free, ``b`` may be ``gradient`` itself.
        """

    def state(self) -> dict[str, Array]:
        """Copies of what the optimiser remembers: ``{"steps": …, "momentum.0": …}``."""
        held = {name: np.array(array, order="C") for name, array in self._named().items()}
        return {"steps": np.array(self.steps), **held}

    def load_state(self, state: Mapping[str, Array]) -> None:
        """Take over ``state()``. Raises :class:`NetworkError` for another optimiser's or network's."""
        mine = self._named()
        if {"steps", *mine} != set(state) or any(mine[name].shape != state[name].shape for name in mine):
            raise NetworkError(f"the state does not belong to {type(self).__name__} on these parameters")
        self.steps = int(state["steps"])
        for name, array in mine.items():
            array[...] = state[name]

    def _named(self) -> dict[str, Array]:
        """What is remembered of each parameter, as views of its shape."""
        return {
            f"{name}.{number}": shaped(slot[place], p)
            for number, (p, place) in enumerate(zip(self.parameters, places(self.parameters), strict=True))
            for name, slot in zip(self.slots, self._memory, strict=True)
        }


class SGD(Optimizer):
    """``v = momentum * v + g; value -= rate * v`` (Polyak 1964); Nesterov steps by ``g + momentum * v``."""

    slots = ("velocity",)

    def __init__(
        self,
        parameters: Iterable[Parameter],
        learning_rate: float = 0.01,
        momentum: float = 0.0,
        nesterov: bool = False,
        weight_decay: float = 0.0,
    ) -> None:
        super().__init__(parameters, learning_rate, weight_decay)
        self.momentum = momentum
        self.nesterov = nesterov

    def _change(self, gradient: Array, memory: list[Array], a: Array, b: Array, rate: float) -> Array:
        direction = gradient
        if self.momentum:
            (velocity,) = memory
            velocity *= self.momentum
            velocity += gradient
            direction = velocity
            if self.nesterov:
                direction = np.multiply(velocity, self.momentum, out=a)
                direction += gradient
        return np.multiply(direction, rate, out=a)


class Adagrad(Optimizer):
    """``s += g**2; value -= rate * g / (sqrt(s) + 1e-10)`` (Duchi et al. 2011)."""

    slots = ("squares",)

    def __init__(
        self, parameters: Iterable[Parameter], learning_rate: float = 0.01, weight_decay: float = 0.0
    ) -> None:
        super().__init__(parameters, learning_rate, weight_decay)

    def _change(self, gradient: Array, memory: list[Array], a: Array, b: Array, rate: float) -> Array:
        (squares,) = memory
        squares += np.multiply(gradient, gradient, out=a)
        np.sqrt(squares, out=a)
        a += 1e-10
        np.divide(gradient, a, out=a)
        return np.multiply(a, rate, out=a)


class Adadelta(Optimizer):
    """``s = rho * s + (1 - rho) * g**2; d = g * sqrt(u + epsilon) / sqrt(s + epsilon)`` (Zeiler 2012),

    then ``u = rho * u + (1 - rho) * d**2; value -= rate * d``: a step as large as those before it.
    """

    slots = ("squares", "steps_squared")

    def __init__(
        self,
        parameters: Iterable[Parameter],
        learning_rate: float = 1.0,
        rho: float = 0.9,
        epsilon: float = 1e-6,
        weight_decay: float = 0.0,
    ) -> None:
        super().__init__(parameters, learning_rate, weight_decay)
        self.rho = rho
        self.epsilon = epsilon

    def _change(self, gradient: Array, memory: list[Array], a: Array, b: Array, rate: float) -> Array:
        squares, past = memory
        _decay_towards_square(squares, gradient, self.rho, a)
        np.add(squares, self.epsilon, out=a)
        np.sqrt(a, out=a)
        np.divide(gradient, a, out=b)
        np.add(past, self.epsilon, out=a)
        np.sqrt(a, out=a)
        b *= a
        _decay_towards_square(past, b, self.rho, a)
        return np.multiply(b, rate, out=b)


class RMSprop(Optimizer):
    """``s = rho * s + (1 - rho) * g**2; value -= rate * g / (sqrt(s) + epsilon)`` (Hinton 2012)."""

    slots = ("squares",)

    def __init__(
        self,
        parameters: Iterable[Parameter],
        learning_rate: float = 1e-3,
        rho: float = 0.99,
        epsilon: float = 1e-8,
        weight_decay: float = 0.0,
    ) -> None:
        super().__init__(parameters, learning_rate, weight_decay)
        self.rho = rho
        self.epsilon = epsilon

    def _change(self, gradient: Array, memory: list[Array], a: Array, b: Array, rate: float) -> Array:
        (squares,) = memory
        _decay_towards_square(squares, gradient, self.rho, a)
        np.sqrt(squares, out=a)
        a += self.epsilon
        np.divide(gradient, a, out=a)
        return np.multiply(a, rate, out=a)


class Adam(Optimizer):
    """``m = beta1 * m + (1 - beta1) * g; v = beta2 * v + (1 - beta2) * g**2``, and at step t

    ``value -= rate * m / (1 - beta1**t) / (sqrt(v / (1 - beta2**t)) + epsilon)`` (Kingma and Ba 2015,
    algorithm 1): momentum, with steps of the same size whatever the gradient's.

    Kept are not the paper's means m and v, but m / (1 - beta1) and v / (1 - beta2): two passes over the
    memory less. The factors are part of the step's size.
    """

    slots = ("sum", "sum_of_squares")

    def __init__(
        self,
        parameters: Iterable[Parameter],
        learning_rate: float = 1e-3,
        betas: tuple[float, float] = (0.9, 0.999),
        epsilon: float = 1e-8,
        weight_decay: float = 0.0,
    ) -> None:
        super().__init__(parameters, learning_rate, weight_decay)
        self.betas = betas
        self.epsilon = epsilon

    def _change(self, gradient: Array, memory: list[Array], a: Array, b: Array, rate: float) -> Array:
        total, squares = memory
        beta1, beta2 = self.betas
        total *= beta1
        total += gradient
        squares *= beta2
        squares += np.multiply(gradient, gradient, out=a)
        root = ((1 - beta2) / (1 - beta2**self.steps)) ** 0.5
        np.sqrt(squares, out=a)
        a += self.epsilon / root
        np.divide(total, a, out=a)
        a *= rate * (1 - beta1) / (1 - beta1**self.steps) / root
        return a


class AdamW(Adam):
    """Adam with decoupled weight decay (Loshchilov and Hutter 2019)."""

    decoupled = True

    def __init__(
        self,
        parameters: Iterable[Parameter],
        learning_rate: float = 1e-3,
        betas: tuple[float, float] = (0.9, 0.999),
        epsilon: float = 1e-8,
        weight_decay: float = 0.01,
    ) -> None:
        super().__init__(parameters, learning_rate, betas, epsilon, weight_decay)


def _decay_towards_square(squares: Array, x: Array, rho: float, scratch: Array) -> None:
    """``squares = rho * squares + (1 - rho) * x**2``."""
    squares *= rho
    np.multiply(x, x, out=scratch)
    scratch *= 1 - rho
    squares += scratch


def clip_gradients(parameters: Iterable[Parameter], max_norm: float) -> float:
    """Scale all gradients so that their joint Euclidean norm is at most ``max_norm``; returns what it was.

    (Pascanu et al. 2013.) A norm that is not finite is returned and nothing is scaled.
    """
    held = list(parameters)
    # In memory order: np.vdot would copy a kernel, which is not laid out as its shape says.
    flat = [p.grad.ravel(order="K") for p in held]
    norm = float(np.sqrt(sum(float(np.dot(g, g)) for g in flat)))
    if np.isfinite(norm) and norm > max_norm:
        for p in held:
            np.multiply(p.grad, max_norm / norm, out=p.grad)
    return norm
