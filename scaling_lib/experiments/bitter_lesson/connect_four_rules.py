"""A Connect Four player made of rules that people wrote down.

Each rule is a function that scores the seven moves of each position; a rule's weight says how it
ranks against the others. The player adds up the scores of its rules and plays the best move. The
rules are listed in the order in which one would think of them, so that the player can be built up
rule by rule.
"""

import dataclasses
import inspect
from collections.abc import Callable

import numpy as np

from scaling_lib.tasks.board import BOARD, LINES, completing_cells, has_four, landing_cells, moves

#: Takes mover's and opponent's stones and the occupied cells *before* a move, shape (n, 1), and the
#: moves, shape (n, 7); returns scores of shape (n, 7).
Rule = Callable[[np.ndarray, np.ndarray, np.ndarray, np.ndarray], np.ndarray]


def centre(mover, opponent, occupied, move):
    """Central columns take part in more lines."""
    return np.broadcast_to(np.array([0, 1, 2, 3, 2, 1, 0]), move.shape)


def win(mover, opponent, occupied, move):
    """Complete four if you can."""
    return has_four(mover | move)


def block(mover, opponent, occupied, move):
    """Occupy the cell on which the opponent would complete four."""
    return (completing_cells(opponent, occupied) & move) != 0


def no_giveaway(mover, opponent, occupied, move):
    """Do not play under a cell on which the opponent would complete four."""
    above = (move << np.uint64(1)) & BOARD
    return -((completing_cells(opponent, occupied | move) & above) != 0).astype(int)


def fork(mover, opponent, occupied, move):
    """Make two threats at once: the opponent can block only one."""
    after = occupied | move
    threats = completing_cells(mover | move, after) & landing_cells(after)
    return np.bitwise_count(threats) >= 2


def keep_threat(mover, opponent, occupied, move):
    """Do not play under your own completing cell: the opponent would have to block it."""
    above = (move << np.uint64(1)) & BOARD
    return -((completing_cells(mover | move, occupied | move) & above) != 0).astype(int)


def threats(mover, opponent, occupied, move):
    """Have more completing cells than the opponent, whether reachable now or later."""
    after = occupied | move
    own = np.bitwise_count(completing_cells(mover | move, after)).astype(int)
    return own - np.bitwise_count(completing_cells(opponent, after))


def lines(mover, opponent, occupied, move):
    """Prefer lines with many own stones and none of the opponent's, and the reverse for theirs."""
    worth = np.array([0, 1, 4, 16, 100])
    own = np.bitwise_count((mover | move)[..., None] & LINES)
    other = np.bitwise_count(opponent[..., None] & LINES)
    return (worth[own] * (other == 0) - worth[other] * (own == 0)).sum(-1)


#: Rules with their weights. A weight has to be chosen against all other weights.
RULES: tuple[tuple[Rule, float], ...] = (
    (centre, 0.5),
    (win, 1e6),
    (block, 1e5),
    (no_giveaway, 1e4),
    (fork, 1e3),
    (keep_threat, 20.0),
    (threats, 30.0),
    (lines, 1.0),
)


@dataclasses.dataclass(frozen=True)
class Expert:
    """Player that plays the move with the highest sum of weighted scores; no rules: at random.

    >>> x, o = np.uint64([0b111]), np.uint64([0b111 << 7])  # three each in columns 1 and 2
    >>> move = Expert()(x, x | o, np.random.default_rng(0))
    >>> int(move[0]) == 1 << 3
    True
    """

    rules: tuple[tuple[Rule, float], ...] = RULES

    def __call__(self, mover: np.ndarray, occupied: np.ndarray, rng: np.random.Generator):
        """Choose a move for each position, all of shape (n,); `rng` breaks ties."""
        legal = moves(occupied)
        own, taken = mover[:, None], occupied[:, None]
        scores = rng.random(legal.shape) * 1e-6
        for rule, weight in self.rules:
            scores = scores + weight * rule(own, own ^ taken, taken, legal)
        best = np.where(legal != 0, scores, -np.inf).argmax(1)
        return legal[np.arange(len(legal)), best]

    def lines_of_code(self) -> int:
        """Lines of the rules' bodies, without their docstrings of one line."""
        return sum(len(inspect.getsource(rule).splitlines()) - 2 for rule, _ in self.rules)
