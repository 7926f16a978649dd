"""Draws what docs/experiments/ shows of the insides of networks again: after new weights were bundled.

    python scripts/make_pictures.py            half a minute, with MNIST at hand

What the experiments recorded is drawn again by ``pi-nn experiment NAME --out docs/experiments``.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
from pathlib import Path

from PIL import Image

ROOT = Path(__file__).resolve().parents[1]
PICTURES = ROOT / "docs" / "experiments"
SEVEN = "simulated:digits=7,seed=3,scene=paper+light_gradient.2"


def main() -> None:
    sys.path.insert(0, str(ROOT))
    from pi_nn.cameras import open_camera

    with tempfile.TemporaryDirectory() as folder, open_camera(SEVEN) as camera:
        seven = Path(folder) / "seven.png"
        frame = camera.capture()
        assert frame is not None, "the simulated camera has no end"
        Image.fromarray(frame.pixels).save(seven)
        explain("why-seven", "--image", str(seven), "--model", "digits-cnn")
    explain("grown", "--what", "digits", "--model", "digits-cnn")
    explain("weights-cnn", "--what", "weights", "--model", "digits-cnn")
    explain("diagram-cnn", "--what", "diagram", "--model", "digits-cnn")
    explain("back-query", "--what", "digits")
    explain("weights-book", "--what", "weights")
    explain("diagram", "--what", "diagram")
    explain("curves", "--what", "curves")
    explain("records", "--what", "records")


def explain(name: str, *arguments: str) -> None:
    command = [sys.executable, "-m", "pi_nn", "explain", *arguments, "--out", str(PICTURES / f"{name}.png")]
    subprocess.run(command, check=True, cwd=ROOT)


if __name__ == "__main__":
    main()
