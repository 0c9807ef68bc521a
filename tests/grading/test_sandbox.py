"""The parts of the engine that touch submissions: channel, sandbox, session, names, tests."""

import dataclasses
import json
import os
import struct
import subprocess
import sys
import threading
import time

import needs
import numpy as np
import pandas as pd
import pytest
from small_assignment import source

from grading.marking.known_answers import read_answers, score_answers
from grading.marking.run_and_test import (
    INTERVAL_MISSED,
    MAX_MESSAGE,
    MAX_SHOWN,
    Tests,
    TestTimeout,
    run_cells,
    time_limit,
)
from grading.marking.session import CallFailed, CallLost, Function, Session, failure, importable
from grading.sandbox.enclosure import INSIDE, KINDS, Limits, bubblewrap_trouble, choose
from grading.sandbox.inside.plain_data import NotPlain
from grading.sandbox.processes import children, descendants, disk_usage, family, usage
from grading.sandbox.worker_process import Channel, Lost
from grading.source.assignment import parse
from grading.source.source_names import SourceNames
from grading.source.submitted_cells import SubmittedCell, match

pytestmark = needs.linux
SMALL = parse(json.dumps(source()), "small")
LIMITS = Limits(call=5, cell=10, disk=8 << 20, memory=600 << 20, processes=12, restarts=3)


def test_which_sandbox_there_is():
    assert needs.sandbox() in KINDS
    with pytest.raises(ValueError, match="the sandbox must be one of bubblewrap, landlock, none"):
        choose("chroot")


def test_bubblewrap_works():
    if trouble := bubblewrap_trouble():
        needs.missing(f"bubblewrap does not work here: {trouble}")
    assert choose() == "bubblewrap"


@pytest.fixture(params=["bubblewrap", "landlock"])
def session(request):
    made = Session(needs.sandbox(request.param), LIMITS, given=lambda name: name == "helper")
    yield made
    made.close()


def test_cells_names_and_calls(session):
    result = session.run(
        "import numpy as np\nx = np.arange(3)\ndef f(a, b=2):\n    return a * b\nprint('hi')\nx"
    )
    assert result["error"] == "" and result["printed"].startswith("hi\n")
    np.testing.assert_array_equal(session.get("x"), [0, 1, 2])
    f = session.get("f")
    assert isinstance(f, Function) and f(3) == 6 and f(a=2.0, b=1.5) == 3.0
    with pytest.raises(KeyError):
        session.get("nothing")
    assert session.run("1 / 0")["error"] == "ZeroDivisionError: division by zero"
    assert session.run("import time\nraise SystemExit")["error"] == ""


def test_what_a_test_may_give_a_submission(session):
    session.run(
        "from scaling_lib.laws import HOFFMANN_2022\ndef helper(x):\n    return x + 1\n"
        "def apply(f, x):\n    return f(x)\ndef draw(rng):\n    return rng.normal()\n"
        "def E(law):\n    return law is HOFFMANN_2022"
    )
    from scaling_lib.laws import HOFFMANN_2022

    apply, ours = session.get("apply"), {"__name__": "reference"}
    exec("def helper(x):\n    return x + 1\ndef secret(x):\n    return x", ours)
    assert apply(np.sum, [1, 2]) == 3 and apply(np.exp, 0.0) == 1.0 and apply(abs, -1) == 1
    assert apply(session.get("helper"), 1) == 2 and apply(ours["helper"], 2) == 3
    assert session.get("E")(HOFFMANN_2022) is True
    assert session.get("draw")(np.random.default_rng(5)) == np.random.default_rng(5).normal()
    for cannot in (lambda x: x, ours["secret"], object()):
        with pytest.raises(NotPlain, match="cannot cross"):
            apply(cannot, 1)


