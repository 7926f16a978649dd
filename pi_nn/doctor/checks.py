"""Judges :class:`Facts`: one function a check, each pure. The order is the one in which to mend things."""

from __future__ import annotations

from pi_nn.doctor.board import contiguous_memory, memory, memory_limit, temperature, throttling
from pi_nn.doctor.camera import camera, permissions, picamera2
from pi_nn.doctor.facts import Check, Facts
from pi_nn.doctor.software import blas, flask, numpy, pillow, prometheus, python, waitress


def configuration(facts: Facts) -> Check:
    if facts.config_hidden is not None:
        message = (
            f"{facts.config_hidden} is for root and the service alone, so the built-in settings were checked."
        )
        return Check("configuration", "warning", message, "Ask as root: sudo pi-nn doctor")
    if facts.config_error is None:
        return Check("configuration", "ok", "The settings can be read.")
    cure = "Mend that line; README.md and the comments in systemd/config.toml explain every setting."
    return Check("configuration", "error", f"The settings cannot be used: {facts.config_error}", cure)


def model(facts: Facts) -> Check:
    if facts.model_error is None:
        return Check("model", "ok", f"The network {facts.model} can be loaded.")
    cure = 'Copy the weights file again, or go back to the bundled one: model = "digits-cnn".'
    return Check("model", "error", f"The network {facts.model} cannot be loaded: {facts.model_error}", cure)


def state(facts: Facts) -> Check | None:
    if facts.state_dir is None:
        return None
    if facts.state_writable:
        return Check("state", "ok", f"{facts.state_dir} can be written.")
    message = f"{facts.user} may not write {facts.state_dir}, where models and corrections are kept."
    return Check("state", "warning", message, "Ask as the service: sudo -u pi-nn pi-nn doctor")


def port(facts: Facts) -> Check:
    where = f"{facts.port.host}:{facts.port.number}"
    messages = {
        "free": ("ok", f"{where} is free.", None),
        "ours": ("ok", f"pi-nn already answers on {where}.", None),
        "taken": (
            "error",
            f"Another program uses {where}.",
            f"Find it with: sudo ss -ltnp 'sport = :{facts.port.number}'; or choose another one: --port 8001",
        ),
        "forbidden": (
            "error",
            f"{facts.user} may not open {where}.",
            "Ports below 1024 belong to root; choose a larger one: --port 8000",
        ),
        "no_address": (
            "error",
            f"This computer has no address {facts.port.host}.",
            "Use 127.0.0.1 (this computer alone) or 0.0.0.0 (every computer of your network) as host.",
        ),
    }
    status, message, cure = messages[facts.port.state]
    return Check("port", status, message, cure)


_ALL = (
    *(python, numpy, blas, pillow, flask, waitress, prometheus),
    *(picamera2, camera, permissions, contiguous_memory, memory, memory_limit, temperature, throttling),
    *(configuration, model, state, port),
)


def examine(facts: Facts) -> list[Check]:
    """Every check that applies to this machine; something must be mended when one is an ``error``."""
    return [check for judge in _ALL if (check := judge(facts)) is not None]
