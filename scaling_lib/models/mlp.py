r"""A plain multi-layer perceptron, forward and backward, for the experiments that are not language.

With :math:`a_0 = x`, layer :math:`l = 1 \dots n` computes

.. math:: z_l = a_{l-1} W_l + b_l, \qquad a_l = \phi(z_l),

and the last layer has no activation: :math:`z_n` are the logits. Backward, with
:math:`\delta_n = \partial L / \partial z_n`,

.. math::
    \frac{\partial L}{\partial W_l} = a_{l-1}^\top \delta_l, \qquad
    \frac{\partial L}{\partial b_l} = \sum_\text{examples} \delta_l, \qquad
    \delta_{l-1} = (\delta_l W_l^\top) \odot \phi'(z_{l-1}).
"""

from collections.abc import Sequence
from itertools import pairwise

import numpy as np

from scaling_lib.data.checks import one_of, whole
from scaling_lib.models.flat import Model
from scaling_lib.models.softmax import check_tokens, log_softmax, softmax

LOSSES = ("cross_entropy", "mse")
#: φ and φ', both of the pre-activation z.
ACTIVATIONS = {
    "relu": (lambda z: np.maximum(z, 0), lambda z: (z > 0).astype(z.dtype)),
    "quadratic": (lambda z: z * z, lambda z: 2 * z),
    "cubic": (lambda z: z * z * z, lambda z: 3 * z * z),  # z**3 calls pow, several times slower
}


