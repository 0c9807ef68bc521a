r"""Two language models that see the last `k` tokens: forward and backward pass beside the formulas.

Both have one hidden layer of `H` units and differ in how a token enters it. In :class:`OneHotLM`,
for the synthetic language, each of the `k` positions has a table with one row of `H` numbers for
each of the `V` tokens. With :math:`x` the one-hot context (a row of `k·V + 1` numbers, of which
`k + 1` are one: a token at each position, and the constant for the bias),

.. math::
    h = \max(0, x W_1), \qquad z = h W_2 + b_2, \qquad
    L = -\log \frac{e^{z_y}}{\sum_w e^{z_w}} .

In :class:`CharMLP`, for text, a token is first looked up in a table :math:`E` of `d` numbers that
all positions share, and :math:`x` is the `k` vectors side by side [@bengio2003neural]. Backward,
for a batch of `B` rows:

.. math::
    \delta z = \tfrac1B (\mathrm{softmax}(z) - \text{one-hot}(y)), \quad
    \delta W_2 = h^\top \delta z, \quad
    \delta h = (\delta z\, W_2^\top) \odot [h > 0], \quad
    \delta W_1 = x^\top \delta h .

A product with a one-hot matrix is done by look-up (forward) and with a sparse matrix (backward):
`k·H` additions a token, not the `2·k·V·H` operations of a dense product, which 6 FLOP per parameter
count.
"""

import numpy as np
from scipy.sparse import csc_array

from scaling_lib.data.checks import whole
from scaling_lib.models.flat import Model
from scaling_lib.models.softmax import check_tokens, log_softmax, softmax_cross_entropy


class _HiddenLayerLM(Model):
    """What both models share: all but how a token enters the hidden layer, and that backward."""

    def __init__(self, shapes, dtype):
        super().__init__(shapes, dtype)
        self._batches = {}

    def logits(self, contexts: np.ndarray) -> np.ndarray:
        """Return the logits of the next token, shape (B, V).

        `contexts` holds the `k` tokens before each, oldest first: integers in 0 … V − 1, shape
        (B, k).
        """
        return self._hidden(contexts).h @ self.p["W2"] + self.p["b2"]

    def log_probs(self, contexts: np.ndarray) -> np.ndarray:
        """Return log-probabilities of the next token in nats, shape (B, V); see `logits`."""
        return log_softmax(self.logits(contexts))

    def free_memory(self) -> None:
        """Give back the working memory, for a model that is kept; the next batch makes it anew."""
        self._batches.clear()

    def _hidden(self, contexts):
        batch = self._batch(contexts)
        self._first_layer(batch)
        # With an array of zeros this is four times quicker than with the number zero.
        np.maximum(batch.h, batch.zeros, out=batch.h)
        return batch

    def loss_and_grad(self, contexts: np.ndarray, targets: np.ndarray) -> float:
        """Fill `grad`; return the mean cross-entropy of the tokens that follow, nats per token."""
        batch = self._hidden(contexts)
        p, g, h, z = self.p, self.g, batch.h, batch.z
        np.matmul(h, p["W2"], out=z)
        z += p["b2"]
        loss = softmax_cross_entropy(z, targets)  # z now holds δz
        np.matmul(h.T, z, out=g["W2"])
        np.add.reduce(z, axis=0, out=g["b2"])
        np.matmul(z, p["W2"].T, out=batch.dh)
        batch.dh *= np.greater(h, 0, out=batch.positive)
        self._first_layer_backward(batch)
        return loss

    def _batch(self, contexts):
        """Return the working memory for contexts of this length, with their one-hot matrix."""
        if contexts.shape[1:] != (self.k,):
            raise ValueError(f"contexts must have shape (B, {self.k}), not {contexts.shape}")
        check_tokens(contexts, self.V, "contexts")
        B = len(contexts)
        if B not in self._batches:
            if len(self._batches) == 4:  # a caller with ever new sizes must not fill the memory
                self._batches.clear()
            self._batches[B] = _Batch(self, B)
        batch = self._batches[B]
        np.add(contexts, self._offsets, out=batch.places[:, : self.k])
        return batch


