"""How sure the network may say it is: temperature and acceptance thresholds, from the validation images."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from pi_nn.nn import Sequential, Sigmoid, Softmax, SoftmaxCrossEntropy, Thresholds
from pi_nn.nn.activations import softmax
from pi_nn.nn.workspace import Array

TEMPERATURES = (0.05, 20.0)
BINS = 15
# At least this share of the validation digits stays accepted: with a margin for the draw, as the
# standard deviation of 99.3 % over 5,000 images is 0.12 %.
COVERAGE = 0.993
CONFIDENCE_RANGE = (0.5, 0.99)
DEFAULT_MARGIN = 0.3


def as_logits(network: Sequential, outputs: Array) -> Array:
    """Outputs (N, K) before a softmax, whatever the last layer is.

    Independent outputs of 0..1 (the books' networks) and probabilities are taken by their logarithms.
    """
    if network.layers and isinstance(network.layers[-1], (Sigmoid, Softmax)):
        logarithms: Array = np.log(np.maximum(outputs, 1e-30))
        return logarithms
    return outputs


def fit_temperature(logits: Array, labels: NDArray[np.int64]) -> float:
    """The T that makes softmax(logits / T) most likely on ``labels`` (Guo et al. 2017).

    A golden-section search over log T; the loss has one minimum in it.
    """
    exact = logits.astype(np.float64)

    def loss(log_t: float) -> float:
        return SoftmaxCrossEntropy()(exact / np.exp(log_t), labels)[0]

    low, high = np.log(TEMPERATURES)
    golden = (5**0.5 - 1) / 2
    a, b = high - golden * (high - low), low + golden * (high - low)
    loss_a, loss_b = loss(a), loss(b)
    while high - low > 1e-4:
        if loss_a < loss_b:
            high, b, loss_b = b, a, loss_a
            a = high - golden * (high - low)
            loss_a = loss(a)
        else:
            low, a, loss_a = a, b, loss_b
            b = low + golden * (high - low)
            loss_b = loss(b)
    return float(np.exp((low + high) / 2))


def probabilities(logits: Array, temperature: float) -> NDArray[np.float32]:
    """softmax(logits / temperature), float32 (N, K)."""
    scaled = (logits / temperature).astype(np.float32)
    return softmax(scaled, scaled)


def expected_calibration_error(confidence: Array, right: NDArray[np.bool_]) -> float:
    """Mean distance between how sure and how right, over 15 equal bins of confidence by their size."""
    bins = np.minimum((confidence * BINS).astype(int), BINS - 1)
    count = np.bincount(bins, minlength=BINS)
    sure = np.bincount(bins, confidence, BINS)
    hits = np.bincount(bins, right.astype(float), BINS)
    return float(np.abs(sure - hits).sum() / count.sum())


def choose_thresholds(confidence: Array, coverage: float = COVERAGE) -> Thresholds:
    """The strictest thresholds that still accept ``coverage`` of the digits with these confidences (N,).

    ``confidence`` is the highest probability, times 1 - junk where the network knows junk. The margin asks
    for no more than the confidence does: with c for the best class, the next has at most 1 - c.
    """
    low, high = CONFIDENCE_RANGE
    least = float(np.clip(np.quantile(confidence, 1 - coverage), low, high))
    least = float(np.floor(least * 1000) / 1000)
    return Thresholds(confidence=least, margin=round(min(DEFAULT_MARGIN, 2 * least - 1), 3))
