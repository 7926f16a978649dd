"""GET /metrics in the form of Prometheus."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from flask.testing import FlaskClient
from prometheus_client.parser import text_string_to_metric_families


def figures(client: FlaskClient) -> dict[str, float]:
    response = client.get("/metrics")
    assert response.status_code == 200
    assert response.content_type.startswith("text/plain")
    samples = [
        s
        for family in text_string_to_metric_families(response.get_data(as_text=True))
        for s in family.samples
    ]
    return {
        s.name + "".join(f"[{v}]" for k, v in s.labels.items() if k != "version"): s.value for s in samples
    }


def test_before_the_first_frame(client: FlaskClient) -> None:
    shown = figures(client)
    assert (shown["pi_nn_status[starting]"], shown["pi_nn_status[ok]"], shown["pi_nn_ready"]) == (1, 0, 0)
    assert "pi_nn_value" not in shown
    assert "pi_nn_frame_age_seconds" not in shown


@pytest.mark.parametrize(
    ("text", "value"), [("42", 42), ("007", 7), ("0", 0), ("4?2", None), ("", None), ("1" * 16, None)]
)
def test_a_value_is_missing_rather_than_wrong(
    client: FlaskClient, show: Callable[..., Any], text: str, value: float | None
) -> None:
    show(text)
    assert figures(client).get("pi_nn_value") == value


def test_a_stale_value_is_gone(client: FlaskClient, show: Callable[..., Any], clock: Any) -> None:
    show("42")
    clock.pass_by(11)
    shown = figures(client)
    assert "pi_nn_value" not in shown
    assert (shown["pi_nn_status[stale]"], shown["pi_nn_ready"], shown["pi_nn_frame_age_seconds"]) == (
        1,
        0,
        11,
    )


def test_what_is_counted(client: FlaskClient, parts: Any, clock: Any) -> None:
    stats = parts.stats
    stats.frames, stats.skipped, stats.passes, stats.last_pass = 7, 3, 9, clock() - 2
    stats.readings["ok"] = 5
    stats.camera_errors["camera_busy"] = 2
    for seconds in (0.003, 0.03, 0.03, 99):
        stats.read_seconds.observe(seconds)
    client.post("/api/predict", json={"pixels": [0.5] * 784})
    shown = figures(client)
    assert shown["pi_nn_frames_total"] == 7
    assert shown["pi_nn_frames_skipped_total"] == 3
    assert shown["pi_nn_capture_passes_total"] == 9
    assert shown["pi_nn_capture_pass_age_seconds"] == 2
    assert shown["pi_nn_readings_total[ok]"] == 5
    assert shown["pi_nn_camera_errors_total[camera_busy]"] == 2
    assert shown["pi_nn_uploads_total[ok]"] == 1
    assert [shown[f"pi_nn_read_seconds_bucket[{le}]"] for le in ("0.005", "0.025", "0.05", "+Inf")] == [
        1,
        1,
        3,
        4,
    ]
    assert shown["pi_nn_read_seconds_count"] == 4
    assert shown["pi_nn_read_seconds_sum"] == pytest.approx(99.063)
    assert (shown["pi_nn_streams[mjpeg]"], shown["pi_nn_streams[events]"]) == (0, 0)
    assert shown[f"pi_nn_info[fake][{'0' * 64}]"] == 1


def test_two_applications_do_not_meet(client: FlaskClient, parts: Any) -> None:
    """Nothing is registered globally, and no figure of the process itself slips in."""
    from pi_nn.service.application import create_app

    parts.stats.frames = 3
    assert figures(create_app(parts).test_client())["pi_nn_frames_total"] == 3
    assert {name.partition("_")[0] for name in figures(client)} == {"pi"}
