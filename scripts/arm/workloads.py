"""What scripts/count_instructions.py counts, on the emulated processor: ``icount workloads.py NAME FOLDER``.

Each measured piece prints its name and how often it was done, and stands between two ``os.getppid()``, which
make the emulator print the number of instructions since the last one. FOLDER was filled by the host.
"""

from __future__ import annotations

import os
import signal
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

ROOT = Path(__file__).resolve().parents[2]


def counted(name: str, work: Callable[[], Any], times: int = 3) -> None:
    """Counts ``work`` once everything that only a first time does is done."""
    for _ in range(2):
        work()
    print(name, times, flush=True)
    os.getppid()
    for _ in range(times):
        work()
    os.getppid()


def frames(folder: Path) -> None:
    """From a frame in memory to a Reading."""
    from pi_nn.nn import load_network
    from pi_nn.reader import DigitReader

    with np.load(folder / "frames.npz") as archive:
        pictures = dict(archive)  # an archive reads its file anew each time
    for network in ("digits-cnn", "digits-tiny"):
        reader = DigitReader(load_network(network))
        for name in pictures:
            counted(f"{name} {network}", lambda reader=reader, name=name: reader.read(pictures[name]))


def daemon(folder: Path) -> None:
    """One pass of the capture loop over a still scene, and one request."""
    from pi_nn.config import Settings
    from pi_nn.service.application import create_app
    from pi_nn.service.daemon import Daemon

    settings = Settings(port=0, camera="simulated:digits=4,seed=1", width=320, height=240)
    running = Daemon(settings, {})
    running.loop.step()
    counted("still", running.loop.step)
    client = create_app(running.parts).test_client()
    counted("request", lambda: client.get("/api/reading"))
    running.server.close()


def start(folder: Path) -> None:
    """``pi-nn serve`` as systemd starts it, from the first instruction to the first published reading."""
    # What serve itself loads must be loaded by serve: it has its own way of doing so.
    from pi_nn.cli import main
    from pi_nn.service.notify import Notifier

    def ready(self: Notifier) -> None:
        # Not when the emulator was too slow for the bounded wait, but with the first frame.
        if threading.current_thread().name == "capture":
            os.getppid()
            os.kill(os.getpid(), signal.SIGTERM)

    Notifier.ready = ready
    print("start 1", flush=True)
    given = ["--camera", f"folder:{folder / 'pictures'}", "--port", "0", "--state-dir", str(folder)]
    main(["serve", "--config", str(ROOT / "systemd/config.toml"), *given])


def records(folder: Path) -> None:
    """Ours over CSV records: read, then one epoch of 784-10-10; two sizes, for the cost of one more."""
    from book_job import NETWORK, RECIPE

    from pi_nn.nn import build_network
    from pi_nn.training.datasets import load_data
    from pi_nn.training.fit import fit

    rest = load_data(str(folder / "few.csv"), "train")

    def train(name: str) -> None:
        network = build_network(NETWORK, rng=np.random.default_rng(0))
        fit(network, load_data(str(folder / name), "train"), rest, RECIPE)

    counted("ours few", lambda: train("few.csv"), 1)
    counted("ours many", lambda: train("many.csv"), 1)


def book(folder: Path) -> None:
    """The same as introductory books do it: record after record, split and converted as it comes."""
    rng = np.random.default_rng(0)
    hidden = rng.normal(0.0, 784**-0.5, (10, 784))
    output = rng.normal(0.0, 10**-0.5, (10, 10))

    def sigmoid(x: Any) -> Any:
        return 1 / (1 + np.exp(-x))

    def train(name: str) -> None:
        nonlocal hidden, output
        for line in (folder / name).read_text(encoding="ascii").splitlines():
            values = line.split(",")
            x = (np.asarray(values[1:], dtype=float) / 255.0 * 0.99 + 0.01).reshape(-1, 1)
            targets = np.full((10, 1), 0.01)
            targets[int(values[0])] = 0.99
            h = sigmoid(hidden @ x)
            y = sigmoid(output @ h)
            error = targets - y
            behind = output.T @ error
            output = output + 0.3 * (error * y * (1 - y)) @ h.T
            hidden = hidden + 0.3 * (behind * h * (1 - h)) @ x.T

    counted("book few", lambda: train("few.csv"), 1)
    counted("book many", lambda: train("many.csv"), 1)


def memory(folder: Path) -> None:
    """``pi-nn serve`` on changing pictures; SIGUSR1 makes it print its resident memory in MB."""
    import guestmem

    from pi_nn.cli import main

    def tell(number: int, frame: Any) -> None:
        print(f"resident {guestmem.resident_mb()[0]:.2f}", flush=True)

    signal.signal(signal.SIGUSR1, tell)
    camera = f"folder:{folder / 'pictures'}?loop=1"
    main(["serve", "--camera", camera, "--interval", "0.02", "--port", "0"])


if __name__ == "__main__":
    work: Callable[[Path], None] = globals()[sys.argv[1]]
    work(Path(sys.argv[2]))
