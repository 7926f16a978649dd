"""Patches of images as rows of a matrix, so that a convolution is one product."""

from __future__ import annotations

from math import prod

import numpy as np

from pi_nn.nn.workspace import Array, Workspace


def patches(x: Array, kernel: int, stride: int) -> Array:
    """A view (N, OH, OW, kernel, kernel, C) of every patch of ``x`` (N, H, W, C), which is contiguous."""
    n, h, w, c = x.shape
    sn, sh, sw, sc = x.strides
    oh, ow = (h - kernel) // stride + 1, (w - kernel) // stride + 1
    shape, strides = (n, oh, ow, kernel, kernel, c), (sn, sh * stride, sw * stride, sh, sw, sc)
    # What as_strided does, without its 10 microseconds.
    return np.ndarray(shape, x.dtype, x.data, strides=strides)


def framed(x: Array, before: tuple[int, int], after: tuple[int, int], memory: Workspace, name: str) -> Array:
    """``x`` (N, H, W, C) with rows and columns of zeros before and after; in the ``memory`` of that name."""
    if not any(before) and not any(after):
        return x
    n, h, w, c = x.shape
    (top, left), (bottom, right) = before, after
    # The zeros are written when the frame is made: later calls write the inside only.
    frame = memory.array(name, (n, top + h + bottom, left + w + right, c), x.dtype, zeroed=True)
    frame[:, top : top + h, left : left + w] = x
    return frame


def unfold(x: Array, kernel: int, stride: int, memory: Workspace) -> Array:
    """The patches of ``x`` as rows (N*OH*OW, kernel*kernel*C), until the next call with this ``memory``.

    Images of one channel are unfolded place by place in the kernel, in runs of a row of the result, not
    position by position, in runs of the kernel's few pixels: the result is then the transpose of an array.
    """
    view = patches(x, kernel, stride)
    positions, places = prod(view.shape[:3]), prod(view.shape[3:])
    flat = memory.array("patches", (view.size,), x.dtype)
    if x.shape[-1] > 1:
        flat.reshape(view.shape)[...] = view
        return flat.reshape(positions, places)
    view = view.transpose(3, 4, 5, 0, 1, 2)
    flat.reshape(view.shape)[...] = view
    return flat.reshape(places, positions).T