class MLP(Model):
    """Fully connected network on dense inputs, with one or several softmax (or linear) heads.

    ``N`` is the number of its parameters; ``p`` and ``g`` are views ``W1, b1, W2, b2, ...`` into
    `theta` and `grad`, by name.

    Parameters
    ----------
    sizes
        Widths from input to output, for example ``(64, 128, 10)``. Two numbers make a linear model.
    activation : {"relu", "quadratic", "cubic"}
        Applied after every layer but the last.
    loss : {"cross_entropy", "mse"}
        Cross-entropy in nats, or squared distance to the one-hot target summed over classes.
        Both are averaged over examples and heads.
    heads
        The output is split into so many independent classifiers of ``sizes[-1] // heads`` classes.
    init_std
        Standard deviation of each weight matrix at the start. Default: ``sqrt(2 / fan_in)`` for
        hidden layers and ``sqrt(1 / fan_in)`` for the last. Biases start at zero.

    Examples
    --------
    >>> model = MLP((4, 8, 3))
    >>> model.N, model.forward(np.zeros((2, 4), np.float32)).shape
    (67, (2, 3))
    """

    def __init__(
        self,
        sizes: Sequence[int],
        activation: str = "relu",
        loss: str = "cross_entropy",
        heads: int = 1,
        bias: bool = True,
        init_std: Sequence[float] | None = None,
        seed: int | np.random.Generator = 0,
        dtype=np.float32,
    ):
        sizes = tuple(whole(sizes, "sizes", many=True).tolist())
        if len(sizes) < 2:
            raise ValueError(f"sizes must be at least two widths, not {sizes}")
        one_of(activation, "activation", ACTIVATIONS)
        one_of(loss, "loss", LOSSES)
        if sizes[-1] % whole(heads, "heads"):
            raise ValueError(f"heads must divide the {sizes[-1]} outputs, not {heads}")
        self.sizes, self.heads, self.loss_name, self.bias = sizes, heads, loss, bias
        self.classes = sizes[-1] // heads
        self.layers = len(sizes) - 1
        if init_std is None:
            gain = np.r_[np.full(self.layers - 1, 2.0), 1.0]
            init_std = np.sqrt(gain / sizes[:-1])
        if len(init_std) != self.layers:
            raise ValueError(f"init_std must be {self.layers} numbers, not {len(init_std)}")
        self._phi, self._slope = ACTIVATIONS[activation]

        shapes = {}
        for layer, (m, n) in enumerate(pairwise(sizes), start=1):
            shapes[f"W{layer}"] = (m, n)
            if bias:
                shapes[f"b{layer}"] = (n,)
        super().__init__(shapes, dtype)
        rng = np.random.default_rng(seed)
        for layer, std in enumerate(init_std, start=1):
            self.p[f"W{layer}"][:] = rng.standard_normal(shapes[f"W{layer}"]) * std

    def _layers(self, X):
        """Return the inputs a_0 ... a_(n-1) of the layers and their outputs z_1 ... z_n."""
        X = np.asarray(X)
        if X.ndim != 2 or X.shape[1] != self.sizes[0]:
            raise ValueError(f"X must have shape (examples, {self.sizes[0]}), not {X.shape}")
        inputs, outputs = [X.astype(self.theta.dtype, copy=False)], []
        for layer in range(1, self.layers + 1):
            z = inputs[-1] @ self.p[f"W{layer}"]
            if self.bias:
                z += self.p[f"b{layer}"]
            outputs.append(z)
            if layer < self.layers:
                inputs.append(self._phi(z))
        return inputs, outputs

    def forward(self, X: np.ndarray) -> np.ndarray:
        """Return logits, shape (n, classes), or (n, heads, classes) with several heads."""
        z = self._layers(X)[1][-1]
        return z if self.heads == 1 else z.reshape(len(z), self.heads, self.classes)

    def probabilities(self, X: np.ndarray) -> np.ndarray:
        """Softmax of the logits, of the same shape."""
        return softmax(self.forward(X))

    def loss_and_grad(self, X: np.ndarray, y: np.ndarray) -> float:
        """Fill `grad` and return the mean loss over examples and heads.

        `y` holds the right classes: shape (n,), or (n, heads) with several heads.
        """
        inputs, outputs = self._layers(X)
        loss, delta = self._loss_and_delta(outputs[-1], y)
        for layer in range(self.layers, 0, -1):
            np.matmul(inputs[layer - 1].T, delta, out=self.g[f"W{layer}"])
            if self.bias:
                delta.sum(0, out=self.g[f"b{layer}"])
            if layer > 1:
                delta = delta @ self.p[f"W{layer}"].T
                delta *= self._slope(outputs[layer - 2])
        return loss

    def _loss_and_delta(self, z, y):
        """Return the mean loss and its gradient with respect to the logits, which are used up."""
        rows, y = len(z) * self.heads, np.asarray(y)
        if y.size != rows:
            raise ValueError(f"y must hold {rows} classes ({self.heads} an example), not {y.size}")
        check_tokens(y, self.classes, "y")
        at, delta = (np.arange(rows), y.reshape(rows)), z.reshape(rows, self.classes)
        if self.loss_name == "cross_entropy":
            delta = log_softmax(delta)
            loss = -float(delta[at].mean())
            np.exp(delta, out=delta)
            delta[at] -= 1
            delta /= rows
        else:
            delta[at] -= 1
            loss = float(np.vdot(delta, delta)) / rows
            delta *= 2 / rows
        return loss, delta.reshape(len(z), self.sizes[-1])

    def evaluate(self, X: np.ndarray, y: np.ndarray) -> tuple[float, float]:
        """Return the mean loss, as `loss_and_grad` does, and the share of right answers."""
        z = self._layers(X)[1][-1]
        right = z.reshape(-1, self.classes).argmax(1) == np.asarray(y).reshape(-1)
        return self._loss_and_delta(z, y)[0], float(right.mean())

    def accuracy(self, X: np.ndarray, y: np.ndarray) -> float:
        """Share of right answers."""
        return self.evaluate(X, y)[1]

    def correct(self, X: np.ndarray, y: np.ndarray) -> np.ndarray:
        """Whether each answer is right: bool, of the shape of `y`."""
        return self.forward(X).argmax(-1) == y

    def flops_per_example(self) -> int:
        """FLOP of one training example, forward and backward, as this code performs them.

        Each weight is used three times, at 2 FLOP (forward, its own gradient, the gradient handed
        down), except that nothing is handed down below the first layer. Elementwise work and the
        optimizer are left out, as in the 6N rule, which counts biases as weights and hands a
        gradient down to the input.
        """
        products = [m * n for m, n in pairwise(self.sizes)]
        return 6 * sum(products) - 2 * products[0]
