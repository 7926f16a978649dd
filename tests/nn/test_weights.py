"""The weights file: what is written is read, and what is not sound is refused before it costs anything."""

from __future__ import annotations

import io
import json
import struct
import tracemalloc
import zipfile
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from numpy.testing import assert_array_equal

from pi_nn.errors import DivergenceError, NetworkError, WeightsError
from pi_nn.nn import (
    BatchNorm1d,
    Conv2d,
    Flatten,
    GlobalAvgPool2d,
    Linear,
    Sequential,
    Thresholds,
    build_network,
    load_network,
    save_network,
)
from pi_nn.nn.archive import pack, unpack
from pi_nn.nn.weights import read_network

DIGITS = list("0123456789")
NETWORK = build_network("784-6-10", rng=np.random.default_rng(0))


@pytest.fixture
def path(tmp_path: Path) -> Path:
    save_network(
        tmp_path / "n.npz",
        NETWORK,
        name="small",
        classes=DIGITS,
        thresholds=Thresholds(0.7, 0.2, 0.4),
        temperature=1.5,
        record={"epochs": 3},
    )
    return tmp_path / "n.npz"


def arrays_of(path: Path) -> dict[str, np.ndarray]:
    with np.load(path, allow_pickle=False) as archive:
        return dict(archive)


def rewritten(path: Path, **changes) -> Path:
    """The file with other arrays; ``None`` removes one, a dict changes keys of ``meta``."""
    arrays = arrays_of(path)
    for name, change in changes.items():
        name = name.replace("_", ".")
        if change is None:
            del arrays[name]
        elif isinstance(change, dict):
            arrays["meta"] = np.array(json.dumps(json.loads(arrays["meta"].item()) | change))
        else:
            arrays[name] = change
    np.savez(path, **arrays)
    return path


def test_what_is_saved_comes_back(path: Path) -> None:
    network = load_network(path)
    assert network.name == "small"
    assert network.classes == tuple(DIGITS)
    assert network.thresholds == Thresholds(0.7, 0.2, 0.4)
    assert network.temperature == 1.5
    assert network.record == {"epochs": 3}
    assert not network.has_junk
    for name, array in NETWORK.state().items():
        assert_array_equal(network.sequential().state()[name], array)


def test_the_file_is_as_documented(path: Path) -> None:
    arrays = arrays_of(path)
    assert {name: (a.shape, a.dtype.str) for name, a in arrays.items() if name != "meta"} == {
        "0.weight": ((6, 784), "<f4"),
        "0.bias": ((6,), "<f4"),
        "2.weight": ((10, 6), "<f4"),
        "2.bias": ((10,), "<f4"),
    }
    assert arrays["meta"].shape == ()
    meta = json.loads(arrays["meta"].item())
    assert set(meta) == {
        "format",
        "name",
        "input",
        "architecture",
        "classes",
        "junk",
        "temperature",
        "thresholds",
        "record",
    }
    assert meta["architecture"][0] == {"type": "Linear", "inputs": 784, "outputs": 6, "bias": True}


def test_kernels_are_out_in_height_width(tmp_path: Path) -> None:
    network = build_network("tiny", rng=np.random.default_rng(0))
    save_network(tmp_path / "t.npz", network, name="t", classes=DIGITS)
    kernel = network.layers[3].parameters()[0].value
    stored = arrays_of(tmp_path / "t.npz")["2.weight"]
    assert stored.shape == kernel.shape
    assert kernel.shape[2:] == (3, 3)
    assert kernel.shape[0] > kernel.shape[1]
    np.testing.assert_allclose(stored, kernel, rtol=1e-4)


def test_sha256_is_of_the_file_and_the_same_network_gives_the_same_file(path: Path, tmp_path: Path) -> None:
    import hashlib

    assert load_network(path).sha256 == hashlib.sha256(path.read_bytes()).hexdigest()
    other = tmp_path / "other.npz"
    again = load_network(path)
    save_network(
        other,
        again.sequential(),
        name="small",
        classes=DIGITS,
        thresholds=again.thresholds,
        temperature=1.5,
        record={"epochs": 3},
    )
    assert other.read_bytes() == path.read_bytes()


@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_a_diverged_network_is_never_saved(path: Path, bad: float) -> None:
    kept = path.read_bytes()
    network = NETWORK.copy()
    network.parameters()[0].value[0, 0] = bad
    with pytest.raises(DivergenceError, match=r"0\.weight holds NaN or infinite"):
        save_network(path, network, name="n", classes=DIGITS)
    assert path.read_bytes() == kept


def test_a_failed_write_leaves_the_old_file_and_no_rest(path: Path, monkeypatch) -> None:
    kept = path.read_bytes()

    def full(*args, **kwargs):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(np, "savez", full)
    with pytest.raises(WeightsError, match="No space left"):
        save_network(path, NETWORK, name="n", classes=DIGITS)
    assert path.read_bytes() == kept
    assert [p.name for p in path.parent.iterdir()] == ["n.npz"]


