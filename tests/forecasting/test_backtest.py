import numpy as np
import pytest

from scaling_lib.forecasting.backtests import backtest

WHEN = np.arange(2000.0, 2020)
VALUE = 0.5 * (WHEN - 2000)


def constant(when, value, new, levels):
    return np.tile(value.mean() + np.asarray(levels), (len(new), 1))


def test_a_method_sees_the_past_alone():
    seen = []

    def spy(when, value, new, levels):
        seen.append((when.max(), new.min(), new.max()))
        when[:], value[:] = 0, 0  # what it is given is its own
        return constant(when, value, new, levels)

    table = backtest(spy, WHEN[::-1], VALUE[::-1], [2010, 2015], 3, [0.5])
    assert seen == [(2009, 2010, 2012), (2014, 2015, 2017)]
    assert table["when"].tolist() == [2010, 2011, 2012, 2015, 2016, 2017]
    assert table["value"].tolist() == [5, 5.5, 6, 7.5, 8, 8.5]


def test_scores_are_those_of_the_quantiles():
    def right(when, value, new, levels):
        return np.tile((0.5 * (new - 2000))[:, None], (1, len(levels)))

    levels = [0.1, 0.5, 0.9]
    assert backtest(right, WHEN, VALUE, [2010], 5, levels)["score"].tolist() == [0] * 5

    def off(*arguments):
        return right(*arguments) + 2

    table = backtest(off, WHEN, VALUE, [2010], 5, levels)
    np.testing.assert_allclose(table["score"], 2)
    np.testing.assert_allclose(
        table[levels], (table["value"] + 2).to_numpy()[:, None] + [[0, 0, 0]]
    )


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"standpoints": []}, r"standpoints must be .*, not \[\]"),
        ({"standpoints": [2000]}, "standpoint 2000: 0 observations before"),
        ({"standpoints": [2030]}, "20 observations before it and 0 to forecast"),
        ({"value": VALUE[:-1]}, "of one length"),
        ({"value": np.where(VALUE > 5, np.nan, VALUE)}, "finite"),
        ({"method": lambda *a: a[2]}, "standpoint 2010: .* one value for each"),
        ({"method": lambda *a: -constant(*a)}, "standpoint 2010: quantiles must not cross"),
        ({"method": lambda *a: constant(*a)[:2]}, "standpoint 2010: .* one outcome for each"),
        ({"levels": [0.9, 0.1]}, "levels must be a rising list"),
    ],
)
def test_bad_input_is_named(change, message):
    arguments = {
        "method": constant,
        "when": WHEN,
        "value": VALUE,
        "standpoints": [2010],
        "horizon": 5,
        "levels": [0.1, 0.9],
    }
    with pytest.raises(ValueError, match=message):
        backtest(**{**arguments, **change})
