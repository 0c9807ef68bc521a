import numpy as np
import pytest

from scaling_lib.experiments.scaling_laws import random_features


def test_all_features_and_plenty_of_data_leave_nothing():
    rng = np.random.default_rng(0)
    train, test = random_features.losses(60, 200, 1.0, rng, latent=60, teachers=4)
    assert train < 1e-6
    assert test < 1e-6
    alone = random_features.losses(1, 2000, 1.0, rng, latent=60, teachers=200)[1]
    assert 0.1 < alone < 1


def test_double_descent_and_its_cure():
    table = random_features.double_descent((16, 64, 256), D=64)
    test = table.groupby(["ridge", "N"])["test"].median()
    assert test[1e-8, 64] > 20 * test[1e-8, 16]
    assert test[1e-8, 64] > 20 * test[1e-8, 256]
    assert test[1e-2, 64] < 2 * test[1e-2, 16]
    train = table.groupby(["ridge", "N"])["train"].median()
    assert train[1e-8, 256] < 1e-6 < train[1e-8, 16]


def test_bad_input_is_named():
    rng = np.random.default_rng(0)
    with pytest.raises(ValueError, match="latent"):
        random_features.losses(10, 20, 1.0, rng, latent=9)
    with pytest.raises(ValueError, match="positive"):
        random_features.losses(10, 20, 1.0, rng, ridge=0)
