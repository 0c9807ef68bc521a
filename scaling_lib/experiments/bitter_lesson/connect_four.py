"""Knowledge against search in Connect Four, as the search is given more compute.

The expert of `connect_four_rules` plays by eight rules that people wrote down; the players of
`connect_four_search` know how stones fall and who has won, and search. The claim under test: search
with enough compute beats encoded knowledge [@sutton2019bitter].

Found (shipped table ``connect_four``, seeds 0 to 2, 200 games each; 95 % intervals of about 0.04 on
either side). Score against the expert of flat Monte Carlo with 7, 112, 448, 1792, 7168, 28672
random games a move: .02, .17, .34, .54, .65, .72. Of UCT with 16, 64, 256, 1024, 4096: .03, .19,
.50, .72, .82. So a search that knows nothing draws level at about 1300 and 256 random games a move,
which costs several hundred times the expert's computing time, and goes on improving; the better
search needs a fifth of the random games for a score of .5 and a twenty-eighth for .72. The expert
is our own and could be better: what the table shows is that it stays where it is.

What the rules bring (seeds 0 to 2, 400 games each against flat Monte Carlo with 112 rollouts):
three rules of three lines bring .02 to .51, eight rules of 17 lines .86. One rule that anybody
would add, not to play under one's own winning cell, makes the player *worse* when it is added (.76
to .69 on average, in all three seeds), unless its weight is below that of the centre.
"""

import pathlib
import time
from collections.abc import Callable, Sequence

import numpy as np
import pandas as pd

from scaling_lib.data.checks import one_of, whole
from scaling_lib.data.files import write_csv
from scaling_lib.experiments.bitter_lesson.connect_four_rules import Expert
from scaling_lib.experiments.bitter_lesson.connect_four_search import UCT, FlatMonteCarlo
from scaling_lib.experiments.tabulate import tabulate
from scaling_lib.tasks.board import BOARD, has_four, random_moves

#: Takes ``mover, occupied, rng`` and returns moves.
Player = Callable[[np.ndarray, np.ndarray, np.random.Generator], np.ndarray]
Z95 = 1.96  # half width of a normal's 95 % interval, standard deviations
RANDOM_PLIES = 2  # so that games differ
SEARCHES = {"flat": FlatMonteCarlo, "uct": UCT}
SHIPPED_BUDGETS = {
    "flat": (7, 28, 112, 448, 1792, 7168, 28672),
    "uct": (16, 64, 256, 1024, 4096),
}
SHIPPED_SEEDS = (0, 1, 2)
SHIPPED_GAMES = 200


def play(first: Player, second: Player, games: int = 200, seed: int = 0) -> dict[str, float]:
    """Play many games at once; each player begins half of them.

    Returns
    -------
    dict
        Of the first player: ``games, wins, draws``; ``score`` (a draw counts half) with ``low`` and
        ``high``, the ends of its 95 % Wilson interval; ``seconds``, CPU time of a move decision.
    """
    whole(games, "games", 2)
    rng = np.random.default_rng(seed)
    mover, occupied = np.zeros(games, np.uint64), np.zeros(games, np.uint64)
    result = np.zeros(games)  # 1: the first player wins, 0.5: draw
    live, ply = np.arange(games), 0
    seconds, decisions = [0.0, 0.0], [0, 0]
    while len(live):
        own_turn = (live < games // 2) == (ply % 2 == 0)
        move = np.zeros(len(live), np.uint64)
        if ply < RANDOM_PLIES:
            move = random_moves(occupied[live], rng)
        else:
            for i, (player, turn) in enumerate(((first, own_turn), (second, ~own_turn))):
                if turn.any():
                    start = time.process_time()
                    move[turn] = player(mover[live[turn]], occupied[live[turn]], rng)
                    seconds[i] += time.process_time() - start
                    decisions[i] += int(turn.sum())
        stones = mover[live] | move
        occupied[live] |= move
        mover[live] = stones ^ occupied[live]
        won = has_four(stones)
        drawn = ~won & (occupied[live] == BOARD)
        result[live[won]] = own_turn[won]
        result[live[drawn]] = 0.5
        live = live[~(won | drawn)]
        ply += 1
    score = result.mean()
    low, high = wilson_interval(score, games)
    return {
        "games": games,
        "wins": int((result == 1).sum()),
        "draws": int((result == 0.5).sum()),
        "score": score,
        "low": low,
        "high": high,
        "seconds": seconds[0] / max(decisions[0], 1),
    }


def wilson_interval(share: float, n: int) -> tuple[float, float]:
    """Wilson's 95 % interval of a share of n independent trials.

    Examples
    --------
    >>> tuple(round(x, 3) for x in wilson_interval(0.5, 100))
    (0.404, 0.596)
    """
    z = Z95
    centre = (share + z * z / (2 * n)) / (1 + z * z / n)
    half = z / (1 + z * z / n) * np.sqrt(share * (1 - share) / n + z * z / (4 * n * n))
    return float(centre - half), float(centre + half)


def search_against_rules(
    budgets: Sequence[int] = (7, 28, 112, 448),
    search: str = "flat",
    games: int = 200,
    seeds: Sequence[int] = (0,),
    jobs: int = 1,
) -> pd.DataFrame:
    """Score a search ("flat" or "uct") against the expert by its random games a move.

    Returns
    -------
    pandas.DataFrame
        One row a budget and seed: ``search, rollouts, seed`` and the columns of `play`.
    """
    one_of(search, "search", SEARCHES)
    grid = {"search": [search], "rollouts": list(budgets), "seed": list(seeds)}
    return tabulate(_match, jobs, **grid, games=games)


def _match(search, rollouts, seed, games):
    return play(SEARCHES[search](rollouts), Expert(), games, seed)


def regenerate(out: pathlib.Path, jobs: int = 1) -> None:
    """Write the shipped scores of both searches against the expert."""
    tables = [
        search_against_rules(budgets, search, SHIPPED_GAMES, SHIPPED_SEEDS, jobs)
        for search, budgets in SHIPPED_BUDGETS.items()
    ]
    write_csv(pd.concat(tables), out, digits=4)
