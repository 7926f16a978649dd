"""The networks by name, each a list of layers that reads from the picture to the answer."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from functools import partial
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
from pi_nn.nn.residual import Residual
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


def _residual(channels: int, rng: Rng) -> list[Layer]:
    """A shortcut around one normalised convolution, rectified after the sum."""
    body = [Conv2d(channels, channels, 3, padding=1, bias=False, rng=rng), BatchNorm2d(channels)]
    return [Residual(body), ReLU()]


def digits_cnn(outputs: int, rng: Rng, *, width: int = 1) -> list[Layer]:
    """28x28x1 -> 14x14x16 -> 7x7x40, twice residual -> 3x3x40 -> 96: 71,000 parameters, 1.8 M.

    ``width`` multiplies the filters: a teacher has more of them.
    """
    few, some, many = 16 * width, 40 * width, 96 * width
    return [
        *_conv(1, few, 5, rng, stride=2, padding=2),
        *_conv(few, some, 3, rng, stride=2, padding=1),
        *_residual(some, rng),
        *_residual(some, rng),
        MaxPool2d(2),
        *_conv(some, many, 3, rng),
        Flatten(),
        Linear(many, outputs, rng=rng),
    ]


def digits_tiny(outputs: int, rng: Rng) -> list[Layer]:
    """28x28x1 -> 14x14x6 -> 7x7x16 -> 7x7x18, residual -> 3x3x18 -> 36: 13,000 parameters, 0.35 M."""
    return [
        *_conv(1, 6, 5, rng, stride=2, padding=2),
        *_conv(6, 16, 3, rng, stride=2, padding=1),
        *_conv(16, 18, 3, rng, padding=1),
        *_residual(18, rng),
        MaxPool2d(2),
        *_conv(18, 36, 3, rng),
        Flatten(),
        Linear(36, outputs, rng=rng),
    ]


def fully_connected(sizes: list[int], rng: Rng) -> list[Layer]:
    """Linear layers with ReLU between them; ``sizes`` counts the inputs, each layer's units, the outputs."""
    layers: list[Layer] = []
    for inputs, outputs in pairwise(sizes):
        layers += [Linear(inputs, outputs, rng=rng), ReLU()]
    return layers[:-1]


IMAGE_NETWORKS: Mapping[str, Callable[[int, Rng], list[Layer]]] = MappingProxyType(
    {"cnn": digits_cnn, "tiny": digits_tiny, "teacher": partial(digits_cnn, width=2)}
)
MLP = "784-200-10"


def build_network(kind: str, *, classes: int = 10, junk: bool = False, rng: Rng) -> Sequential:
    """A network with fresh weights: ``mlp``, ``cnn``, ``tiny``, ``teacher``, or sizes such as ``784-200-10``.

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
