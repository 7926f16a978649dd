"""What every layer is: the contract, and the registry by class name."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from pi_nn.errors import NetworkError
from pi_nn.nn.parameter import Parameter
from pi_nn.nn.workspace import Array, Shape, Workspace

if TYPE_CHECKING:
    from numpy.typing import DTypeLike


class Layer(ABC):
    """One step of a network.

    Images are (N, H, W, C), vectors (N, features); shapes in ``output_shape`` leave the N out. A concrete
    subclass is registered under its class name, and the parametrised tests then check its gradient and
    its way through a weights file.
    """

    registry: ClassVar[dict[str, type[Layer]]] = {}

    def __init_subclass__(cls, **keywords: Any) -> None:
        super().__init_subclass__(**keywords)
        if not cls.__name__.startswith("_"):
            Layer.registry[cls.__name__] = cls

    def __init__(self) -> None:
        self.workspace = Workspace()

    @abstractmethod
    def forward(self, x: Array, *, training: bool = False, rng: np.random.Generator | None = None) -> Array:
        """The layer's outputs for ``x``, which is left as it is.

        With ``training`` it keeps what ``backward`` needs and answers in memory that its next call
        overwrites; without, it keeps nothing and may run in several threads at once.
        """

    @abstractmethod
    def backward(self, gradient: Array, *, to_input: bool = True) -> Array:
        """From the loss's gradient by the outputs, that by the inputs; fills each parameter's ``grad``.

        Belongs to the last ``forward(training=True)``, comes once after it, and may answer in memory of what
        that kept or answered: what is in the cache already takes half the time. Without ``to_input`` the
        result is not used and a layer may return anything: the first layer of a network is spared the work.
        """

    def output_shape(self, shape: Shape) -> Shape:
        """The shape of one output for one input of ``shape``; :class:`NetworkError` when it does not fit."""
        return shape

    def multiply_adds(self, shape: Shape) -> int:
        """Multiplications (each with an addition) that one input of ``shape`` costs."""
        return 0

    def parameters(self) -> list[Parameter]:
        return []

    def buffers(self) -> dict[str, Array]:
        """Arrays that belong to the layer's state, but are not trained by gradient."""
        return {}

    def children(self) -> Sequence[Layer]:
        """The layers inside this one."""
        return ()

    def copy_from(self, other: Layer, dtype: DTypeLike) -> None:
        """Take over copies of the parameters and buffers of a layer of the same kind, as ``dtype``."""
        for mine, theirs in zip(self.parameters(), other.parameters(), strict=True):
            mine.adopt(theirs.value, dtype)
        for name, array in other.buffers().items():
            setattr(self, name, array.astype(dtype))

    def config(self) -> dict[str, Any]:
        """The arguments that make such a layer again, as JSON."""
        return {}

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> Layer:
        """The layer that ``config()`` described, without weights; ``Layer.from_config`` reads ``"type"``."""
        arguments = dict(config)
        kind = arguments.pop("type", cls.__name__)
        made = Layer.registry.get(kind) if isinstance(kind, str) else None
        if made is None:
            raise NetworkError(f"unknown layer {kind!r}; known: {', '.join(sorted(Layer.registry))}")
        try:
            return made.build(arguments)
        except TypeError as error:
            raise NetworkError(f"layer {kind}: wrong arguments {sorted(arguments)}: {error}") from None

    @classmethod
    def build(cls, arguments: dict[str, Any]) -> Layer:
        """Make the layer from the arguments of ``config()``."""
        return cls(**arguments)

    def __repr__(self) -> str:
        return f"{type(self).__name__}({', '.join(f'{k}={v}' for k, v in self.config().items())})"


def walk(layers: Iterable[Layer]) -> Iterator[Layer]:
    """Every layer, each before those inside it: the order that numbers them in a weights file."""
    for layer in layers:
        yield layer
        yield from walk(layer.children())


def describe(layer: Layer) -> dict[str, Any]:
    """``layer.config()`` with its type."""
    return {"type": type(layer).__name__, **layer.config()}


def whole(what: str, value: Any, low: int, high: int = 65_536) -> int:
    """``value`` if it is a whole number from ``low`` to ``high``, else :class:`NetworkError`."""
    if isinstance(value, bool) or not isinstance(value, (int, np.integer)) or not low <= value <= high:
        raise NetworkError(f"{what} is {value!r}, expected a whole number from {low} to {high}")
    return int(value)


def image_shape(layer: Layer, shape: Shape, channels: int | None = None) -> tuple[int, int, int]:
    """``shape`` as (H, W, C), with the channels that ``layer`` expects."""
    if len(shape) != 3 or (channels is not None and shape[2] != channels):
        expected = "(H, W, C)" if channels is None else f"(H, W, {channels})"
        raise NetworkError(f"{layer} got an input of shape {shape}, expected {expected}")
    return shape[0], shape[1], shape[2]
