"""What is found inside a network: the worked numbers, and that each map points where it should."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner
from numpy.testing import assert_allclose, assert_array_equal
from PIL import Image

from pi_nn.cli import main
from pi_nn.errors import NetworkError
from pi_nn.nn import (
    Conv2d,
    Flatten,
    Linear,
    Network,
    Sequential,
    Sigmoid,
    SquaredError,
    Step,
    Tanh,
    load_network,
    save_network,
)
from pi_nn.training.datasets import load_data
from pi_nn.training.experiments.book import BookNetwork, book_inputs, book_targets
from pi_nn.training.experiments.sheet import new_figure
from pi_nn.training.experiments.worked_example import X, example
from pi_nn.training.explain import curves, diagram, filters, pictures
from pi_nn.training.explain.attention import occlusion, saliency
from pi_nn.training.explain.backquery import back_query, climb, is_book_network, logit, rescaled, settle
from pi_nn.training.explain.passes import as_text, trace
from pi_nn.training.explain.stages import five_stages

FIXTURES = Path(__file__).parents[2] / "fixtures"
EXACT = json.loads((FIXTURES / "taylor.json").read_text())["exact_float64"]
RASHID = json.loads((FIXTURES / "rashid.json").read_text())


@pytest.fixture(scope="module")
def book(mnist_sample, tmp_path_factory) -> tuple[str, Network]:
    """A file and its network: the book's, after five epochs on 500 records."""
    images, labels = mnist_sample
    network = BookNetwork.drawn(40, 0.3, np.random.default_rng(0))
    for _ in range(5):
        network.train(book_inputs(images), book_targets(labels))
    path = tmp_path_factory.mktemp("model") / "book.npz"
    save_network(path, network.sequential(), name="book", classes="0123456789")
    return str(path), load_network(path)


# B1: every number of the five stages
def test_five_stages() -> None:
    stages = five_stages()
    assert [stage.title[0] for stage in stages] == list("12345")
    forward, error, backward, check, update = (stage.numbers for stage in stages)
    for key in ("net_b", "out_b", "net_c", "z"):
        assert_allclose([forward[f"{key}1"], forward[f"{key}2"]], EXACT[key], rtol=0, atol=1e-12)
    assert_allclose(list(error.values()), [*EXACT["local_sq_error"], EXACT["sum_sq"], EXACT["E"]], atol=1e-12)
    for key in ("delta_z", "back_sum", "delta_b"):
        assert_allclose([backward[f"{key}1"], backward[f"{key}2"]], EXACT[key], rtol=0, atol=1e-12)
    for name, gradient in EXACT["grad"].items():
        assert backward[name] == pytest.approx(gradient, abs=1e-12), name
        assert check[f"slope {name}"] == pytest.approx(EXACT["gradcheck_numeric"][name], abs=1e-9), name
        assert check[f"relative error {name}"] < 1e-7
        assert update[name] == pytest.approx(EXACT["new"][name], abs=1e-12), name
    assert update["E after"] == pytest.approx(EXACT["E_after_updates"]["1"], abs=1e-12)


# C2
def test_trace_names_every_shape() -> None:
    network = Sequential(
        [Linear(4, 3, rng=np.random.default_rng(0)), Sigmoid(), Linear(3, 2), Sigmoid()], (4,)
    )
    network.layers[2].weight.adopt(np.ones((2, 3)), np.float32)
    steps, error = trace(network, SquaredError("se"), np.ones((5, 4), np.float32), np.zeros((5, 2)))
    assert [(s.direction, s.before, s.after) for s in steps] == [
        ("forward", (5, 4), (5, 3)),
        ("forward", (5, 3), (5, 3)),
        ("forward", (5, 3), (5, 2)),
        ("forward", (5, 2), (5, 2)),
        ("backward", (5, 2), (5, 2)),
        ("backward", (5, 2), (5, 3)),
        ("backward", (5, 3), (5, 3)),
        ("backward", (5, 3), (5, 4)),
    ]
    assert steps[0].parameters == (("weight", (3, 4)), ("bias", (3,)))
    assert steps[-1].parameters == (("dweight", (3, 4)), ("dbias", (3,)))
    assert any(line.startswith(f"loss     {error:.6f}") for line in as_text(steps, error))


