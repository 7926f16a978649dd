"""Compares a reading with what the scene really shows."""

from __future__ import annotations

from dataclasses import astuple, dataclass

from pi_nn.cameras.scenes import Scene
from pi_nn.records import Box, Prediction, Reading


@dataclass(frozen=True, slots=True)
class Score:
    """Counts over ``digits`` shown: read ``right`` (trusted or not), of these ``accepted``; and ``wrong``.

    ``wrong`` counts accepted digits that are another digit, or that stand where there is none. Of ``numbers``
    shown so many were ``published``, and of these so many ``false``: another text, be it for a lost digit.
    """

    digits: int = 0
    right: int = 0
    accepted: int = 0
    wrong: int = 0
    numbers: int = 0
    published: int = 0
    false: int = 0

    def __add__(self, other: Score) -> Score:
        return Score(*(a + b for a, b in zip(astuple(self), astuple(other), strict=True)))

    @property
    def accuracy(self) -> float:
        """Read right, of all that were shown, 0..1."""
        return self.right / max(1, self.digits)

    @property
    def coverage(self) -> float:
        """Read right and accepted, of all that were shown, 0..1."""
        return self.accepted / max(1, self.digits)

    @property
    def wrong_accepted(self) -> float:
        """Wrong, of all that was accepted, 0..1."""
        return self.wrong / max(1, self.accepted + self.wrong)


def score_scene(scene: Scene, reading: Reading) -> Score:
    """A shown digit is found where a box has its centre in the shown box and 0.35 to 2 times its height."""
    text = scene.truth.text.replace(" ", "").replace("\n", "")
    free = list(reading.digits)
    total = Score()
    for label, box in zip(text, scene.truth.boxes, strict=True):
        found = min((p for p in free if _stands_in(p.box, box)), key=lambda p: _unlike(p, box), default=None)
        if found is not None:
            free.remove(found)
        total += _one(label, found)
    false = reading.text is not None and reading.text != scene.truth.text
    published = reading.text is not None
    return total + Score(
        wrong=sum(p.accepted for p in free), numbers=1, published=int(published), false=int(false)
    )


def _one(label: str, found: Prediction | None) -> Score:
    if found is None:
        return Score(digits=1)
    right = found.label == label
    return Score(1, int(right), int(found.accepted and right), int(found.accepted and not right))


def _stands_in(found: Box, shown: Box) -> bool:
    x, y = found[0] + found[2] / 2, found[1] + found[3] / 2
    inside = shown[0] <= x <= shown[0] + shown[2] and shown[1] <= y <= shown[1] + shown[3]
    return inside and 0.35 <= found[3] / shown[3] <= 2


def _unlike(found: Prediction, shown: Box) -> int:
    return abs(found.box[3] - shown[3])
