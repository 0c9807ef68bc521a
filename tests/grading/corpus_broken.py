"""Unfinished and broken work: what is right keeps its points, whatever happens elsewhere."""

from small_assignment import ALLOCATION, FULL, LOSS, POINTS, Paper

REST = {name: FULL - points for name, points in POINTS.items()}


def papers(outside, port):
    """Yield name, points, files and what else is special."""

    def broken(name, points, paper, **more):
        return name, points, paper, more

    def instead(name, exercise, code, points=None):
        """Everything is solved but one exercise."""
        solved = [one for one in POINTS if one != exercise]
        paper = Paper(solved=solved, **{exercise: code})
        return broken(name, REST[exercise] if points is None else points, paper)

    yield broken("unsolved", 0, Paper(solved=()))
    yield broken("one-of-three", 3, Paper(solved=("loss",)))
    yield broken(
        "visible-only", 1, Paper(solved=(), allocation="def allocation(C):\n    return 1e9, 2e10")
    )
    yield instead("log10", "loss", LOSS.replace("** ALPHA", "** (ALPHA * np.log10(np.e))"))
    yield instead("swapped", "allocation", ALLOCATION.replace("N, 20 * N", "20 * N, N"))
    yield instead("tokens-wrong", "allocation", ALLOCATION.replace("20 * N", "200 * N"), points=8)
    yield instead(
        "no-error-raised",
        "slope",
        "def slope(x, y):\n    usable = len(x) == len(y) and x[0] != x[1]\n"
        "    return np.polyfit(x, y, 1)[0] if usable else 0.0",
    )
    yield instead("syntax-error", "loss", "def loss(N)\n    return E + A")
    yield instead(
        "an-endless-call", "allocation", "def allocation(C):\n    while True:\n        pass"
    )
    yield broken("an-endless-cell", FULL, Paper().add("while True:\n    pass", after="loss-test"))
    yield instead("ends-the-process", "slope", "import os\ndef slope(x, y):\n    os._exit(0)")
    yield broken("sys-exit", FULL, Paper().add("import sys\nsys.exit(1)", after="setup"))
    yield instead("crashes", "slope", "import ctypes\ndef slope(x, y):\n    ctypes.string_at(0)")
    yield instead(
        "too-much-memory", "allocation", "def allocation(C):\n    return np.ones(10**9), 1"
    )
    yield instead("endless-recursion", "allocation", "def allocation(C):\n    return allocation(C)")
    yield instead("returns-nothing", "loss", "def loss(N):\n    E + A / N**ALPHA")
    yield instead(
        "returns-a-generator", "allocation", "def allocation(C):\n    yield 1e9\n    yield 2e10"
    )
    yield instead("returns-an-object", "slope", "def slope(x, y):\n    return object()")
    yield instead("returns-too-much", "slope", "def slope(x, y):\n    return np.ones(4_000_000)")
    yield instead("long-message", "slope", "def slope(x, y):\n    raise ValueError('x' * 10**7)")
    yield instead(
        "reads-the-keyboard",
        "slope",
        "import sys\ndef slope(x, y):\n    return float(sys.stdin.read())",
    )
    yield broken("deleted-a-name", 8, Paper().add("del loss", after="loss"))
    yield broken("overwrote-numpy", 7, Paper().add("np = None", after="allocation-test-2"))
    yield broken(
        "floods-the-output", FULL, Paper().add("for i in range(200):\n    print('x' * 10**6)")
    )
    yield broken(
        "pictures",
        FULL,
        Paper().add(
            "from IPython.display import Image, display\nfor i in range(50):\n"
            "    display(Image(data=b'x' * 10**6, format='png'))"
        ),
    )
    yield broken(
        "dies-in-every-cell",
        0,
        Paper(solved=())
        .add("import os\nos._exit(1)", after="setup")
        .add("import os\nos._exit(1)", after="loss"),
    )
    yield broken(
        "fills-the-disk",
        FULL,
        Paper().add(
            "for i in range(100):\n    open(f'f{i}', 'wb').write(b'x' * 10**7)", after="setup"
        ),
    )
    yield broken("cut-off", 0, Paper().text[:900], status="unreadable")
    yield broken("empty-file", 0, "", status="unreadable")
    yield broken("a-document", 0, b"PK\x03\x04 word", status="refused")
    yield broken(
        "another-encoding",
        0,
        Paper().add("# Grüße").text.replace("\\u00fc", "ü").encode("latin-1"),
        status="unreadable",
    )
    yield broken("no-cells", 0, '{"nbformat": 4}', status="unreadable")
    yield broken("odd-json", 0, "[" * 100_000, status="unreadable")
    yield broken(
        "odd-cells",
        0,
        '{"nbformat": 4, "cells": [3, null, {"cell_type": "code"}, '
        '{"cell_type": "code", "source": {"a": 1}, "metadata": 5}]}',
        status="other",
    )
    yield broken("nothing-handed-in", 0, {}, status="missing")
    yield broken("a-script", 0, {"small.py": "print(1)"}, status="unreadable")
    other = '{"nbformat": 4, "cells": [{"cell_type": "code", "source": "x = 1"}]}'
    yield broken("another-assignment", 0, other, status="other")
    yield broken("too-large", 0, b" " * (65 << 20), status="refused")
