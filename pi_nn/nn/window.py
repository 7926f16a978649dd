"""What the convolutions share: a square window that walks over the image."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np

from pi_nn.errors import NetworkError
from pi_nn.nn.initial import initial_weights
from pi_nn.nn.layer import Layer, image_shape, whole
from pi_nn.nn.parameter import Parameter, laid_out
from pi_nn.nn.unfold import framed
from pi_nn.nn.workspace import Array, Shape, Workspace

if TYPE_CHECKING:
    from numpy.typing import ArrayLike


class _Window(Layer):
    """``kernel`` pixels wide and high, ``stride`` pixels a step, ``padding`` zeros around the image."""

    def __init__(self, channels: int, filters: int, kernel: int, stride: int, padding: int) -> None:
        super().__init__()
        name = type(self).__name__
        self.channels = whole(f"{name} channels", channels, 1)
        self.filters = whole(f"{name} filters", filters, 1)
        self.kernel = whole(f"{name} kernel", kernel, 1, 64)
        self.stride = whole(f"{name} stride", stride, 1, 64)
        # With more padding than kernel - 1 a window would see nothing but zeros.
        self.padding = whole(f"{name} padding", padding, 0, self.kernel - 1)
        self.weight: Parameter
        self.bias: Parameter | None = None

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
        return Parameter("weight", laid_out(initial_weights(initial, shape, rng)))

    def _framed(self, x: Array, memory: Workspace) -> Array:
        edge = (self.padding, self.padding)
        return framed(x, edge, edge, memory, "frame")

    def _windows(self, big: Array) -> Iterator[tuple[int, int, Array]]:
        """For each place (i, j) in the kernel the view (N, OH, OW, C) of the pixels that it meets."""
        s, k = self.stride, self.kernel
        oh, ow = (big.shape[1] - k) // s + 1, (big.shape[2] - k) // s + 1
        for i in range(k):
            for j in range(k):
                yield i, j, big[:, i : i + s * oh : s, j : j + s * ow : s]
