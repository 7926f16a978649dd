"""Make the bundled weights again, offline, from MNIST alone: make_models.py teacher digits-cnn digits-tiny

A teacher, the same network with twice the filters, is trained first; the bundled ones learn from it what it
says of every picture as well as the truth. The first 55,000 training images are learned, the last 5,000
choose the epoch, the temperature and the thresholds, and the test images are not looked at:
scripts/measure_models.py measures, and keeps the record of each seed. MNIST is found as `pi-nn train`
finds it. A run that was stopped goes on with --resume.
"""

from __future__ import annotations

import os

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # two workers with one BLAS thread each beat one with two

import argparse
import sys
from pathlib import Path

import numpy as np

REPO = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(REPO))

from pi_nn.cameras.digits import DigitImages  # noqa: E402
from pi_nn.nn import build_network, fold, load_network  # noqa: E402
from pi_nn.training.augmentation import Augmentation  # noqa: E402
from pi_nn.training.batches import Augment  # noqa: E402
from pi_nn.training.datasets import Dataset, load_data  # noqa: E402
from pi_nn.training.distillation import Taught  # noqa: E402
from pi_nn.training.fit import Epoch, Watch, fit  # noqa: E402
from pi_nn.training.junk import junk  # noqa: E402
from pi_nn.training.mixture import Mixture, to_bytes, to_floats  # noqa: E402
from pi_nn.training.recipe import Recipe  # noqa: E402
from pi_nn.training.result import calibrate, save_result  # noqa: E402
from pi_nn.training.scene_tiles import scene_tiles  # noqa: E402
from pi_nn.training.warp import Warp  # noqa: E402

KINDS = {"teacher": "teacher", "digits-cnn": "cnn", "digits-tiny": "tiny"}
EPOCHS = {"teacher": 18, "digits-cnn": 45, "digits-tiny": 40}
# Pupils meet more troubles than their teacher: they have the truth as well.
TROUBLE_SHARE = {"teacher": 0.14, "digits-cnn": 0.2, "digits-tiny": 0.2}
JUNK_SHARE = 0.22
BANK = 60_000
VALIDATION_JUNK = 2_000
SCENES = 4_000


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("names", nargs="+", choices=KINDS, metavar="NAME", help=", ".join(KINDS))
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--epochs", type=int, help="instead of the bundled ones' number")
    parser.add_argument("--out", type=Path, default=REPO / "pi_nn" / "models", help="folder for the weights")
    parser.add_argument("--work", type=Path, default=Path("build"), help="folder for checkpoints and teacher")
    parser.add_argument("--teacher", type=Path, help="its weights  [default: teacher.npz in the work folder]")
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


def mixture_of(name: str, seed: int, train: Dataset) -> Mixture:
    pens = DigitImages(train.images, train.labels.astype(np.uint8))
    return Mixture(
        train.images,
        np.random.default_rng((seed, 1)),
        augmentation=Augmentation(
            gentle=Warp(aspect=0.15), wide_share=0.06, pen_share=0.25, trouble_share=TROUBLE_SHARE[name]
        ),
        junk_share=JUNK_SHARE,
        bank=BANK,
        scenes=scene_tiles(SCENES, pens, np.random.default_rng((seed, 2))),
    )


def make(name: str, options: argparse.Namespace, train: Dataset, validation: Dataset) -> None:
    network = build_network(KINDS[name], junk=True, rng=np.random.default_rng((options.seed, 0)))
    augment: Augment = mixture_of(name, options.seed, train)
    told = "mixture"
    weights = options.teacher or options.work / "teacher.npz"
    if name != "teacher":
        teacher = load_network(weights)
        augment, told = Taught(augment, teacher), f"mixture, taught by {teacher.sha256}"
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
    path = weights if name == "teacher" else options.out / f"{name}.npz"
    save_result(
        path,
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
        make(name, options, train, validation)


if __name__ == "__main__":
    main()
