"""Graders tested against answers: right ones get everything, wrong ones what they deserve."""

import warnings

import numpy as np
import pytest
from assignments import NAMES, answers, cells, checks_of, exercises, mark, read, run

from grading import reference
from grading.source.hidden_tests import SEED_VARIABLE

ANSWERS = [(name, answer) for name in NAMES for answer in answers(name)]
EVERY = [(name, facts) for name in NAMES for facts in exercises(name)]


def label(case):
    return case if isinstance(case, str) else f"{case.get('exercise') or case['id']}"


@pytest.fixture(autouse=True)
def _seed(monkeypatch):
    """One secret is enough here: `test_no_secret_is_unfair` tries more."""
    monkeypatch.setenv(SEED_VARIABLE, "a secret")


FROZEN = """
import numpy as np

plain_{0} = {0}

def {0}(*args, **options):
    for value in [*args, *options.values()]:
        if isinstance(value, np.ndarray):
            value.setflags(write=False)
    return plain_{0}(*args, **options)
"""


def asked(name, facts):
    """The function that an exercise asks for."""
    return cells(name)[facts["id"]].source.split("def ", 1)[1].split("(", 1)[0]


@pytest.mark.parametrize("name", [*NAMES, "capstone"])
def test_the_source_gets_full_marks_and_leaves_arguments_alone(name, tmp_path, monkeypatch):
    """Run from top to bottom, as by an instructor: no cell fails or warns.

    Arguments that a solution changed would be seen in a notebook and not by the grader.
    """
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv(SEED_VARIABLE)
    frozen = {facts["id"]: FROZEN.format(asked(name, facts)) for facts in exercises(name)}
    namespace, failures = {}, {}
    for cell in read(name).cells:
        if cell.cell_type == "code":
            try:
                with reference.taken_from(namespace.__getitem__), warnings.catch_warnings():
                    warnings.simplefilter("error")
                    run(cell.source + frozen.get(cell.id, ""), namespace)
            except Exception as error:
                failures[cell.id] = error
    assert failures == {}


SLOW = {"coverage-ahead", "floor", "loss-ahead"}  # whose hidden tests fit on hundreds of worlds
SLOW |= {"cool-down", "own-answers", "own-sweep"}  # which train networks, and profile fits


@pytest.mark.parametrize(("name", "facts"), EVERY, ids=label)
def test_no_secret_is_unfair(name, facts, monkeypatch):
    """Inputs that are drawn, and tests that rest on chance, hold for a right answer."""
    # What draws nothing is the same under every secret: the test above has run it.
    drawing = [test for test in checks_of(name, facts["id"]) if "fresh" in test.source]
    assert len(drawing) >= 1
    for secret in range(4 if facts["id"] in SLOW else 12):
        monkeypatch.setenv(SEED_VARIABLE, f"class {secret}")
        source = cells(name)[facts["id"]].source
        assert mark(name, facts["id"], source, tests=drawing)[1] == {}, secret


@pytest.mark.parametrize(
    ("name", "answer"), ANSWERS, ids=lambda x: x if isinstance(x, str) else x["name"]
)
def test_each_answer_gets_what_it_deserves_and_hears_what_to_think_of(name, answer):
    points, failures = mark(name, answer["exercise"], answer["code"])
    assert points == answer["expected"], failures
    said = failures.get(f"{answer['exercise']}-test")
    if said is not None:
        assert isinstance(said, AssertionError) and len(str(said)) > 20, repr(said)


@pytest.mark.parametrize(("name", "facts"), EVERY, ids=label)
def test_there_are_answers_enough(name, facts):
    mine = [a for a in answers(name) if a["exercise"] == facts["id"]]
    kinds = [a["kind"] for a in mine]
    assert kinds.count("alternative") >= 1 and kinds.count("wrong") >= 4
    assert len({a["name"] for a in mine}) == len(mine)
    full = facts["points"] - 2
    for answer in mine:
        assert (answer["expected"] == full) == (answer["kind"] == "alternative"), answer["name"]


NOTHING = ["None", "float('nan')", "np.array([])", "args[0]", "0", "args", "True"]


@pytest.mark.parametrize(("name", "facts"), EVERY, ids=label)
@pytest.mark.parametrize("value", NOTHING)
def test_an_answer_without_work_gets_nothing(name, facts, value):
    code = f"def {asked(name, facts)}(*args, **options):\n    args += tuple(options.values())\n"
    code += f"    return {value}"
    points, _ = mark(name, facts["id"], code)
    assert points == 0


def test_the_marking_itself_sees_a_wrong_answer():
    points, failures = mark("scaling_laws", "power-law", "def fit_power_law(*a, **k): return 1, 1")
    assert points == 0 and len(failures) == 3
    assert np.all([isinstance(e, AssertionError) for e in failures.values()])
