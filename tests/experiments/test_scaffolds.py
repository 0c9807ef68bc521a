import numpy as np
import pandas as pd
import pytest

from scaling_lib.experiments.scaffolding import scaffolds
from scaling_lib.experiments.scaffolding.voting import PLACES, draw_answers
from scaling_lib.experiments.scaling_hypothesis import emergence


def test_the_remainder_of_drawn_answers_agrees_with_the_exact_one():
    shipped = emergence.shipped_distributions()
    log_p, answer = shipped["log_p"][0, 5], shipped["answer"]
    right, passed = scaffolds.residue_probability(log_p, answer, 9)
    drawn = draw_answers(np.exp(log_p), 2000, np.random.default_rng(0))
    truth = answer @ PLACES
    assert np.allclose(right, emergence.right_answer_probability(shipped)[0, 5], atol=1e-6)
    assert np.mean(drawn == truth) == pytest.approx(right.mean(), abs=0.003)
    assert np.mean(drawn % 9 == truth % 9) == pytest.approx(passed.mean(), abs=0.003)
    assert np.all(passed >= right - 1e-6)


def test_a_large_modulus_is_an_exact_check():
    shipped = emergence.shipped_distributions()
    right, passed = scaffolds.residue_probability(
        shipped["log_p"][0, 3, :4], shipped["answer"][:4], 100_003
    )
    assert np.allclose(passed, right, atol=1e-12)


def test_a_check_modulo_one_is_refused():
    with pytest.raises(ValueError, match="modulus must be"):
        scaffolds.residue_probability(np.zeros((1, 1, 10)), np.array([[1]]), 1)


def test_scaffolds_are_ordered_as_they_must_be():
    right = scaffolds.success()
    assert np.all(right["100 samples, exact check"] >= right["10 samples, exact check"] - 1e-12)
    assert np.all(right["100 samples, exact check"] >= right["100 samples, nines"] - 1e-9)
    assert np.all(right["adder for a quarter"] >= right["bare"])
    handed_over = (right["adder for a quarter"] - right["bare"]).sum(-1)
    assert handed_over.max() <= scaffolds.CALLS * emergence.PROBLEMS
    assert all(np.all((x >= 0) & (x <= 1)) for x in right.values())


SCALES = {
    "points": lambda s: s,
    "log-odds": lambda s: np.log(s / (1 - s)),
    "log-log": lambda s: np.log(-np.log(1 - s)),
}


def made_up(score):
    rng = np.random.default_rng(1)
    return pd.DataFrame(
        {"H": H, "scaffold": s, "seed": seed, "score": score(H, s) + 0.002 * rng.normal()}
        for H in (1, 2, 3, 4)
        for s in (0, 1, 2)
        for seed in (0, 1, 2)
    )


def test_interaction_is_found_where_it_is_and_not_where_it_is_not():
    additive = scaffolds.interaction(made_up(lambda H, s: 0.1 * H + 0.2 * s))
    crossed = scaffolds.interaction(made_up(lambda H, s: 0.1 * H + 0.05 * s * H))
    assert sum(v for k, v in additive.items() if k != "F") == pytest.approx(1)
    assert additive["F"] < 4 and additive["interaction"] < 0.001
    assert crossed["F"] > 100

    def logistic(H, s):
        return 1 / (1 + np.exp(2.5 - 0.8 * H - 0.8 * s))

    table = made_up(logistic)
    points, odds = (scaffolds.interaction(table, SCALES[x]) for x in ("points", "log-odds"))
    assert points["F"] > 10 * odds["F"]


def test_interaction_refuses_what_it_cannot_split():
    table = made_up(lambda H, s: 0.1)
    with pytest.raises(ValueError, match="every scaffold"):
        scaffolds.interaction(table.iloc[3:])


def test_the_factors_are_not_separate():
    table = scaffolds.scores()
    for scale in SCALES.values():
        assert scaffolds.interaction(table, scale)["F"] > 5
        for name in table["scaffold"].unique():
            rest = table[table["scaffold"] != name]
            assert scaffolds.interaction(rest, scale)["F"] > 10


def test_gains_and_their_intervals():
    table = scaffolds.gains()
    assert np.all(table["gain"] >= 1) and np.all(table["low"] <= table["high"])
    assert np.mean((table["low"] <= table["gain"]) & (table["gain"] <= table["high"])) > 0.9
    finite = table[np.isfinite(table["gain"])]
    assert np.all(finite["gain"] <= finite["most"] + 1e-9)
