"""POST /api/predict: every form of a picture, and every way to get it wrong."""

from __future__ import annotations

import io
import json
import tempfile
import threading
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from flask.testing import FlaskClient
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from PIL import Image

from pi_nn.errors import PictureError

INK = [[1.0 if 12 <= x < 16 and 4 <= y < 24 else 0.0 for x in range(28)] for y in range(28)]
FLAT = [value for row in INK for value in row]
BOUNDARY = "multipart/form-data; boundary=x"


def form(disposition: str, content: str) -> bytes:
    return f"--x\r\nContent-Disposition: form-data; {disposition}\r\n\r\n{content}\r\n--x--\r\n".encode()


def pixels(value: Any) -> str:
    return json.dumps({"pixels": value})


def test_the_three_forms_agree(client: FlaskClient, picture: Callable[..., bytes]) -> None:
    forms = [
        {"data": {"image": (io.BytesIO(picture()), "photo.png")}},
        {"data": picture(), "content_type": "image/png"},
        {"data": picture("JPEG"), "content_type": "image/jpeg"},
        {"data": picture("JPEG"), "content_type": "image/*"},
        {"data": pixels(INK), "content_type": "application/json"},
        {"data": pixels(FLAT), "content_type": "application/json; charset=utf-8"},
    ]
    for form in forms:
        response = client.post("/api/predict", **form)
        body = response.get_json()
        assert response.status_code == 200, body
        assert (body["text"], body["status"], len(body["digits"])) == ("7", "ok", 1)
        assert (body["frame"]["source"], body["frame"]["age_seconds"]) == ("upload", 0.0)


def test_pixels_go_to_the_network_unchanged(client: FlaskClient, network: Any) -> None:
    seen: list[np.ndarray] = []
    scores = network.scores
    network.scores = lambda x: (seen.append(x.copy()), scores(x))[1]
    body = client.post("/api/predict", json={"pixels": INK}).get_json()
    assert np.array_equal(seen[0].reshape(28, 28), np.array(INK, np.float32))
    assert body["digits"][0]["box"] == [0, 0, 28, 28]


def test_an_upload_does_not_touch_the_camera_s_reading(
    client: FlaskClient, show: Callable[..., Any], parts: Any
) -> None:
    show("42")
    body = client.post("/api/predict", json={"pixels": INK}).get_json()
    assert client.get("/api/reading").get_json()["text"] == "42"
    assert [r["text"] for r in client.get("/api/readings").get_json()["readings"]] == ["42"]
    assert parts.board.find(body["id"]) is not None
    assert parts.stats.uploads == {"ok": 1}


