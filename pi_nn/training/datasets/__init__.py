"""``--data``: one function for every source of labelled images."""

from __future__ import annotations

from pathlib import Path

from pi_nn.errors import DataError
from pi_nn.training.datasets.csv import load_csv
from pi_nn.training.datasets.dataset import NO_DIGIT, Dataset
from pi_nn.training.datasets.download import Progress
from pi_nn.training.datasets.idx import is_idx_folder, load_idx
from pi_nn.training.datasets.mnist import load_mnist, silent
from pi_nn.training.datasets.npz import load_npz

__all__ = ["NO_DIGIT", "Dataset", "Progress", "load_data", "load_mnist", "silent"]

FORMS = (
    "expected 'mnist', a folder with one sub-folder a class, a folder with the four IDX files, "
    "a .csv (label, then 784 values 0-255), or an .npz with images and labels"
)


def load_data(source: str, part: str, *, progress: Progress = silent) -> Dataset:
    """``source`` is ``mnist`` or a path; ``part`` is ``train`` or ``test`` where the source has both.

    Raises :class:`DataError` naming the file and what was expected of it.
    """
    if source == "mnist":
        return load_mnist(part, progress=progress)
    path = Path(source)
    if path.is_dir():
        return _load_folder(path, part, progress)
    if not path.exists():
        raise DataError(f"{source}: no such file or folder; {FORMS}")
    loader = {".csv": load_csv, ".npz": load_npz}.get(path.suffix.lower())
    if loader is None:
        raise DataError(f"{source}: unknown form {path.suffix!r}; {FORMS}")
    return loader(path)


def _load_folder(path: Path, part: str, progress: Progress) -> Dataset:
    if is_idx_folder(path):
        return load_idx(path, part)
    # Vision is loaded only for pictures.
    from pi_nn.training.datasets.folder import load_folder

    return load_folder(path, progress)