def test_a_batch_norm_that_cannot_be_folded_is_refused(path: Path) -> None:
    network = Sequential([Flatten(), BatchNorm1d(784), Linear(784, 10, rng=np.random.default_rng(0))])
    with pytest.raises(NetworkError, match=r"BatchNorm1d.*expected Linear or a convolution"):
        save_network(path, network, name="n", classes=DIGITS)


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        ({"classes": DIGITS[:9]}, "outputs of shape"),
        ({"junk": True}, "outputs of shape"),
        ({"classes": ["1"] * 10}, "different short names"),
        ({"temperature": 0.0}, "temperature"),
        ({"name": ""}, "name"),
    ],
)
def test_what_does_not_fit_is_not_saved(path: Path, arguments, text) -> None:
    with pytest.raises(NetworkError, match=text):
        save_network(path, NETWORK, **({"name": "n", "classes": DIGITS} | arguments))


def test_a_network_that_would_fill_the_memory_is_not_saved(path: Path) -> None:
    rng = np.random.default_rng(0)
    layers = [Conv2d(1, 6000, 1, rng=rng), GlobalAvgPool2d(), Linear(6000, 10, rng=rng)]
    with pytest.raises(NetworkError, match=r"makes \(28, 28, 6000\), expected at most 4000000 values"):
        save_network(path, Sequential(layers), name="n", classes=DIGITS)


def test_other_inputs_than_digits_are_not_saved(path: Path) -> None:
    network = build_network("2-4-10", rng=np.random.default_rng(0))
    with pytest.raises(NetworkError, match="input shape"):
        save_network(path, network, name="n", classes=DIGITS)


CHANGES = {
    "no meta": ({"meta": None}, "weights file of pi-nn"),
    "meta not JSON": ({"meta": np.array("{")}, "not JSON"),
    "meta a list": ({"meta": np.array("[]")}, "format"),
    "meta NaN": ({"meta": np.array('{"format": NaN}')}, "NaN is no number"),
    "meta deep": ({"meta": np.array("[" * 100_000)}, "recursion"),
    "meta bytes": ({"meta": np.zeros(3)}, "weights file of pi-nn"),
    "other format": ({"m": {"format": 99}}, "format 99, expected 1"),
    "lacks classes": ({"m": {"classes": 3}}, "classes"),
    "odd classes": ({"m": {"classes": [[], 1]}}, "class"),
    "lists as classes": ({"m": {"classes": [[]] * 10}}, "class"),
    "temperature text": ({"m": {"temperature": "hot"}}, "temperature"),
    "temperature huge": ({"m": {"temperature": 1e300}}, "temperature"),
    "thresholds": (
        {"m": {"thresholds": {"confidence": 2, "margin": 0, "junk": 0}}},
        "threshold confidence is 2",
    ),
    "thresholds missing": ({"m": {"thresholds": {}}}, "thresholds are"),
    "junk": ({"m": {"junk": "no"}}, "junk"),
    "name": ({"m": {"name": 5}}, "name"),
    "record": ({"m": {"record": 5}}, "record"),
    "input": ({"m": {"input": {"shape": [32, 32]}}}, "input shape"),
    "architecture": ({"m": {"architecture": 7}}, "architecture"),
    "layer": ({"m": {"architecture": [{"type": "Evil"}]}}, "unknown layer"),
    "layer type": ({"m": {"architecture": [{"type": []}]}}, "unknown layer"),
    "too many layers": ({"m": {"architecture": [{"type": "ReLU"}] * 1000}}, "at most"),
    "float64": ({"0_bias": np.zeros(6)}, "type float64, expected float32"),
    "NaN": ({"0_bias": np.full(6, np.nan, np.float32)}, "NaN"),
    "shape": ({"0_bias": np.zeros(7, np.float32)}, r"0.bias has shape \(7,\), expected \(6,\)"),
    "lacks an array": ({"0_bias": None}, "0.bias"),
    "one too many": ({"9_bias": np.zeros(1, np.float32)}, "9.bias"),
    "objects": ({"0_bias": np.array(["x"] * 6)}, "type <U1"),
}


@pytest.mark.parametrize("case", CHANGES)
def test_a_wrong_file_is_refused_with_its_reason(path: Path, case: str) -> None:
    changes, text = CHANGES[case]
    with pytest.raises(WeightsError, match=text) as caught:
        read_network(rewritten(path, **changes))
    assert str(caught.value).startswith(str(path))


def nested(depth: int) -> dict:
    layer: dict = {"type": "ReLU"}
    for _ in range(depth):
        layer = {"type": "Residual", "body": [layer]}
    return layer


