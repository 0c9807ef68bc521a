"""A real text that ships with the book: the documentation inside Python's standard library.

``data/python_docs.txt.gz`` holds the docstrings and help topics of Python 3.11.7, 2.15 million
characters of English about programming, under the Python Software Foundation licence
(``data/python_docs_LICENSE.txt``). It is stored because the text, and so every number in the book,
differs from one version of Python to the next. Its entropy is not known.
"""

import gzip
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from scaling_lib.data import DATA

CORPUS = DATA / "python_docs.txt.gz"
ALPHABET = "\n " + "".join(chr(i) for i in range(33, 127))
DOCUMENT_END = "\f"
HELD_OUT = 0.06  # share of the documents
TEST_WINDOWS = 40_000
TEST_BATCH = 4000  # windows tested at a time, to keep the memory small


@dataclass(frozen=True, eq=False)
class CharacterText:
    """A text as indices into `ALPHABET`, split by document into a training and a held-out part."""

    train: np.ndarray
    test: np.ndarray
    k: int = 8  # longest context that `windows` provides, characters

    V = len(ALPHABET)  # different characters: 96
    entropy = float("nan")  # nobody knows that of a real text

    def windows(self, n: int, seed: int) -> np.ndarray:
        """Draw `n` training examples without replacement: `k` characters and the one after them.

        Shape (n, k + 1), uint8. The first `m` of `n` examples are the same for every `n`, which is
        at most ``len(train) − k``.
        """
        available = len(self.train) - self.k
        if not 1 <= n <= available:
            advice = "take a smaller D, or more epochs over the same examples"
            raise ValueError(f"the text has {available} training examples, not {n}: {advice}")
        order = np.random.default_rng(seed).permutation(available)[:n]
        return np.lib.stride_tricks.sliding_window_view(self.train, self.k + 1)[order]

    def test_loss(self, model) -> float:
        """Return the mean loss of a model on every second of 80,000 held-out characters, in nats.

        The model has ``k`` (at most 8) and ``log_probs(contexts)`` for contexts of shape (B, k).
        The standard error of this estimate is about 0.01; it is the same 40,000 characters for
        every model, so differences are much more exact.
        """
        windows = np.lib.stride_tricks.sliding_window_view(self.test, self.k + 1)
        windows = windows[: 2 * TEST_WINDOWS : 2]
        loss = 0.0
        for start in range(0, len(windows), TEST_BATCH):
            part = windows[start : start + TEST_BATCH]
            log_probs = model.log_probs(part[:, self.k - model.k : -1])
            loss -= float(log_probs[np.arange(len(part)), part[:, -1]].sum(dtype=np.float64))
        return loss / len(windows)


@lru_cache(maxsize=1)
def python_docs() -> CharacterText:
    """Read the shipped text.

    >>> text = python_docs()
    >>> len(text.train), len(text.test)
    (1993876, 159324)
    """
    documents = gzip.decompress(CORPUS.read_bytes()).decode("ascii").split(DOCUMENT_END)
    held_out = round(HELD_OUT * len(documents))
    return CharacterText(
        train=encode("\n\n".join(documents[held_out:])),
        test=encode("\n\n".join(documents[:held_out])),
    )


def encode(text: str) -> np.ndarray:
    """Turn a string into indices of `ALPHABET`; other characters count as a space.

    >>> encode("a b").tolist()
    [66, 1, 67]
    """
    table = np.full(128, ALPHABET.index(" "), np.uint8)
    for i, character in enumerate(ALPHABET):
        table[ord(character)] = i
    points = np.frombuffer(text.encode("utf-32-le", "surrogatepass"), np.uint32)
    return table[np.minimum(points, 127)]  # 127 is no character of the alphabet
