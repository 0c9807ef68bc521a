import numpy as np
import pytest

from scaling_lib.experiments.scaling_hypothesis import analogy


def test_analogies_change_one_attribute_on_both_sides():
    asked = analogy.analogies()
    assert len(asked) == len(set(asked)) == 368
    attributes = {noun: key for key, noun in analogy.NOUNS.items()}
    for a, b, c, d in asked:
        assert len({a, b, c, d}) == 4
        for x, y, u, v in zip(*(attributes[word] for word in (a, b, c, d)), strict=True):
            assert (x == y and u == v) or (x == u and y == v)


def test_corpus_follows_its_probabilities():
    corpus = analogy.Corpus(own=0.3, common=0.2, words=4)
    p = corpus.context_probabilities()
    assert np.allclose(p.sum(1), 1)
    counts = corpus.counts(200_000, np.random.default_rng(0))
    assert counts.sum() == 200_000 * corpus.length
    assert np.allclose(counts / counts.sum(1, keepdims=True), p, atol=0.01)
    with pytest.raises(ValueError, match="shares"):
        analogy.Corpus(own=0.8, common=0.4)


def test_exact_attribute_vectors_solve_everything():
    values = [*analogy.RANKS, *analogy.SEXES, *analogy.AGES]
    vectors = np.array([[v in key for v in values] for key in analogy.NOUNS], float)
    assert analogy.accuracy(vectors) == 1
    assert analogy.solve(vectors, "man", "king", "woman")[0][0] == "queen"


def test_more_text_solves_more():
    def solved(D):
        counts = analogy.Corpus().counts(D, np.random.default_rng(0))
        return analogy.accuracy(analogy.word_vectors(counts))

    assert solved(100) < 0.5 < 0.95 < solved(10_000)


def test_with_all_dimensions_the_nearest_word_is_one_of_the_question():
    counts = analogy.Corpus().counts(100_000, np.random.default_rng(0))
    vectors = analogy.word_vectors(counts, dimensions=16)
    for a, b, c, _ in analogy.analogies():
        assert analogy.solve(vectors, a, b, c, exclude=False)[0][0] in (a, b, c)
    assert analogy.accuracy(vectors) > 0.9


def test_lookup_knows_what_it_stored():
    assert analogy.lookup_accuracy(1.0) == 1
    assert analogy.lookup_accuracy(0.0) < 0.15
    assert analogy.lookup_accuracy(0.5) == pytest.approx(0.5 + 0.5 / 13, abs=0.05)


def test_unknown_word_is_named():
    with pytest.raises(ValueError, match="'emperor'"):
        analogy.solve(np.ones((16, 2)), "man", "emperor", "woman")
