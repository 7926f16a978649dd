"""What can go wrong. One root; each error is also a builtin kind, so ``except ValueError`` still works.

Every message says what came, what was expected, and what to do next.
"""

from __future__ import annotations


class PiNNError(Exception):
    """The root of every error that pi_nn raises on purpose."""


class ConfigError(PiNNError, ValueError):
    """A setting has an unknown name, the wrong type, or a value outside its range."""


class PictureError(PiNNError, ValueError):
    """A picture cannot be read: unknown format, truncated, too large, or of a strange shape."""


class DataError(PiNNError, ValueError):
    """A data set is missing, damaged, or not in a form that is known."""


class NetworkError(PiNNError, ValueError):
    """A network cannot be built, or an array does not fit it; the message names both shapes."""


class WeightsError(PiNNError, ValueError):
    """A weights file is missing, damaged, or lies about its sizes."""


class DivergenceError(PiNNError, ArithmeticError):
    """Training left the finite numbers; the last good weights are kept."""


class CameraError(PiNNError, RuntimeError):
    """A camera gave no frame. ``reason`` is a code from :mod:`pi_nn.reasons`."""

    def __init__(self, reason: str, message: str) -> None:
        super().__init__(message)
        self.reason = reason


class ListenError(PiNNError, OSError):
    """The daemon cannot listen at its address: in use, not allowed, or not of this machine."""
