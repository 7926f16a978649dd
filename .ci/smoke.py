"""What a user does first, in an environment with the run-time dependencies alone, away from the checkout.

Run by the environment's own Python (``python .ci/smoke.py``); the first thing that is not as it should be
ends it with an error.
"""

from __future__ import annotations

import json
import re
import signal
import subprocess
import sys
import tempfile
import urllib.request
from importlib.util import find_spec
from pathlib import Path

COMMAND = str(Path(sys.executable).with_name("pi-nn"))
PROMISED = 30
ALL_OF_IT = 180


def run(*arguments: str) -> str:
    done = subprocess.run([COMMAND, *arguments], capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, f"pi-nn {' '.join(arguments)}: {done.returncode}\n{done.stderr}"
    return done.stdout


def get(url: str) -> bytes:
    with urllib.request.urlopen(url, timeout=PROMISED) as answer:
        content: bytes = answer.read()
    return content


def check_environment() -> None:
    for name in ("pytest", "scipy", "matplotlib", "tqdm", "onnx"):
        assert find_spec(name) is None, f"{name} is installed, it could hide a missing import"


def check_commands() -> None:
    assert run("--version").startswith("pi-nn, version ")
    listed = run("--help")
    for command in re.findall(r"^  ([a-z]+)  ", listed, re.MULTILINE):
        assert "Usage: pi-nn" in run(command, "--help")
    assert json.loads(run("doctor", "--json"))["ok"]


def check_service() -> None:
    command = [COMMAND, "serve", "--camera", "simulated:digits=42,seed=1", "--port", "0"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as service:
        try:
            assert service.stdout is not None
            base = next(found[0] for line in service.stdout if (found := re.search(r"http://\S+", line)))
            check_answers(base.rstrip("/"))
        finally:
            service.send_signal(signal.SIGTERM)
        assert service.wait(timeout=5) == 0


def check_answers(base: str) -> None:
    events = urllib.request.urlopen(f"{base}/api/events", timeout=PROMISED)
    with events:
        reading = next(read for line in events if (read := ok_reading(line)))
    assert reading["text"] == "42"
    assert json.loads(get(f"{base}/api/reading"))["status"] in {"ok", "unsure"}
    assert b"<html" in get(f"{base}/")
    check_predict(get(f"{base}/api/frame.jpg"))
    assert b"pi_nn" in get(f"{base}/metrics")


def check_predict(jpeg: bytes) -> None:
    with tempfile.TemporaryDirectory() as folder:
        picture = Path(folder, "frame.jpg")
        picture.write_bytes(jpeg)
        reading = json.loads(run("predict", "--json", str(picture)))
    assert reading["text"] == "42", reading


def ok_reading(line: bytes) -> dict[str, object] | None:
    """The reading of an event's ``data:`` line once it says ``ok``."""
    if not line.startswith(b"data:"):
        return None
    reading: dict[str, object] = json.loads(line.removeprefix(b"data:"))
    return reading if reading["status"] == "ok" else None


if __name__ == "__main__":
    signal.alarm(ALL_OF_IT)
    check_environment()
    check_commands()
    check_service()
    print("the run-time environment is complete")
