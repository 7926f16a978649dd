"""What training makes small. Each call gives the loss of a batch and its gradient by the outputs."""

from __future__ import annotations

from abc import ABC, abstractmethod

import numpy as np

from pi_nn.errors import NetworkError
from pi_nn.nn.workspace import Array


class Loss(ABC):
    """``loss(outputs, targets) -> (float, gradient)``, both averaged over the batch.

    outputs (N, K); targets (N,) class numbers or (N, K) values; gradient (N, K). Raises
    :class:`NetworkError` when they do not fit each other.
    """

    @abstractmethod
    def __call__(self, outputs: Array, targets: Array) -> tuple[float, Array]: ...


def as_rows(targets: Array, outputs: Array) -> Array:
    """Targets (N, K) of the outputs' type: class numbers become rows with a single 1."""
    targets = np.asarray(targets)
    n, k = outputs.shape
    if targets.shape == (n, k):
        return targets.astype(outputs.dtype)
    if targets.shape != (n,) or targets.dtype.kind not in "iu":
        raise NetworkError(
            f"targets have shape {targets.shape} and type {targets.dtype}, expected ({n},) class numbers "
            f"or ({n}, {k}) values to fit outputs of shape {outputs.shape}"
        )
    if n and not 0 <= targets.min() <= targets.max() < k:
        raise NetworkError(f"targets run from {targets.min()} to {targets.max()}, expected 0 to {k - 1}")
    ones: Array = np.eye(k, dtype=outputs.dtype)[targets]
    return ones


class SoftmaxCrossEntropy(Loss):
    """``-sum of t * log(softmax(outputs))`` on logits, meaned over the batch; gradient (softmax - t) / N.

    ``label_smoothing`` s replaces t by (1 - s) * t + s / K (Szegedy et al. 2016). Rows of soft targets
    (mixed or distilled) sum to 1.
    """

    def __init__(self, label_smoothing: float = 0.0) -> None:
        if not 0 <= label_smoothing < 1:
            raise NetworkError(f"label_smoothing is {label_smoothing}, expected 0 <= label_smoothing < 1")
        self.label_smoothing = label_smoothing

    def __call__(self, outputs: Array, targets: Array) -> tuple[float, Array]:
        wanted = as_rows(targets, outputs)
        n, k = outputs.shape
        if self.label_smoothing:
            wanted *= 1 - self.label_smoothing
            wanted += self.label_smoothing / k
        logarithms = outputs - np.maximum.reduce(outputs, axis=1, keepdims=True)
        gradient = np.exp(logarithms)
        total = np.add.reduce(gradient, axis=1, keepdims=True)
        logarithms -= np.log(total)
        gradient /= total
        if targets.ndim == 2:
            # Of targets that do not sum to 1 the gradient is this, not the usual shorter form.
            gradient *= wanted.sum(axis=1, keepdims=True)
        gradient -= wanted
        gradient *= 1 / n
        return -float(np.vdot(wanted, logarithms)) / n, gradient


class SquaredError(Loss):
    """The squared errors of the books, d = outputs - targets (N, K), by ``kind``.

    ``sse``: sum of d**2 over K; ``se``: half of it (Taylor 2017, chapter 26); ``mse``: its mean over K;
    each meaned over the batch. ``rms``: the root of the mean of d**2 over N and K.
    """

    KINDS = ("mse", "se", "sse", "rms")

    def __init__(self, kind: str = "mse") -> None:
        if kind not in self.KINDS:
            raise NetworkError(f"squared error {kind!r} is unknown; known: {', '.join(self.KINDS)}")
        self.kind = kind

    def __call__(self, outputs: Array, targets: Array) -> tuple[float, Array]:
        gradient = outputs - as_rows(targets, outputs)
        n, k = gradient.shape
        total = float(np.vdot(gradient, gradient))
        if self.kind == "rms":
            root = float(np.sqrt(total / (n * k)))
            gradient *= 1 / (n * k * root) if root else 0
            return root, gradient
        factor = {"se": 0.5, "sse": 1.0, "mse": 1 / k}[self.kind] / n
        gradient *= 2 * factor
        return total * factor, gradient
