#!/usr/bin/env python3
"""Counts what pi_nn costs on a Pi Zero, in instructions of an emulated one, and prints the table.

    ARCH=armel scripts/emulate_arm.sh DIR1; ARCH=armhf scripts/emulate_arm.sh DIR2
    python scripts/count_instructions.py --armel DIR1 --armhf DIR2 [--check | --update]

What computes with floats is counted with hardware ones (armhf), as Raspberry Pi OS has them; the rest on the
Zero's own processor. A Pi Zero does about 300 to 500 million instructions a second. ``--check`` fails when
something is newly over its budget or 10 % over scripts/arm/instructions.json, which ``--update`` writes, with
the README's table.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import signal
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from math import inf
from pathlib import Path

import numpy as np
from PIL import Image

ROOT = Path(__file__).resolve().parents[1]
WORKLOADS = ROOT / "scripts/arm/workloads.py"
BASELINE = ROOT / "scripts/arm/instructions.json"
README = ROOT / "README.md"
GROWTH = 1.10
FEW, MANY = 100, 300
FRAMES_FIRST, FRAMES_MORE, REQUESTS = 100, 2000, 100
GROWTH_RUNS = 6


@dataclass(frozen=True)
class Row:
    """One line of the table: ``value`` of ``unit`` is at most ``budget``."""

    key: str
    title: str
    unit: str
    budget: float

    def line(self, value: float) -> str:
        """The row of the README's table."""
        return f"| {self.title} | {written(value)} {self.unit} | {written(self.budget)} {self.unit} |"


def written(value: float) -> str:
    """``value`` with three digits."""
    return f"{value:,.0f}" if value >= 1000 else f"{value:.3g}"


M, MB, RATIO = "million", "MB", "times"
ROWS = (
    Row("start", "`pi-nn serve`, from start to the first reading", M, 1000),
    Row("clean digits-cnn", "a 320x240 frame with one clean digit to its Reading, `digits-cnn`", M, 20),
    Row("clean digits-tiny", "the same, `digits-tiny`", M, 9),
    Row("noisy digits-tiny", "the same with strong sensor noise, `digits-tiny`", M, 15),
    Row("blank digits-tiny", "a blank 320x240 frame", M, 2.5),
    Row("vga digits-cnn", "a 640x480 frame with one clean digit, `digits-cnn`", M, 25),
    Row("large digits-cnn", "a 12-megapixel picture in colour with eight digits, `digits-cnn`", M, 600),
    Row("still", "a 320x240 frame like the one before, camera to board", M, 2.5),
    Row("request", "an answer to GET `/api/reading`", M, 2.5),
    Row("book", "10 hidden nodes, one more CSV record: ours to the book's", RATIO, 0.1),
    Row("memory", f"the daemon after {FRAMES_FIRST} frames and {REQUESTS} requests", MB, 45),
    Row("growth", f"its growth over {FRAMES_MORE} more frames (on this computer)", MB, 1),
)


def prepare(folder: Path) -> None:
    """Frames and records for the workloads, the same every time."""
    sys.path.insert(0, str(ROOT))
    from pi_nn.cameras.digits import shipped_digits
    from pi_nn.cameras.scenes import DEGRADATIONS, render

    def draw(text: str, noise: int = 0, size: tuple[int, int] = (320, 240)) -> np.ndarray:
        recipe = DEGRADATIONS["noise"].at(noise) if noise else None
        extra = {} if recipe is None else {"recipe": recipe}
        return render(text, shipped_digits(), np.random.default_rng(1), size=size, **extra).pixels

    # Drawn small and made large: it is its size that counts.
    large = draw("1234 5678", size=(1000, 750)).repeat(4, axis=0).repeat(4, axis=1)
    np.savez(
        folder / "frames.npz",
        clean=draw("4"),
        noisy=draw("4", noise=5),
        blank=draw(""),
        vga=draw("4", size=(640, 480)),
        large=np.stack([large] * 3, axis=2),
    )
    (folder / "pictures").mkdir()
    for text in ("42", "17"):
        Image.fromarray(draw(text, size=(640, 480))).save(folder / f"pictures/{text}.jpg", quality=90)
    with np.load(ROOT / "tests/fixtures/mnist_test.npz") as data:
        rows = [
            ",".join(map(str, [k, *x.ravel()])) for x, k in zip(data["images"], data["labels"], strict=True)
        ]
    (folder / "few.csv").write_text("\n".join(rows[:FEW]) + "\n", encoding="ascii")
    (folder / "many.csv").write_text("\n".join(rows[:MANY]) + "\n", encoding="ascii")


