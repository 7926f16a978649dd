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
        rows = x.reshape(-1, self.channels)
        if len(rows) < 2:
            raise NetworkError(f"{self} cannot train on one value a channel; use batches of at least 2")
        normal = self.workspace.array("normal", rows.shape, x.dtype)
        mean = rows.mean(axis=0)
        np.subtract(rows, mean, out=normal)
        variance = np.einsum("mc,mc->c", normal, normal) / len(rows)
        self._inverse = 1 / np.sqrt(variance + EPSILON)
        normal *= self._inverse
        self.mean += MOMENTUM * (mean - self.mean)
        self.variance += MOMENTUM * (variance * (len(rows) / (len(rows) - 1)) - self.variance)
        out = self.workspace.array("y", rows.shape, x.dtype)
        np.multiply(normal, self.scale.value, out=out)
        out += self.shift.value
        self.workspace.keep("last", normal)
        return out.reshape(x.shape)

    def backward(self, gradient: Array, *, to_input: bool = True) -> Array:
        g = gradient.reshape(-1, self.channels)
        normal = self.workspace["last"]
        np.einsum("mc,mc->c", g, normal, out=self.scale.grad)
        g.sum(axis=0, out=self.shift.grad)
        out = self.workspace.array("gx", g.shape, g.dtype)
        np.multiply(normal, self.scale.grad / -len(g), out=out)
        out += g
        out -= self.shift.grad / len(g)
        out *= self.scale.value * self._inverse
        return out.reshape(gradient.shape)


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
