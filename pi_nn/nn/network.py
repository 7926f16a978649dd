"""The network that answers: weights from a file, ready to predict."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pi_nn.errors import NetworkError, WeightsError
from pi_nn.nn.activations import Sigmoid, Softmax, softmax
from pi_nn.nn.plan import Plan
from pi_nn.nn.sequential import Sequential
from pi_nn.nn.thresholds import Thresholds
from pi_nn.nn.weights import Card, read_network
from pi_nn.nn.workspace import Array

DEFAULT = "digits-cnn"
_MODELS = Path(__file__).parent.parent / "models"
_PIXELS = 784


class Network:
    """Digits in, probabilities out; safe to use from several threads at once.

    With a junk class the network has K + 1 outputs, the last for "this is no digit". Their softmax, at
    the file's temperature, gives P(junk) and P(class k). ``probabilities`` are the K classes' shares of
    1 - P(junk), so that their rows sum to 1; ``junk`` is P(junk), 0 without such a class. The calibrated
    chance that class k is right is therefore ``probabilities[k] * (1 - junk)``: ``confidence`` and
    ``margin`` of a reading are made of these products.

    ``classes`` are the K names, ``thresholds`` the file's acceptance thresholds, ``record`` how it was
    trained, ``sha256`` that of the file's bytes.
    """

    def __init__(self, sequential: Sequential, card: Card, sha256: str) -> None:
        self._layers = sequential
        self._card = card
        self.name = card.name
        self.sha256 = sha256
        self.classes = card.classes
        self._plan = Plan(sequential)
        self._last = type(sequential.layers[-1]) if sequential.layers else None

    @property
    def thresholds(self) -> Thresholds:
        return self._card.thresholds

    @property
    def temperature(self) -> float:
        return self._card.temperature

    @property
    def has_junk(self) -> bool:
        """Whether the network was taught what is no digit."""
        return self._card.junk

    @property
    def record(self) -> Mapping[str, Any]:
        return self._card.record

    @property
    def parameter_count(self) -> int:
        return self._layers.parameter_count

    @property
    def multiply_adds(self) -> int:
        return self._layers.multiply_adds

    def predict_proba(self, x: Array) -> NDArray[np.float32]:
        """Probabilities (N, K), rows sum to 1, of ``x`` (28, 28), (N, 28, 28) or (N, 784), 0 paper, 1 ink.

        Raises :class:`NetworkError` for another shape, or for whole numbers (0..255 must be divided by 255).
        """
        return self.scores(x)[0]

    def scores(self, x: Array) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """``(probabilities (N, K), junk (N,))``, see above; ``x`` as for :meth:`predict_proba`."""
        p = self._softmax(self.logits(x))
        if not self._card.junk:
            return p, np.zeros(len(p), np.float32)
        digits, junk = p[:, :-1], p[:, -1].copy()
        # A row that is junk beyond the precision of float32 has no shares left; it gets equal ones.
        total = digits.sum(axis=1, keepdims=True)
        shares = np.divide(digits, total, out=np.full_like(digits, 1 / len(self.classes)), where=total > 0)
        return shares, junk

    def logits(self, x: Array) -> NDArray[np.float32]:
        """The raw outputs (N, K), or (N, K + 1) with a junk class; ``x`` as for :meth:`predict_proba`."""
        return self._plan(_rows(x))

    def _softmax(self, outputs: Array) -> Array:
        if self._last is Sigmoid:
            # Independent outputs 0..1 (the books' networks): softmax of their logarithms is their share.
            outputs = np.log(np.maximum(outputs, 1e-30))
        elif self._last is Softmax:
            outputs = np.log(np.maximum(outputs, 1e-30))
        return softmax(outputs / np.float32(self._card.temperature), outputs)

    def sequential(self) -> Sequential:
        """A fresh copy of the folded layers, to train on or to look into."""
        return self._layers.copy()


def _rows(x: Array) -> Array:
    """``x`` as float32 (N, 784)."""
    x = np.asarray(x)
    if x.dtype.kind != "f":
        raise NetworkError(f"pixels are of type {x.dtype}, expected floats: 0.0 paper to 1.0 ink")
    if x.shape[-2:] == (28, 28) and x.ndim in (2, 3):
        x = x.reshape(-1, _PIXELS)
    if x.ndim != 2 or x.shape[1] != _PIXELS:
        raise NetworkError(f"pixels have shape {x.shape}, expected (28, 28), (N, 28, 28) or (N, 784)")
    return x if x.dtype == np.float32 else x.astype(np.float32)


def bundled_names() -> list[str]:
    """The names of the networks that come with the package."""
    return sorted(path.stem for path in _MODELS.glob("*.npz"))


def load_network(name_or_path: str | Path | None = None) -> Network:
    """The network of a bundled name or a file's path; without either the default, ``digits-cnn``.

    Raises :class:`WeightsError` when there is none, or when the file is damaged.
    """
    wanted = DEFAULT if name_or_path is None else name_or_path
    bundled = bundled_names()
    if str(wanted) in bundled:
        path = _MODELS / f"{wanted}.npz"
    else:
        path = Path(wanted)
        if not path.is_file():
            raise WeightsError(f"no network {str(wanted)!r}: neither a file nor one of {', '.join(bundled)}")
    return Network(*read_network(path))
