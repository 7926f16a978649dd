"""Batch normalisation (Ioffe and Szegedy 2015)."""

from __future__ import annotations

from typing import Any

import numpy as np

from pi_nn.errors import NetworkError
from pi_nn.nn.layer import Layer, image_shape, whole
from pi_nn.nn.parameter import Parameter
from pi_nn.nn.workspace import Array, Shape

EPSILON = 1e-5
MOMENTUM = 0.1


class _BatchNorm(Layer):
    """``y = scale * n + shift`` with ``n = (x - mean) / sqrt(variance + 1e-5)`` by channel.

    In training, mean and variance are those of the batch (M values a channel), and the running ones move
    a tenth of the way to them (the variance unbiased, M - 1); without, the running ones are used. With
    g = dE/dy: dE/dscale = sum of g * n, dE/dshift = sum of g, and

        dE/dx = scale / sqrt(variance + 1e-5) / M * (M * g - dE/dshift - n * dE/dscale)
    """

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.channels = whole(f"{type(self).__name__} channels", channels, 1)
        self.scale = Parameter("scale", np.ones(self.channels, np.float32), decay=False)
        self.shift = Parameter("shift", np.zeros(self.channels, np.float32), decay=False)
        self.mean = np.zeros(self.channels, np.float32)
        self.variance = np.ones(self.channels, np.float32)
        self._inverse: Array = np.ones(self.channels, np.float32)

    def config(self) -> dict[str, Any]:
        return {"channels": self.channels}

    def parameters(self) -> list[Parameter]:
        return [self.scale, self.shift]

    def buffers(self) -> dict[str, Array]:
        return {"mean": self.mean, "variance": self.variance}

    def multiply_adds(self, shape: Shape) -> int:
        return int(np.prod(shape))

    def affine(self) -> tuple[Array, Array]:
        """(factor, offset) a channel that stand for the layer when it does not train."""
        factor = self.scale.value / np.sqrt(self.variance + EPSILON)
        return factor, self.shift.value - self.mean * factor

    def forward(self, x: Array, *, training: bool = False, rng: np.random.Generator | None = None) -> Array:
        if not training:
            factor, offset = self.affine()
            y: Array = x * factor + offset
            return y
        wide = x.reshape(len(x), -1)
        count = x.size // self.channels
        if count < 2:
            raise NetworkError(f"{self} cannot train on one value a channel; use batches of at least 2")
        mean = self._sum(wide) / count
        centred = self.workspace.array("centred", wide.shape, x.dtype)
        np.subtract(wide, self._tile(mean, wide), out=centred)
        variance = self._sum_product(centred, centred) / count
        self._inverse = 1 / np.sqrt(variance + EPSILON)
        self.mean += MOMENTUM * (mean - self.mean)
        self.variance += MOMENTUM * (variance * (count / (count - 1)) - self.variance)
        out = self.workspace.array("y", wide.shape, x.dtype)
        np.multiply(centred, self._tile(self._inverse * self.scale.value, wide), out=out)
        out += self._tile(self.shift.value, wide)
        self.workspace.keep("last", centred)
        return out.reshape(x.shape)

    def backward(self, gradient: Array, *, to_input: bool = True) -> Array:
        g = gradient.reshape(len(gradient), -1)
        centred, inverse = self.workspace["last"], self._inverse
        count = g.size // self.channels
        self.shift.grad[...] = self._sum(g)
        self.scale.grad[...] = self._sum_product(g, centred) * inverse
        # What was kept is not needed again: the answer takes its place.
        centred *= self._tile(inverse * self.scale.grad / -count, g)
        centred += g
        centred -= self._tile(self.shift.grad / count, g)
        centred *= self._tile(self.scale.value * inverse, g)
        return centred.reshape(gradient.shape)

    # NumPy is slow over rows of a few channels. An image is one wide row here, and what belongs to a
    # channel is repeated for each of its pixels.

    def _tile(self, by_channel: Array, wide: Array) -> Array:
        tiled = np.empty(wide.shape[1], wide.dtype)
        tiled.reshape(-1, self.channels)[...] = by_channel
        return tiled

    def _sum(self, wide: Array) -> Array:
        by_pixel: Array = np.dot(np.ones(len(wide), wide.dtype), wide)
        total: Array = np.add.reduce(by_pixel.reshape(-1, self.channels), axis=0)
        return total

    def _sum_product(self, wide: Array, other: Array) -> Array:
        by_pixel: Array = np.einsum("nk,nk->k", wide, other)
        total: Array = np.add.reduce(by_pixel.reshape(-1, self.channels), axis=0)
        return total


class BatchNorm1d(_BatchNorm):
    """For vectors: x (N, C)."""

    def output_shape(self, shape: Shape) -> Shape:
        if shape != (self.channels,):
            raise NetworkError(f"{self} got an input of shape {shape}, expected ({self.channels},)")
        return shape


class BatchNorm2d(_BatchNorm):
    """For images: x (N, H, W, C), a channel's statistics over N, H and W."""

    def output_shape(self, shape: Shape) -> Shape:
        return image_shape(self, shape, self.channels)
