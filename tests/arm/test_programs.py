"""pi_nn's programs on an emulated Pi Zero, and a part of its test suite."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import time
import urllib.request
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

ENVIRONMENT = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])}
# Without Hypothesis: its health checks measure time.
SUITE = (
    "tests/nn/test_golden.py",
    "tests/test_records.py",
    "tests/vision/test_lattice.py",
    "tests/service/test_faults.py",
    "tests/service/test_notify.py",
)

# An emulated second is a tenth of a real one, and the computer may be busy.
pytestmark = [pytest.mark.arm, pytest.mark.timeout(1800), pytest.mark.usefixtures("answers")]


def test_it_is_an_old_arm(pi: Any) -> None:
    assert pi.run("-c", "import platform; print(platform.machine())").stdout in {"armv6l\n", "armv7l\n"}


def test_the_chosen_suite_passes(pi: Any) -> None:
    done = pi.run("-m", "pytest", "-q", "-p", "no:cacheprovider", "-o", "timeout=900", *SUITE)
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-1000:]
    assert re.search(r"^\d+ passed in ", done.stdout, re.MULTILINE), done.stdout[-300:]


def test_predict_reads_a_picture(pi: Any, material: Path, tmp_path: Path) -> None:
    with np.load(material) as data:
        Image.fromarray(data["frame_00"]).save(tmp_path / "407.png")
    done = pi.run("-m", "pi_nn", "predict", "--json", tmp_path / "407.png")
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["text"] == "407"


def test_the_daemon_answers_over_http(pi: Any, tmp_path: Path) -> None:
    camera = ["--camera", "simulated:digits=42,seed=1", "--width", "320", "--height", "240"]
    command = pi.command("-u", "-m", "pi_nn", "serve", "--port", "0", "--stale-after", "600", *camera)
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, text=True, cwd=tmp_path, env=ENVIRONMENT
    ) as daemon:
        try:
            assert daemon.stdout is not None
            base = next(m[0] for line in daemon.stdout if (m := re.search(r"http://[\d.:]+", line)))
            reading = get(f"{base}/api/reading")
            while reading["status"] != "ok":
                assert daemon.poll() is None
                time.sleep(0.2)
                reading = get(f"{base}/api/reading")
            assert reading["text"] == "42"
            assert get(f"{base}/readyz")["status"] == "ready"
        finally:
            daemon.send_signal(signal.SIGTERM)
        assert daemon.wait(timeout=120) == 0


def get(url: str) -> dict[str, Any]:
    with urllib.request.urlopen(url, timeout=300) as answer:
        parsed: dict[str, Any] = json.load(answer)
    return parsed
