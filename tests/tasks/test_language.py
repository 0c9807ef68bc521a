import numpy as np
import pytest

from scaling_lib.tasks.language import MarkovLanguage, markov_language
from scaling_lib.tasks.text import ALPHABET, encode, python_docs


class Knows:
    """A model that has read the language's table."""

    def __init__(self, language, k):
        self.language, self.k = language, k

    def log_probs(self, contexts):
        joint = self.language.pi[:, :, None] * self.language.P
        if self.k == 1:
            table = joint.sum(axis=0)
            table = table / table.sum(axis=-1, keepdims=True)
            return np.log(table[contexts[:, 0]])
        return np.log(self.language.P[contexts[:, 0], contexts[:, 1]])


@pytest.mark.parametrize("seed", range(4))
def test_probabilities_and_stationarity(seed):
    language = markov_language(seed, V=16)
    np.testing.assert_allclose(language.P.sum(axis=-1), 1)
    assert language.pi.sum() == pytest.approx(1)
    after_one_step = np.einsum("uv,uvw->vw", language.pi, language.P)
    np.testing.assert_allclose(after_one_step, language.pi, atol=1e-13)
    assert language.entropy < language.entropy_given(1) < language.entropy_given(0) < np.log(16)


@pytest.mark.parametrize("k", [1, 2])
def test_a_model_that_knows_the_table_reaches_the_entropy_exactly(k):
    language = markov_language(3, V=16)
    expected = language.entropy_given(k)
    assert language.test_loss(Knows(language, k)) == pytest.approx(expected, rel=1e-12)


def test_a_known_chain():
    # Two tokens that alternate with probability 0.9, whatever came before.
    P = np.broadcast_to(np.array([[0.1, 0.9], [0.9, 0.1]]), (2, 2, 2))
    pi = np.array([[0.05, 0.45], [0.45, 0.05]])
    language = MarkovLanguage(P, pi)
    entropy = -(0.9 * np.log(0.9) + 0.1 * np.log(0.1))
    assert language.entropy == pytest.approx(entropy)
    assert language.entropy_given(0) == pytest.approx(np.log(2))
    windows = language.windows(50_000, seed=0)
    assert (windows[:, 1] != windows[:, 0]).mean() == pytest.approx(0.9, abs=0.006)
    assert (windows[:, 2] != windows[:, 1]).mean() == pytest.approx(0.9, abs=0.006)


def test_sample_has_the_frequencies_of_the_table():
    language = markov_language(0)
    u, v, w = language.windows(1 << 19, seed=7).T
    counts = np.zeros((64, 64))
    np.add.at(counts, (u, v), 1)
    assert np.abs(counts / counts.sum() - language.pi).sum() < 0.04
    # The mean of −log P is the entropy, up to sampling error: four standard errors.
    surprise = -np.log(language.P[u, v, w])
    error = surprise.std() / np.sqrt(len(surprise))
    assert surprise.mean() == pytest.approx(language.entropy, abs=4 * error)


def test_longer_samples_begin_with_the_shorter_ones():
    language = markov_language(0)
    assert (language.windows(5000, 1)[:3000] == language.windows(3000, 1)).all()
    assert (language.windows(3000, 1) != language.windows(3000, 2)).any()
    text = python_docs()
    assert (text.windows(5000, 1)[:3000] == text.windows(3000, 1)).all()


def test_seeds_give_other_languages():
    assert markov_language(1).entropy != markov_language(2).entropy
    assert markov_language(0).entropy == pytest.approx(2.12156, abs=1e-5)


def test_text_windows_are_pieces_of_the_text():
    text = python_docs()
    train = text.train.tobytes()
    assert all(window.tobytes() in train for window in text.windows(20, seed=0))
    assert text.test.max() < text.V and len(np.unique(text.train)) > 90


def test_text_and_held_out_text_do_not_overlap():
    text = python_docs()
    train = text.train.tobytes()
    pieces = [text.test[i : i + 80].tobytes() for i in range(0, len(text.test) - 80, 4000)]
    assert sum(piece in train for piece in pieces) <= 0.1 * len(pieces)


def test_text_loss_of_a_uniform_model():
    class Uniform:
        k = 3

        def log_probs(self, contexts):
            assert contexts.shape[1] == 3
            return np.full((len(contexts), 96), -np.log(96))

    assert python_docs().test_loss(Uniform()) == pytest.approx(np.log(96))


def test_encode_replaces_what_it_does_not_know():
    """By a space, also what is not in Latin-1; a half of a surrogate pair is no error."""
    assert encode("é→\t\x7f\ud800?").tolist() == [1, 1, 1, 1, 1, ALPHABET.index("?")]


@pytest.mark.parametrize(
    "wrong",
    [
        lambda: markov_language(0, V=1),
        lambda: markov_language(0, V=300),
        lambda: markov_language(0).windows(0, 1),
        lambda: markov_language(0).entropy_given(3),
        lambda: python_docs().windows(10_000_000, 0),
    ],
)
def test_bad_input(wrong):
    with pytest.raises(ValueError, match=r"must be|not \d"):
        wrong()
