import gc
import json
import signal
import struct
import tracemalloc
from collections import deque
from decimal import Decimal
from fractions import Fraction

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from grading.marking.run_and_test import TestTimeout, time_limit
from grading.sandbox.inside.plain_data import Malformed, NotPlain, decode, encode


def cross(value):
    """Send a value and take it in again."""
    return decode(encode(value))


def packed(message, raw=b""):
    """Return bytes as they would be from something that `encode` need not have written."""
    text = json.dumps(message).encode()
    return struct.pack(">I", len(text)) + text + raw


LEAVES = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text()
KEYS = st.integers() | st.text() | st.tuples(st.integers(), st.text())
VALUES = st.recursive(
    LEAVES | st.complex_numbers(allow_nan=False) | st.binary(),
    lambda inner: st.lists(inner) | st.tuples(inner) | st.dictionaries(KEYS, inner) | st.sets(KEYS),
    max_leaves=12,
)
JSON = st.recursive(
    LEAVES | st.just("array"),
    lambda inner: (
        st.lists(inner)
        | st.dictionaries(st.text(), inner)
        | st.fixed_dictionaries(
            {
                "$": st.sampled_from(
                    ["array", "text", "complex", "tuple", "set", "dict", "table", "bytes"]
                ),
                "v": inner,
            }
        )
    ),
    max_leaves=12,
)


@given(VALUES)
def test_plain_values_arrive_as_they_were(value):
    assert cross(value) == value and type(cross(value)) is type(value)


@given(JSON, st.binary(max_size=40))
def test_whatever_is_sent_is_decoded_or_malformed(message, raw):
    for content in (packed(message, raw), raw):
        try:
            decode(content)
        except Malformed:
            pass


@pytest.mark.parametrize(
    "array",
    [
        np.arange(6.0).reshape(2, 3).T,
        np.array([True, False]),
        np.array([1 + 2j]),
        np.zeros((0, 3), dtype=">i2"),
        np.float32(1.5),
        np.array([["a", "bcd"]]),
        np.array([np.nan, np.inf]),
    ],
)
def test_arrays(array):
    got = cross(array)
    np.testing.assert_array_equal(got, array)
    assert got.dtype == array.dtype and np.shape(got) == np.shape(array)


def test_tables():
    table = pd.DataFrame({"N": [1.5, 2.0], "name": ["a", None], "ok": [True, False]}, index=[3, 5])
    pd.testing.assert_frame_equal(cross(table), table, check_dtype=False)
    pd.testing.assert_series_equal(cross(table.N), table.N)
    assert cross(table.columns) == ["N", "name", "ok"]


def test_what_is_nearly_plain():
    class Number(float):
        def __eq__(self, other):
            return True

        __hash__ = float.__hash__

    assert type(cross(Number(2.0))) is float
    assert cross(range(3)) == [0, 1, 2] == cross(map(int, "012"))
    assert cross({1: 2}.keys()) == [1]


def test_numbers_of_other_kinds():
    assert cross(Fraction(1, 4)) == 0.25 == cross(Decimal("0.25"))
    np.testing.assert_array_equal(cross(np.array([1.5, 2], dtype=object)), [1.5, 2])
    assert cross({1: 2.0}.items()) == [(1, 2.0)] and cross(deque([1])) == [1]


def test_half_precision_does_not_make_comparisons_coarse():
    halves = np.float16([0.0, np.inf, 3.0])
    assert halves[0] == 1e-9 and abs(halves[2] - 3.0004) == 0  # what must not happen
    tiny, huge, near = cross(halves)
    assert huge != 1e9 and tiny != 1e-9 and abs(near - 3.0004) > 1e-4
    assert cross(np.float32([1, 2])).dtype == np.float32


@pytest.mark.parametrize("value", [object(), len, np.array([None]), iter([1]), {1: object()}])
def test_no_objects(value):
    with pytest.raises(NotPlain):
        encode(value)


def test_no_endless_nesting():
    value = []
    value.append(value)
    with pytest.raises(NotPlain, match="nested"):
        encode(value)
    message = 1
    for _ in range(100):
        message = [message]
    with pytest.raises(Malformed, match="nested"):
        decode(packed(message))


