"""What models read, mixtures, few bits and rates by layer: the mechanics, and the shipped maps."""

import numpy as np
import pytest

from scaling_lib import load
from scaling_lib.experiments.scaling_laws.language_models import untrained
from scaling_lib.experiments.since_2024 import (
    data_filtering,
    data_mixing,
    distillation,
    low_precision,
    mixture,
    width_transfer,
)
from scaling_lib.models import Adam
from scaling_lib.tasks.language import markov_language
from scaling_lib.training import fit_model


@pytest.mark.parametrize("rule", mixture.ROUTES)
def test_a_rule_sends_every_context_to_one_expert_and_uses_all(rule):
    route = mixture.routing(rule, 4)
    assert route.shape == (64, 64) and np.bincount(route.ravel()).tolist() == [1024] * 4
    if rule == "last token":
        assert (route == route[0]).all()
    with pytest.raises(ValueError, match="rule must be"):
        mixture.routing("by length", 4)


def test_a_mixture_answers_with_the_expert_of_each_context():
    model = mixture.mixture(H=4, G=3, D=2**11)
    contexts = np.random.default_rng(0).integers(0, 64, (50, 2))
    got = model.log_probs(contexts)
    for (u, v), row in zip(contexts, got, strict=True):
        own = model.experts[v % 3].log_probs(np.array([[u, v]]))[0]
        np.testing.assert_allclose(row, own, rtol=1e-5, atol=1e-5)
    np.testing.assert_allclose(np.exp(got).sum(1), 1, rtol=1e-5)


def test_an_expert_reads_only_its_part():
    text = markov_language(0).windows(2**11, 1000)
    alone = mixture.expert(text[text[:, 1] % 3 == 1], 4, 1)
    np.testing.assert_array_equal(mixture.mixture(4, 3, 2**11).experts[1].theta, alone.theta)


def test_one_expert_for_all_is_the_dense_model_whatever_the_rule():
    one, other = (mixture.run(4, 1, 2**11, rule)["excess"] for rule in mixture.ROUTES)
    assert one == other
    row = mixture.run(4, 4, 2**12)
    assert row["total"] == 4 * row["active"]


def test_shares_are_steps_of_adam_scaled_by_name():
    plain, *_ = untrained(8, 2**10)
    shared, batches, _, _ = untrained(8, 2**10)
    start = plain.theta.copy()
    x, y = next(iter(batches))
    for model, optimizer in (
        (plain, Adam(plain.theta)),
        (shared, width_transfer.Shares(shared, W2=0.25)),
    ):
        model.loss_and_grad(x, y)
        optimizer.step(model.grad, 0.01)
    moved = (plain.theta - start).copy(), (shared.theta - start).copy()
    ends = np.cumsum([view.size for view in plain.p.values()])
    part = slice(ends[1], ends[2])  # W2
    np.testing.assert_allclose(moved[1][part], 0.25 * moved[0][part], atol=1e-7)
    rest = np.delete(np.arange(len(start)), np.arange(ends[1], ends[2]))
    np.testing.assert_allclose(moved[1][rest], moved[0][rest], atol=1e-7)


@pytest.mark.parametrize("way", ["by layer", "by layer, base 8"])
def test_both_ways_are_one_model_at_the_base_width_alone(way):
    base = width_transfer.WAYS[way]
    for H in (8, 64):
        one, scaled = (width_transfer.run(name, H, 2**11, 0.01) for name in ("one rate", way))
        assert (one == scaled) == (base == H)


def test_a_way_of_width_transfer_that_is_not_there_is_refused():
    with pytest.raises(ValueError, match="way must be"):
        width_transfer.run("by depth", 8, 2**11, 0.01)


def test_rounding_after_starts_from_one_trained_model_and_during_trains_anew():
    after = low_precision.run(32, 2**12, "after", bits=(6, 2)).set_index("bits")["excess"]
    during = low_precision.run(32, 2**12, "during", bits=(2,)).set_index("bits")["excess"]
    assert abs(after[6] - after[low_precision.EXACT]) < 0.01 < after[2] - after[6]
    assert during[2] < after[2]
    model, *rest = untrained(32, 2**12)
    fit_model(model, *rest)
    language = markov_language(0)
    exact = language.test_loss(model) - language.entropy
    assert after[low_precision.EXACT] == pytest.approx(exact, abs=1e-5)
    with pytest.raises(ValueError, match="way must be"):
        low_precision.run(8, 2**12, "before")


