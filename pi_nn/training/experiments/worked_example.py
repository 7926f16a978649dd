"""The worked example "man or chicken" of Taylor 2017, chapters 24 to 31: 2-2-2, sigmoid."""

from __future__ import annotations

import numpy as np

from pi_nn.nn import Linear, Sequential, Sigmoid

# A picture of two pixels, a chicken: outputs should be (man 0, chicken 1).
X = np.array([[0.15, 0.35]])
T = np.array([[0.0, 1.0]])
CLASSES = ("man", "chicken")
RATE = 0.5

# The book numbers the weights from the input side: (in, out), as here.
HIDDEN_WEIGHTS = ((0.1, 0.2), (0.12, 0.17))
HIDDEN_BIASES = (0.8, 0.25)
OUTPUT_WEIGHTS = ((0.05, 0.4), (0.33, 0.07))
OUTPUT_BIASES = (0.15, 0.7)
NAMES = {
    "0.weight": (("w1", "w2"), ("w3", "w4")),
    "0.bias": ("bw1", "bw2"),
    "2.weight": (("w5", "w6"), ("w7", "w8")),
    "2.bias": ("bw3", "bw4"),
}
"""The book's name of every weight, by parameter of :func:`example`; the matrices as (in, out)."""


def example() -> Sequential:
    """The network at its start, in float64."""
    rng = np.random.default_rng(0)
    layers = [Linear(2, 2, rng=rng), Sigmoid(), Linear(2, 2, rng=rng), Sigmoid()]
    network = Sequential(layers, (2,)).astype(np.float64)
    arrays = (np.transpose(HIDDEN_WEIGHTS), HIDDEN_BIASES, np.transpose(OUTPUT_WEIGHTS), OUTPUT_BIASES)
    for parameter, array in zip(network.parameters(), arrays, strict=True):
        parameter.value[...] = array
    return network
