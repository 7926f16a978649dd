"""Facts are read from a machine that is laid out in a folder, and from this one."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import ClassVar

import pytest

from pi_nn.doctor import gather, installation, libraries, machine, probe


@pytest.fixture
def zero(tmp_path: Path) -> Path:
    files = {
        "proc/device-tree/model": "Raspberry Pi Zero W Rev 1.1\0",
        "proc/meminfo": "MemAvailable:  286720 kB\nCmaTotal:  65536 kB\nCmaFree:  2048 kB\n",
        "proc/cgroups": "#subsys_name\thierarchy\tnum_cgroups\tenabled\ncpu\t0\t60\t1\nmemory\t0\t60\t0\n",
        "sys/class/thermal/thermal_zone0/temp": "47078\n",
    }
    for name, text in files.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return tmp_path


def test_the_board_is_read(zero: Path) -> None:
    board = machine.board(zero)
    assert board.model == "Raspberry Pi Zero W Rev 1.1"
    assert board.is_pi
    assert (board.contiguous_free, board.contiguous_total, board.memory_available) == (2.0, 64.0, 280.0)
    assert board.temperature == pytest.approx(47.078)
    assert board.memory_cgroup is False


def test_cgroup_v2_names_its_controllers(zero: Path) -> None:
    controllers = zero / "sys/fs/cgroup/cgroup.controllers"
    controllers.parent.mkdir(parents=True)
    controllers.write_text("cpuset cpu io memory pids\n", encoding="utf-8")
    assert machine.board(zero).memory_cgroup is True
    controllers.write_text("cpuset cpu io pids\n", encoding="utf-8")
    assert machine.board(zero).memory_cgroup is False


def test_an_empty_machine_is_unknown(tmp_path: Path) -> None:
    board = machine.board(tmp_path)
    assert (board.model, board.contiguous_free, board.memory_cgroup, board.temperature) == (None,) * 4
    assert not board.is_pi


@pytest.mark.parametrize(
    ("text", "bits"),
    [("throttled=0x50005\n", 0x50005), ("throttled=0x0", 0), ("VCHI failed", None), ("", None)],
)
def test_throttled_is_parsed(text: str, bits: int | None) -> None:
    assert machine.parse_throttled(text) == bits


@pytest.mark.parametrize(
    ("loaded", "name"),
    [
        (["/usr/lib/arm-linux-gnueabihf/openblas-pthread/libblas.so.3"], "OpenBLAS"),
        (["/x/numpy.libs/libscipy_openblas64_-ff651d7f.so"], "OpenBLAS"),
        (["/usr/lib/arm-linux-gnueabihf/blas/libblas.so.3.11.0"], "reference"),
        (["/usr/lib/atlas/libblas.so.3"], "ATLAS"),
        (["/usr/lib/libm.so.6"], None),
    ],
)
def test_the_blas_is_named_by_its_folder(loaded: list[str], name: str | None) -> None:
    assert libraries.name_blas(loaded) == name


def test_devices_are_listed(tmp_path: Path) -> None:
    (tmp_path / "dma_heap").mkdir()
    for name in ("video0", "media1", "dma_heap/linux,cma", "tty1"):
        (tmp_path / name).touch()
    found = machine.devices(tmp_path)
    assert [Path(p).name for p in found.present] == ["linux,cma", "media1", "video0"]
    assert found.forbidden == ()


class Answers(BaseHTTPRequestHandler):
    paths: ClassVar[dict[str, object]] = {}

    def do_GET(self) -> None:
        self.send_response(200)
        self.end_headers()
        self.wfile.write(json.dumps({"paths": self.paths}).encode())

    def log_message(self, format: str, *args: object) -> None:
        pass


@pytest.mark.parametrize(("paths", "state"), [({"/api/reading": {}}, "ours"), ({"/other": {}}, "taken")])
def test_a_port_in_use_is_asked_who_it_is(paths: dict[str, object], state: str) -> None:
    handler = type("Answering", (Answers,), {"paths": paths})
    with HTTPServer(("127.0.0.1", 0), handler) as server:
        answering = threading.Thread(target=server.handle_request)
        answering.start()
        assert machine.port("127.0.0.1", server.server_port).state == state
        answering.join()


def test_a_port_may_be_free_or_impossible() -> None:
    assert machine.port("127.0.0.1", 0).state == "free"
    assert machine.port("192.0.2.1", 8000).state == "no_address"  # RFC 5737: no one's address


def test_a_library_is_probed() -> None:
    assert probe.probe("numpy")["version"]
    assert probe.probe("no_such_library") == {"missing": True, "error": None}


def broken(folder: Path, text: str) -> None:
    (folder / "brokenlib.py").write_text(text, encoding="utf-8")


@pytest.mark.parametrize(
    ("text", "error", "missing"),
    [
        ("raise ValueError('numpy.dtype size changed, bad')", "numpy.dtype size changed", False),
        ("import no_such_library", "no_such_library", False),
        ("import os, signal; os.kill(os.getpid(), signal.SIGILL)", "illegal instruction", False),
        ("import os; os._exit(3)", "status 3", False),
        (
            "import sys; print('A module that was compiled using NumPy 1.x', file=sys.stderr); import nolib",
            "compiled using NumPy 1.x",
            False,
        ),
    ],
)
def test_a_library_that_breaks_is_told(
    text: str, error: str, missing: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    broken(tmp_path, text)
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    answer = libraries.ask("brokenlib")
    assert error in answer["error"]
    assert bool(answer.get("missing")) is missing


def test_a_library_that_hangs_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def hang(*args: object, **named: object) -> None:
        raise subprocess.TimeoutExpired("python", 120)

    monkeypatch.setattr(subprocess, "run", hang)
    assert "did not load" in libraries.ask("numpy")["error"]


def test_a_python_that_cannot_be_started_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*args: object, **named: object) -> None:
        raise OSError(12, "Cannot allocate memory")

    monkeypatch.setattr(subprocess, "run", fail)
    assert "Cannot allocate memory" in libraries.ask("numpy")["error"]


def test_a_wrong_setting_is_a_fact(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(installation, "ask", lambda name: {"version": "1.0"})
    path = tmp_path / "config.toml"
    path.write_text("prot = 8000\n", encoding="utf-8")
    facts = gather(path, {}, {"model": "no-such-model"})
    assert facts.config_error is not None
    assert "'port'" in facts.config_error
    assert facts.python == sys.version_info[:3]


def test_a_missing_model_is_a_fact(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(installation, "ask", lambda name: {"version": "1.0"})
    facts = gather(None, {"PI_NN_MODEL": "no-such-model", "PI_NN_PORT": "0"}, {})
    assert facts.model_error is not None
    assert "no-such-model" in facts.model_error
