"""systemd/pi-nn.service: hardened, never gives up, and right as far as systemd-analyze can tell."""

from __future__ import annotations

import configparser
import re
import shutil
import subprocess
from pathlib import Path

import pytest

UNIT = Path(__file__).parents[2] / "systemd/pi-nn.service"
needs_systemd = pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="systemd is not installed")


@pytest.fixture
def service() -> dict[str, list[str]]:
    """The [Service] section; a key may stand more than once."""
    section = UNIT.read_text(encoding="utf-8").split("[Service]")[1].split("[Install]")[0]
    pairs = [line.split("=", 1) for line in section.splitlines() if re.match(r"\w+=", line)]
    return {key: [value for k, value in pairs if k == key] for key, _ in pairs}


def test_it_parses() -> None:
    parser = configparser.ConfigParser(strict=False, interpolation=None)
    parser.read(UNIT, encoding="utf-8")
    assert parser.sections() == ["Unit", "Service", "Install"]
    assert parser["Unit"]["StartLimitIntervalSec"] == "0"


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("Type", "notify"),
        ("Restart", "always"),
        ("TimeoutStopSec", "5"),
        ("User", "pi-nn"),
        ("StateDirectory", "pi-nn"),
        ("SupplementaryGroups", "video"),
        ("ExecReload", "/bin/kill -HUP $MAINPID"),
        ("ProtectSystem", "strict"),
        ("DevicePolicy", "closed"),
    ],
)
def test_a_promise_stands_in_it(key: str, value: str, service: dict[str, list[str]]) -> None:
    assert service[key] == [value]


def test_it_starts_what_the_installer_installs(service: dict[str, list[str]]) -> None:
    installer = (UNIT.parents[1] / "scripts/install.sh").read_text(encoding="utf-8")
    for name in ("/opt/pi-nn", "/etc/pi-nn/config.toml"):
        assert name in service["ExecStart"][0]
        assert f"={name}" in installer


def test_the_camera_and_nothing_else_may_be_opened(service: dict[str, list[str]]) -> None:
    kinds = {value.split()[0] for value in service["DeviceAllow"]}
    assert kinds == {"char-video4linux", "char-media", "char-dma_heap"}


@needs_systemd
def test_it_is_hardened() -> None:
    command = ["systemd-analyze", "security", "--offline=true", "--no-pager", str(UNIT)]
    report = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    (exposure,) = re.findall(r"Overall exposure level for pi-nn.service: ([\d.]+)", report)
    assert float(exposure) <= 2.0


@needs_systemd
def test_systemd_has_nothing_against_it(tmp_path: Path) -> None:
    python = tmp_path / "venv/bin/python"
    python.parent.mkdir(parents=True)
    python.symlink_to("/bin/true")  # systemd asks that the command is there
    unit = tmp_path / "pi-nn.service"
    text = UNIT.read_text(encoding="utf-8").replace("/opt/pi-nn/venv", str(tmp_path / "venv"))
    unit.write_text(text, encoding="utf-8")
    done = subprocess.run(
        ["systemd-analyze", "verify", str(unit)], capture_output=True, text=True, check=False
    )
    about_us = [line for line in done.stderr.splitlines() if "pi-nn" in line]
    assert (about_us, done.returncode) == ([], 0)
