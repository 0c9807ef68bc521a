import numpy as np
import pandas as pd
import pytest

from scaling_lib.data import DATA
from scaling_lib.experiments.scaffolding import cups


def shuffles(second):
    """Return all that the two moves can make of five cups."""
    moves = [np.array(cups.TURN), np.array(cups.SECOND[second])]
    found = {tuple(range(5))}
    while True:
        more = {tuple(move[list(shuffle)].tolist()) for shuffle in found for move in moves}
        if more <= found:
            return found
        found |= more


def commutators(group):
    def inverse(a):
        return tuple(np.argsort(a).tolist())

    def after(*parts):
        x = np.arange(5)
        for part in parts:
            x = x[list(part)]
        return tuple(x.tolist())

    found = {after(a, b, inverse(a), inverse(b)) for a in group for b in group}
    while more := {after(a, b) for a in found for b in found} - found:
        found |= more
    return found


@pytest.mark.parametrize(
    ("second", "sizes"), [("stay", [5, 1]), ("double", [20, 5, 1]), ("three", [60, 60])]
)
def test_only_the_third_task_is_not_solvable(second, sizes):
    group, found = shuffles(second), []
    while len(found) < len(sizes):
        found.append(len(group))
        group = commutators(group)
    assert found == sizes


@pytest.mark.long
def test_turns_alone_are_learned_at_once_and_a_third_move_is_not():
    reach = {}
    for second in ("stay", "three"):
        rows = cups.run(second, k=16, steps=(500,))
        assert rows.moves.tolist() == list(range(1, 17))
        reach[second] = (rows.accuracy >= 0.9).cumprod().sum()
    assert reach["stay"] > 12 > reach["three"] > 4
    with pytest.raises(ValueError, match="second must be"):
        cups.run("swap")
    with pytest.raises(ValueError, match="mode must be"):
        cups.run("stay", "blank")


def test_shipped_cups():
    table = pd.read_csv(DATA / "cups.csv")
    names = ["mode", "second", "layers", "d", "step"]
    good = (table.accuracy >= 0.9).groupby([table[name] for name in [*names, "seed"]])
    reach = good.apply(lambda x: x.cumprod().sum())
    assert (reach.groupby(names).size() == 3).all()
    assert reach["steps"].xs(2000, level="step").eq(24).all()
    at_once = reach["supervised"]
    assert at_once["stay", 1, 32, 500].eq(24).all()
    for second in ("double", "three"):
        one, three = at_once[second, 1, 32], at_once[second, 3, 32]
        assert three[1000].min() > one[2000].max() > one[250].max()
        assert three[2000].min() > three[1000].max()
    assert at_once["three", 1, 56, 2000].mean() < at_once["three", 3, 32, 1000].mean() - 1
