"""The book's way and this package's, on the same records: accuracy against processor time."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

import numpy as np

from pi_nn.training.experiments.book import BookNetwork, book_targets
from pi_nn.training.experiments.experiment import Experiment, Parameters
from pi_nn.training.experiments.job import Record, Row
from pi_nn.training.experiments.lesson import Answer, lesson, lesson_cost, teach_book, teach_ours
from pi_nn.training.experiments.material import Material, load_parts
from pi_nn.training.experiments.sheet import COLOURS, MARKERS, dress, mean_and_spread, rows_of

if TYPE_CHECKING:
    from matplotlib.figure import Figure

PLAIN = "record by record"
WAYS = {
    PLAIN: "the book's: record by record",
    "in blocks": "the book's rules, in blocks of 64 (same weights)",
    "mini-batches": "ours: mini-batches of 64",
}
EPOCHS = 3


def teach_plainly(p: Parameters, material: Material, rng: np.random.Generator) -> Iterator[Answer]:
    """As :func:`teach_book`, but each record alone through the matrices, as the book's program does it."""
    network = BookNetwork.drawn(int(p["hidden"]), float(p["learning_rate"]), rng)
    for _ in range(int(p["epochs"])):
        for record, label in enumerate(material.labels):
            x = material.pixels(np.array([record]))[0] * 0.99 + 0.01
            network.train_record(x, book_targets(np.array([label]))[0])
        yield lambda tiles: network.query(tiles.reshape(len(tiles), -1) * 0.99 + 0.01)


class SideBySide(Experiment):
    """784-100-10, three epochs by each way. The seconds differ from machine to machine, their ratio less."""

    name = "side-by-side"
    title = "784-100-10, one to three epochs"
    source = "A10, A17"

    def settings(self, data: str, quick: bool) -> list[Parameters]:
        records = 3_000 if quick else 60_000
        book = lesson("book", data, records=records, learning_rate=0.1, epochs=EPOCHS)
        ours = lesson("ours", data, records=records, learning_rate=0.003, epochs=EPOCHS)
        return [
            book | {"way": PLAIN},
            book | {"way": "in blocks"},
            ours | {"way": "mini-batches"},
        ]

    def cost(self, parameters: Parameters) -> float:
        return lesson_cost(parameters) * (3 if parameters["way"] == PLAIN else 1)

    def run(self, parameters: Parameters, seed: int) -> list[Row]:
        train, test = load_parts(str(parameters["data"]))
        material, rng = Material(train, int(parameters["records"])), np.random.default_rng(seed)
        ways = {PLAIN: teach_plainly, "in blocks": teach_book, "mini-batches": teach_ours}
        tiles = test.images / 255
        rows: list[Row] = []
        taught = ways[str(parameters["way"])](parameters, material, rng)
        seconds, started = 0.0, time.process_time()
        for epoch, answer in enumerate(taught, start=1):
            seconds += time.process_time() - started
            score = float(np.mean(answer(tiles).argmax(axis=1) == test.labels))
            rows.append({"epoch": epoch, "seconds_taught": round(seconds, 3), "accuracy": score})
            started = time.process_time()
        return rows

    def draw(self, figure: Figure, records: Sequence[Record]) -> None:
        axes = figure.subplots()
        for number, (way, label) in enumerate(WAYS.items()):
            for record in records:
                if record.job.parameters["way"] == way:
                    axes.plot(
                        [row["seconds_taught"] for row in record.rows],
                        [100 * float(row["accuracy"]) for row in record.rows],
                        color=COLOURS[number],
                        marker=MARKERS[number],
                        markersize=7,
                        label=label if record.job.seed == 0 else None,
                    )
        # Seconds are as different as machines are, so the ticks are not given.
        axes.set_xscale("log")
        axes.xaxis.set_major_formatter("{x:g}")
        low, high = axes.get_ylim()
        axes.set_ylim(low, high + 0.35 * (high - low))  # room for the legend
        seeds = len({record.job.seed for record in records})
        dress(axes, "processor time (seconds, logarithmic)", "accuracy on the test images (%)", self.title)
        axes.legend(fontsize=10, loc="upper right", title=f"{seeds} seeds, a line each")

    def summary(self, records: Sequence[Record]) -> list[str]:
        lines = []
        slowest = _seconds(records, PLAIN, EPOCHS)
        for way, label in WAYS.items():
            for epoch in range(1, EPOCHS + 1):
                rows = rows_of(records, way=way, epoch=epoch)
                told = mean_and_spread([float(row["accuracy"]) for row in rows])
                lines.append(
                    f"{label}, epoch {epoch}: {_seconds(records, way, epoch):.1f} s, accuracy {told}"
                )
            lines.append(
                f"{label}: {slowest / _seconds(records, way, EPOCHS):.1f} times as fast as the book's"
            )
        return lines


def _seconds(records: Sequence[Record], way: str, epoch: int) -> float:
    """Processor time until the end of that epoch, the mean over the seeds."""
    rows = rows_of(records, way=way, epoch=epoch)
    return float(np.mean([float(row["seconds_taught"]) for row in rows]))