@pytest.mark.parametrize(
    "layers",
    [
        [{"type": "Linear", "inputs": 784, "outputs": 10**12, "bias": True}],
        [{"type": "Linear", "inputs": 784, "outputs": 65_536, "bias": True}] * 2,
        [{"type": "Flatten"}, nested(300)],
        [
            {
                "type": "Conv2d",
                "channels": 1,
                "filters": 65_536,
                "kernel": 1,
                "stride": 1,
                "padding": 63,
                "bias": True,
            }
        ],
    ],
)
def test_an_architecture_cannot_ask_for_more_than_the_file_holds(path: Path, layers) -> None:
    rewritten(path, m={"architecture": layers, "input": {"shape": [28, 28, 1]}})
    tracemalloc.start()
    with pytest.raises(WeightsError):
        read_network(path)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 5_000_000


def npy(header: str, data: bytes = b"", version: int = 1) -> bytes:
    text = header.encode()
    return (
        b"\x93NUMPY"
        + bytes((version, 0))
        + struct.pack("<H" if version == 1 else "<I", len(text))
        + text
        + data
    )


def zipped(**members: bytes) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in members.items():
            archive.writestr(f"{name}.npy", data)
    return file.getvalue()


HEADER = "{{'descr': '{}', 'fortran_order': False, 'shape': {}}}\n"
LIES = {
    "a header that lies": npy(HEADER.format("<f4", "(1000000000000,)"), b"1234"),
    "a header that is too small": npy(HEADER.format("<f4", "(1,)"), b"12345678"),
    "a negative size": npy(HEADER.format("<f4", "(-1, -4)"), b"1234567890123456"),
    "a shape of floats": npy(HEADER.format("<f4", "(1.0,)"), b"1234"),
    "a shape of booleans": npy(HEADER.format("<f4", "(True,)"), b"1234"),
    "pickled objects": npy(HEADER.format("|O", "(1,)"), b"12345678"),
    "a record type": npy("{'descr': [('a', '<f4')], 'fortran_order': False, 'shape': (1,)}", b"1234"),
    "an empty type": npy(HEADER.format("<U0", "(9,)")),
    "no header": b"\x93NUMPY\x01\x00",
    "a header beyond the file": npy("", b"")[:8] + b"\xff\xff" + b"{}",
    "code for a header": npy("__import__('os').getcwd()"),
    "deep brackets": npy("(" * 3000),
    "an unknown version": npy("{}", version=9),
}


@pytest.mark.parametrize("lie", LIES)
def test_a_lying_array_is_refused_before_it_is_allocated(lie: str) -> None:
    tracemalloc.start()
    with pytest.raises(WeightsError, match=r"here: x\.npy"):
        unpack(zipped(x=LIES[lie]), "here")
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 3_000_000


def test_a_zip_bomb_is_refused_unopened() -> None:
    bomb = zipped(x=npy(HEADER.format("<f4", "(2000000,)"), bytes(8_000_000)))
    assert len(bomb) < 20_000
    tracemalloc.start()
    with pytest.raises(WeightsError, match="would unpack to 80000"):
        unpack(bomb, "here", max_bytes=1_000_000)
    assert tracemalloc.get_traced_memory()[1] < 1_000_000
    tracemalloc.stop()


def test_odd_members_are_refused() -> None:
    with pytest.raises(WeightsError, match="is no array"):
        unpack(zipped(**{"a.txt\0": b""}).replace(b".npy", b".txt"), "here")
    with pytest.raises(WeightsError, match="at most 512, each once"):
        unpack(zipped(**{f"a{n}": b"" for n in range(600)}), "here")


@pytest.mark.parametrize(
    "array", [np.float32(3), np.zeros((0, 4)), np.asfortranarray(np.arange(6.0).reshape(2, 3)), np.array("é")]
)
def test_sound_arrays_come_back(array, tmp_path: Path) -> None:
    pack(tmp_path / "a.npz", {"x": np.asarray(array)})
    assert_array_equal(unpack((tmp_path / "a.npz").read_bytes(), "a")["x"], array)


def test_missing_and_foreign_files_are_named(tmp_path: Path) -> None:
    with pytest.raises(WeightsError, match="No such file"):
        read_network(tmp_path / "none.npz")
    (tmp_path / "text.npz").write_text("hello")
    with pytest.raises(WeightsError, match=r"not a sound \.npz"):
        read_network(tmp_path / "text.npz")


@given(st.data())
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_a_damaged_file_is_refused_or_still_the_same(path: Path, data: st.DataObject) -> None:
    sound = bytearray(path.read_bytes())
    damaged = sound[: data.draw(st.integers(0, len(sound)))] if data.draw(st.booleans()) else sound
    for _ in range(data.draw(st.integers(0, 4)) if damaged else 0):
        # Most of the file is weights, which only the check sum guards; aim at the structure too.
        where = data.draw(st.one_of(st.integers(0, len(damaged) - 1), st.integers(-900, -1)))
        damaged[max(where, -len(damaged))] = data.draw(st.integers(0, 255))
    (path.parent / "damaged.npz").write_bytes(damaged)
    try:
        network, _, _ = read_network(path.parent / "damaged.npz")
    except WeightsError:
        return
    for name, array in NETWORK.state().items():
        assert_array_equal(network.state()[name], array)
