import numpy as np
import pytest

from scaling_lib.experiments.scaling_hypothesis import quantisation
from scaling_lib.experiments.scaling_laws import language_models
from scaling_lib.training import fit_model


def test_rounding_keeps_the_largest_weight_and_errs_by_half_a_step():
    w = np.random.default_rng(0).standard_normal((50, 4))
    for bits in (2, 4, 8):
        rounded = quantisation.quantise(w, bits)
        step = np.abs(w).max(0) / (2 ** (bits - 1) - 1)
        assert np.all(np.abs(rounded - w) <= step / 2 + 1e-12)
        np.testing.assert_allclose(np.abs(rounded).max(0), np.abs(w).max(0))
        assert max(len(np.unique(column)) for column in rounded.T) <= 2**bits - 1
    assert np.all(quantisation.quantise(np.zeros((3, 2)), 4) == 0)
    for bits in (1, 17, 2.5):
        with pytest.raises(ValueError, match=f"bits must be .* from 2 to 16, not {bits}"):
            quantisation.quantise(w, bits)


def test_eight_bits_are_free_and_two_are_not():
    table = quantisation.run(32, 2**14, bits=(8, 4, 2)).set_index("bits")
    added = table.sub(table["exact"], axis=0)
    assert abs(added.loc[8, "after"]) < 0.002
    assert added.loc[2, "after"] > 0.2 > added.loc[4, "after"] > added.loc[8, "after"]
    assert added.loc[2, "during"] < 0.8 * added.loc[2, "after"]


def test_rounding_leaves_the_model_as_it_was():
    model = language_models.untrained(8, 2**10)[0]
    before = model.theta.copy()
    rounded = quantisation.Rounded(model, 2).rounded()
    np.testing.assert_array_equal(model.theta, before)
    assert rounded.N == model.N and np.any(rounded.theta != before)


def test_rounded_training_moves_a_fine_copy():
    model, batches, _, lr = language_models.untrained(8, 2**10)
    coarse = quantisation.Rounded(model, 3)
    start = coarse.theta.copy()
    fit_model(coarse, batches, 1, lr)
    assert np.any(coarse.theta != start)
    column = coarse.rounded().p["W2"][:, 0]
    assert len(np.unique(column)) <= 7 < len(np.unique(coarse.theta))
