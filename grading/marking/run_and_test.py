"""Run a submission's cells in the sandbox, then the instructor's tests on what they defined.

This process is trusted: it holds the solutions and the hidden tests, and never runs a line of a
submission. All visible checks come before the first hidden one, so that everything a student will
read is made before the submission sees its first hidden input; of hidden tests is told only what
the submission cannot put into its own words.
"""

import ast
import base64
import builtins
import contextlib
import copy
import dataclasses
import functools
import io
import re
import reprlib
import signal
import threading
import traceback

import numpy as np

from grading.marking.session import CallFailed, CallLost, Function, Session
from grading.sandbox.enclosure import Limits
from grading.source.assignment import parse
from grading.source.hidden_tests import IntervalMissed, reference
from grading.source.source_names import SourceNames, bound_names
from grading.source.submitted_cells import (
    defined_names,
    match,
    own_work,
    read_notebook,
    written_names,
)

# The moment when all cells have run. A test's own moment has its ``grade_id``, never empty.
FINISHED = ""

# Characters of pictures that are kept of a submission: its report must not get too large.
MAX_SHOWN = 10_000_000

MAX_WRITTEN = 20_000  # characters of an answer in words
MAX_MESSAGE = 4000  # characters of a message, which may hold all that a function returned
MAX_SHORT = 120  # characters of one argument or answer in a message

# The same for everybody: it holds neither the number that came out nor a word of the submission.
INTERVAL_MISSED = "Your function passed; your interval did not hold under a fresh seed."


# What the comment in a test cell, which learners see, says of the hidden inputs.
_HIDDEN_KIND = re.compile(r"Hidden tests, [\d.]+ points?: (.+?)\.\s", re.DOTALL)


class _Short(reprlib.Repr):
    """As `reprlib` has it; of an array with many short axes, which numpy writes out, the shape."""

    def repr_ndarray(self, array, level):
        if array.ndim > 3 and array.size > MAX_SHORT:
            return f"<array of shape {array.shape}>"
        return self.repr_instance(array, level)


_repr = _Short()
_repr.maxstring = MAX_SHORT
_repr.maxother = 10 * MAX_SHORT  # an array leaves out what is in its middle


def grade_submission(job, emit):
    """Run a submission's cells and test them; `job` is that of `grade_one.make_job`.

    `emit` is called with a dict as soon as something is known: ``event`` is ``"match"``,
    ``"cell"``, ``"outcome"`` or ``"done"``. What has been emitted counts, whatever happens next.
    Raises `Unreadable` if the submission is no notebook, `Broken` if no sandbox can be started.
    """
    assignment = parse(**job["assignment"])
    source = SourceNames(assignment)
    limits, withheld = Limits(**job["limits"]), assignment.withheld
    session = Session(job["sandbox"], limits, job["files"], source.is_trusted, withheld)
    grade_in(session, assignment, source, base64.b64decode(job["notebook"]), emit)


def grade_in(session, assignment, source, notebook, emit, wanted=None):
    """Run a notebook (bytes) in a session, and the `wanted` tests, by their ids; by default all."""
    cells = read_notebook(notebook)
    found = match(assignment, cells)
    emit(what_matches(assignment, cells, found))
    try:
        run_cells(found, source, session, emit)
        run_tests(assignment, found, Tests(assignment, source, session), emit, wanted)
    finally:
        session.close()
    emit({"event": "done", "starts": session.starts})


def what_matches(assignment, cells, found):
    """Return the event that tells what of a submission is whose: texts, cells, own work."""
    written = {name: text[:MAX_WRITTEN] for name, text in found.text.items()}
    facts = {name: list(getattr(found, name)) for name in ("restored", "older", "lacks")}
    return {"event": "match", "text": written, "own": own_work(assignment, cells, found), **facts}


def run_cells(found, source, session, emit):
    """Run all cells in order, with a snapshot of the names at each test and at the end."""
    # A learner who deleted the cell with the imports has not failed the exercises for it.
    imports = [ast.unparse(node) for node in source.imports]
    guarded = [f"try:\n    {line}\nexcept Exception:\n    pass" for line in imports]
    session.run("\n".join(guarded), session.limits.start)
    room = MAX_SHOWN
    for step in found.steps:
        if step.test:
            session.snapshot(step.test)
            continue
        result = session.run(step.source)
        result["error"] = _with_line(result["error"], step.source)
        room -= len(str(result["shown"]))
        if room < 0:
            result["shown"] = []
        if step.cell is not None:
            emit({"event": "cell", "cell": step.cell, "source": step.source[:200], **result})
    session.snapshot(FINISHED)


