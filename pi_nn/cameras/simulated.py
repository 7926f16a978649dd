"""A camera that needs no hardware: it draws real handwriting, knows the truth, and fails to order."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Final

import numpy as np

from pi_nn.cameras.camera import Camera, CameraSettings, Timing
from pi_nn.cameras.digits import DigitImages, shipped_digits
from pi_nn.cameras.faults import FAULTS, SLOW_SECONDS, Span, faults_at
from pi_nn.cameras.scenes import Page, Recipe, Scene, Truth, draw_page, parse_scene, photograph
from pi_nn.errors import CameraError, ConfigError

if TYPE_CHECKING:
    from numpy.typing import NDArray

KEYS: Final = ("seed", "scene", "digits", "fps", *FAULTS)
HOLD = 12
"""Captures for which a scene stays: five seconds at the default interval, long enough to be agreed upon."""


@dataclass(frozen=True, slots=True)
class Simulation:
    """What the simulated camera shows.

    ``text`` is a number that stays in view; ``None`` gives random ones of ``recipe.digits`` digits, a new one
    every twelve captures. ``fps`` 0 gives a frame as soon as one is asked for.
    """

    seed: int = 0
    recipe: Recipe = field(default_factory=Recipe)
    text: str | None = None
    fps: float = 0.0
    faults: Mapping[str, Span] = field(default_factory=dict)

    @classmethod
    def parse(cls, argument: str) -> Simulation:
        """From ``key=value,...``; a fault without a value strikes always. Raises :class:`ConfigError`.

        ``seed=N``; ``scene=paper+noise.2`` (see :func:`parse_scene`); ``digits=42`` (that number) or
        ``digits=1-4`` (numbers of so many digits); ``fps=F``; ``blank``, ``fail``, ``hang`` and ``slow`` with
        the captures they strike (see :meth:`Span.parse`).
        """
        given = _pairs(argument)
        recipe = parse_scene(given.get("scene", "paper"))
        text, lengths = _digits(given.get("digits"), recipe.digits)
        return cls(
            seed=int(_matched("seed", given.get("seed", "0"), r"\d{1,18}", "a whole number from 0 on")),
            recipe=replace(recipe, digits=lengths),
            text=text,
            fps=_fps(given.get("fps", "0")),
            faults={name: Span.parse(name, given[name]) for name in FAULTS if name in given},
        )


class SimulatedCamera(Camera):
    """Frames of paper with a number on it, (height, width) grey, the same for the same seed.

    ``truth`` tells what the last frame shows. A scene is a still picture: while it stays, ``capture`` gives
    the very same array, unless the recipe asks for noise, movement or a hand. Faults are counted over the
    camera's life, closing and opening included.
    """

    source = "simulated"

    def __init__(
        self,
        simulation: Simulation | None = None,
        *,
        settings: CameraSettings | None = None,
        timing: Timing | None = None,
        digits: DigitImages | None = None,
    ) -> None:
        super().__init__(settings, timing)
        self.simulation = simulation or Simulation()
        self.truth = Truth("", ())
        self._digits = digits
        self._captures = 0
        self._shown: tuple[int, bool] | None = None
        self._page: Page | None = None
        self._picture: Scene | None = None
        self._due = 0.0

    @classmethod
    def from_argument(cls, argument: str, settings: CameraSettings, timing: Timing) -> SimulatedCamera:
        """``key=value,...`` with the keys seed, scene, digits, fps, blank, fail, hang and slow."""
        return cls(Simulation.parse(argument), settings=settings, timing=timing)

    def _open(self) -> None:
        if self._digits is None:
            self._digits = shipped_digits()

    def _grab(self, timeout: float) -> NDArray[np.uint8]:
        self._captures += 1
        faults = faults_at(self.simulation.faults, self._captures)
        if "hang" in faults:
            self._wait_for_frame(float("inf"), timeout)
        if "fail" in faults:
            raise CameraError("camera_failed", "the simulated camera fails to order; it recovers by itself")
        delay = max(0.0, self._due - self.timing.clock()) if self.simulation.fps else 0.0
        self._wait_for_frame(delay + (SLOW_SECONDS if "slow" in faults else 0.0), timeout)
        if self.simulation.fps:
            self._due = self.timing.clock() + 1 / self.simulation.fps
        scene = self._scene_at(self._captures, blank="blank" in faults)
        self.truth = scene.truth
        return scene.pixels

    def _close(self) -> None:
        """There is no device to let go of."""

    def _wait_for_frame(self, delay: float, timeout: float) -> None:
        stopping = delay > 0 and self.timing.wait(min(delay, timeout))
        if delay > timeout or stopping:
            raise CameraError("camera_timeout", f"the simulated camera gave no frame within {timeout:g} s")

    def _scene_at(self, capture: int, *, blank: bool) -> Scene:
        """The picture of that capture; drawn anew only where it differs from the last one."""
        simulation = self.simulation
        index = 0 if simulation.text is not None else (capture - 1) // HOLD
        if self._page is None or self._shown != (index, blank):
            self._page = self._draw(np.random.default_rng([simulation.seed, index]), blank=blank)
            self._shown, self._picture = (index, blank), None
        if self._picture is None or simulation.recipe.restless:
            rng = np.random.default_rng([simulation.seed, index, capture])
            self._picture = photograph(self._page, simulation.recipe, rng)
        return self._picture

    def _draw(self, rng: np.random.Generator, *, blank: bool) -> Page:
        assert self._digits is not None  # for mypy: _open() saw to it
        size = (self.settings.width, self.settings.height)
        text = "" if blank else self.simulation.text
        return draw_page(text, self._digits, rng, self.simulation.recipe, size)


def _pairs(argument: str) -> dict[str, str]:
    given: dict[str, str] = {}
    for part in argument.split(",") if argument else ():
        key, sign, value = part.partition("=")
        if key not in KEYS or (not sign and key not in FAULTS):
            raise ConfigError(f"camera 'simulated' does not know {part!r}, expected {'=…, '.join(KEYS)}=…")
        if key in given:
            raise ConfigError(f"camera 'simulated' was given {key} twice; leave one out")
        given[key] = value if sign else "always"
    return given


def _matched(key: str, text: str, pattern: str, expected: str) -> str:
    if re.fullmatch(pattern, text, re.ASCII) is None:
        raise ConfigError(f"camera 'simulated' was given {key}={text!r}, expected {expected}")
    return text


def _digits(text: str | None, lengths: tuple[int, int]) -> tuple[str | None, tuple[int, int]]:
    """The number to show, or ``None`` and how many digits a random one has."""
    if text is None:
        return None, lengths
    expected = "a number of 1 to 8 digits such as 42, or how many digits there may be, such as 1-4"
    _matched("digits", text, r"[0-9]{1,8}|[1-8]-[1-8]", expected)
    if "-" not in text:
        return text, lengths
    low, high = int(text[0]), int(text[2])
    if low > high:
        raise ConfigError(f"camera 'simulated' was given digits={text}, expected {expected}")
    return None, (low, high)


def _fps(text: str) -> float:
    fps = float(_matched("fps", text, r"\d{1,3}(\.\d{1,6})?", "frames a second from 0.1 to 120, or 0"))
    if fps and not 0.1 <= fps <= 120:
        raise ConfigError(
            f"camera 'simulated' was given fps={text}, expected 0.1 to 120 frames a second, or 0"
        )
    return fps
