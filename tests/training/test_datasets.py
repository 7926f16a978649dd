"""Every form of training data: what is read, and what is refused in which words."""

from __future__ import annotations

import gzip
import io
import struct
import zipfile
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from pi_nn.errors import DataError
from pi_nn.training.datasets import Dataset, load_data
from pi_nn.training.datasets.csv import BLOCK, load_csv, plain_rows
from pi_nn.training.datasets.idx import parse_idx, read_idx
from pi_nn.training.datasets.npz import load_npz


def row(label: int, *values: int) -> str:
    return ",".join(map(str, (label, *values, *([0] * (784 - len(values))))))


def idx(array: np.ndarray) -> bytes:
    return struct.pack(f">BBBB{array.ndim}I", 0, 0, 8, array.ndim, *array.shape) + array.tobytes()


def test_split_of_mnist_is_the_last_5000_and_of_others_a_fixed_fifth() -> None:
    numbers = np.arange(60_000)
    images = np.zeros((60_000, 28, 28), np.uint8)
    mnist = Dataset(images, numbers % 10, names=tuple(map(str, numbers)))
    train, validation = mnist.split()
    assert validation.names == tuple(map(str, range(55_000, 60_000)))
    assert train.names == tuple(map(str, range(55_000)))

    sorted_by_class = Dataset(images[:100], np.repeat(np.arange(10), 10), names=mnist.names[:100])
    train, validation = sorted_by_class.split()
    assert len(validation) == 20
    assert set(train.names) | set(validation.names) == set(mnist.names[:100])
    assert not set(train.names) & set(validation.names)
    assert len(set(validation.labels)) > 1
    assert sorted_by_class.split()[1].names == validation.names


def test_own_data_are_dealt_out_60_20_20_by_class_and_mnist_is_not() -> None:
    labels = np.repeat([0, 1, 2], (50, 25, 25))
    images = np.zeros((100, 28, 28), np.uint8)
    images[:, 0, 0] = np.arange(100)
    data = Dataset(images, labels)
    parts = data.portions()
    assert [np.bincount(part.labels).tolist() for part in parts] == [[30, 15, 15], [10, 5, 5], [10, 5, 5]]
    dealt = np.concatenate([part.images[:, 0, 0] for part in parts])
    assert sorted(dealt) == list(range(100)), "no index in two portions"
    assert all(np.array_equal(a.images, b.images) for a, b in zip(parts, data.portions(), strict=True))
    assert [len(part) for part in data.portions(tested_elsewhere=True)] == [80, 20, 0]
    whole = Dataset(np.zeros((60_000, 28, 28), np.uint8), np.zeros(60_000, np.int64))
    assert [len(part) for part in whole.portions()] == [55_000, 5_000, 0]


def test_split_refuses_a_handful() -> None:
    with pytest.raises(DataError, match="9 images are too few"):
        Dataset(np.zeros((9, 28, 28), np.uint8), np.zeros(9, np.int64)).split()


def test_dataset_refuses_wrong_shapes_and_labels() -> None:
    images = np.zeros((2, 28, 28), np.uint8)
    with pytest.raises(DataError, match=r"expected uint8 \(N, 28, 28\)"):
        Dataset(images[:, :20], np.zeros(2, np.int64))
    with pytest.raises(DataError, match=r"expected -1 .* to 9"):
        Dataset(images, np.array([0, 10]))


def test_sha256_follows_labels_and_pixels() -> None:
    images = np.zeros((2, 28, 28), np.uint8)
    one = Dataset(images, np.array([0, 1]))
    assert one.sha256 == Dataset(images.copy(), np.array([0, 1])).sha256
    assert one.sha256 != Dataset(images, np.array([1, 0])).sha256
    assert one.sha256 != Dataset(images + np.uint8(1), np.array([0, 1])).sha256