class OneHotLM(_HiddenLayerLM):
    """One hidden layer of `H` units on the one-hot context of `k` tokens of a vocabulary of `V`.

    `p` and `g` hold the views ``W1`` (k·V, H), ``b1`` (H,), ``W2`` (H, V), ``b2`` (V,).

    >>> OneHotLM(V=64, k=2, H=8).N
    1608
    """

    def __init__(self, V: int, k: int, H: int, seed=0, dtype=np.float32):
        self.V, self.k, self.H = whole(V, "V"), whole(k, "k"), whole(H, "H")
        super().__init__({"W1": (k * V, H), "b1": (H,), "W2": (H, V), "b2": (V,)}, dtype)
        rng = np.random.default_rng(seed)
        self.p["W1"][:] = rng.standard_normal((k * V, H)) / np.sqrt(k)
        self.p["W2"][:] = rng.standard_normal((H, V)) * 0.3 / np.sqrt(H)
        # The bias follows W1 in the flat vector, so both gradients together are one matrix.
        self._gW1b1 = self.grad[: (k * V + 1) * H].reshape(k * V + 1, H)
        self._offsets = np.arange(k, dtype=np.int32) * V  # where the table of each position begins

    def _one_hot_shape(self, B):
        """Rows, columns and ones a row of x: a token at each position, and the bias."""
        return B, self.k * self.V + 1, self.k + 1

    def _first_layer(self, batch):
        # h = x W1 + b1 by look-up; the bias is added to the first table, which is smaller than h.
        # Places are valid; mode="clip" lets take write without a copy.
        W1 = self.p["W1"]
        first = W1[: self.V] + self.p["b1"]
        np.take(first, batch.places[:, 0], axis=0, out=batch.h, mode="clip")
        for j in range(1, self.k):
            batch.h += np.take(W1, batch.places[:, j], axis=0, out=batch.dh, mode="clip")

    def _first_layer_backward(self, batch):
        self._gW1b1[:] = batch.one_hot_T @ batch.dh

    def flops_per_token(self) -> int:
        """Return the FLOP of one token in matrix products, forward and backward: ``6·H·V``.

        The rule ``6·N`` counts the look-ups in `W1` as dense products too: about three times as
        much when k = 2. Neither counts additions of rows, ReLU, softmax and the optimizer.
        """
        return 6 * self.H * self.V

    @staticmethod
    def count_parameters(V: int, k: int, H: int) -> int:
        """Return N without building the model."""
        return k * V * H + H + H * V + V


class CharMLP(_HiddenLayerLM):
    """A shared embedding of `d` numbers a token, `k` of them side by side, `H` hidden units.

    `p` and `g` hold the views ``E`` (V, d), ``W1`` (k·d, H), ``b1`` (H,), ``W2`` (H, V),
    ``b2`` (V,).
    """

    def __init__(self, V: int, k: int, d: int, H: int, seed=0, dtype=np.float32):
        self.V, self.k, self.d, self.H = whole(V, "V"), whole(k, "k"), whole(d, "d"), whole(H, "H")
        shapes = {"E": (V, d), "W1": (k * d, H), "b1": (H,), "W2": (H, V), "b2": (V,)}
        super().__init__(shapes, dtype)
        rng = np.random.default_rng(seed)
        self.p["E"][:] = rng.standard_normal((V, d)) * 0.5
        self.p["W1"][:] = rng.standard_normal((k * d, H)) * np.sqrt(2 / (k * d))
        self.p["W2"][:] = rng.standard_normal((H, V)) * 0.1 / np.sqrt(H)
        self._offsets = np.zeros(k, np.int32)  # all positions share one table

    def _one_hot_shape(self, B):
        """Rows, columns and ones a row: one row for each token of each context."""
        return B * self.k, self.V, 1

    def _first_layer(self, batch):
        batch.x = self.p["E"][batch.places].reshape(-1, self.k * self.d)
        np.matmul(batch.x, self.p["W1"], out=batch.h)
        batch.h += self.p["b1"]

    def _first_layer_backward(self, batch):
        np.matmul(batch.x.T, batch.dh, out=self.g["W1"])
        np.add.reduce(batch.dh, axis=0, out=self.g["b1"])
        dx = batch.dh @ self.p["W1"].T
        self.g["E"][:] = batch.one_hot_T @ dx.reshape(-1, self.d)

    def flops_per_token(self) -> int:
        """Return the FLOP of one token in matrix products: ``6·(k·d·H + H·V)``, no look-ups."""
        return 6 * (self.k * self.d * self.H + self.H * self.V)

    @staticmethod
    def count_parameters(V: int, k: int, d: int, H: int) -> int:
        """Return N without building the model."""
        return V * d + k * d * H + H + H * V + V


class _Batch:
    """Working memory for one batch size: at every step new arrays would cost more than the sums.

    ``h``, ``positive`` (where h > 0), ``dh`` (B, H) and ``z`` (B, V) are arrays of the formulas,
    ``zeros`` (B, H) serves ReLU, ``one_hot_T`` is the transposed one-hot matrix, ``places`` says
    where its ones are.
    """

    def __init__(self, model, B):
        dtype = model.theta.dtype
        self.h, self.dh = np.empty((B, model.H), dtype), np.empty((B, model.H), dtype)
        self.zeros = np.zeros((B, model.H), dtype)
        self.positive = np.empty((B, model.H), bool)
        self.z = np.empty((B, model.V), dtype)
        rows, columns, ones_a_row = model._one_hot_shape(B)
        ones = np.ones(rows * ones_a_row, dtype)
        index = np.full(len(ones), columns - 1, np.int32)
        start = np.arange(0, len(ones) + 1, ones_a_row, dtype=np.int32)
        self.one_hot_T = csc_array((ones, index, start), shape=(columns, rows))
        self.places = self.one_hot_T.indices.reshape(B, -1)  # writing here moves the ones
