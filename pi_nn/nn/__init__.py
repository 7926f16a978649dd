"""Neural networks in plain NumPy: layers to train, and one compiled network to answer.

To be read as a text: :mod:`.layer` says what a layer is, :mod:`.linear` and :mod:`.activations` are the two
halves of a neuron, :mod:`.sequential` puts layers in a row, :mod:`.losses` says how wrong the answer is,
:mod:`.optimizers` turns gradients into steps, :mod:`.gradcheck` proves that they are gradients. Then
pictures: :mod:`.conv`, :mod:`.pooling`, :mod:`.norm`. Each formula stands once, with the arrays' shapes.

This package imports NumPy, the standard library and ``pi_nn.errors``, nothing else. What only learning needs
loads on first use (PEP 562): a Pi that answers never does.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from pi_nn.nn.activations import Identity, ReLU, Sigmoid, Softmax, Step, Tanh
from pi_nn.nn.conv import Conv2d
from pi_nn.nn.depthwise import DepthwiseConv2d
from pi_nn.nn.dropout import Dropout
from pi_nn.nn.flatten import Flatten
from pi_nn.nn.fold import fold
from pi_nn.nn.layer import Layer
from pi_nn.nn.linear import Linear
from pi_nn.nn.network import Network, bundled_names, load_network
from pi_nn.nn.norm import BatchNorm1d, BatchNorm2d
from pi_nn.nn.parameter import Parameter
from pi_nn.nn.pooling import AvgPool2d, GlobalAvgPool2d, MaxPool2d
from pi_nn.nn.residual import Residual
from pi_nn.nn.sequential import Sequential
from pi_nn.nn.thresholds import Thresholds
from pi_nn.nn.weights import save_network

if TYPE_CHECKING:
    from pi_nn.nn.architectures import build_network
    from pi_nn.nn.averaging import MovingAverage
    from pi_nn.nn.losses import Loss, SoftmaxCrossEntropy, SquaredError
    from pi_nn.nn.optimizers import SGD, Adadelta, Adagrad, Adam, AdamW, Optimizer, RMSprop, clip_gradients
    from pi_nn.nn.schedules import Schedule, constant, cosine, one_cycle, step_decay, warm_up

_LEARNING = {
    "architectures": ("build_network",),
    "averaging": ("MovingAverage",),
    "losses": ("Loss", "SoftmaxCrossEntropy", "SquaredError"),
    "optimizers": (
        "SGD",
        "Adadelta",
        "Adagrad",
        "Adam",
        "AdamW",
        "Optimizer",
        "RMSprop",
        "clip_gradients",
    ),
    "schedules": ("Schedule", "constant", "cosine", "one_cycle", "step_decay", "warm_up"),
}

__all__ = [
    "SGD",
    "Adadelta",
    "Adagrad",
    "Adam",
    "AdamW",
    "AvgPool2d",
    "BatchNorm1d",
    "BatchNorm2d",
    "Conv2d",
    "DepthwiseConv2d",
    "Dropout",
    "Flatten",
    "GlobalAvgPool2d",
    "Identity",
    "Layer",
    "Linear",
    "Loss",
    "MaxPool2d",
    "MovingAverage",
    "Network",
    "Optimizer",
    "Parameter",
    "RMSprop",
    "ReLU",
    "Residual",
    "Schedule",
    "Sequential",
    "Sigmoid",
    "Softmax",
    "SoftmaxCrossEntropy",
    "SquaredError",
    "Step",
    "Tanh",
    "Thresholds",
    "build_network",
    "bundled_names",
    "clip_gradients",
    "constant",
    "cosine",
    "fold",
    "load_network",
    "one_cycle",
    "save_network",
    "step_decay",
    "warm_up",
]


def __getattr__(name: str) -> Any:
    for module, names in _LEARNING.items():
        if name in names:
            return getattr(import_module(f"pi_nn.nn.{module}"), name)
    raise AttributeError(f"module 'pi_nn.nn' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted([*globals(), *__all__])
