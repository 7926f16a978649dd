"""Checks of Python and the libraries."""

from __future__ import annotations

from pi_nn.doctor.facts import Check, Facts, Library

# What NumPy's ABI clash looks like: a library was built for another NumPy than the one that is loaded.
ABI_CLASH = (
    "numpy.dtype size changed",
    "numpy.ufunc size changed",
    "compiled using NumPy 1.x",
    "_ARRAY_API not found",
)
ILLEGAL_INSTRUCTION = "illegal instruction"
BLAS_CURE = "sudo apt-get install -y libopenblas0"


def python(facts: Facts) -> Check:
    version = ".".join(map(str, facts.python))
    if facts.python >= (3, 11):
        return Check("python", "ok", f"Python {version}.")
    return Check(
        "python",
        "error",
        f"Python {version} is too old, 3.11 or newer is needed.",
        "Update to Raspberry Pi OS bookworm or Debian 12, or install a newer Python.",
    )


def numpy(facts: Facts) -> Check:
    return _library(facts, "numpy", "NumPy", "python3-numpy")


def pillow(facts: Facts) -> Check:
    return _library(facts, "PIL", "Pillow", "python3-pil")


def flask(facts: Facts) -> Check:
    return _library(facts, "flask", "Flask", "python3-flask")


def waitress(facts: Facts) -> Check:
    return _library(facts, "waitress", "waitress", "python3-waitress")


def prometheus(facts: Facts) -> Check:
    return _library(facts, "prometheus_client", "prometheus-client", "python3-prometheus-client")


def blas(facts: Facts) -> Check | None:
    """The library that multiplies matrices for NumPy; the reference one is ten times slower on a Pi."""
    if facts.libraries.get("numpy", Library()).version is None:
        return None
    if facts.blas is None:
        return Check("blas", "ok", "NumPy's BLAS could not be told; that is no fault.")
    if facts.blas != "reference":
        return Check("blas", "ok", f"NumPy multiplies matrices with {facts.blas}.")
    message = "NumPy multiplies matrices with the reference BLAS, which is ten times slower than OpenBLAS."
    return Check("blas", "warning", message, BLAS_CURE)


def _library(facts: Facts, name: str, shown: str, package: str) -> Check:
    library = facts.libraries.get(name, Library(missing=True))
    label = shown.lower()
    line = f"on a Raspberry Pi: sudo apt-get install -y {package}; elsewhere: pip install {label}"
    if library.missing:
        return Check(label, "error", f"{shown} is not installed.", f"Install it, {line}")
    if library.error is None:
        return Check(label, "ok", f"{shown} {library.version}.")
    return Check(
        label, "error", f"{shown} cannot be loaded: {library.error}", library_cure(facts, library, line)
    )


def library_cure(facts: Facts, library: Library, line: str) -> str:
    """What mends an import that failed; ``line`` says how the library is installed."""
    error = library.error or ""
    if any(sign in error for sign in ABI_CLASH):
        found = facts.libraries.get("numpy", Library()).path
        place = f" (it is in {found})" if found else ""
        return (
            f"Two versions of NumPy are in each other's way: remove the one that pip installed{place}, "
            "so that Raspberry Pi OS's own is used: pip uninstall numpy, then: sudo apt-get install -y "
            "--reinstall python3-numpy"
        )
    if ILLEGAL_INSTRUCTION in error:
        return f"It was built for a newer processor: remove it with pip uninstall, then {line}"
    return f"Install it again, {line}"
