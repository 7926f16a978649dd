"""Runs on the emulated Pi Zero, and here for comparison: ``guest.py IN.npz OUT.npz``.

IN holds ``tiles`` uint8 (N, 28, 28) and ``frame_K`` uint8 (H, W); OUT the probabilities of the
tiles and, as JSON, what was read in the frames.
"""

from __future__ import annotations

import json
import sys

import numpy as np

from pi_nn import DigitReader, load_network

NETWORKS = ("digits-cnn", "digits-tiny")


def main(source: str, out: str) -> None:
    with np.load(source) as data:
        tiles = data["tiles"].astype(np.float32) / np.float32(255)
        frames = [data[name] for name in sorted(data.files) if name.startswith("frame_")]
    found = {name: load_network(name).predict_proba(tiles) for name in NETWORKS}
    reader = DigitReader()
    readings = [reader.read(frame).to_json() for frame in frames]
    np.savez(out, readings=np.array(json.dumps(readings)), **found)


if __name__ == "__main__":
    main(*sys.argv[1:])
