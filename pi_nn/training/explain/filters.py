"""What the first layer looks for."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from pi_nn.errors import NetworkError
from pi_nn.nn import Conv2d, Linear, Sequential

Array = NDArray[Any]


def first_weights(network: Sequential) -> Array:
    """The first layer's weights as pictures: (units, 28, 28) of a Linear one, (filters, k, k) of a Conv2d.

    Ordered by size (Euclidean norm), the largest first. Raises :class:`NetworkError` for other layers.
    """
    first = network.layers[0]
    if isinstance(first, Conv2d) and first.channels == 1:
        weights: Array = first.weight.value[:, 0]
    elif isinstance(first, Linear) and first.inputs == 784:
        weights = first.weight.value.reshape(-1, 28, 28)
    else:
        raise NetworkError(
            f"the first layer is {first}, expected Linear on 784 pixels or Conv2d on one channel"
        )
    strength = (weights.astype(np.float64) ** 2).sum(axis=(1, 2))
    return weights[np.argsort(-strength, kind="stable")]
