"""How many threads the BLAS below NumPy uses."""

from __future__ import annotations

import ctypes
import re
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

MAPS = Path("/proc/self/maps")
# OpenBLAS by itself, as NumPy 1 ships it (64-bit integers), and as NumPy 2 does.
NAMES = ("openblas_{}_num_threads", "openblas_{}_num_threads64_", "scipy_openblas_{}_num_threads64_")


@contextmanager
def blas_threads(count: int) -> Iterator[None]:
    """Within this context every OpenBLAS of this process works on ``count`` threads.

    OPENBLAS_NUM_THREADS does the same, but only when it is set before NumPy is loaded. Where OpenBLAS is
    not found (another BLAS, no Linux) nothing changes but the speed.
    """
    before = [(library, names, _get(library, names)) for library, names in _openblas()]
    for library, (_, setter), _ in before:
        getattr(library, setter)(count)
    try:
        yield
    finally:
        for library, (_, setter), threads in before:
            getattr(library, setter)(threads)


def blas_names() -> list[str]:
    """What each OpenBLAS of this process says of itself: version, options, the processor it is made for."""
    told = []
    for library, (getter, _) in _openblas():
        config = getattr(library, getter.replace("num_threads", "config"))
        config.restype = ctypes.c_char_p
        told.append(config().decode("ascii", "replace").strip())
    return told


def _get(library: ctypes.CDLL, names: tuple[str, str]) -> int:
    return int(getattr(library, names[0])())


def _openblas() -> list[tuple[ctypes.CDLL, tuple[str, str]]]:
    """Each loaded OpenBLAS with the names of its two functions, (get, set)."""
    found = []
    with suppress(OSError):
        for path in sorted(set(re.findall(r"(/\S*openblas\S*)$", MAPS.read_text(), re.MULTILINE))):
            library = ctypes.CDLL(path)
            for pattern in NAMES:
                names = (pattern.format("get"), pattern.format("set"))
                if hasattr(library, names[0]) and hasattr(library, names[1]):
                    found.append((library, names))
                    break
    return found
