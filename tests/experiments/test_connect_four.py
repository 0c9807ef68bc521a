import numpy as np
import pytest

from scaling_lib import data as datasets
from scaling_lib.experiments.bitter_lesson import connect_four as experiment
from scaling_lib.experiments.bitter_lesson.connect_four_rules import RULES, Expert
from scaling_lib.experiments.bitter_lesson.connect_four_search import (
    TERMS,
    UCT,
    WIN,
    FlatMonteCarlo,
    Lookahead,
)
from scaling_lib.tasks import board as game


def grid(stones):
    """Booleans [row, column] of one bitboard."""
    return np.array([[int(stones) >> 7 * c + r & 1 for c in range(7)] for r in range(6)], bool)


def position(columns):
    """Position after moves in columns "1" to "7", both sides in turn."""
    mover, occupied = np.zeros(1, np.uint64), np.zeros(1, np.uint64)
    for name in columns:
        move = game.moves(occupied)[:, int(name) - 1]
        assert move[0], f"column {name} is full in {columns}"
        mover, occupied = mover ^ occupied, occupied | move
    return mover, occupied


FOURS = np.array(
    [
        [(r + i * dr, c + i * dc) for i in range(4)]
        for r in range(6)
        for c in range(7)
        for dr, dc in ((0, 1), (1, 0), (1, 1), (1, -1))
        if 0 <= r + 3 * dr < 6 and 0 <= c + 3 * dc < 7
    ]
)


def four_by_hand(cells):
    return bool(cells[FOURS[..., 0], FOURS[..., 1]].all(1).any())


