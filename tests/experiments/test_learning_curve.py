import itertools

import numpy as np

from scaling_lib.experiments.learning_curve import learning_curve
from scaling_lib.models import MLP
from scaling_lib.training import fit_model


def batches(rows=8):
    X = np.ones((rows, 2), np.float32)
    return itertools.repeat((X, np.zeros(rows, int)))


def test_scores_are_measured_at_the_steps_named():
    losses = fit_model(MLP((2, 3, 2)), batches(), 5, lr=0.1)
    again = MLP((2, 3, 2))

    def measure(step):
        return {"loss": again.evaluate(*next(batches()))[0]}

    table = learning_curve(again, batches(), 0.1, [4, 1, 0, 5], measure)
    assert table["step"].tolist() == [0, 1, 4, 5]
    np.testing.assert_allclose(table["loss"][:3], losses[[0, 1, 4]], rtol=1e-5)


def test_training_ends_at_the_level_and_the_last_row_stands_for_the_rest():
    steps, count = [1, 2, 3, 4], itertools.count()
    counted = (batch for batch, _ in zip(batches(), count, strict=False))
    table = learning_curve(MLP((2, 2)), counted, 0.1, steps, lambda step: {"n": step}, ("n", 2))
    assert next(count) == 2  # batches drawn
    assert table["step"].tolist() == steps and table["n"].tolist() == [1, 2, 2, 2]
