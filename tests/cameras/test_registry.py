"""How a specification becomes a camera."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from pi_nn.cameras import CameraSettings, make_camera
from pi_nn.cameras.folder import FolderCamera
from pi_nn.cameras.picamera2 import Picamera2Camera
from pi_nn.cameras.registry import NOT_INSTALLED
from pi_nn.cameras.simulated import SimulatedCamera
from pi_nn.errors import CameraError, ConfigError

WRONG = [
    ("", "unknown camera ''"),
    ("webcam", "unknown camera 'webcam', expected auto, picamera2"),
    ("simulate", "did you mean 'simulated'"),
    ("Picamera2", "did you mean 'picamera2'"),
    ("auto:1", "takes no argument"),
    ("picamera2:x", "expected picamera2 or picamera2:0"),
    ("picamera2:-1", "expected picamera2"),
    ("picamera2:10", "expected picamera2"),
    ("picamera2:²", "expected picamera2"),
    ("folder", "expected folder:DIR"),
    ("folder:", "expected folder:DIR"),
    ("folder:?loop=1", "expected folder:DIR"),
    ("folder:a?", "expected folder:DIR"),
    ("folder:a?loop", "expected folder:DIR"),
    ("folder:a?loop=2", "expected folder:DIR"),
    ("folder:a?speed=1", "expected folder:DIR"),
    ("simulated:seed", "does not know 'seed'"),
    ("simulated:colour=red", "does not know 'colour=red'"),
    ("simulated:seed=1,", "does not know ''"),
    ("simulated:seed=1,seed=2", "seed twice"),
    ("simulated:seed=-1", "expected a whole number"),
    ("simulated:seed=１", "expected a whole number"),
    ("simulated:digits=", "expected a number of 1 to 8 digits"),
    ("simulated:digits=123456789", "expected a number of 1 to 8 digits"),
    ("simulated:digits=4-2", "expected a number of 1 to 8 digits"),
    ("simulated:digits=0-2", "expected a number of 1 to 8 digits"),
    ("simulated:fps=fast", "expected frames a second"),
    ("simulated:fps=0.01", "expected 0.1 to 120"),
    ("simulated:fps=121", "expected 0.1 to 120"),
    ("simulated:fail=0-3", "counted from 1"),
    ("simulated:fail=5-3", "the lower one first"),
    ("simulated:hang=often", "expected hang=3"),
    ("simulated:scene=desk", "scene 'desk' is not known, expected paper or board"),
    ("simulated:scene=paper+fog", "degradation 'fog' is not known"),
    ("simulated:scene=paper+noise.6", "degradation 'noise.6' is not known"),
]


@pytest.mark.parametrize(("spec", "message"), WRONG, ids=[spec or "empty" for spec, _ in WRONG])
def test_a_wrong_specification_says_what_was_expected(spec: str, message: str) -> None:
    with pytest.raises(ConfigError) as caught:
        make_camera(spec)
    assert message in str(caught.value)


@given(st.one_of(st.text(), st.text().map("folder:".__add__), st.text().map("simulated:".__add__)))
@example("simulated:,")
@example("simulated:fail=" + "9" * 5000)
@example("picamera2:\x00")
def test_any_text_is_a_camera_or_a_config_error(spec: str) -> None:
    try:
        camera = make_camera(spec)
    except ConfigError:
        return
    assert camera.source


@given(
    seed=st.integers(0, 10**17),
    digits=st.one_of(st.from_regex(r"[0-9]{1,8}", fullmatch=True), st.just("2-5")),
    fault=st.sampled_from(["blank", "fail", "hang", "slow"]),
    first=st.integers(1, 99),
    more=st.integers(0, 99),
)
def test_what_a_simulation_was_given_is_what_it_does(
    seed: int, digits: str, fault: str, first: int, more: int
) -> None:
    camera = make_camera(f"simulated:{fault}={first}-{first + more},seed={seed},digits={digits}")
    assert isinstance(camera, SimulatedCamera)
    simulation = camera.simulation
    assert simulation.seed == seed
    if "-" in digits:
        assert (simulation.text, simulation.recipe.digits) == (None, (2, 5))
    else:
        assert simulation.text == digits
    span = simulation.faults[fault]
    assert [n for n in range(1, 300) if n in span] == list(range(first, first + more + 1))


def test_auto_takes_picamera2_where_it_is_installed(pi: Any) -> None:
    camera = make_camera("auto")
    assert isinstance(camera, Picamera2Camera)
    assert camera.source == "picamera2:0"
    assert camera.note is None


def test_auto_never_takes_the_simulated_camera_because_a_real_one_is_missing(pi: Any) -> None:
    pi.cameras = 0
    with pytest.raises(CameraError) as caught:
        make_camera("auto").open()
    assert caught.value.reason == "camera_missing"


def test_auto_without_picamera2_is_simulated_and_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pi_nn.cameras.registry.find_spec", lambda name: None)
    camera = make_camera("auto")
    assert camera.source == "simulated"
    assert camera.note == NOT_INSTALLED


def test_a_camera_that_was_asked_for_by_name_has_no_note() -> None:
    assert make_camera("simulated").note is None


@pytest.mark.parametrize(
    ("spec", "folder", "loop"),
    [("folder:a b", "a b", False), ("folder:a?loop=1", "a", True), ("folder:C:/x?loop=0", "C:/x", False)],
)
def test_a_folder(spec: str, folder: str, loop: bool) -> None:
    camera = make_camera(spec)
    assert isinstance(camera, FolderCamera)
    assert (camera.folder, camera.loop) == (Path(folder), loop)


@pytest.mark.parametrize(
    "wrong", [{"width": 63}, {"height": 4000}, {"frame_rate": 0.0}, {"frame_rate": 121.0}]
)
def test_settings_out_of_range(wrong: dict[str, Any]) -> None:
    with pytest.raises(ConfigError, match="expected"):
        CameraSettings(**wrong)


def test_the_contract_loads_neither_numpy_nor_a_back_end() -> None:
    code = (
        "import sys, pi_nn.cameras; "
        "loaded = {'numpy', 'PIL', 'picamera2', 'pi_nn.cameras.simulated'} & set(sys.modules); "
        "sys.exit(str(loaded) if loaded else 0)"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
