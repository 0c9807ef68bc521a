import numpy as np
import pytest

from scaling_lib.experiments.scaling_hypothesis import quantisation


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
    table = quantisation.loss_by_bits(sizes=(32,), D=2**15).set_index("bits")
    assert table.added[32] == 0 and abs(table.added[8]) < 0.002
    assert table.added[2] > 0.2 > table.added[4] > table.added[8]
    assert table.bytes[32] == 4 * table.N.iloc[0]
