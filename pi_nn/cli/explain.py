"""``pi-nn explain``: looks inside a network."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    import numpy as np
    from matplotlib.figure import Figure
    from numpy.typing import NDArray

    from pi_nn.nn import Network

PICTURES = ("digits", "records", "weights", "why", "curves", "diagram")
TEXTS = ("stages", "trace")


@click.command()
@click.option(
    "--what",
    type=click.Choice([*PICTURES, *TEXTS]),
    help="What to show.  [default: why with --image, else digits]",
)
@click.option("--digit", type=click.IntRange(0), metavar="D", help="This digit alone, or: why not this one?")
@click.option(
    "--image", type=click.Path(path_type=Path), help="A photograph; its largest digit is explained."
)
@click.option(
    "--model",
    default="book",
    show_default=True,
    help="Weights: a path, a bundled name, or book (taught now).",
)
@click.option(
    "--data",
    default="mnist",
    show_default=True,
    help="What is shown, or what the book's network is taught on.",
)
@click.option("--out", type=click.Path(path_type=Path, dir_okay=False), help="The picture, in .png or .svg.")
@click.option("--seed", default=0, show_default=True, help="Of the noise from which images are grown.")
def explain(
    what: str | None,
    digit: int | None,
    image: Path | None,
    model: str,
    data: str,
    out: Path | None,
    seed: int,
) -> None:
    """Look inside a network, or through one worked example.

    \b
    digits    the images that it has in mind: asked backwards, or grown along its gradient
    records   the first records of --data, each with its label
    weights   what the units of the first layer look for
    why       which pixels of --image made it say what it said
    curves    activation functions with their slopes, an error curve with its tangent
    diagram   units and weights, or the layers of a larger network
    stages    the worked example of a book in five stages, with every number
    trace     one forward and one backward pass, with the shape of every array

    \b
    Examples:
      pi-nn explain --out digits.png
      pi-nn explain --digit 7 --model digits-cnn --out seven.png
      pi-nn explain --image photo.jpg --model digits-cnn --out why.png
      pi-nn explain --what records --data mnist_train_100.csv --out records.png
      pi-nn explain --what stages
    """
    what = what or ("why" if image else "digits")
    if what in TEXTS:
        for line in _stages() if what == "stages" else _trace():
            click.echo(line)
        return
    if out is None:
        raise click.UsageError(f"--what {what} draws a picture: name its file with --out FILE.png")
    from pi_nn.training.experiments.sheet import new_figure, save_figure

    figure = new_figure({"digits": (8, 4.2), "curves": (8, 10)}.get(what, (7.5, 7.5)))
    if what == "curves":
        from pi_nn.training.explain.curves import draw_curves

        draw_curves(figure)
    elif what == "records":
        from pi_nn.training.datasets import load_data
        from pi_nn.training.explain.pictures import draw_records

        draw_records(figure, load_data(data, "train"))
    else:
        from pi_nn.training.explain.models import find_network

        _look_inside(figure, what, find_network(model, data), digit, image, seed)
    save_figure(figure, out)
    click.echo(f"wrote {out}")


def _look_inside(
    figure: Figure, what: str, network: Network, digit: int | None, image: Path | None, seed: int
) -> None:
    from pi_nn.training.explain import diagram, filters, pictures

    if what == "weights":
        pictures.draw_weights(figure, filters.first_weights(network.sequential()), network.name)
    elif what == "diagram":
        diagram.draw_diagram(figure, network.sequential(), network.name)
    elif what == "why":
        if image is None:
            raise click.UsageError("--what why explains a picture: name it with --image FILE")
        tile = _largest_digit(image)
        said = int(network.predict_proba(tile)[0].argmax())
        click.echo(f"{network.name} says {network.classes[said]}")
        pictures.draw_why(figure, network, tile, said if digit is None else digit)
    else:
        _paint_digits(figure, network, digit, seed)


def _paint_digits(figure: Figure, network: Network, digit: int | None, seed: int) -> None:
    import numpy as np

    from pi_nn.training.explain.backquery import paint
    from pi_nn.training.explain.pictures import draw_digits

    layers = network.sequential()
    wanted = range(len(network.classes)) if digit is None else [digit]
    painted = [paint(layers, label, np.random.default_rng(seed)) for label in wanted]
    images = np.array([image for image, _ in painted], dtype=np.float32)
    titles = []
    for label, best, (_, steps) in zip(
        wanted, network.predict_proba(images).argmax(axis=1), painted, strict=True
    ):
        asked, read = network.classes[label], network.classes[best]
        settled = f" (after {steps} small steps up the gradient)" if steps else ""
        click.echo(f"asked for {asked}: its image is read as {read}{settled}")
        titles.append(f"{asked} (read as {read})" + (f"\n+ {steps} steps" if steps else ""))
    draw_digits(figure, images, titles)


def _largest_digit(path: Path) -> NDArray[np.float32]:
    from pi_nn.errors import PictureError
    from pi_nn.vision import find_digits, open_picture

    tiles = find_digits(open_picture(path)).tiles
    if not tiles:
        raise PictureError(f"{path}: no digit found; expected dark ink on light paper, in focus")
    return max(tiles, key=lambda tile: tile.box[2] * tile.box[3]).pixels


def _stages() -> list[str]:
    from pi_nn.training.explain.stages import five_stages

    lines = []
    for stage in five_stages():
        lines += [stage.title, f"  {stage.said}"]
        lines += [f"    {name:20} {number: .15g}" for name, number in stage.numbers.items()]
    return lines


def _trace() -> list[str]:
    from pi_nn.nn import SquaredError
    from pi_nn.training.experiments.first_network import INPUTS, TARGETS, learn
    from pi_nn.training.explain.passes import as_text, trace

    steps, error = trace(learn(seed=0, updates=0), SquaredError("se"), INPUTS, TARGETS)
    return ["the first network (pi-nn experiment first-network), before any update", *as_text(steps, error)]
