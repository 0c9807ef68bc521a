"""One submission, run in a sandbox that may die and is then brought back to where it was."""

import builtins
import sys
import time

import numpy as np

from grading.sandbox.inside import plain_data
from grading.sandbox.worker_process import Lost, Sandbox
from grading.source.source_names import REFERENCE

MESSAGE_LENGTH = 2000
# Exceptions of which a failed hidden test tells. Any further name would be one more word in which a
# submission can say what it was called with.
TOLD = ("IndexError", "KeyError", "NameError", "TypeError", "ValueError", "ZeroDivisionError")

USABLE = "a check can use numbers, text, lists, tuples, dicts, arrays of numbers and tables"


class Broken(Exception):
    """No sandbox could be started: a trouble of this machine, not of the submission."""


class CallFailed(Exception):
    """The submission's function raised something; the text says what."""

    # What may be told of it where the submission must not choose the words.
    told = "raised an error"


class ArgumentChanged(CallFailed):
    """The submission's function changed what it was given; the text is that of a visible check."""

    told = "changes its argument"


class CallLost(BaseException):
    """The submission has no answer that can be used.

    Not an `Exception`, so that a test that expects one is not satisfied by a time-out.
    """

    def __init__(self, text, told=None):
        super().__init__(text)
        self.told = told or text


class Session:
    """Run cells, ask for names and call functions of one submission.

    `given` tells of a name whether the assignment itself defines it in the submission's notebook,
    so that a test may pass what it stands for by this name; for the others see `Sandbox`.
    """

    def __init__(self, kind, limits, files=None, given=lambda name: False, withheld=()):
        self.kind, self.limits, self.files, self.given = kind, limits, files, given
        self.withheld = withheld
        self.began = time.monotonic()
        self.starts = 0
        self.past = []  # requests to repeat after a restart; None for one that ended a sandbox
        self._sandbox = self._restored = None

    def run(self, source, seconds=None):
        """Run a cell, by default for as long as a cell may take.

        Returns a dict: ``error`` is empty or says what went wrong, ``printed`` is text, ``shown``
        a list of dicts from MIME types to text.
        """
        try:
            answer = self._ask_lasting({"op": "run", "source": source}, seconds)
        except Lost as lost:
            return {"error": f"The cell was stopped: {lost}.", "printed": "", "shown": []}
        printed, shown = answer.get("printed"), answer.get("shown")
        outputs = shown[:20] if type(shown) is list else []
        return {
            "error": "" if answer.get("ok") is True else describe(answer),
            "printed": printed[:20_000] if type(printed) is str else "",
            "shown": [
                {kind: text for kind, text in output.items() if type(text) is str}
                for output in outputs
                if type(output) is dict
            ],
        }

    def snapshot(self, moment):
        """Remember what all names of the submission stand for at this moment, which has a name."""
        try:
            self._ask_lasting({"op": "snapshot", "moment": moment})
        except Lost:
            return  # what follows will say so

    def restore(self, moment):
        """Let all names stand for what they did at a moment of which there is a snapshot."""
        self._restored = {"op": "restore", "moment": moment}
        if self._sandbox:
            try:
                self._ask(self._restored, self.limits.cell)
            except Lost:
                return  # it is done when the sandbox is started again

    def get(self, name):
        """Return what a name of the submission stands for: plain data, or a `Function`.

        Raises `KeyError` if it defines no such name, `CallLost` if its value cannot cross or the
        sandbox died.
        """
        try:
            answer = self._ask({"op": "get", "name": name}, self.limits.call)
        except Lost as lost:
            raise CallLost(f"`{name}` could not be read: {lost}") from None
        kind = answer.get("kind") if answer.get("ok") is True else None
        if kind == "missing":
            raise KeyError(name)
        return Function(self, name) if kind == "function" else _value(answer, f"`{name}`")

    def call(self, name, args, kwargs):
        """Call a function of the submission; see `Function`."""
        data = plain_data.encode([list(args), kwargs], self._by_name)
        message = {"op": "call", "name": name, "data": data}
        try:
            answer = self._ask(message, self.limits.call)
        except Lost as lost:
            raise CallLost(f"`{name}` gave no answer: {lost}") from None
        if answer.get("ok") is not True:
            raise failure(name, answer)
        if answer.get("changed") is True:
            raise ArgumentChanged("Your function changes its argument: change a copy.")
        if type(what := answer.get("unusable")) is str:
            told = f"`{name}` returned something that cannot be used"
            raise CallLost(f"`{name}` returned {what[:100]}: {USABLE}", told)
        return _value(answer, f"`{name}` returned something that")

    def close(self):
        """End the sandbox."""
        if self._sandbox:
            self._sandbox.close()
            self._sandbox = None

    def left(self):
        """Return the seconds that are left to the submission."""
        return self.limits.total - (time.monotonic() - self.began)

    def _ask_lasting(self, message, seconds=None):
        """Make a request that is repeated after a restart, unless it ends the sandbox."""
        self.past.append(None)
        answer = self._ask(message, seconds or self.limits.cell)
        self.past[-1] = message
        return answer

    def _ask(self, message, seconds):
        self._start()
        left = self.left()
        try:
            return self._sandbox.ask(message, min(seconds, max(left, 0.01)))
        except Lost as lost:
            self._sandbox = None
            if left <= seconds and self.left() <= 0:
                raise Lost(self._over()) from None
            raise lost
        except BaseException:
            self._sandbox = None  # it was interrupted and has closed itself
            raise

    def _over(self):
        return f"the notebook has run for longer than {self.limits.total:.3g} s"

    def _start(self):
        """Start a sandbox if there is none, and run again what had been run."""
        while self._sandbox is None:
            if self.left() <= 0:
                raise Lost(self._over())
            if self.starts > self.limits.restarts:
                raise Lost("the notebook ended its process too often")
            self.starts += 1
            try:
                sandbox = Sandbox(self.kind, self.limits, self.files, self.withheld)
            except (Lost, OSError) as error:
                raise Broken(f"the sandbox ({self.kind}) does not start: {error}") from error
            if self._repeat(sandbox):
                self._sandbox = sandbox

    def _repeat(self, sandbox):
        """Bring a new sandbox to where the last one was; tell whether it has survived that."""
        for i, message in enumerate([*self.past, self._restored]):
            try:
                if message is not None:
                    sandbox.ask(message, min(self.limits.cell, max(self.left(), 0.01)))
            except Lost:  # it went well once and not again
                if i < len(self.past):
                    self.past[i] = None
                return False
            except BaseException:  # a test's time is over: half of the way is of no use
                sandbox.close()
                raise
        return True

    def _by_name(self, value):
        """Return tag and content of what is no plain data but has a name inside the sandbox."""
        if isinstance(value, Function):
            return "own", value.__name__
        if isinstance(value, np.random.Generator):
            return "generator", value.bit_generator.state
        if getattr(value, "__module__", None) == REFERENCE and self.given(value.__name__):
            return "own", value.__name__
        if path := importable(value):
            return "imported", path
        what = f"an object of type {type(value).__name__}"
        raise plain_data.NotPlain(f"a test gives the submission {what}, which cannot cross")


