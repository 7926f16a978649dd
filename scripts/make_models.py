"""Make the bundled weights again, from MNIST alone: make_models.py teacher pool digits-cnn digits-tiny

A teacher, the same network with twice the filters, is trained first. It answers some passes over the
augmented training images, the pool, from which the bundled networks learn. The first 55,000 training images
are learned, the last 5,000 choose the epoch, the temperature and the thresholds, and the test images are not
looked at: scripts/measure_models.py measures, and keeps the record of each seed. MNIST is found as `pi-nn
train` finds it. A run that was stopped goes on with --resume. Teacher and pool have the seed 1; --seed is the
bundled ones'.
"""

from __future__ import annotations

import os

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # two workers with one BLAS thread each beat one with two

import argparse
import sys
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

REPO = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(REPO))

from pi_nn.cameras.digits import DigitImages  # noqa: E402
from pi_nn.nn import build_network, fold, load_network  # noqa: E402
from pi_nn.training.augmentation import Augmentation  # noqa: E402
from pi_nn.training.batches import Augment, Batch, Batches  # noqa: E402
from pi_nn.training.datasets import Dataset, load_data  # noqa: E402
from pi_nn.training.distillation import Taught  # noqa: E402
from pi_nn.training.fit import Epoch, Watch, fit  # noqa: E402
from pi_nn.training.junk import junk  # noqa: E402
from pi_nn.training.mixture import Mixture, to_bytes, to_floats  # noqa: E402
from pi_nn.training.pool import Pool, fill  # noqa: E402
from pi_nn.training.recipe import Recipe  # noqa: E402
from pi_nn.training.result import calibrate, save_result  # noqa: E402
from pi_nn.training.scene_tiles import scene_tiles  # noqa: E402
from pi_nn.training.warp import Warp  # noqa: E402

NETWORKS = {"teacher": "teacher", "digits-cnn": "cnn", "digits-tiny": "tiny"}
STEPS = ("teacher", "pool", "digits-cnn", "digits-tiny")
EPOCHS = {"teacher": 22, "digits-cnn": 60, "digits-tiny": 60}
FIRST = 1  # the seed of teacher and pool
PASSES = 24
# Pupils meet more troubles than their teacher: they have the truth as well.
TEACHER_TROUBLE, PUPIL_TROUBLE = 0.14, 0.2
JUNK_SHARE, FORM_SHARE = 0.24, 0.1
BANK = 60_000
VALIDATION_JUNK = 2_000
# Frames of the simulated camera, in so many parts.
FRAMES, PARTS = 12_000, 8
TOGETHER = 500


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("names", nargs="+", choices=STEPS, metavar="NAME", help=", ".join(STEPS))
    parser.add_argument("--seed", type=int, default=FIRST)
    parser.add_argument("--epochs", type=int, help="instead of the bundled ones' number")
    parser.add_argument("--out", type=Path, default=REPO / "pi_nn" / "models", help="folder for the weights")
    parser.add_argument("--work", type=Path, default=Path("build"), help="folder for all else")
    parser.add_argument("--resume", action="store_true", help="go on from the checkpoint")
    return parser.parse_args()


def with_junk(digits: Dataset, seed: int) -> Dataset:
    """Validation digits and, labelled -1, junk of another draw than the training's."""
    rng = np.random.default_rng((seed, 77))
    extra = to_bytes(junk(VALIDATION_JUNK, to_floats(digits.images), rng))
    labels = np.concatenate([digits.labels, np.full(len(extra), -1)])
    return Dataset(np.concatenate([digits.images, extra]), labels, digits.classes)


def show(epoch: Epoch, best: bool) -> None:
    print(
        f"epoch {epoch.number}: loss {epoch.loss:.4f}, validation loss {epoch.validation_loss:.4f}, "
        f"accuracy {epoch.validation_accuracy:.4f}, {epoch.seconds:.0f} s{', best' if best else ''}",
        flush=True,
    )


def recipe_of(epochs: int, seed: int) -> Recipe:
    return Recipe(
        epochs=epochs,
        batch_size=128,
        learning_rate=4e-3,
        optimizer="adamw",
        weight_decay=0.02,
        schedule="cosine",
        warm_up=0.05,
        average=0.999,
        seed=seed,
        keep="loss",
    )


