"""A trained network learns other classes: a new last layer, on features that are worked out once.

After Taylor 2017, chapter 31, where the last layer of a large network is retrained on folders of pictures.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from pi_nn import __version__
from pi_nn.errors import DataError, NetworkError, WeightsError
from pi_nn.nn import Linear, Network, Sequential
from pi_nn.nn.archive import pack, read_bytes, unpack
from pi_nn.nn.workspace import Array
from pi_nn.training.datasets import Dataset, Progress, silent
from pi_nn.training.result import outputs

MAX_CACHE_BYTES = 1 << 30


@dataclass(frozen=True, eq=False)
class Features(Dataset):
    """What the layers before the last make of the images: ``images`` is float32 (N, F) here."""

    def _check_images(self) -> None:
        if self.images.ndim != 2 or self.images.dtype != np.float32:
            raise DataError(f"features are {self.images.dtype} {self.images.shape}, expected float32 (N, F)")


def new_head(network: Network, classes: tuple[str, ...], junk: bool, rng: np.random.Generator) -> Sequential:
    """A trainable copy of ``network`` with one output for each of ``classes``, and one for junk.

    The last layer is kept where the classes are the same, else it starts afresh. Raises
    :class:`NetworkError` when the network does not end in a Linear layer.
    """
    layers = network.sequential()
    last = layers.layers[-1]
    if not isinstance(last, Linear):
        raise NetworkError(
            f"{network.name} ends in {last}, expected Linear, the only layer that can be replaced"
        )
    if classes == network.classes and junk == network.has_junk:
        return layers
    head = Linear(last.inputs, len(classes) + junk, rng=rng)
    if classes == network.classes:
        # The digits' rows are worth keeping; only the junk row comes or goes.
        rows = min(last.outputs, head.outputs)
        head.weight.value[:rows] = last.weight.value[:rows]
        if last.bias is not None and head.bias is not None:
            head.bias.value[:rows] = last.bias.value[:rows]
    return Sequential([*layers.layers[:-1], head], layers.input_shape)


def split_head(network: Sequential) -> tuple[Sequential, Sequential]:
    """(all layers but the last, the last alone); both share their weights with ``network``."""
    body = Sequential(network.layers[:-1], network.input_shape)
    return body, Sequential(network.layers[-1:], body.output_shape)


def cached_features(
    body: Sequential,
    identity: str,
    digest: str,
    load: Callable[[], Dataset],
    cache: Path,
    progress: Progress = silent,
) -> tuple[Features, bool]:
    """(the features of what ``load`` gives, whether they came from the ``cache``).

    ``identity`` is the network's sha256, ``digest`` that of the data: with the program's version they name
    the file, so that it is never out of date. A damaged file is made again.
    """
    key = hashlib.sha256(f"{__version__} {identity} {digest}".encode()).hexdigest()
    path = cache / f"{key[:32]}.npz"
    try:
        return _from_arrays(unpack(read_bytes(path, MAX_CACHE_BYTES), str(path), MAX_CACHE_BYTES)), True
    except (WeightsError, KeyError, ValueError):
        data = load()
    features = outputs(body, data.images, lambda done, of: progress(f"features of {of:,}", done, of))
    made = Features(features, data.labels, data.classes, data.names, data.missed)
    cache.mkdir(parents=True, exist_ok=True)
    pack(path, _to_arrays(made))
    return made, False


def _to_arrays(features: Features) -> dict[str, Array]:
    return {
        "features": features.images,
        "labels": features.labels,
        "classes": np.array(features.classes, np.str_),
        "names": np.array(features.names, np.str_),
        "missed_names": np.array([name for name, _ in features.missed], np.str_),
        "missed_labels": np.array([label for _, label in features.missed], np.int64),
    }


def _from_arrays(arrays: dict[str, Array]) -> Features:
    missed = zip(arrays["missed_names"].tolist(), arrays["missed_labels"].tolist(), strict=True)
    return Features(
        arrays["features"].copy(),
        arrays["labels"].copy(),
        tuple(arrays["classes"].tolist()),
        tuple(arrays["names"].tolist()),
        tuple(missed),
    )


def folder_digest(files: list[tuple[Path, int]]) -> str:
    """sha256 of the pictures' names and bytes."""
    digest = hashlib.sha256()
    for path, label in files:
        digest.update(f"{label} {path.name} ".encode())
        digest.update(hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()
