import numpy as np
import pytest

from scaling_lib.experiments.scaffolding import search
from scaling_lib.tasks import puzzle as task


@pytest.fixture(scope="module")
def world():
    return task.puzzle()


def test_the_whole_space_is_there(world):
    assert len(world.boards) == 181_440 == len(np.unique(world.boards @ task.WEIGHTS))
    assert world.distance.max() == 31 and world.distance[world.goal] == 0
    np.testing.assert_array_equal(world.boards[world.goal], task.GOAL)


def test_neighbours_are_one_move_apart_and_mutual(world):
    some = np.random.default_rng(0).integers(0, len(world.boards), 300)
    for i in some.tolist():
        for j in world.neighbours[i][world.neighbours[i] >= 0].tolist():
            assert i in world.neighbours[j]
            assert abs(world.distance[i] - world.distance[j]) == 1
            assert (world.boards[i] != world.boards[j]).sum() == 2


def test_hand_written_values_never_overestimate(world):
    assert np.all(task.misplaced(world.boards) <= task.manhattan(world.boards))
    assert np.all(task.manhattan(world.boards) <= world.distance)
    assert task.manhattan(task.GOAL[None]) == 0


def test_a_star_finds_shortest_solutions_and_a_perfect_value_needs_no_search(world):
    h = task.manhattan(world.boards).astype(float)
    for start in search.start_positions(8).tolist():
        moves, _ = search.best_first(h, start, world, 20_000)
        assert moves == world.distance[start]
        moves, expanded = search.best_first(world.distance.astype(float), start, world, 100, np.inf)
        assert moves == expanded == world.distance[start]


def test_numbers_of_positions_tell_a_search_nothing(world):
    assert np.all(np.diff(world.distance) >= 0)  # they would
    new = np.random.default_rng(0).permutation(len(world.boards))  # of each position
    old = np.argsort(new)
    neighbours = np.where(world.neighbours < 0, -1, new[world.neighbours])[old]
    other = task.Puzzle(world.boards[old], world.distance[old], neighbours, int(new[world.goal]))
    h = task.manhattan(world.boards)
    for start in search.start_positions(5).tolist():
        expected = search.best_first(h, start, world, 500, np.inf)
        assert search.best_first(h[old], int(new[start]), other, 500, np.inf) == expected


def test_budget_is_kept(world):
    start = search.start_positions(1)[0]
    assert search.best_first(np.zeros(len(world.boards)), start, world, 50) == (None, 50)


def attempt(h, node, world):
    visited = set()
    while node != world.goal:
        visited.add(node)
        ways = [n for n in world.neighbours[node].tolist() if n >= 0 and n not in visited]
        if not ways or len(visited) == 1000:
            return False
        node = min(ways, key=lambda n: h[n])  # not by number in ties: it tells the distance
    return True


@pytest.fixture(scope="module")
def values():
    learned = {f"learned {seed}": search.LearnedValue(128, seed) for seed in range(3)}
    return {"manhattan": task.manhattan} | learned


@pytest.fixture(scope="module")
def tables(world, values):
    return {name: search.table_of_values(value, world) for name, value in values.items()}


@pytest.mark.long
def test_search_solves_what_an_attempt_misses_with_every_value(world, tables):
    starts = search.start_positions(60).tolist()
    followed = search.solved_within(search.run(tables, 60), [1000])[1000]
    for name, h in tables.items():
        assert h[world.goal] == 0
        walked = np.mean([attempt(h, start, world) for start in starts])
        assert followed[name] > walked + 0.1


@pytest.mark.long
def test_learned_value_needs_fewer_nodes_when_followed_and_more_with_a_star(values, tables, world):
    followed = search.solved_within(search.run(tables, 60), [100]).squeeze()
    careful = search.solved_within(search.run(tables, 60, weight=1.0), [1000]).squeeze()
    learned = followed.index.str.startswith("learned")
    assert followed[learned].min() > followed["manhattan"] + 0.2
    assert careful[learned].max() < careful["manhattan"] - 0.1
    longer = search.table_of_values(search.LearnedValue(128, 0, training_steps=6000), world)
    gained = search.solved_within(search.run({"longer": longer}, 60, weight=1.0), [1000]).squeeze()
    assert gained > careful["manhattan"] + 0.1
    errors = search.value_errors(values).set_index("value").error
    assert errors.drop("manhattan").max() < errors["manhattan"] / 3


def test_start_positions_are_not_trained_on():
    assert not np.isin(search.start_positions(), search.training_indices()).any()
