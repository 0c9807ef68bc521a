import pathlib

import numpy as np
import pandas as pd
import pytest

from scaling_lib.experiments.data_limits import collapse, repetition
from scaling_lib.experiments.scaling_hypothesis import (
    algorithms,
    ensembles,
    quantisation,
    sample_efficiency,
)
from scaling_lib.experiments.scaling_laws import language_models
from scaling_lib.tasks.language import markov_language

DATA = pathlib.Path(language_models.__file__).parents[2] / "data"


# Model collapse
def test_gaussian_shrinks_as_the_closed_form_says():
    n, generations = 10, 60
    fitted = collapse.gaussian(n, generations, "replace", chains=4000, seed=1)
    drift = np.log(fitted[-1] ** 2 / fitted[0] ** 2).mean() / generations
    assert drift == pytest.approx(collapse.expected_log_shrinkage(n), rel=0.05)
    assert (fitted[1] ** 2).mean() == pytest.approx(1, abs=0.03)  # unbiased in the mean


def test_accumulating_stays_bounded_and_a_share_of_real_data_helps():
    last = {
        regime: np.median(collapse.gaussian(20, 150, regime, chains=300)[-1])
        for regime in collapse.REGIMES
    }
    assert last["replace"] < 0.1 < last["mix"] < last["accumulate"]
    assert last["accumulate"] > 0.85


def test_accumulating_keeps_the_sums_of_all_samples():
    whole = collapse.gaussian(2, 3, "mix", chains=5, seed=0, real_share=1.0)
    np.testing.assert_allclose(whole, whole[:1].repeat(4, 0))  # only real data: nothing changes


def test_trigrams_collapse_when_replaced():
    table = collapse.compare(("replace", "accumulate"), (0,), n=20_000, generations=5)
    last = table[table.generation == 5].set_index("regime")
    first = table[table.generation == 0].excess
    assert first.nunique() == 1 and first.iloc[0] > 0
    assert last.excess["replace"] > 1.3 * last.excess["accumulate"]
    assert last.distinct["replace"] < last.distinct["accumulate"]
    with pytest.raises(ValueError, match="regime"):
        collapse.trigrams(regime="forget")
    with pytest.raises(ValueError, match="real_share"):
        collapse.gaussian(regime="mix", real_share=2)


def test_smoothed_trigrams_are_probabilities():
    model = collapse.Trigrams(5)
    model.add(np.random.default_rng(0).integers(0, 5, (200, 3)))
    p = model.probabilities()
    np.testing.assert_allclose(p.sum(-1), 1)
    assert p.min() > 0 and model.counts.sum() == 200


# Low precision
def test_rounding_keeps_the_largest_weight_and_errs_by_half_a_step():
    w = np.random.default_rng(0).standard_normal((50, 4))
    for bits in (2, 4, 8):
        rounded = quantisation.quantise(w, bits)
        step = np.abs(w).max(0) / (2 ** (bits - 1) - 1)
        assert np.all(np.abs(rounded - w) <= step / 2 + 1e-12)
        np.testing.assert_allclose(np.abs(rounded).max(0), np.abs(w).max(0))
        assert max(len(np.unique(column)) for column in rounded.T) <= 2**bits - 1
    assert np.all(quantisation.quantise(np.zeros((3, 2)), 4) == 0)
    for bits in (1, 17, 2.5):
        with pytest.raises(ValueError, match=f"bits must be .* from 2 to 16, not {bits}"):
            quantisation.quantise(w, bits)


def test_eight_bits_are_free_and_two_are_not():
    table = quantisation.loss_by_bits(sizes=(32,), D=2**15).set_index("bits")
    assert table.added[32] == 0 and abs(table.added[8]) < 0.002
    assert table.added[2] > 0.2 > table.added[4] > table.added[8]
    assert table.bytes[32] == 4 * table.N.iloc[0]


# Ensembles
def test_an_average_beats_its_members():
    table = ensembles.compare(H=8, members=(1, 4), D=2**14).set_index("k")
    assert table.probabilities[1] == pytest.approx(table.member[1], abs=1e-6)
    assert table.probabilities[4] < table.member[4]
    assert table.logits[4] < table.member[4]
    assert table.N[4] == pytest.approx(table.N_wide[4], rel=0.05)


def test_averages_are_distributions():
    members = [language_models.trained(4, 2**12, seed) for seed in (0, 1)]
    contexts = np.array([[0, 1], [5, 9]])
    for of in ("probabilities", "logits"):
        log_p = ensembles.Average(members, of).log_probs(contexts)
        np.testing.assert_allclose(np.exp(log_p).sum(-1), 1, rtol=1e-5)
    mean = np.mean([np.exp(member.log_probs(contexts)) for member in members], 0)
    log_mean = ensembles.Average(members).log_probs(contexts)
    np.testing.assert_allclose(np.exp(log_mean), mean, rtol=1e-5)
    with pytest.raises(ValueError, match="at least one"):
        ensembles.Average([])
    with pytest.raises(ValueError, match="probabilities"):
        ensembles.Average(members, "votes")