def environment() -> dict[str, str]:
    return os.environ | {"PYTHONPATH": f"{ROOT}:{ROOT / 'scripts'}", "PYTHONDONTWRITEBYTECODE": ""}


def count(emulator: Path, workload: str, folder: Path) -> dict[str, float]:
    """Millions of instructions of each piece that the workload measures."""
    command = [str(emulator / "icount"), str(WORKLOADS), workload, str(folder)]
    done = subprocess.run(command, capture_output=True, text=True, env=environment(), check=False)
    if done.returncode != 0:
        raise SystemExit(f"error: {workload} ended with status {done.returncode}:\n{done.stderr}")
    marks = [(int(a), int(b)) for a, b in re.findall(r"ICOUNT mark total=(\d+) delta=(\d+)", done.stderr)]
    names = [line.rsplit(" ", 1) for line in done.stdout.splitlines() if re.fullmatch(r".+ \d+", line)]
    if workload == "start":
        return {"start": marks[0][0] / 1e6}
    return {name: marks[2 * i + 1][1] / int(times) / 1e6 for i, (name, times) in enumerate(names)}


def memory_emulated(emulator: Path, folder: Path) -> float:
    """MB of the daemon itself after the first frames and requests."""
    command = [str(emulator / "mem"), "-u", str(WORKLOADS), "memory", str(folder)]
    with serving(command) as (daemon, lines, base):
        wait_for(base, FRAMES_FIRST, at_least=REQUESTS)
        daemon.send_signal(signal.SIGUSR1)
        return next(float(line.split()[1]) for line in lines if line.startswith("resident "))


def growth(folder: Path) -> float:
    """MB by which the daemon grows, on this computer: what leaks there leaks here, in a tenth of the time."""
    command = [
        sys.executable,
        "-u",
        "-m",
        "pi_nn",
        "serve",
        "--camera",
        f"folder:{folder / 'pictures'}?loop=1",
    ]
    with serving([*command, "--interval", "0.02", "--port", "0"]) as (daemon, _, base):
        wait_for(base, FRAMES_FIRST, at_least=REQUESTS)
        first = resident(daemon.pid)
        wait_for(base, FRAMES_FIRST + FRAMES_MORE)
        return max(0.0, resident(daemon.pid) - first)


def least_growth(folder: Path) -> float:
    """Another daemon's growth where one grew too much: what leaks leaks again, a late thread does not."""
    budget, grown = next(row.budget for row in ROWS if row.key == "growth"), inf
    for _ in range(GROWTH_RUNS):
        grown = min(grown, growth(folder))
        if grown <= budget:
            break
    return grown


def resident(process: int) -> float:
    """MB (proc_pid_status(5))."""
    status = Path(f"/proc/{process}/status").read_text(encoding="ascii")
    return int(re.findall(r"^VmRSS:\s+(\d+) kB", status, re.MULTILINE)[0]) / 1024


@contextmanager
def serving(command: list[str]) -> Iterator[tuple[subprocess.Popen[str], Iterator[str], str]]:
    """The daemon, the lines that it prints, and its address."""
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment()) as daemon:
        try:
            assert daemon.stdout is not None
            lines = iter(daemon.stdout)
            yield daemon, lines, next(m[0] for line in lines if (m := re.search(r"http://[\d.:]+", line)))
        finally:
            daemon.send_signal(signal.SIGTERM)


