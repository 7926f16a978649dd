"""Each fault that doctor knows, with made-up facts."""

from __future__ import annotations

from dataclasses import replace

import pytest

from pi_nn.doctor import Board, Check, Devices, Facts, Library, Port, examine

GOOD = {
    name: Library(version="1.0", path=f"/usr/lib/{name}")
    for name in ("numpy", "PIL", "flask", "waitress", "prometheus_client", "picamera2")
}
ZERO = Board(
    model="Raspberry Pi Zero W Rev 1.1",
    contiguous_total=64.0,
    contiguous_free=50.0,
    memory_available=280.0,
    memory_cgroup=True,
    temperature=41.2,
    throttled=0,
)
HEALTHY = Facts(
    python=(3, 11, 2),
    user="pi",
    libraries=GOOD,
    blas="OpenBLAS",
    cameras=("imx219",),
    devices=Devices(("/dev/video0", "/dev/media0")),
    board=ZERO,
    state_dir="/var/lib/pi-nn",
    state_writable=True,
)
BROKEN = "numpy.dtype size changed, may indicate binary incompatibility. Expected 96 from C header, got 88"


def with_library(name: str, library: Library) -> Facts:
    return replace(HEALTHY, libraries={**GOOD, name: library})


def with_board(**changes: object) -> Facts:
    return replace(HEALTHY, board=replace(ZERO, **changes))  # type: ignore[arg-type]


def without_camera_library(camera: str) -> Facts:
    return replace(with_library("picamera2", Library(missing=True)), camera_setting=camera, cameras=None)


def the(name: str, facts: Facts) -> Check:
    (check,) = [c for c in examine(facts) if c.name == name]
    return check


def test_a_healthy_zero_is_all_ok() -> None:
    checks = examine(HEALTHY)
    assert [c.status for c in checks] == ["ok"] * 19
    assert [c.cure for c in checks] == [None] * 19
    assert len({c.name for c in checks}) == 19


@pytest.mark.parametrize(
    ("facts", "name", "status", "in_message", "in_cure"),
    [
        (replace(HEALTHY, python=(3, 9, 2)), "python", "error", "3.9.2 is too old", "bookworm"),
        (with_library("numpy", Library(missing=True)), "numpy", "error", "not installed", "python3-numpy"),
        (with_library("PIL", Library(missing=True)), "pillow", "error", "not installed", "python3-pil"),
        (with_library("flask", Library(missing=True)), "flask", "error", "not installed", "python3-flask"),
        (with_library("waitress", Library(error="boom")), "waitress", "error", "boom", "python3-waitress"),
        (
            with_library("numpy", Library(error="illegal instruction")),
            *("numpy", "error", "illegal instruction", "newer processor"),
        ),
        (replace(HEALTHY, blas="reference"), "blas", "warning", "ten times slower", "libopenblas0"),
        (
            with_library("picamera2", Library(error=f"ValueError: {BROKEN}")),
            *(
                "picamera2",
                "error",
                "size changed",
                "remove the one that pip installed (it is in /usr/lib/numpy)",
            ),
        ),
        (
            with_library("picamera2", Library(error="No module named 'libcamera'")),
            *("picamera2", "error", "libcamera", "python3-picamera2"),
        ),
        (without_camera_library("auto"), "picamera2", "warning", "simulated", "never with pip"),
        (without_camera_library("picamera2:0"), "picamera2", "error", "not installed", "never with pip"),
        (replace(HEALTHY, cameras=()), "camera", "error", "No camera", "ribbon"),
        (replace(HEALTHY, cameras=None), "camera", "error", "could not list", "rpicam-hello"),
        (
            replace(HEALTHY, devices=Devices(("/dev/video0",), ("/dev/video0",))),
            *("permissions", "error", "pi may not open /dev/video0", "usermod -aG video pi"),
        ),
        (with_board(contiguous_free=3.4), "contiguous_memory", "warning", "Only 3 MB of 64 MB", "cma-128"),
        (with_board(memory_available=31.0), "memory", "warning", "Only 31 MB", "Lite"),
        (with_board(memory_cgroup=False), "memory_limit", "warning", "switched off", "cgroup_enable=memory"),
        (with_board(temperature=81.0), "temperature", "warning", "slowed down", "heat sink"),
        (with_board(temperature=72.0), "temperature", "warning", "warm", "heat sink"),
        (with_board(throttled=0x50005), "throttling", "warning", "voltage is or was too low (now)", "supply"),
        (with_board(throttled=0x10000), "throttling", "warning", "since the last start", "supply"),
        (with_board(throttled=0x80008), "throttling", "warning", "by heat (now)", "heat sink"),
        (replace(HEALTHY, config_error="a.toml: prot"), "configuration", "error", "a.toml: prot", "README"),
        (replace(HEALTHY, config_hidden="/etc/x"), "configuration", "warning", "/etc/x", "sudo pi-nn doctor"),
        (replace(HEALTHY, model_error="cut short"), "model", "error", "cut short", "digits-cnn"),
        (replace(HEALTHY, state_writable=False), "state", "warning", "/var/lib/pi-nn", "sudo -u pi-nn"),
        (replace(HEALTHY, port=Port("::", 8000, "taken")), "port", "error", ":::8000", "ss -ltnp"),
        (replace(HEALTHY, port=Port("::", 80, "forbidden")), "port", "error", ":::80", "1024"),
        (replace(HEALTHY, port=Port("10.9.9.9", 80, "no_address")), "port", "error", "10.9.9.9", "0.0.0.0"),
    ],
)
def test_a_fault_is_named_and_cured(
    facts: Facts, name: str, status: str, in_message: str, in_cure: str
) -> None:
    check = the(name, facts)
    assert check.status == status
    assert in_message in check.message
    assert check.cure is not None
    assert in_cure in check.cure


def test_a_fault_of_one_kind_leaves_the_other_lines_alone() -> None:
    faulty = examine(replace(HEALTHY, blas="reference"))
    assert [c.name for c in faulty if c.status != "ok"] == ["blas"]


def test_a_running_service_is_no_fault() -> None:
    check = the("port", replace(HEALTHY, port=Port("127.0.0.1", 8000, "ours")))
    assert (check.status, check.cure) == ("ok", None)


def test_a_desktop_is_not_judged_as_a_pi() -> None:
    desktop = replace(
        without_camera_library("auto"),
        board=Board(contiguous_total=0.0, contiguous_free=0.0, memory_available=8000.0, memory_cgroup=False),
        devices=Devices(("/dev/video0",), ("/dev/video0",)),
    )
    checks = examine(desktop)
    assert [c.name for c in checks if c.status == "error"] == []
    assert {"contiguous_memory", "memory_limit", "camera"}.isdisjoint(c.name for c in checks)


def test_a_folder_of_pictures_needs_no_camera() -> None:
    facts = replace(HEALTHY, camera_setting="folder:/pictures", cameras=())
    assert "camera" not in {c.name for c in examine(facts)}


def test_nothing_is_known_is_no_fault() -> None:
    unknown = replace(HEALTHY, blas=None, board=Board(), state_dir=None)
    assert {c.status for c in examine(unknown)} == {"ok"}
