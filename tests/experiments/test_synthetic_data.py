"""A learner fed on its own answers: what is kept, what it learns, and refusals."""

import numpy as np
import pytest

from scaling_lib.experiments.data_limits import synthetic_data


def test_learning_and_testing_share_no_problem():
    X, y, test_X, test_y = synthetic_data.problems(0)
    seen, held = ({row.tobytes() for row in inputs} for inputs in (X, test_X))
    assert len(seen) == len(y) == 8000 and len(held) == len(test_y) == 2000 and not seen & held


def test_sampled_answers_follow_the_model():
    class Certain:
        """Puts all probability on the digits that its inputs hold."""

        def probabilities(self, X):
            return X.reshape(-1, 3, 10)

    digits = np.array([[8, 9, 1], [0, 1, 0], [2, 4, 0]])
    X = np.eye(10)[digits].reshape(3, 30)
    np.testing.assert_array_equal(
        synthetic_data.answer(Certain(), X, np.random.default_rng(0)), digits
    )


def test_verified_answers_teach_and_unverified_do_not():
    table = synthetic_data.compare(
        ("all", "verified"), seeds=(0,), count=1, real=1500, training_steps=800
    )
    last = table[table["round"] == 1].set_index("keep")
    (first,) = table[table["round"] == 0].accuracy.unique()
    assert last.right["verified"] == 1 and last.right["all"] < 0.5
    assert last.accuracy["verified"] > 1.1 * first
    assert last.accuracy["all"] < 0.9 * first
    assert last.examples["all"] == 8000


def test_a_teacher_tells_as_many_answers_as_a_verifier_lets_pass():
    table = synthetic_data.compare(("verified", "teacher"), (0,), count=1, training_steps=100)
    last = table[table["round"] == 1].set_index("keep")
    assert last.examples["teacher"] == last.examples["verified"] > 1000
    assert last.right["teacher"] == 1


def test_a_verifier_that_passes_everything_is_none():
    lax = synthetic_data.rounds("verified", count=1, passes=1.0, training_steps=100)
    everything = synthetic_data.rounds("all", count=1, training_steps=100)
    np.testing.assert_allclose(lax.accuracy, everything.accuracy)
    np.testing.assert_allclose(lax.right, everything.right)


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
