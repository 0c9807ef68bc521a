r"""Search with a value function, and a single attempt with the same value.

Positions of the 3 by 3 sliding puzzle are searched best first by :math:`f = g + w\,h`, with `g` the
moves made and `h` a value: an estimate of the moves still needed, written by hand (`misplaced`,
`manhattan`) or learned by a small network from the exact distance of some positions. Every way
recognises the goal when it sees it (`table_of_values`). The measure is nodes expanded, not FLOP.
"""

import heapq
import itertools
import math
from collections.abc import Callable, Mapping, Sequence

import numpy as np
import pandas as pd

from scaling_lib.experiments.tabulate import tabulate
from scaling_lib.models import MLP
from scaling_lib.tasks.puzzle import Puzzle, manhattan, misplaced, one_hot, puzzle
from scaling_lib.training import draw_batches, fit_model

Value = Callable[[np.ndarray], np.ndarray]  #: boards (B, 9) -> estimated moves to the goal (B,)

HAND_WRITTEN: dict[str, Value] = {"misplaced": misplaced, "manhattan": manhattan}
TEST_SEED = 999
TEST_POSITIONS = 10_000  #: never learned from
LEARNED_POSITIONS, BATCH, LR = 20_000, 128, 5e-3
DISTANCES = np.arange(32, dtype=np.float32)  #: classes of a learned value, moves


class LearnedValue:
    """A network with one hidden layer of width H that estimates the distance to the goal.

    It predicts a distribution over the distances 0 to 31; the value of a position is the mean.
    """

    def __init__(self, H: int, seed: int = 0, training_steps: int = 1500):
        world = puzzle()
        rng = np.random.default_rng([seed, 1])
        known = rng.choice(training_indices(), LEARNED_POSITIONS, replace=False)
        X, y = one_hot(world.boards[known]), world.distance[known]
        self.model = MLP((81, H, len(DISTANCES)), seed=seed)
        fit_model(self.model, draw_batches(X, y, BATCH, rng), training_steps, LR)

    def __call__(self, boards: np.ndarray) -> np.ndarray:
        """Return the estimated distance of each board, shape (B,)."""
        parts = np.array_split(boards, max(1, len(boards) // 8192))
        return np.concatenate([self.model.probabilities(one_hot(b)) @ DISTANCES for b in parts])


def _shuffled():
    return np.random.default_rng(TEST_SEED).permutation(len(puzzle().boards))


def training_indices() -> np.ndarray:
    """Return the indices of the positions that learned values may see."""
    return _shuffled()[TEST_POSITIONS:]


def start_positions(n: int = TEST_POSITIONS) -> np.ndarray:
    """Return the indices of the first `n` of a fixed sequence of test positions."""
    return _shuffled()[:TEST_POSITIONS][:n]


def best_first(
    h: np.ndarray, start: int, world: Puzzle, budget: int, weight: float = 1.0
) -> tuple[int | None, int]:
    """Search from one position by increasing ``g + weight * h``; expand at most `budget` nodes.

    `h` is the value of every position: estimated moves to the goal. A `weight` of 1 is A*, which
    finds a shortest solution if `h` never overestimates; larger ones trust `h` more; ``inf``
    follows `h` alone (greedy best-first search). Returns the moves of the solution found, None if
    the budget ran out, and the number of nodes expanded.
    """
    own, by_h = (0.0, 1.0) if np.isinf(weight) else (1.0, weight)
    best = {start: 0}
    closed = set()
    # Positions are numbered by distance, so ties must not go by number: first in, first out.
    count = itertools.count()
    queue = [(by_h * h[start], 0, next(count), start)]
    expanded = 0
    while queue and expanded < budget:
        _, g, _, node = heapq.heappop(queue)
        if node in closed:
            continue
        if node == world.goal:
            return g, expanded
        closed.add(node)
        expanded += 1
        for neighbour in world.neighbours[node].tolist():
            if neighbour < 0 or best.get(neighbour, math.inf) <= g + 1:
                continue
            best[neighbour] = g + 1
            closed.discard(neighbour)  # a shorter way to a known position reopens it
            f = own * (g + 1) + by_h * h[neighbour]
            heapq.heappush(queue, (f, g + 1, next(count), neighbour))
    return None, expanded


def table_of_values(value: Value, world: Puzzle) -> np.ndarray:
    """Return the value of every position; the goal's is 0, so that no way walks past it."""
    h = np.asarray(value(world.boards), float)
    h[world.goal] = 0.0
    return h


def run(tables: Mapping[str, np.ndarray], problems=100, budget=1000, weight=np.inf) -> pd.DataFrame:
    """Search the same problems with several tables of values, expanding `budget` nodes at most.

    Columns: ``value, problem, distance`` (true), ``expanded``, ``solved``, ``moves`` (NaN if not
    solved).
    """
    world, rows = puzzle(), []
    for value, problem in itertools.product(tables, start_positions(problems).tolist()):
        moves, expanded = best_first(tables[value], problem, world, budget, weight)
        rows.append((value, problem, world.distance[problem], expanded, moves is not None, moves))
    names = ["value", "problem", "distance", "expanded", "solved", "moves"]
    return pd.DataFrame(rows, columns=names).astype({"moves": float})


def solved_within(table: pd.DataFrame, budgets: Sequence[int]) -> pd.DataFrame:
    """Return the share solved in the table of `run`: one row a value, one column a budget."""
    within = {budget: table.solved & (table.expanded <= budget) for budget in budgets}
    return pd.DataFrame(within).groupby(table.value).mean()


def value_errors(values: Mapping[str, Value]) -> pd.DataFrame:
    """Score each ``value`` by its ``error`` (root mean square, moves) on the test positions."""
    world, test = puzzle(), start_positions()

    def score(value):
        gap = np.asarray(values[value](world.boards[test]), float) - world.distance[test]
        return {"error": np.sqrt((gap**2).mean())}

    return tabulate(score, value=list(values))