def _with_line(error, source):
    """Return the words of an error; of one in the syntax with the line itself."""
    found = re.fullmatch(r"(.*?)(?: \(|, )<ipython-input[^>]*>, line (\d+)\)?", error or "")
    lines = source.split("\n")
    if not found or not 0 < int(found[2][:9]) <= len(lines):
        return error
    return f"{found[1]}, line {found[2]}: {lines[int(found[2]) - 1].strip()[:MAX_SHORT]}"


def run_tests(assignment, found, tests, emit, wanted=None):
    """Run all visible checks, then all hidden ones, and emit the best outcome of each test."""
    passed = {}
    for test in assignment.tests if wanted is None else wanted:
        cell, outcomes = assignment.tests[test], []
        moments = moments_to_try(assignment, found, test)
        for moment in moments:
            tests.session.restore(moment)
            outcomes.append(tests.check_visible(test))
            if outcomes[-1].lacks_name and FINISHED not in moments:
                moments.append(FINISHED)  # a later cell may define what the answer needs
            if cell.hidden and not outcomes[-1].message:
                passed.setdefault(test, []).append(moment)
        if test not in passed:  # of equals the last, whose message is about the finished notebook
            emit(max(reversed(outcomes), key=lambda outcome: outcome.score).as_event())
    for test, moments in passed.items():
        outcomes = []
        for moment in moments:
            tests.session.restore(moment)
            outcomes.append(tests.check_hidden(test))
            if outcomes[-1].passed:
                break
        emit(max(reversed(outcomes), key=lambda outcome: outcome.score).as_event())


def moments_to_try(assignment, found, test):
    """Return the moments at which a test is tried: its own, and the end if that may help.

    Who keeps a first attempt and solves the exercise in a later cell has solved it.
    """
    place = next(i for i, step in enumerate(found.steps) if step.test == test)
    later = [step.source for step in found.steps[place:] if step.learners and not step.test]
    tree = ast.parse(assignment.tests[test].source)
    wanted = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}
    for name, cell in assignment.solutions.items():
        if test in assignment.tests_of(name):
            wanted |= defined_names(cell.source)
    return [test, FINISHED] if any(wanted & written_names(text) for text in later) else [test]


@dataclasses.dataclass(frozen=True)
class Outcome:
    """What a test cell gave."""

    id: str
    score: float
    points: float
    message: str = ""  # for the student: never words of a hidden test, nor what it called with
    detail: str = ""  # for the instructor alone
    lacks_name: bool = False  # whether it failed for a name that was not defined where it was tried

    @property
    def passed(self):
        """Whether it gave all of its points."""
        return self.score == self.points

    def as_event(self):
        """Return what `grade_submission` emits."""
        kept = ("id", "score", "message", "detail")
        return {"event": "outcome"} | {name: getattr(self, name) for name in kept}


class Undefined(CallLost):
    """The submission lacks a name that a test needs."""


class TestTimeout(BaseException):
    """A test cell has taken too long."""

    __test__ = False  # not for pytest


class Namespace(dict):
    """The names of a test cell: its own, else the source's, else the submission's.

    `watch` is told of each call of a function of the submission; see `Watched`.
    """

    def __init__(self, session, source, watch):
        super().__init__(__name__="tests")
        self.session, self.source, self.watch = session, source, watch
        self.functions = {}

    def __missing__(self, name):
        if self.source.is_trusted(name):
            self[name] = self.source[name]
            return self[name]
        if hasattr(builtins, name) and name not in self.source.defined:
            raise KeyError(name)
        try:
            value = self.session.get(name)
        except KeyError:
            raise Undefined(f"`{name}` is not defined") from None
        if isinstance(value, Function):
            self[name] = value = self.functions[name] = Watched(value, self.watch)
        return value

    def forget(self):
        """Look the submission's functions up again: it may have others now."""
        for name, function in self.functions.items():
            if self.get(name) is function:
                del self[name]
        self.functions.clear()


