"""The records of finished jobs, a line each, so that an experiment can be stopped and continued."""

from __future__ import annotations

import os
from pathlib import Path

from pi_nn.errors import DataError
from pi_nn.training.experiments.job import Record

MAX_BYTES = 64 << 20


class Journal:
    """A file of JSON lines that only grows; each line is written in one piece and to the disk."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def read(self) -> dict[str, Record]:
        """Finished records by their job's key; of a job done twice the later.

        A last line that was cut short (power, a full disk) is passed over: its job runs again. Raises
        :class:`DataError`, naming the line, for any other damage.
        """
        if not self.path.exists():
            return {}
        if self.path.stat().st_size > MAX_BYTES:
            raise DataError(f"{self.path}: more than {MAX_BYTES >> 20} MB, expected the records of jobs")
        whole, _, _ = self.path.read_text(encoding="utf-8", errors="replace").rpartition("\n")
        records: dict[str, Record] = {}
        for number, line in enumerate(whole.split("\n"), start=1):
            try:
                record = Record.from_line(line) if line else None
            except DataError as error:
                raise DataError(
                    f"{self.path}, line {number}: {error}; delete the line, its job runs again"
                ) from None
            if record:
                records[record.job.key] = record
        return records

    def append(self, record: Record) -> None:
        """Raises :class:`DataError` when the file cannot be written."""
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            with self.path.open("a+b") as file:
                _drop_torn_line(file.fileno())
                file.write(record.to_line().encode() + b"\n")
                file.flush()
                os.fsync(file.fileno())
        except OSError as error:
            raise DataError(f"{self.path}: the record cannot be kept: {error}") from error


def _drop_torn_line(descriptor: int) -> None:
    """Cut what follows the last line break, else the next record would continue it."""
    size = os.fstat(descriptor).st_size
    end = size
    while end:
        start = max(0, end - 4096)
        os.lseek(descriptor, start, os.SEEK_SET)
        place = os.read(descriptor, end - start).rfind(b"\n")
        if place >= 0:
            end = start + place + 1
            break
        end = start
    if end < size:
        os.truncate(descriptor, end)
