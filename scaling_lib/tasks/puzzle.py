"""The 3 by 3 sliding puzzle: all 181 440 reachable positions with their exact distances.

Eight numbered tiles and a gap; a move slides a neighbouring tile into the gap. The whole space is
small enough to enumerate in about a second, so that the true value of every position is known and a
search or a learned value can be scored exactly.
"""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np

GOAL = np.array([1, 2, 3, 4, 5, 6, 7, 8, 0], np.int8)
WEIGHTS = 9 ** np.arange(9)
#: From each place of the gap, the places that it can move to; -1 where there is a wall.
MOVES = np.array(
    [
        [
            3 * (row + dr) + column + dc if 0 <= row + dr < 3 and 0 <= column + dc < 3 else -1
            for dr, dc in ((-1, 0), (1, 0), (0, -1), (0, 1))
        ]
        for row in range(3)
        for column in range(3)
    ]
)


@dataclass(frozen=True, eq=False)
class Puzzle:
    """Every reachable position; `puzzle` builds it."""

    boards: np.ndarray  #: (181440, 9), int8: tile in each place, row by row; 0 is the gap
    distance: np.ndarray  #: (181440,): least number of moves to the goal, 0 to 31
    neighbours: np.ndarray  #: (181440, 4): index one move away; -1 where there is a wall
    goal: int  #: index of the solved position


def slide(boards: np.ndarray, direction: int) -> tuple[np.ndarray, np.ndarray]:
    """Move the gap of each board (B, 9) in one direction: 0 up, 1 down, 2 left, 3 right.

    Returns the boards, unchanged where there is a wall, and whether there was none, shape (B,).
    """
    rows = np.arange(len(boards))
    gap = boards.argmin(1)
    to = MOVES[gap, direction]
    possible = to >= 0
    to = np.where(possible, to, gap)
    moved = boards.copy()
    moved[rows, gap] = boards[rows, to]
    moved[rows, to] = 0
    return moved, possible


@lru_cache(maxsize=1)
def puzzle() -> Puzzle:
    """Enumerate all positions by breadth-first search backwards from the goal."""
    layers = [GOAL[None]]
    codes = [GOAL[None] @ WEIGHTS]
    while len(layers[-1]):
        reached = [board[possible] for board, possible in (slide(layers[-1], i) for i in range(4))]
        found = np.concatenate(reached)
        code, first = np.unique(found @ WEIGHTS, return_index=True)
        # A move changes the parity of the position, so it leads one layer back or one ahead.
        fresh = ~np.isin(code, codes[-2]) if len(codes) > 1 else np.ones(len(code), bool)
        layers.append(found[first[fresh]])
        codes.append(code[fresh])
    boards, code = np.concatenate(layers), np.concatenate(codes)
    distance = np.repeat(np.arange(len(layers)), [len(layer) for layer in layers])
    order = np.argsort(code)
    neighbours = np.full((len(boards), 4), -1)
    for direction in range(4):
        moved, possible = slide(boards, direction)
        index = order[np.searchsorted(code, moved[possible] @ WEIGHTS, sorter=order)]
        neighbours[possible, direction] = index
    return Puzzle(boards, distance, neighbours, goal=0)


def one_hot(boards: np.ndarray) -> np.ndarray:
    """Write each tile in each place as 0 or 1: float32 of shape (B, 81)."""
    return np.eye(9, dtype=np.float32)[boards].reshape(len(boards), 81)


def misplaced(boards: np.ndarray) -> np.ndarray:
    """Count the tiles that are not in their place: never more than the true distance."""
    return ((boards != GOAL) & (boards != 0)).sum(1)


def manhattan(boards: np.ndarray) -> np.ndarray:
    """Add up how far each tile is from its place: never more than the true distance."""
    place = np.arange(9)
    home = np.argsort(GOAL)[boards]
    apart = np.abs(place // 3 - home // 3) + np.abs(place % 3 - home % 3)
    return np.where(boards == 0, 0, apart).sum(1)
