"""``pi-nn bench``: how fast on this machine, and how robust in bad pictures."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from pi_nn.cameras.digits import DigitImages
    from pi_nn.training.robustness import Cell, Score


@click.command()
@click.option("--model", default="digits-cnn", show_default=True, help="Weights: a path or a bundled name.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON and nothing else.")
@click.option(
    "--runs", default=30, show_default=True, type=click.IntRange(1, 10_000), help="Runs of each stage."
)
@click.option("--robustness", is_flag=True, help="The simulated camera's table of bad pictures instead.")
@click.option(
    "--data", default="mnist", show_default=True, help="Digits to draw: mnist's test images, or shipped."
)
@click.option(
    "--digits", "count", default=200, show_default=True, type=click.IntRange(1), help="Digits a cell."
)
@click.option(
    "--blank", default=100, show_default=True, type=click.IntRange(0), help="Frames of each kind without any."
)
@click.option("--seed", default=1, show_default=True, type=click.IntRange(0), help="Of the scenes.")
@click.option(
    "--out", type=click.Path(path_type=Path, file_okay=False), help="Write table, JSON and picture here."
)
def bench(
    model: str,
    as_json: bool,
    runs: int,
    robustness: bool,
    data: str,
    count: int,
    blank: int,
    seed: int,
    out: Path | None,
) -> None:
    """Measures this machine: milliseconds of each stage, readings a second, memory.

    With --robustness it renders seeded scenes with known truth, twenty kinds of bad pictures at five
    strengths, and tells how many digits are read right, accepted, and accepted though wrong; and frames
    without a digit, in which nothing may be accepted.

    \b
    Examples:
      pi-nn bench
      pi-nn bench --robustness --digits 50
      pi-nn bench --robustness --out robustness
    """
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # before NumPy: what one core of a Pi would do
    if robustness:
        _robustness(model, as_json, data, (count, blank), seed, out)
    else:
        _latency(model, as_json, runs)


def _latency(model: str, as_json: bool, runs: int) -> None:
    import time

    import numpy as np

    from pi_nn.bench import machine, measure, stages
    from pi_nn.cameras.digits import shipped_digits
    from pi_nn.cameras.scenes import render
    from pi_nn.nn import load_network

    digits = shipped_digits()
    every = stages(
        load_network(model),
        lambda text, size: render(text, digits, np.random.default_rng(1), size=size).pixels,
    )
    timings = [measure(stage, clock=time.perf_counter, runs=runs) for stage in every]
    here = machine()
    if as_json:
        click.echo(json.dumps({"machine": here, "stages": [timing.to_json() for timing in timings]}))
        return
    click.echo(
        f"{here['processor']}, Python {here['python']}, NumPy {here['numpy']}, one thread, median of {runs}"
    )
    for timing in timings:
        click.echo(f"  {timing.name:38s} {timing.median:9.3f} ms  {timing.per_second:9.1f} a second")
    click.echo(f"  peak memory {here['peak_memory_mb']} MB")


def _robustness(
    model: str, as_json: bool, data: str, counts: tuple[int, int], seed: int, out: Path | None
) -> None:
    from tqdm import tqdm

    from pi_nn.nn import load_network
    from pi_nn.reader import DigitReader
    from pi_nn.training.robustness import KINDS, cells, measure, measure_blank
    from pi_nn.training.robustness.table import Report, save_picture

    digits, reader = _digits(data), DigitReader(load_network(model))
    results: dict[Cell, Score] = {}
    for cell in tqdm(list(cells()), desc="scenes", unit="cell", disable=as_json or None):
        results[cell] = measure(cell, reader, digits, counts[0], seed)
    kinds = tqdm(KINDS, desc="no digit", unit="kind", disable=as_json or None)
    blanks = {kind: measure_blank(kind, reader, digits, counts[1], seed) for kind in kinds}
    report = Report(model, data, seed, results, blanks)
    click.echo(json.dumps(report.to_json()) if as_json else report.markdown())
    if out is not None:
        out.mkdir(parents=True, exist_ok=True)
        (out / "robustness.md").write_text(report.markdown() + "\n", encoding="utf-8")
        (out / "robustness.json").write_text(json.dumps(report.to_json()) + "\n", encoding="utf-8")
        save_picture(results, out / "robustness.png")


def _digits(data: str) -> DigitImages:
    from pi_nn.cameras.digits import DigitImages, shipped_digits

    if data == "shipped":
        return shipped_digits()
    from pi_nn.training.datasets import load_data

    known = load_data(data, "test")
    return DigitImages(known.images, known.labels.astype("uint8"))