class Watched(Function):
    """A function of the submission whose last call is told to `watch`.

    It is told with the name, as a function that puts the call into words: words take longer than
    calls, and most calls are followed by another.
    """

    def __init__(self, function, watch):
        super().__init__(function.session, function.__name__)
        self.watch = watch

    def __call__(self, *args, **kwargs):
        """Call the submission's function."""
        kept = [_kept(a) for a in args], {name: _kept(a) for name, a in kwargs.items()}
        call = functools.partial(_call_in_words, self.__name__, *kept)
        try:
            value = super().__call__(*args, **kwargs)
        except (CallFailed, CallLost):
            self.watch(self.__name__, lambda: f"The call was {call()}.")
            raise
        value_kept = _kept(value)
        self.watch(self.__name__, lambda: f"The last call, {call()}, gave {_short(value_kept)}.")
        return value


def _kept(value):
    """Return a value as it is now: the test may go on and change it."""
    return copy.copy(value) if isinstance(value, np.ndarray | list | dict | set) else value


def _call_in_words(name, args, kwargs):
    parts = [_short(a) for a in args] + [f"{k}={_short(v)}" for k, v in kwargs.items()]
    return f"{name}({', '.join(parts)})"


def _short(value):
    """Return a value as a learner would write it, in one line or two; of a long one the shape."""
    if hasattr(value, "columns"):
        return "<table of {} rows and {} columns>".format(*value.shape)
    if hasattr(value, "to_numpy"):  # a column
        value = value.to_numpy()
    # 0.15, not np.float64(0.15)
    with np.printoptions(precision=6, threshold=8, edgeitems=3, linewidth=1000, legacy="1.25"):
        try:
            text = _repr.repr(value)
        except Exception:  # a number of more digits than Python writes
            text = f"<{type(value).__name__}>"
    if len(text) > MAX_SHORT and getattr(value, "shape", ()):
        return f"<array of shape {value.shape}>"
    return _cut(text, MAX_SHORT)


def _cut(text, most):
    """Return a text of at most so many characters, not cut within a number or a word."""
    if len(text) <= most:
        return text
    head = text[: most - 4]
    # A word of any length is cut: what is lost is at most a number.
    word = re.search(r"(?<=[\s,;(\[])[^\s,;(\[]{0,40}$", head)
    return (head[: word.start()].rstrip(" ,;") if word else head) + " ..."


class Tests:
    """The tests of an assignment on one submission, whose cells have been run."""

    __test__ = False  # not for pytest

    def __init__(self, assignment, source, session):
        self.assignment, self.source, self.session = assignment, source, session
        self.calls, self.compared, self.blamed = {}, "", set()
        # Hidden tests have names of their own: what a visible check has changed is not theirs.
        self.visible = Namespace(session, source, self._remember)
        self.complete = Namespace(session, source, self._remember)

    def _remember(self, name, call):
        self.calls.pop(name, None)  # the last one comes last
        self.calls[name] = call

    def check_visible(self, test):
        """Return the `Outcome` of what learners see of a test cell: all points if none failed."""
        cell = self.assignment.tests[test]
        score, error, line = self._execute(cell, cell.visible, self.visible)
        if error is None:
            return Outcome(test, score, cell.points)
        message = self._with_call(_in_words(error, line), error)
        lacks = isinstance(error, Undefined | NameError)
        return Outcome(test, 0, cell.points, message, message, lacks)

    def check_hidden(self, test):
        """Return the `Outcome` of all of a test cell, whose visible part has passed."""
        cell = self.assignment.tests[test]
        score, error, line = self._execute(cell, cell.source, self.complete)
        if error is None:
            return Outcome(test, score, cell.points)
        if isinstance(error, IntervalMissed):
            return Outcome(test, 0, cell.points, INTERVAL_MISSED, str(error))
        message = "The checks that you see pass, hidden tests do not"
        if not ast.parse(cell.visible).body:  # they see none
            message = "Hidden tests do not pass"
        if kind := _HIDDEN_KIND.search(re.sub(r"(?m)^# ?", "", cell.released)):
            message += f" ({' '.join(kind[1].split())})"
        if isinstance(error, CallLost):
            message += f": in one of them, {error.told}"
        elif isinstance(error, CallFailed):
            message += f": in one of them, your function {error.told}"
        elif isinstance(error, TestTimeout):
            message += ": they take too long"
        detail = self._with_call(_in_words(error, line) + self.compared, error)
        return Outcome(test, 0, cell.points, message + ".", detail)

    def _with_call(self, message, error):
        """Return a message with the last call on which the check that failed depends."""
        any_call = isinstance(error, CallFailed | CallLost | TestTimeout)
        calls = [call for name, call in self.calls.items() if any_call or name in self.blamed]
        if calls and not isinstance(error, Undefined):
            end = "" if message.rstrip(")\"'`").endswith(("?", "!", ".")) else "."
            message = f"{message}{end} {calls[-1]()}"
        return _cut(message, MAX_MESSAGE)

    def _execute(self, cell, text, names):
        """Return points, exception and the text of the line that failed."""
        self.calls, self.compared, self.blamed = {}, "", set()
        names.forget()
        filename = f"<test {cell.id}>"
        tree = ast.parse(text)
        last = tree.body.pop() if tree.body and isinstance(tree.body[-1], ast.Expr) else None
        value = None
        try:
            with (
                contextlib.redirect_stdout(io.StringIO()),
                contextlib.redirect_stderr(io.StringIO()),
                time_limit(min(self.session.limits.test, max(self.session.left(), 1.0))),
                reference.taken_from(self.source.__getitem__),
            ):
                try:
                    exec(compile(tree, filename, "exec"), names)
                    if last:
                        value = eval(compile(ast.Expression(last.value), filename, "eval"), names)
                except AssertionError as error:
                    if names is self.complete and not isinstance(error, CallFailed):
                        where = _frames(error, filename)[-1]
                        self.compared = _compared(tree, *where, names.functions)
                    raise
        except (Exception, CallLost, TestTimeout, SystemExit) as error:
            numbers = [line for _, line in _frames(error, filename)]
            self.blamed = _depends_on(ast.parse(text), numbers)
            return 0, error, text.split("\n")[numbers[-1] - 1].strip() if numbers else ""
        if type(value) in (int, float) and 0 <= value <= cell.points:
            return value, None, ""
        return cell.points, None, ""


