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


def test_the_control_is_told_as_many_answers_of_sums_chosen_at_random(model):
    """From one seed both draw the same sums and answers; only the choice of the sums differs."""
    x, _ = next(reinforcement.rewarded(model, np.random.default_rng(0)))
    told, y = next(reinforcement.rewarded(model, np.random.default_rng(0), told=True))
    a, b = told.reshape(-1, 2, 4, 10).argmax(-1).transpose(1, 0, 2)
    np.testing.assert_array_equal(number(a) + number(b), number(y))
    assert told.shape == x.shape and not (told == x).all()


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


@pytest.mark.parametrize(("lr", "by"), [(3e-3, "reward"), (3e-4, "reward"), (3e-3, "answers")])
def test_a_shipped_row_is_made_again(lr, by):
    row = reinforcement.run(64, 1500, 0, lr, by, steps=(16,)).iloc[-1]
    shipped = load("reinforcement").query("H == 64 and start == 1500 and seed == 0 and step == 16")
    shipped = shipped[(shipped["lr"] == lr) & (shipped["by"] == by)]
    assert shipped["reward"].item() == pytest.approx(row["reward"], abs=3e-4)
    # A few of the answers that are right stand close to another digit: machines differ in them.
    assert shipped["likeliest"].item() == pytest.approx(row["likeliest"], abs=1e-2)
    assert shipped["pass_100"].item() == pytest.approx(row["pass_100"], abs=5e-3)
    assert shipped["C"].item() == pytest.approx(row["C"], rel=1e-2)


def test_all_ways_of_going_on_begin_from_the_same_network():
    before = load("reinforcement").query("step == 0")
    ways = before.groupby(["H", "start", "seed"])[["reward", "likeliest", "pass_100"]]
    assert (ways.nunique() == 1).all(axis=None)


def test_pass_100_falls_by_reward_at_both_rates_and_not_when_the_answers_are_told():
    runs = load("reinforcement").groupby(["lr", "by", "H", "start", "seed"])["pass_100"]
    more = runs.last() - runs.first()
    assert (more.xs("reward", level="by") < 0).all()
    assert more.xs("answers", level="by").min() > -0.01


def test_the_share_falls_at_first_only_at_the_higher_rate():
    table = load("reinforcement").query("by == 'reward' and seed < 3")
    runs = table.groupby(["lr", "H", "start", "seed"])["reward"]
    fall = 1 - runs.min() / runs.first()
    assert fall[3e-3].min() > 0.05
    assert fall[3e-4].max() < 0.01
