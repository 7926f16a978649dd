"""A folded network as a list of NumPy calls on fixed memory, for one batch size.

Where the plain layers lose time, and what is done about it:

- Fresh memory costs page faults. Every array is made once, at an address that suits the vector unit, and
  every call writes into one (``out=``).
- A call into NumPy costs about a microsecond, as much as 50,000 multiplications. A layer is at most
  three: unfold the patches, one matrix product, ReLU. Where a copy is needed anyway ReLU is the copy: it
  writes into the frame of zeros, or the place, that the next layer reads from.
- A bias costs nothing. With v the product without it, relu(v + b) = max(v, -b) + b: what is stored is
  max(v, -b), and the missing b, times the next layer's weights, is part of the next layer's bias. So only
  the last one is ever added. (The frame of zeros then holds -b.)
- Before a max-pool a convolution leaves out the positions that no window takes, and puts the places of a
  window one plane behind the other: pooling is one call over an axis. ReLU comes after it, when there
  is less to do; the two may change places, as both are monotonic.
- A picture with one channel is unfolded place by place in the kernel, in runs as long as a row of
  the result, instead of position by position, in runs of the kernel's few pixels.
- OpenBLAS multiplies small matrices, up to a million multiplications, without packing them anew. Larger
  products are divided into such pieces, in one call (``np.matmul`` over a third axis).
- A convolution whose kernel covers the whole image is a Linear, and nothing is unfolded.
"""

from __future__ import annotations

import platform
from collections.abc import Callable, Sequence
from functools import partial
from math import prod

import numpy as np

from pi_nn.nn.activations import ReLU
from pi_nn.nn.conv import Conv2d
from pi_nn.nn.flatten import Flatten
from pi_nn.nn.layer import Layer
from pi_nn.nn.linear import Linear
from pi_nn.nn.pooling import MaxPool2d
from pi_nn.nn.residual import Residual
from pi_nn.nn.sequential import Sequential
from pi_nn.nn.unfold import patches
from pi_nn.nn.workspace import Array, Shape

Matrices = dict[int, Array]
_SMALL = 1_000_000
# With the weights of an output side by side the reference BLAS (Debian's, on a 32-bit Pi without OpenBLAS)
# adds up dot products in a register, a sixth fewer instructions. OpenBLAS on other machines is up to a third
# slower that way, except for few outputs.
_DOT_PRODUCTS = platform.machine().startswith("armv")
_FEW = 16


def matrices_of(layers: Sequence[Layer]) -> Matrices:
    """For each Linear and Conv2d, by ``id``, its weights as a matrix (inputs, outputs)."""
    found = {}
    for layer in layers:
        if isinstance(layer, Linear):
            found[id(layer)] = _laid_out(layer.weight.value)
        elif isinstance(layer, Conv2d):
            found[id(layer)] = _laid_out(layer.matrix(layer.weight.value))
    return found


def _laid_out(weights: Array) -> Array:
    """Weights (outputs, inputs) as a matrix (inputs, outputs), in memory as this machine likes it."""
    by_output = _DOT_PRODUCTS or len(weights) <= _FEW
    return _placed(weights).T if by_output else _placed(weights.T)


