"""The same pictures get the same answers on an emulated Pi Zero as here."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

pytestmark = [pytest.mark.arm, pytest.mark.timeout(3600)]


@pytest.fixture(scope="module")
def there(pi: Any, answers: dict[str, tuple[Any, Path]]) -> Any:
    process, out = answers[pi.folder.name]
    _, said = process.communicate()
    assert process.returncode == 0, said
    return np.load(out)


@pytest.mark.parametrize("name", ["digits-cnn", "digits-tiny"])
def test_images_are_read_alike(name: str, here: Any, there: Any) -> None:
    ours, theirs = here[name], there[name]
    assert len(ours) == len(theirs) == 1000
    assert np.array_equal(ours.argmax(axis=1), theirs.argmax(axis=1))
    assert np.abs(ours - theirs).max() <= 1e-4


def test_frames_are_read_alike(here: Any, there: Any) -> None:
    ours, theirs = (json.loads(str(found["readings"])) for found in (here, there))
    assert ours[0]["text"] == "407"
    assert len(ours) > 10
    for a, b in zip(ours, theirs, strict=True):
        assert (a["raw"], a["status"], a["reason"]) == (b["raw"], b["status"], b["reason"])
        assert [d["box"] for d in a["digits"]] == [d["box"] for d in b["digits"]]
