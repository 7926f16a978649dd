"""How importing each library goes, tried in a process of its own, and which BLAS NumPy found."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from collections.abc import Mapping
from typing import Any

from pi_nn.doctor import probe
from pi_nn.doctor.facts import Library
from pi_nn.doctor.software import ABI_CLASH, ILLEGAL_INSTRUCTION

LIBRARIES = ("numpy", "PIL", "flask", "waitress", "prometheus_client", "picamera2")
# Loading picamera2 takes about ten seconds on a Pi Zero.
PROBE_SECONDS = 120.0


def ask(name: str) -> dict[str, Any]:
    command = [sys.executable, "-P", str(probe.__file__), name]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=PROBE_SECONDS, check=False)
    except subprocess.TimeoutExpired:
        return {"error": f"it did not load within {PROBE_SECONDS:.0f} seconds"}
    except OSError as error:  # a Zero without free memory starts no second Python
        return {"error": f"Python could not be started to try it: {error.strerror or error}"}
    if done.returncode == -signal.SIGILL:
        return {"error": ILLEGAL_INSTRUCTION}
    if done.returncode != 0:
        return {"error": f"loading it ended with status {done.returncode}"}
    answer: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    if answer.get("error"):
        # NumPy 2 prints the cause on stderr and raises something vaguer.
        answer["error"] += "".join(f" ({sign})" for sign in ABI_CLASH if sign in done.stderr)
    return answer


def to_library(answer: Mapping[str, Any]) -> Library:
    return Library(
        version=answer.get("version"),
        error=answer.get("error"),
        missing=bool(answer.get("missing")),
        path=answer.get("path"),
    )


def name_blas(libraries: list[str]) -> str | None:
    """The BLAS among the shared libraries that NumPy loaded; Debian's alternatives are told by folder."""
    known = {"openblas": "OpenBLAS", "mkl": "MKL", "atlas": "ATLAS", "blis": "BLIS"}
    for part, name in known.items():
        if any(part in path.lower() for path in libraries):
            return name
    return "reference" if any("/libblas" in path for path in libraries) else None
