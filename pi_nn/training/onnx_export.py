"""The same network as ONNX, for other engines (https://onnx.ai, operator set 13).

Input ``pixels`` float32 (N, 28, 28), 0 paper, 1 ink. Outputs ``probabilities`` (N, K), calibrated, and
``junk`` (N,), the chance that it is no digit, where the network knows one.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any

import numpy as np

from pi_nn.errors import NetworkError
from pi_nn.nn import (
    AvgPool2d,
    Conv2d,
    DepthwiseConv2d,
    Dropout,
    Flatten,
    GlobalAvgPool2d,
    Identity,
    Layer,
    Linear,
    MaxPool2d,
    Network,
    ReLU,
    Residual,
    Sigmoid,
    Softmax,
    Tanh,
)
from pi_nn.nn.workspace import Array, Shape

OPSET = 13
IR_VERSION = 8


class _Graph:
    """Nodes and weights as they are added; ``value`` is the name of the tensor that flows on.

    ``shape`` is that of one sample as pi_nn has it, (H, W, C) or (features,); ONNX holds images as
    (N, C, H, W).
    """

    def __init__(self, shape: Shape) -> None:
        self.nodes: list[Any] = []
        self.weights: list[Any] = []
        self.value = "pixels"
        self.shape = shape

    def add(self, operation: str, *inputs: str, output: str | None = None, **attributes: Any) -> str:
        from onnx import helper

        name = output or f"{operation.lower()}_{len(self.nodes)}"
        self.nodes.append(helper.make_node(operation, list(inputs), [name], name=name, **attributes))
        return name

    def then(self, operation: str, *inputs: str, **attributes: Any) -> None:
        """Add a node that takes the flowing tensor first, and let its output flow on."""
        self.value = self.add(operation, self.value, *inputs, **attributes)

    def constant(self, array: Array) -> str:
        from onnx import numpy_helper

        name = f"weight_{len(self.weights)}"
        self.weights.append(numpy_helper.from_array(np.array(array, order="C"), name))
        return name


def export_onnx(network: Network, path: Path) -> None:
    """Write the network. Raises :class:`NetworkError` for a layer that ONNX lacks or without the extra."""
    try:
        from onnx import checker, helper, save
    except ImportError:
        raise NetworkError("exporting to ONNX needs the onnx package: pip install 'pi-nn[onnx]'") from None
    layers = network.sequential()
    graph = _Graph(layers.input_shape)
    _begin(graph)
    for layer in layers.layers:
        _add(graph, layer)
    outputs = _end(graph, network, layers.layers[-1])
    body = helper.make_graph(
        graph.nodes, network.name, [_tensor("pixels", ["N", 28, 28])], outputs, graph.weights
    )
    model = helper.make_model(
        body, producer_name="pi-nn", ir_version=IR_VERSION, opset_imports=[helper.make_opsetid("", OPSET)]
    )
    helper.set_model_props(model, {"classes": json.dumps(network.classes), "sha256": network.sha256})
    checker.check_model(model)
    try:
        save(model, str(path))
    except OSError as error:
        raise NetworkError(f"{path}: cannot be written: {error.strerror or error}") from error


def _tensor(name: str, shape: list[Any]) -> Any:
    from onnx import TensorProto, helper

    return helper.make_tensor_value_info(name, TensorProto.FLOAT, shape)


def _begin(graph: _Graph) -> None:
    inner = [-1, 1, 28, 28] if len(graph.shape) == 3 else [-1, *graph.shape]
    graph.then("Reshape", graph.constant(np.array(inner, np.int64)))


def _end(graph: _Graph, network: Network, last: Layer) -> list[Any]:
    """Softmax at the file's temperature, and the split into digits and junk."""
    if isinstance(last, (Sigmoid, Softmax)):
        graph.then("Max", graph.constant(np.array(1e-30, np.float32)))
        graph.then("Log")
    if network.temperature != 1:
        graph.then("Div", graph.constant(np.array(network.temperature, np.float32)))
    k = len(network.classes)
    found = [_tensor("probabilities", ["N", k])]
    if not network.has_junk:
        graph.then("Softmax", axis=1, output="probabilities")
        return found
    graph.then("Softmax", axis=1)
    cuts = [graph.constant(np.array([n], np.int64)) for n in (0, k, k + 1, 1)]
    digits = graph.add("Slice", graph.value, cuts[0], cuts[1], cuts[3])
    junk = graph.add("Slice", graph.value, cuts[1], cuts[2], cuts[3])
    total = graph.add("ReduceSum", digits, cuts[3], keepdims=1)
    graph.add("Div", digits, total, output="probabilities")
    graph.add("Squeeze", junk, cuts[3], output="junk")
    return [*found, _tensor("junk", ["N"])]


def _add(graph: _Graph, layer: Layer) -> None:
    for kind, write in WRITERS.items():
        if isinstance(layer, kind):
            write(graph, layer)
            graph.shape = layer.output_shape(graph.shape)
            return
    raise NetworkError(f"{layer} cannot be written as ONNX")


def _linear(graph: _Graph, layer: Linear) -> None:
    bias = [] if layer.bias is None else [graph.constant(layer.bias.value)]
    graph.then("Gemm", graph.constant(layer.weight.value), *bias, transB=1)


def _conv(graph: _Graph, layer: Conv2d | DepthwiseConv2d) -> None:
    bias = [] if layer.bias is None else [graph.constant(layer.bias.value)]
    graph.then(
        "Conv",
        graph.constant(layer.weight.value),
        *bias,
        kernel_shape=[layer.kernel] * 2,
        strides=[layer.stride] * 2,
        pads=[layer.padding] * 4,
        group=layer.channels if isinstance(layer, DepthwiseConv2d) else 1,
    )


def _pool(graph: _Graph, layer: MaxPool2d | AvgPool2d) -> None:
    operation = "MaxPool" if isinstance(layer, MaxPool2d) else "AveragePool"
    graph.then(operation, kernel_shape=[layer.size] * 2, strides=[layer.stride] * 2)


def _global_pool(graph: _Graph, _layer: Layer) -> None:
    graph.then("GlobalAveragePool")
    graph.then("Flatten")


def _flatten(graph: _Graph, _layer: Layer) -> None:
    """pi_nn unrolls (H, W, C), ONNX (C, H, W): the channels go last first."""
    if len(graph.shape) == 3:
        graph.then("Transpose", perm=[0, 2, 3, 1])
    graph.then("Flatten")


def _residual(graph: _Graph, layer: Residual) -> None:
    start, shape = graph.value, graph.shape
    for inner in layer.children():
        _add(graph, inner)
    graph.then("Add", start)
    graph.shape = shape


WRITERS: Mapping[type[Layer], Callable[[_Graph, Any], None]] = MappingProxyType(
    {
        Linear: _linear,
        Conv2d: _conv,
        DepthwiseConv2d: _conv,
        MaxPool2d: _pool,
        AvgPool2d: _pool,
        GlobalAvgPool2d: _global_pool,
        Flatten: _flatten,
        Residual: _residual,
        ReLU: lambda graph, layer: graph.then("Relu"),
        Sigmoid: lambda graph, layer: graph.then("Sigmoid"),
        Tanh: lambda graph, layer: graph.then("Tanh"),
        Softmax: lambda graph, layer: graph.then("Softmax", axis=1),
        Identity: lambda graph, layer: None,
        Dropout: lambda graph, layer: None,
    }
)