def scenes_of(train: Dataset, work: Path) -> tuple[NDArray[np.uint8], NDArray[np.int64]]:
    """Tiles of the simulated camera with their labels, kept in the work folder."""
    path = work / "scenes.npz"
    if not path.exists():
        with ProcessPoolExecutor() as processes:
            parts = list(processes.map(some_scenes, range(PARTS), [train] * PARTS))
        tiles, labels = (np.concatenate(held) for held in zip(*parts, strict=True))
        np.savez(path, tiles=tiles, labels=labels)
    with np.load(path, allow_pickle=False) as held:
        return held["tiles"], held["labels"]


def some_scenes(part: int, train: Dataset) -> tuple[NDArray[np.uint8], NDArray[np.int64]]:
    pens = DigitImages(train.images, train.labels.astype(np.uint8))
    return scene_tiles(FRAMES // PARTS, pens, np.random.default_rng((FIRST, 2, part)))


def mixture_of(train: Dataset, trouble_share: float, work: Path) -> Mixture:
    return Mixture(
        train.images,
        np.random.default_rng((FIRST, 1)),
        augmentation=Augmentation(
            gentle=Warp(aspect=0.15), wide_share=0.06, pen_share=0.25, trouble_share=trouble_share
        ),
        junk_share=JUNK_SHARE,
        form_share=FORM_SHARE,
        bank=BANK,
        scenes=scenes_of(train, work),
    )


def make_pool(options: argparse.Namespace, train: Dataset) -> None:
    teacher = load_network(options.work / "teacher.npz")
    taught = Taught(mixture_of(train, PUPIL_TROUBLE, options.work), teacher)
    batches = Batches(train, TOGETHER, FIRST, (28, 28, 1), 11, taught)
    most = PASSES * sum(round((1 + JUNK_SHARE + FORM_SHARE) * n) for n in [TOGETHER] * len(batches))
    count = fill(options.work / "pool", passes(batches), most)
    print(f"pool: {count} tiles", flush=True)


def passes(batches: Batches) -> Iterator[Batch]:
    with ThreadPoolExecutor(2) as threads:
        for number in range(PASSES):
            print(f"pass {number + 1} of {PASSES}", flush=True)
            yield from batches.epoch(number, threads)


def lesson(name: str, options: argparse.Namespace, train: Dataset) -> tuple[Augment, str]:
    """What a network learns from, and its name."""
    if name == "teacher":
        return mixture_of(train, TEACHER_TROUBLE, options.work), "mixture"
    teacher = load_network(options.work / "teacher.npz")
    pool = Pool.load(options.work / "pool", growth=1 + JUNK_SHARE + FORM_SHARE)
    return pool, f"{PASSES} passes of the mixture, taught by {teacher.sha256}"


def make(name: str, options: argparse.Namespace, train: Dataset, validation: Dataset) -> None:
    network = build_network(NETWORKS[name], junk=True, rng=np.random.default_rng((options.seed, 0)))
    augment, told = lesson(name, options, train)
    print(f"{name}: {fold(network).parameter_count} parameters", flush=True)
    recipe = recipe_of(options.epochs or EPOCHS[name], options.seed)
    checkpoint = options.work / f"{name}-{options.seed}.checkpoint.npz"
    fitted = fit(
        network,
        train,
        validation,
        recipe,
        augment=augment,
        augmentation=told,
        checkpoint=checkpoint,
        resume=options.resume and checkpoint.exists(),
        watch=Watch(epoch=show),
    )
    save_result(
        (options.work if name == "teacher" else options.out) / f"{name}.npz",
        network,
        fitted,
        recipe,
        train,
        validation,
        command=["scripts/make_models.py", name, "--seed", str(options.seed), "--epochs", str(recipe.epochs)],
        augmentation=told,
        name=name,
        calibration=calibrate(fold(network), with_junk(validation, options.seed)),
    )


def main() -> None:
    options = arguments()
    options.work.mkdir(parents=True, exist_ok=True)
    train, validation = load_data("mnist", "train").split()
    for name in options.names:
        if name == "pool":
            make_pool(options, train)
        else:
            make(name, options, train, validation)


if __name__ == "__main__":
    main()
