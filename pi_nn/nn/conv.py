"""Convolution as one matrix product over unfolded patches."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import numpy as np

from pi_nn.nn.parameter import Parameter
from pi_nn.nn.products import image_by_image
from pi_nn.nn.unfold import framed, unfold
from pi_nn.nn.window import _Window
from pi_nn.nn.workspace import Array, Workspace, aligned

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

_CACHE = 1_000_000  # bytes


class Conv2d(_Window):
    """2-D convolution (cross-correlation); x (N, H, W, C), weight (F, C, k, k), y (N, OH, OW, F).

    The patches of x are unfolded to rows P (N*OH*OW, k*k*C), the kernel is a matrix K (F, k*k*C), and
    y = P @ K.T + bias. With g = dE/dy as (N*OH*OW, F): dE/dK = g.T @ P, dE/dbias = sum of g; dE/dx is a
    convolution of g, see :meth:`_turned`.

    A few images at a time, so that their patches, nine times the image for a 3x3 kernel, stay in the
    processor's cache; unfolding again in ``backward`` is cheaper than fetching them from memory. Not fewer
    than that: between two threads each call costs what it holds up in the other one.
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
        x = np.ascontiguousarray(x)
        y = memory.array("y", (len(x), *self.output_shape(x.shape[1:])), x.dtype)
        kernel = aligned(self.matrix(self.weight.value).T)
        frame = self._framed(x, memory)
        for part in self._parts(x):
            image_by_image(self._unfolded(frame[part], memory), kernel, y[part])
        if self.bias is not None:
            y += self.bias.value
        if training:
            memory.keep("x", x)
            memory.keep("framed", frame)
        return y

    def backward(self, gradient: Array, *, to_input: bool = True) -> Array:
        x = self.workspace["x"]
        if self.bias is not None:
            gradient.sum(axis=(0, 1, 2), out=self.bias.grad)
        if not to_input:
            self._backward_to_weights(gradient)
            return gradient
        gx = self.workspace.array("gx", x.shape, x.dtype)
        if self._covers(x):
            self._backward_to_weights(gradient)
            np.matmul(
                gradient.reshape(len(x), -1), self.matrix(self.weight.value), out=gx.reshape(len(x), -1)
            )
        elif self.stride == 1:
            self._backward_to_both(gradient, x, gx)
        else:
            self._backward_to_weights(gradient)
            self._backward_to_input(gradient, gx)
        return gx

    def _backward_to_weights(self, gradient: Array) -> None:
        frame, k = self.workspace["framed"], self.kernel
        kernel = np.zeros((self.filters, k * k * self.channels), frame.dtype)
        for part in self._parts(self.workspace["x"]):
            flat = gradient[part].reshape(-1, self.filters)
            rows = self._unfolded(frame[part], self.workspace)
            kernel += np.matmul(rows.T, flat).T if rows.flags.f_contiguous else np.matmul(flat.T, rows)
        self.weight.grad[...] = kernel.reshape(-1, k, k, self.channels).transpose(0, 3, 1, 2)

    def _parts(self, x: Array) -> list[slice]:
        """The batch in slices whose patches take about a megabyte."""
        h, w, _ = self.output_shape(x.shape[1:])
        size = max(1, _CACHE // (h * w * self.kernel**2 * self.channels * x.itemsize))
        return [slice(i, i + size) for i in range(0, len(x), size)]

    def _covers(self, x: Array) -> bool:
        """Whether the kernel covers the whole image: each image is then its only patch."""
        return not self.padding and x.shape[1:3] == (self.kernel, self.kernel)

    def _unfolded(self, frame: Array, memory: Workspace) -> Array:
        if self._covers(frame):
            return frame.reshape(len(frame), -1)
        return unfold(frame, self.kernel, self.stride, memory)

    # In one dimension y[o] = sum over i of K[i] x[s*o + i - p], with stride s and padding p. So pixel
    # u = s*a + f (0 <= f < s) gets dE/dx[u] = sum over t of g[a - t] K[s*t + f + p], for all t with an
    # index inside the kernel: t from first to last below. That is a convolution of g, with stride 1,
    # which gives s*s pixels at each position a; where the index leaves the kernel, its weight is zero.

    def _reach(self) -> tuple[int, int]:
        """The first and the last t."""
        s = self.stride
        return -((self.padding + s - 1) // s), (self.kernel - 1 - self.padding) // s

    def _turned(self) -> Array:
        """The kernel's matrix ((last-first+1)**2 * F, s*s*C) for the convolution of g."""
        (first, last), s = self._reach(), self.stride
        taps, start = last - first + 1, -(s * first + self.padding)
        wide = np.zeros((self.filters, taps * s, taps * s, self.channels), self.weight.value.dtype)
        inside = slice(start, start + self.kernel)
        wide[:, inside, inside] = self.weight.value.transpose(0, 2, 3, 1)
        split = wide.reshape(self.filters, taps, s, taps, s, self.channels)[:, ::-1, :, ::-1]
        return aligned(split.transpose(1, 3, 0, 2, 4, 5)).reshape(taps * taps * self.filters, -1)

    def _gradient_rows(self, gradient: Array, a: int, b: int) -> Iterator[tuple[slice, Array]]:
        """Part by part the patches of g at the (a, b) positions of x as rows, each to meet ``_turned``."""
        first, last = self._reach()
        after = (a - gradient.shape[1] - first, b - gradient.shape[2] - first)
        frame = framed(gradient, (last, last), after, self.workspace, "gradient")
        for part in self._parts(self.workspace["x"]):
            yield part, unfold(frame[part], last - first + 1, 1, self.workspace)

    def _backward_to_both(self, gradient: Array, x: Array, gx: Array) -> None:
        """With stride 1 each pixel of x is a position: the patches of g serve dE/dK, too."""
        (_, h, w, c), k, turned = x.shape, self.kernel, self._turned()
        kernel = np.zeros_like(turned)
        for part, rows in self._gradient_rows(gradient, h, w):
            image_by_image(rows, turned, gx[part])
            kernel += np.matmul(rows.T, x[part].reshape(-1, c))
        self.weight.grad[...] = kernel.reshape(k, k, -1, c)[::-1, ::-1].transpose(2, 3, 0, 1)

    def _backward_to_input(self, gradient: Array, gx: Array) -> None:
        s, turned = self.stride, self._turned()
        (_, h, w, c) = gx.shape
        a, b = -(-h // s), -(-w // s)
        for part, rows in self._gradient_rows(gradient, a, b):
            pixels = self.workspace.array("pixels", (len(gx[part]), a * b, turned.shape[1]), gx.dtype)
            image_by_image(rows, turned, pixels)
            whole = pixels.reshape(-1, a, b, s, s, c).transpose(0, 1, 3, 2, 4, 5)
            gx[part] = whole.reshape(-1, a * s, b * s, c)[:, :h, :w]
