"""Rashid 2016, part 2: how the accuracy depends on the learning rate, the epochs and the hidden nodes.

The book's network by its own rules, and this package's on the same records beside it.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence
from typing import TYPE_CHECKING, ClassVar

from pi_nn.training.experiments.experiment import Experiment, Parameters, Printed
from pi_nn.training.experiments.job import Record, Row
from pi_nn.training.experiments.lesson import lesson, lesson_cost, teach
from pi_nn.training.experiments.sheet import (
    draw_printed,
    draw_spread,
    dress,
    logarithmic,
    mean_and_spread,
    rows_of,
)

if TYPE_CHECKING:
    from matplotlib.figure import Figure

ALL, FEW = 60_000, 6_000
BOOK = "book's network, book's rules"
OURS = "ours, mini-batches"
ACCURACY = "accuracy on the test images (%)"
# Adam's usual 0.001, three times faster: one epoch on MNIST is short.
OUR_RATE = 0.003


class Sweep(Experiment):
    """One parameter varies; the last epoch of each training counts, unless ``x`` is the epoch itself."""

    x: ClassVar[str]
    unit: ClassVar[str]
    printed: ClassVar[tuple[Printed, ...]]
    ticks: ClassVar[tuple[float, ...]] = ()
    """Of a logarithmic ``x``; without any it is a plain one."""
    error_ticks: ClassVar[tuple[float, ...]] = ()
    """Errors are drawn on a logarithmic scale with these ticks, instead of the accuracy."""

    @abstractmethod
    def lessons(self, data: str, records: int) -> list[Parameters]:
        """The trainings of a full sweep, on ``records`` images."""

    def settings(self, data: str, quick: bool) -> list[Parameters]:
        return self.lessons(data, FEW if quick else ALL)

    def cost(self, parameters: Parameters) -> float:
        return lesson_cost(parameters)

    def run(self, parameters: Parameters, seed: int) -> list[Row]:
        return teach(parameters, seed)

    def series(self, records: Sequence[Record]) -> dict[str, list[Row]]:
        """The rows of each line of the picture, by its label."""
        last = [row for row in rows_of(records) if row["epoch"] == row["epochs"]]
        return {
            BOOK: [row for row in last if row["network"] == "book"],
            OURS: [row for row in last if row["network"] == "ours"],
        }

    def draw(self, figure: Figure, records: Sequence[Record]) -> None:
        axes = figure.subplots()
        for number, (label, rows) in enumerate(self.series(records).items()):
            points = [(float(row[self.x]), self._percent(float(row["accuracy"]))) for row in rows]
            draw_spread(axes, points, label, number)
        printed = [Printed(p.x, self._percent(p.y), p.label) for p in self.printed]
        draw_printed(axes, printed, "printed in the book (60,000)")
        if self.ticks:
            logarithmic(axes, "x", self.ticks)
        if self.error_ticks:
            logarithmic(axes, "y", self.error_ticks)
        trained = records[0].job.parameters["records"]
        seeds = len({record.job.seed for record in records})
        what = "errors on the test images (%, logarithmic)" if self.error_ticks else ACCURACY
        dress(axes, self.unit, what, self.title)
        axes.legend(
            fontsize=11, title=f"{trained:,} records, {seeds} seeds: mean, lowest, highest", title_fontsize=10
        )

    def _percent(self, accuracy: float) -> float:
        return 100 * (1 - accuracy if self.error_ticks else accuracy)

    def summary(self, records: Sequence[Record]) -> list[str]:
        lines = []
        for label, rows in self.series(records).items():
            for x in dict.fromkeys(row[self.x] for row in rows):
                told = mean_and_spread([float(row["accuracy"]) for row in rows if row[self.x] == x])
                book = "".join(
                    f"; the book prints {p.y:.4f}"
                    for p in self.printed
                    if label.startswith(p.label) and p.x == x
                )
                lines.append(f"{label}, {self.x.replace('_', ' ')} {x}: {told}{book}")
        return lines


class LearningRate(Sweep):
    """Row A10."""

    name = "learning-rate"
    title = "784-100-10 after one epoch"
    source = "A10"
    x = "learning_rate"
    unit = "learning rate (logarithmic)"
    ticks = (0.0003, 0.001, 0.003, 0.01, 0.03, 0.1, 0.3)
    printed = tuple(
        Printed(rate, accuracy, BOOK)
        for rate, accuracy in ((0.6, 0.9047), (0.3, 0.9473), (0.2, 0.9537), (0.1, 0.9523), (0.01, 0.9241))
    )

    def lessons(self, data: str, records: int) -> list[Parameters]:
        book = [
            lesson("book", data, records=records, learning_rate=rate) for rate in (0.01, 0.1, 0.2, 0.3, 0.6)
        ]
        ours = [
            lesson("ours", data, records=records, learning_rate=rate)
            for rate in (0.0003, 0.001, 0.003, 0.01, 0.03)
        ]
        return book + ours


class Epochs(Sweep):
    """Row A11: one training of ten epochs, scored after each."""

    name = "epochs"
    title = "784-100-10, epoch after epoch"
    source = "A11"
    x = "epoch"
    unit = "epochs (times each record was seen)"
    SLOW, FAST = f"{BOOK}, rate 0.1", f"{BOOK}, rate 0.2"
    printed = (
        Printed(1, 0.9523, SLOW),
        Printed(7, 0.9628, SLOW),
        Printed(7, 0.9689, SLOW),
        Printed(1, 0.9537, FAST),
        Printed(2, 0.9579, FAST),
    )

    def lessons(self, data: str, records: int) -> list[Parameters]:
        book = [lesson("book", data, records=records, learning_rate=rate, epochs=10) for rate in (0.1, 0.2)]
        ours = lesson("ours", data, records=records, learning_rate=OUR_RATE, epochs=10)
        return [*book, ours]

    def series(self, records: Sequence[Record]) -> dict[str, list[Row]]:
        rows = rows_of(records)
        book = [row for row in rows if row["network"] == "book"]
        return {
            self.SLOW: [row for row in book if row["learning_rate"] == 0.1],
            self.FAST: [row for row in book if row["learning_rate"] == 0.2],
            OURS: [row for row in rows if row["network"] == "ours"],
        }


class HiddenNodes(Sweep):
    """Row A12: five epochs, as the book's final program has them."""

    name = "hidden-nodes"
    title = "784-H-10 after five epochs"
    source = "A12"
    x = "hidden"
    unit = "hidden nodes H (logarithmic)"
    ticks = (5, 10, 20, 50, 100, 200, 500)
    error_ticks = (2, 3, 5, 10, 20, 30)
    printed = tuple(
        Printed(hidden, accuracy, BOOK)
        for hidden, accuracy in ((5, 0.7001), (10, 0.8998), (200, 0.9751), (500, 0.9762))
    )

    def lessons(self, data: str, records: int) -> list[Parameters]:
        sizes = (5, 10, 20, 50, 100, 200, 500)
        book = [lesson("book", data, records=records, hidden=h, learning_rate=0.1, epochs=5) for h in sizes]
        ours = [
            lesson("ours", data, records=records, hidden=h, learning_rate=OUR_RATE, epochs=5) for h in sizes
        ]
        return book + ours
