"""The course's own library is no answer: what would solve an exercise is missing in the sandbox.

Each exercise is tried with the library's functions that are called or described alike. With
``CORPUS=all`` it is tried with all functions of these rooms that take as many arguments.
"""

import contextlib
import importlib
import inspect
import io
import json
import os
import pkgutil
import re
import sys

import needs
import pytest
from assignments import NAMES, cells, exercises, mark, solved

import scaling_lib
from grading.marking.grade_one import Settings, make_job, run_job
from grading.marking.run_and_test import TestTimeout, time_limit
from grading.source.assignment import load
from grading.source.hidden_tests import SEED_VARIABLE

ROOMS = ("compute", "experiments", "fitting", "forecasting", "laws", "page", "sampling")
FORMS = (
    "lambda *a, **k: F(*a, **k)",
    "lambda *a, **k: np.mean(F(*a, **k))",
    "lambda a, b, *c, **k: F(b, a, *c, **k)",
    "lambda *a, **k: np.mean(np.vectorize(F)(*a, **k))",
    "lambda a, *b: F(a, 0, *b)",  # a loss of 0 without end
)
EVERY = [(name, facts) for name in NAMES for facts in exercises(name)]


def library():
    """The functions of the library's rooms, by their full names."""
    found = {}
    for module in pkgutil.walk_packages(scaling_lib.__path__, "scaling_lib."):
        if module.name.split(".")[1] in ROOMS:
            for name, value in vars(importlib.import_module(module.name)).items():
                own = inspect.isfunction(value) and value.__module__ == module.name
                if own:
                    found[f"{module.name}.{name}"] = value
    return found


LIBRARY = library()


def stems(*texts):
    return {word[:5] for text in texts for word in re.findall("[a-z]{4,}", text.lower())}


def fits(function, wanted):
    """Whether a function can be called as the one that is asked for."""
    known = inspect.signature(function).parameters.values()
    wanted = inspect.signature(wanted).parameters.values()
    if {"jobs", "path", "out"} & {p.name for p in known}:
        return False
    required = [p for p in known if p.default is p.empty and p.kind not in (p.VAR_POSITIONAL, 4)]
    least = sum(p.default is p.empty for p in wanted)
    return len(required) <= len(wanted) + 1 and least <= sum(
        p.kind != p.KEYWORD_ONLY for p in known
    )


def nearest(name, facts):
    source = cells(name)[facts["id"]].source
    asked = source.split("def ", 1)[1].split("(", 1)[0]
    words = stems(facts["id"], facts["title"], asked)
    for path, function in LIBRARY.items():
        if fits(function, solved(name)[asked]):
            about = path.rpartition(".")[2], (function.__doc__ or "").strip().split("\n")[0]
            if os.environ.get("CORPUS") == "all" or words & stems(*about):
                yield asked, path


def points(name, facts, asked, path):
    """The most that a function of the library earns, in one of a few forms."""
    module, _, function = path.rpartition(".")
    best = 0
    for form in FORMS:
        code = f"from {module} import {function} as F\n{asked} = {form}"
        try:
            with contextlib.redirect_stdout(io.StringIO()), time_limit(1):
                best = max(best, mark(name, facts["id"], code)[0])
        except TestTimeout:
            break  # it trains, or fits many times: in no form an answer
        except Exception:
            continue
    return best


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize(("name", "facts"), EVERY, ids=lambda x: x if type(x) is str else x["id"])
def test_what_the_library_answers_is_withheld(name, facts, monkeypatch):
    monkeypatch.setenv(SEED_VARIABLE, "a secret")
    tried = list(nearest(name, facts))
    earning = {path for asked, path in tried if points(name, facts, asked, path)}
    assert bool(earning) == ("withheld" in facts), earning  # none is withheld without need
    for path in facts.get("withheld", ()):
        withhold(LIBRARY[path], monkeypatch)
    assert not {
        path for asked, path in tried if path in earning and points(name, facts, asked, path)
    }


def withhold(function, monkeypatch):
    """Take a function away under every name that a module has for it."""

    def missing(*_, **__):
        raise NotImplementedError

    for module in [m for name, m in sys.modules.items() if name.startswith("scaling_lib.")]:
        for name in [name for name, value in vars(module).items() if value is function]:
            monkeypatch.setattr(module, name, missing)


@needs.linux
def test_the_library_as_an_answer_earns_nothing_and_the_rest_is_paid():
    needs.sandbox()
    assignment = load("bitter_lesson")
    assert assignment.withheld == ["scaling_lib.forecasting.scores.interval_score"]
    notebook = json.loads(assignment.text)
    for cell in notebook["cells"]:
        if cell["metadata"].get("nbgrader", {}).get("grade_id") == "interval-score":
            cell["source"] = "from scaling_lib import forecasting\n"
            cell["source"] += (
                "def interval_score(*a):\n    return np.mean(forecasting.interval_score(*a))"
            )
    report = run_job(make_job(assignment, json.dumps(notebook).encode(), Settings(seed="x")))
    outcomes = {e["id"]: e for e in report["events"] if e["event"] == "outcome"}
    assert sum(o["score"] for o in outcomes.values()) == assignment.max_score - 4
    message = outcomes["interval-score-test"]["message"]
    assert "interval_score is what an exercise asks for" in message
