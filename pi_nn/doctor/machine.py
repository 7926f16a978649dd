"""Facts of the board, its camera devices and its ports, read from the kernel."""

from __future__ import annotations

import errno
import json
import os
import re
import socket
import subprocess
from http.client import HTTPConnection, HTTPException
from pathlib import Path

from pi_nn.doctor.facts import Board, Devices, Port

DEVICE_PATTERNS = ("video*", "media*", "dma_heap/*")


def devices(folder: Path = Path("/dev")) -> Devices:
    present = sorted(path for pattern in DEVICE_PATTERNS for path in folder.glob(pattern))
    forbidden = [path for path in present if not os.access(path, os.R_OK | os.W_OK)]
    return Devices(tuple(map(str, present)), tuple(map(str, forbidden)))


def board(root: Path = Path("/")) -> Board:
    memory = _meminfo(_text(root / "proc/meminfo"))
    millidegrees = _text(root / "sys/class/thermal/thermal_zone0/temp")
    return Board(
        model=_text(root / "proc/device-tree/model").rstrip("\0\n") or None,
        contiguous_total=memory.get("CmaTotal"),
        contiguous_free=memory.get("CmaFree"),
        memory_available=memory.get("MemAvailable"),
        memory_cgroup=_memory_cgroup(root),
        temperature=int(millidegrees) / 1000 if millidegrees else None,
        throttled=_throttled(),
    )


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""


def _meminfo(text: str) -> dict[str, float]:
    """/proc/meminfo in MB (proc(5): the values are in kB)."""
    return {m[1]: int(m[2]) / 1024 for m in re.finditer(r"^(\w+):\s+(\d+) kB$", text, re.MULTILINE)}


def _memory_cgroup(root: Path) -> bool | None:
    controllers = _text(root / "sys/fs/cgroup/cgroup.controllers")
    if controllers:
        return "memory" in controllers.split()
    # cgroups(7): name, hierarchy, number of groups, enabled
    for line in _text(root / "proc/cgroups").splitlines():
        if line.startswith("memory"):
            return line.split()[3] == "1"
    return None


def _throttled() -> int | None:
    try:
        done = subprocess.run(
            ["vcgencmd", "get_throttled"], capture_output=True, text=True, timeout=10, check=False
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    return parse_throttled(done.stdout)


def parse_throttled(text: str) -> int | None:
    """``throttled=0x50005`` as a number; ``None`` for anything else."""
    match = re.fullmatch(r"throttled=(0x[0-9a-fA-F]+)", text.strip())
    return int(match[1], 16) if match else None


def port(host: str, number: int) -> Port:
    """Whether the daemon could listen there, tried by listening."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        with socket.socket(family) as trial:
            trial.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            trial.bind((host, number))
            return Port(host, number, "free")
    except OSError as error:
        if error.errno == errno.EADDRINUSE:
            return Port(host, number, "ours" if _answers_as_pi_nn(host, number) else "taken")
        return Port(host, number, "forbidden" if error.errno == errno.EACCES else "no_address")


def _answers_as_pi_nn(host: str, number: int) -> bool:
    nearby = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)
    connection = HTTPConnection(nearby, number, timeout=5)
    try:
        connection.request("GET", "/openapi.json")
        answer = json.loads(connection.getresponse().read(1_000_000))
    except (OSError, HTTPException, ValueError):
        return False
    finally:
        connection.close()
    return isinstance(answer, dict) and "/api/reading" in answer.get("paths", {})
