"""Imports point one way, and nothing heavy is loaded before it is needed."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parents[1] / "pi_nn"

# A part may import itself and what stands to its right.
ALLOWED = {
    "records": {"reasons"},
    "reasons": set(),
    "errors": set(),
    "config": {"errors"},
    "nn": {"errors"},
    "vision": {"errors", "records", "reasons"},
    "reader": {"errors", "records", "reasons", "nn", "vision"},
    "annotate": {"errors", "records"},
    "cameras": {"errors", "records", "reasons", "nn", "vision"},
    "service": {"errors", "records", "reasons", "config", "nn", "vision", "reader", "annotate", "cameras"},
    "training": {"errors", "records", "reasons", "config", "nn", "vision", "reader", "annotate", "cameras"},
}
DESKTOP_ONLY = {"scipy", "matplotlib", "tqdm", "onnx", "pi_nn.training"}
ON_THE_PI = ("vision", "reader", "cameras", "service", "nn", "annotate", "records", "config")


def modules() -> list[Path]:
    return sorted(p for p in PACKAGE.rglob("*.py"))


def part_of(path: Path) -> str:
    return path.relative_to(PACKAGE).parts[0].removesuffix(".py")


def imported_names(path: Path) -> set[str]:
    """Every module that the file imports anywhere, even inside a function or for types only."""
    names: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path} has a relative import"
            names.add(node.module or "")
            names |= {f"{node.module}.{alias.name}" for alias in node.names}
    return names


def below_pi_nn(names: set[str]) -> set[str]:
    return {name.split(".")[1] for name in names if name.startswith("pi_nn.") and name.count(".") >= 1}


@pytest.mark.parametrize("path", modules(), ids=lambda p: str(p.relative_to(PACKAGE)))
def test_imports_point_down(path: Path) -> None:
    part = part_of(path)
    if part not in ALLOWED:
        return
    parts = {
        name
        for name in below_pi_nn(imported_names(path))
        if (PACKAGE / name).exists() or (PACKAGE / f"{name}.py").exists()
    }
    assert parts <= ALLOWED[part] | {part}, f"{path} imports upwards"


@pytest.mark.parametrize(
    "path", [p for p in modules() if part_of(p) in ON_THE_PI], ids=lambda p: str(p.relative_to(PACKAGE))
)
def test_the_pi_needs_no_desktop_library(path: Path) -> None:
    for name in imported_names(path):
        assert not any(name == d or name.startswith(f"{d}.") for d in DESKTOP_ONLY), f"{path} imports {name}"


def test_the_network_core_is_numpy_and_the_standard_library() -> None:
    for path in (p for p in modules() if part_of(p) == "nn"):
        for name in imported_names(path):
            top = name.split(".")[0]
            assert top in sys.stdlib_module_names or top in {"numpy", "pi_nn"}, f"{path} imports {name}"


def test_picamera2_is_imported_in_one_file() -> None:
    users = {
        p.name
        for p in modules()
        if any(n.split(".")[0] in {"picamera2", "libcamera"} for n in imported_names(p))
    }
    assert users <= {"picamera2.py"}


def loaded_by(code: str, suspects: set[str]) -> set[str]:
    """Which of the suspects a fresh interpreter has loaded after running the code."""
    code = f"import sys\n{code}\nprint('loaded:', *({suspects!r} & set(sys.modules)))"
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stderr
    return set(result.stdout.splitlines()[-1].split()[1:])


@pytest.mark.parametrize(
    "code", ["import pi_nn", "import pi_nn.cli; pi_nn.cli.main(['--help'], standalone_mode=False)"]
)
def test_a_cheap_start_loads_neither_numpy_nor_flask(code: str) -> None:
    assert loaded_by(code, {"numpy", "flask", "PIL", "scipy", "matplotlib"}) == set()


def test_the_daemon_loads_no_desktop_library() -> None:
    code = "import pi_nn.service.server, pi_nn.reader, pi_nn.cameras"
    assert loaded_by(code, {"scipy", "matplotlib", "tqdm", "pi_nn.training"}) == set()


def test_the_daemon_loads_nothing_that_only_learning_needs() -> None:
    learning = {
        f"pi_nn.nn.{name}" for name in ("averaging", "blas", "losses", "optimizers", "runs", "schedules")
    }
    assert loaded_by("import pi_nn.reader, pi_nn.service.server", learning) == set()


def test_types_cost_the_pi_nothing() -> None:
    """numpy.typing alone is 34 million of the instructions that a Pi Zero starts with."""
    code = "import pi_nn.service.server, pi_nn.reader, pi_nn.cameras.picamera2, pi_nn.cameras.folder"
    assert loaded_by(code, {"numpy.typing"}) == set()
