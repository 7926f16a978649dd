"""Looks at this machine and returns :class:`Facts`. Nothing here judges, nothing here changes anything."""

from __future__ import annotations

import getpass
import os
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pi_nn.config import Settings, load_settings
from pi_nn.doctor import machine
from pi_nn.doctor.facts import Facts
from pi_nn.doctor.libraries import LIBRARIES, ask, name_blas, to_library
from pi_nn.errors import ConfigError, PiNNError

SERVICE_CONFIG = Path("/etc/pi-nn/config.toml")


def gather(config: Path | None, environ: Mapping[str, str], options: Mapping[str, Any]) -> Facts:
    """Facts of this machine with the settings that the daemon would take from the same three sources."""
    settings, config_error, hidden = _settings(config, environ, options)
    answers = {name: ask(name) for name in LIBRARIES}
    libraries = {name: to_library(answer) for name, answer in answers.items()}
    cameras = answers["picamera2"].get("cameras")
    usable = libraries["numpy"].version is not None
    return Facts(
        python=sys.version_info[:3],
        user=getpass.getuser(),
        libraries=libraries,
        blas=name_blas(answers["numpy"].get("libraries", [])),
        cameras=None if cameras is None else tuple(cameras),
        camera_setting=settings.camera,
        devices=machine.devices(),
        board=machine.board(),
        model=settings.model,
        model_error=_model_error(settings.model) if usable else "NumPy is not usable, see above",
        config_error=config_error,
        config_hidden=hidden,
        state_dir=settings.state_dir,
        state_writable=_writable(settings.state_dir),
        port=machine.port(settings.host, settings.port),
    )


def _settings(
    config: Path | None, environ: Mapping[str, str], options: Mapping[str, Any]
) -> tuple[Settings, str | None, str | None]:
    """The settings (built-in ones where they cannot be read), what is wrong, and the file hidden from us."""
    hidden = None
    if config is None and SERVICE_CONFIG.exists():
        if os.access(SERVICE_CONFIG, os.R_OK):
            config = SERVICE_CONFIG
        else:
            hidden = str(SERVICE_CONFIG)
    try:
        return load_settings(config, environ, options), None, hidden
    except ConfigError as error:
        return Settings(), str(error), hidden


def _model_error(model: str) -> str | None:
    from pi_nn.nn import load_network

    try:
        load_network(model)
    except (PiNNError, OSError) as error:
        return str(error)
    return None


def _writable(folder: str | None) -> bool | None:
    if folder is None:
        return None
    path = Path(folder)
    while not path.exists():
        path = path.parent
    return os.access(path, os.W_OK)
