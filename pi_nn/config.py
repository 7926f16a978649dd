"""One frozen, typed ``Settings``: defaults < TOML file < ``PI_NN_*`` variables < command-line options.

Every key may stand in the TOML file under its own name, in the environment as ``PI_NN_`` and the name
in capitals, and on the command line of ``pi-nn serve`` with dashes. An unknown key is an error that names
the nearest known one.
"""

from __future__ import annotations

import difflib
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

from pi_nn.errors import ConfigError

ENV_PREFIX = "PI_NN_"
# PI_NN_DATA is where `train` and `evaluate` find MNIST; it is no setting of the daemon.
NOT_SETTINGS = frozenset({"PI_NN_DATA", "PI_NN_CONFIG"})


@dataclass(frozen=True, slots=True)
class Settings:
    """What the daemon is told. Times are seconds, sizes bytes or pixels, probabilities 0..1."""

    camera: str = "auto"
    host: str = "127.0.0.1"
    port: int = 8000
    model: str = "digits-cnn"
    interval: float = 0.4
    stale_after: float = 10.0
    agreement: int = 3
    min_confidence: float | None = None
    min_margin: float | None = None
    max_junk: float | None = None
    roi: tuple[float, float, float, float] | None = None
    width: int = 640
    height: int = 480
    frame_rate: float = 10.0
    hflip: bool = False
    vflip: bool = False
    exposure_time: int | None = None
    lens_position: float | None = None
    history: int = 200
    max_upload_bytes: int = 16 * 1024 * 1024
    max_pixels: int = 25_000_000
    max_streams: int = 2
    token: str | None = None
    require_token_for_reads: bool = False
    state_dir: str | None = None

    def __post_init__(self) -> None:
        for name, (low, high) in _RANGES.items():
            value = getattr(self, name)
            if value is not None and not low <= value <= high:
                raise ConfigError(f"{name} is {value}, expected {low} to {high}")
        if not self.camera or not self.model or not self.host:
            raise ConfigError("camera, model and host must not be empty")
        if self.token is not None and len(self.token) < 8:
            raise ConfigError("token is shorter than 8 characters; make one with: openssl rand -hex 16")
        if self.roi is not None:
            _check_roi(self.roi)

    def __repr__(self) -> str:
        shown = (
            f"{f.name}={'***' if f.name == 'token' and self.token else repr(getattr(self, f.name))}"
            for f in fields(self)
        )
        return f"Settings({', '.join(shown)})"


_RANGES: dict[str, tuple[float, float]] = {
    "port": (0, 65535),
    "interval": (0.02, 3600),
    "stale_after": (0.1, 86400),
    "agreement": (1, 50),
    "min_confidence": (0, 1),
    "min_margin": (0, 1),
    "max_junk": (0, 1),
    "width": (64, 4608),
    "height": (64, 3456),
    "frame_rate": (0.1, 120),
    "exposure_time": (1, 10_000_000),
    "lens_position": (0, 32),
    "history": (1, 1000),
    "max_upload_bytes": (1024, 256 * 1024 * 1024),
    "max_pixels": (784, 100_000_000),
    "max_streams": (0, 32),
}


def _check_roi(roi: tuple[float, ...]) -> None:
    expected = "four fractions of the frame: x, y, width, height with x + width <= 1 and y + height <= 1"
    if len(roi) != 4:
        raise ConfigError(f"roi has {len(roi)} numbers, expected {expected}")
    x, y, w, h = roi
    if not (0 <= x < 1 and 0 <= y < 1 and w > 0 and h > 0 and x + w <= 1 + 1e-9 and y + h <= 1 + 1e-9):
        raise ConfigError(f"roi is {list(roi)}, expected {expected}")


_TYPES: dict[str, str] = {f.name: str(f.type) for f in fields(Settings)}


def load_settings(
    path: str | Path | None = None,
    environ: Mapping[str, str] | None = None,
    options: Mapping[str, Any] | None = None,
) -> Settings:
    """Settings from all four sources; an option that is ``None`` was not given.

    Raises :class:`ConfigError` naming the source, the key, the value that came and what was expected.
    """
    values: dict[str, Any] = {}
    if path is not None:
        values |= _checked(_read_toml(Path(path)), str(path))
    values |= _checked(_from_environment(environ or {}), "environment")
    values |= _checked({k: v for k, v in (options or {}).items() if v is not None}, "options")
    return Settings(**values)


def _read_toml(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise ConfigError(f"{path}: no such configuration file") from None
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise ConfigError(f"{path}: not readable as TOML: {error}") from error


def _from_environment(environ: Mapping[str, str]) -> dict[str, str]:
    return {
        name.removeprefix(ENV_PREFIX).lower(): text
        for name, text in environ.items()
        if name.startswith(ENV_PREFIX) and name not in NOT_SETTINGS
    }


def _checked(values: Mapping[str, Any], where: str) -> dict[str, Any]:
    result = {}
    for name, value in values.items():
        if name not in _TYPES:
            near = difflib.get_close_matches(name, _TYPES, n=1)
            hint = f"; did you mean {near[0]!r}?" if near else ""
            raise ConfigError(f"{where}: unknown setting {name!r}{hint}")
        try:
            result[name] = _convert(value, _TYPES[name])
        except (TypeError, ValueError) as error:
            shown = "***" if name == "token" else repr(value)
            raise ConfigError(f"{where}: {name} is {shown}, expected {error}") from None
    return result


def _convert(value: Any, kind: str) -> Any:
    """``value`` as ``kind``; the text of the ``ValueError`` names what was expected."""
    base = kind.removesuffix(" | None")
    if base != kind and (value is None or value == ""):
        return None
    if base.startswith("tuple"):
        parts = value.split(",") if isinstance(value, str) else value
        if not isinstance(parts, (list, tuple)):
            raise ValueError("numbers parted by commas")
        return tuple(_convert(part, "float") for part in parts)
    return {"bool": _to_bool, "int": _to_int, "float": _to_float, "str": _to_str}[base](value)


def _to_bool(value: Any) -> bool:
    if isinstance(value, bool):
        return value
    words = {
        "1": True,
        "true": True,
        "yes": True,
        "on": True,
        "0": False,
        "false": False,
        "no": False,
        "off": False,
    }
    if isinstance(value, str) and value.lower() in words:
        return words[value.lower()]
    raise ValueError("true or false")


def _to_int(value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, (int, str)):
        raise ValueError("a whole number")
    try:
        return int(value)
    except ValueError:
        raise ValueError("a whole number") from None


def _to_float(value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, (int, float, str)):
        raise ValueError("a number")
    try:
        number = float(value)
    except ValueError:
        raise ValueError("a number") from None
    if number != number or number in (float("inf"), float("-inf")):
        raise ValueError("a finite number")
    return number


def _to_str(value: Any) -> str:
    if not isinstance(value, str):
        raise ValueError("a text")
    return value
