"""Imports one library and tells how it went. A program of its own, because such an import can kill a process.

``python -P probe.py NAME`` prints one line of JSON: ``version``, ``error``, ``missing``, ``path`` and, for
NumPy, ``libraries`` (the shared ones that are loaded), for picamera2, ``cameras``.
"""

from __future__ import annotations

import json
import sys
from importlib import import_module
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

# How a module is called where its version is asked for.
DISTRIBUTIONS = {"PIL": "pillow", "prometheus_client": "prometheus-client"}


def probe(name: str) -> dict[str, Any]:
    try:
        module = import_module(name)
    except ModuleNotFoundError as error:
        return {"missing": error.name == name, "error": None if error.name == name else str(error)}
    except Exception as error:
        return {"error": f"{type(error).__name__}: {error}".strip().splitlines()[0]}
    found = {"version": _version(name, module), "path": str(getattr(module, "__file__", ""))}
    return found | _EXTRAS.get(name, lambda module: {})(module)


def _version(name: str, module: Any) -> str:
    try:
        return version(DISTRIBUTIONS.get(name, name))
    except PackageNotFoundError:
        return str(getattr(module, "__version__", "of unknown version"))


def _loaded_libraries(module: Any) -> dict[str, Any]:
    """Only Linux tells; NumPy's own ``show_config`` names what it was built with, not what is installed."""
    maps = Path("/proc/self/maps")
    lines = maps.read_text(encoding="utf-8", errors="replace").splitlines() if maps.exists() else []
    return {"libraries": sorted({line.split()[-1] for line in lines if ".so" in line})}


def _cameras(module: Any) -> dict[str, Any]:
    try:
        found = module.Picamera2.global_camera_info()
    except Exception:
        return {"cameras": None}
    return {"cameras": [str(info.get("Model", info.get("Id", "camera"))) for info in found]}


_EXTRAS = {"numpy": _loaded_libraries, "picamera2": _cameras}

if __name__ == "__main__":
    print(json.dumps(probe(sys.argv[1])))
