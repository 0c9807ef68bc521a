"""Plain data as JSON: the only thing that crosses between the tests and a submission.

Both sides use this file; inside the sandbox it is imported alone, so it needs nothing but numpy.
A value that JSON has no word for is an object ``{"$": tag, "v": content}``.
"""

import base64
import collections
import contextlib
import decimal
import itertools
import math
import numbers
import re
import sys

import numpy as np

MAX_DEPTH = 16
MAX_TEXT = 16_000_000
"""Characters that a message's arrays of text may need: they give each element the room of the
longest, so that a short message could make a large array."""

MAX_ITEMS = 1_000_000
"""Items taken from an iterator, which may have no end."""

_DTYPE = re.compile(r"[<>|=]?[biufc]\d{1,2}")
_EMPTY_SHAPE_LIMIT = 2**62
_VIEWS = (type({}.keys()), type({}.values()), type({}.items()))


class NotPlain(TypeError):
    """The value cannot cross; its text says why."""


class Malformed(ValueError):
    """A message holds something that `encode` does not write."""


def encode(value, other=None):
    """Return a value as something that `json.dumps` takes.

    Numbers, strings, None, containers, numeric and text arrays, pandas tables and columns; anything
    else is given to `other`, if there is one, or raises `NotPlain`.
    """
    return _encode(value, other, 0)


def _tagged(tag, content):
    return {"$": tag, "v": content}


def _encode(value, other, depth):
    if depth > MAX_DEPTH:
        raise NotPlain("a value that is nested too deeply")
    if value is None or type(value) in (bool, int, float, str):
        return value
    if isinstance(value, np.generic | np.ndarray):
        return _encode_array(np.asarray(value))
    for kind in (bool, int, float, str):  # of a subclass, the number or the text
        if isinstance(value, kind):
            return kind(value)
    if isinstance(value, numbers.Real | decimal.Decimal):  # a fraction
        return float(value)
    if isinstance(value, complex):
        return _tagged("complex", [value.real, value.imag])
    if isinstance(value, bytes):
        return _tagged("bytes", base64.b64encode(value).decode())

    def items(values):
        return [_encode(v, other, depth + 1) for v in values]

    if isinstance(value, list):
        return items(value)
    if isinstance(value, dict):
        return _tagged("dict", [items(pair) for pair in value.items()])
    for kind, tag in ((tuple, "tuple"), (set, "set"), (frozenset, "set")):
        if isinstance(value, kind):
            return _tagged(tag, items(value))
    if isinstance(value, (range, map, filter, zip, collections.deque, *_VIEWS)):
        return items(itertools.islice(value, MAX_ITEMS))
    if (table := _encode_table(value, items)) is not None:
        return table
    if other is not None:
        return other(value)
    raise NotPlain(f"an object of type {type(value).__name__}")


def _encode_array(array):
    if array.dtype == object:  # numbers, though numpy has not noticed
        with contextlib.suppress(ValueError):
            array = np.array(array.tolist())
    if array.dtype.kind == "U":
        return _tagged("text", [list(array.shape), array.ravel().tolist()])
    if not _DTYPE.fullmatch(array.dtype.str):
        raise NotPlain(f"an array of {array.dtype}")
    content = base64.b64encode(array.tobytes()).decode()
    return _tagged("array", [array.dtype.str, list(array.shape), content])


def _encode_table(value, items):
    pandas = sys.modules.get("pandas")  # a table exists only where pandas was imported
    if pandas is None:
        return None

    def column(values):
        values = values.to_numpy()
        return values.tolist() if values.dtype == object else values

    if isinstance(value, pandas.Index):
        return items([column(value)])[0]
    if isinstance(value, pandas.Series):
        return _tagged("series", items([value.name, column(value.index), column(value)]))
    if isinstance(value, pandas.DataFrame):
        columns = [column(value.iloc[:, i]) for i in range(value.shape[1])]
        return _tagged("table", items([list(value.columns), column(value.index), columns]))
    return None


def decode(message, other=None):
    """Return the value that `encode` wrote; safe for a message from anyone.

    `other` is a dict from further tags to functions that take the content. What `encode` could not
    have written raises `Malformed`.
    """
    try:
        return _Decoder(other or {}).decode(message, 0)
    except Malformed:
        raise
    except Exception as error:  # pandas has errors of its own
        raise Malformed(f"malformed data ({type(error).__name__})") from None


class _Decoder:
    """Decodes one message."""

    def __init__(self, other):
        self.other = other
        self.room = MAX_TEXT

    def decode(self, message, depth):
        if depth > 2 * MAX_DEPTH:
            raise Malformed("malformed data (nested too deeply)")
        if message is None or type(message) in (bool, int, float, str):
            return message
        if type(message) is list:
            return [self.decode(m, depth + 1) for m in message]
        if type(message) is not dict or message.keys() != {"$", "v"}:
            raise Malformed("malformed data")
        tag, content = message["$"], message["v"]
        if tag in self.other:
            return self.other[tag](content)
        if tag == "array":
            return _decode_array(*content)
        if tag == "text":
            return self.decode_text(*content)
        if tag == "complex":
            real, imaginary = content
            return complex(float(real), float(imaginary))
        if tag == "bytes":
            return base64.b64decode(content, validate=True)
        content = [self.decode(m, depth + 1) for m in content]
        if tag == "tuple":
            return tuple(content)
        if tag == "set":
            return set(content)
        if tag == "dict":
            return dict(content)
        if tag in ("series", "table"):
            return _decode_table(tag, *content)
        raise Malformed("malformed data (unknown tag)")

    def decode_text(self, shape, content):
        shape, size = _shape(shape)
        if len(content) != size or not all(type(text) is str for text in content):
            raise Malformed("malformed array")
        self.room -= size * max(map(len, content), default=0)
        if self.room < 0:
            raise Malformed("arrays of text that are too large")
        array = np.array(content, dtype=np.str_).reshape(shape)
        return array[()] if shape == () else array


def _shape(shape):
    if not all(type(n) is int and 0 <= n < _EMPTY_SHAPE_LIMIT for n in shape) or len(shape) > 32:
        raise Malformed("malformed array")
    return tuple(shape), math.prod(shape)


def _decode_array(dtype, shape, content):
    if not _DTYPE.fullmatch(dtype):
        raise Malformed("malformed array")
    dtype = np.dtype(dtype)
    shape, size = _shape(shape)
    raw = base64.b64decode(content, validate=True)
    if len(raw) != dtype.itemsize * size:
        raise Malformed("malformed array")
    if dtype.kind == "b":  # a byte that is neither 0 nor 1 would make a bool that is neither
        array = np.frombuffer(raw, dtype=np.uint8).reshape(shape) != 0
    else:
        array = np.frombuffer(raw, dtype=dtype).reshape(shape).copy()
    if dtype.kind == "f" and dtype.itemsize == 2:
        # Compared with a Python number, half precision makes that number as coarse as itself: 0
        # would equal 1e-9, infinity 1e9, and every tolerance would be 5e-4.
        array = array.astype(float)
    return array[()] if shape == () else array


def _decode_table(tag, name, index, content):
    import pandas

    # A single value would be repeated, as often as the index of a short message says.
    for column in [content] if tag == "series" else content:
        if not isinstance(column, list | np.ndarray) or len(column) != len(index):
            raise Malformed("malformed table")
    if tag == "series":
        return pandas.Series(content, index=index, name=name)
    columns = [pandas.Series(column, index=index) for column in content]
    table = pandas.DataFrame(dict(enumerate(columns)), index=index)
    table.columns = name
    return table
