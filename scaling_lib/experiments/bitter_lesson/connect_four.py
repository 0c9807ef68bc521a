"""Knowledge against search in Connect Four, as the search is given more compute.

The expert of `connect_four_rules` plays by eight rules that people wrote down; the players of
`connect_four_search` know how stones fall and who has won, and search. The claim under test: search
with enough compute beats encoded knowledge [@sutton2019bitter].
"""

import time
from collections.abc import Callable

import numpy as np

from scaling_lib.data.checks import one_of, whole
from scaling_lib.experiments.bitter_lesson.connect_four_rules import Expert
from scaling_lib.experiments.bitter_lesson.connect_four_search import UCT, FlatMonteCarlo
from scaling_lib.experiments.tabulate import SEEDS, shipped_map
from scaling_lib.tasks.board import BOARD, has_four, random_moves

#: Takes ``mover, occupied, rng`` and returns moves.
Player = Callable[[np.ndarray, np.ndarray, np.random.Generator], np.ndarray]
RANDOM_PLIES = 2  # so that games differ
SEARCHES = {"flat": FlatMonteCarlo, "uct": UCT}


def play(first: Player, second: Player, games: int = 200, seed: int = 0) -> dict[str, float]:
    """Play many games at once; each player begins half of them.

    Keys, of the first player: ``games, wins, draws``; ``score`` (a draw counts half) with ``low``
    and ``high``, the ends of its 95 % Wilson interval; ``seconds``, CPU time of a move decision.
    """
    whole(games, "games", 2)
    rng = np.random.default_rng(seed)
    mover, occupied = np.zeros(games, np.uint64), np.zeros(games, np.uint64)
    result = np.zeros(games)  # 1: the first player wins, 0.5: draw
    live, ply = np.arange(games), 0
    seconds, decisions = 0.0, 0  # of the first player
    while len(live):
        own_turn = (live < games // 2) == (ply % 2 == 0)
        if ply < RANDOM_PLIES:
            move = random_moves(occupied[live], rng)
        else:
            move = np.zeros(len(live), np.uint64)
            for player, turn in ((first, own_turn), (second, ~own_turn)):
                if turn.any():
                    start = time.process_time()
                    move[turn] = player(mover[live[turn]], occupied[live[turn]], rng)
                    if turn is own_turn:
                        seconds += time.process_time() - start
                        decisions += int(turn.sum())
        stones = mover[live] | move
        occupied[live] |= move
        mover[live] = stones ^ occupied[live]
        won = has_four(stones)
        drawn = ~won & (occupied[live] == BOARD)
        result[live[won]] = own_turn[won]
        result[live[drawn]] = 0.5
        live = live[~(won | drawn)]
        ply += 1
    wins, draws, score = int((result == 1).sum()), int((result == 0.5).sum()), result.mean()
    low, high = wilson_interval(score, games)
    found = {"games": games, "wins": wins, "draws": draws, "score": score, "low": low, "high": high}
    return found | {"seconds": seconds / max(decisions, 1)}


def wilson_interval(share: float, n: int) -> tuple[float, float]:
    """Wilson's 95 % interval of a share of n independent trials.

    >>> tuple(round(x, 3) for x in wilson_interval(0.5, 100))
    (0.404, 0.596)
    """
    z = 1.96  # half width of a normal's 95 % interval, standard deviations
    centre = (share + z * z / (2 * n)) / (1 + z * z / n)
    half = z / (1 + z * z / n) * np.sqrt(share * (1 - share) / n + z * z / (4 * n * n))
    return float(centre - half), float(centre + half)


def run(search: str, rollouts: int, seed: int = 0, games: int = 200) -> dict[str, float]:
    """Score a search ("flat" or "uct") of so many random games a move against the expert."""
    player = SEARCHES[one_of(search, "search", SEARCHES)](rollouts)
    return play(player, Expert(), games, seed)


regenerate = shipped_map(
    run,
    dict(search=["flat"], rollouts=[7 * 4**i for i in range(7)], seed=SEEDS),
    dict(search=["uct"], rollouts=[16 * 4**i for i in range(5)], seed=SEEDS),
    digits=4,
)
