r"""Caesar ciphers that were never shown: what is memorised, and what a rule costs.

Each problem shows one example pair of a cipher and asks for another letter to be deciphered
(`scaling_lib.tasks.caesar`). The learners see problems of some shifts; 13 (ROT13) is never one of
them. The claim under test: a language model that deciphers shifts 3 and 5 but fails on 13 has
stored answers, not the rule [@chollet2024francois]. `run` trains a network; `program_search` tries
all rules :math:`\alpha c + \beta b + \gamma a + \delta \pmod{26}` and keeps those that fit.
"""

from collections.abc import Callable, Iterable

import numpy as np
import pandas as pd

from scaling_lib.experiments.tabulate import learning_curve, shipped_map
from scaling_lib.models import MLP, Adam, constant_after
from scaling_lib.tasks import caesar
from scaling_lib.training import draw_batches

P = caesar.LETTERS
BATCH = 256
H = 128  # hidden width
STOP = ("unseen", 0.999)  # training ends there
SHIPPED_STEPS = tuple(250 * 2**i for i in range(7))  # to 16,000


def run(n_shifts: int, seed=0, loss="mse", steps=SHIPPED_STEPS, H=H) -> pd.DataFrame:
    """Train a network on the problems of some shifts, and measure after so many `steps`.

    The shifts are 3 and 5, then others at random, never 13; `loss` is "mse" or "cross_entropy"; the
    one hidden layer, of width H, has cubic activation and no biases.

    Columns: ``step``, ``C`` (training FLOP) and shares of right answers: ``train`` (the shifts
    trained on), ``rot13``, ``unseen`` (all shifts from 1 that were not trained on, 13 included).
    """

    def scores_of(model, shifts):
        tests = {"train": shifts, "rot13": [caesar.ROT13], "unseen": unseen(shifts)}
        encoded = {name: encoded_problems(tested) for name, tested in tests.items()}
        return lambda step: {name: model.accuracy(*test) for name, test in encoded.items()}

    return follow(scores_of, n_shifts, seed, loss, steps, H)


def follow(
    scores_of: Callable, n_shifts: int, seed: int, loss: str, steps: Iterable[int], H: int = H
) -> pd.DataFrame:
    """Train as `run` does; ``scores_of(model, shifts)`` returns what `learning_curve` measures."""
    rng = np.random.default_rng(seed)
    shifts = caesar.choose_shifts(n_shifts, rng)
    model = MLP((3 * P, H, P), "cubic", loss, bias=False, init_std=(P**-0.5, H**-0.5), seed=rng)
    adam = Adam(model.theta, betas=(0.9, 0.98), weight_decay=1.0)
    how = {"schedule": constant_after(50), "optimizer": adam}
    batches = draw_batches(*encoded_problems(shifts), BATCH, rng)
    table = learning_curve(model, batches, 3e-3, steps, scores_of(model, shifts), STOP, **how)
    table.insert(1, "C", table["step"] * float(BATCH * model.flops_per_example()))
    return table


def encoded_problems(shifts: Iterable[int]) -> tuple[np.ndarray, np.ndarray]:
    """Return every problem of the shifts: inputs of shape (n, 78), and the letters asked for."""
    letters, y = caesar.problems(shifts)
    return caesar.encode(letters), y


def unseen(shifts: Iterable[int]) -> list[int]:
    """Return the shifts from 1 to 25 that are not among `shifts`."""
    return [shift for shift in range(1, P) if shift not in shifts]


def program_search(n_shifts: int, D: int = 12, seed: int = 0) -> dict[str, float]:
    r"""Try every rule :math:`\alpha c + \beta b + \gamma a + \delta \pmod{26}` on D problems.

    The true rule is :math:`c - b + a`. Rules that fail on a problem are dropped before the next
    one, so nearly all work is done on the first problem. Shifts are chosen as in `run`.

    Keys: ``D``; ``left``, the rules that fit all problems; ``operations`` (eight for each rule and
    problem: three products, three sums, remainder, comparison); and the accuracies ``train``,
    ``rot13`` and ``unseen``, averaged over at most 50 of the rules left.
    """
    rng = np.random.default_rng(seed)
    shifts = caesar.choose_shifts(n_shifts, rng)
    letters, y = caesar.problems(shifts)
    seen = rng.integers(0, len(y), D)
    rules = np.indices((P, P, P, P), dtype=np.int16).reshape(4, -1)
    tried = 0
    for (a, b, c), answer in zip(letters[seen], y[seen], strict=True):
        tried += rules.shape[1]
        rules = rules[:, (rules[0] * c + rules[1] * b + rules[2] * a + rules[3]) % P == answer]
    some = rules[:, rng.permutation(rules.shape[1])[:50]].astype(np.int64)

    def accuracy(tested):
        letters, y = caesar.problems(tested)
        a, b, c = letters.T[:, :, None]
        return float(((some[0] * c + some[1] * b + some[2] * a + some[3]) % P == y[:, None]).mean())

    found = {"D": D, "left": rules.shape[1], "operations": 8.0 * tried}
    tests = {"train": shifts, "rot13": [caesar.ROT13], "unseen": unseen(shifts)}
    return found | {name: accuracy(tested) for name, tested in tests.items()}


KNOBS = dict(loss=["mse", "cross_entropy"], n_shifts=[2, 4, 6, 8, 12])
SHIPPED_SEEDS = tuple(range(6))  # one shift is the test, so that much depends on the other shifts
regenerate = shipped_map(run, KNOBS | dict(seed=SHIPPED_SEEDS), places=4)
