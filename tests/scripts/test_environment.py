"""What scripts/run and scripts/test do before they start, with made-up Pythons on PATH."""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
BASH = shutil.which("bash") or "/bin/bash"
TOOLS = ("cksum", "id", "cat", "mkdir", "readlink", "dirname", "chmod", "rm")


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A PATH folder with the few tools that are needed, and no Python yet."""
    folder = tmp_path / "bin"
    folder.mkdir()
    for tool in TOOLS:
        (folder / tool).symlink_to(str(shutil.which(tool)))
    return folder


def script(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!{BASH}\n{text}\n", encoding="utf-8")
    path.chmod(0o755)


def sourced(code: str, path: Path, pi: str = "false") -> subprocess.CompletedProcess[str]:
    """Runs ``code`` after scripts/environment.sh, on a desktop or, with ``pi="true"``, on a Raspberry Pi."""
    text = f". {shlex.quote(str(ROOT / 'scripts/environment.sh'))}\non_a_pi() {{ {pi}; }}\n{code}"
    return subprocess.run(
        [BASH, "-euo", "pipefail", "-c", text],
        capture_output=True,
        text=True,
        check=False,
        env={"PATH": str(path), "HOME": os.devnull},
    )


def without_system_python(code: str) -> str:
    """``code`` with a find_python that knows the names on PATH alone, not /usr/bin."""
    return f'eval "$(declare -f find_python | {shutil.which("sed")} s:/usr/bin/python3::)"; {code}'


def test_no_python_is_asked_for_in_one_line(path: Path) -> None:
    script(path / "apt-get", "exit 1")
    done = sourced(without_system_python("find_python"), path)
    assert done.returncode == 1
    assert "sudo apt-get update && sudo apt-get install -y python3 python3-venv\n" in done.stderr


def test_an_old_python_is_named(path: Path) -> None:
    script(path / "python3", 'if [ "$1" = -V ]; then echo Python 3.9.2; fi; [ "$1" = -V ]')
    done = sourced(without_system_python("find_python"), path)
    assert done.returncode == 1
    assert "Python 3.11 or newer is needed, found Python 3.9.2" in done.stderr


def test_a_newer_python_under_another_name_is_found(path: Path) -> None:
    script(path / "python3", "exit 1")  # an old one, or a version manager's shim that does not run
    script(path / "python3.12", "exit 0")
    done = sourced(without_system_python("find_python"), path)
    assert done.stdout.strip() == str(path / "python3.12")


def test_a_python_without_venv_is_asked_for(path: Path, tmp_path: Path) -> None:
    script(path / "apt-get", "exit 1")
    # Like Debian's python3 without python3-venv: it runs, but has no ensurepip.
    python = shlex.quote(sys.executable)
    script(path / "python3", f'case "$*" in *ensurepip*) exit 1 ;; esac; exec {python} "$@"')
    code = f"prepare {shlex.quote(str(ROOT))} {shlex.quote(str(tmp_path / 'venv'))} train ''"
    done = sourced(without_system_python(code), path)
    assert done.returncode == 1
    assert "-venv\n" in done.stderr
    assert not (tmp_path / "venv").exists()


def test_a_pi_is_told_every_missing_package_at_once(path: Path, tmp_path: Path) -> None:
    script(path / "apt-get", "exit 1")
    code = (
        f'missing_packages() {{ echo python3-numpy python3-pil; }}; prepare "{ROOT}" "{tmp_path}/v" train ""'
    )
    done = sourced(code, path, pi="true")
    assert done.returncode == 1
    assert "apt-get install -y python3-numpy python3-pil\n" in done.stderr


def test_missing_packages_are_those_without_a_module(path: Path) -> None:
    done = sourced(f'missing_packages "{sys.executable}" "json:python3-json no_such:python3-no-such"', path)
    assert done.stdout == "python3-no-such\n"


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    folder = tmp_path / "my checkout"
    folder.mkdir()
    (folder / "pyproject.toml").write_text("[project]\n", encoding="utf-8")
    return folder


def prepare(checkout: Path, path: Path, install: str) -> subprocess.CompletedProcess[str]:
    """``prepare`` where installing is ``install`` and works whenever the folder ``done`` is in the venv."""
    code = f"""
    still_works() {{ [ -e "$1/done" ]; }}
    install_on_desktop() {{ {install}; }}
    prepare "{checkout}" "{checkout}/.venv" train ""
    """
    return sourced(code, path)


INSTALL = 'echo installing; make_venv true "$2"; mkdir -p "$2/done"'


def test_the_second_start_installs_nothing(checkout: Path, path: Path) -> None:
    script(path / "true", "exit 0")
    assert prepare(checkout, path, INSTALL).stdout == "installing\n"
    assert prepare(checkout, path, INSTALL).stdout == ""


def test_a_changed_project_is_installed_again_in_place(checkout: Path, path: Path) -> None:
    script(path / "true", "exit 0")
    prepare(checkout, path, INSTALL)
    (checkout / ".venv/mine").touch()
    (checkout / "pyproject.toml").write_text("[project]\nname = 'x'\n", encoding="utf-8")
    assert prepare(checkout, path, INSTALL).stdout == "installing\n"
    assert (checkout / ".venv/mine").exists()


def test_an_interrupted_installation_is_begun_again(checkout: Path, path: Path) -> None:
    script(path / "true", "exit 0")
    assert prepare(checkout, path, 'make_venv true "$2"; touch() { :; }; exit 7').returncode == 7
    (checkout / ".venv/half").mkdir()
    assert prepare(checkout, path, INSTALL).stdout == "installing\n"
    assert not (checkout / ".venv/half").exists()
    assert prepare(checkout, path, INSTALL).stdout == ""


def test_someone_s_own_environment_is_not_deleted(checkout: Path, path: Path) -> None:
    script(path / "true", "exit 0")
    (checkout / ".venv").mkdir()
    (checkout / ".venv/theirs").touch()
    assert prepare(checkout, path, 'make_venv true "$2"; exit 7').returncode == 7
    assert prepare(checkout, path, INSTALL).stdout == "installing\n"
    assert (checkout / ".venv/theirs").exists()


def test_a_pi_gets_a_command_without_pip(path: Path, tmp_path: Path) -> None:
    """The environment of a Pi, made for real: this checkout's package, the system's libraries, no pip."""
    venv = tmp_path / "a pi" / "venv"
    code = f"""
    find_python() {{ echo "{sys.executable}"; }}
    missing_packages() {{ :; }}
    prepare "{ROOT}" "{venv}" train ""
    """
    assert sourced(code, path, pi="true").returncode == 0
    assert not list(venv.rglob("pip*"))
    assert "include-system-site-packages = true" in (venv / "pyvenv.cfg").read_text(encoding="utf-8")
    script(venv.parent / "click.py", "")  # a file beside the user must not be taken for a library
    where = [str(venv / "bin/python"), "-P", "-c", "import pi_nn; print(pi_nn.__file__)"]
    found = subprocess.run(where, capture_output=True, text=True, check=True, cwd=venv.parent).stdout
    assert Path(found.strip()) == ROOT / "pi_nn/__init__.py"