@pytest.mark.parametrize(
    ("body", "content_type", "status", "text"),
    [
        (b"", "image/png", 400, "empty"),
        (b"no picture", "image/png", 400, "save it as JPEG or PNG"),
        (b"\x89PNG\r\n\x1a\n" + b"\0" * 50, "image/png", 400, "expected JPEG or PNG"),
        (b"....ftypheic....", "image/heic", 415, "save it as JPEG or PNG"),
        (b"<svg/>", "image/svg+xml", 415, "save it as JPEG or PNG"),
        (b"hello", "text/plain", 415, "expected a picture"),
        (b"hello", "application/octet-stream", 415, "application/octet-stream"),
        (b"a=1", "application/x-www-form-urlencoded", 415, "multipart/form-data"),
        (b"hello", "", 415, "missing"),
        (b"hello", "imagejpeg", 415, "imagejpeg"),
        (b"", BOUNDARY, 400, "no field came"),
        (b"junk", BOUNDARY, 400, "no field came"),
        (b"x", "multipart/form-data", 400, "image=@photo.jpg"),
        (form('name="file"; filename="a"', "z"), BOUNDARY, 400, "'file'"),
        (form('name="image"', "text"), BOUNDARY, 400, "'image'"),
        (form('name="image"; filename="a"', ""), BOUNDARY, 400, "empty"),
        ("", "application/json", 400, "not JSON"),
        ("{", "application/json", 400, "not JSON"),
        (b"\xff\xfe\x00", "application/json", 400, "not JSON"),
        ("[" * 50_000, "application/json", 400, "nested too deeply"),
        ('{"pixels":' + "[" * 50_000, "application/json", 400, "nested too deeply"),
        ('{"a":' * 10_000, "application/json", 400, "nested too deeply"),
        ("[]", "application/json", 400, "a list, expected an object"),
        ("7", "application/json", 400, "a number, expected an object"),
        ("null", "application/json", 400, "null, expected an object"),
        ("{}", "application/json", 400, '"pixels"'),
        ('{"pixel": []}', "application/json", 400, '"pixels"'),
        ('{"pixels": [NaN]}', "application/json", 400, "NaN is no JSON number"),
        ('{"pixels": [Infinity]}', "application/json", 400, "Infinity"),
        ('{"pixels": [-Infinity]}', "application/json", 400, "Infinity"),
        ('{"pixels": [' + "9" * 5000 + "]}", "application/json", 400, "not JSON"),
        (pixels(None), "application/json", 422, "pixels is null"),
        (pixels("0" * 784), "application/json", 422, "pixels is a text"),
        (pixels({}), "application/json", 422, "pixels is an object"),
        (pixels([]), "application/json", 422, "0 numbers, expected 784"),
        (pixels(FLAT[:-1]), "application/json", 422, "783 numbers, expected 784"),
        (pixels([*FLAT, 0]), "application/json", 422, "785 numbers"),
        (pixels(INK[:-1]), "application/json", 422, "27 rows of 28"),
        (pixels([row[:-1] for row in INK]), "application/json", 422, "28 rows of 27"),
        (pixels([*INK[:-1], [0]]), "application/json", 422, "28 rows of 1 to 28"),
        (pixels([INK]), "application/json", 422, "rows"),
        (pixels([*FLAT[:-1], 1.5]), "application/json", 422, "pixel 783 is 1.5"),
        (pixels([-0.1, *FLAT[1:]]), "application/json", 422, "pixel 0 is -0.1"),
        (pixels([255, *FLAT[1:]]), "application/json", 422, "pixel 0 is 255"),
        (pixels([10**400, *FLAT[1:]]), "application/json", 422, "pixel 0 is huge"),
        (pixels([0] * 784).replace("0", "1e999", 1), "application/json", 422, "pixel 0 is inf"),
        (pixels([True, *FLAT[1:]]), "application/json", 422, "true or false"),
        (pixels(["1", *FLAT[1:]]), "application/json", 422, "pixel 0 is a text"),
        (pixels([None, *FLAT[1:]]), "application/json", 422, "pixel 0 is null"),
        (pixels([[[0]], *FLAT[1:]]), "application/json", 422, "pixel 0 is a list"),
        (b"\0" * 100_001, "image/png", 413, "expected at most 100000"),
        (b"\0" * 100_001, "text/plain", 413, "expected at most 100000"),
    ],
)  # fmt: skip
def test_bad_input_is_told_what_was_expected(
    client: FlaskClient, body: bytes | str, content_type: str, status: int, text: str
) -> None:
    response = client.post("/api/predict", data=body, content_type=content_type)
    assert response.status_code == status, response.get_data(as_text=True)
    assert response.content_type == "application/problem+json"
    assert text in response.get_json(force=True)["detail"]