def test_exceptions_arrive_as_the_builtin_they_are(session):
    session.run(
        "import numpy as np\nclass Mine(KeyError):\n    pass\n"
        "def f(kind):\n    raise kind('because')\ndef g():\n    raise Mine('x')\n"
        "def h():\n    np.linalg.inv(np.zeros((2, 2)))"
    )
    with pytest.raises(ZeroDivisionError, match="`f` raised ZeroDivisionError: because"):
        session.get("f")(ZeroDivisionError)
    with pytest.raises(KeyError):
        session.get("g")()
    with pytest.raises(ValueError, match="Singular"):
        session.get("h")()
    for kind in (SystemExit, KeyboardInterrupt, GeneratorExit):
        with pytest.raises(CallFailed) as caught:
            session.get("f")(kind)
        assert isinstance(caught.value, Exception)


def test_an_answer_that_cannot_cross_is_no_exception(session):
    session.run("def f():\n    return object()")
    with pytest.raises(CallLost, match="`f` returned an object of type object: a check can use"):
        session.get("f")()


CHANGES = [
    ("x += 1", [np.zeros(3)]),
    ("x[0] = x[0] if len(x) > 2 else 9", [[1, 2]]),
    ("x['a'].append(3)", [{"a": []}]),
    ("x['new'] = 1.0", [pd.DataFrame({"a": [1.0]})]),
    ("x.append(open)", [[]]),  # what cannot be compared is a change, too
]


@pytest.mark.parametrize(("code", "given"), CHANGES)
def test_a_function_that_changes_what_it_is_given_fails(session, code, given):
    session.run(f"def f(x, more=None):\n    {code}\n    return 1\ndef g(x):\n    return 1")
    with pytest.raises(CallFailed, match="Your function changes its argument: change a copy"):
        session.call("f", given, {})
    assert session.call("g", given, {}) == 1
    session.run("def h(y, x):\n    f(x)\n    return y")
    with pytest.raises(CallFailed, match="changes its argument"):
        session.call("h", [1], {"x": given[0]})


def test_what_is_only_looked_at_is_not_changed(session):
    session.run("""def f(x, rng, own, table):
    x.setflags(write=False)
    rng.normal()
    table["a"].sum()
    return sorted(x)[0] + own(1)
def helper(x):
    return x""")
    table = pd.DataFrame({"a": [2.0, 1.0], "b": ["u", "v"]})
    given = [np.array([np.nan, 2.0, 1.0]), np.random.default_rng(1), session.get("helper"), table]
    assert np.isnan(session.call("f", given, {}))


def test_a_call_that_kills_loses_nothing_else(session):
    session.run("import os\nx = 1\ndef die():\n    os._exit(3)\ndef fine():\n    return x")
    session.snapshot("here")
    session.run("x = 2")
    session.run("os._exit(0)")
    for moment, value in (("here", 1), ("here", 1)):
        session.restore(moment)
        with pytest.raises(CallLost, match="`die` gave no answer: its process ended"):
            session.get("die")()
        assert session.get("fine")() == value
    assert session.get("x") == 1 and session.starts == 4


def test_a_restart_that_a_test_runs_out_of_time_in_is_made_again(session, monkeypatch):
    session.run("import os\nx = 1\ndef die():\n    os._exit(3)")
    with pytest.raises(CallLost):
        session.get("die")()

    def interrupted(*_):
        raise TestTimeout

    with monkeypatch.context() as patched, pytest.raises(TestTimeout):
        patched.setattr(Channel, "ask", interrupted)
        session.get("x")
    assert session.get("x") == 1 and session.starts == 3


