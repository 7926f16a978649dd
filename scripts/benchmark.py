"""Speed on this machine, beside the peers that are installed: python scripts/benchmark.py

Prints tables in Markdown: answering, training, start-up. Each pair of programs runs in turns, so that a busy
moment hits both; a figure is the median of the rounds, a ratio the median of their ratios (ours / theirs,
less is better). Peers: onnxruntime, torch, scikit-learn. Run it on an idle machine: on a busy one whoever
shares the work among threads waits, and the ratios mean nothing.
"""

from __future__ import annotations

import argparse
import os
import platform
import re
import subprocess
import sys
import tempfile
import time
import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from pi_nn.nn import Network, build_network, load_network, save_network
from pi_nn.nn.blas import blas_names, blas_threads
from pi_nn.reader import DigitReader
from pi_nn.training.batches import Batches
from pi_nn.training.datasets import Dataset
from pi_nn.training.experiments.book import BookNetwork, book_inputs, book_targets
from pi_nn.training.onnx_export import export_onnx
from pi_nn.training.recipe import Recipe
from pi_nn.training.steps import Steps
from pi_nn.training.team import Team

Task = Callable[[], object]
ROOT = Path(__file__).resolve().parent.parent
DENSE = "784-200-10"
PEERS = ("onnxruntime", "torch", "sklearn")
# Threads of the one before go on looking for work for a while.
PAUSE = 0.03  # seconds
# What makes a BLAS slower, or another one than this processor deserves.
SETTINGS = ("OPENBLAS", "OMP", "MKL", "NPY_")


@dataclass(frozen=True)
class Pair:
    """Two ways to do the same work, how many times it is done for one figure, and what is asked."""

    work: str
    peer: str
    ours: Task
    theirs: Task
    repeats: int
    goal: str


def seconds(task: Task, repeats: int) -> float:
    """Of one call, the mean over ``repeats``."""
    started = time.perf_counter()
    for _ in range(repeats):
        task()
    return (time.perf_counter() - started) / repeats


def compare(pair: Pair, rounds: int) -> str:
    """A row: work, ours, peer, its time, ratio, what it should be at most (and what to reach for)."""
    seconds(pair.ours, 1), seconds(pair.theirs, 1)
    ours, theirs = [], []
    for turn in range(rounds):
        # Who goes first changes, for the first finds the caches cold.
        order = [(ours, pair.ours), (theirs, pair.theirs)]
        for times, task in order if turn % 2 else reversed(order):
            time.sleep(PAUSE)
            times.append(seconds(task, pair.repeats))
    ratio = median(a / b for a, b in zip(ours, theirs, strict=True))
    return (
        f"| {pair.work} | {shown(median(ours))} | {pair.peer} | {shown(median(theirs))} | "
        f"{ratio:.3g} | {pair.goal} |"
    )


def shown(time_in_seconds: float) -> str:
    for unit, scale in (("s", 1.0), ("ms", 1e3)):
        if time_in_seconds * scale >= 1:
            return f"{time_in_seconds * scale:.3g} {unit}"
    return f"{time_in_seconds * 1e6:.3g} µs"


def installed(name: str) -> bool:
    return find_spec(name) is not None


# Answering -----------------------------------------------------------------------------------------------


