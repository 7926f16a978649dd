"""Progress bars for the commands that train: the library itself prints nothing."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Never


@contextmanager
def data_progress(*, quiet: bool = False) -> Iterator[Callable[[str, int, int], None]]:
    """A bar on stderr for ``progress(what, done, total)``: downloads in bytes, pictures by number."""
    from tqdm import tqdm

    bars: dict[str, tqdm[Never]] = {}

    def show(what: str, done: int, total: int) -> None:
        if what not in bars:
            bars[what] = tqdm(
                desc=what, total=total or None, unit_scale=True, leave=False, disable=quiet or None
            )
        bars[what].update(done - bars[what].n)

    try:
        yield show
    finally:
        for bar in bars.values():
            bar.close()