def test_csv_in_the_books_form(tmp_path: Path) -> None:
    path = tmp_path / "two.csv"
    path.write_text(f"label,{','.join(['p'] * 784)}\n{row(5, 0, 255)}\r\n\n{row(0, 7)}", encoding="ascii")
    data = load_csv(path)
    assert data.labels.tolist() == [5, 0]
    assert data.images[:, 0, :2].tolist() == [[0, 255], [7, 0]]


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (row(5) + "\n1,2,3\n", "line 2: 3 fields instead of 785"),
        (row(5, 256), "line 1: field 2 is '256', not a whole number of 0-255"),
        (row(5, -1), "line 1: field 2 is '-1'"),
        (row(5).replace("5,0", "5,x"), "line 1: field 2 is 'x'"),
        (row(5).replace("5,", "5.5,", 1), "line 1: field 1 is '5.5'"),
        ("x\n" * 7, "line 5: .*; and 2 more"),
        ("\n\n", "no rows"),
        ("1," * 20_000, "line 1: longer than 16,384 bytes"),
        (row(5) + "\n" + "1" * 300_000, "line 2: longer than"),
        (row(5).replace("5,0", "5,+0"), r"line 1: field 2 is '\+0'"),
        (row(5).replace("5,0", "5,1_0"), "line 1: field 2 is '1_0'"),
        (row(5).replace("5,0", "5,0000"), "line 1: field 2 is '0000'"),
        (row(5).replace("5,0", "5,"), "line 1: field 2 is ''"),
        (row(5)[1:], "line 1: field 1 is ''"),
        (row(5) + "\n" + row(5)[1:], "line 2: field 1 is ''"),
        # As many fields as two good rows, but not where they belong.
        (row(5) + ",0\n" + row(5)[:-2] + "\n", "line 1: 786 fields instead of 785; line 2: 784 fields"),
    ],
)
def test_csv_tells_bad_rows_by_line(tmp_path: Path, text: str, told: str) -> None:
    path = tmp_path / "bad.csv"
    path.write_text(text, encoding="ascii")
    with pytest.raises(DataError, match=told):
        load_csv(path)


def test_csv_reads_a_file_in_pieces_and_numbers_its_lines_through(tmp_path: Path) -> None:
    rng = np.random.default_rng(1)
    rows = rng.integers(0, 256, (600, 785), dtype=np.uint8)
    lines = [",".join(map(str, values)) for values in rows]
    path = tmp_path / "many.csv"
    path.write_text("\r\n".join(lines), encoding="ascii")
    assert path.stat().st_size > 5 * BLOCK
    data = load_csv(path)
    assert np.array_equal(data.labels, rows[:, 0])
    assert np.array_equal(data.images.reshape(600, -1), rows[:, 1:])
    lines[599] += ",0"
    path.write_text("\n".join(lines), encoding="ascii")
    with pytest.raises(DataError, match="line 600: 786 fields"):
        load_csv(path)


FIELD = st.one_of(
    st.integers(0, 260).map(str),
    st.sampled_from(
        ["", "00", "007", "1000", " 3", "3 ", "\t4", "-1", "+2", "1.0", "x", "1_0", "/", ":", "0x1"]
    ),
)


@given(
    st.lists(st.tuples(st.integers(0, 784), FIELD), max_size=4), st.sampled_from(["\n", "\r\n", "", "\n\n"])
)
@settings(max_examples=200, deadline=None)
def test_csv_in_bulk_answers_as_field_by_field(
    tmp_path_factory: pytest.TempPathFactory, changes: list[tuple[int, str]], end: str
) -> None:
    fields = [str(k % 256) for k in range(785)]
    for place, text in changes:
        fields[place] = text
    path = tmp_path_factory.mktemp("csv") / "row.csv"
    path.write_bytes((",".join(fields) + end).encode())
    sound = all(text.strip().isdigit() and len(text.strip()) <= 3 and int(text) <= 255 for text in fields)
    if not sound:
        with pytest.raises(DataError, match="line 1: field"):
            load_csv(path)
        return
    data = load_csv(path)
    assert [data.labels[0], *data.images[0].ravel()] == [int(text) for text in fields]


@given(
    st.integers(0, 2**32),
    st.sampled_from([0.0, 0.1, 0.5, 0.9, 1.0]),
    st.lists(st.tuples(st.floats(0, 1), st.sampled_from(["", ",", "0", "7", "00", "\n", "x"])), max_size=3),
)
@settings(max_examples=200, deadline=None)
def test_rows_in_bulk_are_those_of_the_strict_reading(
    seed: int, ink: float, changes: list[tuple[float, str]]
) -> None:
    """However the zeros lie, and wherever a character is not what it was."""
    rng = np.random.default_rng(seed)
    rows = rng.integers(0, 256, (3, 785)) * (rng.random((3, 785)) < ink)
    text = "".join(",".join(map(str, row)) + "\n" for row in rows)
    for place, character in changes:
        at = int(place * (len(text) - 2))
        text = text[:at] + character + text[at + 1 :]
    bulk = plain_rows(text.encode())
    fields = [line.split(",") for line in text.split("\n")[:-1]]
    sound = all(
        len(line) == 785 and all(f.isdigit() and len(f) <= 3 and int(f) <= 255 for f in line)
        for line in fields
    )
    assert (bulk is not None) == sound
    if bulk is not None:
        assert bulk.tolist() == [[int(field) for field in line] for line in fields]


