"""The shell scripts: they parse, they are clean, and they name nothing that only one machine has."""

from __future__ import annotations

import re
import shutil
import subprocess
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SCRIPTS = sorted(
    path
    for folder in ("scripts", ".ci")
    for path in (ROOT / folder).iterdir()
    if path.is_file() and (path.suffix == ".sh" or path.read_bytes().startswith(b"#!/usr/bin/env bash"))
)


def test_the_scripts_are_found() -> None:
    assert {"run", "test", "install.sh", "environment.sh", "emulate_arm.sh"} <= {p.name for p in SCRIPTS}


@pytest.mark.parametrize("path", SCRIPTS, ids=lambda p: str(p.relative_to(ROOT)))
def test_bash_can_parse_it(path: Path) -> None:
    done = subprocess.run(["bash", "-n", str(path)], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.skipif(shutil.which("shellcheck") is None, reason="shellcheck is not installed")
def test_shellcheck_finds_nothing() -> None:
    command = ["shellcheck", "-x", "-P", "scripts", *(str(p.relative_to(ROOT)) for p in SCRIPTS)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.stdout == ""


@pytest.mark.parametrize("name", ["run", "test", "install.sh", "emulate_arm.sh", "make_software_camera.sh"])
def test_it_can_be_started_and_stops_at_the_first_error(name: str) -> None:
    path = ROOT / "scripts" / name
    assert path.stat().st_mode & 0o111
    assert "\nset -euo pipefail\n" in path.read_text(encoding="utf-8")


@pytest.mark.parametrize("path", SCRIPTS, ids=lambda p: str(p.relative_to(ROOT)))
def test_it_names_no_mirror_and_no_one_s_home(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    found = re.findall(r"https?://(?!127\.0\.0\.1|\$)[\w.-]+|/home/\w+", text)
    assert found == []


def required_names() -> set[str]:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    return {re.split(r"[<>=]", name)[0] for name in project["project"]["dependencies"]}


def test_apt_gives_a_pi_every_dependency() -> None:
    text = (ROOT / "scripts/environment.sh").read_text(encoding="utf-8")
    (listed,) = re.findall(r'^RUN_PACKAGES="([^"]+)"', text, re.MULTILINE)
    packages = {entry.split(":")[1].removeprefix("python3-") for entry in listed.split()}
    assert packages == {"pil" if name == "pillow" else name for name in required_names()}
