"""``pi-nn train``: your own network."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Never

import click

if TYPE_CHECKING:
    from pi_nn.training.fit import Epoch, Watch
    from pi_nn.training.outcome import Outcome
    from pi_nn.training.session import Plan

OPTIMIZERS = ("sgd", "momentum", "nesterov", "adagrad", "adadelta", "rmsprop", "adam", "adamw")
SCHEDULES = ("constant", "step", "cosine", "one-cycle")
SHOWN = 10


@click.command()
@click.option(
    "--network", help="mlp (784-200-10), cnn, tiny, teacher, or sizes such as 784-100-10.  [default: mlp]"
)
@click.option("--data", default="mnist", show_default=True, help="mnist, or a path: see below.")
@click.option(
    "--epochs",
    type=click.IntRange(1, 100_000),
    help="Passes over the images; with --augment 60, with --init-from 30.  [default: 20]",
)
@click.option(
    "--learning-rate", type=click.FloatRange(0, 1000, min_open=True), help="The highest rate of the schedule."
)
@click.option(
    "--batch-size",
    type=click.IntRange(1, 1_000_000),
    help="Images a step; with --augment 128.  [default: 64]",
)
@click.option("--optimizer", type=click.Choice(OPTIMIZERS), help="[default: adamw]")
@click.option("--schedule", type=click.Choice(SCHEDULES), help="[default: one-cycle]")
@click.option(
    "--weight-decay",
    type=click.FloatRange(0, 10),
    help="Pulls weights towards 0; with --augment 0.02.  [default: 0.05]",
)
@click.option(
    "--label-smoothing",
    type=click.FloatRange(0, 0.9),
    help="Share of each target spread evenly; with --augment 0.02.  [default: 0.05]",
)
@click.option(
    "--average",
    type=click.FloatRange(0, 1, max_open=True),
    help="Decay of the weights' moving average, 0: none.  [default: 0.999]",
)
@click.option(
    "--clip", type=click.FloatRange(0), help="Largest norm of the gradients, 0: no limit.  [default: 0]"
)
@click.option(
    "--augment",
    help="none, bend, gentle, strong, full (with junk), or some of rotate,scale,aspect,shear,shift,elastic,"
    "wide,thickness,camera,junk.  [default: none; gentle for cnn and tiny]",
)
@click.option("--init-from", metavar="F", help="Start from these weights: a path or a bundled name.")
@click.option(
    "--freeze", type=click.Choice(["features"]), help="With --init-from: train the last layer only."
)
@click.option("--resume", is_flag=True, help="Go on from OUT.checkpoint.npz, with the same options.")
@click.option("--seed", type=click.IntRange(0), help="Every random choice follows from it.  [default: 0]")
@click.option("--workers", type=click.IntRange(1, 64), help="Threads that share each batch.  [default: 2]")
@click.option(
    "--out", type=click.Path(path_type=Path, dir_okay=False), help="The weights file.  [default: NETWORK.npz]"
)
@click.pass_context
def train(
    ctx: click.Context,
    /,
    network: str | None,
    data: str,
    augment: str | None,
    init_from: str | None,
    freeze: str | None,
    resume: bool,
    out: Path | None,
    **options: Any,
) -> None:
    """Trains a network in pure NumPy and keeps its best epoch, on ctrl-C too.

    \b
    Examples:
      pi-nn train                                        784-200-10 on MNIST
      pi-nn train --augment bend                         the same on bent digits: 60 epochs, surer
      pi-nn train --network cnn --out my-cnn.npz         a convolutional one
      pi-nn train --network 784-100-10 --epochs 5 --optimizer sgd --learning-rate 0.1
      pi-nn train --init-from digits-cnn --freeze features --data my-pictures/
      pi-nn train --resume                               go on where it was stopped

    DATA is mnist, a folder with one sub-folder a class, a .csv (label, then 784 values 0-255), a folder
    with the IDX files, or an .npz with images uint8 (N, H, W), ink high, and labels. Of MNIST's 60,000
    training images the last 5,000 choose the best epoch; its test images choose nothing, see pi-nn evaluate.
    Of each class of your own data 60 % teach, 20 % choose, 20 % test.

    With --init-from, digits of your own are taught beside MNIST's, which are not forgotten: the accuracy on
    its test images is told before and after. Other classes get a new last layer; 20 pictures of each, better
    more, one thing on each.

    Beside OUT stand OUT.checkpoint.npz and OUT.png, the learning curve (without OUT's .npz).
    """
    from pi_nn.cli._progress import data_progress
    from pi_nn.training.session import Plan, run

    _check_usage(network, augment, init_from, freeze)
    plan = Plan(
        out or Path(f"{Path(init_from).stem}-tuned.npz" if init_from else f"{network or 'mlp'}.npz"),
        network or "mlp",
        data,
        augment,
        init_from,
        freeze is not None,
        resume,
        {name: value for name, value in options.items() if value is not None},
        ("pi-nn", *sys.argv[1:]),
    )
    with data_progress() as progress, _watch(plan) as watch:
        outcome = run(plan, watch=watch, progress=progress)
    report(plan, outcome)
    if outcome.fitted.interrupted:
        click.echo("interrupted: the best epoch so far is kept; --resume goes on", err=True)
        ctx.exit(130)


def _check_usage(network: str | None, augment: str | None, init_from: str | None, freeze: str | None) -> None:
    if freeze and not init_from:
        raise click.UsageError("--freeze features needs --init-from: a network whose features are kept")
    if freeze and augment:
        raise click.UsageError("--freeze features works each picture out once and so takes no --augment")
    if network and init_from:
        raise click.UsageError("--init-from brings its own network; leave out --network")


@contextmanager
def _watch(plan: Plan) -> Iterator[Watch]:
    """A bar of batches on stderr, and a line an epoch on stdout."""
    from tqdm import tqdm

    from pi_nn.training.fit import Watch

    bar: tqdm[Never] = tqdm(leave=False, unit="batch", disable=None)
    epochs = plan.recipe().epochs

    def step(epoch: int, done: int, total: int, loss: float) -> None:
        if done == 1:
            bar.reset(total)
            bar.set_description(f"epoch {epoch}/{epochs}")
        bar.update()

    def epoch(result: Epoch, best: bool) -> None:
        bar.clear()
        click.echo(epoch_line(result, epochs, best))

    with bar:
        yield Watch(step, epoch)


def epoch_line(result: Epoch, epochs: int, best: bool) -> str:
    width = len(str(epochs))
    return (
        f"epoch {result.number:>{width}}/{epochs}  loss {result.loss:.4f}  "
        f"validation {result.validation_accuracy:.2%}  loss {result.validation_loss:.4f}  "
        f"{result.seconds:.1f} s{'  best' if best else ''}"
    )


def report(plan: Plan, outcome: Outcome) -> None:
    """What came of it, where it is, and the next command."""
    _warn(outcome)
    best, known, portions = outcome.fitted.best, outcome.calibration, outcome.portions
    for name, truth, read in outcome.mistakes[:SHOWN] if portions.data.names else ():
        click.echo(f"mistake     {name}: {truth} read as {read}")
    size = plan.out.stat().st_size / 1000
    click.echo(
        f"\nbest        {best.validation_accuracy:.2%} of {len(portions.to_choose()):,} validation images, "
        f"epoch {best.number}, {outcome.fitted.seconds:.0f} s in all\n"
        f"{_results(outcome)}"
        f"confidence  right within {known.error:.1%} (before calibration {known.error_before:.1%}); "
        f"{known.coverage:.1%} accepted, {known.accepted_accuracy:.2%} of these right\n"
        f"weights     {plan.out}  ({outcome.parameter_count:,} parameters, {size:,.0f} kB)\n"
        f"curve       {plan.curve}\n"
        f"checkpoint  {plan.checkpoint}\n"
        f"next        {_next(plan, outcome)}"
    )


def _warn(outcome: Outcome) -> None:
    from pi_nn.training.outcome import few_pictures

    portions = outcome.portions
    for name, _ in portions.data.missed[:SHOWN]:
        click.echo(
            f"warning: {name}: nothing found, left out; one thing each, not much broader than high", err=True
        )
    if portions.transfer or portions.data.names:
        for name, n in few_pictures(portions.data):
            # What a network remembers needs no pictures.
            if n or not portions.memory:
                click.echo(f"warning: class {name} has {n} pictures; 20 or more learn better", err=True)


def _results(outcome: Outcome) -> str:
    """What the images say that chose nothing."""
    told, portions = "", outcome.portions
    if portions.from_cache:
        told += "features    from the cache: nothing had changed since they were worked out\n"
    if outcome.accuracy is not None:
        told += (
            f"split       {len(portions.train):,} to learn from, {len(portions.validation):,} to choose the "
            f"epoch by, {len(portions.test):,} to test\n"
            f"accuracy    {outcome.accuracy:.2%} of the {len(portions.test):,} test images\n"
        )
    if outcome.mnist is not None:
        told += (
            f"MNIST       {outcome.mnist[0]:.2%} of its test images before, {outcome.mnist[1]:.2%} after\n"
        )
    return told


def _next(plan: Plan, outcome: Outcome) -> str:
    if outcome.portions.data.names:
        return f"pi-nn predict PICTURE --model {plan.out}"
    return f"pi-nn evaluate --model {plan.out}{_data(plan)}"


def _data(plan: Plan) -> str:
    return "" if plan.data == "mnist" else f" --data {plan.data}"
