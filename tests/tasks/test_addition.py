import numpy as np
import pytest

from scaling_lib.tasks import addition


def test_encoding_and_answer_are_the_digits():
    rng = np.random.default_rng(0)
    a, b = addition.sample(200, 4, rng)
    X = addition.encode(a, b, 4)
    power = 10 ** np.arange(5)
    digits = X.reshape(200, 2, 4, 10).argmax(-1)
    assert np.array_equal(digits @ power[:4], np.stack([a, b], 1))
    assert np.all(X.sum(1) == 8)
    assert np.array_equal(addition.answer(a, b, 4) @ power, a + b)


def test_bad_input_is_named():
    with pytest.raises(ValueError, match="digits"):
        addition.sample(3, 0, np.random.default_rng(0))
    with pytest.raises(ValueError, match="99"):
        addition.encode(np.array([100]), np.array([1]), 2)
