"""Features that people designed against features that a network learns, as data grow.

`tasks.digit_images.hand_features` with a logistic classifier is the prior; a network with two
hidden layers on raw pixels is the general method. On drawn digits the noise is a knob and data
never end; scikit-learn's handwritten digits are 1797. Whether and where the general method
overtakes depends on the design of the experiment, which is why there are several.
"""

import pathlib
from collections.abc import Sequence

import numpy as np
import pandas as pd

from scaling_lib.data.checks import one_of
from scaling_lib.data.files import write_csv
from scaling_lib.experiments.tabulate import SEEDS, read_off, tabulate
from scaling_lib.models import MLP, SGD, Adam
from scaling_lib.tasks import digit_images
from scaling_lib.tasks.digit_images import glyphs, hand_features
from scaling_lib.training import draw_batches, fit_model

#: Name of the learner -> (hand-made features?, hidden layers, learning rate of Adam).
LEARNERS: dict[str, tuple[bool, tuple[int, ...], float]] = {
    "hand + logistic": (True, (), 1e-2),
    "hand + MLP": (True, (256, 128), 2e-3),
    "raw + MLP": (False, (256, 128), 2e-3),
}
#: One pass over fresh data: name -> (learner, optimizer, learning rate). The rates were picked by
#: trying factors of two at 1024 to 65536 images of noise 0.2 (seed 0), the same way for each.
VARIANTS: dict[str, tuple[str, type, float]] = {
    "raw + MLP, SGD": ("raw + MLP", SGD, 0.6),
    "raw + MLP, Adam": ("raw + MLP", Adam, 8e-3),
    "hand + logistic, Adam": ("hand + logistic", Adam, 4e-2),
    "hand + MLP, Adam": ("hand + MLP", Adam, 8e-3),
}
TEST_IMAGES = 4000
TEST_SEED = 999
ONE_PASS_NOISE = 0.2
SHIPPED_SIZES = (50, 150, 500, 1500, 5000, 15000, 60000)
ONE_PASS_SIZES = (1024, 4096, 16384, 65536, 131072)
BATCH = 64

Images = tuple[np.ndarray, np.ndarray]  #: of shape (n, size, size), and their labels


def accuracy(
    learner: str, train: Images, test: Images, seed: int, optimizer=Adam, lr=None, one_pass=False
) -> dict[str, float]:
    """Train one of `LEARNERS` and test it; its peak learning rate is `lr`, by default its own.

    With `one_pass` the images are taken in their order, each at most once, instead of
    `training_steps_for` so many batches drawn with replacement. Keys: ``N``, ``C`` (training FLOP,
    features not counted) and ``accuracy`` on the test images.
    """
    by_hand, hidden, default_lr = LEARNERS[one_of(learner, "learner", LEARNERS)]
    X, test_X = (
        hand_features(x) if by_hand else x.reshape(len(x), -1) for x in (train[0], test[0])
    )
    y, mean, std = train[1], X.mean(0), X.std(0) + 1e-3
    X = (X - mean) / std
    model = MLP((X.shape[1], *hidden, digit_images.CLASSES), seed=seed)
    if one_pass:
        steps = len(y) // BATCH
        batches = ((X[i : i + BATCH], y[i : i + BATCH]) for i in range(0, len(y), BATCH))
    else:
        steps = training_steps_for(len(y))
        batches = draw_batches(X, y, BATCH, np.random.default_rng([seed, 1]))
    fit_model(model, batches, steps, lr or default_lr, optimizer=optimizer(model.theta))
    right = model.accuracy((test_X - mean) / std, test[1])
    return {"N": model.N, "C": float(steps * BATCH * model.flops_per_example()), "accuracy": right}


def training_steps_for(n: int) -> int:
    """Choose the steps for n images: about eight passes, at least 600 and at most 8000."""
    return int(min(8000, max(600, n // 8)))


def by_data(noise=0.35, seed=0, sizes=SHIPPED_SIZES, learners=tuple(LEARNERS)) -> pd.DataFrame:
    """Accuracy of the learners on drawn digits, by the number of training images.

    Each seed draws its own training images and weights; the 4000 test images are the same, so the
    standard error of an accuracy is at most 0.8 %. Columns: ``noise, seed, D`` (training images),
    ``learner, N, C, accuracy``.
    """
    images, labels, test = _drawn(noise, seed, sizes)

    def run(noise, seed, D, learner):
        return accuracy(learner, (images[:D], labels[:D]), test, seed)

    return tabulate(run, noise=[noise], seed=[seed], D=sizes, learner=learners)


def real_by_data(sizes: Sequence[int], seeds=(0, 1, 2), learners=tuple(LEARNERS)) -> pd.DataFrame:
    """Accuracy of the learners on scikit-learn's handwritten digits, as in `by_data`.

    Each seed splits off its own 597 test images; 1200 are left to train on.
    """

    def run(seed, D, learner):
        images, labels, *test = digit_images.real(seed=seed)
        if D > len(labels):
            raise ValueError(f"sizes must be at most {len(labels)} training images, not {D}")
        return accuracy(learner, (images[:D], labels[:D]), test, seed)

    return tabulate(run, seed=seeds, D=sizes, learner=learners)


def optimizer_or_prior(seed=0, sizes=ONE_PASS_SIZES) -> pd.DataFrame:
    """Accuracy of `VARIANTS` after one pass over fresh digits: better optimizer or hand-made prior.

    Columns: ``noise, seed, D, variant, N, C, accuracy``.
    """
    images, labels, test = _drawn(ONE_PASS_NOISE, seed, sizes)

    def run(noise, seed, D, variant):
        learner, optimizer, lr = VARIANTS[variant]
        return accuracy(learner, (images[:D], labels[:D]), test, seed, optimizer, lr, one_pass=True)

    return tabulate(run, noise=[ONE_PASS_NOISE], seed=[seed], D=sizes, variant=list(VARIANTS))


def _drawn(noise, seed, sizes):
    """Images to learn from and their labels, and both to test on."""
    test = glyphs(TEST_IMAGES, noise, np.random.default_rng(TEST_SEED))
    return *glyphs(max(sizes), noise, np.random.default_rng([seed, 2])), test


def data_multiplier(
    curves: pd.DataFrame, variant: str, reference: str, errors: Sequence[float]
) -> pd.DataFrame:
    """How many times the data the reference needs for the same error as a variant.

    `curves` are from `optimizer_or_prior`, averaged over seeds, and `errors` are rates
    (1 - accuracy). Columns: ``error``; ``D_variant`` and ``D_reference``, interpolated between the
    logarithms of error and D (NaN outside the measured range); ``multiplier``, their ratio. A
    change that shifts the whole curve has the same multiplier at all errors.
    """
    error = 1 - curves.groupby(["variant", "D"])["accuracy"].mean()
    own, other = (read_off(errors, error[x], error[x].index) for x in (variant, reference))
    table = pd.DataFrame({"error": errors, "D_variant": own, "D_reference": other})
    return table.assign(multiplier=table["D_reference"] / table["D_variant"])


def regenerate(out: pathlib.Path, jobs: int = 1) -> None:
    """Write the shipped accuracies: by noise and data, and after one pass by variant."""
    by_noise = tabulate(by_data, jobs, noise=[0.1, 0.2, 0.35], seed=SEEDS)
    one_pass = tabulate(optimizer_or_prior, jobs, seed=SEEDS)
    columns = ["noise", "learner", "variant", "seed", "D", "N", "C", "accuracy"]
    write_csv(pd.concat([by_noise, one_pass])[columns], out, digits=5)
