"""Which pixels made a network say what it says: by its gradient, and by covering them up."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from pi_nn.nn import Network

Array = NDArray[Any]
PATCH = 5


def saliency(network: Network, tile: Array, label: int) -> Array:
    """(28, 28): the derivative of the logit of ``label`` by each pixel of ``tile`` (28, 28), 0..1.

    Positive where more ink would make the answer surer, negative where it would speak against it
    (Simonyan et al. 2013).
    """
    layers = network.sequential()
    x = tile.astype(np.float32).reshape(1, *layers.input_shape)
    outputs = layers.forward(x, training=True)
    towards = np.zeros_like(outputs)
    towards[0, label] = 1
    slopes: Array = layers.backward(towards).reshape(28, 28).copy()
    return slopes


def occlusion(network: Network, tile: Array, label: int, patch: int = PATCH) -> Array:
    """(28, 28): how much the probability of ``label`` falls when a square round that pixel is made paper.

    ``patch`` is the square's side in pixels, odd. Above 0 where the covered part speaks for the answer,
    below 0 where it speaks against it (Zeiler and Fergus 2014).
    """
    reach = patch // 2
    rows, columns = np.divmod(np.arange(784), 28)
    near_row = np.abs(np.arange(28) - rows[:, None]) <= reach
    near_column = np.abs(np.arange(28) - columns[:, None]) <= reach
    covered = np.repeat(tile[None].astype(np.float32), 784, axis=0)
    covered[near_row[:, :, None] & near_column[:, None, :]] = 0
    before = network.predict_proba(tile.astype(np.float32))[0, label]
    fall: Array = (before - network.predict_proba(covered)[:, label]).reshape(28, 28)
    return fall