class Program:
    """Answers exactly ``n`` inputs at a time; not safe for two threads at once."""

    def __init__(self, network: Sequential, n: int, matrices: Matrices) -> None:
        self.bytes = 0
        self._matrices = matrices
        self._steps: list[Callable[[], object]] = []
        self._first: Callable[[Array], object] = _nothing
        # While it is compiled: the values so far, what they lack (a number a channel), whether ReLU is due.
        self._values = np.broadcast_to(np.float32(0), (n, *network.input_shape))
        self._lack = np.zeros(network.input_shape[-1], np.float32)
        self._rectify = False
        self._shape: Shape = ()
        # All layers unfold into the same memory: it is read by the very next step.
        self._patches = self._new((n * _most_patches(network.layers, network.input_shape),))
        self._compile(network.layers)
        self._settle_relu()
        self._lack = _placed(self._lack[None])

    def run(self, x: Array) -> Array:
        """The outputs (n, K), an array of their own, for float32 ``x`` of any shape that holds n inputs."""
        self._first(x.reshape(self._shape))
        for step in self._steps:
            step()
        return np.add(self._values, self._lack)

    def _new(self, shape: Shape) -> Array:
        array = _empty(shape)
        self.bytes += array.nbytes
        return array

    def _compile(self, layers: Sequence[Layer]) -> None:
        waiting = list(layers)
        while waiting:
            layer = waiting.pop(0)
            if isinstance(layer, ReLU):
                self._begin()
                self._rectify = True
            elif isinstance(layer, Flatten):
                self._flatten()
            elif isinstance(layer, Linear):
                self._linear(layer)
            elif isinstance(layer, Conv2d):
                self._convolve(layer, _pool_behind(waiting))
            elif isinstance(layer, Residual):
                self._shortcut(layer)
            else:
                self._other(layer)

    def _move(self, target: Array) -> None:
        """Bring the values to ``target``, rectified if that is due; they lack what they lacked."""
        if self._first is _nothing:
            self._first, self._shape = partial(np.copyto, target), target.shape
        elif self._rectify:
            # Of the values' full shape but for n: with one digit NumPy then has nothing to broadcast.
            floor = _placed(np.broadcast_to(-self._lack, (1, *self._values.shape[1:])))
            self._steps.append(partial(np.maximum, self._values, floor, out=target))
        else:
            self._steps.append(partial(np.copyto, target, self._values))
        self._values, self._rectify = target, False

    def _begin(self) -> None:
        """Take the input in, if that has not been done."""
        if self._first is _nothing:
            self._move(self._new(self._values.shape))

    def _settle_relu(self) -> None:
        self._begin()
        if self._rectify:
            self._move(self._new(self._values.shape))

    def _settle(self) -> Array:
        """The values as they are meant, lacking nothing."""
        self._settle_relu()
        if self._lack.any():
            self._steps.append(partial(np.add, self._values, self._lack, out=self._values))
            self._lack = np.zeros_like(self._lack)
        return self._values

    def _flatten(self) -> None:
        n, *shape = self._values.shape
        self._lack = np.tile(self._lack, prod(shape[:-1]))
        self._values = self._values.reshape(n, -1)

    def _product(self, inputs: Array, layer: Linear | Conv2d) -> None:
        """values = inputs (pieces, rows, k) @ matrix (k, f). They lack the bias and what inputs lacked."""
        matrix = self._matrices[id(layer)]
        multiply: Callable[..., object] = np.matmul
        out = self._new((*inputs.shape[:2], matrix.shape[1]))
        self._values = out.reshape(-1, matrix.shape[1])
        if len(inputs) == 1:
            # The same in two dimensions, with less to do before it begins.
            multiply, inputs, out = np.dot, inputs[0], out[0]
        if self._first is _nothing:
            self._shape = inputs.shape
            self._first = lambda x: multiply(x, matrix, out)
        else:
            self._steps.append(partial(multiply, inputs, matrix, out=out))
        self._lack = np.resize(self._lack, len(matrix)) @ matrix
        if layer.bias is not None:
            self._lack += layer.bias.value

    def _pieces(self, layer: Linear | Conv2d, positions: int) -> int:
        """Into how many products of equal size to divide one of ``positions`` rows a digit."""
        n = len(self._values)
        work = positions * self._matrices[id(layer)].size
        return next(p for p in (1 << i for i in range(32)) if p >= n or n // p * work <= _SMALL)

    def _linear(self, layer: Linear | Conv2d) -> None:
        if self._rectify:
            self._settle_relu()
        rows = self._values.reshape(self._pieces(layer, 1), -1, len(self._matrices[id(layer)]))
        self._product(rows, layer)

    def _convolve(self, layer: Conv2d, pool: int) -> None:
        n, h, w, c = self._values.shape
        if not layer.padding and layer.kernel == h == w:
            self._linear(layer)
            self._values = self._values.reshape(n, 1, 1, -1)
            return
        p = layer.padding
        frame = self._new((n, h + 2 * p, w + 2 * p, c))
        frame[...] = -self._lack
        self._move(frame[:, p : p + h, p : p + w])
        view = patches(frame, layer.kernel, layer.stride)
        oh, ow = view.shape[1] // pool, view.shape[2] // pool
        pieces = self._pieces(layer, oh * ow * pool * pool)
        # To (pieces, n, pool, pool, oh, ow, k, k, c): the places within a pool's window come first.
        view = view[:, : oh * pool, : ow * pool]
        view = view.reshape(pieces, -1, oh, pool, ow, pool, *view.shape[3:])
        self._product(self._unfold(view.transpose(0, 1, 3, 5, 2, 4, 6, 7, 8)), layer)
        if pool > 1:
            windows = self._values.reshape(n, pool * pool, oh * ow * layer.filters)
            self._values = self._new((n, oh * ow * layer.filters))
            self._steps.append(partial(np.maximum.reduce, windows, axis=1, out=self._values))
        self._values = self._values.reshape(n, oh, ow, layer.filters)

    def _unfold(self, view: Array) -> Array:
        """Patches (pieces, n, pool, pool, oh, ow, k, k, c) as matrices (pieces, positions, k*k*c)."""
        pieces, positions, places = view.shape[0], prod(view.shape[1:6]), prod(view.shape[6:])
        if view.shape[-1] == 1:
            view = view.transpose(0, 6, 7, 8, 1, 2, 3, 4, 5)
            flat = self._patches[: view.size].reshape(pieces, places, positions)
            matrix = flat.transpose(0, 2, 1)
        else:
            matrix = flat = self._patches[: view.size].reshape(pieces, positions, places)
        self._steps.append(partial(np.copyto, flat.reshape(view.shape), view))
        return matrix

    def _shortcut(self, layer: Residual) -> None:
        x = self._settle()
        self._compile(layer.body)
        self._settle_relu()
        out = self._new(x.shape)
        self._steps.append(partial(np.add, x, self._values, out=out))
        self._values = out

    def _other(self, layer: Layer) -> None:
        """A layer without a trick: its own ``forward``."""
        x = self._settle()
        out = self._new((len(x), *layer.output_shape(x.shape[1:])))
        self._steps.append(lambda: np.copyto(out, layer.forward(x)))
        self._values, self._lack = out, np.zeros(out.shape[-1], np.float32)


def _nothing(x: Array) -> object:
    """No layer has been compiled yet."""


def _pool_behind(waiting: list[Layer]) -> int:
    """The size of the max-pool that comes next, or after a ReLU, taken out of ``waiting``; 1 without."""
    place = 1 if waiting and isinstance(waiting[0], ReLU) else 0
    pool = waiting[place] if len(waiting) > place else None
    if isinstance(pool, MaxPool2d) and pool.size == pool.stride:
        waiting.pop(place)
        return pool.size
    return 1


def _most_patches(layers: Sequence[Layer], shape: Shape) -> int:
    """The largest number of values that a convolution unfolds one input to."""
    most = 0
    for layer in layers:
        if isinstance(layer, Residual):
            most = max(most, _most_patches(layer.body, shape))
        shape = layer.output_shape(shape)
        if isinstance(layer, Conv2d):
            most = max(most, shape[0] * shape[1] * layer.kernel**2 * layer.channels)
    return most


def _empty(shape: Shape) -> Array:
    """A float32 array that begins at a multiple of 64 bytes, a cache line: products are a fifth faster."""
    count = prod(shape)
    memory = np.empty(count + 16, np.float32)
    start = -memory.ctypes.data % 64 // 4
    return memory[start : start + count].reshape(shape)


def _placed(array: Array) -> Array:
    copy = _empty(array.shape)
    copy[...] = array
    return copy
