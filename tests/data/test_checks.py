"""The one validator: what it lets through, what it returns, and the one form of its messages."""

import numpy as np
import pytest

from scaling_lib.data.checks import finite, level, one_of, positive, probability, whole

NUMBERS = [finite, positive, probability, level]


@pytest.mark.parametrize("check", NUMBERS)
def test_one_number_is_a_float_and_many_are_an_array(check):
    assert type(check(np.float32(0.5), "x")) is float
    np.testing.assert_array_equal(check([[0.5, 0.25]], "x", many=True), [[0.5, 0.25]])
    assert check(0.5, "x", many=True).shape == ()


@pytest.mark.parametrize("check", NUMBERS)
@pytest.mark.parametrize(
    "wrong", [np.nan, np.inf, "many", None, [0.5, np.nan], [[1], [1, 2]], [], 1j]
)
def test_what_is_no_number_is_refused(check, wrong):
    for many in (False, True):
        with pytest.raises(ValueError, match=r"^x must be .*, not .*[^.]$"):
            check(wrong, "x", many=many)


def test_one_number_is_not_a_list_of_one():
    for check in (*NUMBERS, whole):
        with pytest.raises(ValueError, match=r"^x must be .*, not \[1\]"):
            check([1], "x")


def test_ends_of_the_ranges():
    assert finite(-1, "x") == -1 and probability([0, 1], "p", many=True).tolist() == [0, 1]
    for check, value in [(positive, 0), (probability, -0.1), (probability, 70), (level, 1)]:
        with pytest.raises(ValueError, match=rf", not {value:.1f}$"):
            check(value, "x")


def test_whole_numbers():
    assert type(whole(np.int64(3), "n")) is int
    assert whole(np.array([1.0, 100.0]), "n", many=True).dtype == np.int64
    assert whole(0, "n", least=0) == 0 and whole(4, "n", 2, 4) == 4
    for wrong in (0, 2.0, 2.5, True, "2", None, [], [1, 0], [1.5], [1, np.nan], [np.inf], 10**400):
        with pytest.raises(ValueError, match=r"^n must be a whole number of at least 1, not "):
            whole(wrong, "n", many=isinstance(wrong, list))
    with pytest.raises(ValueError, match="n must be a whole number from 2 to 4, not 5"):
        whole([2, 5], "n", 2, 4, many=True)


def test_one_of():
    assert one_of("a", "kind", ("a", "b")) == "a"
    with pytest.raises(ValueError, match=r"^kind must be 'a' or 'b', not 'c'$"):
        one_of("c", "kind", ("a", "b"))
