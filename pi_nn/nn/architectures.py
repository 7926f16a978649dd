"""The networks by name, each a list of layers that reads from the picture to the answer."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from itertools import pairwise
from types import MappingProxyType

import numpy as np

from pi_nn.errors import NetworkError
from pi_nn.nn.activations import ReLU
from pi_nn.nn.conv import Conv2d
from pi_nn.nn.flatten import Flatten
from pi_nn.nn.layer import Layer
from pi_nn.nn.linear import Linear
from pi_nn.nn.norm import BatchNorm1d, BatchNorm2d
from pi_nn.nn.pooling import MaxPool2d
from pi_nn.nn.sequential import Sequential

Rng = np.random.Generator


def _conv(
    channels: int, filters: int, kernel: int, rng: Rng, *, stride: int = 1, padding: int = 0
) -> list[Layer]:
    """A convolution, normalised (so without its own bias) and rectified."""
    conv = Conv2d(channels, filters, kernel, stride=stride, padding=padding, bias=False, rng=rng)
    return [conv, BatchNorm2d(filters), ReLU()]


def _dense(inputs: int, outputs: int, rng: Rng) -> list[Layer]:
    return [Linear(inputs, outputs, bias=False, rng=rng), BatchNorm1d(outputs), ReLU()]


def digits_cnn(outputs: int, rng: Rng) -> list[Layer]:
    """28x28x1 -> 14x14x24 -> 7x7x48 -> 7x7x60 -> 3x3x60 -> 64; 1.9 M multiply-adds."""
    return [
        *_conv(1, 24, 5, rng, stride=2, padding=2),
        *_conv(24, 48, 3, rng, stride=2, padding=1),
        *_conv(48, 60, 3, rng, padding=1),
        MaxPool2d(2),
        Flatten(),
        *_dense(3 * 3 * 60, 64, rng),
        Linear(64, outputs, rng=rng),
    ]


def digits_tiny(outputs: int, rng: Rng) -> list[Layer]:
    """28x28x1 -> 14x14x8 -> 7x7x16 -> 7x7x24 -> 3x3x24 -> 32; 0.3 M multiply-adds."""
    return [
        *_conv(1, 8, 5, rng, stride=2, padding=2),
        *_conv(8, 16, 3, rng, stride=2, padding=1),
        *_conv(16, 24, 3, rng, padding=1),
        MaxPool2d(2),
        Flatten(),
        *_dense(3 * 3 * 24, 32, rng),
        Linear(32, outputs, rng=rng),
    ]


def fully_connected(sizes: list[int], rng: Rng) -> list[Layer]:
    """Linear layers with ReLU between them; ``sizes`` counts the inputs, each layer's units, the outputs."""
    layers: list[Layer] = []
    for inputs, outputs in pairwise(sizes):
        layers += [Linear(inputs, outputs, rng=rng), ReLU()]
    return layers[:-1]


IMAGE_NETWORKS: Mapping[str, Callable[[int, Rng], list[Layer]]] = MappingProxyType(
    {"cnn": digits_cnn, "tiny": digits_tiny}
)
MLP = "784-200-10"


def build_network(kind: str, *, classes: int = 10, junk: bool = False, rng: Rng) -> Sequential:
    """A network with fresh weights: ``mlp``, ``cnn``, ``tiny``, or sizes such as ``784-200-10``.

    ``junk`` adds one last output, for whatever is no digit. The sizes of a fully connected network end
    with the number of classes. Raises :class:`NetworkError` for an unknown name.
    """
    outputs = classes + junk
    if kind in IMAGE_NETWORKS:
        return Sequential(IMAGE_NETWORKS[kind](outputs, rng), (28, 28, 1))
    sizes = MLP if kind == "mlp" else kind
    if not re.fullmatch(r"[1-9][0-9]{0,4}(-[1-9][0-9]{0,4}){1,9}", sizes):
        known = ", ".join(["mlp", *IMAGE_NETWORKS])
        raise NetworkError(f"unknown network {kind!r}; known: {known}, or sizes such as 784-200-10")
    numbers = [int(part) for part in sizes.split("-")]
    if kind == "mlp":
        numbers[-1] = classes
    if numbers[-1] != classes:
        raise NetworkError(f"network {kind!r} has {numbers[-1]} outputs, expected {classes}, one a class")
    return Sequential(fully_connected([*numbers[:-1], outputs], rng), (numbers[0],))
