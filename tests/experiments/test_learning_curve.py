import itertools

import numpy as np

from scaling_lib.experiments.learning_curve import LearningCurve
from scaling_lib.models import MLP
from scaling_lib.training import fit_model


def batches(rows=8):
    X = np.ones((rows, 2), np.float32)
    return itertools.repeat((X, np.zeros(rows, int)))


def test_scores_are_measured_at_the_steps_named():
    model = MLP((2, 3, 2))
    losses = fit_model(model, batches(), 5, lr=0.1)
    again = MLP((2, 3, 2))
    curve = LearningCurve([4, 1], lambda step: {"loss": again.evaluate(*next(batches()))[0]})
    fit_model(again, batches(), 5, lr=0.1, after_step=curve)
    table = curve.table()
    assert table["step"].tolist() == [1, 4]
    np.testing.assert_allclose(table["loss"], losses[[1, 4]], rtol=1e-5)


def test_training_ends_at_the_level_and_the_last_row_stands_for_the_rest():
    done = []
    curve = LearningCurve([1, 2, 3, 4], lambda step: {"n": len(done)}, ("n", 2))
    fit_model(MLP((2, 2)), batches(), 9, 0.1, after_step=lambda s: done.append(s) or curve(s))
    assert done == [1, 2]
    assert curve.table()["n"].tolist() == [1, 2, 2, 2]