@pytest.mark.parametrize(
    ("code", "changed", "reason"),
    [
        ("import time\ntime.sleep(60)", {"cell": 0.5}, "it took longer than 0.5 s"),
        (
            # The parent waits too: it may not be done before anybody has counted its children.
            "import os, time\nfor _ in range(40):\n    os.fork() or time.sleep(60)\ntime.sleep(60)",
            # Twelve processes that share their pages are counted as twelve times as much memory:
            # memory must not be the tighter limit.
            {"memory": 4 << 30},
            "12 processes",
        ),
        (
            "x = [bytearray(b'1' * 10**8) for _ in range(20)]\nimport time\ntime.sleep(60)",
            {},
            "600 MB",
        ),
    ],
)
def test_limits_hold(code, changed, reason):
    session = Session(needs.sandbox(), dataclasses.replace(LIMITS, **changed))
    try:
        assert reason in session.run(code)["error"]
        assert session.run("1 + 1", seconds=10)["error"] == ""
    finally:
        session.close()


def test_the_disk_is_limited(session):
    code = "for i in range(40):\n    with open(f'{i}', 'wb') as f:\n        f.write(b'1' * 10**6)\n"
    error = session.run(code + "import time\ntime.sleep(5)")["error"]
    assert "No space left" in error or "it wrote more than 8 MB" in error


def test_no_time_is_left_after_the_total():
    session = Session(needs.sandbox(), dataclasses.replace(LIMITS, total=2.0))
    try:
        assert "longer than 2 s" in session.run("import time\ntime.sleep(60)")["error"]
        assert "longer than 2 s" in session.run("1")["error"]
    finally:
        session.close()


def test_confinement(session):
    """From inside neither the repository nor other processes can be reached."""
    here = os.path.abspath(__file__)
    root = os.path.dirname(os.path.dirname(os.path.dirname(here)))
    for code in (
        f"open({here!r})",
        f"open({root!r} + '/exercises/source/scaling_laws/scaling_laws.ipynb')",
        f"open({root!r} + '/grading/marking/run_and_test.py')",
        f"import os\nos.listdir({root!r} + '/exercises')",
        f"open('/proc/{os.getpid()}/environ')",
        f"open({root!r} + '/scaling_lib/x', 'w')",
        f"import os\nos.kill({os.getpid()}, 0)",
        "import grading.marking.run_and_test",
        "import socket\nsocket.create_connection(('127.0.0.1', 9))",
        "open('/etc/shadow')",
    ):
        assert session.run(code)["error"], code
    found = session.run("import os\nprint([k for k in os.environ if 'SEED' in k or 'CI' in k])")
    assert found["printed"] == "[]\n"
    assert (
        session.run("import scaling_lib.laws, matplotlib.pyplot\nopen('mine', 'w').close()")[
            "error"
        ]
        == ""
    )


FILTERED = """
import fcntl, os, signal, sys
import confine, landlock
landlock.landlock_version = lambda: 2  # an older kernel, whose Landlock does not know truncation
confine.seccomp([*landlock.filtered(), *confine.filtered()])

def allowed(call, *arguments):
    try:
        call(*arguments)
        return True
    except OSError:
        return False

here, (reader, writer) = sys.argv[1], os.pipe()
assert allowed(open, here, "w") and allowed(open, here, "r+") and allowed(os.kill, os.getpid(), 0)
assert allowed(fcntl.fcntl, reader, fcntl.F_GETFL) and allowed(os.sched_setaffinity, 0, {0})
assert not allowed(os.truncate, here, 0)
assert not allowed(os.open, here, os.O_RDONLY | os.O_TRUNC)
assert not allowed(fcntl.fcntl, reader, fcntl.F_SETOWN, os.getppid())
assert not allowed(os.kill, os.getppid(), 0)
assert not allowed(os.sched_setaffinity, os.getppid(), {0})
assert not allowed(os.setpriority, os.PRIO_USER, 0, 19)
before = os.stat(here)
os.chmod(here, 0o777), os.utime(here, (1, 1))  # not heeded
assert os.stat(here) == before
"""