def wait_for(base: str, frames: int, at_least: int = 1) -> None:
    """Asks for the reading until it is that of frame number ``frames``, and ``at_least`` so often."""
    asked, seen = 0, 0
    while seen < frames or asked < at_least:
        with urllib.request.urlopen(f"{base}/api/reading", timeout=60) as answer:
            frame = json.load(answer)["frame"]
        asked, seen = asked + 1, frame["sequence"] if frame else 0
        time.sleep(0.02)  # asking must not keep the camera's thread from its work


def measure(armel: Path, armhf: Path) -> dict[str, float]:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        prepare(folder)
        for emulator in (armel, armhf):  # as installed: a first start would count the compiler, too
            subprocess.run([emulator / "py", "-m", "compileall", "-q", ROOT / "pi_nn"], check=True)
        values = count(armhf, "start", folder) | count(armhf, "frames", folder)
        # The daemon on the Zero's own processor; its look at an unchanged frame is integer work.
        values |= count(armel, "daemon", folder)
        records = count(armhf, "records", folder) | count(armhf, "book", folder)
        values |= records | {"book": one_more(records, "ours") / one_more(records, "book")}
        return values | {"memory": memory_emulated(armhf, folder), "growth": least_growth(folder)}


def one_more(records: dict[str, float], whose: str) -> float:
    """Millions of instructions for one more record."""
    return (records[f"{whose} many"] - records[f"{whose} few"]) / (MANY - FEW)


def table(values: dict[str, float], before: dict[str, float]) -> tuple[str, bool]:
    """The table, and whether nothing has grown or newly passed its budget."""
    lines = ["| work | counted | last | at most | unit |", "|---|---|---|---|---|"]
    good = True
    for row in ROWS:
        value, last = values[row.key], before.get(row.key)
        # A growth by less than a hundredth of the budget is noise.
        # The allocator moves the daemon's size by some 100 kB either way: it is held to its budget alone.
        steady = row.key == "growth"
        grown = last is not None and not steady and value > max(GROWTH * last, last + row.budget / 100)
        over = value > row.budget
        # What was over its budget already is shown as such; the check is for what a change makes worse.
        good = good and not grown and not (over and (last is None or last <= row.budget))
        known = "" if last is None else f"{last:.3g}"
        fault = " <-- grown" if grown else " <-- over budget" if over else ""
        lines.append(f"| {row.title} | {value:.3g} | {known} | {row.budget:g} | {row.unit}{fault} |")
    return "\n".join(lines), good


def update(values: dict[str, float]) -> None:
    """Makes ``values`` those to compare with, and those that the README tells."""
    rounded = {row.key: round(values[row.key], 4) for row in ROWS}
    BASELINE.write_text(json.dumps(rounded, indent=2) + "\n", encoding="utf-8")
    lines = README.read_text(encoding="utf-8").splitlines()
    for row in ROWS:
        at = next(i for i, line in enumerate(lines) if line.startswith(f"| {row.title} |"))
        lines[at] = row.line(rounded[row.key])
    README.write_text("\n".join(lines) + "\n", encoding="utf-8")


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--armel", type=Path, required=True, help="made by ARCH=armel scripts/emulate_arm.sh")
    parser.add_argument("--armhf", type=Path, required=True, help="made by ARCH=armhf scripts/emulate_arm.sh")
    parser.add_argument("--check", action="store_true", help="status 1 on growth or a newly passed budget")
    parser.add_argument("--update", action="store_true", help="write the counts down, in the README too")
    options = parser.parse_args()
    before = json.loads(BASELINE.read_text(encoding="utf-8")) if BASELINE.exists() else {}
    values = measure(options.armel, options.armhf)
    text, good = table(values, before)
    print(text)
    if options.update:
        update(values)
    return 1 if options.check and not good else 0


if __name__ == "__main__":
    sys.exit(main())