def test_plain_rows_of_every_spelling_of_a_number() -> None:
    # Before the number stands nothing, a number of one digit or of two, or a line.
    for text in (f"{number:0{width}d}" for width in (1, 2, 3, 4) for number in range(0, 10**width, width)):
        line = f"{text}{',7' * 391},{text}{',12' * 391},{text}\n"
        rows = plain_rows((line * 2).encode())
        found = None if rows is None else rows[:, [0, 392, 784]].tolist()
        assert found == (None if len(text) > 3 or int(text) > 255 else [[int(text)] * 3] * 2), text


@given(st.binary(max_size=3000))
def test_plain_rows_of_anything_are_none_or_rows(data: bytes) -> None:
    rows = plain_rows(data)
    assert rows is None or (rows.shape == (0, 785) and not data)


@given(st.binary(max_size=200))
@settings(max_examples=100)
def test_csv_of_any_bytes_never_fails_otherwise(
    tmp_path_factory: pytest.TempPathFactory, data: bytes
) -> None:
    path = tmp_path_factory.mktemp("csv") / "any.csv"
    path.write_bytes(data)
    with pytest.raises(DataError):
        load_csv(path)


@pytest.mark.parametrize("packed", [False, True])
@pytest.mark.parametrize("spelling", ["-idx", ".idx"])
def test_idx_folder_has_two_parts(tmp_path: Path, packed: bool, spelling: str) -> None:
    for part, n in (("train", 3), ("t10k", 2)):
        for kind, array in (
            ("images-idx3", np.full((n, 28, 28), n, np.uint8)),
            ("labels-idx1", np.arange(n, dtype=np.uint8)),
        ):
            name = f"{part}-{kind}-ubyte".replace("-idx", spelling)
            raw = idx(array)
            (tmp_path / (f"{name}.gz" if packed else name)).write_bytes(gzip.compress(raw) if packed else raw)
    assert load_data(str(tmp_path), "train").labels.tolist() == [0, 1, 2]
    assert load_data(str(tmp_path), "test").images[0, 0, 0] == 2


@pytest.mark.parametrize(
    ("raw", "told"),
    [
        (b"", "begins with nothing, expected 00000801"),
        (b"\x89PNG....", "begins with 89504e47"),
        (idx(np.zeros((2, 28, 28), np.uint8))[:-1], "promises 1,568 bytes, only 1,567 came"),
        (idx(np.zeros((2, 28, 28), np.uint8)) + b"x", "promises 1,568 bytes, more came"),
        (b"\x00\x00\x08\x03" + b"\xff" * 12, "claims 4294967295 images"),
        (b"\x00\x00\x08\x03\x00\x00", "ends within its header"),
        (b"\x00\x00\x08\x01" + b"\x00" * 4, "claims 0 images"),
    ],
)
def test_idx_refuses(tmp_path: Path, raw: bytes, told: str) -> None:
    path = tmp_path / "train-images-idx3-ubyte"
    path.write_bytes(raw)
    with pytest.raises(DataError, match=told):
        read_idx(path)


def test_idx_verifies_md5_and_survives_broken_gzip(tmp_path: Path) -> None:
    labels = idx(np.arange(4, dtype=np.uint8))
    with pytest.raises(DataError, match=r"md5 of its raw bytes is [0-9a-f]{32}, expected 0000"):
        parse_idx("here", io.BytesIO(labels), "0" * 32)
    path = tmp_path / "x.gz"
    for damaged in (b"no gzip", gzip.compress(labels)[:-9]):
        path.write_bytes(damaged)
        with pytest.raises(DataError, match="not readable as an IDX file"):
            read_idx(path)


@given(st.binary(max_size=40))
def test_idx_of_any_bytes_is_read_or_refused(data: bytes) -> None:
    try:
        array = parse_idx("any", io.BytesIO(b"\x00\x00\x08\x01" + data), None)
    except DataError:
        return
    assert len(array) == int.from_bytes(data[:4], "big")


def test_npz_with_and_without_labels(tmp_path: Path) -> None:
    images = np.arange(2 * 784, dtype=np.uint8).reshape(2, 28, 28)
    np.savez(tmp_path / "a.npz", images=np.asfortranarray(images), labels=np.array([3, -1], np.int8))
    np.savez_compressed(tmp_path / "b.npz", images=images)
    labelled = load_data(str(tmp_path / "a.npz"), "test")
    assert labelled.labels.tolist() == [3, -1]
    assert np.array_equal(labelled.images, images)
    assert load_npz(tmp_path / "b.npz").labels.tolist() == [-1, -1]