def test_what_landlock_does_not_see_is_filtered(tmp_path):
    (tmp_path / "here").touch()
    command = [sys.executable, "-c", FILTERED, str(tmp_path / "here")]
    environment = os.environ | {"PYTHONPATH": str(INSIDE)}
    done = subprocess.run(command, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


def test_exceptions_that_cannot_be_made():
    answer = {"type": "UnicodeDecodeError", "name": "X", "text": "y"}
    assert str(failure("f", answer)) == "`f` raised X: y"
    for kind in ("KeyboardInterrupt", "print", "nothing", 3, None):
        assert type(failure("f", {"type": kind})) is CallFailed


def test_importable():
    assert importable(np.mean) == ["numpy", "mean"]
    assert importable(json.JSONDecoder.decode) == ["json.decoder", "JSONDecoder.decode"]
    assert importable(lambda: 0) is None and importable(3) is None


# The channel


@pytest.fixture
def pair():
    """A channel, and the other side's ends of its pipes."""
    to_us, from_them = os.pipe()
    to_them, from_us = os.pipe()
    yield Channel(to_us, from_us, 1000), from_them, to_them
    for one in (to_us, from_them, to_them, from_us):
        try:
            os.close(one)
        except OSError:
            continue


def framed(content, data=b""):
    return struct.pack(">II", len(content), len(data)) + content + data


def answer_with(content, theirs, close=False):
    """Wait for a question, then write."""
    channel, out, inn = theirs

    def work():
        os.read(inn, 1000)
        os.write(out, content)
        if close:
            os.close(out)

    thread = threading.Thread(target=work)
    thread.start()
    try:
        return channel.ask({"a": 1}, 5)
    finally:
        thread.join()


def test_question_and_answer(pair):
    assert answer_with(framed(b'{"b": 2}'), pair) == {"b": 2, "data": b""}
    got = answer_with(framed(b'{"b": 2, "data": 3}', b"\0\xff"), pair)
    assert got == {"b": 2, "data": b"\0\xff"}


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (framed(b"[1]"), "cannot be read"),
        (framed(b"{"), "cannot be read"),
        (framed(b"\xff"), "cannot be read"),
        (framed(b"[" * 900), "cannot be read"),
        (struct.pack(">II", 1001, 0), "larger than"),
        (struct.pack(">II", 500, 501), "larger than"),
        (struct.pack(">II", 2**32 - 1, 2**32 - 1), "larger than"),
    ],
)
def test_answers_that_are_none(pair, content, reason):
    with pytest.raises(Lost, match=reason):
        answer_with(content, pair)


def test_a_worker_that_ends_or_speaks_first_or_never(pair):
    with pytest.raises(Lost, match="its process ended"):
        answer_with(b"\0\0", pair, close=True)
    with pytest.raises(Lost):
        pair[0].ask({}, 1)


def test_unasked(pair):
    os.write(pair[1], framed(b"{}"))
    with pytest.raises(Lost, match="before it was asked"):
        pair[0].ask({}, 5)


def test_silence(pair):
    with pytest.raises(Lost, match=r"longer than 0.05 s"):
        pair[0].ask({}, 0.05)


def test_a_worker_that_does_not_listen(pair):
    with pytest.raises(Lost, match=r"longer than 0.1 s"):
        pair[0].ask({"a": "x" * 10**6}, 0.1)


# Processes


