import numpy as np
import pandas as pd
import pytest

from scaling_lib import data
from scaling_lib.experiments.scaling_hypothesis import ensembles
from scaling_lib.experiments.scaling_laws import language_models


def test_an_average_beats_its_members():
    table = ensembles.run(H=8, D=2**13, rates=(1.0,), k=4)
    row = table.iloc[0]
    assert row["rate"] == 1
    assert max(row["probabilities"], row["logits"]) < row["alone"]
    assert row["wide"] < row["alone"]


def test_best_rates_are_chosen_for_each_side():
    table = pd.DataFrame(
        {
            "H": 8,
            "D": 16,
            "seed": 0,
            "rate": [0.5, 1.0],
            "alone": [0.5, 0.4],
            "probabilities": [0.3, 0.35],
            "logits": [0.3, 0.35],
            "wide": [0.25, 0.2],
        }
    )
    best = ensembles.at_best_rates(table).iloc[0]
    assert best[["alone", "logits", "wide"]].tolist() == [0.4, 0.3, 0.2]
    assert best["share"] == pytest.approx(0.5)


def test_averages_are_distributions():
    members = [language_models.trained(4, 2**12, seed) for seed in (0, 1)]
    contexts = np.array([[0, 1], [5, 9]])
    for of in ("probabilities", "logits"):
        log_p = ensembles.Average(members, of).log_probs(contexts)
        np.testing.assert_allclose(np.exp(log_p).sum(-1), 1, rtol=1e-5)
    mean = np.mean([np.exp(member.log_probs(contexts)) for member in members], 0)
    log_mean = ensembles.Average(members, "probabilities").log_probs(contexts)
    np.testing.assert_allclose(np.exp(log_mean), mean, rtol=1e-5)
    with pytest.raises(ValueError, match="probabilities"):
        ensembles.Average(members, "votes")


def test_the_share_of_a_committee_depends_on_width_and_text():
    share = ensembles.at_best_rates(data.load("ensembles")).groupby(["H", "D"])["share"]
    assert share.max()[8, 2**17] < 0.6 < 0.9 < share.min()[64, 2**13]
