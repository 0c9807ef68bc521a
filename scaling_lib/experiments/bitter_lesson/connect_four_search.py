r"""Connect Four players that search.

`FlatMonteCarlo` plays the same number of random games after each move and takes the move with the
best average. `UCT` grows a tree [@kocsis2006bandit]: each simulation walks down to the move of the
highest :math:`w_a / n_a + c \sqrt{\ln n / n_a}` (mean result plus a bonus for moves tried seldom),
adds one position, plays one random game from there and adds its result to all moves on the way.
Both know nothing but the rules. `Lookahead` tries all continuations to a fixed depth, as chess
programs do, and judges where it stops by as many terms of knowledge as it is given. All play many
games in step, so that numpy has arrays to work on.
"""

import dataclasses

import numpy as np

from scaling_lib.data.checks import one_of, whole
from scaling_lib.experiments.bitter_lesson.connect_four_rules import lines, threats
from scaling_lib.tasks.board import BOARD, COLUMN, COLUMNS, has_four, moves, rollout

NO_MOVE = np.uint64(0)

WIN = 1e6  # more than any sum of `TERMS`
LEAVES = 8192  # judged at once, so that memory does not grow with their number
UNKNOWN = 9  # not the value of a finished game


@dataclasses.dataclass(frozen=True)
class FlatMonteCarlo:
    """Try each legal move with a seventh of so many random games, and play the best."""

    rollouts: int

    def __post_init__(self):
        whole(self.rollouts, "rollouts", COLUMNS)

    def __call__(self, mover: np.ndarray, occupied: np.ndarray, rng: np.random.Generator):
        """Choose a move for each position; arguments and result as for ``Expert``."""
        legal = moves(occupied)
        own = mover[:, None] | legal
        after = occupied[:, None] | legal
        wins = has_four(own) & (legal != 0)
        # A mean result lies between -1 and 1, so 2 stands for a win now.
        value = np.where(legal == 0, -np.inf, np.where(wins, 2.0, 0.0))
        game, column = np.nonzero((legal != 0) & ~wins)
        each = self.rollouts // COLUMNS
        opponent = np.repeat((own ^ after)[game, column], each)
        results = -rollout(opponent, np.repeat(after[game, column], each), rng)
        value[game, column] = results.reshape(-1, each).mean(1)
        best = (value + 1e-6 * rng.random(value.shape)).argmax(1)
        return legal[np.arange(len(legal)), best]


@dataclasses.dataclass(frozen=True)
class UCT:
    """Monte Carlo tree search; the tree is thrown away after each move.

    ``c`` weighs the bonus for moves tried seldom, beside results of -1, 0 or 1.
    """

    simulations: int
    c: float = 1.0

    def __post_init__(self):
        whole(self.simulations, "simulations")

    def __call__(self, mover: np.ndarray, occupied: np.ndarray, rng: np.random.Generator):
        """Choose a move for each position; arguments and result as for ``Expert``."""
        tree = _Trees(mover, occupied, self.simulations + 1)
        for _ in range(self.simulations):
            path, value = tree.descend_and_expand(self.c, rng)
            tree.back_up(path, value)
        legal = moves(occupied)
        visits = np.where(legal != 0, tree.visits[:, 0] + 0.5 * rng.random(legal.shape), -1)
        return legal[np.arange(len(legal)), visits.argmax(1)]


def central(own, other):
    """Sum over the own stones of how central their column is, minus the other's."""
    return sum(
        worth * (np.bitwise_count(own & column).astype(int) - np.bitwise_count(other & column))
        for worth, column in zip((0, 1, 2, 3, 2, 1, 0), COLUMN, strict=True)
    )


#: Knowledge of a position that is not yet decided, for the side that owns the first stones: name ->
#: weight and function of both sides' stones. Terms and weights are those of the expert's rules.
TERMS = {
    "centre": (0.5, central),
    "threats": (30.0, lambda own, other: threats(own, other, own | other, NO_MOVE)),
    "lines": (1.0, lambda own, other: lines(own, other, own | other, NO_MOVE)),
}


