from __future__ import annotations

import json
import re
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest

from pi_nn.reasons import MESSAGES, message
from pi_nn.records import Frame, FrameInfo, ModelInfo, Prediction, Reading, Rejected

MODEL = ModelInfo("digits-cnn", "0" * 64)
FRAME = FrameInfo(311, datetime(2026, 11, 21, 20, 15, 3, 120000, tzinfo=UTC), 5.0, 640, 480, "picamera2:0")


def digit(label: str, line: int = 0, number: int = 0, confidence: float = 0.9) -> Prediction:
    probabilities = np.full(10, 0.01, np.float32)
    return Prediction(
        int(label), label, confidence, 0.8, probabilities, True, None, (1, 2, 3, 4), line, number
    )


def reading(*digits: Prediction, status: str = "ok") -> Reading:
    return Reading("id", status, MODEL, digits, frame=FRAME)


def test_numbers_are_parted_by_spaces_and_lines_by_newlines() -> None:
    r = reading(digit("1"), digit("2"), digit("7", number=1), digit("3", line=1), digit("0", line=1))
    assert r.raw == "12 7\n30"
    assert r.lines == ["12 7", "30"]


def test_the_first_number_of_the_next_line_is_never_joined() -> None:
    assert reading(digit("1", line=0, number=0), digit("2", line=1, number=0)).raw == "1\n2"


def test_words_are_parted_by_spaces() -> None:
    """Classes of one's own may have any names: "heartstar" would be neither."""
    words = [
        replace(digit("1", line=line), label=label) for label, line in (("heart", 0), ("x", 0), ("star", 1))
    ]
    assert reading(*words).raw == "heart x\nstar"


@pytest.mark.parametrize("status", ["unsure", "no_digit", "starting", "stale", "camera_error"])
def test_text_is_null_unless_ok(status: str) -> None:
    assert reading(digit("4"), status=status).text is None


def test_text_is_raw_when_ok() -> None:
    assert reading(digit("4"), digit("2")).text == "42"


def test_no_digits_is_a_normal_answer() -> None:
    r = reading(status="no_digit")
    assert (r.raw, r.lines, r.confidence, r.text) == ("", [], None, None)


def test_confidence_is_the_lowest() -> None:
    assert reading(digit("1", confidence=0.9), digit("2", confidence=0.4)).confidence == 0.4


def test_the_json_shape_is_the_contract() -> None:
    r = Reading(
        "id",
        "unsure",
        MODEL,
        (digit("4"),),
        (Rejected((10, 5, 30, 90), "not_a_digit"),),
        "low_confidence",
        FRAME,
    )
    body = json.loads(json.dumps(r.to_json(now=5.08), allow_nan=False))
    assert list(body) == [
        *("id", "status", "reason", "message", "text", "raw", "lines"),
        *("confidence", "digits", "rejected", "frame", "model"),
    ]
    assert list(body["digits"][0]) == [
        *("digit", "label", "confidence", "margin", "accepted", "reason", "box", "line", "probabilities")
    ]
    assert body["frame"] == {
        "sequence": 311,
        "captured_at": "2026-11-21T20:15:03.120Z",
        "age_seconds": 0.08,
        "width": 640,
        "height": 480,
        "source": "picamera2:0",
    }
    assert body["rejected"] == [{"box": [10, 5, 30, 90], "reason": "not_a_digit"}]
    assert body["message"] == MESSAGES["low_confidence"]


def test_a_single_picture_has_age_zero() -> None:
    assert reading().to_json()["frame"]["age_seconds"] == 0.0


def test_frame_info_forgets_the_pixels() -> None:
    frame = Frame(np.zeros((480, 640, 3), np.uint8), FRAME.captured_at, 5.0, 311, "picamera2:0")
    assert FrameInfo.of(frame) == FRAME


def test_every_reason_in_the_code_is_on_the_list() -> None:
    package = Path(__file__).parents[1] / "pi_nn"
    used = set()
    for path in package.rglob("*.py"):
        used |= set(
            re.findall(
                r'(?:CameraError\(|reason=|reason: str = )"([a-z_]+)"', path.read_text(encoding="utf-8")
            )
        )
    assert used <= set(MESSAGES)
    assert all(text.endswith(".") for text in MESSAGES.values())
    assert message(None) is None
