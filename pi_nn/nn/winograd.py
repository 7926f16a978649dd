"""A 3x3 convolution with little more than half of its multiplications (Winograd 1980).

Down a column a kernel g of three gives m outputs y from a tile d of m + 2 inputs: 3m products. In

    y = A [(G g) * (B d)]

they are m + 2, and G g is worked out once and for all. It comes from the product of two polynomials by their
values at m + 2 points (Toom, Cook): V^-1 [(V_m u) * (V_3 g)], V the powers of the points, V_k the first k of
them. A convolution is the transpose of that in u: A = V_m^T, G = V_3, B = V^-T.

Here d is a tile of whole image rows, and each of the m + 2 products a matrix product. Across the columns the
kernel is unfolded as ever: tiles in both directions (Lavin and Gray 2016) leave fewer multiplications still,
but in products so small that calling them costs more.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache, partial

import numpy as np

from pi_nn.nn.workspace import Array, Shape

# And infinity. These lose little, an error of 2e-6 where plain products have 1e-6 (cf. Barabasz et al. 2020,
# "Error analysis and improving the accuracy of Winograd convolution for deep neural networks").
_POINTS = (0.0, 1.0, -1.0, 0.5, -2.0)


def tile_height(rows: int) -> int:
    """The m of 2 to 4 with which ``rows`` outputs take the fewest products."""
    return min((4, 3, 2), key=lambda m: product_rows(rows, m))


def product_rows(rows: int, m: int) -> int:
    """How many rows are multiplied for ``rows`` of outputs; one by one it would be three times ``rows``."""
    return -(-rows // m) * (m + 2)


@lru_cache
def transforms(m: int) -> tuple[Array, Array, Array]:
    """A (m, m + 2), G (m + 2, 3) and B (m + 2, m + 2), float32."""
    size = m + 2
    a, g, b = _powers(m, size).T, _powers(3, size), np.linalg.inv(_powers(size, size)).T
    return a.astype(np.float32, "C"), g.astype(np.float32, "C"), b.astype(np.float32, "C")


def _powers(count: int, size: int) -> Array:
    """The powers 0 to ``count`` - 1 of ``size`` points; at infinity only the highest counts."""
    return np.vstack([np.vander(_POINTS[: size - 1], count, increasing=True), np.eye(count)[-1:]])


def tiled(
    frame: Array, kernel: Array, outputs: Shape, pool: int, new: Callable[[Shape], Array], patches: Array
) -> tuple[Array, list[Callable[[], object]]]:
    """The outputs (OH, pool, pool, N, OW, F) to come, and the steps that work them out.

    ``frame`` (H, N, W, C) has the images' first rows side by side, then all second rows, so that a tile is a
    few long rows; it has a row for each row of the last tile. ``kernel`` is (m + 2, 3*C, F), ``outputs`` (OH,
    OW), both as the pool leaves them. ``new`` makes arrays, ``patches`` is free memory.
    """
    (_, n, w, c), (oh, ow) = frame.shape, outputs
    size, f, row = len(kernel), kernel.shape[2], frame[0].size
    m, (a, _, b) = size - 2, transforms(size - 2)
    tiles = -(-oh * pool // m)
    spread, products = new((size, tiles, row)), new((size, tiles, pool * n * ow * f))
    out = new((tiles, m, products.shape[2]))
    overlapping = _strided(frame, (tiles, size, row), (m * row, row, 1))
    # Three neighbours with all their channels are one run of memory.
    view = _strided(spread, (size * tiles, pool, n, ow, 3 * c), (row, c, w * c, pool * c, 1))
    flat = patches[: view.size].reshape(view.shape)
    steps: list[Callable[[], object]] = [
        partial(np.matmul, b, overlapping, out=spread.transpose(1, 0, 2)),
        partial(np.copyto, flat, view),
        partial(np.matmul, flat.reshape(size, -1, 3 * c), kernel, out=products.reshape(size, -1, f)),
        partial(np.matmul, a, products.transpose(1, 0, 2), out=out),
    ]
    return out.reshape(tiles * m, -1)[: oh * pool], steps


def _strided(array: Array, shape: Shape, strides: Shape) -> Array:
    """A view of contiguous float32 memory; strides in elements."""
    return np.ndarray(shape, np.float32, array.data, strides=[4 * s for s in strides])
