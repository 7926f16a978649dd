"""A network for training: layers one after the other."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from pi_nn.errors import NetworkError
from pi_nn.nn.layer import Layer, describe, walk
from pi_nn.nn.parameter import Parameter
from pi_nn.nn.workspace import Array, Shape

if TYPE_CHECKING:
    from numpy.typing import DTypeLike


class Sequential:
    """Layers in a row, for one input of ``input_shape``: (28, 28, 1) or (784,).

    Raises :class:`NetworkError` when a layer does not fit the one before it.
    """

    def __init__(self, layers: Iterable[Layer], input_shape: Shape = (28, 28, 1)) -> None:
        self.layers = tuple(layers)
        self.input_shape = tuple(input_shape)
        shape = self.input_shape
        for number, layer in enumerate(self.layers):
            try:
                shape = layer.output_shape(shape)
            except NetworkError as error:
                raise NetworkError(f"layer {number}: {error}") from None
        self.output_shape = shape

    def forward(self, x: Array, *, training: bool = False, rng: np.random.Generator | None = None) -> Array:
        """Outputs for ``x`` (N, *input_shape), usually logits (N, K).

        With ``training`` the answer's memory is used again by the next call. Raises
        :class:`NetworkError`, naming both shapes, when ``x`` has another one.
        """
        if x.shape[1:] != self.input_shape:
            raise NetworkError(f"input has shape {x.shape}, expected (N, {str(self.input_shape)[1:]}")
        for layer in self.layers:
            x = layer.forward(x, training=training, rng=rng)
        return x

    def backward(self, gradient: Array, *, to_input: bool = True) -> Array:
        """Fill every parameter's ``grad``; returns dE/dx, which means nothing without ``to_input``."""
        for number in reversed(range(len(self.layers))):
            gradient = self.layers[number].backward(gradient, to_input=to_input or number > 0)
        return gradient

    def named_parameters(self) -> dict[str, Parameter]:
        """``{"0.weight": Parameter, …}``; layers inside others are numbered in place."""
        return {
            f"{number}.{parameter.name}": parameter
            for number, layer in enumerate(walk(self.layers))
            for parameter in layer.parameters()
        }

    def parameters(self) -> list[Parameter]:
        return list(self.named_parameters().values())

    def buffers(self) -> dict[str, Array]:
        """``{"1.mean": array, …}``: the running statistics, the arrays themselves."""
        return {
            f"{number}.{name}": array
            for number, layer in enumerate(walk(self.layers))
            for name, array in layer.buffers().items()
        }

    @property
    def parameter_count(self) -> int:
        return sum(parameter.value.size for parameter in self.parameters())

    @property
    def multiply_adds(self) -> int:
        """Multiplications (each with an addition) for one input."""
        total, shape = 0, self.input_shape
        for layer in self.layers:
            total += layer.multiply_adds(shape)
            shape = layer.output_shape(shape)
        return total

    def state(self) -> dict[str, Array]:
        """Copies of every parameter and buffer, by name."""
        values = {name: parameter.value for name, parameter in self.named_parameters().items()}
        return {name: np.array(array, order="C") for name, array in {**values, **self.buffers()}.items()}

    def load_state(self, state: Mapping[str, Array]) -> None:
        """Take over the arrays of ``state()``. Raises :class:`NetworkError` for other names or shapes."""
        parameters, buffers = self.named_parameters(), self.buffers()
        expected = {name: parameter.value for name, parameter in parameters.items()} | buffers
        if set(state) != set(expected):
            odd = sorted(set(state) ^ set(expected))
            raise NetworkError(f"the state's names do not fit the network: {', '.join(odd[:6])}")
        for name, array in expected.items():
            if state[name].shape != array.shape:
                raise NetworkError(f"{name} has shape {state[name].shape}, expected {array.shape}")
        for name, parameter in parameters.items():
            _set(parameter, state[name])
        for name, buffer in buffers.items():
            buffer[...] = state[name]

    def config(self) -> list[dict[str, Any]]:
        """The layers as JSON, without weights."""
        return [describe(layer) for layer in self.layers]

    @classmethod
    def from_config(cls, config: Sequence[Mapping[str, Any]], input_shape: Shape) -> Sequential:
        """A network of the same layers, whose weights ``load_state`` must bring."""
        return cls([Layer.from_config(dict(layer)) for layer in config], input_shape)

    def astype(self, dtype: DTypeLike) -> Sequential:
        """A copy that computes in ``dtype``; gradient checks need float64."""
        other = Sequential.from_config(self.config(), self.input_shape)
        pairs = zip(walk(self.layers), walk(other.layers), strict=True)
        for mine, theirs in pairs:
            theirs.copy_from(mine, dtype)
        return other

    def copy(self) -> Sequential:
        """A copy with its own weights."""
        return self.astype(self.parameters()[0].value.dtype if self.parameters() else np.float32)

    def replica(self) -> Sequential:
        """A network that holds the same weights (the same arrays), but its own gradients and statistics.

        Two threads may train on the halves of a batch, each on one replica; then their gradients are added.
        """
        other = self.copy()
        pairs = zip(self.parameters(), other.parameters(), strict=True)
        for mine, theirs in pairs:
            theirs.value = mine.value
        return other


def _set(parameter: Parameter, array: Array) -> None:
    """Write in place where there is memory: optimisers and replicas hold the same array."""
    if parameter.value.flags.writeable:
        parameter.value[...] = array
    else:
        parameter.adopt(array, parameter.value.dtype)