# A15
def test_logit_and_rescaling() -> None:
    case = RASHID["backquery_target_label0"]
    target = np.array(case["target"])
    assert_allclose(logit(target)[:2], [case["logit_0.99"], case["logit_0.01"]], atol=1e-12)
    assert_allclose(rescaled(np.array([-3.0, 0.0, 5.0]))[[0, 2]], [0.01, 0.99])
    assert_array_equal(rescaled(np.full(3, 7.0)), np.full(3, 0.5))


def test_back_query_is_the_books_formula() -> None:
    rng = np.random.default_rng(0)
    first, second = rng.normal(size=(6, 9)).astype(np.float32), rng.normal(size=(3, 6)).astype(np.float32)
    layers = [
        Linear(9, 6, bias=False, initial=first),
        Sigmoid(),
        Linear(6, 3, bias=False, initial=second),
        Sigmoid(),
    ]
    hidden = rescaled(second.T.astype(float) @ logit(np.array([0.01, 0.01, 0.99])))
    wanted = rescaled(first.T.astype(float) @ logit(hidden))
    assert_allclose(back_query(Sequential(layers, (9,)), 2), wanted, atol=1e-12)


def test_a_back_query_is_read_as_its_digit(book) -> None:
    network = book[1].sequential()
    assert is_book_network(network)
    for label in range(10):
        image, _ = settle(network, back_query(network, label), label)
        assert 0 <= image.min() <= image.max() <= 1
        assert int(book[1].predict_proba(image[None])[0].argmax()) == label


def test_a_network_with_other_layers_is_climbed() -> None:
    rng = np.random.default_rng(0)
    network = Sequential([Conv2d(1, 3, 5, rng=rng), Tanh(), Flatten(), Linear(24 * 24 * 3, 4, rng=rng)])
    with pytest.raises(NetworkError, match="only a network of Linear and Sigmoid layers"):
        back_query(network, 0)
    for label in (0, 3):
        image = climb(network, label, steps=20, rng=rng).reshape(1, 28, 28, 1)
        assert int(network.forward(image)[0].argmax()) == label
    with pytest.raises(NetworkError, match="class 4 is asked for, expected 0 to 3"):
        climb(network, 4, rng=rng)


# why did it say so?
def corner_network(tmp_path) -> Network:
    """Class 0 by the ink in the upper left 10x10 pixels, class 1 by a bias alone."""
    weights = np.zeros((2, 28, 28))
    weights[0, :10, :10] = 0.5
    layer = Linear(784, 2, initial=weights.reshape(2, 784))
    layer.bias.value[1] = 3.0
    save_network(tmp_path / "corner.npz", Sequential([layer], (784,)), name="corner", classes="ab")
    return load_network(tmp_path / "corner.npz")


def test_the_maps_point_at_what_counts(tmp_path) -> None:
    network, tile = corner_network(tmp_path), np.ones((28, 28), np.float32) * 0.1
    slopes = saliency(network, tile, 0)
    assert_allclose(slopes[:10, :10], 0.5)
    assert_allclose(slopes[10:, 10:], 0)
    falls = occlusion(network, tile, 0)
    assert falls[4, 4] > 0.05
    assert falls[4, 4] == pytest.approx(falls.max())
    assert_allclose(falls[15:, 15:], 0, atol=1e-6)


def test_first_weights_come_strongest_first() -> None:
    weights = np.stack([np.full(784, 0.1), np.full(784, 3.0)])
    weights[:, 0] = 0
    shown = filters.first_weights(Sequential([Linear(784, 2, initial=weights)], (784,)))
    assert (shown.shape, shown[0, 1, 1]) == ((2, 28, 28), 3.0)
    with pytest.raises(NetworkError, match="expected Linear on 784 pixels or Conv2d"):
        filters.first_weights(Sequential([Tanh()], (784,)))


# B14, B2
def test_curves() -> None:
    x = np.array([-1.0, 0.0, 1.0])
    values = {name: curves.activation(kind, x) for name, kind in curves.ACTIVATIONS}
    assert_allclose(values["sigmoid (logistic)"][1], [0.19661193, 0.25, 0.19661193])
    assert_allclose(values["tanh"][0], np.tanh(x))
    assert curves.activation(Step, x)[1] is None
    weight, error, slope = curves.tangent("2.weight")
    assert (weight, error) == (0.05, pytest.approx(EXACT["E"], abs=1e-12))
    assert slope == pytest.approx(EXACT["grad"]["w5"], abs=1e-12)
    assert_allclose(curves.error_by_weight("2.weight", np.array([0.05])), [EXACT["E"]], atol=1e-12)


