import numpy as np
import pytest

from scaling_lib.data import load
from scaling_lib.experiments.scaffolding.chain_of_thought import TASKS, sample_ends
from scaling_lib.experiments.since_2024 import serial_parallel
from scaling_lib.tasks import permutations


@pytest.mark.parametrize("serial", serial_parallel.SERIAL)
def test_each_step_names_the_result_so_far(serial):
    factors, products = permutations.sample(5, 8, np.random.default_rng(0), TASKS["product"])
    x, targets = serial_parallel.examples(factors, products, serial)
    assert x.shape == (5, 8 + serial)
    assert (x[:, 8] == 6 + serial_parallel.SERIAL.index(serial)).all()
    written = targets[:, 8:]
    np.testing.assert_array_equal(written, products[:, 8 // serial - 1 :: 8 // serial])
    np.testing.assert_array_equal(x[:, 9:], written[:, :-1])  # each is read again
    assert (targets[:, :8] == -1).all()


def test_three_steps_are_refused():
    ones = np.ones((1, 8), int)
    with pytest.raises(ValueError, match="serial must be"):
        serial_parallel.examples(ones, ones, 3)


def test_chains_are_drawn_as_often_as_the_network_says():
    class Coin:
        def logits(self, x):
            z = np.full((*x.shape, 10), -50.0)
            z[..., 2], z[..., 4] = np.log(0.8), np.log(0.2)
            return z

    rng = np.random.default_rng(0)
    questions = np.zeros((50, 9), int)
    ends = sample_ends(Coin(), questions, 100, rng, steps=4)
    assert ends.shape == (100, 50)
    assert set(np.unique(ends)) == {2, 4}
    assert (ends == 2).mean() == pytest.approx(0.8, abs=0.02)


@pytest.mark.long
def test_a_small_run_is_made_again_and_counts_its_flop():
    one, two = (serial_parallel.run("maximum", 0, steps=(2,)) for _ in range(2))
    assert one.equals(two)
    shipped = load("serial_parallel")
    flop = shipped.groupby(["serial", "chains"])["flop"].first()
    mine = one.groupby(["serial", "chains"])["flop"].first()
    np.testing.assert_allclose(mine, flop)
    assert flop[8, 2] == 2 * flop[8, 1] > 2 * flop[1, 1]