def test_npz_of_another_size_goes_through_the_normaliser(tmp_path: Path) -> None:
    images = np.zeros((2, 16, 16), np.uint8)
    images[0, 2:12, 3:6] = 255
    np.savez(tmp_path / "small.npz", images=images, labels=[1, 2])
    tiles = load_npz(tmp_path / "small.npz").images
    rows, columns = np.nonzero(tiles[0] > 100)
    assert np.ptp(rows) + 1 == 20
    assert abs(columns.mean() - 13.5) < 1
    assert not tiles[1].any()


def zipped(path: Path, **members: bytes) -> Path:
    with zipfile.ZipFile(path, "w") as archive:
        for name, data in members.items():
            archive.writestr(f"{name}.npy", data)
    return path


def npy(array: np.ndarray) -> bytes:
    stream = io.BytesIO()
    np.save(stream, array, allow_pickle=True)
    return stream.getvalue()


def lying(shape: str) -> bytes:
    header = f"{{'descr': '|u1', 'fortran_order': False, 'shape': {shape}, }}".encode().ljust(117) + b"\n"
    return b"\x93NUMPY\x01\x00" + struct.pack("<H", len(header)) + header


IMAGE = np.zeros((1, 28, 28), np.uint8)


@pytest.mark.parametrize(
    ("members", "told"),
    [
        ({"pictures": npy(np.zeros(3))}, r"holds \['pictures'\], expected images uint8"),
        ({"images": npy(np.zeros((1, 28, 28)))}, r"images are float64 \(1, 28, 28\), expected"),
        (
            {"images": npy(IMAGE), "labels": npy(np.zeros(2, int))},
            r"labels are int64 \(2,\), expected \(1,\)",
        ),
        ({"images": npy(IMAGE), "labels": npy(np.zeros(1))}, "labels are float64"),
        ({"images": npy(IMAGE[:0])}, "claims 0 images"),
        ({"images": npy(np.array([None, "x"], object))}, "not allowed"),
        ({"images": lying("(60000, 28, 28)")}, "claims 47040000 bytes of data, 0 are there"),
        ({"images": b"nothing"}, "does not begin like an array"),
    ],
)
def test_npz_refuses(tmp_path: Path, members: dict[str, bytes], told: str) -> None:
    with pytest.raises(DataError, match=told):
        load_npz(zipped(tmp_path / "bad.npz", **members))


def test_npz_that_is_no_zip(tmp_path: Path) -> None:
    (tmp_path / "bad.npz").write_bytes(b"PK nothing")
    with pytest.raises(DataError, match=r"not a sound \.npz"):
        load_npz(tmp_path / "bad.npz")


def draw(path: Path, *, blank: bool = False) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    paper = np.full((120, 100), 230, np.uint8)
    if not blank:
        paper[20:100, 40:52] = 20
        paper[110:114, 4:7] = 20
    Image.fromarray(paper).save(path)


def test_folder_of_classes_reads_the_largest_digit(tmp_path: Path) -> None:
    draw(tmp_path / "1" / "a.png")
    draw(tmp_path / "7" / "empty.png", blank=True)
    (tmp_path / "1" / ".DS_Store").write_bytes(b"")
    data = load_data(str(tmp_path), "train")
    assert data.labels.tolist() == [1]
    assert data.names == ("1/a.png",)
    assert data.missed == (("7/empty.png", 7),)
    rows, _columns = np.nonzero(data.images[0])
    assert np.ptp(rows) + 1 in (19, 20, 21, 22)


def test_folder_with_other_names_has_its_own_classes(tmp_path: Path) -> None:
    draw(tmp_path / "pear" / "a.png")
    draw(tmp_path / "apple" / "b.png")
    data = load_data(str(tmp_path), "train")
    assert data.classes == ("apple", "pear")
    assert data.labels.tolist() == [0, 1]


def test_folder_refuses(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="0 sub-folders, expected one for each class"):
        load_data(str(tmp_path), "train")
    (tmp_path / "3").mkdir()
    with pytest.raises(DataError, match="0 pictures in its sub-folders"):
        load_data(str(tmp_path), "train")
    (tmp_path / "3" / "notes.txt").write_text("no picture", encoding="ascii")
    with pytest.raises(DataError, match=r"notes\.txt: .* must be a picture"):
        load_data(str(tmp_path), "train")


@pytest.mark.parametrize(
    ("source", "told"), [("nowhere", "no such file"), (__file__, r"unknown form '\.py'")]
)
def test_unknown_source(source: str, told: str) -> None:
    with pytest.raises(DataError, match=f"{told}.*expected 'mnist'"):
        load_data(source, "train")
