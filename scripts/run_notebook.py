"""Runs the notebook, cell by cell, and fails where a cell fails.

    python scripts/run_notebook.py            only runs it
    python scripts/run_notebook.py --keep     and keeps what came out, for those who read it on the web

Needs the dependency group "notebook" and the extra "train".
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

import nbformat
from nbclient import NotebookClient

ROOT = Path(__file__).parents[1]
NOTEBOOK = ROOT / "docs" / "from-one-neuron-to-the-camera.ipynb"
# Seconds that one cell may take.
PATIENCE = 300


def main() -> None:
    notebook = nbformat.read(NOTEBOOK, as_version=4)
    os.environ["PYTHONPATH"] = os.pathsep.join([str(ROOT), os.environ.get("PYTHONPATH", "")])
    client = NotebookClient(
        notebook, timeout=PATIENCE, resources={"metadata": {"path": str(NOTEBOOK.parent)}}
    )
    client.execute()
    cells = [cell for cell in notebook.cells if cell.cell_type == "code"]
    print(f"{NOTEBOOK.name}: {len(cells)} cells ran")
    if "--keep" in sys.argv[1:]:
        for cell in cells:
            # When each cell ran changes at every run.
            cell.metadata.pop("execution", None)
        nbformat.write(notebook, NOTEBOOK)


if __name__ == "__main__":
    main()
