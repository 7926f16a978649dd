"""The last fault survives a restart, in one small file that is written rarely."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from pi_nn.service.faults import FILE_NAME, QUIET_SECONDS, FaultFile, write_atomically


def fault_file(folder: Path | None, clock: Any) -> FaultFile:
    return FaultFile(folder, clock=clock, now=lambda: datetime(2026, 11, 21, tzinfo=UTC))


def test_it_is_there_after_a_restart(tmp_path: Path, clock: Any) -> None:
    fault_file(tmp_path / "state", clock).record("camera_busy", "stop the other program")
    last = fault_file(tmp_path / "state", clock).last
    assert last is not None
    assert (last.at, last.reason, last.message) == (
        "2026-11-21T00:00:00+00:00",
        "camera_busy",
        "stop the other program",
    )
    assert [path.name for path in (tmp_path / "state").iterdir()] == [FILE_NAME]


def test_a_camera_that_comes_and_goes_does_not_wear_the_card(tmp_path: Path, clock: Any) -> None:
    faults = fault_file(tmp_path, clock)
    faults.record("camera_busy", "one")
    clock.pass_by(QUIET_SECONDS - 1)
    faults.record("camera_busy", "two")
    assert json.loads((tmp_path / FILE_NAME).read_text())["message"] == "one"
    assert faults.last is not None
    assert faults.last.message == "two"
    clock.pass_by(2)
    faults.record("camera_busy", "three")
    assert json.loads((tmp_path / FILE_NAME).read_text())["message"] == "three"


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b'{"at": 1}', b"\xff\xfe", b"[" * 100_000])
def test_a_damaged_file_is_ignored(tmp_path: Path, clock: Any, content: bytes) -> None:
    (tmp_path / FILE_NAME).write_bytes(content)
    assert fault_file(tmp_path, clock).last is None


def test_without_a_folder_it_is_kept_in_memory(clock: Any) -> None:
    faults = fault_file(None, clock)
    faults.record("camera_busy", "one")
    assert faults.last is not None


def test_a_disk_that_refuses_is_no_fault_of_the_daemon(tmp_path: Path, clock: Any) -> None:
    (tmp_path / "file").write_text("not a folder")
    faults = fault_file(tmp_path, clock)
    faults._path = tmp_path / "file" / FILE_NAME
    faults.record("camera_busy", "one")
    assert faults.last is not None


def test_a_write_that_fails_leaves_the_old_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "x.json"
    write_atomically(path, b"old")

    def fail(fd: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", fail)
    with pytest.raises(OSError, match="No space"):
        write_atomically(path, b"new")
    assert path.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [path]


def test_frames_are_never_written(bench: Callable[..., Any], noise: list[np.ndarray], tmp_path: Path) -> None:
    bench(noise, ["42"]).passes(40)
    assert list(tmp_path.iterdir()) == []


def test_only_the_beginning_of_a_fault_is_written(
    bench: Callable[..., Any], camera_error: Callable[..., Exception], tmp_path: Path
) -> None:
    b = bench([camera_error() for _ in range(20)])
    b.passes(1)
    written = (tmp_path / FILE_NAME).stat().st_mtime_ns
    b.passes(19)
    assert (tmp_path / FILE_NAME).stat().st_mtime_ns == written
