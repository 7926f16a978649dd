"""The network that answers: weights from a file, ready to predict."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from pi_nn.errors import NetworkError, WeightsError
from pi_nn.nn.activations import Sigmoid, Softmax
from pi_nn.nn.linear import Linear
from pi_nn.nn.plan import Plan
from pi_nn.nn.sequential import Sequential
from pi_nn.nn.thresholds import Thresholds
from pi_nn.nn.weights import Card, read_network
from pi_nn.nn.workspace import Array

if TYPE_CHECKING:
    from numpy.typing import NDArray

DEFAULT = "digits-cnn"
_MODELS = Path(__file__).parent.parent / "models"
_FLOAT32 = np.dtype(np.float32)


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
        tempered, self._finish = _tempered(sequential, card.temperature)
        self._plan = Plan(tempered)

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
        z = self.logits(x)
        return _shares(z[:, :-1] if self._card.junk else z)

    def scores(self, x: Array) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """``(probabilities (N, K), junk (N,))``, see above; ``x`` as for :meth:`predict_proba`."""
        z = self.logits(x)
        if not self._card.junk:
            return _shares(z), np.zeros(len(z), np.float32)
        junk = np.exp(z[:, -1] - np.logaddexp.reduce(z, axis=1))
        return _shares(z[:, :-1]), junk

    def logits(self, x: Array) -> NDArray[np.float32]:
        """The outputs over the temperature: their softmax gives the probabilities, (N, K) or (N, K + 1)."""
        x, n = _counted(x)
        z = self._plan(x, n)
        return z if self._finish is None else self._finish(z)

    def sequential(self) -> Sequential:
        """A fresh copy of the folded layers, to train on or to look into."""
        return self._layers.copy()


def _counted(x: Array) -> tuple[Array, int]:
    """``x`` as float32, and how many digits it holds."""
    x = np.asarray(x)
    if x.dtype is not _FLOAT32:
        if x.dtype.kind != "f":
            raise NetworkError(f"pixels are of type {x.dtype}, expected floats: 0.0 paper to 1.0 ink")
        x = x.astype(np.float32)
    shape = x.shape
    if shape == (28, 28):
        return x, 1
    if shape[1:] == (28, 28) or shape[1:] == (784,):
        return x, shape[0]
    raise NetworkError(f"pixels have shape {shape}, expected (28, 28), (N, 28, 28) or (N, 784)")


def _shares(z: Array) -> Array:
    """The softmax of each row of ``z``, in its memory; nothing in it overflows.

    For one row exp(z - log(sum of exp(z))) takes the fewest calls. For many rows the usual way is faster,
    since ``logaddexp`` needs 60 ns a number.
    """
    if len(z) == 1:
        z -= np.logaddexp.reduce(z, axis=None)
        return np.exp(z, z)
    z -= np.maximum.reduce(z, axis=1, keepdims=True)
    np.exp(z, out=z)
    z /= np.add.reduce(z, axis=1, keepdims=True)
    return z


def _tempered(network: Sequential, temperature: float) -> tuple[Sequential, Callable[[Array], Array] | None]:
    """The network with its logits over ``temperature``, and what remains to be done to its outputs."""
    network = network.copy()
    last = network.layers[-1]
    if isinstance(last, Linear):
        for parameter in last.parameters():
            parameter.value /= temperature
        return network, None
    if isinstance(last, (Sigmoid, Softmax)):
        # Outputs 0..1 (the books' networks): the softmax of their logarithms is each one's share.
        return network, lambda y: np.log(np.maximum(y, 1e-30)) / np.float32(temperature)
    return network, lambda y: y / np.float32(temperature)


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
