"""A folder of pictures as a camera."""

from __future__ import annotations

import logging
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from pi_nn.cameras.folder import FolderCamera
from pi_nn.errors import CameraError


def picture(path: Path, grey: int) -> None:
    Image.fromarray(np.full((40, 60), grey, np.uint8)).save(path)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name, grey in (("img10.png", 30), ("img9.png", 20), ("img1.png", 10)):
        picture(tmp_path / name, grey)
    (tmp_path / "notes.txt").write_text("no picture")
    (tmp_path / ".hidden.png").write_bytes(b"")
    return tmp_path


def test_pictures_come_in_natural_order_and_then_no_more(folder: Path) -> None:
    with FolderCamera(folder) as camera:
        frames = [camera.capture() for _ in range(3)]
        assert camera.finished
        assert camera.capture() is None
        assert camera.capture() is None
    assert [int(f.pixels[0, 0]) for f in frames] == [10, 20, 30]
    assert [f.source for f in frames] == ["folder:img1.png", "folder:img9.png", "folder:img10.png"]
    assert frames[0].pixels.shape == (40, 60)


def test_a_loop_begins_again_and_sees_new_pictures(folder: Path) -> None:
    with FolderCamera(folder, loop=True) as camera:
        for _ in range(3):
            camera.capture()
        picture(folder / "img0.png", 99)
        assert not camera.finished
        assert int(camera.capture().pixels[0, 0]) == 99


def test_reopening_goes_on_where_it_was(folder: Path) -> None:
    camera = FolderCamera(folder)
    greys = []
    for _ in range(3):
        with camera:
            greys.append(int(camera.capture().pixels[0, 0]))
    assert greys == [10, 20, 30]


def test_a_finished_folder_stays_finished(folder: Path) -> None:
    camera = FolderCamera(folder)
    for _ in range(2):
        with camera:
            while camera.capture() is not None:
                pass
            assert camera.finished


def test_a_damaged_picture_is_skipped_with_a_warning(folder: Path, caplog: pytest.LogCaptureFixture) -> None:
    (folder / "img2.png").write_bytes((folder / "img1.png").read_bytes()[:40])
    with caplog.at_level(logging.WARNING), FolderCamera(folder) as camera:
        assert [int(camera.capture().pixels[0, 0]) for _ in range(3)] == [10, 20, 30]
    assert "img2.png is skipped" in caplog.text


@pytest.mark.parametrize("loop", [False, True])
def test_a_folder_of_damaged_pictures_is_an_error_every_time_and_heals(tmp_path: Path, loop: bool) -> None:
    (tmp_path / "a.jpg").write_bytes(b"\xff\xd8 broken")
    camera = FolderCamera(tmp_path, loop=loop)
    for _ in range(2):
        with camera, pytest.raises(CameraError) as caught:
            camera.capture()
        assert caught.value.reason == "folder_empty"
        assert not camera.finished
    picture(tmp_path / "b.png", 7)
    with camera:
        assert int(camera.capture().pixels[0, 0]) == 7


def test_an_empty_folder_cannot_be_opened_until_a_picture_is_there(tmp_path: Path) -> None:
    camera = FolderCamera(tmp_path)
    with pytest.raises(CameraError, match="put JPEG or PNG files into it") as caught:
        camera.open()
    assert caught.value.reason == "folder_empty"
    picture(tmp_path / "a.png", 5)
    with camera:
        assert camera.capture() is not None


def test_a_missing_folder_is_named(tmp_path: Path) -> None:
    with pytest.raises(CameraError, match="nowhere cannot be read") as caught:
        FolderCamera(tmp_path / "nowhere").open()
    assert caught.value.reason == "camera_missing"


def test_colour_stays(tmp_path: Path) -> None:
    Image.new("RGB", (8, 6), (200, 10, 20)).save(tmp_path / "red.png")
    with FolderCamera(tmp_path) as camera:
        pixels = camera.capture().pixels
    assert pixels.shape == (6, 8, 3)
    assert pixels[0, 0].tolist() == [200, 10, 20]
