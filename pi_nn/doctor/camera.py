"""Checks of the camera: its library, the camera itself, and the right to open it."""

from __future__ import annotations

from pi_nn.doctor.facts import Check, Facts, Library
from pi_nn.doctor.software import library_cure

APT_LINE = "with: sudo apt-get install -y python3-picamera2"


def _wants_picamera2(facts: Facts) -> bool:
    return facts.camera_setting.split(":")[0] in {"auto", "picamera2"}


def _usable(facts: Facts) -> bool:
    return facts.libraries.get("picamera2", Library()).version is not None


def picamera2(facts: Facts) -> Check:
    library = facts.libraries.get("picamera2", Library(missing=True))
    if library.error is not None:
        cure = library_cure(facts, library, APT_LINE)
        return Check("picamera2", "error", f"picamera2 cannot be loaded: {library.error}", cure)
    if not library.missing:
        return Check("picamera2", "ok", f"picamera2 {library.version}.")
    if facts.board.is_pi or facts.camera_setting.startswith("picamera2"):
        message = "picamera2 is not installed: the Pi's camera cannot be used, pictures are simulated."
        status = "error" if facts.camera_setting.startswith("picamera2") else "warning"
        cure = f"Install it {APT_LINE} (never with pip: it must fit the system's NumPy)"
        return Check("picamera2", status, message, cure)
    return Check("picamera2", "ok", "picamera2 is not installed; off a Raspberry Pi pictures are simulated.")


def camera(facts: Facts) -> Check | None:
    if not _wants_picamera2(facts) or not _usable(facts):
        return None
    if facts.cameras:
        return Check("camera", "ok", f"Camera seen: {', '.join(facts.cameras)}.")
    message = "No camera was found."
    cure = (
        "Switch the Pi off, push the ribbon cable in straight (its bright contacts towards the board on a "
        "Zero), close the latch, start again; then try: rpicam-hello --list-cameras"
    )
    if facts.cameras is None:
        message = "The camera library could not list the cameras."
        cure = "Try: rpicam-hello --list-cameras; it tells more. Stop other programs that use the camera."
    return Check("camera", "error", message, cure)


def permissions(facts: Facts) -> Check | None:
    if not facts.devices.present:
        return None
    if not facts.devices.forbidden:
        return Check("permissions", "ok", f"{facts.user} may open the camera.")
    message = f"{facts.user} may not open {', '.join(facts.devices.forbidden[:3])}."
    status = "error" if _wants_picamera2(facts) and _usable(facts) else "warning"
    return Check(
        "permissions", status, message, f"sudo usermod -aG video {facts.user}, then log in again (or reboot)"
    )
