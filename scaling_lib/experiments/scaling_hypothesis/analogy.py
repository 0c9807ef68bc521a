r"""King - man + woman: analogies by arithmetic on word vectors, in a corpus that we construct.

**The corpus is made up.** Each noun has three attributes (rank, sex, age), and each sentence sets a
noun among context words that are drawn from its attributes' vocabularies, from words of its own,
and from words that go with anything. Nothing here is about English; the point is what is needed for
vector arithmetic to work. The vectors are the left singular vectors of the matrix of positive
pointwise mutual information between nouns and context words (the analogy test:
[@mikolov2013linguistic]).
"""

import dataclasses
import itertools

import numpy as np

RANKS = ("royal", "common", "monastic", "noble")
SEXES = ("male", "female")
AGES = ("adult", "young")
WORDS = (
    *("king", "queen", "prince", "princess", "man", "woman", "boy", "girl"),
    *("monk", "nun", "choirboy", "choirgirl", "lord", "lady", "page", "damsel"),
)
#: (rank, sex, age) -> noun.
NOUNS = {
    (rank, sex, age): word
    for (rank, age, sex), word in zip(itertools.product(RANKS, AGES, SEXES), WORDS, strict=True)
}


def analogies() -> list[tuple[str, str, str, str]]:
    """All analogies a : b = c : d in which one attribute changes, in the same way on both sides.

    The question is b - a + c, the answer d; three different words are asked for a fourth.

    >>> ("man", "king", "woman", "queen") in analogies()
    True
    """
    found = []
    for first, second in itertools.permutations(NOUNS, 2):
        changed = [i for i in range(3) if first[i] != second[i]]
        if len(changed) != 1:
            continue
        i = changed[0]
        for third in NOUNS:
            if third[i] == first[i] and third != first:
                fourth = (*third[:i], second[i], *third[i + 1 :])
                found.append(tuple(NOUNS[key] for key in (first, second, third, fourth)))
    return found


@dataclasses.dataclass(frozen=True)
class Corpus:
    """How sentences are made.

    Of the context words a share `own` belongs to the noun alone, a share `common` goes with
    anything, and the rest come from the noun's attributes. Each attribute value, each noun, and
    "anything" has so many `words`; a sentence has `length` of them.
    """

    own: float = 0.2
    common: float = 0.4
    words: int = 20
    length: int = 5

    def __post_init__(self):
        if self.own < 0 or self.common < 0 or self.own + self.common > 1:
            got = f"{self.own} and {self.common}"
            raise ValueError(f"own and common must be shares of 1, not {got}")

    def context_probabilities(self) -> np.ndarray:
        """Probability of each context word for each noun, shape (16, context words)."""
        values = [*RANKS, *SEXES, *AGES, *WORDS, "anything"]
        topic = np.zeros((len(NOUNS), len(values)))
        for row, (attributes, noun) in enumerate(NOUNS.items()):
            for value in attributes:
                topic[row, values.index(value)] = (1 - self.own - self.common) / 3
            topic[row, values.index(noun)] = self.own
        topic[:, -1] = self.common
        return np.repeat(topic, self.words, axis=1) / self.words

    def counts(self, sentences: int, rng: np.random.Generator) -> np.ndarray:
        """Write sentences, one noun each, and count how often it meets each context word.

        Shape (16, context words); all nouns are equally frequent.
        """
        per_noun = rng.multinomial(sentences, np.full(len(NOUNS), 1 / len(NOUNS)))
        return rng.multinomial(per_noun * self.length, self.context_probabilities())


def word_vectors(counts: np.ndarray, dimensions: int = 6) -> np.ndarray:
    r"""Vectors of the nouns from their co-occurrence `counts`, shape (words, contexts).

    The positive pointwise mutual information :math:`\max(0, \ln \frac{p(w, c)}{p(w) p(c)})` is
    factorised; a noun's vector is its row of left singular vectors times singular values, of which
    so many `dimensions` are kept.
    """
    total = counts.sum()
    expected = counts.sum(1, keepdims=True) * counts.sum(0, keepdims=True) / max(total, 1)
    with np.errstate(divide="ignore", invalid="ignore"):
        information = np.log(counts / expected)
    positive = np.where(counts > 0, np.maximum(information, 0), 0)
    left, singular, _ = np.linalg.svd(positive, full_matrices=False)
    return left[:, :dimensions] * singular[:dimensions]


def solve(vectors: np.ndarray, a: str, b: str, c: str, exclude=True) -> list[tuple[str, float]]:
    """Rank all nouns by the cosine of their vector with b - a + c: "a is to b as c is to ...".

    Without `exclude`, a, b and c may be answers too, and one of them is often nearest. Returns
    nouns with their cosines, nearest first.
    """
    for word in (a, b, c):
        if word not in WORDS:
            raise ValueError(f"a, b and c must be some of {', '.join(WORDS)}, not {word!r}")
    index = {word: i for i, word in enumerate(WORDS)}
    target = vectors[index[b]] - vectors[index[a]] + vectors[index[c]]
    norms = np.linalg.norm(vectors, axis=1) * np.linalg.norm(target)
    cosine = vectors @ target / np.maximum(norms, 1e-12)
    ranked = [(WORDS[i], float(cosine[i])) for i in np.argsort(-cosine)]
    return [(word, x) for word, x in ranked if not (exclude and word in (a, b, c))]


def accuracy(vectors: np.ndarray, exclude: bool = True) -> float:
    """Share of all `analogies` whose answer is ranked first."""
    asked = analogies()
    right = sum(solve(vectors, a, b, c, exclude)[0][0] == d for a, b, c, d in asked)
    return right / len(asked)


def lookup_accuracy(share_seen: float, seed: int = 0) -> float:
    """Accuracy of a table that has stored a share of all analogies, and guesses one of 13 nouns."""
    rng, asked = np.random.default_rng(seed), analogies()
    stored = set(rng.permutation(len(asked))[: round(share_seen * len(asked))].tolist())
    right = 0
    for i, (*question, d) in enumerate(asked):
        others = [word for word in WORDS if word not in question]
        right += i in stored or others[rng.integers(len(others))] == d
    return right / len(asked)
