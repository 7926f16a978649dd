"""A folded network as a list of NumPy calls on fixed memory, for one batch size.

Where the plain layers lose time, and what is done about it:

- Fresh memory costs page faults. Every array is made once, at an address that suits the vector unit, and
  every call writes into one (``out=``).
- A call into NumPy costs about a microsecond, as much as 50,000 multiplications. Most layers are three:
  unfold the patches, one matrix product, ReLU. Where a copy is needed anyway ReLU is the copy: it
  writes into the frame of zeros, or the place, that the next layer reads from.
- A 3x3 convolution of several channels takes two products more, and two thirds of the multiplications:
  see winograd.py.
- A bias costs nothing. With v the product without it, relu(v + b) = max(v, -b) + b: what is stored is
  max(v, -b), and the missing b, times the next layer's weights, is part of the next layer's bias. Only the
  last one counts: it is a row more of the last matrix, met by a 1. (The frame of zeros then holds -b.)
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

from collections.abc import Callable, Sequence
from functools import partial
from math import prod

import numpy as np

from pi_nn.nn.activations import ReLU
from pi_nn.nn.conv import Conv2d
from pi_nn.nn.flatten import Flatten
from pi_nn.nn.layer import Layer
from pi_nn.nn.linear import Linear
from pi_nn.nn.matrices import Matrices, arranged
from pi_nn.nn.pooling import MaxPool2d
from pi_nn.nn.residual import Residual
from pi_nn.nn.sequential import Sequential
from pi_nn.nn.unfold import patches
from pi_nn.nn.winograd import product_rows, tile_height, tiled
from pi_nn.nn.workspace import Array, Shape, aligned, aligned_empty

_SMALL = 1_000_000
# With fewer channels the calls for tiles cost more than they save.
_MANY = 8


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
        self._last = self._finish(network.layers)

    def run(self, x: Array) -> Array:
        """The outputs (n, K), an array of their own, for float32 ``x`` of any shape that holds n inputs."""
        self._first(x.reshape(self._shape))
        for step in self._steps:
            step()
        return self._last()

    def _new(self, shape: Shape) -> Array:
        array = aligned_empty(shape)
        self.bytes += array.nbytes
        return array

    def _finish(self, layers: Sequence[Layer]) -> Callable[[], Array]:
        """Compile all of the network; the call that makes the array to hand out."""
        last = layers[-1]
        if not isinstance(last, Linear):
            self._compile(layers)
            self._settle_relu()
            return partial(np.add, self._values, aligned(self._lack[None]))
        self._compile(layers[:-1])
        inputs = self._new((len(self._values), last.inputs + 1))
        inputs[:, -1] = 1
        self._move(inputs[:, :-1])
        matrix = self._matrices.plain(last)
        self._fall_short(last)
        return partial(np.dot, inputs, arranged(np.vstack([matrix, self._lack]).T))

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
            floor = aligned(np.broadcast_to(-self._lack, (1, *self._values.shape[1:])))
            self._steps.append(partial(np.maximum, self._values, floor, out=target))
        else:
            self._steps.append(partial(np.copyto, target, self._values))
        self._values, self._rectify = target, False

    def _begin(self) -> None:
        """Take the input in, if that has not been done."""
        if self._first is _nothing:
            self._move(self._new(self._values.shape))

    @property
    def _apart(self) -> bool:
        return self._first is not _nothing and not self._values.flags.c_contiguous

    def _line_up(self) -> None:
        """The values rectified, and in one piece of memory, as the input is."""
        if self._rectify or self._apart:
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
        if self._apart:
            self._line_up()
        n, *shape = self._values.shape
        self._lack = np.tile(self._lack, prod(shape[:-1]))
        self._values = self._values.reshape(n, -1)

    def _product(self, inputs: Array, layer: Linear | Conv2d) -> None:
        """values = inputs (pieces, rows, k) @ matrix (k, f). They lack the bias and what inputs lacked."""
        matrix = self._matrices.plain(layer)
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
        self._fall_short(layer)

    def _fall_short(self, layer: Linear | Conv2d) -> None:
        """From what the inputs of a layer lack to what its outputs do."""
        matrix = self._matrices.plain(layer)
        self._lack = np.resize(self._lack, len(matrix)) @ matrix
        if layer.bias is not None:
            self._lack += layer.bias.value

    def _pieces(self, layer: Linear | Conv2d, positions: int) -> int:
        """Into how many products of equal size to divide one of ``positions`` rows a digit."""
        n = len(self._values)
        work = positions * self._matrices.plain(layer).size
        return next(p for p in (1 << i for i in range(32)) if p >= n or n // p * work <= _SMALL)

    def _linear(self, layer: Linear | Conv2d) -> None:
        self._line_up()
        rows = self._values.reshape(self._pieces(layer, 1), -1, len(self._matrices.plain(layer)))
        self._product(rows, layer)

    def _convolve(self, layer: Conv2d, pool: int) -> None:
        n, h, w, c = self._values.shape
        if not layer.padding and layer.kernel == h == w:
            self._linear(layer)
            self._values = self._values.reshape(n, 1, 1, -1)
            return
        oh, ow, f = layer.output_shape((h, w, c))
        oh, ow = oh // pool, ow // pool
        if _suits_tiles(layer):
            self._in_tiles(layer, oh, ow, pool)
            self._pool((oh, pool * pool, n * ow * f))
            self._values = self._values.reshape(oh, n, ow, f).transpose(1, 0, 2, 3)
        else:
            self._in_patches(layer, oh, ow, pool)
            self._pool((n, pool * pool, oh * ow * f))
            self._values = self._values.reshape(n, oh, ow, f)

    def _pool(self, windows: Shape) -> None:
        """The largest of each window, whose values stand along the middle axis."""
        if windows[1] > 1:
            out = self._new((windows[0], windows[2]))
            self._steps.append(partial(np.maximum.reduce, self._values.reshape(windows), axis=1, out=out))
            self._values = out

    def _in_patches(self, layer: Conv2d, oh: int, ow: int, pool: int) -> None:
        """Values (n, pool, pool, oh, ow, filters): the places within a pool's window come first."""
        n, h, w, c = self._values.shape
        p = layer.padding
        frame = self._new((n, h + 2 * p, w + 2 * p, c))
        frame[...] = -self._lack
        self._move(frame[:, p : p + h, p : p + w])
        view = patches(frame, layer.kernel, layer.stride)[:, : oh * pool, : ow * pool]
        view = view.reshape(
            self._pieces(layer, oh * ow * pool * pool), -1, oh, pool, ow, pool, *view.shape[3:]
        )
        self._product(self._unfold(view.transpose(0, 1, 3, 5, 2, 4, 6, 7, 8)), layer)

    def _in_tiles(self, layer: Conv2d, oh: int, ow: int, pool: int) -> None:
        """Values (oh, pool, pool, n, ow, filters)."""
        n, h, w, c = self._values.shape
        p, m = layer.padding, tile_height(oh * pool)
        frame = self._new((max(-(-oh * pool // m) * m + 2, h + 2 * p), n, w + 2 * p, c))
        frame[...] = -self._lack
        self._move(frame[p : p + h, :, p : p + w].transpose(1, 0, 2, 3))
        kernel = self._matrices.tiled(layer, m)
        self._values, steps = tiled(frame, kernel, (oh, ow), pool, self._new, self._patches)
        self._steps += steps
        self._fall_short(layer)

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


def _suits_tiles(layer: Conv2d) -> bool:
    return layer.kernel == 3 and layer.stride == 1 and layer.channels >= _MANY


def _most_patches(layers: Sequence[Layer], shape: Shape) -> int:
    """The largest number of values that a convolution unfolds one input to."""
    most = 0
    for layer in layers:
        if isinstance(layer, Residual):
            most = max(most, _most_patches(layer.body, shape))
        shape = layer.output_shape(shape)
        if isinstance(layer, Conv2d):
            down = shape[0] * layer.kernel
            if _suits_tiles(layer):
                down = product_rows(shape[0], tile_height(shape[0]))
            most = max(most, down * shape[1] * layer.kernel * layer.channels)
    return most
