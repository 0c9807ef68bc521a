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


def test_budget_is_kept(world):
    start = search.start_positions(1)[0]
    assert search.best_first(np.zeros(len(world.boards)), start, world, 50) == (None, 50)


def test_learned_value_needs_fewer_nodes_when_followed_and_more_with_a_star(world):
    learned = search.LearnedValue(64)
    values = {"manhattan": task.manhattan, "learned": learned}
    followed = search.solved_within(search.run(values, 30, 1000), [100, 1000])
    assert followed.loc["learned", 100] > followed.loc["manhattan", 100] + 0.2
    careful = search.solved_within(search.run(values, 30, 1000, weight=1.0), [1000])
    assert careful.loc["learned", 1000] < careful.loc["manhattan", 1000]
    errors = search.value_errors(values).set_index("value").error
    assert errors["learned"] < errors["manhattan"] / 3
    assert learned.value_flops() == 2 * (81 * 64 + 64 * 32)


def test_start_positions_are_not_trained_on():
    assert not np.isin(search.start_positions(), search.training_indices()).any()
