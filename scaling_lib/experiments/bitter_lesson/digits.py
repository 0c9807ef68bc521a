r"""Features that people designed against features that a network learns, as data grow.

`tasks.digit_images.hand_features` with a logistic classifier is the prior; a network with two
hidden layers on raw pixels is the general method. On drawn digits the noise is a knob and data
never end; on scikit-learn's handwritten digits there are 1797 images. Whether and where the general
method overtakes depends on the design of the experiment, which is why there are several.

Found (shipped table ``digits``, seeds 0 to 2, accuracy on 4000 drawn test digits; seeds differ by
less than 0.02 from 1500 images on). The prior leads with few images at every noise (50 images: .83
against .27, .65 against .23, .31 against .17 for noise .1, .2, .35). It is overtaken at about 15000
images with noise .35 (.755 against .759; at 60000 .77 against .85), between 15000 and 60000 with
noise .2 (.95 against .97 at 60000), and not at all up to 60000 with noise .1 (.997 against .995).
On handwritten digits (three splits) the prior leads up to 200 images (.93 against .91) and from 400
on they are level (.972 and .972 at 1200): those data end before anything is overtaken.

An optimiser shifts the curve, a prior moves its start (one pass over fresh digits, noise .2,
`optimiser_or_prior`): Adam needs 1.4 to 1.7 times fewer images than SGD for the same error, all the
way from 50 % to 5.5 % errors, though at 131072 images they are nearly level (3.7 and 3.9 %). The
prior saves a factor of 8 at 14 % errors, 3 at 7 % and 1.3 at 5.7 %, and from 65536 images on it has
lost (5.2 against 4.7 %). But the same features below a network that learns stay ahead up to 131072
images (3.0 against 3.7 %): a prior that does not limit what can be learned need not lose.
"""

from __future__ import annotations

import pathlib
from collections.abc import Sequence

import numpy as np
import pandas as pd
from joblib import Parallel, delayed

from scaling_lib.data.files import write_csv
from scaling_lib.models.mlp import MLP, steps
from scaling_lib.models.optimizers import SGD, Adam, cosine_schedule
from scaling_lib.tasks import digit_images as digits
from scaling_lib.tasks.digit_images import glyphs

#: Name of the learner -> (hand-made features?, hidden layers, learning rate of Adam).
LEARNERS: dict[str, tuple[bool, tuple[int, ...], float]] = {
    "hand + logistic": (True, (), 1e-2),
    "raw + logistic": (False, (), 5e-3),
    "raw + MLP": (False, (256, 128), 2e-3),
    "hand + MLP": (True, (256, 128), 2e-3),
}
#: One pass over fresh data: name -> (learner, optimiser, learning rate). The rates were picked by
#: trying factors of two at 1024 to 65536 images of noise 0.2 (seed 0), the same way for each.
VARIANTS: dict[str, tuple[str, str, float]] = {
    "raw + MLP, SGD": ("raw + MLP", "sgd", 0.6),
    "raw + MLP, Adam": ("raw + MLP", "adam", 8e-3),
    "hand + logistic, Adam": ("hand + logistic", "adam", 4e-2),
    "hand + MLP, Adam": ("hand + MLP", "adam", 8e-3),
}
TEST_IMAGES = 4000
TEST_SEED = 999
SHIPPED_NOISES = (0.1, 0.2, 0.35)
SHIPPED_SIZES = (50, 150, 500, 1500, 5000, 15000, 60000)
SHIPPED_LEARNERS = ("hand + logistic", "raw + MLP")
SHIPPED_SEEDS = (0, 1, 2)
ONE_PASS_SIZES = (1024, 4096, 16384, 65536, 131072)
BATCH = 64


