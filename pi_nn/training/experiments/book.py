"""The network of "Make Your Own Neural Network" (Rashid 2016), by that book's own rules.

Three layers of sigmoid units without biases; every record changes the weights before the next is seen.
The default of this package is the exact gradient on mini-batches (:mod:`pi_nn.nn`); this one is for
standing beside it.
"""

from __future__ import annotations

from typing import Any, Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import expit as sigmoid

from pi_nn.errors import NetworkError
from pi_nn.nn import Linear, Sequential, Sigmoid
from pi_nn.nn.initial import initial_weights

Floats = NDArray[np.float64]

# Records whose updates go into the large matrix together; see BookNetwork.train.
BLOCK = 64


def book_inputs(images: NDArray[Any]) -> Floats:
    """Pixels 0..255, (N, 28, 28) or (N, 784) -> (N, 784) of 0.01..1.0: an input of 0 would stop learning."""
    return images.reshape(len(images), -1) / 255.0 * 0.99 + 0.01


def book_targets(labels: NDArray[Any], classes: int = 10) -> Floats:
    """Labels (N,) -> (N, classes): 0.99 for the right one, else 0.01: a sigmoid reaches neither 0 nor 1."""
    targets = np.full((len(labels), classes), 0.01)
    targets[np.arange(len(labels)), labels] = 0.99
    return targets


class BookNetwork:
    """``h = sigmoid(W_ih x)``, ``o = sigmoid(W_ho h)``; then, with the errors ``e = t - o`` and ``e_h``

    ``W_ho += rate * (e * o * (1 - o)) h^T`` and ``W_ih += rate * (e_h * h * (1 - h)) x^T``.

    ``rule="book"`` splits the errors by the weights alone, ``e_h = W_ho^T e``: not the derivative of any
    error that one could name, but it works. ``rule="exact"`` is the gradient of half the sum of squares,
    ``e_h = W_ho^T (e * o * (1 - o))``. Both take ``W_ho`` as it was before the update.

    ``input_weights`` W_ih (hidden, inputs), ``output_weights`` W_ho (outputs, hidden), both float64.
    """

    def __init__(
        self,
        input_weights: ArrayLike,
        output_weights: ArrayLike,
        learning_rate: float,
        rule: Literal["book", "exact"] = "book",
    ) -> None:
        self.input_weights = np.array(input_weights, dtype=np.float64)
        self.output_weights = np.array(output_weights, dtype=np.float64)
        self.learning_rate = learning_rate
        self.rule = rule
        shapes = self.input_weights.shape, self.output_weights.shape
        if len(shapes[0]) != 2 or len(shapes[1]) != 2 or shapes[0][0] != shapes[1][1]:
            raise NetworkError(
                f"weights of shapes {shapes[0]} and {shapes[1]} do not join: "
                "expected (hidden, inputs) and (outputs, hidden)"
            )
        if rule not in ("book", "exact"):
            raise NetworkError(f"rule {rule!r} is unknown, expected 'book' or 'exact'")

    @classmethod
    def drawn(
        cls,
        hidden: int,
        learning_rate: float,
        rng: np.random.Generator,
        *,
        inputs: int = 784,
        outputs: int = 10,
        initial: str = "nodes",
        rule: Literal["book", "exact"] = "book",
    ) -> BookNetwork:
        """A fresh network; ``initial`` is one of :data:`pi_nn.nn.initial.RULES`, "nodes" the book's code."""
        return cls(
            initial_weights(initial, (hidden, inputs), rng),
            initial_weights(initial, (outputs, hidden), rng),
            learning_rate,
            rule,
        )

    def query(self, inputs: ArrayLike) -> Floats:
        """Outputs (N, outputs), each 0..1, for ``inputs`` (N, inputs)."""
        x = self._rows(inputs)
        answers: Floats = sigmoid(sigmoid(x @ self.input_weights.T) @ self.output_weights.T)
        return answers

    def train_record(self, record: ArrayLike, target: ArrayLike) -> None:
        """One update, written as the book writes it: ``record`` (inputs,), ``target`` (outputs,)."""
        x, t = np.asarray(record, dtype=np.float64), np.asarray(target, dtype=np.float64)
        h = sigmoid(self.input_weights @ x)
        o = sigmoid(self.output_weights @ h)
        hidden_step, output_step = self._steps(h, o, t)
        self.output_weights += np.multiply.outer(output_step, h)
        self.input_weights += np.multiply.outer(hidden_step, x)

    def train(self, inputs: ArrayLike, targets: ArrayLike) -> None:
        """``train_record`` for each row in turn, to the same weights within rounding, several times faster.

        Inside a block the large matrix W is left alone: after updates d_1 x_1^T ... d_j x_j^T it would answer
        ``(W + sum d_i x_i^T) x = W x + sum (x_i . x) d_i``, and both ``W x`` and all ``x_i . x`` of a block
        are matrix products. The updates themselves are a third one, at the end of the block.
        """
        x, t = self._rows(inputs), np.asarray(targets, dtype=np.float64)
        expected = (len(x), len(self.output_weights))
        if t.shape != expected:
            raise NetworkError(f"targets have shape {t.shape}, expected {expected}")
        for start in range(0, len(x), BLOCK):
            self._train_block(x[start : start + BLOCK], t[start : start + BLOCK])

    def _train_block(self, x: Floats, t: Floats) -> None:
        sums = x @ self.input_weights.T
        products = x @ x.T
        steps = np.empty_like(sums)
        for j in range(len(x)):
            h = sigmoid(sums[j] + products[j, :j] @ steps[:j])
            o = sigmoid(self.output_weights @ h)
            steps[j], output_step = self._steps(h, o, t[j])
            self.output_weights += np.multiply.outer(output_step, h)
        self.input_weights += steps.T @ x

    def _steps(self, h: Floats, o: Floats, t: Floats) -> tuple[Floats, Floats]:
        """(hidden,) and (outputs,): the columns of the two updates, each to be multiplied by its inputs."""
        e = t - o
        output_step = e * o * (1 - o)
        hidden_error = (e if self.rule == "book" else output_step) @ self.output_weights
        return self.learning_rate * hidden_error * h * (1 - h), self.learning_rate * output_step

    def accuracy(self, inputs: ArrayLike, labels: NDArray[Any]) -> float:
        """The share of rows whose largest output is the label's."""
        return float(np.mean(self.query(inputs).argmax(axis=1) == labels))

    def sequential(self) -> Sequential:
        """The same answers from the package's own layers, for pixels 0..1 instead of 0.01..1.0.

        W (0.99 v + 0.01) = (0.99 W) v + 0.01 * (the sum of W's columns): the scaling becomes a bias.
        """
        (hidden, inputs), outputs = self.input_weights.shape, len(self.output_weights)
        first = Linear(inputs, hidden, initial=0.99 * self.input_weights)
        assert first.bias is not None
        first.bias.value[...] = 0.01 * self.input_weights.sum(axis=1)
        second = Linear(hidden, outputs, bias=False, initial=self.output_weights)
        return Sequential([first, Sigmoid(), second, Sigmoid()], (inputs,))

    def _rows(self, inputs: ArrayLike) -> Floats:
        x = np.asarray(inputs, dtype=np.float64)
        if x.ndim != 2 or x.shape[1] != self.input_weights.shape[1]:
            raise NetworkError(f"inputs have shape {x.shape}, expected (N, {self.input_weights.shape[1]})")
        return x
