"""Checks of the board: memory, heat, power."""

from __future__ import annotations

from pi_nn.doctor.facts import Check, Facts

# An estimate: two YUV buffers of 640x480 (1 MB) and a few raw ones of the sensor (2 to 4 MB each).
CONTIGUOUS_NEED_MB = 16
MEMORY_NEED_MB = 100
# The firmware slows a Pi down from 80 degrees on (Raspberry Pi documentation, "Frequency management").
HOT = 80.0
WARM = 70.0
# "vcgencmd get_throttled": bit 0 is low voltage, bits 1 to 3 are limits that heat has set; the same shifted
# by 16 mean "since the last start".
UNDER_VOLTAGE = 1


def contiguous_memory(facts: Facts) -> Check | None:
    free, total = facts.board.contiguous_free, facts.board.contiguous_total
    if free is None or total is None or not facts.board.is_pi:
        return None
    if free >= CONTIGUOUS_NEED_MB:
        return Check(
            "contiguous_memory", "ok", f"{free:.0f} MB of {total:.0f} MB for camera buffers are free."
        )
    message = (
        f"Only {free:.0f} MB of {total:.0f} MB for camera buffers are free; opening the camera may fail."
    )
    cure = (
        "Stop other programs that use the camera or the screen, or make the picture smaller (width, height). "
        "If that is not enough: dtoverlay=vc4-kms-v3d,cma-128 in /boot/firmware/config.txt, then reboot."
    )
    return Check("contiguous_memory", "warning", message, cure)


def memory(facts: Facts) -> Check | None:
    available = facts.board.memory_available
    if available is None:
        return None
    if available >= MEMORY_NEED_MB:
        return Check("memory", "ok", f"{available:.0f} MB of memory are available.")
    message = f"Only {available:.0f} MB of memory are available; about {MEMORY_NEED_MB} MB are needed."
    return Check("memory", "warning", message, "Stop other programs; on a Zero use Raspberry Pi OS Lite.")


def memory_limit(facts: Facts) -> Check | None:
    if facts.board.memory_cgroup is None or not facts.board.is_pi:
        return None
    if facts.board.memory_cgroup:
        return Check("memory_limit", "ok", "The kernel can limit the service's memory.")
    message = "The kernel's memory cgroup is switched off: the service's memory limit is not enforced."
    cure = (
        "Only needed for the limit: append cgroup_enable=memory cgroup_memory=1 to the one line in "
        "/boot/firmware/cmdline.txt, then reboot."
    )
    return Check("memory_limit", "warning", message, cure)


def temperature(facts: Facts) -> Check | None:
    degrees = facts.board.temperature
    if degrees is None:
        return None
    if degrees < WARM:
        return Check("temperature", "ok", f"{degrees:.0f} °C.")
    state = "so hot that it is slowed down" if degrees >= HOT else "warm"
    return Check(
        "temperature", "warning", f"{degrees:.0f} °C: the board is {state}.", "Give it air or a heat sink."
    )


def throttling(facts: Facts) -> Check | None:
    bits = facts.board.throttled
    if bits is None:
        return None
    now, before = bits & 0xF, bits >> 16 & 0xF
    if not now | before:
        return Check("throttling", "ok", "Power and speed have been right since the last start.")
    when = "now" if now else "since the last start"
    found = now or before
    if found & UNDER_VOLTAGE:
        cure = "Use the official power supply and a short, thick cable."
        return Check("throttling", "warning", f"The voltage is or was too low ({when}).", cure)
    cure = "Give the board air or a heat sink."
    return Check("throttling", "warning", f"The board is or was slowed down by heat ({when}).", cure)
