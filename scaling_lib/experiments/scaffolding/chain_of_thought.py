r"""Chain of thought as serial compute: the same network with and without room to write steps.

A network reads `k` permutations and must name their product. Four ways to ask for it:

``direct``
    the answer at once;
``supervised``
    the answer at once, but in training every prefix product is a target too, at the position where
    the prefix ends. It gets the information that the steps carry, and no step to read;
``blank``
    the answer after `k` empty "thinking" tokens: more positions to compute in, nothing written;
``steps``
    the prefix products one after another, each read again before the next is written.

Found (three seeds, one layer of width 32, chance 1/6): at k = 8, ``direct`` 0.17 to 0.18,
``supervised`` 0.17 to 0.20, ``blank`` 0.17 to 0.19, ``steps`` 1.00. The limit of the direct way
lies between k = 3 and 4; eleven times the parameters in three layers, trained twice as long, reach
a third at k = 4 and chance at k = 8. Supervision without steps moves the limit a little (0.33 at
k = 4, 0.25 at k = 6, where ``direct`` has 0.21 and 0.17), which is not where the effect lies.

Only ``steps`` makes the serial depth grow with `k`: one answer passes through `layers` blocks `k`
times. The comparison is confounded, and the book says so: the steps also bring supervision, since
a model trained on them sees every intermediate product. ``supervised`` separates the two. And
"cannot" here means "did not learn within this budget": the failures are failures of optimization,
not proofs about what one layer can express.
"""

import itertools
import pathlib
from collections.abc import Sequence

import numpy as np
import pandas as pd
from joblib import Parallel, delayed

from scaling_lib.data.checks import one_of, whole
from scaling_lib.data.files import write_csv
from scaling_lib.experiments.tabulate import tabulate
from scaling_lib.models.attention import AttentionLM
from scaling_lib.tasks import permutations
from scaling_lib.training import fit_model

MODES = ("direct", "supervised", "blank", "steps")
TEST_SEED = 999
BATCH, LR = 64, 3e-3
SHIPPED_KS = (2, 3, 4, 6, 8, 12)
SHIPPED_SEEDS = (0, 1, 2)
#: Larger direct networks, trained longer: (d, layers, training steps).
SHIPPED_LARGER = ((64, 2, 3000), (64, 3, 3000))


def run(
    k: int,
    mode: str,
    seed: int = 0,
    d: int = 32,
    layers: int = 1,
    training_steps: int = 1500,
    n_test: int = 1000,
) -> dict[str, float]:
    """Train one network on products of `k` permutations of three things, and test it on others.

    Parameters
    ----------
    mode : {"direct", "supervised", "blank", "steps"}
        How the answer is asked for; see the module.
    d, layers : int
        Width and number of blocks of the attention model (two heads).

    Returns
    -------
    dict
        ``k, mode, seed, d, layers, N`` (parameters), ``D`` (training problems), ``train_flop``,
        ``answer_flop`` (FLOP to answer one problem, every token read once), ``depth`` (blocks that
        the answer passes through one after another), ``accuracy`` of the final product, ``chance``.
    """
    one_of(mode, "mode", MODES)
    whole(k, "k", least=2)  # one factor is its own product
    table = permutations.multiplication_table(3)
    group = len(table)
    length = 2 * k if mode in ("steps", "blank") else k + 1
    # The vocabulary: the elements, "=" that ends the question, and an empty thinking token.
    model = AttentionLM(group + 2, length, d, layers, heads=2, seed=seed)
    rng = np.random.default_rng([seed, 1])
    problems = (permutations.sample(BATCH, k, rng, table) for _ in itertools.count())
    fit_model(model, (examples(*drawn, mode, group) for drawn in problems), training_steps, LR)

    factors, products = permutations.sample(n_test, k, np.random.default_rng(TEST_SEED), table)
    x, _ = examples(factors, products, mode, group)
    written = k if mode == "steps" else 1
    prompt = x[:, : length - written + 1]
    answer = model.complete(prompt, written, allowed=slice(group))[:, -1]
    return {
        "k": k,
        "mode": mode,
        "seed": seed,
        "d": d,
        "layers": layers,
        "N": model.N,
        "D": training_steps * BATCH,
        "train_flop": training_steps * BATCH * length * model.flops_per_token(length),
        "answer_flop": length * model.flops_per_token(length, backward=False),
        "depth": layers * written,
        "accuracy": float((answer == products[:, -1]).mean()),
        "chance": 1 / group,
    }


def examples(
    factors: np.ndarray, products: np.ndarray, mode: str, group: int
) -> tuple[np.ndarray, np.ndarray]:
    """Write problems (`permutations.sample`, shape (B, k)) as tokens and what should follow each.

    Both have shape (B, k + 1) or (B, 2 k). Token `group`, the number of elements, is "=", the one
    after it the empty thinking token; the target is -1 where nothing is asked.

    >>> x, targets = examples(np.array([[1, 2]]), np.array([[1, 4]]), "steps", 6)
    >>> x.tolist(), targets.tolist()
    ([[1, 2, 6, 1]], [[-1, -1, 1, 4]])
    """
    B, k = factors.shape
    x = np.concatenate([factors, np.full((B, 1), group)], 1)
    if mode in ("steps", "blank"):
        written = products[:, :-1] if mode == "steps" else np.full((B, k - 1), group + 1)
        x = np.concatenate([x, written], 1)
    targets = np.full_like(x, -1)
    targets[:, -1] = products[:, -1]
    if mode == "steps":
        targets[:, k:] = products
    elif mode == "supervised":
        targets[:, :k] = products
    return x, targets


def compare(
    ks: Sequence[int] = (4, 8),
    modes: Sequence[str] = ("direct", "supervised", "steps"),
    seeds: Sequence[int] = (0,),
    **settings,
) -> pd.DataFrame:
    """Call `run` for every combination; one row a network, with the columns of `run`."""
    return tabulate(run, k=ks, mode=modes, seed=seeds, **settings)


def regenerate(out: pathlib.Path, jobs: int = 1) -> None:
    """Write the shipped table as CSV: every mode at six lengths, and larger direct networks."""
    grid = [dict(k=k, mode=mode) for k in SHIPPED_KS for mode in MODES]
    grid += [
        dict(k=k, mode="direct", d=d, layers=layers, training_steps=training_steps)
        for k in (4, 8)
        for d, layers, training_steps in SHIPPED_LARGER
    ]
    rows = Parallel(n_jobs=jobs)(
        delayed(run)(seed=seed, **settings) for settings in grid for seed in SHIPPED_SEEDS
    )
    write_csv(pd.DataFrame(rows), out)
