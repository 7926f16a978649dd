"""The fully connected layer."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from pi_nn.errors import NetworkError
from pi_nn.nn.initial import initial_weights
from pi_nn.nn.layer import Layer, whole
from pi_nn.nn.parameter import Parameter, laid_out
from pi_nn.nn.products import outputs, weight_gradient
from pi_nn.nn.workspace import Array, Shape

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

PIXEL = np.float32(1 / 255)


class Linear(Layer):
    """``y = x @ weight.T + bias``; x (N, in), weight (out, in), bias (out,), y (N, out).

    With g = dE/dy (N, out): dE/dweight = g.T @ x, dE/dbias = the sum of g over N, dE/dx = g @ weight.

    What it makes of a batch lies in memory unit by unit: that is how OpenBLAS likes to multiply it.

    Of x as bytes, pixels, 255 is 1. Two in five of them are blank in all pictures of a batch: those are left
    out, and the others are scaled by way of the weights, which are fewer. Bytes have no dE/dx.
    """

    def __init__(
        self,
        inputs: int,
        outputs: int,
        *,
        bias: bool = True,
        initial: str | ArrayLike = "he",
        rng: np.random.Generator | None = None,
    ) -> None:
        super().__init__()
        self._inked: NDArray[np.intp] | None = None
        self.inputs = whole("Linear inputs", inputs, 1)
        self.outputs = whole("Linear outputs", outputs, 1)
        self.weight = Parameter(
            "weight", laid_out(initial_weights(initial, (self.outputs, self.inputs), rng))
        )
        self.bias = Parameter("bias", np.zeros(self.outputs, np.float32), decay=False) if bias else None

    def output_shape(self, shape: Shape) -> Shape:
        if shape != (self.inputs,):
            raise NetworkError(f"{self} got an input of shape {shape}, expected ({self.inputs},)")
        return (self.outputs,)

    def multiply_adds(self, shape: Shape) -> int:
        return self.inputs * self.outputs

    def parameters(self) -> list[Parameter]:
        return [self.weight] if self.bias is None else [self.weight, self.bias]

    def config(self) -> dict[str, Any]:
        return {"inputs": self.inputs, "outputs": self.outputs, "bias": self.bias is not None}

    def forward(self, x: Array, *, training: bool = False, rng: np.random.Generator | None = None) -> Array:
        weight, out, inked = self.weight.value, None, None
        if x.dtype == np.uint8:
            inked = np.flatnonzero(np.maximum.reduce(x, axis=0))
            x = np.asarray(x[:, inked], weight.dtype, order="C")
            weight = np.multiply(weight[:, inked], PIXEL, order="C", dtype=weight.dtype)
        if training:
            self._inked = inked
            self.workspace.keep("x", x)
            out = self.workspace.array("y", (self.outputs, len(x)), x.dtype).T
        y = outputs(x, weight, out)
        if self.bias is not None:
            y += self.bias.value
        return y

    def backward(self, gradient: Array, *, to_input: bool = True) -> Array:
        if self._inked is None:
            weight_gradient(gradient, self.workspace["x"], self.weight.grad)
        else:
            self.weight.grad[...] = 0
            self.weight.grad[:, self._inked] = weight_gradient(gradient * PIXEL, self.workspace["x"])
        if self.bias is not None:
            np.dot(np.ones(len(gradient), gradient.dtype), gradient, out=self.bias.grad)
        if not to_input:
            return gradient
        out = self.workspace.array("gx", (self.inputs, len(gradient)), gradient.dtype).T
        return np.matmul(gradient, self.weight.value, out=out)
