"""In steady state the daemon writes nothing to the SD card: watched by strace over 500 frames."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from pi_nn.cameras.digits import shipped_digits
from pi_nn.cameras.scenes import render

FRAMES = 500
TEXTS = ("42", "17")
# "-y" shows what a descriptor stands for: a path, "socket:[…]", "pipe:[…]", "anon_inode:[…]".
WRITES = "write,writev,pwrite64,pwritev,pwritev2,sendfile,copy_file_range,ftruncate,fallocate,fsync,fdatasync"
CHANGES = (
    "creat,truncate,rename,renameat,renameat2,unlink,unlinkat,mkdir,mkdirat,"
    "link,linkat,symlink,symlinkat,chmod"
)
LINE = re.compile(r"^\d+ +(?P<time>[\d.]+) (?P<call>\w+)\((?P<rest>.*)")
pytestmark = [
    pytest.mark.slow,
    pytest.mark.timeout(300),
    pytest.mark.skipif(shutil.which("strace") is None, reason="strace is not installed"),
]


def touches_the_card(call: str, rest: str) -> bool:
    """Whether a system call changes what is on a disk, or opens a file for that."""
    if call in CHANGES.split(","):
        return True
    if call.startswith("open"):
        return bool(re.search(r"O_(WRONLY|RDWR|CREAT|TRUNC)", rest)) and '"/dev/' not in rest
    target = re.match(r"\d+<(.*?)>", rest)
    return target is not None and target[1].startswith("/") and not target[1].startswith("/dev/")


def touching(log: Path, begin: float, end: float) -> list[str]:
    lines = (LINE.match(line) for line in log.read_text(encoding="utf-8", errors="replace").splitlines())
    return [
        found[0]
        for found in lines
        if found and begin <= float(found["time"]) <= end and touches_the_card(found["call"], found["rest"])
    ]


@pytest.fixture
def watched(tmp_path: Path) -> Iterator[tuple[str, Path]]:
    """Address of a daemon that keeps its state in a folder, and the log of its system calls."""
    (tmp_path / "pictures").mkdir()
    for text in TEXTS:
        scene = render(text, shipped_digits(), np.random.default_rng(1), size=(320, 240))
        Image.fromarray(scene.pixels).save(tmp_path / f"pictures/{text}.png")
    log = tmp_path / "strace.log"
    trace = ["strace", "-f", "-y", "-qq", "-ttt", "-s", "0", "-o", str(log)]
    calls = ["-e", f"trace=open,openat,{WRITES},{CHANGES}"]
    serve = [sys.executable, "-u", "-m", "pi_nn", "serve", "--port", "0", "--interval", "0.02"]
    given = ["--camera", f"folder:{tmp_path / 'pictures'}?loop=1", "--state-dir", str(tmp_path / "state")]
    with subprocess.Popen([*trace, *calls, *serve, *given], stdout=subprocess.PIPE, text=True) as daemon:
        try:
            assert daemon.stdout is not None
            yield next(m[0] for line in daemon.stdout if (m := re.search(r"http://[\d.:]+", line))), log
        finally:
            children = Path(f"/proc/{daemon.pid}/task/{daemon.pid}/children").read_text(encoding="ascii")
            os.kill(int(children.split()[0]), signal.SIGTERM)


def get(url: str) -> bytes:
    with urllib.request.urlopen(url, timeout=60) as answer:
        content: bytes = answer.read()
    return content


def follow(events: Any, frames: int) -> dict[str, Any]:
    """Reads events until that of frame number ``frames``."""
    for line in events:
        if line.startswith(b"data:"):
            reading: dict[str, Any] = json.loads(line[5:])
            if reading["frame"] and reading["frame"]["sequence"] >= frames and reading["text"]:
                return reading
    raise AssertionError("the events ended")


def test_no_writes_in_500_frames_with_someone_who_watches(watched: tuple[str, Path]) -> None:
    base, log = watched
    with urllib.request.urlopen(f"{base}/api/events", timeout=60) as events:
        begun_at = follow(events, 20)["frame"]["sequence"]
        get(f"{base}/")
        begin = time.time()
        for hundred in range(1, 6):
            reading = follow(events, begun_at + hundred * FRAMES // 5)
            for path in (
                "/api/reading",
                "/api/readings",
                "/api/frame.jpg?boxes=1",
                "/api/tile.png",
                "/metrics",
            ):
                get(base + path)
        end = time.time()
    assert touching(log, begin, end) == []
    # What the card is for is seen: nothing is wrong with the watching.
    body = json.dumps({"reading": reading["id"], "digit": 0, "label": "9"}).encode()
    request = urllib.request.Request(
        f"{base}/api/corrections", body, {"Content-Type": "application/json"}, method="POST"
    )
    with urllib.request.urlopen(request, timeout=60) as answer:
        assert answer.status in (200, 201)
    kept = touching(log, end, time.time())
    assert any("corrections/9/" in line and "O_CREAT" in line for line in kept)
    assert any(" rename" in line for line in kept)
