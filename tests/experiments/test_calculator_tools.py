import numpy as np

from scaling_lib.experiments.scaffolding import tools
from scaling_lib.models import MLP
from scaling_lib.tasks import addition
from scaling_lib.training import fit_model


def test_carries_and_digits_give_the_answer():
    rng = np.random.default_rng(0)
    a, b = addition.sample(500, 4, rng)
    carries = tools.carry_bits(a, b, 4)
    power = 10 ** np.arange(5)
    by_place = (a[:, None] // power % 10 + b[:, None] // power % 10 + carries) % 10
    np.testing.assert_array_equal(by_place, addition.answer(a, b, 4))
    # Each carry turns ten into one: the digit sum falls by nine.
    digit_sum = (np.stack([a, b, a + b])[..., None] // power % 10).sum(-1)
    np.testing.assert_array_equal(9 * carries.sum(1), digit_sum[0] + digit_sum[1] - digit_sum[2])


def test_the_tool_makes_a_small_network_exact():
    def inputs(a, b, tool):
        X, carries = addition.encode(a, b, 4), tools.carry_bits(a, b, 4)
        return np.concatenate([X, carries], 1) if tool else X

    right = []
    for tool in (False, True):
        model, rng = MLP((80 + 5 * tool, 32, 32, 50), heads=5, seed=0), np.random.default_rng(0)
        drawn = (addition.sample(128, 4, rng) for _ in range(1200))
        batches = ((inputs(*ab, tool), addition.answer(*ab, 4)) for ab in drawn)
        fit_model(model, batches, 1200, lr=3e-3)
        ab = addition.sample(1000, 4, rng)
        right.append(model.correct(inputs(*ab, tool), addition.answer(*ab, 4)).all(1).mean())
    assert right[0] < 0.2 < 0.5 < right[1]


def test_calling_when_unsure():
    table = tools.call_when_unsure()
    ends = table[table.share == 0]
    np.testing.assert_allclose(ends.accuracy, ends.alone)
    assert (table[table.share == 1].accuracy == 1).all()
    rounded = 0.5 / 256  # of all problems: calls are whole
    assert (table.accuracy <= np.minimum(1, table.alone + table.share) + rounded).all()
    middle = table[(table.share == 0.25) & table.alone.between(0.5, 0.95)]
    assert (middle.accuracy > middle.random).all()