def test_a_picture_cut_short_is_bad_content(client: FlaskClient, picture: Callable[..., bytes]) -> None:
    for kind in ("PNG", "JPEG"):
        body = picture(kind)
        response = client.post("/api/predict", data=body[: len(body) // 2], content_type="image/png")
        assert response.status_code == 400
        assert "cut short" in response.get_json(force=True)["detail"]


def test_too_many_pixels_are_refused_before_decoding(
    client: FlaskClient, picture: Callable[..., bytes]
) -> None:
    body = picture(size=(1200, 900))
    assert len(body) < 100_000
    response = client.post("/api/predict", data=body, content_type="image/png")
    assert response.status_code == 413
    assert "1080000 pixels, expected at most 1000000" in response.get_json(force=True)["detail"]


@pytest.mark.filterwarnings("ignore::PIL.Image.DecompressionBombWarning")
@pytest.mark.parametrize("side", [10_000, 60_000])
def test_a_bomb_is_too_large(client: FlaskClient, picture: Callable[..., bytes], side: int) -> None:
    body = bytearray(picture())
    body[16:24] = side.to_bytes(4, "big") * 2  # width and height in the PNG's header
    body[29:33] = __import__("zlib").crc32(body[12:29]).to_bytes(4, "big")
    assert client.post("/api/predict", data=bytes(body), content_type="image/png").status_code == 413


def test_a_readable_picture_of_a_strange_shape(
    client: FlaskClient, parts: Any, picture: Callable[..., bytes]
) -> None:
    def refuse(pixels: np.ndarray) -> None:
        raise PictureError("the picture is 1x1 pixels, expected at least 8x8")

    parts.model.look_at_upload = refuse
    response = client.post("/api/predict", data=picture(), content_type="image/png")
    assert (response.status_code, "expected at least" in response.get_data(as_text=True)) == (422, True)


def test_a_page_without_a_digit_is_an_answer(client: FlaskClient, picture: Callable[..., bytes]) -> None:
    body = client.post("/api/predict", data=picture(size=(120, 120)), content_type="image/png").get_json()
    assert (body["status"], body["text"], body["digits"]) == ("no_digit", None, [])


def test_large_uploads_never_touch_the_disk(
    client: FlaskClient, parts: Any, change: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> None:
    def no_file(*args: Any, **kwargs: Any) -> None:
        raise AssertionError("a temporary file was made")

    change(max_upload_bytes=8_000_000, max_pixels=4_000_000)
    for name in ("TemporaryFile", "NamedTemporaryFile", "SpooledTemporaryFile", "mkstemp"):
        monkeypatch.setattr(tempfile, name, no_file)
    monkeypatch.setattr("werkzeug.formparser.SpooledTemporaryFile", no_file)
    rng = np.random.default_rng(0)
    buffer = io.BytesIO()
    Image.fromarray(rng.integers(0, 256, (1000, 1000, 3), np.uint8)).save(buffer, "PNG")
    assert buffer.tell() > 2_000_000
    parts.model.look_at_upload = lambda pixels: parts.model.look_at_tile(np.ones((28, 28), np.float32))
    head = b'--x\r\nContent-Disposition: form-data; name="image"; filename="a"\r\n\r\n'
    body = head + buffer.getvalue() + b"\r\n--x--\r\n"
    assert client.post("/api/predict", data=body, content_type=BOUNDARY).status_code == 200


def test_one_upload_is_read_at_a_time(app: Any, parts: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """The second waits for its turn, the third is sent away: it would take the threads of everyone else."""
    from pi_nn.service.routes import predict

    inside, leave = threading.Event(), threading.Event()
    look = parts.model.look_at_tile

    def slow(tile: np.ndarray) -> Any:
        inside.set()
        assert leave.wait(30)
        return look(tile)

    parts.model.look_at_tile = slow
    monkeypatch.setattr(predict, "PATIENCE", 0.0)
    statuses: list[int] = []
    send = lambda: statuses.append(app.test_client().post("/api/predict", json={"pixels": INK}).status_code)  # noqa: E731
    first = threading.Thread(target=send)
    first.start()
    assert inside.wait(30)
    impatient = app.test_client().post("/api/predict", json={"pixels": INK})
    assert impatient.status_code == 503
    assert impatient.headers["Retry-After"] == "5"
    parts.queue.acquire(blocking=False)
    assert app.test_client().post("/api/predict", json={"pixels": INK}).status_code == 503
    parts.queue.release()
    leave.set()
    first.join(30)
    assert statuses == [200]
    assert app.test_client().post("/api/predict", json={"pixels": INK}).status_code == 200


JSON = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=40) | st.dictionaries(st.sampled_from(["pixels", "x"]), inner, max_size=3)
    ),
    max_leaves=60,
)


@settings(max_examples=20, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(value=JSON | st.fixed_dictionaries({"pixels": JSON}))
def test_any_json_gets_an_answer_or_a_problem(client: FlaskClient, value: Any) -> None:
    response = client.post("/api/predict", data=json.dumps(value), content_type="application/json")
    assert response.status_code in (400, 422)
    assert response.content_type == "application/problem+json"


@settings(max_examples=20, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(values=arrays(np.float32, 784, elements=st.floats(0, 1, width=32)))
def test_any_pixels_in_range_get_a_reading(client: FlaskClient, values: np.ndarray) -> None:
    assert client.post("/api/predict", json={"pixels": values.tolist()}).status_code == 200


@settings(max_examples=20, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    body=st.binary(max_size=300),
    kind=st.sampled_from(["application/json", "image/png", BOUNDARY, "multipart/form-data", "image/", "x/y"]),
)
def test_any_bytes_get_an_answer_or_a_problem(client: FlaskClient, body: bytes, kind: str) -> None:
    response = client.post("/api/predict", data=body, content_type=kind)
    assert response.status_code in (400, 415, 422)
    assert response.content_type == "application/problem+json"
