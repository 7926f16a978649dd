"""Initial weights. Each rule draws an array of shape (out, in) or (out, in, kh, kw), float32."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING, TypeAlias

import numpy as np

from pi_nn.errors import NetworkError
from pi_nn.nn.workspace import Array, Shape

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

# As text, so that nobody who only answers loads numpy.random.
Rule: TypeAlias = "Callable[[np.random.Generator, Shape, int, int], Array]"


def _he(rng: np.random.Generator, shape: Shape, fan_in: int, fan_out: int) -> Array:
    """Normal, variance 2 / incoming: keeps the signal's size through ReLU (He et al. 2015)."""
    return rng.normal(0.0, np.sqrt(2.0 / fan_in), shape)


def _xavier(rng: np.random.Generator, shape: Shape, fan_in: int, fan_out: int) -> Array:
    """Uniform, variance 2 / (incoming + outgoing), for sigmoid and tanh (Glorot and Bengio 2010)."""
    limit = np.sqrt(6.0 / (fan_in + fan_out))
    return rng.uniform(-limit, limit, shape)


def _uniform(rng: np.random.Generator, shape: Shape, fan_in: int, fan_out: int) -> Array:
    """Uniform between -0.5 and 0.5: the first rule of Rashid 2016, "Initialising the Network"."""
    return rng.uniform(-0.5, 0.5, shape)


def _links(rng: np.random.Generator, shape: Shape, fan_in: int, fan_out: int) -> Array:
    """Normal, standard deviation 1 / sqrt(incoming links): what the text of Rashid 2016 says."""
    return rng.normal(0.0, fan_in**-0.5, shape)


def _nodes(rng: np.random.Generator, shape: Shape, fan_in: int, fan_out: int) -> Array:
    """Normal, standard deviation 1 / sqrt(nodes of the next layer): what the code of Rashid 2016 does."""
    return rng.normal(0.0, shape[0] ** -0.5, shape)


RULES: Mapping[str, Rule] = MappingProxyType(
    {"he": _he, "xavier": _xavier, "uniform": _uniform, "links": _links, "nodes": _nodes}
)


def initial_weights(initial: str | ArrayLike, shape: Shape, rng: np.random.Generator | None) -> Array:
    """Weights by the rule named ``initial``, or the array ``initial`` itself, as float32.

    Raises :class:`NetworkError` for an unknown rule, another shape, and for equal weights: units that
    start alike get the same gradient, stay alike for ever and count as one.
    """
    if isinstance(initial, str):
        return _drawn(initial, shape, rng)
    weights = np.array(initial, dtype=np.float32)
    if weights.shape != shape:
        raise NetworkError(f"initial weights have shape {weights.shape}, expected {shape}")
    if shape[0] > 1 and np.all(weights == weights.flat[0]):
        raise NetworkError(_SYMMETRY.format(f"initial weights are all {weights.flat[0]:g}"))
    return weights


_SYMMETRY = "{}: equal units get equal gradients and never part; draw them at random: " + ", ".join(RULES)


def _drawn(rule: str, shape: Shape, rng: np.random.Generator | None) -> Array:
    if rule.startswith("constant"):
        raise NetworkError(_SYMMETRY.format(f"initial weights {rule!r} are refused"))
    if rule not in RULES:
        raise NetworkError(f"unknown initial weights {rule!r}; known: {', '.join(RULES)}")
    if rng is None:
        # A layer described by a file: a shape without memory, until load_state brings the weights.
        return np.broadcast_to(np.float32(0), shape)
    receptive = int(np.prod(shape[2:]))
    return RULES[rule](rng, shape, shape[1] * receptive, shape[0] * receptive).astype(np.float32)