def accuracy(
    learner: str,
    train: tuple[np.ndarray, np.ndarray],
    test: tuple[np.ndarray, np.ndarray],
    training_steps: int,
    seed: int = 0,
    optimiser: str = "adam",
    lr: float | None = None,
    one_pass: bool = False,
) -> dict[str, float]:
    """Train one learner and test it.

    Parameters
    ----------
    learner : str
        One of `LEARNERS`.
    train, test : tuple of (images, labels)
        Images of shape (n, size, size).
    training_steps : int
        Steps of 64 images, with cosine decay of the learning rate.
    seed : int
        Seeds the initial weights and the order of the images.
    optimiser : {"adam", "sgd"}
        Optimiser; SGD without momentum.
    lr : float, optional
        Peak learning rate; default that of the learner.
    one_pass : bool
        Take the images in their order, each at most once, instead of drawing with replacement.

    Returns
    -------
    dict
        ``N``, ``C`` (training FLOP, features not counted) and ``accuracy`` on the test images.

    Raises
    ------
    ValueError
        If a name is unknown or one pass is too short for so many steps.
    """
    if learner not in LEARNERS:
        raise ValueError(f"learner must be one of {list(LEARNERS)}, got {learner!r}")
    if optimiser not in ("adam", "sgd"):
        raise ValueError(f"optimiser must be adam or sgd, got {optimiser!r}")
    by_hand, hidden, default_lr = LEARNERS[learner]
    inputs = digits.hand_features if by_hand else lambda images: images.reshape(len(images), -1)
    X, y = inputs(train[0]), train[1]
    if one_pass and training_steps * BATCH > len(y):
        raise ValueError(f"{training_steps} steps need {training_steps * BATCH} images")
    mean, std = X.mean(0), X.std(0) + 1e-3
    X = (X - mean) / std
    model = MLP((X.shape[1], *hidden, digits.CLASSES), seed=seed)
    rng = np.random.default_rng([seed, 1])

    def batches():
        for step in range(training_steps):
            if one_pass:
                rows = slice(step * BATCH, (step + 1) * BATCH)
            else:
                rows = rng.integers(0, len(y), BATCH)
            yield X[rows], y[rows]

    peak = default_lr if lr is None else lr
    method = Adam(model.theta) if optimiser == "adam" else SGD(model.theta)
    for _ in steps(model, method, batches(), lambda t: cosine_schedule(t, training_steps, peak)):
        pass
    return {
        "N": model.N,
        "C": float(training_steps * BATCH * model.flops_per_example()),
        "accuracy": model.accuracy((inputs(test[0]) - mean) / std, test[1]),
    }


