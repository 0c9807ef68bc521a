"""Plain data as bytes: the only thing that crosses between the tests and a submission.

Both sides use this file; inside the sandbox it is imported alone, so it needs nothing but numpy.
The bytes are a length, so many bytes of JSON, and what the arrays in it hold, one after another:
a test may call a submission thousands of times, and numbers in letters take longer than the call.
A value that JSON has no word for is an object ``{"$": tag, "v": content}``.
"""

import collections
import contextlib
import decimal
import itertools
import json
import math
import numbers
import re
import struct
import sys

import numpy as np

MAX_DEPTH = 17
# Characters that a message's arrays of text may need: they give each element the room of the
# longest, so that a short message could make a large array.
MAX_TEXT = 16_000_000

MAX_ITEMS = 1_000_000  # items taken from an iterator, which may have no end

# In front of a message: the lengths of its JSON and of the bytes behind that.
HEAD = struct.Struct(">II")

_LENGTH = struct.Struct(">I")
_DTYPE = re.compile(r"[<>|=]?[biufc]\d{1,2}")
_LONGEST = 16 << 20  # an axis: no message has more bytes, and one of no elements could be endless
_VIEWS = (type({}.keys()), type({}.values()), type({}.items()))


class NotPlain(TypeError):
    """The value cannot cross; its text says why."""


class Malformed(ValueError):
    """A message holds something that `encode` does not write."""


def frame(message):
    """Return a message, a dict, as bytes: `HEAD`, JSON, and its ``data``, bytes beside the JSON."""
    message = dict(message)
    data = message.pop("data", b"")
    text = json.dumps(message).encode()
    return HEAD.pack(len(text), len(data)) + text + data


def encode(value, other=None):
    """Return a value as bytes.

    Numbers, strings, None, containers, numeric and text arrays, pandas tables and columns; anything
    else is given to `other`, if there is one, which returns a tag and plain data or raises
    `NotPlain`.
    """
    encoder = _Encoder(other)
    text = json.dumps(encoder.encode(value, 0)).encode()
    return b"".join([_LENGTH.pack(len(text)), text, *encoder.raw])


def _tagged(tag, content):
    return {"$": tag, "v": content}


class _Encoder:
    """Encodes one value."""

    def __init__(self, other):
        self.other, self.raw = other, []

    def encode(self, value, depth):
        if depth > MAX_DEPTH:
            raise NotPlain("a value that is nested too deeply")
        if value is None or type(value) in (bool, int, float, str):
            return value
        if isinstance(value, np.generic | np.ndarray):
            return self.encode_array(np.asarray(value))
        for kind in (bool, int, float, str):  # of a subclass, the number or the text
            if isinstance(value, kind):
                return kind(value)
        if isinstance(value, numbers.Real | decimal.Decimal):  # a fraction
            return float(value)
        if isinstance(value, complex):
            return _tagged("complex", [value.real, value.imag])
        if isinstance(value, bytes):
            self.raw.append(value)
            return _tagged("bytes", len(value))

        def items(values):
            return [self.encode(v, depth + 1) for v in values]

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
        if self.other is not None:
            tag, content = self.other(value)
            return _tagged(tag, self.encode(content, depth + 1))
        raise NotPlain(f"an object of type {type(value).__name__}")

    def encode_array(self, array):
        if array.dtype == object:  # numbers, though numpy has not noticed
            with contextlib.suppress(ValueError):
                array = np.array(array.tolist())
        if array.dtype.kind == "U":
            return _tagged("text", [list(array.shape), array.ravel().tolist()])
        if not _DTYPE.fullmatch(array.dtype.str):
            raise NotPlain(f"an array of {array.dtype}")
        self.raw.append(array.tobytes())
        return _tagged("array", [array.dtype.str, list(array.shape)])


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


def decode(content, other=None):
    """Return the value that `encode` wrote; safe for bytes from anyone.

    `other` is a dict from further tags to functions that take their plain data. What `encode` could
    not have written raises `Malformed`.
    """
    if len(content) < _LENGTH.size:
        raise Malformed("malformed data (none)")
    try:
        (length,) = _LENGTH.unpack_from(content)
        start = _LENGTH.size + length
        decoder = _Decoder(other or {}, content[start:])
        value = decoder.decode(json.loads(content[_LENGTH.size : start]), 0)
    except Malformed:
        raise
    except Exception as error:  # pandas has errors of its own
        raise Malformed(f"malformed data ({type(error).__name__})") from None
    if start + decoder.place != len(content):
        raise Malformed("malformed data (of another length)")
    return value


class _Decoder:
    """Decodes one value; each of its arrays takes what it holds from `raw`, in order."""

    def __init__(self, other, raw):
        self.other, self.raw, self.place = other, raw, 0
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
            return self.other[tag](self.decode(content, depth + 1))
        if tag == "array":
            return self.decode_array(*content)
        if tag == "text":
            return self.decode_text(*content)
        if tag == "complex":
            real, imaginary = content
            return complex(float(real), float(imaginary))
        if tag == "bytes":
            return self.take(content)
        content = [self.decode(m, depth + 1) for m in content]
        if tag == "tuple":
            return tuple(content)
        # Not in one go: keys of one hash take long, and an alarm can end that only between two.
        if tag == "set":
            made = set()
            for one in content:
                made.add(one)
            return made
        if tag == "dict":
            made = {}
            for key, one in content:
                made[key] = one
            return made
        if tag in ("series", "table"):
            return _decode_table(tag, *content)
        raise Malformed("malformed data (unknown tag)")

    def take(self, size):
        """Return the next bytes of what arrays hold."""
        if type(size) is not int or not 0 <= size <= len(self.raw) - self.place:
            raise Malformed("malformed array")
        self.place += size
        return self.raw[self.place - size : self.place]

    def decode_array(self, dtype, shape):
        if not _DTYPE.fullmatch(dtype):
            raise Malformed("malformed array")
        dtype = np.dtype(dtype)
        shape, size = _shape(shape)
        raw = self.take(dtype.itemsize * size)
        if dtype.kind == "b":  # a byte that is neither 0 nor 1 would make a bool that is neither
            array = np.frombuffer(raw, dtype=np.uint8).reshape(shape) != 0
        else:
            array = np.frombuffer(raw, dtype=dtype).reshape(shape).copy()
        if dtype.kind == "f" and dtype.itemsize not in (4, 8):
            # Compared with a Python number, half precision makes that number as coarse as itself:
            # 0 would equal 1e-9, infinity 1e9, and every tolerance would be 5e-4. Extended
            # precision has patterns that are no numbers, and ones too long to be written.
            with np.errstate(all="ignore"):
                array = array.astype(float)
        return array[()] if shape == () else array

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
    if not all(type(n) is int and 0 <= n <= _LONGEST for n in shape) or len(shape) > 32:
        raise Malformed("malformed array")
    return tuple(shape), math.prod(shape)


def _decode_table(tag, name, index, content):
    import pandas

    # A single value would be repeated, as often as the index of a short message says.
    for column in [content] if tag == "series" else content:
        if not isinstance(column, list | np.ndarray) or len(column) != len(index):
            raise Malformed("malformed table")
    if tag == "series":
        return pandas.Series(content, index=index, name=name)
    hash(tuple(name))  # what is no name has no words either
    index = pandas.Series(range(len(index)), index=index).index  # one, and not one a column
    columns = [pandas.Series(column, index=index) for column in content]
    table = pandas.DataFrame(dict(enumerate(columns)), index=index)
    table.columns = name
    return table
