"""``pi-nn evaluate``: how good is a network?"""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from pi_nn.training.evaluation import Evaluation


@click.command()
@click.option("--model", default="digits-cnn", show_default=True, help="Weights: a path or a bundled name.")
@click.option(
    "--data", default="mnist", show_default=True, help="mnist (its 10,000 test images), or a path: see below."
)
@click.option("--json", "as_json", is_flag=True, help="One JSON object, and nothing else.")
@click.option(
    "--plot",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Draw the confusion matrix and the worst mistakes into this PNG.",
)
def evaluate(model: str, data: str, as_json: bool, plot: Path | None) -> None:
    """Scores a network on images that it has not seen.

    \b
    Examples:
      pi-nn evaluate
      pi-nn evaluate --model mlp.npz --plot mistakes.png
      pi-nn evaluate --data my-digits/ --json

    DATA is a folder with one sub-folder a class, a .csv (label, then 784 values 0-255), a folder with the
    IDX files (the t10k pair is taken), or an .npz with images uint8 (N, H, W), ink high, and labels.
    """
    from pi_nn.cli._progress import data_progress
    from pi_nn.nn import load_network
    from pi_nn.training.datasets import load_data
    from pi_nn.training.evaluation import evaluate as score

    network = load_network(model)
    with data_progress(quiet=as_json) as progress:
        images = load_data(data, "test", progress=progress)
    result = score(network, images)
    if plot is not None:
        from pi_nn.training.plots import save_evaluation

        save_evaluation(result, plot)
    click.echo(json.dumps(result.to_json(), allow_nan=False) if as_json else describe(result, plot))


def describe(result: Evaluation, plot: Path | None) -> str:
    """The figures in words, the worst mistakes by name."""
    classes = result.network.classes
    rows = [f"{result.network.name} on {result.n:,} images"]
    if result.accuracy is not None:
        missed = f", {len(result.missed)} not found" if result.missed else ""
        rows.append(f"accuracy   {result.accuracy:.2%}   ({int(result.wrong.sum())} wrong{missed})")
    believed = "" if result.accepted_accuracy is None else f", of these {result.accepted_accuracy:.2%} right"
    rows.append(f"accepted   {result.accepted.sum() / max(1, result.n):.2%}{believed}")
    if result.accuracy is not None:
        rows += ["", _matrix(result), ""]
    for index in result.mistakes()[:10]:
        truth, read = classes[result.labels[index]], classes[result.predicted[index]]
        rows.append(
            f"  {result.data.name(index)}: {truth} read as {read}, {result.confidence[index]:.0%} sure"
        )
    rows += [f"  {name}: no digit found" for name, _ in result.data.missed[:10]]
    if plot is not None:
        rows.append(f"picture    {plot}")
    return "\n".join(rows)


def _matrix(result: Evaluation) -> str:
    """Rows are true classes, columns what was read; a dot is a zero."""
    classes = result.network.classes
    width = max(6, *(len(name) + 1 for name in classes))
    rows = [" " * width + "".join(f"{name:>{width}}" for name in classes) + "   recall"]
    for name, counts, recall in zip(classes, result.confusion, result.recall, strict=True):
        cells = "".join(f"{count or '·':>{width}}" for count in counts.tolist())
        rows.append(f"{name:>{width}}{cells}   {'' if recall is None else f'{recall:.1%}'}")
    return "\n".join(rows)
