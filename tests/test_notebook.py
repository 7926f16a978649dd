"""The notebook's form; ``.ci/run`` executes it (scripts/run_notebook.py)."""

from __future__ import annotations

import ast
import json
import re
from pathlib import Path

NOTEBOOK = Path(__file__).parents[1] / "docs" / "from-one-neuron-to-the-camera.ipynb"
HELD = json.loads(NOTEBOOK.read_text(encoding="utf-8"))
CODE = [cell for cell in HELD["cells"] if cell["cell_type"] == "code"]


def test_its_cells_ran_in_order_and_none_failed() -> None:
    assert [cell["execution_count"] for cell in CODE] == list(range(1, len(CODE) + 1))
    assert all(output["output_type"] != "error" for cell in CODE for output in cell["outputs"])


def test_it_needs_this_package_and_what_that_needs() -> None:
    source = "\n".join("".join(cell["source"]).replace("%matplotlib inline", "") for cell in CODE)
    roots = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            roots |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            roots.add(str(node.module).split(".")[0])
    assert roots == {"pi_nn", "numpy", "matplotlib", "tempfile", "pathlib"}


def test_its_links_lead_somewhere() -> None:
    text = "\n".join("".join(cell["source"]) for cell in HELD["cells"] if cell["cell_type"] == "markdown")
    targets = re.findall(r"\]\((?!https?:)([^)]+)\)", text)
    assert targets
    assert all((NOTEBOOK.parent / target).exists() for target in targets)
