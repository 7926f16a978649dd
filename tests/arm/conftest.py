"""Emulated Pi Zeros. ARM_ROOTS names folders made by scripts/emulate_arm.sh, parted by colons:

    scripts/emulate_arm.sh DIR && ARM_ROOTS=DIR python -m pytest -m arm

Each answers for 1,000 of MNIST's test images, which takes minutes: it does so behind the other tests' back.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from pi_nn.cameras.digits import shipped_digits
from pi_nn.cameras.scenes import DEGRADATIONS, render
from pi_nn.training.datasets import load_data

ROOT = Path(__file__).parents[2]
GUEST = Path(__file__).with_name("guest.py")
EMULATORS = [Path(name).resolve() for name in os.environ.get("ARM_ROOTS", "").split(":") if name]
TILES = 1000
HARD = (
    *(("rotation", 4), ("faint_ink", 3), ("ruled_paper", 2), ("light_gradient", 4), ("shadow_edge", 3)),
    *(("noise", 5), ("defocus", 3), ("compression", 4), ("chalk", 3), ("page_edge", 3)),
)


def environment() -> dict[str, str]:
    return {**os.environ, "PYTHONPATH": str(ROOT)}


@dataclass(frozen=True)
class Pi:
    """An emulated one."""

    folder: Path

    def command(self, *arguments: str | Path) -> list[str]:
        return [str(self.folder / "py"), *map(str, arguments)]

    def run(self, *arguments: str | Path) -> subprocess.CompletedProcess[str]:
        command = self.command(*arguments)
        return subprocess.run(
            command, capture_output=True, text=True, env=environment(), cwd=ROOT, check=False
        )


@pytest.fixture(
    scope="module", params=EMULATORS or [None], ids=lambda folder: folder.name if folder else "no"
)
def pi(request: pytest.FixtureRequest) -> Pi:
    if request.param is None:
        pytest.skip("ARM_ROOTS names no emulated Pi; tests/arm/conftest.py says how to make one")
    return Pi(request.param)


@pytest.fixture(scope="session")
def material(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """1,000 of MNIST's test images, and frames, one good, others bad."""
    tiles = load_data("mnist", "test").images[:TILES]
    digits, rng = shipped_digits(), np.random.default_rng(7)
    recipes = [None, *(DEGRADATIONS[name].at(level) for name, level in HARD)]
    frames = {
        f"frame_{i:02}": render("407", digits, rng, recipe, (320, 240)).pixels
        for i, recipe in enumerate(recipes)
    }
    path = tmp_path_factory.mktemp("material") / "in.npz"
    np.savez(path, tiles=tiles, **frames)
    return path


@pytest.fixture(scope="session")
def answers(material: Path) -> Iterator[dict[str, tuple[subprocess.Popen[str], Path]]]:
    """For each emulator the process that is at work on the material, and where its answers will be."""
    started = {}
    for place, folder in enumerate(EMULATORS):
        pi = Pi(folder)
        # Two processes of the emulator would compile the same files at the same time.
        pi.run("-m", "compileall", "-q", ROOT / "pi_nn")
        out = material.with_name(f"{place}.npz")
        command = pi.command(GUEST, material, out)
        process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True, env=environment())
        started[folder.name] = process, out
    yield started
    for process, _ in started.values():
        process.kill()
        process.wait()
        if process.stderr:
            process.stderr.close()


@pytest.fixture(scope="session")
def here(material: Path) -> Any:
    """The answers of this computer."""
    out = material.with_name("here.npz")
    command = [sys.executable, str(GUEST), str(material), str(out)]
    subprocess.run(command, env=environment(), check=True)
    return np.load(out)
