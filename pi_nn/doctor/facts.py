"""What was found on a machine, before it is judged. ``None`` means: could not be found out here."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class Library:
    """One attempt to import a module. ``error`` is the last line of what went wrong, else ``None``."""

    version: str | None = None
    error: str | None = None
    missing: bool = False
    path: str | None = None


@dataclass(frozen=True, slots=True)
class Devices:
    """The camera's device files, and those of them that this user may not open."""

    present: tuple[str, ...] = ()
    forbidden: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Port:
    """``state``: ``free``, ``ours`` (a pi-nn answers there), ``taken``, ``forbidden`` or ``no_address``."""

    host: str
    number: int
    state: str


@dataclass(frozen=True, slots=True)
class Board:
    """The computer itself. Memory in MB, temperature in degrees Celsius.

    ``contiguous_free`` of ``contiguous_total`` is the memory that camera buffers come from (CMA).
    ``throttled`` is the bit mask of ``vcgencmd get_throttled`` (Raspberry Pi documentation).
    """

    model: str | None = None
    contiguous_total: float | None = None
    contiguous_free: float | None = None
    memory_available: float | None = None
    memory_cgroup: bool | None = None
    temperature: float | None = None
    throttled: int | None = None

    @property
    def is_pi(self) -> bool:
        return self.model is not None and "Raspberry Pi" in self.model


@dataclass(frozen=True, slots=True)
class Facts:
    """Everything that ``examine`` judges. ``libraries`` maps an import name to how it went."""

    python: tuple[int, int, int]
    user: str
    libraries: dict[str, Library] = field(default_factory=dict)
    blas: str | None = None
    cameras: tuple[str, ...] | None = None
    camera_setting: str = "auto"
    devices: Devices = Devices()
    board: Board = Board()
    model: str = "digits-cnn"
    model_error: str | None = None
    config_error: str | None = None
    config_hidden: str | None = None
    state_dir: str | None = None
    state_writable: bool | None = None
    port: Port = Port("127.0.0.1", 8000, "free")


@dataclass(frozen=True, slots=True)
class Check:
    """One line of the answer. ``status`` is ``ok``, ``warning`` or ``error``; ``cure`` says what to do."""

    name: str
    status: str
    message: str
    cure: str | None = None

    def to_json(self) -> dict[str, Any]:
        return {"name": self.name, "status": self.status, "message": self.message, "cure": self.cure}
