import numpy as np
import pytest

from scaling_lib.data import load
from scaling_lib.experiments.scaling_hypothesis import emergence
from scaling_lib.experiments.since_2024 import reinforcement
from scaling_lib.tasks import addition


@pytest.fixture(scope="module")
def model():
    return emergence.train_adder(48, 0, 600)


def number(digits):
    return digits @ 10 ** np.arange(digits.shape[1])


def test_only_right_answers_are_rewarded(model, monkeypatch):
    monkeypatch.setattr(reinforcement, "DRAWS", 20_000)
    x, y = next(reinforcement.rewarded(model, np.random.default_rng(0)))
    a, b = x.reshape(-1, 2, 4, 10).argmax(-1).transpose(1, 0, 2)
    assert 0 < len(x) < 20_000
    np.testing.assert_array_equal(number(a) + number(b), number(y))


@pytest.mark.long
def test_answers_are_drawn_as_often_as_the_network_says(model, monkeypatch):
    monkeypatch.setattr(reinforcement, "DRAWS", 400_000)
    x, _ = next(reinforcement.rewarded(model, np.random.default_rng(1)))
    expected = reinforcement.right_draws(model).mean()
    assert len(x) / 400_000 == pytest.approx(expected, rel=0.15)


def test_the_reward_is_the_probability_of_a_right_answer(model):
    mean = reinforcement.right_draws(model).mean()
    assert mean == pytest.approx(emergence.evaluate(model)["sampled_exact_match"], rel=1e-4)


def test_a_step_on_right_answers_follows_the_gradient_of_the_reward():
    """On one problem all answers can be listed: the gradient of P(right) is compared."""
    model = emergence.untrained_adder(4, 0)
    model.theta *= 3.0  # answers that are not equally likely
    x, y = addition.encode([12], [34], 4), addition.answer(np.array([12]), np.array([34]), 4)
    model.loss_and_grad(x, y)  # what a step on a right answer descends
    direction = -model.grad.copy()

    def right():
        p = model.probabilities(x)[0].astype(float)
        return p[np.arange(5), y[0]].prod()

    before, size = right(), 1e-3 / np.linalg.norm(direction)
    model.theta += size * direction
    log_change = np.log(right() / before)
    # log P(right) is minus five times the loss, which is a mean over five digits.
    assert log_change == pytest.approx(5 * size * direction @ direction, rel=0.05)


def test_compute_counts_every_draw_and_every_kept_answer():
    table = reinforcement.run(24, 300, 0, steps=(1, 3))
    once = emergence.untrained_adder(24, 0).flops_per_example()
    assert table["step"].tolist() == [0, 1, 3]
    assert table["C"][0] == 0
    draws = reinforcement.DRAWS * table["step"] * once / 3
    assert (table["C"][1:] > draws[1:]).all()
    assert (table["C"] <= draws + reinforcement.DRAWS * table["step"] * once).all()


def test_a_shipped_row_is_made_again():
    row = reinforcement.run(64, 1500, 0, steps=(16,)).iloc[-1]
    shipped = load("reinforcement").query("H == 64 and start == 1500 and seed == 0 and step == 16")
    assert shipped["reward"].item() == pytest.approx(row["reward"], abs=3e-4)
    # A few of the answers that are right stand close to another digit: machines differ in them.
    assert shipped["likeliest"].item() == pytest.approx(row["likeliest"], abs=1e-2)
    assert shipped["pass_100"].item() == pytest.approx(row["pass_100"], abs=5e-3)
    assert shipped["C"].item() == pytest.approx(row["C"], rel=1e-2)