def test_a_mixture_holds_its_shares_in_words_of_their_own():
    text = data_mixing.mixed("own", 0.25, 4000, seed=1)
    assert text.shape == (4000, 3)
    first = (text < data_mixing.V).all(1)
    assert first.sum() == 1000 and (text[~first] >= data_mixing.V).all()
    assert 150 < first[:1000].sum() < 350  # in random order
    for words, equal in (("own", 0), ("shared", 0), ("alike", 0.5)):
        hard, easy = data_mixing.languages(words)
        assert (hard.P == easy.P).all(-1).mean() == equal
        ends = data_mixing.mixed(words, 0, 4000)
        assert (ends >= data_mixing.V).all() == (words == "own")
    with pytest.raises(ValueError, match="words must be"):
        data_mixing.mixed("none", 0.5, 100)
    with pytest.raises(ValueError, match="r must be"):
        data_mixing.mixed("own", 1.5, 100)


def test_alone_each_language_is_learned_and_the_other_is_not():
    for r, learned, other in ((1.0, "hard", "easy"), (0.0, "easy", "hard")):
        row = data_mixing.run("own", 8, 2**12, r)
        assert row[learned] < 1 < row[other]


def test_the_stock_is_clean_first_and_noisier_in_steps():
    text = markov_language(0).windows(data_filtering.U, 1000)
    part = data_filtering.U // data_filtering.CLASSES
    changed = (data_filtering.stock(0.7) != text).reshape(-1, part * 3).mean(1)
    expected = 0.7 * np.arange(8) / 7 * 63 / 64  # one draw of 64 changes nothing
    np.testing.assert_allclose(changed, expected, atol=0.03)
    assert changed[0] == 0
    with pytest.raises(ValueError, match="noise must be"):
        data_filtering.stock(1.5)


def test_every_pass_reads_every_example_once():
    passes = data_filtering.order(50, 170).tolist()
    assert all(sorted(passes[i : i + 50]) == list(range(50)) for i in (0, 50, 100))
    assert len(passes) == 170 and passes[:50] != passes[50:100]
    row = data_filtering.run(0.4, 4, 2**12, 1 / 8)
    assert row["passes"] == 2 and row["rate"] in data_filtering.RATES


def test_a_student_of_the_language_itself_learns_more_than_one_of_its_text():
    language = markov_language(0)
    text, taught = (
        language.test_loss(distillation.student(8, 2**12, table=table))
        for table in (None, language.P.astype(np.float32))
    )
    assert taught < text - 0.05
    table, excess = distillation.teacher(2**12)
    np.testing.assert_allclose(table.sum(-1), 1, rtol=1e-4)
    joint = language.pi[:, :, None] * language.P
    loss = -(joint * np.log(table)).sum()
    assert excess == pytest.approx(loss - language.entropy, abs=1e-4)


def test_shipped_maps_are_whole():
    mixed, rates, bits = (load(n) for n in ("mixture", "width_transfer", "low_precision"))
    assert len(mixed) == 6 * 2 * 3 + 2 * 4 * 2 * 2 * 3
    assert len(rates) == 3 * 4 * 2 * 7 * 3
    assert len(bits) == 4 * 3 * (3 * 4 + 5 * 5)
    texts, kept, taught = (load(n) for n in ("data_mixing", "data_filtering", "distillation"))
    assert len(texts) == 3 * 2 * 6 * 9 * 3
    assert len(kept) == 2 * 2 * 3 * 6 * 3
    assert len(taught) == 2 * 3 * (6 + 3 * 5)
    assert (texts[["hard", "easy"]] > 0).all(axis=None)
    ends = max(data_filtering.RATES), min(data_filtering.RATES)
    assert not kept["rate"].isin(ends).any()  # so says the chapter
    for table in (mixed, rates, bits, kept, taught):
        assert (table["excess"] > 0).all() and set(table["seed"]) == {0, 1, 2}
