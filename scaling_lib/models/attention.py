r"""A decoder-only attention model ("transformer") small enough to read, in plain numpy.

With :math:`\mathrm{norm}(h) = (h - \bar h) / \sqrt{\mathrm{var}(h) + \epsilon}` over the width, one
token sequence :math:`x_1 \dots x_T` goes through

.. math::

    h &= E[x] + P \\
    y &= \mathrm{norm}(h), \quad (q, k, v) = y\,W_{qkv} \\
    a &= \mathrm{softmax}(q k^\top / \sqrt{d_h} + \text{causal mask}), \quad
         h \leftarrow h + (a v)\,W_o \\
    y &= \mathrm{norm}(h), \quad h \leftarrow h + \max(0, y W_1 + b_1)\,W_2 \\
    z &= \mathrm{norm}(h)\,U + c

where the two middle steps are repeated for each layer. The backward pass is written beside the
forward pass, line for line in reverse [@vaswani2017attention].
"""

import numpy as np

from scaling_lib.data.checks import whole
from scaling_lib.models.flat import Model
from scaling_lib.models.softmax import softmax_cross_entropy

NORM_EPS = 1e-5


class AttentionLM(Model):
    """Decoder-only attention model with learned positions.

    ``N`` is the number of its parameters, embeddings and positions included; ``p`` and ``g`` are
    views of `theta` and `grad`, by name.

    Parameters
    ----------
    V, T
        Vocabulary size, and the longest sequence in tokens.
    d
        Width of the residual stream; a multiple of `heads`.
    layers, heads
        Number of blocks, and of attention heads in each.
    ff
        Width of the feed-forward layer as a multiple of `d`.
    """

    def __init__(self, V: int, T: int, d=32, layers=1, heads=2, ff=4, seed=0, dtype=np.float32):
        for name, value in dict(V=V, T=T, d=d, layers=layers, heads=heads, ff=ff).items():
            whole(value, name)
        if d % heads:
            raise ValueError(f"d must be a multiple of heads, which {d} is not of {heads}")
        self.V, self.T, self.d, self.layers, self.heads, self.f = V, T, d, layers, heads, ff * d
        shapes = {"E": (V, d), "P": (T, d)}
        for i in range(layers):
            shapes |= {f"Wqkv{i}": (d, 3 * d), f"Wo{i}": (d, d)}
            shapes |= {f"W1_{i}": (d, self.f), f"b1_{i}": (self.f,), f"W2_{i}": (self.f, d)}
        shapes |= {"U": (d, V), "c": (V,)}
        super().__init__(shapes, dtype)
        self._mask = np.triu(np.full((T, T), -1e9, dtype), 1)
        rng = np.random.default_rng(seed)
        for name, w in self.p.items():
            if w.ndim == 1:
                continue  # biases start at zero
            scale = 0.5 if name in "EP" else 1 / np.sqrt(w.shape[0])
            if name.startswith(("Wo", "W2_")):
                scale /= np.sqrt(2 * self.layers)  # each block adds two terms to the stream
            w[:] = scale * rng.standard_normal(w.shape)

    def logits(self, x: np.ndarray) -> np.ndarray:
        """Return the logits (B, t, V) of the token after each of `x`: integers (B, t), t <= T."""
        return self._forward(self._checked(x))[0]

    def loss_and_grad(self, x: np.ndarray, targets: np.ndarray) -> float:
        """Fill `grad`; return the mean cross-entropy, nats a position that counts.

        `targets` (B, t) are the tokens that should follow each of `x`; -1 leaves a position out.
        """
        x, targets = self._checked(x), np.asarray(targets)
        if targets.shape != x.shape:
            raise ValueError(f"x and targets must have one shape, not {x.shape} {targets.shape}")
        B, t = x.shape
        d, heads = self.d, self.heads
        p, g = self.p, self.g
        logits, cache = self._forward(x)
        counted = np.flatnonzero(targets.reshape(-1) != -1)
        if not len(counted):
            raise ValueError("targets must count at least one position; all are -1")
        z = logits.reshape(B * t, self.V)[counted]
        loss = softmax_cross_entropy(z, targets.reshape(-1)[counted])  # z now holds δz
        dz = np.zeros((B * t, self.V), z.dtype)
        dz[counted] = z

        n, r = cache.pop()
        np.matmul(n.T, dz, out=g["U"])
        dz.sum(0, out=g["c"])
        dh = norm_backward(dz @ p["U"].T, n, r)
        for i in reversed(range(self.layers)):
            n1, r1, q, k, v, a, s, n2, r2, u = cache.pop()
            # h += max(0, n2 W1 + b1) W2
            np.matmul(u.T, dh, out=g[f"W2_{i}"])
            du = dh @ p[f"W2_{i}"].T
            du *= u > 0
            np.matmul(n2.T, du, out=g[f"W1_{i}"])
            du.sum(0, out=g[f"b1_{i}"])
            dh += norm_backward(du @ p[f"W1_{i}"].T, n2, r2)
            # h += (a v) Wo
            np.matmul(s.T, dh, out=g[f"Wo{i}"])
            ds = (dh @ p[f"Wo{i}"].T).reshape(B, t, heads, d // heads).transpose(0, 2, 1, 3)
            da = ds @ v.swapaxes(2, 3)
            dv = a.swapaxes(2, 3) @ ds
            # a = softmax(q k' / sqrt(d_h))
            da -= (da * a).sum(-1, keepdims=True)
            da *= a
            da *= (d // heads) ** -0.5
            dq = da @ k
            dk = da.swapaxes(2, 3) @ q
            # (q, k, v) = n1 Wqkv
            dqkv = np.stack([dq, dk, dv]).transpose(1, 3, 0, 2, 4).reshape(B * t, 3 * d)
            np.matmul(n1.T, dqkv, out=g[f"Wqkv{i}"])
            dh += norm_backward(dqkv @ p[f"Wqkv{i}"].T, n1, r1)
        # h = E[x] + P
        g["P"][:] = 0
        g["P"][:t] = dh.reshape(B, t, d).sum(0)
        one_hot = np.zeros((self.V, B * t), dh.dtype)
        one_hot[x.reshape(-1), np.arange(B * t)] = 1
        np.matmul(one_hot, dh, out=g["E"])
        return loss

    def _forward(self, x):
        p, d, heads = self.p, self.d, self.heads
        B, t = x.shape
        cache = []
        h = (p["E"][x] + p["P"][:t]).reshape(B * t, d)
        for i in range(self.layers):
            n1, r1 = norm(h)
            qkv = (n1 @ p[f"Wqkv{i}"]).reshape(B, t, 3, heads, d // heads)
            q, k, v = qkv.transpose(2, 0, 3, 1, 4)
            a = q @ k.swapaxes(2, 3)
            a *= (d // heads) ** -0.5
            a += self._mask[:t, :t]
            a -= a.max(-1, keepdims=True)
            np.exp(a, out=a)
            a /= a.sum(-1, keepdims=True)
            s = (a @ v).transpose(0, 2, 1, 3).reshape(B * t, d)
            h = h + s @ p[f"Wo{i}"]
            n2, r2 = norm(h)
            u = n2 @ p[f"W1_{i}"]
            u += p[f"b1_{i}"]
            np.maximum(u, 0, out=u)
            h = h + u @ p[f"W2_{i}"]
            cache.append((n1, r1, q, k, v, a, s, n2, r2, u))
        n, r = norm(h)
        cache.append((n, r))
        return (n @ p["U"] + p["c"]).reshape(B, t, self.V), cache

    def _checked(self, x):
        x = np.asarray(x)
        if x.ndim != 2 or not np.issubdtype(x.dtype, np.integer):
            raise ValueError(f"x must be integers of shape (B, t), not {x.dtype} {x.shape}")
        if x.shape[1] > self.T:
            raise ValueError(f"{x.shape[1]} tokens exceed T={self.T}: build it with a larger T")
        if x.size and (x.min() < 0 or x.max() >= self.V):
            raise ValueError(f"tokens must lie in [0, {self.V}), not {x.min()} to {x.max()}")
        return x

    def complete(self, x: np.ndarray, steps: int, allowed: slice | None = None) -> np.ndarray:
        """Append `steps` tokens to prompts `x` (B, t), each the most probable one after those.

        `allowed` is the part of the vocabulary to choose from.
        """
        x = self._checked(x)
        allowed = allowed or slice(None)
        choices = np.arange(self.V)[allowed]
        for _ in range(steps):
            best = choices[self.logits(x)[:, -1, allowed].argmax(-1)]
            x = np.concatenate([x, best[:, None]], 1)
        return x

    def flops_per_token(self, t: int | None = None, backward: bool = True) -> float:
        """Count the FLOP of all matrix products for one token in a sequence of `t` tokens (or `T`).

        The rule of thumb, ``6 * N``, counts embeddings, which are looked up and not multiplied, and
        leaves out attention scores, which grow with `t`. Element-wise work (softmax, norm, ReLU) is
        not counted by either. The backward pass costs twice the forward pass.
        """
        t = t or self.T
        weights = self.layers * (4 * self.d**2 + 2 * self.d * self.f) + self.d * self.V
        scores = self.layers * 2 * t * self.d  # q k' and a v; the masked half is computed too
        forward = 2 * (weights + scores)
        embedding_gradient = 2 * self.d * self.V  # a product with a one-hot matrix
        return float(3 * forward + embedding_gradient if backward else forward)


def norm(h: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Centre and scale each row of `h`; return the result and the scale."""
    centred = h - h.mean(-1, keepdims=True)
    r = 1 / np.sqrt((centred * centred).mean(-1, keepdims=True) + NORM_EPS)
    return centred * r, r


def norm_backward(dn: np.ndarray, n: np.ndarray, r: np.ndarray) -> np.ndarray:
    """Gradient with respect to `h` of ``n, r = norm(h)``, given the gradient `dn` of `n`."""
    return r * (dn - dn.mean(-1, keepdims=True) - n * (dn * n).mean(-1, keepdims=True))