def random_positions(n: int, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Positions after 4 to 20 random plies in which nobody has won, as ``mover, occupied``."""
    mover, occupied = np.zeros(n, np.uint64), np.zeros(n, np.uint64)
    plies = rng.integers(4, 21, n)
    for ply in range(20):
        move = game.random_moves(occupied, rng)
        ends = game.has_four(mover | move)
        going = np.flatnonzero((ply < plies) & ~ends)
        occupied[going] |= move[going]
        mover[going] = (mover[going] | move[going]) ^ occupied[going]
    return mover, occupied


@pytest.fixture(scope="module")
def positions():
    return random_positions(100, np.random.default_rng(0))


def test_four_in_a_line_and_completing_cells_agree_with_the_plain_definition(positions):
    mover, occupied = positions
    rng = np.random.default_rng(1)
    cells = np.uint64(1) << (7 * np.arange(7)[:, None] + np.arange(6)).astype(np.uint64).ravel()
    stones = (rng.random((100, 42)) < 0.45) @ cells.astype(float)
    stones = stones.astype(np.uint64)  # 42 of 49 bits: exact in a float
    assert 0.2 < game.has_four(stones).mean() < 0.99
    for s, found in zip(stones, game.has_four(stones), strict=True):
        assert four_by_hand(grid(s)) == found
    completing = game.completing_cells(mover, occupied)
    assert (completing != 0).mean() > 0.2
    for own, taken, found in zip(mover, occupied, completing, strict=True):
        expected = grid(found) & False
        for r, c in np.argwhere(~grid(taken)):
            after = grid(own)
            after[r, c] = True
            expected[r, c] = four_by_hand(after)
        assert np.array_equal(expected, grid(found))


def test_lines_are_the_69():
    assert len(set(game.LINES.tolist())) == len(FOURS) == 69
    assert np.all(np.bitwise_count(game.LINES) == 4)
    assert game.has_four(game.LINES).all()


def test_random_moves_are_legal_and_uniform():
    _, occupied = position("1212121" + "444444")
    many = np.repeat(occupied, 6000)
    drawn = game.random_moves(many, np.random.default_rng(0))
    legal = game.moves(occupied)[0]
    assert legal[3] == 0
    counts = np.array([(drawn == m).sum() for m in legal if m])
    assert counts.sum() == 6000
    assert np.abs(counts - 1000).max() < 4 * np.sqrt(1000)


def test_rollouts_end_as_the_position_demands():
    result = game.rollout(*(np.repeat(x, 4000) for x in position("")), np.random.default_rng(0))
    assert set(result.tolist()) == {-1, 0, 1}
    assert 0.52 < (result == 1).mean() < 0.59  # the first player's advantage at random play
    full = np.array([game.BOARD])
    assert game.rollout(full & 0, full, np.random.default_rng(0)).tolist() == [0]


def test_positions_are_those_of_their_moves():
    mover, occupied = position("112")  # x, o, x: now o moves
    assert mover.tolist() == [1 << 1]
    assert occupied.tolist() == [1 << 0 | 1 << 1 | 1 << 7]


@pytest.mark.parametrize("player", [Expert(), FlatMonteCarlo(700), UCT(300)])
def test_players_win_and_block(player):
    rng = np.random.default_rng(0)
    winning = player(*(np.repeat(x, 3) for x in position("121212")), rng)
    assert winning.tolist() == [1 << 3] * 3
    # o must stop x in column 1, at once.
    blocking = player(*(np.repeat(x, 3) for x in position("12131")), rng)
    assert blocking.tolist() == [1 << 3] * 3


def test_expert_does_not_give_a_win_away():
    # o holds columns 1 to 3 of the second row: x must leave the bottom of column 4 alone.
    mover, occupied = position("11227373")
    assert game.completing_cells(mover ^ occupied, occupied).tolist() == [1 << 22]
    rng = np.random.default_rng(0)
    rules = {rule.__name__: (rule, weight) for rule, weight in RULES}
    assert Expert((rules["centre"],))(mover, occupied, rng).tolist() == [1 << 21]
    careful = Expert((rules["centre"], rules["no_giveaway"]))
    assert careful(mover, occupied, rng).tolist() != [1 << 21]
    assert Expert()(mover, occupied, rng).tolist() != [1 << 21]


def test_match_is_fair_reproducible_and_counts():
    match = experiment.play(Expert(()), Expert(()), games=2000, seed=1)
    assert match["low"] < 0.5 < match["high"]
    assert match["score"] == pytest.approx((match["wins"] + match["draws"] / 2) / 2000)
    again = experiment.play(Expert(()), Expert(()), games=2000, seed=1)
    assert again["wins"] == match["wins"]
    with pytest.raises(ValueError, match="at least 2"):
        experiment.play(Expert(), Expert(), games=1)


def test_more_search_wins_more():
    flat = [experiment.run("flat", rollouts, games=30) for rollouts in (7, 448)]
    assert flat[0]["score"] < 0.12 < 0.2 < flat[1]["score"]
    assert all(match["low"] <= match["score"] for match in flat)
    few, many = (experiment.run("uct", rollouts, games=40)["score"] for rollouts in (2, 24))
    assert many > few
    with pytest.raises(ValueError, match="search must be"):
        experiment.run("alpha-beta", 7)


def test_rules_bring_strength_and_cost_lines():
    def score(rules):
        return experiment.play(Expert(rules), FlatMonteCarlo(28), games=60)["score"]

    assert score(RULES) > score(RULES[:2]) > score(())
    assert score([pair for pair in RULES if pair[0].__name__ != "block"]) < score(RULES)
    lines = [Expert(RULES[:k]).lines_of_code() for k in range(len(RULES) + 1)]
    assert lines[0] == 0 and lines == sorted(set(lines))


def test_a_rule_that_outbids_the_centre_does_harm():
    def score(weight):
        rules = [(r, weight if r.__name__ == "keep_threat" else w) for r, w in RULES[:6]]
        return experiment.play(Expert(tuple(rules)), FlatMonteCarlo(112), games=400)["score"]

    assert score(20.0) < score(0.2) - 0.02


def test_shipped_table_crosses_over():
    shipped = datasets.load("connect_four")
    mean = shipped.groupby(["search", "rollouts"])["score"].mean()
    for search, fewest, most in (("flat", 7, 28672), ("uct", 16, 4096)):
        assert mean[search, fewest] < 0.1
        assert mean[search, most] > 0.5
    again = experiment.run("flat", 28, seed=2)
    stored = shipped.query("search == 'flat' and rollouts == 28 and seed == 2")
    assert again["wins"] == stored["wins"].iloc[0]


@pytest.mark.parametrize("bad", [lambda: FlatMonteCarlo(6), lambda: UCT(0), lambda: UCT(1.5)])
def test_bad_budgets_are_named(bad):
    with pytest.raises(ValueError, match="at least"):
        bad()


def slow_value(mover, occupied, depth):
    """Value of a position to the side to move, by the plain definition and without knowledge."""
    best = -np.inf
    for move in game.moves(np.array([occupied]))[0]:
        if not move:
            continue
        own, after = mover | move, occupied | move
        if game.has_four(np.array([own]))[0]:
            value = WIN * (1 + depth)
        elif depth == 1 or after == game.BOARD:
            value = 0.0
        else:
            value = -slow_value(own ^ after, after, depth - 1)
        best = max(best, value)
    return best


def test_lookahead_finds_the_value_of_the_plain_definition():
    mover, occupied = random_positions(12, np.random.default_rng(3))
    for depth in (1, 2, 3):
        values = Lookahead(depth, ()).values(mover, occupied, depth).max(1)
        expected = [slow_value(m, o, depth) for m, o in zip(mover, occupied, strict=True)]
        assert values.tolist() == expected
    assert len(set(values.tolist())) > 2


def test_terms_favour_one_side_as_much_as_they_hurt_the_other():
    mover, occupied = random_positions(50, np.random.default_rng(4))
    player = Lookahead(1)
    own, other = player.judge(mover, mover ^ occupied), player.judge(mover ^ occupied, mover)
    assert np.array_equal(own, -other) and len(np.unique(own)) > 20


def test_depth_and_knowledge_both_add_strength():
    def score(depth, terms):
        return experiment.play(Lookahead(depth, tuple(TERMS)[:terms]), Expert(), 60)["score"]

    assert score(1, 0) < score(3, 0) < score(3, 3)
    assert score(1, 0) < score(1, 3) < score(3, 3)
    with pytest.raises(ValueError, match="term must be"):
        Lookahead(2, ("material",))
