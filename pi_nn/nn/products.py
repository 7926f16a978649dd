"""The products of the layers that learn, as the BLAS below NumPy is best at them."""

from __future__ import annotations

import platform
import re
from contextlib import suppress
from functools import lru_cache
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


SMALL: Final = 1_000_000
"""Multiplications up to which OpenBLAS, with AVX-512, does not pack the matrices anew first."""

# A piece of fewer rows costs more to call than it saves.
_FEWEST = 16


@lru_cache
def prefers_pieces() -> bool:
    """Whether this OpenBLAS multiplies a large matrix faster in small pieces; those for AVX-512 do."""
    from pi_nn.nn.blas import blas_names  # nobody who only answers asks

    return any(re.search("SkylakeX|Cooperlake|Sapphirerapids", name, re.IGNORECASE) for name in blas_names())


def outputs(x: Array, weight: Array, out: Array | None = None) -> Array:
    """``x @ weight.T``: x (N, in), weight (out, in), the result (N, out), unit by unit in memory."""
    if out is None:
        out = np.empty((len(weight), len(x)), np.result_type(x, weight)).T
    if REFERENCE_BLAS:
        return np.asarray(np.einsum("ni,oi->no", x, weight, out=out))
    _unit_by_unit(weight, x.T, out.T)
    return out


def weight_gradient(gradient: Array, x: Array, out: Array | None = None) -> Array:
    """``gradient.T @ x``: gradient (N, out), x (N, in), the result (out, in)."""
    if REFERENCE_BLAS:
        return np.asarray(np.einsum("no,ni->oi", gradient, x, out=out))
    if out is None:
        out = np.empty((gradient.shape[1], x.shape[1]), np.result_type(gradient, x))
    _unit_by_unit(gradient.T, x, out)
    return out


def _unit_by_unit(a: Array, b: Array, out: Array) -> None:
    """``a @ b`` into ``out``, a few rows of ``a`` at a time."""
    rows = next((few for few in (16, 8, 4) if len(a) % few == 0 and few * b.size <= SMALL), 0)
    if rows and len(a) * b.size > SMALL and out.flags.c_contiguous and prefers_pieces():
        a, out = a.reshape(-1, rows, a.shape[1]), out.reshape(-1, rows, out.shape[1])
    np.matmul(a, b, out=out)


def image_by_image(rows: Array, matrix: Array, out: Array) -> None:
    """``rows @ matrix`` into ``out`` (N, …, F): rows (N*P, K), matrix (K, F)."""
    n, each = len(out), len(rows) // len(out)
    if prefers_pieces() and each >= _FEWEST and each * matrix.size <= SMALL:
        np.matmul(rows.reshape(n, each, -1), matrix, out=out.reshape(n, each, -1))
    else:
        np.matmul(rows, matrix, out=out.reshape(len(rows), -1))