def training_steps_for(n: int) -> int:
    """Choose the steps for n images: about eight passes, at least 600 and at most 8000."""
    return int(min(8000, max(600, n // 8)))


def by_data(
    sizes: Sequence[int] = (50, 150, 500, 1500, 5000),
    noise: float = 0.35,
    warp: float = 1.0,
    seeds: Sequence[int] = (0,),
    learners: Sequence[str] = ("hand + logistic", "raw + logistic", "raw + MLP"),
) -> pd.DataFrame:
    r"""Accuracy of the learners on drawn digits, by the number of training images.

    Parameters
    ----------
    sizes : sequence of int
        Numbers of training images.
    noise, warp : float
        Of the images, see ``tasks.digit_images.glyphs``.
    seeds : sequence of int
        Each draws its own training images and weights; the 4000 test images are the same.
    learners : sequence of str
        Names in `LEARNERS`.

    Returns
    -------
    pandas.DataFrame
        One row a learner, size and seed: ``noise, learner, seed, D`` (training images),
        ``N, C, accuracy``. The standard error of an accuracy a is
        :math:`\sqrt{a (1 - a) / 4000}`, at most 0.8 %.
    """
    test = glyphs(TEST_IMAGES, noise, np.random.default_rng(TEST_SEED), warp)
    rows = []
    for seed in seeds:
        images, labels = glyphs(max(sizes), noise, np.random.default_rng([seed, 2]), warp)
        for D in sizes:
            for learner in learners:
                row = {"noise": noise, "learner": learner, "seed": seed, "D": D}
                train = images[:D], labels[:D]
                rows.append(row | accuracy(learner, train, test, training_steps_for(D), seed))
    return pd.DataFrame(rows)


def real_by_data(
    sizes: Sequence[int] = (20, 50, 100, 200, 400, 800, 1200),
    seeds: Sequence[int] = (0, 1, 2),
    learners: Sequence[str] = ("hand + logistic", "raw + logistic", "raw + MLP"),
) -> pd.DataFrame:
    """Accuracy of the learners on scikit-learn's handwritten digits, by the number of images.

    Parameters
    ----------
    sizes : sequence of int
        Numbers of training images, at most 1200.
    seeds : sequence of int
        Each splits off its own 597 test images.
    learners : sequence of str
        Names in `LEARNERS`.

    Returns
    -------
    pandas.DataFrame
        ``learner, seed, D, N, C, accuracy``.
    """
    rows = []
    for seed in seeds:
        images, labels, *test = digits.real(seed=seed)
        if max(sizes) > len(labels):
            raise ValueError(f"there are {len(labels)} training images, not {max(sizes)}")
        for D in sizes:
            for learner in learners:
                row = {"learner": learner, "seed": seed, "D": D}
                train = images[:D], labels[:D]
                rows.append(row | accuracy(learner, train, test, training_steps_for(D), seed))
    return pd.DataFrame(rows)


def optimiser_or_prior(
    sizes: Sequence[int] = (1024, 4096, 16384),
    noise: float = 0.2,
    seeds: Sequence[int] = (0,),
    variants: Sequence[str] = tuple(VARIANTS),
) -> pd.DataFrame:
    """Accuracy after one pass over fresh digits: a better optimiser against a hand-made prior.

    Parameters
    ----------
    sizes : sequence of int
        Numbers of training images, each seen once.
    noise : float
        Of the images.
    seeds : sequence of int
        Each draws its own images and weights.
    variants : sequence of str
        Names in `VARIANTS`.

    Returns
    -------
    pandas.DataFrame
        ``noise, variant, seed, D, N, C, accuracy``.
    """
    test = glyphs(TEST_IMAGES, noise, np.random.default_rng(TEST_SEED))
    rows = []
    for seed in seeds:
        images, labels = glyphs(max(sizes), noise, np.random.default_rng([seed, 2]))
        for D in sizes:
            train = images[:D], labels[:D]
            for variant in variants:
                learner, optimiser, lr = VARIANTS[variant]
                row = {"noise": noise, "variant": variant, "seed": seed, "D": D}
                rows.append(
                    row
                    | accuracy(learner, train, test, D // BATCH, seed, optimiser, lr, one_pass=True)
                )
    return pd.DataFrame(rows)


def data_multiplier(
    curves: pd.DataFrame, variant: str, reference: str, errors: Sequence[float]
) -> pd.DataFrame:
    """How many times the data the reference needs for the same error as a variant.

    Parameters
    ----------
    curves : pandas.DataFrame
        From `optimiser_or_prior`; seeds are averaged.
    variant, reference : str
        Names in the column ``variant``.
    errors : sequence of float
        Error rates (1 - accuracy) to compare at.

    Returns
    -------
    pandas.DataFrame
        ``error``; ``D_variant`` and ``D_reference``, interpolated between the logarithms of error
        and D (NaN outside the measured range); ``multiplier``, their ratio. A change that shifts
        the whole curve has the same multiplier at all errors.
    """
    error = 1 - curves.groupby(["variant", "D"])["accuracy"].mean()

    def needed(name):
        curve = error[name].sort_index(ascending=False)  # errors rise
        log_D = np.interp(
            np.log(errors), np.log(curve), np.log(curve.index), left=np.nan, right=np.nan
        )
        return np.exp(log_D)

    table = pd.DataFrame(
        {"error": errors, "D_variant": needed(variant), "D_reference": needed(reference)}
    )
    return table.assign(multiplier=table["D_reference"] / table["D_variant"])


def regenerate(out: pathlib.Path, jobs: int = 1) -> None:
    """Write the shipped accuracies: by noise and data, and after one pass by variant.

    Parameters
    ----------
    out : pathlib.Path
        CSV file to write.
    jobs : int
        Processes.
    """
    tasks = [
        delayed(by_data)(SHIPPED_SIZES, noise, seeds=(seed,), learners=SHIPPED_LEARNERS)
        for noise in SHIPPED_NOISES
        for seed in SHIPPED_SEEDS
    ]
    tasks += [delayed(optimiser_or_prior)(ONE_PASS_SIZES, seeds=(s,)) for s in SHIPPED_SEEDS]
    table = pd.concat(Parallel(n_jobs=jobs)(tasks), ignore_index=True)
    first = ["noise", "learner", "variant"]
    table = table[first + [column for column in table if column not in first]]
    write_csv(table, out, digits=5)
