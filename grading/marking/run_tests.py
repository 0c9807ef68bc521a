"""Run the instructor's test cells on a submission, and say what came out without giving it away.

This process is trusted: it holds the solutions and the hidden tests, and never runs a line of a
submission. Everything that a student will read is made before the submission sees its first hidden
input; of hidden tests is told only what the submission cannot put into its own words.
"""

import ast
import builtins
import contextlib
import dataclasses
import io
import reprlib
import signal
import threading

import numpy as np

from grading import reference
from grading.marking.session import CallFailed, CallLost, Function

MAX_MESSAGE = 4000
"""Characters of a message, which may hold all that a function returned."""

_repr = reprlib.Repr()
_repr.maxstring = _repr.maxother = 80


@dataclasses.dataclass(frozen=True)
class Outcome:
    """What a test cell gave."""

    id: str
    score: float
    points: float
    message: str = ""
    """For the student: never words of a hidden test, nor what it called with."""
    detail: str = ""
    """For the instructor alone."""
    lacks_name: bool = False
    """Whether it failed for a name that was not defined where it was tried."""

    @property
    def passed(self):
        """Whether it gave all of its points."""
        return self.score == self.points


class Undefined(CallLost):
    """The submission lacks a name that a test needs."""


class TestTimeout(BaseException):
    """A test cell has taken too long."""

    __test__ = False  # not for pytest


class Namespace(dict):
    """The names of a test cell: its own, else the source's, else the submission's.

    Parameters
    ----------
    session : Session
        The submission.
    source : SourceNames
        The source notebook.
    watch : callable
        Called with a function's name, arguments and answer after each call.
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
    """A function of the submission whose last call is remembered."""

    def __init__(self, function, watch):
        super().__init__(function.session, function.__name__)
        self.watch = watch

    def __call__(self, *args, **kwargs):
        """Call the submission's function."""
        parts = [_short(a) for a in args] + [f"{k}={_short(v)}" for k, v in kwargs.items()]
        call = f"{self.__name__}({', '.join(parts)})"
        try:
            value = super().__call__(*args, **kwargs)
        except (CallFailed, CallLost):
            self.watch(f"The call was {call}.")
            raise
        self.watch(f"The last call, {call}, gave {_short(value)}.")
        return value


def _short(value):
    """Return a value as a learner would write it, in one line or two."""
    with np.printoptions(precision=6, legacy="1.25"):  # 0.15, not np.float64(0.15)
        return _repr.repr(value)


class Tests:
    """The tests of an assignment on one submission.

    Parameters
    ----------
    assignment : Assignment
        Whose tests.
    source : SourceNames
        The same assignment's names.
    session : Session
        The submission, whose cells have been run.
    """

    __test__ = False  # not for pytest

    def __init__(self, assignment, source, session):
        self.assignment, self.session = assignment, session
        self.last_call = ""
        self.visible = Namespace(session, source, self._remember)
        self.complete = Namespace(session, source, self._remember)
        self.source = source

    def check_visible(self, test):
        """Run what learners see of a test cell.

        Parameters
        ----------
        test : str
            Its id.

        Returns
        -------
        Outcome
            With all points if nothing failed.
        """
        cell = self.assignment.tests[test]
        score, error, line = self._execute(cell, _visible(cell), self.visible)
        if error is None:
            return Outcome(test, score, cell.points)
        message = _in_words(error, line)
        if self.last_call and not isinstance(error, Undefined):
            message = f"{message.rstrip('.')}. {self.last_call}"
        message = message[:MAX_MESSAGE]
        lacks = isinstance(error, Undefined | NameError)
        return Outcome(test, 0, cell.points, message, message, lacks)

    def check_hidden(self, test):
        """Run all of a test cell, when the visible part has passed; see `check_visible`."""
        cell = self.assignment.tests[test]
        score, error, line = self._execute(cell, cell.source, self.complete)
        if error is None:
            return Outcome(test, score, cell.points)
        # Where learners see nothing of a cell, what they do see may have failed.
        alone = not ast.parse(_visible(cell)).body
        message = "The checks that you see pass, hidden tests do not"
        message = "Hidden tests do not pass" if alone else message
        if isinstance(error, CallFailed | CallLost):
            names = f"in one of them, {error.told}" if isinstance(error, CallLost) else ""
            names = names or f"in one of them, your function {error.told}"
            message += f": {names}"
        elif isinstance(error, TestTimeout):
            message += ": they take too long"
        detail = _in_words(error, line)[:MAX_MESSAGE]
        return Outcome(test, 0, cell.points, message + ".", detail)

    def _remember(self, call):
        self.last_call = call

    def _execute(self, cell, text, names):
        """Return points, exception and the text of the line that failed."""
        self.last_call = ""
        names.forget()
        filename = f"<test {cell.id}>"
        tree = ast.parse(text)
        last = tree.body.pop() if tree.body and isinstance(tree.body[-1], ast.Expr) else None
        value = None
        silence = (
            contextlib.redirect_stdout(io.StringIO()),
            contextlib.redirect_stderr(io.StringIO()),
        )
        try:
            with (
                silence[0],
                silence[1],
                time_limit(min(self.session.limits.test, max(self.session.left(), 1.0))),
                reference.taken_from(self.source.__getitem__),
            ):
                exec(compile(tree, filename, "exec"), names)
                if last:
                    value = eval(compile(ast.Expression(last.value), filename, "eval"), names)
        except (Exception, CallLost, TestTimeout, SystemExit) as error:
            numbers = [n for n, name in _lines(error) if name == filename]
            lines = text.split("\n")
            return 0, error, lines[numbers[0] - 1].strip() if numbers else ""
        if type(value) in (int, float) and 0 <= value <= cell.points:
            return value, None, ""
        return cell.points, None, ""


def _visible(cell):
    """Return what learners see of a test cell, with its lines where they were."""
    lines = enumerate(cell.source.split("\n"), 1)
    return "\n".join("" if number in cell.hidden else line for number, line in lines)


def _lines(error):
    trace = error.__traceback__
    while trace:
        yield trace.tb_lineno, trace.tb_frame.f_code.co_filename
        trace = trace.tb_next


def _in_words(error, line):
    if isinstance(error, CallFailed | CallLost):
        return str(error)
    if isinstance(error, TestTimeout):
        return "The checks take too long"
    if isinstance(error, AssertionError):
        return str(error) or f"This check failed: {line}"
    return f"The answer does not fit the check `{line}`: {type(error).__name__}: {error}"


@contextlib.contextmanager
def time_limit(seconds):
    """Raise `TestTimeout` after some seconds, in the main thread of a system with alarms."""
    if (
        not hasattr(signal, "setitimer")
        or threading.current_thread() is not threading.main_thread()
    ):
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