def _frames(error, filename):
    """Return the frames of a file, and the numbers of its lines, that led to an exception."""
    frames = traceback.walk_tb(error.__traceback__)
    return [(frame, line) for frame, line in frames if frame.f_code.co_filename == filename]


def _depends_on(tree, lines):
    """Return the names on which the statements in some lines, those that failed, depend."""
    statements = [node for node in ast.walk(tree) if isinstance(node, ast.stmt)]
    names = set()
    for line in lines:
        around = [node for node in statements if node.lineno <= line <= node.end_lineno]
        if around:  # the innermost comes last; why something is raised, the outermost says
            names |= _names(around[0] if isinstance(around[-1], ast.Raise) else around[-1])
    known = None
    while known != names:
        known = set(names)
        names.update(*(_names(node) for node in statements if bound_names(node) & known))
    return names


def _names(node):
    return {inner.id for inner in ast.walk(node) if isinstance(inner, ast.Name)}


def _compared(tree, frame, line, functions):
    """Return what a failed assertion has compared: of ``a == b`` or ``same(a, b)``, a and b.

    What calls one of the `functions`, those of the submission, is left out.
    """
    said = []
    tests = [node.test for node in ast.walk(tree) if isinstance(node, ast.Assert)]
    test = next((test for test in tests if test.lineno <= line <= test.end_lineno), None)
    parts = test.args[:2] if isinstance(test, ast.Call) else []
    if isinstance(test, ast.Compare):
        parts = [test.left, *test.comparators]
    for part in parts:
        used = _names(part)
        if used and not used & functions.keys():
            with contextlib.suppress(Exception):  # what a second look does not find
                code = compile(ast.Expression(part), "", "eval")
                value = eval(code, frame.f_globals, frame.f_locals)
                said.append(f"`{ast.unparse(part)}` is {_short(value)}")
    return ", where " + " and ".join(said) if said else ""


def _in_words(error, line):
    failed = f"This check failed: {line}"
    try:
        text = str(error)
    except Exception:  # it holds a value of which there are no words, as of a number without end
        return failed
    if isinstance(error, CallFailed | CallLost):
        return text
    if isinstance(error, TestTimeout):
        return "The checks take too long"
    if isinstance(error, AssertionError):
        return text or failed
    return f"The answer does not fit the check `{line}`: {type(error).__name__}: {text}"


@contextlib.contextmanager
def time_limit(seconds):
    """Raise `TestTimeout` after some seconds, in the main thread of a system with alarms."""
    in_main_thread = threading.current_thread() is threading.main_thread()
    if not hasattr(signal, "setitimer") or not in_main_thread:
        yield
        return

    def stop(*_):
        raise TestTimeout

    before = signal.signal(signal.SIGALRM, stop)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