@pytest.mark.parametrize("what", ["curves", "units", "boxes", "why", "weights"])
def test_every_picture_has_something_in_it(what, book, mnist_sample) -> None:
    figure = new_figure((6, 6))
    if what == "curves":
        curves.draw_curves(figure)
    elif what == "units":
        diagram.draw_diagram(figure, example(), "man or chicken")
        assert diagram.sizes(example()) == [X.shape[1], 2, 2]
    elif what == "boxes":
        layers = [Conv2d(1, 3, 5, rng=np.random.default_rng(0)), Flatten()]
        diagram.draw_diagram(figure, Sequential(layers), "conv")
        assert "Conv2d   24 x 24 x 3 = 1,728   78 parameters" in {t.get_text() for t in figure.axes[0].texts}
    elif what == "why":
        pictures.draw_why(figure, book[1], mnist_sample[0][0] / np.float32(255), 7)
    else:
        pictures.draw_weights(figure, filters.first_weights(book[1].sequential()), "book")
    assert all(axes.has_data() or axes.texts for axes in figure.axes)


# A7, B14
def test_records_are_drawn_as_they_are(tmp_path, mnist_sample) -> None:
    images, labels = mnist_sample[0][:30], mnist_sample[1][:30]
    lines = [",".join(map(str, [label, *image.ravel()])) for label, image in zip(labels, images, strict=True)]
    (tmp_path / "records.csv").write_text("\n".join(lines) + "\n")
    figure = new_figure((6, 6))
    pictures.draw_records(figure, load_data(str(tmp_path / "records.csv"), "train"))
    assert figure.axes[0].get_title() == f"record 0: {labels[0]}"
    assert_allclose(figure.axes[0].images[0].get_array(), 1 - images[0] / 255)
    assert len([axes for axes in figure.axes if axes.images]) == 20
    drawn = run(
        "--what", "records", "--data", str(tmp_path / "records.csv"), "--out", str(tmp_path / "r.png")
    )
    assert drawn.exit_code == 0, drawn.output
    assert (tmp_path / "r.png").exists()


# the command
def run(*arguments: str):
    return CliRunner().invoke(main, ["explain", *arguments])


def test_command_stages_and_trace() -> None:
    stages = run("--what", "stages").output
    assert "1. Forward" in stages
    assert "0.593353109032932" in stages
    assert "(3, 4) -> (3, 3)" in run("--what", "trace").output


def test_command_draws(book, tmp_path) -> None:
    out = tmp_path / "digits.png"
    result = run("--digit", "3", "--model", book[0], "--out", str(out))
    assert result.exit_code == 0, result.output
    assert "asked for 3: its image is read as 3" in result.output
    assert out.read_bytes().startswith(b"\x89PNG")


def test_command_says_why(book, tmp_path, mnist_sample) -> None:
    paper = np.full((160, 160), 235, np.uint8)
    digit = np.asarray(Image.fromarray(mnist_sample[0][0]).resize((112, 112)))
    paper[24:136, 24:136] -= (digit * 0.8).astype(np.uint8)
    Image.fromarray(paper).save(tmp_path / "seven.png")
    result = run(
        "--image", str(tmp_path / "seven.png"), "--model", book[0], "--out", str(tmp_path / "why.svg")
    )
    assert result.exit_code == 0, result.output
    assert "book says 7" in result.output


@pytest.mark.parametrize(
    ("arguments", "status", "message"),
    [
        (("--what", "digits"), 2, "name its file with --out"),
        (("--what", "why", "--out", "x.png", "--model", "BOOK"), 2, "name it with --image"),
        (("--model", "no-such", "--out", "x.png"), 1, "error: no network 'no-such'"),
    ],
)
def test_command_refuses(arguments, status, message, book) -> None:
    result = run(*[book[0] if a == "BOOK" else a for a in arguments])
    assert result.exit_code == status
    assert message in result.output