@dataclasses.dataclass(frozen=True)
class Lookahead:
    """Try all continuations of `depth` plies; judge where they stop by the named `TERMS`.

    The move is the one that alpha-beta search would choose, which only leaves out continuations
    that cannot change it. Without terms only wins and losses within the depth are seen; among
    equals the choice is random.
    """

    depth: int
    terms: tuple[str, ...] = tuple(TERMS)

    def __post_init__(self):
        whole(self.depth, "depth")
        for term in self.terms:
            one_of(term, "term", TERMS)

    def __call__(self, mover: np.ndarray, occupied: np.ndarray, rng: np.random.Generator):
        """Choose a move for each position; arguments and result as for ``Expert``."""
        values = self.values(mover, occupied, self.depth)
        best = (values + 1e-6 * rng.random(values.shape)).argmax(1)
        return moves(occupied)[np.arange(len(values)), best]

    def values(self, mover: np.ndarray, occupied: np.ndarray, depth: int) -> np.ndarray:
        """Return what each move is worth to the side to move, shape (n, 7)."""
        legal = moves(occupied)
        own, after = mover[:, None] | legal, occupied[:, None] | legal
        won = has_four(own) & (legal != 0)
        # A win is worth more the sooner it comes.
        value = np.where(legal == 0, -np.inf, np.where(won, WIN * (1 + depth), 0.0))
        open_ = (legal != 0) & ~won & (after != BOARD)
        own, other = own[open_], (own ^ after)[open_]
        # Many orders of moves lead to one position, and this sum is different for each position.
        _, first, which = np.unique(own + (own | other), return_index=True, return_inverse=True)
        own, other = own[first], other[first]
        if depth == 1:
            found = self.judge(own, other)
        else:
            found = -self.values(other, own | other, depth - 1).max(1, initial=-np.inf)
        value[open_] = found[which]
        return value

    def judge(self, own: np.ndarray, other: np.ndarray) -> np.ndarray:
        """Return what undecided positions are worth to the owner of the first stones."""
        found = np.zeros(len(own))
        for start in range(0, len(own), LEAVES):
            part = slice(start, start + LEAVES)
            for weight, term in (TERMS[name] for name in self.terms):
                found[part] += weight * term(own[part], other[part])
        return found


class _Trees:
    """One tree for each game, grown in step; node 0 is the root.

    Arrays have the shape (games, nodes) or (games, nodes, 7). Values are for the side to move.
    """

    def __init__(self, mover, occupied, nodes):
        games = len(mover)
        self.mover = np.zeros((games, nodes), np.uint64)
        self.occupied = np.zeros((games, nodes), np.uint64)
        self.finished = np.full((games, nodes), UNKNOWN, np.int8)
        self.child = np.zeros((games, nodes, COLUMNS), np.int32)  # 0: not visited
        self.visits = np.zeros((games, nodes, COLUMNS), np.float32)
        self.total = np.zeros((games, nodes, COLUMNS), np.float32)
        self.mover[:, 0], self.occupied[:, 0] = mover, occupied
        self.size = np.ones(games, np.int32)

    def descend_and_expand(self, c, rng):
        """Walk each game down to a new or finished position; return the path and its value."""
        value = np.zeros(len(self.size), np.float32)
        game, node = np.arange(len(self.size)), np.zeros(len(self.size), np.int32)
        path, rolled = [], []  # rolled: games and nodes whose value a random game has to tell
        while len(game):
            legal = moves(self.occupied[game, node])
            column = self._select(game, node, legal, c, rng)
            path.append((game, node, column))
            child = self.child[game, node, column]
            new = child == 0
            child[new] = self._add(game[new], node[new], column[new], legal[new, column[new]])
            value[game] = ended = self.finished[game, child]
            rolled.append([x[new & (ended == UNKNOWN)] for x in (game, child)])
            game, node = (x[~new & (ended == UNKNOWN)] for x in (game, child))
        games, leaves = (np.concatenate(x) for x in zip(*rolled, strict=True))
        value[games] = rollout(self.mover[games, leaves], self.occupied[games, leaves], rng)
        return path, value

    def _select(self, game, node, legal, c, rng):
        n, w = self.visits[game, node], self.total[game, node]
        tried = np.maximum(n, 1)
        bonus = c * np.sqrt(np.log(n.sum(1, keepdims=True) + 1) / tried)
        untried = 1e3 + rng.random(n.shape, dtype=np.float32)
        score = np.where(n > 0, w / tried + bonus, untried)
        return np.where(legal != 0, score, -np.inf).argmax(1)

    def _add(self, game, node, column, move):
        leaf = self.size[game]
        self.size[game] += 1
        self.child[game, node, column] = leaf
        stones = self.mover[game, node] | move
        after = self.occupied[game, node] | move
        self.mover[game, leaf] = stones ^ after
        self.occupied[game, leaf] = after
        won = has_four(stones)
        self.finished[game[won], leaf[won]] = -1  # the side to move has just lost
        drawn = ~won & (after == BOARD)
        self.finished[game[drawn], leaf[drawn]] = 0
        return leaf

    def back_up(self, path, value):
        for game, node, column in reversed(path):
            value[game] = -value[game]
            self.visits[game, node, column] += 1
            self.total[game, node, column] += value[game]
