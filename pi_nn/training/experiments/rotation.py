"""Rashid 2016, part 3: copies of every record, turned a little both ways, as extra training data."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from pi_nn.training.experiments.experiment import Experiment, Parameters, Printed
from pi_nn.training.experiments.job import Record, Row
from pi_nn.training.experiments.lesson import lesson, lesson_cost, teach
from pi_nn.training.experiments.sheet import draw_printed, draw_spread, dress, mean_and_spread, rows_of
from pi_nn.training.experiments.sweeps import ALL, BOOK, FEW, OUR_RATE, OURS

if TYPE_CHECKING:
    from matplotlib.figure import Figure

ANGLES = (0, 5, 10, 15, 20, 30, 45, 60, 90)
LONG = 10


class RotatedRecords(Experiment):
    """Row A13: by the angle after one epoch; and ten slow epochs at 10 degrees, the book's best network."""

    name = "rotation"
    title = "784-200-10 on records turned both ways"
    source = "A13"
    size = (7.0, 9.0)
    by_angle = (Printed(10, 0.9669, BOOK),)
    by_epoch = (Printed(5, 0.9745, BOOK), Printed(10, 0.9787, BOOK))

    def settings(self, data: str, quick: bool) -> list[Parameters]:
        records = FEW if quick else ALL
        lessons = []
        for network, short_rate, long_rate in (("book", 0.1, 0.01), ("ours", OUR_RATE, 0.001)):
            lessons += [
                lesson(
                    network,
                    data,
                    records=records,
                    hidden=200,
                    learning_rate=short_rate,
                    angle=a,
                )
                for a in ANGLES
            ]
            lessons.append(
                lesson(
                    network,
                    data,
                    records=records,
                    hidden=200,
                    learning_rate=long_rate,
                    angle=10,
                    epochs=LONG,
                )
            )
        return lessons

    def cost(self, parameters: Parameters) -> float:
        return lesson_cost(parameters)

    def run(self, parameters: Parameters, seed: int) -> list[Row]:
        return teach(parameters, seed)

    def draw(self, figure: Figure, records: Sequence[Record]) -> None:
        above, below = figure.subplots(2, 1)
        for axes, epochs, x, printed in (
            (above, 1, "angle", self.by_angle),
            (below, LONG, "epoch", self.by_epoch),
        ):
            for number, (network, label) in enumerate((("book", BOOK), ("ours", OURS))):
                rows = self._rows(records, network, epochs)
                points = [(float(row[x]), 100 * float(row["accuracy"])) for row in rows]
                draw_spread(axes, points, label, number)
            draw_printed(axes, [Printed(p.x, 100 * p.y, "") for p in printed], "printed in the book (60,000)")
        score = "accuracy on the test images (%)"
        dress(above, "turned by ± degrees (0: the records as they are)", score, f"{self.title}: one epoch")
        dress(below, "epochs at ±10 degrees, with a lower learning rate", score)
        seeds = len({record.job.seed for record in records})
        trained = records[0].job.parameters["records"]
        above.legend(fontsize=11, title=f"3 x {trained:,} records, {seeds} seeds: mean, lowest, highest")
        below.legend(fontsize=11)

    def _rows(self, records: Sequence[Record], network: str, epochs: int) -> list[Row]:
        return rows_of(records, network=network, epochs=epochs)

    def summary(self, records: Sequence[Record]) -> list[str]:
        lines = []
        for network, label in (("book", BOOK), ("ours", OURS)):
            for epochs, x, printed in ((1, "angle", self.by_angle), (LONG, "epoch", self.by_epoch)):
                rows = self._rows(records, network, epochs)
                for value in dict.fromkeys(row[x] for row in rows):
                    told = mean_and_spread([float(row["accuracy"]) for row in rows if row[x] == value])
                    book = [
                        f"; the book prints {p.y:.4f}" for p in printed if p.x == value and network == "book"
                    ]
                    lines.append(f"{label}, {epochs} epochs, {x} {value}: {told}{''.join(book)}")
        return lines
