"""Reads handwritten digits in front of a Raspberry Pi's camera with a pure-NumPy network.

The public names load on first use (PEP 562), so that ``import pi_nn`` costs nothing.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pi_nn.nn import Network, load_network
    from pi_nn.reader import DigitReader
    from pi_nn.records import DigitTile, Frame, Prediction, Reading

__version__ = "0.1.0"

_HOMES = {
    "DigitReader": "pi_nn.reader",
    "DigitTile": "pi_nn.records",
    "Frame": "pi_nn.records",
    "Network": "pi_nn.nn",
    "Prediction": "pi_nn.records",
    "Reading": "pi_nn.records",
    "load_network": "pi_nn.nn",
}

__all__ = ["DigitReader", "DigitTile", "Frame", "Network", "Prediction", "Reading", "load_network"]


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'pi_nn' has no attribute {name!r}")
    return getattr(import_module(_HOMES[name]), name)


def __dir__() -> list[str]:
    return sorted([*globals(), *__all__])