@pytest.mark.parametrize(
    "content",
    [
        ["|O", [1]],
        ["<f8", [2**40, 2**40]],
        ["<f8", [-1]],
        ["<f8", [2]],
        ["<f4", [1]],
        ["<f8", [True]],
        ["V8", [1]],
        ["<M8[s]", [1]],
        ["<f8", "1"],
        ["<f8", [1] * 40],
        ["<f8", [1], ""],
        [1, 2, 3],
        5,
        [],
    ],
)
def test_malformed_arrays(content):
    with pytest.raises(Malformed):
        decode(packed({"$": "array", "v": content}, bytes(8)))


def test_a_bool_that_is_neither_is_made_one():
    (value,) = decode(packed({"$": "array", "v": ["|b1", [1]]}, b"\x02"))
    assert value.tobytes() == b"\x01"


@pytest.mark.parametrize(
    "message",
    [
        {"$": "imported", "v": ["os", "system"]},
        {"$": "own", "v": "f"},
        {"$": "generator", "v": {}},
        {"$": "text", "v": [[2], ["x" * 9_000_000, ""]]},
        {"$": "text", "v": [[1], [3]]},
        [{"$": "text", "v": [[3000], ["x" * 3000, *[""] * 2999]]}] * 2,
        {"$": "series", "v": ["x", [0] * 1000, 1]},
        {"$": "series", "v": ["x", [0, 1], {"$": "dict", "v": []}]},
        {"$": "table", "v": [["a", "b"], [0, 1], [1, 2]]},
        {"$": "dict", "v": [[[], 1]]},
        {"$": "set", "v": [[1]]},
        {"$": "table", "v": [["a"], [0], [[1, 2, 3]]]},
        {"a": 1},
        {"$": "tuple", "v": [], "x": 1},
        {"$": "bytes", "v": 1},
        {"$": "bytes", "v": -1},
        {"$": "bytes", "v": "1"},
        {"$": "array", "v": ["|b1", [2**40, 0]]},
        {"$": "table", "v": [[1, []], [0], [[1], [2]]]},
    ],
)
def test_malformed_messages(message):
    with pytest.raises(Malformed):
        decode(packed(message))


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\0\0\0",
        struct.pack(">I", 5) + b"1",
        struct.pack(">I", 2**32 - 1) + b"1",
        packed(1, b"more"),
        packed([{"$": "array", "v": ["<f8", [1]]}] * 2, bytes(8)),
        packed(1)[:-1] + b"\xff",
        struct.pack(">I", 10**6) + b"[" * 10**6,
    ],
)
def test_malformed_bytes(content):
    with pytest.raises(Malformed):
        decode(content)


@pytest.fixture
def own_time(monkeypatch):
    """Let a time limit count what this process computes, however busy the machine is."""
    monkeypatch.setattr(signal, "ITIMER_REAL", signal.ITIMER_PROF)
    monkeypatch.setattr(signal, "SIGALRM", signal.SIGPROF)
    gc.disable()  # an alarm that falls into what hypothesis does at a collection is lost
    yield
    gc.enable()


def test_numbers_of_one_hash_can_be_interrupted(own_time):
    same = [i * (2**61 - 1) for i in range(30_000)]
    for message in ({"$": "set", "v": same}, {"$": "dict", "v": [[i, 0] for i in same]}):
        content = packed(message)
        with pytest.raises(TestTimeout) as ended, time_limit(0.4):
            decode(content)
        (size,) = (len(one.locals["made"]) for one in ended.traceback if "made" in one.locals)
        assert 0 < size < len(same)


def test_a_table_has_one_index():
    texts = {"$": "text", "v": [[1000], ["x" * 1000] * 1000]}
    columns = [{"$": "array", "v": ["|b1", [1000]]}] * 500
    content = packed({"$": "table", "v": [list(range(500)), texts, columns]}, bytes(500_000))
    tracemalloc.start()
    assert decode(content).shape == (1000, 500)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 100e6


def test_extended_precision_is_a_float():
    largest = cross(np.array([np.finfo(np.longdouble).max, 1.5], dtype=np.longdouble))
    np.testing.assert_array_equal(largest, [np.inf, 1.5])
    assert largest.dtype == float


def test_arrays_keep_their_order():
    first, second = np.arange(3.0), np.array([7], dtype="<i2")
    got = cross({"a": [second, b"xyz"], "b": (first, np.True_)})
    assert got["a"][0] == 7 and got["a"][0].dtype == "<i2" and got["a"][1] == b"xyz"
    np.testing.assert_array_equal(got["b"][0], first)
    assert got["b"][1] and len(got["b"]) == 2
