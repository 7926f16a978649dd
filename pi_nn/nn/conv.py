"""Convolution as one matrix product over unfolded patches."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.lib.stride_tricks import as_strided
from numpy.typing import ArrayLike, DTypeLike

from pi_nn.errors import NetworkError
from pi_nn.nn.initial import initial_weights
from pi_nn.nn.layer import Layer, image_shape, whole
from pi_nn.nn.parameter import Parameter, channels_last
from pi_nn.nn.workspace import Array, Shape, Workspace


def patches(x: Array, kernel: int, stride: int) -> Array:
    """A view (N, OH, OW, kernel, kernel, C) of every patch of ``x`` (N, H, W, C)."""
    n, h, w, c = x.shape
    sn, sh, sw, sc = x.strides
    oh, ow = (h - kernel) // stride + 1, (w - kernel) // stride + 1
    shape, strides = (n, oh, ow, kernel, kernel, c), (sn, sh * stride, sw * stride, sh, sw, sc)
    return as_strided(x, shape, strides, writeable=False)


def padded(x: Array, padding: int, workspace: Workspace | None, name: str = "padded") -> Array:
    """``x`` (N, H, W, C) with ``padding`` zeros around each image."""
    if not padding:
        return x
    n, h, w, c = x.shape
    shape = (n, h + 2 * padding, w + 2 * padding, c)
    # The frame of zeros is written once: later calls write the inside only.
    big = (
        np.zeros(shape, x.dtype) if workspace is None else workspace.array(name, shape, x.dtype, zeroed=True)
    )
    big[:, padding:-padding, padding:-padding] = x
    return big


class _Window(Layer):
    """What the two convolutions share: a square window that walks over the image."""

    def __init__(self, channels: int, filters: int, kernel: int, stride: int, padding: int) -> None:
        super().__init__()
        name = type(self).__name__
        self.channels = whole(f"{name} channels", channels, 1)
        self.filters = whole(f"{name} filters", filters, 1)
        self.kernel = whole(f"{name} kernel", kernel, 1, 64)
        self.stride = whole(f"{name} stride", stride, 1, 64)
        self.padding = whole(f"{name} padding", padding, 0, 63)
        self.weight: Parameter
        self.bias: Parameter | None = None
        self._shape: Shape = ()
        self._rows: Array = np.empty(0)

    def output_shape(self, shape: Shape) -> Shape:
        h, w, _ = image_shape(self, shape, self.channels)
        if min(h, w) + 2 * self.padding < self.kernel:
            raise NetworkError(f"{self} got an image of {h}x{w}, smaller than its kernel")
        return self._side(h), self._side(w), self.filters

    def _side(self, size: int) -> int:
        return (size + 2 * self.padding - self.kernel) // self.stride + 1

    def multiply_adds(self, shape: Shape) -> int:
        return int(np.prod(self.output_shape(shape)[:2])) * self.weight.value.size

    def parameters(self) -> list[Parameter]:
        return [self.weight] if self.bias is None else [self.weight, self.bias]

    def _weights(self, initial: str | ArrayLike, shape: Shape, rng: np.random.Generator | None) -> Parameter:
        weights = initial_weights(initial, shape, rng)
        # Weights that a file will bring have no memory yet, and so no layout.
        return Parameter("weight", channels_last(weights) if weights.flags.writeable else weights)

    def _zeros(self, dtype: DTypeLike) -> Array:
        """A cleared array for the gradient by the padded image."""
        n, h, w, c = self._shape
        shape = (n, h + 2 * self.padding, w + 2 * self.padding, c)
        big = self.workspace.array("gradient", shape, dtype)
        big[...] = 0
        return big

    def _windows(self, big: Array) -> Iterator[tuple[int, int, Array]]:
        """For each place (i, j) in the kernel the view (N, OH, OW, C) of the pixels that it met."""
        s, k = self.stride, self.kernel
        oh, ow = (big.shape[1] - k) // s + 1, (big.shape[2] - k) // s + 1
        for i in range(self.kernel):
            for j in range(self.kernel):
                yield i, j, big[:, i : i + s * oh : s, j : j + s * ow : s]

    def _inside(self, gradient: Array) -> Array:
        """Cut the padding's share off a gradient by the padded image."""
        p = self.padding
        return gradient[:, p:-p, p:-p] if p else gradient


class Conv2d(_Window):
    """2-D convolution (cross-correlation); x (N, H, W, C), weight (F, C, k, k), y (N, OH, OW, F).

    The patches of x are unfolded to rows P (N*OH*OW, k*k*C), the kernel is a matrix K (F, k*k*C), and
    y = P @ K.T + bias. With g = dE/dy as (N*OH*OW, F): dE/dK = g.T @ P, dE/dbias = sum of g, and
    dE/dP = g @ K, which is folded back: each pixel gets the sum over the patches that it was in.
    """

    def __init__(
        self,
        channels: int,
        filters: int,
        kernel: int,
        *,
        stride: int = 1,
        padding: int = 0,
        bias: bool = True,
        initial: str | ArrayLike = "he",
        rng: np.random.Generator | None = None,
    ) -> None:
        super().__init__(channels, filters, kernel, stride, padding)
        self.weight = self._weights(initial, (self.filters, self.channels, self.kernel, self.kernel), rng)
        self.bias = Parameter("bias", np.zeros(self.filters, np.float32), decay=False) if bias else None

    def config(self) -> dict[str, Any]:
        names = ("channels", "filters", "kernel", "stride", "padding")
        return {name: getattr(self, name) for name in names} | {"bias": self.bias is not None}

    def matrix(self, array: Array) -> Array:
        """A weight-shaped array (F, C, k, k) as the kernel's matrix (F, k*k*C); a view where it can be."""
        return array.transpose(0, 2, 3, 1).reshape(self.filters, -1)

    def forward(self, x: Array, *, training: bool = False, rng: np.random.Generator | None = None) -> Array:
        memory = self.workspace if training else Workspace()
        view = patches(padded(x, self.padding, memory), self.kernel, self.stride)
        rows = memory.array("rows", view.shape, x.dtype)
        rows[...] = view
        y = memory.array("y", (*view.shape[:3], self.filters), x.dtype)
        flat = y.reshape(-1, self.filters)
        np.matmul(rows.reshape(len(flat), -1), self.matrix(self.weight.value).T, out=flat)
        if self.bias is not None:
            y += self.bias.value
        if training:
            self._rows, self._shape = rows, x.shape
        return y

    def backward(self, gradient: Array, *, to_input: bool = True) -> Array:
        flat = gradient.reshape(-1, self.filters)
        product: Array = np.matmul(flat.T, self._rows.reshape(len(flat), -1))
        k = self.kernel
        self.weight.grad[...] = product.reshape(-1, k, k, self.channels).transpose(0, 3, 1, 2)
        if self.bias is not None:
            flat.sum(axis=0, out=self.bias.grad)
        if not to_input:
            return gradient
        unfolded = self.workspace.array("unfolded", self._rows.shape, gradient.dtype)
        np.matmul(flat, self.matrix(self.weight.value), out=unfolded.reshape(len(flat), -1))
        return self._fold(unfolded)

    def _fold(self, unfolded: Array) -> Array:
        """Add each patch's gradient (N, OH, OW, k, k, C) to the pixels that it was taken from."""
        big = self._zeros(unfolded.dtype)
        for i, j, view in self._windows(big):
            view += unfolded[:, :, :, i, j]
        return self._inside(big)