def test_what_processes_use(tmp_path):
    script = "import subprocess, sys\nsubprocess.Popen(['sleep', '60'])\nprint(1, flush=True)\n"
    script += "sys.stdin.read()"
    with subprocess.Popen(
        [sys.executable, "-c", script], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as parent:
        parent.stdout.readline()
        (child,) = children(parent.pid)
        assert descendants(parent.pid) == [child] and family(parent.pid) == [child, parent.pid]
        assert usage([parent.pid]) > usage([child]) > 0 == usage([2**22 + 1])
        os.kill(child, 9)
    (tmp_path / "a").write_bytes(b"1" * 10_000)
    assert 10_000 <= disk_usage(tmp_path, 10**9) < 100_000


def test_a_time_limit():
    with pytest.raises(TestTimeout), time_limit(0.05):
        while True:
            time.sleep(0.01)
    with time_limit(60):
        pass


# Tests on stand-ins, without a sandbox


class Solved:
    """A session whose submission is Python of this process."""

    limits = LIMITS

    def __init__(self, **names):
        self.names = names

    def left(self):
        return 60.0

    def restore(self, moment):
        pass

    def get(self, name):
        value = self.names[name]
        return Function(self, name) if callable(value) else value

    def call(self, name, args, kwargs):
        try:
            return self.names[name](*args, **kwargs)
        except Exception as error:
            kind = type(error).__name__
            told = {"type": kind, "name": kind, "text": str(error)}
            raise failure(name, told) from None


def graded(test, hidden=True, **names):
    made = source()
    for cell in made["cells"]:
        if cell["id"] == "loss-test":
            cell["source"] = test
    small = parse(json.dumps(made), "small")
    tests = Tests(small, SourceNames(small), Solved(**names))
    return tests.check_hidden("loss-test") if hidden else tests.check_visible("loss-test")


HIDDEN = "### BEGIN HIDDEN TESTS\n{}\n### END HIDDEN TESTS"


@pytest.mark.parametrize(
    ("test", "score", "message"),
    [
        ("assert loss(1) == 2", 3, ""),
        ("1.5", 1.5, ""),
        ("loss(1)", 2, ""),
        ("7", 3, ""),
        ("True", 3, ""),
        ("assert loss(1) == 3, 'three'", 0, "three. The last call, loss(1), gave 2."),
        ("assert loss(1) == 3, '(not two.)'", 0, "(not two.) The last call, loss(1), gave 2."),
        ("x = [1]\ny = loss(x)\nx[0] = 9\nassert y == 3", 0, "The last call, loss([1]), gave 2."),
        ("import numpy\nassert loss(numpy.float64(0.5)) == 3", 0, "last call, loss(0.5), gave 2"),
        ("if loss(1) != 3:\n    raise AssertionError('odd')", 0, "The last call, loss(1), gave 2."),
        ("assert loss(1) == 3", 0, "This check failed: assert loss(1) == 3. The last call, loss"),
        ("assert other(1)", 0, "`other` is not defined"),
        ("loss(1)[0]", 0, "The answer does not fit the check `loss(1)[0]`: TypeError"),
        ("bad(x=5)", 0, "`bad` raised ValueError: five. The call was bad(x=5)."),
        ("try:\n    bad(x=5)\nexcept ValueError:\n    pass", 3, ""),
        ("assert TOLERANCE == 1e-6 and value == 4 and abs(-1) == 1", 3, ""),
        ("import sys\nsys.exit(0)", 0, "SystemExit"),
        ("print('x' * 10)\nassert False, 'end'", 0, "end"),
        ("assert list(map(stop, [1, 2])) == []", 0, "`stop` raised StopIteration"),
    ],
)  # fmt: skip
def test_visible_checks(test, score, message):
    def bad(x):
        raise ValueError("five")

    def stop(x):
        raise StopIteration

    answers = dict(loss=lambda n: 2, bad=bad, stop=stop, TOLERANCE=9, value=4)
    outcome = graded(test, hidden=False, **answers)
    assert outcome.score == score and message in outcome.message
    assert outcome.detail == outcome.message


@pytest.mark.parametrize(
    ("test", "message"),
    [
        ("assert loss(1)\nassert value == 5, 'five'", "five"),
        ("y = loss(1)\nx = value\nassert x == 5, 'five'", "five"),
        ("for n in (1, 2):\n    assert loss(n)\n    assert value == 5, 'five'", "five"),
        ("y = loss(1)\nodd(2)\nassert y == 5, 'five'", "five. The last call, loss(1), gave 2."),
        ("ys = []\nys.append(loss(1))\nassert ys == 5, 'x'", "x. The last call, loss(1), gave 2."),
    ],
)
def test_a_call_is_named_only_if_the_failed_check_depends_on_it(test, message):
    answers = dict(loss=lambda n: 2, odd=lambda n: 3, value=4)
    assert graded(test, hidden=False, **answers).message == message


@pytest.mark.parametrize("hidden", [False, True])
def test_a_value_without_words_is_wrong_and_no_more(hidden):
    huge = 10**4500
    for test in ("n = loss(1)\nassert n == 3, n", "{1: 2}[loss(1)]", "assert loss(1) == 3"):
        outcome = graded(HIDDEN.format(test) if hidden else test, hidden, loss=lambda n: huge)
        assert outcome.score == 0 and "This check failed" in outcome.detail
        assert "gave <int>" in outcome.detail


def test_an_array_of_many_axes_is_told_by_its_shape():
    wide = np.zeros([2] * 16, dtype=bool)
    outcome = graded("assert loss(1) == 3, 'no'", hidden=False, loss=lambda n: [wide])
    assert f"gave [<array of shape {wide.shape}>]" in outcome.message


def test_what_a_cell_showed_is_text_or_left_out():
    class Forged(Session):
        def _ask(self, message, seconds):
            nested = []
            for _ in range(900):
                nested = [nested]
            shown = [nested, {"text/plain": nested, "image/png": "x"}, "y", {"text/plain": "z"}]
            return {"ok": True, "printed": "", "shown": shown}

    result = Forged("none", LIMITS).run("1")
    assert result["shown"] == [{"image/png": "x"}, {"text/plain": "z"}]


def test_a_message_is_not_longer_than_it_can_be_read():
    outcome = graded("assert False, loss(1)", hidden=False, loss=lambda n: "x" * 10**6)
    assert len(outcome.message) == len(outcome.detail) == MAX_MESSAGE


@pytest.mark.parametrize(
    ("test", "message"),
    [
        ("assert loss(1.25) == 3, 'secret'", "."),
        ("loss(1.25)[0]", "."),
        ("bad(1.25)", ": in one of them, your function raised ValueError."),
        ("odd(1.25)", ": in one of them, your function raised an error."),
        ("other(1.25)", ": in one of them, `other` is not defined."),
    ],
)
def test_hidden_tests_say_nothing_but_that_they_failed(test, message):
    def bad(x):
        raise ValueError(f"secret {x}")

    def odd(x):
        raise (ArithmeticError, LookupError, BufferError)[int(x)](x)

    for visible, words in (
        ("# What they see.\n", "Hidden tests do not pass"),
        (
            "# Hidden tests, 2 points: 1.5 of other\n# units.\n# Nothing to run here.\n",
            "Hidden tests do not pass (1.5 of other units)",
        ),
        ("assert loss(1) == 2\n", "The checks that you see pass, hidden tests do not"),
    ):
        outcome = graded(visible + HIDDEN.format(test), loss=lambda n: 2, bad=bad, odd=odd)
        assert outcome.score == 0 and outcome.message == words + message
        assert outcome.detail


def test_of_an_interval_that_did_not_hold_is_told_that_the_function_passed():
    test = (
        "from grading import holds\nassert loss(1) == 2\nholds(1, 1.5, 1.2)\nholds(0, 1.5, loss(3))"
    )
    outcome = graded(HIDDEN.format(test), loss=lambda n: 2)
    assert outcome.score == 0 and outcome.message == INTERVAL_MISSED
    assert outcome.detail == "2 is outside of 0 to 1.5"
    assert not any(number in INTERVAL_MISSED for number in "0123456789")
    wrong = graded(HIDDEN.format(test), loss=lambda n: 1.2)
    assert wrong.score == 0 and wrong.message == "Hidden tests do not pass."
    never = graded(
        HIDDEN.format("from grading import holds\nholds(1, 3, loss(1))"), loss=lambda n: np.nan
    )
    assert never.message == INTERVAL_MISSED


@pytest.mark.parametrize(
    ("test", "detail"),
    [
        ("assert loss(1) == len([x]), 'units'", "units, where `len([x])` is 1."),
        (
            "assert same(loss(1), [x, 3])",
            "check failed: assert same(loss(1), [x, 3]), where `[x, 3]`",
        ),
        ("def f(y):\n    assert y == x, 'in f'\nf(loss(1))", "in f, where `y` is 2 and `x` is 3."),
        ("assert loss(1) > 2, 'no name'", "no name."),
    ],
)
def test_of_a_hidden_test_is_kept_what_it_compared_and_the_last_call(test, detail):
    hidden = HIDDEN.format("from grading import same\nx = 3\n" + test)
    told = graded(hidden, loss=lambda n: 2).detail
    assert detail in told and told.endswith("The last call, loss(1), gave 2.")


def test_the_reference_in_a_hidden_test():
    test = HIDDEN.format("from grading import reference\nassert loss(1e6) == reference.loss(1e6)")
    assert graded(test, loss=lambda n: 1.7 + 400.0 / n**0.34).score == 3
    assert graded(test, loss=lambda n: 0).score == 0


def test_pictures_are_not_kept_without_end():
    shown = [{"image/png": "x" * (MAX_SHOWN // 3 - 100)}]
    kept = []

    class Painter(Solved):
        def run(self, source, seconds=None):
            return {"error": "", "printed": source, "shown": shown}

        def snapshot(self, moment):
            pass

    found = match(SMALL, [SubmittedCell("code", str(i), "") for i in range(4)])
    run_cells(found, SourceNames(SMALL), Painter(), kept.append)
    assert [len(event["shown"]) for event in kept] == [1, 1, 0, 0]
    assert [event["printed"] for event in kept] == ["0", "1", "2", "3"]


# Known answers


def answers(tmp_path, *rows):
    (tmp_path / "small.ipynb").write_text(json.dumps(source()))
    path = tmp_path / "answers.py"
    path.write_text(f"ANSWERS = {list(rows)!r}")
    return path


RIGHT = {
    "exercise": "loss",
    "name": "loop",
    "kind": "alternative",
    "code": "def loss(N):\n    return 1.7 + 400 * np.asarray(N) ** -0.34",
    "expected": 3,
}
WRONG = {
    "exercise": "allocation",
    "name": "forty",
    "kind": "wrong",
    "code": "def allocation(C):\n    return np.sqrt(C / 120), 40 * np.sqrt(C / 120)",
    "expected": 1,
}


def test_answers_are_scored(tmp_path):
    path = answers(tmp_path, RIGHT, WRONG)
    rows = score_answers(tmp_path / "small.ipynb", path)
    known = {(row["exercise"], row["name"]): row for row in rows}
    assert all(row["ok"] for row in rows) and len(rows) == 3 * 6 + 2
    assert known["loss", "loop"]["earned"] == 3
    assert known["allocation", "forty"]["lost"].keys() == {"allocation-test-2"}
    assert known["slope", "returns not a number"]["earned"] == 0


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"exercise": "lost"}, "exercise must be one of allocation, loss, slope, not 'lost'"),
        ({"kind": "odd"}, "kind must be alternative or wrong, not 'odd'"),
        ({"code": "def"}, "invalid syntax"),
        ({"expected": "3"}, "expected must be a number, not '3'"),
        ({"expected": True}, "expected must be a number, not True"),
        ({"more": 1}, "must be a dict with exercise"),
    ],
)
def test_answers_that_cannot_be_used(tmp_path, change, message):
    path = answers(tmp_path, {**RIGHT, **change})
    with pytest.raises(ValueError, match=message):
        read_answers(path, parse(json.dumps(source()), "small"))
    path.write_text("ANSWERS = 3")
    with pytest.raises(ValueError, match="must be a list"):
        read_answers(path, parse(json.dumps(source()), "small"))
    path.write_text("")
    with pytest.raises(ValueError, match="defines no ANSWERS"):
        read_answers(path, parse(json.dumps(source()), "small"))
