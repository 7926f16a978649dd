"""A fully connected layer's two products, as the BLAS below NumPy is best at them."""

from __future__ import annotations

import platform
from contextlib import suppress
from pathlib import Path
from typing import Final

import numpy as np

from pi_nn.nn.workspace import Array


def _is_reference() -> bool:
    if not platform.machine().startswith("armv"):
        return False
    with suppress(OSError):
        return "openblas" not in Path("/proc/self/maps").read_text()
    return False


REFERENCE_BLAS: Final = _is_reference()
"""Whether this is a 32-bit Pi without OpenBLAS: Debian's NumPy alone brings BLAS as first published.

That takes six instructions for a multiplication and addition, or eight where an output's weights do not lie
side by side; ``np.einsum`` takes less than five.
"""


def outputs(x: Array, weight: Array, out: Array | None = None) -> Array:
    """``x @ weight.T``: x (N, in), weight (out, in), the result (N, out)."""
    if REFERENCE_BLAS:
        return np.asarray(np.einsum("ni,oi->no", x, weight, out=out))
    return np.asarray(np.matmul(x, weight.T, out=out))


def weight_gradient(gradient: Array, x: Array, out: Array | None = None) -> Array:
    """``gradient.T @ x``: gradient (N, out), x (N, in), the result (out, in)."""
    if REFERENCE_BLAS:
        return np.asarray(np.einsum("no,ni->oi", gradient, x, out=out))
    return np.asarray(np.matmul(gradient.T, x, out=out))
