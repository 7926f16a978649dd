"""scripts/install.sh as far as it goes without root, and the configuration that it writes."""

from __future__ import annotations

import itertools
import re
import shutil
import subprocess
import tomllib
from dataclasses import fields
from pathlib import Path

import pytest

from pi_nn.config import Settings, load_settings

ROOT = Path(__file__).parents[2]
TEMPLATE = ROOT / "systemd/config.toml"
# What the installer sets for a service, beside the built-in values.
INSTALLED = {"state_dir": "/var/lib/pi-nn"}


def install(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = ["bash", str(ROOT / "scripts/install.sh"), *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL)


def test_help_names_every_option() -> None:
    done = install("--help")
    assert done.returncode == 0
    for option in ("--listen", "--dry-run", "--uninstall", "--help"):
        assert option in done.stdout


@pytest.mark.parametrize("arguments", [["--lisen", "0.0.0.0"], ["now"]])
def test_an_unknown_option_is_refused(arguments: list[str]) -> None:
    done = install(*arguments)
    assert done.returncode == 2
    assert done.stderr.startswith("usage:")


@pytest.mark.parametrize("address", ["0.0.0.0; reboot", 'a"b', "a/b"])
def test_a_strange_address_is_refused(address: str) -> None:
    done = install("--dry-run", "--listen", address)
    assert done.returncode == 1
    assert "is no address" in done.stderr


@pytest.mark.skipif(shutil.which("dpkg-query") is None, reason="not a Debian")
def test_a_dry_run_says_everything_and_does_nothing() -> None:
    before = Path("/opt/pi-nn").exists()
    done = install("--dry-run", "--listen", "0.0.0.0")
    assert done.returncode == 0, done.stderr
    for step in ("useradd", "make_environment", "copy_program", "write_config", "systemctl enable"):
        assert re.search(f"^would run: {step}", done.stdout, re.MULTILINE)
    assert Path("/opt/pi-nn").exists() == before


def test_a_dry_run_of_removing_does_nothing() -> None:
    done = install("--dry-run", "--uninstall")
    assert done.returncode == 0, done.stderr
    assert "would run: rm -rf /etc/systemd/system/pi-nn.service" in done.stdout


def template_lines() -> list[str]:
    return TEMPLATE.read_text(encoding="utf-8").splitlines()


def keys(lines: list[str]) -> list[str]:
    return [found[1] for line in lines if (found := re.match(r"(?:# )?([a-z_]+) = ", line))]


def test_every_setting_stands_in_the_template_once() -> None:
    assert sorted(keys(template_lines())) == sorted(f.name for f in fields(Settings))


def test_every_setting_is_explained() -> None:
    lines = template_lines()
    for before, line in itertools.pairwise(lines):
        explained = before.startswith("# ") or keys([before])
        assert not keys([line]) or explained, f"nothing above {line!r} explains it"


def test_the_template_holds_the_built_in_values() -> None:
    assert load_settings(TEMPLATE) == Settings(**INSTALLED)


def test_every_line_that_is_not_in_force_could_be(tmp_path: Path) -> None:
    text = "\n".join(re.sub(r"^# (?=[a-z_]+ = )", "", line) for line in template_lines())
    assert set(tomllib.loads(text)) == {f.name for f in fields(Settings)}
    path = tmp_path / "config.toml"
    path.write_text(text, encoding="utf-8")
    load_settings(path)


def test_the_installer_s_changes_find_their_lines() -> None:
    lines = template_lines()
    assert [line for line in lines if line.startswith("# token = ")]
    assert [line for line in lines if line.startswith("host = ")]
