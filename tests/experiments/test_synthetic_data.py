"""A learner fed on its own answers: what is kept, what it learns, and refusals."""

import numpy as np
import pytest

from scaling_lib.experiments.data_limits import synthetic_data
from scaling_lib.tasks import addition


def test_learning_and_testing_share_no_problem():
    a, b, test_a, test_b = synthetic_data.problems(0)
    seen = set(zip(a.tolist(), b.tolist(), strict=True))
    held = set(zip(test_a.tolist(), test_b.tolist(), strict=True))
    assert len(seen) == 8000 and len(held) == 2000 and not seen & held


def test_sampled_answers_follow_the_model():
    class Sure:
        """Knows every sum."""

        def forward(self, X):
            digits = X.reshape(len(X), 4, 10).argmax(-1)
            a, b = digits[:, 0] + 10 * digits[:, 1], digits[:, 2] + 10 * digits[:, 3]
            return 50.0 * np.eye(10)[addition.answer(a, b, 2)]

    a, b = np.array([99, 5, 40]), np.array([1, 5, 2])
    rng = np.random.default_rng(0)
    np.testing.assert_array_equal(
        synthetic_data.answer(Sure(), a, b, rng), addition.answer(a, b, 2)
    )
    assert synthetic_data.exact_match(Sure(), a, b) == 1


def test_verified_answers_teach_and_unverified_do_not():
    table = synthetic_data.compare(("all", "verified"), seeds=(0,), count=2)
    last = table[table["round"] == 2].set_index("keep")
    first = table[table["round"] == 0].accuracy
    assert first.nunique() == 1
    assert last.right["verified"] == 1 and last.right["all"] < 0.5
    assert last.accuracy["verified"] > 1.5 * first.iloc[0]
    assert last.accuracy["all"] < first.iloc[0] + 0.02
    assert last.examples["all"] == 8000


def test_a_verifier_that_passes_everything_is_none():
    lax = synthetic_data.rounds("verified", count=1, passes=1.0)
    everything = synthetic_data.rounds("all", count=1)
    np.testing.assert_allclose(lax.accuracy, everything.accuracy)


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
