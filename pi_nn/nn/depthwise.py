"""Convolution of each channel by its own kernel."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from pi_nn.nn.parameter import Parameter
from pi_nn.nn.window import _Window
from pi_nn.nn.workspace import Array, Workspace

if TYPE_CHECKING:
    from numpy.typing import ArrayLike


class DepthwiseConv2d(_Window):
    """Depthwise convolution (Howard et al. 2017); x (N, H, W, C), weight (C, 1, k, k), y (N, OH, OW, C).

    y is the sum over the k*k places (i, j) of the window's pixels there times weight[:, 0, i, j], so that
    dE/dweight[:, 0, i, j] = sum of g * pixels, and the pixels get g * weight[:, 0, i, j].
    """

    def __init__(
        self,
        channels: int,
        kernel: int,
        *,
        stride: int = 1,
        padding: int = 0,
        bias: bool = True,
        initial: str | ArrayLike = "he",
        rng: np.random.Generator | None = None,
    ) -> None:
        super().__init__(channels, channels, kernel, stride, padding)
        self.weight = self._weights(initial, (self.channels, 1, self.kernel, self.kernel), rng)
        self.bias = Parameter("bias", np.zeros(self.filters, np.float32), decay=False) if bias else None

    def config(self) -> dict[str, Any]:
        names = ("channels", "kernel", "stride", "padding")
        return {name: getattr(self, name) for name in names} | {"bias": self.bias is not None}

    def forward(self, x: Array, *, training: bool = False, rng: np.random.Generator | None = None) -> Array:
        memory = self.workspace if training else Workspace()
        frame = self._framed(x, memory)
        y = memory.array("y", (len(x), *self.output_shape(x.shape[1:])), x.dtype)
        product = memory.array("product", y.shape, x.dtype)
        y[...] = 0 if self.bias is None else self.bias.value
        for i, j, view in self._windows(frame):
            y += np.multiply(view, self.weight.value[:, 0, i, j], out=product)
        if training:
            memory.keep("x", frame)
        return y

    def backward(self, gradient: Array, *, to_input: bool = True) -> Array:
        if self.bias is not None:
            gradient.sum(axis=(0, 1, 2), out=self.bias.grad)
        x = self.workspace["x"]
        for i, j, view in self._windows(x):
            self.weight.grad[:, 0, i, j] = np.einsum("nhwc,nhwc->c", view, gradient)
        if not to_input:
            return gradient
        frame = self.workspace.array("gframe", x.shape, gradient.dtype)
        frame[...] = 0
        product = self.workspace.array("product", gradient.shape, gradient.dtype)
        for i, j, view in self._windows(frame):
            view += np.multiply(gradient, self.weight.value[:, 0, i, j], out=product)
        p = self.padding
        return frame[:, p:-p, p:-p] if p else frame
