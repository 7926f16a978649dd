"""Activation functions, element by element; and softmax, by row."""

from __future__ import annotations

from abc import abstractmethod

import numpy as np

from pi_nn.errors import NetworkError
from pi_nn.nn.layer import Layer
from pi_nn.nn.workspace import Array


class _Activation(Layer):
    """Keeps its outputs: every derivative here is a function of them."""

    def forward(self, x: Array, *, training: bool = False, rng: np.random.Generator | None = None) -> Array:
        out = self.workspace.like("y", x) if training else np.empty_like(x)
        self._apply(x, out)
        if training:
            self.workspace.keep("last", out)
        return out

    def backward(self, gradient: Array, *, to_input: bool = True) -> Array:
        out = self.workspace.like("gx", gradient)
        self._derive(self.workspace["last"], gradient, out)
        return out

    @abstractmethod
    def _apply(self, x: Array, out: Array) -> None:
        """Write the outputs for ``x`` to ``out``."""

    @abstractmethod
    def _derive(self, y: Array, gradient: Array, out: Array) -> None:
        """Write the gradient by the inputs to ``out``."""


class Identity(_Activation):
    """y = x: the linear activation."""

    def _apply(self, x: Array, out: Array) -> None:
        np.copyto(out, x)

    def _derive(self, y: Array, gradient: Array, out: Array) -> None:
        np.copyto(out, gradient)


class Sigmoid(_Activation):
    """y = 1 / (1 + exp(-x)), the logistic function; dy/dx = y * (1 - y) (Rumelhart et al. 1986)."""

    def _apply(self, x: Array, out: Array) -> None:
        # The same function as (1 + tanh(x / 2)) / 2, which does not overflow for large negative x.
        np.multiply(x, 0.5, out=out)
        np.tanh(out, out=out)
        out += 1
        out *= 0.5

    def _derive(self, y: Array, gradient: Array, out: Array) -> None:
        np.subtract(1, y, out=out)
        out *= y
        out *= gradient


class Tanh(_Activation):
    """y = tanh(x); dy/dx = 1 - y**2."""

    def _apply(self, x: Array, out: Array) -> None:
        np.tanh(x, out=out)

    def _derive(self, y: Array, gradient: Array, out: Array) -> None:
        np.multiply(y, y, out=out)
        np.subtract(1, out, out=out)
        out *= gradient


class ReLU(_Activation):
    """y = max(x, 0); dy/dx = 1 where y > 0, else 0 (Glorot et al. 2011)."""

    def _apply(self, x: Array, out: Array) -> None:
        np.maximum(x, 0, out=out)

    def backward(self, gradient: Array, *, to_input: bool = True) -> Array:
        # Whoever was given y is through with it: the answer takes its place.
        y = self.workspace["last"]
        self._derive(y, gradient, y)
        return y

    def _derive(self, y: Array, gradient: Array, out: Array) -> None:
        np.greater(y, 0, out=out, casting="unsafe")
        out *= gradient


class Step(_Activation):
    """y = 1 where x >= 0, else 0 (McCulloch and Pitts 1943): it cannot be trained."""

    def _apply(self, x: Array, out: Array) -> None:
        np.greater_equal(x, 0, out=out, casting="unsafe")

    def _derive(self, y: Array, gradient: Array, out: Array) -> None:
        raise NetworkError(
            "Step cannot be trained: its derivative is 0 wherever it has one; use Sigmoid, Tanh or ReLU"
        )


class Softmax(_Activation):
    """y = exp(x) / sum of exp(x) over the last axis; dE/dx = y * (g - sum of g * y).

    Training on SoftmaxCrossEntropy takes logits: such a network has no Softmax layer.
    """

    def _apply(self, x: Array, out: Array) -> None:
        softmax(x, out)

    def _derive(self, y: Array, gradient: Array, out: Array) -> None:
        np.multiply(gradient, y, out=out)
        np.subtract(gradient, out.sum(axis=-1, keepdims=True), out=out)
        out *= y


def softmax(x: Array, out: Array) -> Array:
    """exp(x) / sum of exp(x) over the last axis, into ``out``."""
    # Less the largest, which changes nothing but keeps exp from overflowing.
    np.subtract(x, x.max(axis=-1, keepdims=True), out=out)
    np.exp(out, out=out)
    out /= out.sum(axis=-1, keepdims=True)
    return out
