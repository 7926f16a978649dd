"""``pi-nn predict``: reads photographs."""

from __future__ import annotations

import json
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from pi_nn.records import DigitTile, Frame, Reading


@click.command()
@click.argument("images", nargs=-1, required=True, metavar="IMAGE…", type=click.Path(path_type=Path))
@click.option("--model", default="digits-cnn", show_default=True, help="Weights: a path or a bundled name.")
@click.option("--json", "as_json", is_flag=True, help="One line of JSON a picture, and nothing else.")
@click.option("--min-confidence", type=click.FloatRange(0, 1), help="Accept a digit from this confidence on.")
@click.option(
    "--tiles", type=click.Path(path_type=Path, file_okay=False), help="Write what the network saw here."
)
@click.option(
    "--boxes", type=click.Path(path_type=Path, file_okay=False), help="Write annotated pictures here."
)
def predict(
    images: tuple[Path, ...],
    model: str,
    as_json: bool,
    min_confidence: float | None,
    tiles: Path | None,
    boxes: Path | None,
) -> None:
    """Reads the handwritten digits in photographs.

    \b
    Examples:
      pi-nn predict photo.jpg
      pi-nn predict --json *.jpg > readings.jsonl
      pi-nn predict photo.jpg --boxes out --tiles out

    A picture that cannot be read is reported on stderr, the others are still read, and the status is 1.
    """
    from pi_nn.errors import PictureError
    from pi_nn.nn import load_network
    from pi_nn.reader import DigitReader, strict

    network = load_network(model)
    reader = DigitReader(network, thresholds=strict(network.thresholds).override(confidence=min_confidence))
    failed = False
    for path in images:
        try:
            frame = picture_frame(path)
        except PictureError as error:
            click.echo(f"error: {error}", err=True)
            failed = True
            continue
        reading, seen = reader.examine(frame)
        click.echo(
            json.dumps(reading.to_json(), allow_nan=False)
            if as_json
            else describe(path, reading, network.classes)
        )
        if tiles is not None:
            save_tiles(tiles, path, reading, seen)
        if boxes is not None:
            save_boxes(boxes, path, frame.pixels, reading)
    if failed:
        raise click.exceptions.Exit(1)


def picture_frame(path: Path) -> Frame:
    """The picture as a frame, so that its pixels are at hand for the annotated copy."""
    from pi_nn.records import Frame
    from pi_nn.vision import open_picture

    return Frame(open_picture(path), datetime.now(UTC), time.monotonic(), 0, f"file:{path.name}")


def describe(path: Path, reading: Reading, classes: Sequence[str]) -> str:
    """The reading in words: the text first, then a line a digit with the classes that came next to it."""
    head = {"ok": reading.raw, "no_digit": "no digit", "unsure": f"{reading.raw}  (not sure)"}[reading.status]
    rows = [f"{path}: {head}".replace("\n", f"\n{' ' * (len(str(path)) + 2)}")]
    for p in reading.digits:
        doubt = f"  not accepted: {p.reason}" if p.reason else ""
        x, y, w, h = p.box
        behind = ", ".join(
            f"{classes[k]} {p.probabilities[k]:.1%}" for k in (-p.probabilities).argsort(kind="stable")[1:3]
        )
        rows.append(f"  {p.label}  {p.confidence:6.1%}  then {behind}  at {x},{y}  {w}x{h}{doubt}")
    if reading.message:
        rows.append(f"  {reading.message}")
    return "\n".join(rows)


def save_tiles(folder: Path, path: Path, reading: Reading, seen: Sequence[DigitTile]) -> None:
    """One 28x28 PNG a digit, ink white as in MNIST: ``NAME-03-reads-7.png``."""
    from PIL import Image

    folder.mkdir(parents=True, exist_ok=True)
    for i, (p, tile) in enumerate(zip(reading.digits, seen, strict=True)):
        pixels = (tile.pixels * 255).round().astype("uint8")
        Image.fromarray(pixels).save(folder / f"{path.stem}-{i:02d}-reads-{p.label}.png")


def save_boxes(folder: Path, path: Path, pixels: NDArray[np.uint8], reading: Reading) -> None:
    """The picture with a box round every digit: ``NAME-boxes.png``."""
    from pi_nn.annotate import draw_boxes

    folder.mkdir(parents=True, exist_ok=True)
    draw_boxes(pixels, reading).save(folder / f"{path.stem}-boxes.png")
