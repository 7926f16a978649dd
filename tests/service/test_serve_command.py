"""``pi-nn serve`` as a process of its own: its output, its signals, its exit status, systemd."""

from __future__ import annotations

import json
import os
import queue
import re
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.request import urlopen

import pytest

from pi_nn.service.listener import listen

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="signals of POSIX")
COMMAND = (sys.executable, "-m", "pi_nn", "serve", "--port", "0", "--interval", "0.05")
Run = Callable[..., subprocess.Popen[str]]


@pytest.fixture
def systemd(tmp_path: Path) -> Iterator[queue.Queue[str]]:
    """What the daemon tells systemd, read as it comes, as systemd does."""
    messages: queue.Queue[str] = queue.Queue()
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listener:
        listener.bind(str(tmp_path / "notify"))

        def listen() -> None:
            while message := listener.recv(4096):
                messages.put(message.decode())

        thread = threading.Thread(target=listen)
        thread.start()
        yield messages
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as end:
            end.sendto(b"", str(tmp_path / "notify"))
        thread.join(10)


@pytest.fixture
def run(tmp_path: Path) -> Iterator[Run]:
    started: list[subprocess.Popen[str]] = []

    def start(*options: str, camera: str = "simulated:digits=42") -> subprocess.Popen[str]:
        process = subprocess.Popen(
            [
                sys.executable,
                "-m",
                "pi_nn",
                "serve",
                "--port",
                "0",
                "--camera",
                camera,
                "--interval",
                "0.05",
                *options,
            ],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            cwd=Path(__file__).parents[2],
            env={
                **os.environ,
                "NOTIFY_SOCKET": str(tmp_path / "notify"),
                "WATCHDOG_USEC": "60000000",
            },
        )
        started.append(process)
        return process

    yield start
    for process in started:
        process.kill()
        process.communicate()


def shown_address(process: subprocess.Popen[str]) -> str:
    assert process.stdout is not None
    for line in process.stdout:
        if found := re.search(r"http://\S+", line):
            return found[0]
    raise AssertionError(process.communicate())


def heard(systemd: queue.Queue[str], wanted: str) -> None:
    """Listens until systemd is told ``wanted``."""
    while systemd.get(timeout=40) != wanted:
        pass


def reading(base: str) -> dict[str, Any]:
    with urlopen(base + "api/reading", timeout=20) as response:
        return json.load(response)


def reading_by(base: str, model: str) -> dict[str, Any]:
    """Follows the events until ``model`` reads."""
    with urlopen(base + "api/events", timeout=40) as stream:
        for line in stream:
            if line.startswith(b"data: ") and (found := json.loads(line[6:]))["model"]["name"] == model:
                return found
    raise AssertionError("the stream ended")


def test_a_life_with_systemd(run: Run, systemd: queue.Queue[str], tmp_path: Path) -> None:
    config = tmp_path / "config.toml"
    config.write_text('model = "digits-tiny"\nagreement = 1\n')
    process = run("--config", str(config))
    base = shown_address(process)
    heard(systemd, "READY=1")
    heard(systemd, "WATCHDOG=1")
    assert (reading(base)["model"]["name"], reading(base)["text"]) == ("digits-tiny", "42")

    config.write_text('model = "digits-cnn"\n')
    process.send_signal(signal.SIGHUP)
    line = process.stderr.readline()
    assert "were loaded again" in line
    assert reading_by(base, "digits-cnn")["text"] in (None, "42")

    config.write_text("model = 7\n")
    process.send_signal(signal.SIGHUP)
    line = process.stderr.readline()
    assert "model is 7, expected a text" in line
    assert reading(base)["model"]["name"] == "digits-cnn"

    with urlopen(base + "api/events", timeout=20) as stream:
        assert stream.readline()
        process.send_signal(signal.SIGTERM)
        heard(systemd, "STOPPING=1")
        assert process.wait(20) == 0
        assert stream.read().count(b"data:") >= 1, "an open stream ends by itself"


def test_ctrl_c_ends_it_even_while_the_camera_hangs(run: Run, systemd: queue.Queue[str]) -> None:
    process = run(camera="simulated:hang=always")
    base = shown_address(process)
    assert reading(base)["status"] in ("starting", "camera_error")
    process.send_signal(signal.SIGINT)
    assert process.wait(20) == 130
    assert "Traceback" not in process.communicate()[1]


@pytest.mark.parametrize(
    ("options", "text"),
    [
        (["--config", "/nowhere/config.toml"], "no such configuration file"),
        (["--interval", "0"], "interval is 0.0, expected 0.02 to 3600"),
        (["--token", "short"], "token is shorter than 8 characters"),
    ],
)
def test_a_bad_configuration_does_not_start(run: Run, options: list[str], text: str) -> None:
    process = run(*options)
    out, err = process.communicate(timeout=40)
    assert (process.returncode, out) == (1, "")
    assert err.startswith("error: ")
    assert text in err


def test_a_taken_port_does_not_start(run: Run) -> None:
    with listen("127.0.0.1", 0) as taken:
        taken.listen()
        process = run("--port", str(taken.getsockname()[1]))
        _, err = process.communicate(timeout=40)
    assert process.returncode == 1
    assert "is in use; stop the other program" in err


def test_every_setting_is_an_option() -> None:
    from dataclasses import fields

    from click.testing import CliRunner

    from pi_nn.cli.serve import HELP, serve
    from pi_nn.config import Settings

    names = {field.name for field in fields(Settings)}
    assert set(HELP) == names
    shown = CliRunner().invoke(serve, ["--help"]).output
    for name in names:
        assert f"--{name.replace('_', '-')}" in shown


def test_what_was_loaded_is_never_searched_for_garbage_again(monkeypatch: pytest.MonkeyPatch) -> None:
    import gc

    from click.testing import CliRunner

    from pi_nn.cli.serve import serve

    frozen: list[tuple[bool, bool]] = []
    monkeypatch.setattr(
        "pi_nn.service.server.serve",
        lambda *_, **__: frozen.append((gc.isenabled(), gc.get_freeze_count() > 0)) or 0,
    )
    assert CliRunner().invoke(serve, [], catch_exceptions=False).exit_code == 0
    gc.unfreeze()
    assert frozen == [(True, True)]
