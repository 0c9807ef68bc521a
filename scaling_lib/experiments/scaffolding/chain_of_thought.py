r"""Written steps against an answer at once: what decomposition brings, and three controls.

A network reads `k` things out of six and must name what they make together (`TASKS`): the product
of permutations of three things, the sum modulo 6, or the maximum. All three are chains of look-ups
in a table of six by six. Four ways to ask (`MODES`):

``direct``
    the answer at once;
``supervised``
    the answer at once, but in training every intermediate result is a target too, at the position
    where its part ends. It gets the information that the steps carry, and no step to read;
``blank``
    the answer after `k` empty "thinking" tokens: more positions to compute in, nothing written;
``steps``
    the intermediate results one after another, each read again before the next is written.

Only ``steps`` makes the serial depth grow with `k`: one answer passes through `layers` blocks `k`
times. But a sum modulo 6, which needs no chain, is learned directly no better than a product, and
with steps as well: the experiment shows that small steps are easier to learn, and not that depth is
what they bring. `cups` looks for that. "Cannot" means "did not learn within this budget": the
failures are failures of optimization, not proofs about what one layer can express.
"""

import itertools
import pathlib

import numpy as np
import pandas as pd
from joblib import Parallel, delayed

from scaling_lib.data.checks import one_of, whole
from scaling_lib.data.files import write_csv
from scaling_lib.models.attention import AttentionLM
from scaling_lib.tasks import permutations
from scaling_lib.training import fit_model

MODES = ("direct", "supervised", "blank", "steps")
TEST_SEED = 999
BATCH, LR = 64, 3e-3
TASKS = {
    "product": permutations.multiplication_table(3),
    "sum": np.add.outer(np.arange(6), np.arange(6)) % 6,
    "maximum": np.maximum.outer(np.arange(6), np.arange(6)),
}
SHIPPED_KS = (2, 3, 4, 6, 8)
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
    task: str = "product",
) -> dict[str, float]:
    """Train one network on chains of `k` things out of six, and test it on others.

    Parameters
    ----------
    mode : {"direct", "supervised", "blank", "steps"}
        How the answer is asked for; see the module.
    d, layers : int
        Width and number of blocks of the attention model (two heads).
    task : {"product", "sum", "maximum"}
        Which table of six by six the chain goes through (`TASKS`).

    Returns
    -------
    dict
        ``task, k, mode, seed, d, layers, N`` (parameters), ``D`` (training problems),
        ``train_flop``, ``answer_flop`` (FLOP to answer one problem, every token read once),
        ``depth`` (blocks that the answer passes through one after another), ``accuracy`` of the
        final answer.
    """
    one_of(mode, "mode", MODES)
    one_of(task, "task", tuple(TASKS))
    whole(k, "k", least=2)  # one factor is its own product
    table = TASKS[task]
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
        "task": task,
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


def sample_ends(
    model: AttentionLM, questions: np.ndarray, draws: int, rng: np.random.Generator
) -> np.ndarray:
    """Sample chains of steps at temperature one; return where they end, shape (draws, B).

    `questions` (B, k + 1) are tokens up to "=", whose number is that of the possible results.
    """
    x, group = np.repeat(questions, draws, 0), questions[0, -1]
    for _ in range(questions.shape[1] - 1):
        z = model.logits(x)[:, -1, :group]
        drawn = (z + rng.gumbel(size=z.shape)).argmax(-1)  # as probable as softmax says
        x = np.concatenate([x, drawn[:, None]], 1)
    return x[:, -1].reshape(-1, draws).T


def regenerate(out: pathlib.Path, jobs: int = 1) -> None:
    """Write the shipped table as CSV: tasks, modes and lengths, and larger direct networks."""
    grid = [dict(k=k, mode=mode) for k in SHIPPED_KS for mode in MODES]
    grid += [
        dict(k=k, mode="direct", d=d, layers=layers, training_steps=training_steps)
        for k in (4, 8)
        for d, layers, training_steps in SHIPPED_LARGER
    ]
    grid += [dict(k=k, mode="direct", task=t) for t in ("sum", "maximum") for k in SHIPPED_KS]
    grid += [dict(k=8, mode=mode, task="sum") for mode in MODES[1:]]
    rows = Parallel(n_jobs=jobs)(
        delayed(run)(seed=seed, **settings) for settings in grid for seed in SHIPPED_SEEDS
    )
    write_csv(pd.DataFrame(rows), out)
