"""A learner fed on its own answers: what is kept, what it learns, what it is worth, refusals."""

import numpy as np
import pandas as pd
import pytest

from scaling_lib import load
from scaling_lib.experiments.data_limits import synthetic_data
from scaling_lib.experiments.tabulate import tabulate


def test_learning_and_testing_share_no_problem():
    X, y, test_X, test_y = synthetic_data.problems(0)
    seen, held = ({row.tobytes() for row in inputs} for inputs in (X, test_X))
    assert len(seen) == len(y) == 8000 and len(held) == len(test_y) == 2000 and not seen & held


class Certain:
    """Puts all probability on the digits that its inputs hold."""

    def probabilities(self, X):
        return X.reshape(-1, 3, 10)


DIGITS = np.array([[8, 9, 1], [0, 1, 0], [2, 4, 0]])


def test_sampled_answers_follow_the_model():
    X = np.eye(10)[DIGITS].reshape(3, 30)
    rng = np.random.default_rng(0)
    np.testing.assert_array_equal(synthetic_data.answer(Certain(), X, rng), DIGITS)


def test_samples_agree_where_the_model_is_sure():
    X = np.eye(10)[DIGITS]
    X[2, 0] = 0.1  # the units of the third answer are a guess
    commonest, sure = synthetic_data.agreed(Certain(), X.reshape(3, 30), np.random.default_rng(0))
    assert sure.tolist() == [True, True, False]
    np.testing.assert_array_equal(commonest[:2], DIGITS[:2])


def test_verified_answers_teach_and_unverified_do_not():
    table = tabulate(
        synthetic_data.rounds,
        keep=["all", "verified"],
        seed=0,
        count=1,
        real=1500,
        training_steps=800,
    )
    last = table[table["round"] == 1].set_index("keep")
    (first,) = table[table["round"] == 0].accuracy.unique()
    assert last.right["verified"] == 1 and last.right["all"] < 0.5
    assert last.accuracy["verified"] > 1.1 * first
    assert last.accuracy["all"] < 0.9 * first
    assert last.examples["all"] == 8000


def test_an_open_pool_tries_each_problem_once_and_counts_what_it_costs():
    table = synthetic_data.rounds("open", count=2, training_steps=50)
    gained = table.examples.diff()[1:]
    assert (gained <= synthetic_data.FRESH).all()
    training = 6 * 8734 * 128 * 50
    np.testing.assert_allclose(table.flop.diff()[1:], training + 2 * 8734 * 500)


def test_a_verifier_that_passes_everything_is_none():
    lax = synthetic_data.rounds("verified", count=1, passes=1.0, training_steps=100)
    everything = synthetic_data.rounds("all", count=1, training_steps=100)
    np.testing.assert_allclose(lax.accuracy, everything.accuracy)
    np.testing.assert_allclose(lax.right, everything.right)


def test_worth_is_read_off_real_examples_of_the_same_seed():
    alone = pd.DataFrame({"seed": 0, "examples": [1000, 3000], "accuracy": [0.2, 0.6]})
    table = pd.DataFrame(
        {"keep": "verified", "seed": 0, "examples": [1000, 2000], "accuracy": [0.2, 0.3]}
    )
    found = synthetic_data.worth(table, alone)
    assert np.isnan(found.worth[0])
    assert found.equal[1] == pytest.approx(1500) and found.worth[1] == pytest.approx(0.5)


def test_shipped_rounds_come_again():
    shipped = load("own_answers")
    rows = shipped[(shipped.real == 1000) & (shipped.keep == "verified") & (shipped.seed == 0)]
    again = synthetic_data.rounds("verified", count=0, seed=0)
    assert again.accuracy[0] == pytest.approx(rows.accuracy.iloc[0], abs=0.02)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"keep": "some"}, "keep"),
        ({"keep": "all", "real": 9000}, "real"),
        ({"keep": "verified", "passes": 1.5}, "passes"),
    ],
)
def test_bad_arguments_are_refused(arguments, message):
    with pytest.raises(ValueError, match=message):
        synthetic_data.rounds(**arguments)
