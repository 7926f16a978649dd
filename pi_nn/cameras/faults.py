"""Faults to order: which captures of the simulated camera go wrong, and how."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from pi_nn.errors import ConfigError

FAULTS: Final = ("blank", "fail", "hang", "slow")
SLOW_SECONDS = 1.0
"""How much later than usual a slow frame comes: late, but within the usual time-out."""

_FOR_EVER = 10**9
_FORM = re.compile(r"(\d{1,9})(-(\d{1,9})?)?", re.ASCII)


@dataclass(frozen=True, slots=True)
class Span:
    """Captures ``first`` to ``last``, both included, counted from 1 over the life of a camera."""

    first: int
    last: int

    def __contains__(self, capture: int) -> bool:
        return self.first <= capture <= self.last

    @classmethod
    def parse(cls, fault: str, text: str) -> Span:
        """``N`` the first N captures, ``A-B`` from A to B, ``A-`` from A on, ``always``."""
        if text == "always":
            return cls(1, _FOR_EVER)
        form = _FORM.fullmatch(text)
        if form is None:
            raise ConfigError(
                f"{fault}={text!r} is not known, expected {fault}=3 (the first three captures), "
                f"{fault}=4-6, {fault}=4- (from the fourth on) or {fault}=always"
            )
        number = int(form[1])
        if form[2] is None:
            return cls(1, number)
        last = int(form[3]) if form[3] else _FOR_EVER
        if not 1 <= number <= last:
            raise ConfigError(
                f"{fault}={text} is empty, expected captures counted from 1, the lower one first"
            )
        return cls(number, last)


def faults_at(faults: Mapping[str, Span], capture: int) -> set[str]:
    """The names of the faults that strike capture number ``capture``."""
    return {name for name, span in faults.items() if capture in span}
