"""A fully connected layer's two products, as the BLAS below NumPy is best at them."""

from __future__ import annotations

import platform
import re
from contextlib import suppress
from pathlib import Path
from typing import Final

import numpy as np

from pi_nn.nn.workspace import Array


def _is_reference() -> bool:
    if not platform.machine().startswith("armv"):
        return False
    with suppress(OSError):
        return is_reference(Path("/proc/self/maps").read_text())
    return False


def is_reference(maps: str) -> bool:
    """Whether no faster library is among the files that a process has mapped (proc_pid_maps(5))."""
    return re.search(r"openblas|libatlas|/atlas|libblis|/blis", maps) is None


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
