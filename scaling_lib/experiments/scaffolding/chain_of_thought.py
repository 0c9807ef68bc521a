r"""Written steps against an answer at once: what decomposition brings, and three controls.

A network reads `k` things out of six and must name what they make together, by a chain of look-ups
in a table of six by six (`TASKS`): the product of permutations of three things, the sum modulo 6,
or the maximum. Four ways to ask (`MODES`): ``direct``, the answer at once; ``supervised``, where in
training every intermediate result is a target too, at the position where its part ends (the
information of the steps, and no step to read); ``blank``, after `k` empty "thinking" tokens (more
positions to compute in, nothing written); and ``steps``, the intermediate results one after
another, each read again before the next is written: only so the serial depth grows with `k`.
"""

from collections.abc import Iterator

import numpy as np

from scaling_lib.data.checks import one_of, whole
from scaling_lib.experiments.tabulate import SEEDS, shipped_map
from scaling_lib.models import AttentionLM
from scaling_lib.tasks import permutations
from scaling_lib.training import fit_model

MODES = ("direct", "supervised", "blank", "steps")
TEST_SEED = 999
BATCH, LR = 64, 3e-3
GROUP = 6  # things in each of `TASKS`
TASKS = {
    "product": permutations.multiplication_table(3),
    "sum": np.add.outer(np.arange(6), np.arange(6)) % 6,
    "maximum": np.maximum.outer(np.arange(6), np.arange(6)),
}


def run(
    k: int, mode: str, seed=0, d=32, layers=1, training_steps=1500, n_test=1000, task="product"
) -> dict[str, float]:
    """Train one network on chains of `k` things out of six, and test it on others.

    `mode` is one of `MODES`, `task` of `TASKS`; `d` and `layers` are width and number of blocks of
    the attention model (two heads).

    Keys: ``task, k, mode, seed, d, layers, N`` (parameters), ``D`` (training problems),
    ``train_flop``, ``answer_flop`` (FLOP to answer one problem, every token read once), ``depth``
    (blocks that the answer passes through one after another), ``accuracy`` of the final answer.
    """
    one_of(mode, "mode", MODES)
    one_of(task, "task", tuple(TASKS))
    whole(k, "k", least=2)  # one factor is its own product
    table = TASKS[task]
    length = 2 * k if mode in ("steps", "blank") else k + 1
    # The vocabulary: the elements, "=" that ends the question, and an empty thinking token.
    model = AttentionLM(len(table) + 2, length, d, layers, heads=2, seed=seed)
    batches = problems(k, mode, table, np.random.default_rng([seed, 1]))
    fit_model(model, batches, training_steps, LR)

    factors, products = permutations.sample(n_test, k, np.random.default_rng(TEST_SEED), table)
    x, _ = examples(factors, products, mode, len(table))
    written = k if mode == "steps" else 1
    prompt = x[:, : length - written + 1]
    answer = model.complete(prompt, written, allowed=slice(len(table)))[:, -1]
    D = training_steps * BATCH
    settings = {"task": task, "k": k, "mode": mode, "seed": seed, "d": d, "layers": layers}
    train_flop = D * length * model.flops_per_token(length)
    answer_flop = length * model.flops_per_token(length, backward=False)
    flop = {"N": model.N, "D": D, "train_flop": train_flop, "answer_flop": answer_flop}
    right = float((answer == products[:, -1]).mean())
    return settings | flop | {"depth": layers * written, "accuracy": right}


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


def problems(
    k: int, mode: str, table: np.ndarray, rng: np.random.Generator
) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Yield without end batches of fresh problems through `table`, written as `examples` does."""
    while True:
        yield examples(*permutations.sample(BATCH, k, rng, table), mode, len(table))


def draw_next(model: AttentionLM, x: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Append to each of `x` one of the first `GROUP` tokens, drawn at temperature one."""
    z = model.logits(x)[:, -1, :GROUP]
    drawn = (z + rng.gumbel(size=z.shape)).argmax(-1)  # as probable as softmax says
    return np.concatenate([x, drawn[:, None]], 1)


def sample_ends(
    model: AttentionLM, questions: np.ndarray, draws: int, rng: np.random.Generator, steps=None
) -> np.ndarray:
    """Sample chains of `steps` at temperature one; return where they end, shape (draws, B).

    `questions` (B, k + 1) are `k` tokens and one, `GROUP` or beyond, that asks for steps: `k`,
    unless another number is given.
    """
    x = np.repeat(questions, draws, 0)
    for _ in range(steps or questions.shape[1] - 1):
        x = draw_next(model, x, rng)
    return x[:, -1].reshape(-1, draws).T


KS = (2, 3, 4, 6, 8)
regenerate = shipped_map(
    run,
    dict(k=KS, mode=MODES, seed=SEEDS),
    dict(k=[4, 8], mode="direct", d=64, layers=[2, 3], training_steps=3000, seed=SEEDS),
    dict(task=["sum", "maximum"], k=KS, mode="direct", seed=SEEDS),
    dict(k=8, mode=MODES[1:], task="sum", seed=SEEDS),
    dict(task=["product", "sum"], k=[3, 4, 8], mode="direct", training_steps=6000, seed=SEEDS),
    dict(k=[3, 4, 8], mode="blank", training_steps=6000, seed=SEEDS),
)
