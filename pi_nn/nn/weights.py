"""The weights file: an ``.npz`` of float32 ``N.weight``, ``N.bias`` and ``meta``, a string of JSON."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from math import prod
from pathlib import Path
from typing import Any, NoReturn

import numpy as np

from pi_nn.errors import DivergenceError, NetworkError, WeightsError
from pi_nn.nn.archive import pack, read_bytes, unpack
from pi_nn.nn.fold import fold
from pi_nn.nn.layer import walk
from pi_nn.nn.sequential import Sequential
from pi_nn.nn.thresholds import Thresholds
from pi_nn.nn.workspace import Array, Shape

FORMAT = 1
INPUT_SHAPES: tuple[Shape, ...] = ((28, 28, 1), (784,))
MAX_LAYERS = 128
MAX_CLASSES = 1000
MAX_OUTPUT = 4_000_000
MAX_MULTIPLY_ADDS = 2_000_000_000
_MAX_META = 1_000_000


@dataclass(frozen=True)
class Card:
    """What a weights file says beside the weights.

    ``junk``: the last output stands for "no digit". ``temperature`` divides the logits before the softmax
    (Guo et al. 2017). ``record`` tells how the network was trained.
    """

    name: str
    classes: tuple[str, ...]
    thresholds: Thresholds = field(default_factory=Thresholds)
    temperature: float = 1.0
    junk: bool = False
    record: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if not isinstance(self.name, str) or not 0 < len(self.name) <= 64:
            raise NetworkError(f"the network's name is {self.name!r}, expected 1 to 64 characters")
        self._check_classes()
        number = isinstance(self.temperature, (int, float)) and not isinstance(self.temperature, bool)
        if not number or not 0.01 <= self.temperature <= 100:
            raise NetworkError(f"temperature is {self.temperature!r}, expected a number from 0.01 to 100")
        if not isinstance(self.junk, bool) or not isinstance(self.record, Mapping):
            raise NetworkError("junk must be true or false, and record an object")

    def _check_classes(self) -> None:
        names = self.classes
        sound = all(isinstance(name, str) and 0 < len(name) <= 32 for name in names)
        if not sound or not 2 <= len(names) <= MAX_CLASSES or len(set(names)) != len(names):
            raise NetworkError(
                f"classes are {names!r:.80}, expected 2 to {MAX_CLASSES} different short names"
            )


def save_network(
    path: str | Path,
    sequential: Sequential,
    *,
    name: str,
    classes: Sequence[str],
    thresholds: Thresholds | None = None,
    temperature: float = 1.0,
    junk: bool = False,
    record: Mapping[str, Any] | None = None,
) -> None:
    """Write the network, BatchNorm folded, as float32, whole or not at all.

    Raises :class:`DivergenceError` when a weight is not finite, :class:`NetworkError` when something does
    not fit together, :class:`WeightsError` when the file cannot be written.
    """
    card = Card(
        name, tuple(classes), thresholds or Thresholds(), float(temperature), junk, dict(record or {})
    )
    folded = fold(sequential).astype(np.float32)
    _check_fit(folded, card)
    state = folded.state()
    for key, array in state.items():
        if not np.isfinite(array).all():
            raise DivergenceError(f"{key} holds NaN or infinite values; the network is not saved")
    pack(Path(path), {**state, "meta": np.array(json.dumps(_to_json(folded, card), allow_nan=False))})


def _to_json(network: Sequential, card: Card) -> dict[str, Any]:
    return {
        "format": FORMAT,
        "name": card.name,
        "input": {"shape": list(network.input_shape), "paper": 0.0, "ink": 1.0},
        "architecture": network.config(),
        "classes": list(card.classes),
        "junk": card.junk,
        "temperature": card.temperature,
        "thresholds": card.thresholds.to_json(),
        "record": dict(card.record),
    }


def read_network(path: str | Path) -> tuple[Sequential, Card, str]:
    """The folded layers, the card and the sha256 of the file's bytes.

    Raises :class:`WeightsError` when anything in the file is not as it must be; nothing is allocated on
    the file's word alone.
    """
    data = read_bytes(Path(path))
    arrays = unpack(data, str(path))
    try:
        meta = _meta(arrays.pop("meta", None))
        card = _card(meta)
        network = Sequential.from_config(_architecture(meta), _input_shape(meta))
        _check_fit(network, card)
        network.load_state(_checked(arrays))
    except (NetworkError, RecursionError) as error:
        raise WeightsError(f"{path}: {error}") from None
    return network, card, sha256(data).hexdigest()


def _meta(array: Array | None) -> dict[str, Any]:
    if array is None or array.shape != () or array.dtype.kind != "U" or array.size > _MAX_META:
        raise NetworkError("no meta, expected a 0-d string array with JSON; is it a weights file of pi-nn?")
    try:
        meta = json.loads(array.item(), parse_constant=_no_constant)
    except ValueError as error:
        raise NetworkError(f"meta is not JSON: {error}") from None
    if not isinstance(meta, dict) or meta.get("format") != FORMAT:
        found = meta.get("format") if isinstance(meta, dict) else meta
        raise NetworkError(f"weights format {found!r:.40}, expected {FORMAT}; save the network again")
    return meta


def _no_constant(text: str) -> NoReturn:
    raise ValueError(f"{text} is no number")


def _card(meta: Mapping[str, Any]) -> Card:
    try:
        classes, thresholds = meta["classes"], Thresholds.from_json(meta["thresholds"])
        if not isinstance(classes, list):
            raise NetworkError(f"classes are {classes!r:.80}, expected a list of names")
        return Card(
            meta["name"], tuple(classes), thresholds, meta["temperature"], meta["junk"], meta["record"]
        )
    except KeyError as error:
        raise NetworkError(f"meta lacks {error}") from None
    except TypeError:
        raise NetworkError("class names must be texts") from None


def _architecture(meta: Mapping[str, Any]) -> list[dict[str, Any]]:
    layers = meta.get("architecture")
    if (
        not isinstance(layers, list)
        or len(layers) > MAX_LAYERS
        or not all(isinstance(x, dict) for x in layers)
    ):
        raise NetworkError(f"architecture is {layers!r:.60}, expected a list of at most {MAX_LAYERS} layers")
    return layers


def _input_shape(meta: Mapping[str, Any]) -> Shape:
    described = meta.get("input")
    shape = described.get("shape") if isinstance(described, dict) else None
    for known in INPUT_SHAPES:
        if shape == list(known):
            return known
    raise NetworkError(f"input shape is {shape!r:.60}, expected [28, 28, 1] or [784]")


def _check_fit(network: Sequential, card: Card) -> None:
    """Shapes that agree, and no more memory or work than a digit deserves."""
    if network.input_shape not in INPUT_SHAPES:
        raise NetworkError(f"input shape is {network.input_shape}, expected (28, 28, 1) or (784,)")
    outputs = (len(card.classes) + card.junk,)
    if network.output_shape != outputs:
        raise NetworkError(f"the network has outputs of shape {network.output_shape}, expected {outputs}")
    if sum(1 for _ in walk(network.layers)) > MAX_LAYERS:
        raise NetworkError(f"more than {MAX_LAYERS} layers")
    shape = network.input_shape
    for layer in network.layers:
        shape = layer.output_shape(shape)
        if prod(shape) > MAX_OUTPUT:
            raise NetworkError(f"{layer} makes {shape}, expected at most {MAX_OUTPUT} values")
    if network.multiply_adds > MAX_MULTIPLY_ADDS:
        raise NetworkError(f"{network.multiply_adds} multiply-adds, expected at most {MAX_MULTIPLY_ADDS}")


def _checked(arrays: Mapping[str, Array]) -> Mapping[str, Array]:
    for name, array in arrays.items():
        if array.dtype != np.float32:
            raise NetworkError(f"{name} is of type {array.dtype}, expected float32")
        if not np.isfinite(array).all():
            raise NetworkError(f"{name} holds NaN or infinite values")
    return arrays
