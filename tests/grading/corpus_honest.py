"""Honest students: everything is solved, in many ways, and handed in as people hand things in."""

import io
import zipfile

from small_assignment import ALLOCATION, FULL, LOSS, SETUP, SLOPE, STUBS, Paper


def papers(outside, port):
    """Yield name, points, files and what else is special."""

    def honest(name, paper, **more):
        return name, FULL, paper, more

    yield honest("plain", Paper())
    yield honest(
        "loops",
        Paper(
            loss="def loss(N):\n    if np.ndim(N) == 0:\n        return 1.7 + 400 * N**-0.34\n"
            "    return [loss(n) for n in N]",
            allocation="import math\ndef allocation(C):\n"
            "    return math.sqrt(C / 120), 20 * math.sqrt(C / 120)",
            slope="def slope(x, y):\n    n = len(x)\n    if n != len(y):\n"
            "        raise ValueError('lengths')\n    mx, my = sum(x) / n, sum(y) / n\n"
            "    top = sum((a - mx) * (b - my) for a, b in zip(x, y))\n"
            "    below = sum((a - mx) ** 2 for a in x)\n"
            "    if below == 0:\n        raise ValueError('x')\n    return top / below",
        ),
    )
    yield honest(
        "scipy-and-pandas",
        Paper(
            allocation="import pandas as pd\ndef allocation(C):\n"
            "    row = pd.DataFrame({'N': [(C / 120) ** 0.5]})\n    row['D'] = 20 * row.N\n"
            "    return row.N[0], row.D[0]",
            slope="from scipy import stats\ndef slope(x, y):\n"
            "    if len(set(x)) < 2 or len(x) != len(y):\n        raise ValueError(x)\n"
            "    return stats.linregress(x, y).slope",
        ),
    )
    yield honest("renamed", {"final version (2) REALLY.ipynb": Paper()})
    yield honest("without-metadata", {"small.ipynb": Paper().strip()})
    yield honest("format-3", Paper().version_3())
    without_ids = Paper()
    for cell in without_ids.cells:
        del cell["id"]
    without_ids.notebook["nbformat_minor"] = 0
    yield honest("format-4.0", without_ids)
    yield honest(
        "warnings",
        Paper(
            loss="import warnings, sys\n"
            + LOSS.replace(
                "    return",
                "    warnings.warn('careful')\n    print('!', file=sys.stderr)\n    return",
            )
        ),
    )
    yield honest(
        "plots",
        Paper()
        .add("%matplotlib inline\nimport matplotlib.pyplot as plt", after="setup")
        .add("plt.loglog([1e3, 1e6], loss([1e3, 1e6]))\nplt.show()", after="loss"),
    )
    yield honest("prints-a-lot", Paper().add("for i in range(3000):\n    print(i, 'x' * 100)"))
    yield honest("solved-in-a-later-cell", Paper(solved=("allocation", "slope")).add(LOSS))
    yield honest("solution-cell-deleted", Paper().add(LOSS, before="loss").remove("loss"))
    yield honest("tests-deleted", Paper().remove("loss-test", "allocation-test-2", "slope-test"))
    yield honest("setup-deleted", Paper().remove("setup"))
    yield honest("solution-and-test-deleted", Paper().remove("slope", "slope-test").add(SLOPE))
    yield honest("test-weakened-while-debugging", Paper().edit("loss-test", "print(loss(1e6))"))
    yield honest(
        "test-copied", Paper().add("print(loss(1e6))\nassert loss(1e6) > 0", after="loss-test")
    )
    yield honest(
        "name-reused-later", Paper().add("loss = loss(1e6)\nslope = 3", after="slope-test")
    )
    yield honest(
        "slow",
        Paper(loss="import time\n" + LOSS.replace("    return", "    time.sleep(0.3)\n    return")),
    )
    yield honest(
        "callable-object",
        Paper(
            loss="class Loss:\n    def __call__(self, N):\n"
            "        return E + A / np.asarray(N, dtype=float) ** ALPHA\n\nloss = Loss()"
        ),
    )
    yield honest(
        "two-notebooks",
        {"attempt.ipynb": Paper(solved=("loss",)).remove("slope-test"), "small.ipynb": Paper()},
    )
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("homework/small.ipynb", Paper().text)
    yield honest("packed", {"homework.zip": packed.getvalue()})
    yield honest(
        "another-alphabet",
        {"решение.ipynb": b"\xef\xbb\xbf" + Paper().add("# Καλημέρα 🙂\nπ = 3").text.encode()},
    )
    yield honest("cached", Paper(allocation="import functools\n@functools.cache\n" + ALLOCATION))
    yield honest(
        "made-elsewhere",
        Paper()
        .add("from google.colab import drive\ndrive.mount('/content')", before="setup")
        .add("!pip install numpy\nname = input('your name?')", after="setup"),
    )
    yield honest("await", Paper().add("import asyncio\nawait asyncio.sleep(0.01)", after="setup"))
    yield honest(
        "own-exception",
        Paper(
            slope="class BadData(ValueError):\n    pass\n\n"
            + SLOPE.replace("raise ValueError", "raise BadData")
        ),
    )
    yield honest(
        "answers-as-text-too", Paper().edit("allocation-text", "That <b>loss</b> & data ...")
    )
    given = Paper(slope=SLOPE.replace("np.ptp", "numbers.ptp")).remove("loss")
    given.edit("setup", SETUP.replace("import numpy as np", "import numpy as np, numpy as numbers"))
    given.edit("loss-test", LOSS + "\n\n" + given.cells[given.index("loss-test")]["source"])
    yield honest("written-into-given-cells", given)
    windows = Paper()
    for cell in windows.cells:
        cell["source"] = [line + "\r\n" for line in cell["source"].split("\n")]
    yield honest("windows-without-metadata", windows.strip())
    yield honest(
        "magics",
        Paper(
            loss="%%time\n" + LOSS,
            allocation="%matplotlib widget\n%load_ext autoreload\n%autoreload 2\n" + ALLOCATION,
            slope="!echo no terminal\n" + SLOPE,
        ),
    )
    yield honest(
        "functions-of-all-kinds",
        Paper(
            loss="loss = np.vectorize(lambda N: E + A / N**ALPHA)",
            allocation="import functools\ndef ratio(k, C):\n    N = np.sqrt(C / 120)\n"
            "    return {'N': N, 'D': k * N}.values()\n\nallocation = functools.partial(ratio, 20)",
        ),
    )
    yield honest(
        "numbers-of-all-kinds",
        Paper(
            loss=LOSS.replace("    return", "    x =") + "\n    return np.array(x, dtype=object)",
            allocation="from fractions import Fraction\ndef allocation(C):\n"
            "    N = Fraction(float(C / 120) ** 0.5)\n    return N, 20 * N",
            slope="from decimal import Decimal\n"
            + SLOPE.replace("return float(", "return Decimal(").replace("sum())", "sum().item())"),
        ),
    )
    yield honest(
        "in-any-order",
        Paper(solved=("allocation",), slope=SLOPE.replace("np.asarray(x, ", "as_array(x, "))
        .add("files = !ls\nloss?\n" + LOSS)
        .add("def as_array(x, dtype):\n    return np.asarray(x, dtype)"),
    )
    split = Paper(
        loss="%%writefile mine.py\ndef loss(N):\n    return 1.7 + 400 / N**0.34",
        slope=SLOPE.replace("raise", "fail()\n        raise"),
    ).add("import mine\ndef loss(N):\n    return mine.loss(np.asarray(N, float))", after="loss")
    half = split.cells[split.index("slope")] | {"source": "def fail():\n    pass"}
    split.cells.insert(split.index("slope"), half)
    yield honest("cell-split-in-two-and-a-module", split)
    yield honest("odd-name", {"small/homework_3_1_L\udcf6sung.ipynb": Paper()})
    yield honest(
        "copies-files",
        Paper()
        .add(
            "import os, shutil, tempfile\nopen('a', 'w').close()\nshutil.copy('a', 'b')\n"
            "shutil.copy2('a', 'c')\nos.chmod('b', 0o600)\nos.utime('c')\n"
            "with tempfile.TemporaryDirectory() as folder:\n    shutil.copytree('.', folder + '/d')\n"
            "done = True",
            after="setup",
        )
        .add("if not done:\n    loss = None"),
    )
    yield honest("stub-kept-above", Paper(loss=STUBS["loss"] + "\n\n" + LOSS))
    yield honest(
        "small-numbers-types",
        Paper(
            allocation=ALLOCATION.replace(
                "return N, 20 * N", "return [np.float64(N), int(20 * N)]"
            ),
            slope=SLOPE.replace("return float(", "return np.array(").replace(
                "sum())", "sum())[()]"
            ),
        ),
    )
