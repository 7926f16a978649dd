"""Fewer pixels: the largest or the mean of each window."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from pi_nn.errors import NetworkError
from pi_nn.nn.layer import Layer, image_shape, whole
from pi_nn.nn.workspace import Array, Shape, Workspace


class _Pool(Layer):
    """A square window; pixels that fill no whole window are left out."""

    def __init__(self, size: int, *, stride: int | None = None) -> None:
        super().__init__()
        name = type(self).__name__
        self.size = whole(f"{name} size", size, 1, 64)
        self.stride = whole(f"{name} stride", size if stride is None else stride, 1, 64)
        self._shape: Shape = ()

    def config(self) -> dict[str, Any]:
        return {"size": self.size, "stride": self.stride}

    def output_shape(self, shape: Shape) -> Shape:
        h, w, c = image_shape(self, shape)
        if min(h, w) < self.size:
            raise NetworkError(f"{self} got an image of {h}x{w}, smaller than its window")
        return (h - self.size) // self.stride + 1, (w - self.size) // self.stride + 1, c

    def _windows(self, x: Array) -> Iterator[Array]:
        """For each place in the window the view (N, OH, OW, C) of the pixels there."""
        s = self.stride
        oh, ow, _ = self.output_shape(x.shape[1:])
        for i in range(self.size):
            for j in range(self.size):
                yield x[:, i : i + s * oh : s, j : j + s * ow : s]

    def _output(self, x: Array, training: bool) -> Array:
        memory = self.workspace if training else Workspace()
        return memory.array("y", (len(x), *self.output_shape(x.shape[1:])), x.dtype)

    def _cleared(self, dtype: Any) -> Array:
        gx = self.workspace.array("gx", self._shape, dtype)
        gx[...] = 0
        return gx


class MaxPool2d(_Pool):
    """The largest of each window; x (N, H, W, C), y (N, OH, OW, C). Of equals the first gets the gradient."""

    def __init__(self, size: int, *, stride: int | None = None) -> None:
        super().__init__(size, stride=stride)
        self._x = self._y = np.empty(0)

    def forward(self, x: Array, *, training: bool = False, rng: np.random.Generator | None = None) -> Array:
        y = self._output(x, training)
        windows = self._windows(x)
        np.copyto(y, next(windows))
        for view in windows:
            np.maximum(y, view, out=y)
        if training:
            self._x, self._y, self._shape = x, y, x.shape
        return y

    def backward(self, gradient: Array, *, to_input: bool = True) -> Array:
        gx = self._cleared(gradient.dtype)
        free = self.workspace.array("free", gradient.shape, np.bool_)
        here = self.workspace.array("here", gradient.shape, np.bool_)
        free[...] = True
        for view, target in zip(self._windows(self._x), self._windows(gx), strict=True):
            np.equal(view, self._y, out=here)
            here &= free
            free ^= here
            if self.stride >= self.size:
                np.multiply(gradient, here, out=target)
            else:
                target += gradient * here
        return gx


class AvgPool2d(_Pool):
    """The mean of each window; each of its pixels gets an equal share of the gradient."""

    def forward(self, x: Array, *, training: bool = False, rng: np.random.Generator | None = None) -> Array:
        y = self._output(x, training)
        y[...] = 0
        for view in self._windows(x):
            y += view
        y /= self.size**2
        if training:
            self._shape = x.shape
        return y

    def backward(self, gradient: Array, *, to_input: bool = True) -> Array:
        gx = self._cleared(gradient.dtype)
        share = gradient / self.size**2
        for target in self._windows(gx):
            target += share
        return gx


class GlobalAvgPool2d(Layer):
    """The mean of each channel over the whole image; x (N, H, W, C), y (N, C)."""

    def __init__(self) -> None:
        super().__init__()
        self._shape: Shape = ()

    def output_shape(self, shape: Shape) -> Shape:
        return (image_shape(self, shape)[2],)

    def forward(self, x: Array, *, training: bool = False, rng: np.random.Generator | None = None) -> Array:
        if training:
            self._shape = x.shape
        y: Array = x.mean(axis=(1, 2))
        return y

    def backward(self, gradient: Array, *, to_input: bool = True) -> Array:
        _, h, w, _ = self._shape
        gx = self.workspace.array("gx", self._shape, gradient.dtype)
        gx[...] = (gradient / (h * w))[:, None, None]
        return gx