class Function:
    """Stands in a test for a function of the submission.

    Calling it sends the arguments into the sandbox and returns what the function returned there.
    It raises `CallFailed`, which is also the built-in type of what the function raised,
    `ArgumentChanged`, or `CallLost`.
    """

    def __init__(self, session, name):
        self.session, self.__name__ = session, name

    def __call__(self, *args, **kwargs):
        """Call the submission's function."""
        return self.session.call(self.__name__, args, kwargs)

    def __repr__(self):
        return f"<function {self.__name__} of the submission>"


def _value(answer, what):
    """Return the value in a worker's answer."""
    try:
        if answer.get("ok") is not True:
            raise plain_data.Malformed(describe(answer))
        return plain_data.decode(answer["data"])
    except plain_data.Malformed as error:
        raise CallLost(f"{what} cannot be used: {error}", f"{what} cannot be used") from None


_FAILURES = {}  # from the name of a built-in exception to its twin that is a `CallFailed`


def failure(name, answer):
    """Return the exception of which a worker tells: a `CallFailed` that is of its built-in type."""
    kind = answer.get("type")
    base = getattr(builtins, kind, None) if type(kind) is str else None
    twin = CallFailed
    # StopIteration would end a test's `map` or `zip` as if all calls had been made.
    ends = (StopIteration, StopAsyncIteration)
    if isinstance(base, type) and issubclass(base, Exception) and base not in ends:
        told = f"raised {base.__name__}" if base.__name__ in TOLD else CallFailed.told
        content = {"__str__": lambda self: str(self.args[0]), "told": told}
        twin = _FAILURES.setdefault(base.__name__, type(base.__name__, (CallFailed, base), content))
    text = f"`{name}` raised {describe(answer)}"
    try:
        return twin(text)
    except TypeError:  # UnicodeError and its like take arguments of their own
        return CallFailed(text)


def describe(answer):
    """Return in words the exception of which a worker tells."""
    name, text = answer.get("name"), answer.get("text")
    name = name[:100] if type(name) is str and name else "an exception"
    return f"{name}: {text[:MESSAGE_LENGTH]}" if type(text) is str and text else name


def importable(value):
    """Return module and name under which a value can be imported, or None.

    A function and a class know both. A constant, such as ``HOFFMANN_2022``, is found in the module
    of its class under the ``name`` that it declares.
    """
    module, name = getattr(value, "__module__", None), getattr(value, "__qualname__", None)
    if isinstance(value, np.ufunc):
        module, name = "numpy", value.__name__
    name = name or getattr(value, "name", None)
    if type(module) is not str or type(name) is not str or module == "__main__":
        return None
    found = sys.modules.get(module)
    for part in name.split("."):
        found = getattr(found, part, None)
    return [module, name] if found is value else None