# Repetition
def test_repeating_costs_and_shipped_runs_come_again():
    table = repetition.runs(sizes=(32,), unique=(2**12,), epochs=(1, 4), most=2**14)
    cost = repetition.cost_of_repeating(table).set_index("epochs")
    assert 1.02 < cost.ratio[4] < 2 and (cost.ratio[1] == 1).all()
    shipped = pd.read_csv(DATA / "repetition.csv")
    both = table.merge(shipped, on=["seed", "H", "D", "epochs"])
    assert len(both) == len(table)
    np.testing.assert_allclose(both.loss_x, both.loss_y, rtol=2e-3)


def test_many_epochs_overfit():
    shipped = pd.read_csv(DATA / "repetition.csv")
    part = shipped[(shipped.H == 128) & (shipped.U == 2**12)].groupby("epochs").excess.mean()
    assert part[64] > part[4] and part.idxmin() <= 8
    assert (shipped.D == shipped.U * shipped.epochs).all()


def test_saturation_finds_the_constant_that_made_the_runs():
    def run(D, epochs, R):
        U = D // epochs
        worth = U * (1 + (R * -np.expm1(-(epochs - 1) / R) if epochs > 1 else 0))
        return {
            "seed": 0,
            "H": 8,
            "N": 1000,
            "D": D,
            "U": U,
            "epochs": epochs,
            "excess": worth**-0.4,
        }

    for R in (0.5, 3.0, 12.0):
        rows = [run(2**i, 1, R) for i in range(12, 21)]
        rows += [run(2**12 * e, e, R) for e in (2, 4, 8, 16)]
        # After the best number of epochs the runs get worse; the law must not be asked to follow.
        rows.append({**run(2**12 * 32, 32, R), "excess": 0.9 * 4096**-0.4})
        (found,) = repetition.saturation(pd.DataFrame(rows)).itertuples()
        assert found.R == pytest.approx(R, rel=0.01)
        assert found.ratio == pytest.approx(4.096) and found.best == 16


def test_more_text_per_parameter_stands_more_repetition():
    table = repetition.saturation(pd.read_csv(DATA / "repetition.csv")).sort_values("ratio")
    assert table.ratio.iloc[0] < 0.2 and table.ratio.iloc[-1] > 40
    assert table.R.iloc[0] < 0.6 and table.R.iloc[-1] > 5
    assert np.corrcoef(np.log(table.ratio), np.log(table.R))[0, 1] > 0.95


# Algorithms
def test_multiplier_of_a_known_law():
    D = np.array([2.0**i for i in range(12, 21)])
    rows = [
        dict(
            variant=name, seed=0, D=d, C=6 * d, excess=(scale * d) ** -0.5, loss=(scale * d) ** -0.5
        )
        for name, scale in (("adam cosine", 4.0), ("sgd constant", 1.0))
        for d in D
    ]
    table = pd.DataFrame(rows)
    multiplier = algorithms.compute_multiplier(table).multiplier
    assert multiplier.isna().sum() == 2  # the weakest runs lie above the new algorithm's curve
    np.testing.assert_allclose(multiplier.dropna(), 4)
    split = algorithms.progress_split(table, D_old=2**12, D_new=2**14).iloc[0]
    assert split.algorithm == pytest.approx(split.scale) == pytest.approx(0.5)
    # 1 to 1/2 by the algorithm or by four times the data, then 1/2 to 1/4: of 3/4 in all.
    assert (split.algorithm_first, split.algorithm_last) == pytest.approx((2 / 3, 1 / 3))
    with pytest.raises(ValueError, match="no run"):
        algorithms.progress_split(table, D_old=5)


def test_shipped_algorithms_show_a_growing_multiplier():
    table = pd.read_csv(DATA / "algorithms.csv")
    multiplier = algorithms.compute_multiplier(table).groupby("D").multiplier.min()
    assert multiplier[2**20] > 3 > 2.5 > multiplier[2**14] > 1.2
    context = algorithms.progress_split(table, old="adam cosine, context 1")
    optimizer = algorithms.progress_split(table)
    assert optimizer.scale.min() > 0.65 and context.scale.max() < 0.55
    with pytest.raises(ValueError, match="muon"):
        algorithms.runs(("muon",))


def test_live_algorithms():
    table = algorithms.runs(("adam cosine", "adam cosine, context 1"), Ds=(2**13, 2**14))
    loss = table.set_index(["variant", "D"]).loss
    assert loss["adam cosine", 2**14] < loss["adam cosine, context 1", 2**14]
    assert loss["adam cosine, context 1", 2**14] > markov_language().entropy_given(1)


# Sample efficiency
def test_larger_models_need_fewer_tokens():
    table = sample_efficiency.learning_curves(sizes=(16, 64), Ds=(2**12, 2**13, 2**14))
    target = sample_efficiency.tokens_to_target(table, 0.42).set_index("H")
    assert target.tokens[64] < 0.7 * target.tokens[16]
    shipped = pd.read_csv(DATA / "scaling_language.csv")
    tokens = sample_efficiency.tokens_to_target(shipped, 0.2).groupby("H").tokens.mean()
    assert (np.diff(np.log(tokens.dropna())) < 0).all()
    with pytest.raises(ValueError, match="no column"):
        sample_efficiency.tokens_to_target(shipped.drop(columns="C"))
    with pytest.raises(ValueError, match="excess"):
        sample_efficiency.tokens_to_target(shipped, 0)
