"""How a scene is made: one number for each thing that goes wrong between a page and a picture of it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Recipe:
    """The defaults are a good picture: a sheet of white paper, a dark pen, even light, a sharp lens.

    What has a direction or a place (the side a shadow falls from, ruled against squared paper) is drawn by
    the generator that renders the scene.
    """

    board: bool = False
    """Chalk on a dark board instead of ink on paper."""
    digits: tuple[int, int] = (1, 4)
    """How many digits a number may have, where the caller does not say what to write."""
    digit_height: float | None = None
    """Pixels from the top to the bottom of a digit; ``None`` fills the frame comfortably."""
    rotation: float = 0.0
    """Degrees by which the page is turned, to either side."""
    tilt: float = 0.0
    """Degrees between the line of sight and the page's normal, in any direction."""
    pen: float | None = None
    """Width of a stroke as a part of the digit's height; ``None`` keeps the writer's own."""
    contrast: float = 12.0
    """Light from the paper to light from the ink (chalk to board), as a ratio."""
    rules: float = 0.0
    """How dark ruled or squared lines are, 0 absent to 1 as dark as the ink."""
    table: float = 0.0
    """The part of the frame that shows the table beside the sheet, 0 to 0.5."""
    distractors: int = 0
    """Marks beside the digits that are none: letters, long lines, blots, scribbles."""
    gradient: float = 1.0
    """Illuminance (lux) at the bright edge to that at the dark edge, as a ratio."""
    vignette: float = 1.0
    """Illuminance in the middle to that in the corners, as a ratio."""
    shadow: float = 1.0
    """Illuminance beside a shadow to that within it, as a ratio."""
    hand: float = 0.0
    """The part of the frame that a hand covers, 0 to 0.5; it is elsewhere in every frame."""
    stops: float = 0.0
    """Exposure in photographic stops: -1 is half the light, +1 twice."""
    defocus: float = 0.0
    """Standard deviation of the blur, in pixels."""
    motion: float = 0.0
    """Length of the smear while the shutter was open, in pixels."""
    noise: float = 0.0
    """Standard deviation of the sensor's noise, in grey levels of 256."""
    quality: int | None = None
    """JPEG quality 1 to 95 of a picture that was compressed; ``None``: it was not."""

    @property
    def restless(self) -> bool:
        """True when two pictures of the same scene differ."""
        return self.noise > 0 or self.hand > 0 or self.motion > 0
