import numpy as np
import pandas as pd
import pytest

from scaling_lib import data as datasets
from scaling_lib.experiments.bitter_lesson import connect_four as experiment
from scaling_lib.experiments.bitter_lesson.connect_four_rules import RULES, Expert
from scaling_lib.experiments.bitter_lesson.connect_four_search import UCT, FlatMonteCarlo
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


@pytest.fixture(scope="module")
def positions():
    return experiment.random_positions(100, np.random.default_rng(0))


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
    table = experiment.search_against_rules((7, 448), games=30)
    assert table["score"].iloc[0] < 0.12
    assert table["score"].iloc[1] > 0.2
    assert np.all(table["low"] <= table["score"])
    uct = experiment.search_against_rules((2, 24), search="uct", games=40)
    assert uct["score"].iloc[1] > uct["score"].iloc[0]
    with pytest.raises(ValueError, match="search must be"):
        experiment.search_against_rules(search="alpha-beta")


def test_rules_bring_strength_and_cost_lines(monkeypatch):
    monkeypatch.setattr(experiment, "OPPONENT", FlatMonteCarlo(28))
    ladder = experiment.rule_ladder(games=60)
    assert list(ladder["rules"]) == list(range(len(RULES) + 1))
    assert ladder["lines"].is_monotonic_increasing
    assert ladder["lines"].iloc[0] == 0
    assert ladder["pairs"].iloc[-1] == len(RULES) * (len(RULES) - 1) // 2
    assert ladder["score"].iloc[-1] > ladder["score"].iloc[2] > ladder["score"].iloc[0]
    assert ladder["changed"].iloc[1:].between(0, 1).all()
    taken = experiment.without_each_rule(games=60).set_index("without")["score"]
    assert len(taken) == len(RULES) + 1
    assert taken["block"] < taken["(nothing)"]


def test_shipped_table_crosses_over():
    shipped = datasets.load("connect_four")
    mean = shipped.groupby(["search", "rollouts"])["score"].mean()
    for search, budgets in experiment.SHIPPED_BUDGETS.items():
        assert mean[search, budgets[0]] < 0.1
        assert mean[search, budgets[-1]] > 0.5
    again = experiment.search_against_rules((28,), games=experiment.SHIPPED_GAMES, seeds=(2,))
    stored = shipped.query("search == 'flat' and rollouts == 28 and seed == 2")
    assert again["wins"].iloc[0] == stored["wins"].iloc[0]


def test_regenerate_writes_the_table(tmp_path, monkeypatch):
    monkeypatch.setattr(experiment, "SHIPPED_BUDGETS", {"flat": (7,), "uct": (1,)})
    monkeypatch.setattr(experiment, "SHIPPED_SEEDS", (0,))
    monkeypatch.setattr(experiment, "SHIPPED_GAMES", 4)
    experiment.regenerate(tmp_path / "connect_four.csv")
    assert len(pd.read_csv(tmp_path / "connect_four.csv")) == 2


@pytest.mark.parametrize("bad", [lambda: FlatMonteCarlo(6), lambda: UCT(0), lambda: UCT(1.5)])
def test_bad_budgets_are_named(bad):
    with pytest.raises(ValueError, match="at least"):
        bad()
