"""A trained network without the layers that only training needs."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from pi_nn.errors import NetworkError
from pi_nn.nn.activations import Identity
from pi_nn.nn.conv import Conv2d
from pi_nn.nn.depthwise import DepthwiseConv2d
from pi_nn.nn.dropout import Dropout
from pi_nn.nn.layer import Layer
from pi_nn.nn.linear import Linear
from pi_nn.nn.norm import _BatchNorm
from pi_nn.nn.parameter import Parameter
from pi_nn.nn.residual import Residual
from pi_nn.nn.sequential import Sequential


def fold(network: Sequential) -> Sequential:
    """A copy with the same answers, in which BatchNorm is part of the weights before it.

    ``factor * (W x + b) + offset`` is ``(factor W) x + (factor b + offset)``. Dropout and Identity are
    left out, and a Residual around one convolution becomes that convolution. Raises
    :class:`NetworkError` for a BatchNorm that follows no linear layer.
    """
    return Sequential(_folded(network.copy().layers), network.input_shape)


def _folded(layers: Iterable[Layer]) -> list[Layer]:
    kept: list[Layer] = []
    for layer in layers:
        if isinstance(layer, _BatchNorm):
            _absorb(kept[-1] if kept else None, layer)
        elif isinstance(layer, Residual):
            kept.append(_shortcut(_folded(layer.children())))
        elif not isinstance(layer, (Dropout, Identity)):
            kept.append(layer)
    return kept


def _shortcut(body: list[Layer]) -> Layer:
    """``x + K x`` is ``(1 + K) x``: around one convolution the shortcut is a 1 in the kernel's middle."""
    (only,) = body if len(body) == 1 else (None,)
    if not isinstance(only, Conv2d) or 2 * only.padding + 1 != only.kernel:
        return Residual(body)
    same = np.arange(only.filters)
    only.weight.value[same, same, only.padding, only.padding] += 1
    return only


def _absorb(before: Layer | None, norm: _BatchNorm) -> None:
    if not isinstance(before, (Linear, Conv2d, DepthwiseConv2d)):
        raise NetworkError(f"{norm} follows {before}, expected Linear or a convolution to fold it into")
    factor, offset = norm.affine()
    weight = before.weight.value
    weight *= factor.reshape(-1, *[1] * (weight.ndim - 1))
    if before.bias is None:
        before.bias = Parameter("bias", np.zeros_like(offset), decay=False)
    before.bias.value *= factor
    before.bias.value += offset