def answering(folder: Path) -> Iterator[Pair]:
    x = np.random.default_rng(0).random((256, 28, 28), dtype=np.float32)
    dense, digits = saved(DENSE, folder), load_network()
    if installed("onnxruntime"):
        asked = ((digits, 1, "1.4 (1.1)"), (digits, 16, "1.6 (1.25)"), (digits, 256, "1.6 (1.25)"))
        for network, count, goal in (*asked, (dense, 1, "0.8")):
            work = f"{count} digit{'s' if count > 1 else ''}, {network.name}, one thread"
            ours = partial(network.predict_proba, x[:count])
            theirs = partial(onnx_runner(network, folder), x[:count])
            yield Pair(work, "ONNX Runtime", ours, theirs, max(3, 2000 // count), goal)
    if installed("sklearn"):
        row = x[:1].reshape(1, 784)
        ours, theirs = partial(dense.predict_proba, row), partial(sklearn_mlp().predict_proba, row)
        yield Pair(f"1 digit, {DENSE}, one thread", "scikit-learn", ours, theirs, 1000, "0.15")


def saved(kind: str, folder: Path) -> Network:
    path = folder / f"{kind}.npz"
    network = build_network(kind, rng=np.random.default_rng(0))
    save_network(path, network, name=kind, classes=tuple("0123456789"))
    return load_network(path)


def onnx_runner(network: Network, folder: Path) -> Callable[[Any], object]:
    import onnxruntime

    path = folder / f"{network.name}.onnx"
    export_onnx(network, path)
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    session = onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
    return lambda batch: session.run(["probabilities"], {"pixels": batch})


def sklearn_mlp() -> Any:
    from sklearn.neural_network import MLPClassifier

    data = random_data(640)
    peer = MLPClassifier((200,), solver="adam", batch_size=64, max_iter=1)
    return quietly(partial(peer.fit, data.images.reshape(640, 784) / np.float32(255), data.labels))


# Training ------------------------------------------------------------------------------------------------


def random_data(count: int) -> Dataset:
    rng = np.random.default_rng(0)
    return Dataset(rng.integers(0, 256, (count, 28, 28)).astype(np.uint8), rng.integers(0, 10, count))


def our_training(data: Dataset, batch: int, team: Team) -> Task:
    """One pass over the images: batches, gradients, steps."""
    recipe = Recipe(optimizer="adam", batch_size=batch)
    batches = Batches(data, batch, 0, team.network.input_shape, 10)
    steps = Steps(team.network, recipe)

    def one_pass() -> None:
        for place, (x, targets) in enumerate(batches.epoch(0)):
            team.gradients(x, targets, (0, 0, place))
            steps.step(1e-3)

    return one_pass


def training_dense(team: Team) -> Iterator[Pair]:
    data, work = random_data(6400), f"training {DENSE}, Adam, batch 64, 2 threads"
    ours = our_training(data, 64, team)
    if installed("torch"):
        yield Pair(work, "PyTorch", ours, torch_training(data, 64, team, False), 1, "0.7")
        yield Pair(work, "PyTorch, fused Adam", ours, torch_training(data, 64, team, True), 1, "1.0")
    if installed("sklearn"):
        fit = partial(sklearn_mlp().fit, data.images.reshape(-1, 784) / np.float32(255), data.labels)
        yield Pair(work, "scikit-learn", ours, partial(two_threads, fit), 1, "0.45")
    yield against_the_book(team)


def training_images(team: Team) -> Iterator[Pair]:
    data, work = random_data(640), "training digits-cnn, Adam, batch 128, 2 threads"
    if installed("torch"):
        theirs = torch_training(data, 128, team, False)
        yield Pair(work, "PyTorch", our_training(data, 128, team), theirs, 1, "1.2 (0.85)")


def quietly(task: Task) -> object:
    """Without the warning that one pass is not enough."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return task()


def two_threads(task: Task) -> object:
    """scikit-learn leaves threads to the BLAS, and ours has it on one."""
    with blas_threads(2):
        return quietly(task)


def torch_training(data: Dataset, batch: int, team: Team, fused: bool) -> Task:
    import torch

    torch.set_num_threads(2)
    network = torch.nn.Sequential(*[torch_layer(layer) for layer in team.network.layers])
    shape = (-1, 1, 28, 28) if len(team.network.input_shape) == 3 else (-1, 784)
    x = torch.from_numpy(data.images.astype(np.float32) / 255).reshape(shape)
    y = torch.from_numpy(data.labels)
    optimizer = torch.optim.Adam(network.parameters(), 1e-3, fused=fused or None)
    loss = torch.nn.CrossEntropyLoss()

    def one_pass() -> None:
        order = torch.randperm(len(data))
        for start in range(0, len(data), batch):
            chosen = order[start : start + batch]
            optimizer.zero_grad()
            loss(network(x[chosen]), y[chosen]).backward()
            optimizer.step()

    return one_pass


def torch_layer(layer: Any) -> Any:
    """The same layer in PyTorch, by its name and arguments, with weights of its own."""
    torch = import_module("torch")
    c, kind = layer.config(), type(layer).__name__
    if kind == "Residual":
        return residual([torch_layer(inner) for inner in layer.children()])
    if kind == "Conv2d":
        return torch.nn.Conv2d(
            c["channels"], c["filters"], c["kernel"], c["stride"], c["padding"], bias=c["bias"]
        )
    if kind == "Linear":
        return torch.nn.Linear(c["inputs"], c["outputs"], bias=c["bias"])
    if kind.startswith("BatchNorm"):
        return getattr(torch.nn, kind)(c["channels"])
    if kind == "MaxPool2d":
        return torch.nn.MaxPool2d(c["size"], c["stride"])
    return getattr(torch.nn, kind)()


def residual(body: list[Any]) -> Any:
    torch = import_module("torch")

    class Residual(torch.nn.Module):  # type: ignore[name-defined, misc]
        def __init__(self) -> None:
            super().__init__()
            self.body = torch.nn.Sequential(*body)

        def forward(self, x: Any) -> Any:
            return x + self.body(x)

    return Residual()


def against_the_book(team: Team) -> Pair:
    """The book's method takes one record after the other; scripts/book_job.py compares what both learn."""
    data = random_data(1280)
    book = BookNetwork.drawn(200, 0.1, np.random.default_rng(0))
    inputs, targets = book_inputs(data.images.reshape(-1, 784)), book_targets(data.labels)

    def records() -> None:
        for record, target in zip(inputs, targets, strict=True):
            book.train_record(record, target)

    work = f"training {DENSE}, Adam, batch 64, an epoch"
    return Pair(work, "the book's loop", our_training(data, 64, team), records, 1, "0.05")


# Start-up ------------------------------------------------------------------------------------------------


COMMANDS = {
    "python -c pass": ["-c", "pass"],
    "import pi_nn": ["-c", "import pi_nn"],
    "pi-nn --help": ["-m", "pi_nn", "--help"],
    "import numpy": ["-c", "import numpy"],
    "load_network(), numpy and all": ["-c", "from pi_nn import load_network; load_network()"],
}


def start_up(rounds: int) -> Iterator[str]:
    times: dict[str, list[float]] = {name: [] for name in COMMANDS}
    for _ in range(rounds):
        for name, arguments in COMMANDS.items():
            run = partial(subprocess.run, [sys.executable, *arguments], cwd=ROOT, stdout=subprocess.DEVNULL)
            times[name].append(seconds(run, 1))
    yield from (f"| {name} | {shown(median(found))} |" for name, found in times.items())
    for name, task, repeats in calls():
        yield f"| {name} | {shown(median(seconds(task, repeats) for _ in range(rounds)))} |"


def calls() -> Iterator[tuple[str, Task, int]]:
    network, reader = load_network(), DigitReader()
    x = np.random.default_rng(0).random((28, 28), dtype=np.float32)
    paper = np.full((480, 640), 220, np.uint8)
    paper[100:300, 300:330] = 30
    yield "load_network(), again", load_network, 20
    yield f"predict_proba, one digit, {network.name}", partial(network.predict_proba, x), 1000
    yield "DigitReader.read, 640x480, one digit", partial(reader.read, paper), 20


def machine() -> str:
    """The processor, the BLAS with the kernel that runs, and the versions that the figures belong to."""
    cpu, told = platform.processor() or platform.machine(), Path("/proc/cpuinfo")
    if told.exists():
        names = re.findall(r"^model name\s*:\s*(.+)$", told.read_text(encoding="utf-8"), re.MULTILINE)
        cpu = f"{len(names)} x {names[0]}" if names else cpu
    versions = [f"Python {platform.python_version()}", f"NumPy {np.__version__}"]
    versions += [f"{name} {import_module(name).__version__}" for name in PEERS if installed(name)]
    settings = [f"{name}={value}" for name, value in os.environ.items() if name.startswith(SETTINGS)]
    busy = f"load {os.getloadavg()[0]:.1f}" if hasattr(os, "getloadavg") else "load unknown"
    blas = ", ".join(blas_names()) or "unknown"
    return "; ".join([cpu, f"BLAS {blas}", ", ".join(versions), *settings, busy])


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--rounds", type=int, default=15, help="figures to take the median of")
    parser.add_argument("--only", choices=("answering", "training", "start-up"))
    options = parser.parse_args()
    print(f"{machine()}\n")
    if options.only != "start-up":
        print("| work | ours | peer | theirs | ratio | at most (reach) |\n|---|---|---|---|---|---|")
    if options.only in (None, "answering"):
        with tempfile.TemporaryDirectory() as folder, blas_threads(1):
            print_pairs(answering(Path(folder)), options.rounds)
    if options.only in (None, "training"):
        for kind, pairs in ((DENSE, training_dense), ("cnn", training_images)):
            network = build_network(kind, rng=np.random.default_rng(0))
            with Team(network, Recipe().make_loss(), 2) as team:
                print_pairs(pairs(team), options.rounds)
    if options.only in (None, "start-up"):
        print("\n| start-up and latency | median |\n|---|---|")
        for row in start_up(options.rounds):
            print(row, flush=True)


def print_pairs(pairs: Iterator[Pair], rounds: int) -> None:
    for pair in pairs:
        print(compare(pair, rounds), flush=True)


if __name__ == "__main__":
    main()
