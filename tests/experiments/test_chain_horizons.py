import numpy as np
import pytest

from scaling_lib.data import load
from scaling_lib.experiments.scaffolding.chain_of_thought import TASKS
from scaling_lib.experiments.since_2024 import chain_horizons


class Clerk:
    """Names the right next result with probability `p`, each wrong one equally often."""

    def __init__(self, p):
        self.logit = np.log(5 * p / (1 - p))

    def logits(self, x):
        z = np.zeros((*x.shape, 8))
        for place in range(8, x.shape[1]):
            factor = x[:, place - 8]
            state = x[:, place] if place > 8 else np.zeros(len(x), int)
            right = TASKS["product"][state, factor]
            z[np.arange(len(x)), place, right] = self.logit
        return z


def test_each_right_step_is_as_probable_as_the_network_says():
    p = chain_horizons.right_steps(Clerk(0.9))
    assert p.shape == (chain_horizons.PIECES, chain_horizons.STEPS)
    np.testing.assert_allclose(p, 0.9)


@pytest.mark.parametrize("p", [0.9, 0.97])
def test_long_tasks_end_at_the_first_error(p):
    """With one error rate a share p^m of the tasks is right up to step m."""
    count = chain_horizons.reached(Clerk(p), 4000, 5, np.random.default_rng(0))
    assert count.max() <= 5 * chain_horizons.STEPS
    for m in (1, 7, 8, 20):
        assert (count >= m).mean() == pytest.approx(p**m, abs=0.03)


def test_the_chain_goes_on_from_one_piece_to_the_next():
    count = chain_horizons.reached(Clerk(1 - 1e-12), 100, 4, np.random.default_rng(0))
    assert set(count) == {4 * chain_horizons.STEPS}


def test_a_shipped_row_is_made_again_and_its_columns_agree():
    shipped = load("chain_horizons")
    row = chain_horizons.run(24, 0, steps=(200,)).iloc[0]
    same = shipped.query("d == 24 and seed == 0 and step == 200")
    assert same["error"].item() == pytest.approx(row["error"], rel=0.03)
    assert same["C"].item() == pytest.approx(row["C"], rel=1e-2)
    horizon = np.log(0.5) / np.log1p(-shipped["error"])
    np.testing.assert_allclose(shipped["horizon"], horizon, rtol=0.02)
