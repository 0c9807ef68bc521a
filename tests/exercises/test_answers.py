"""Graders tested against answers: right ones get everything, wrong ones what they deserve."""

import numpy as np
import pytest
from assignments import NAMES, answers, cells, checks_of, exercises, mark

from grading.source.hidden_tests import SEED_VARIABLE

ANSWERS = [(name, answer) for name in NAMES for answer in answers(name)]
EVERY = [(name, facts) for name in NAMES for facts in exercises(name)]


def label(case):
    return case if isinstance(case, str) else f"{case.get('exercise') or case['id']}"


@pytest.fixture(autouse=True)
def _seed(monkeypatch):
    """One secret is enough here: `test_no_secret_is_unfair` tries more."""
    monkeypatch.setenv(SEED_VARIABLE, "a secret")


@pytest.mark.parametrize(("name", "facts"), EVERY, ids=label)
def test_the_reference_gets_full_marks(name, facts):
    points, failures = mark(name, facts["id"], cells(name)[facts["id"]].source, warn="error")
    assert failures == {}
    assert points == facts["points"] - cells(name)[f"{facts['id']}-text"].metadata.nbgrader.points


SLOW = {"coverage-ahead", "floor", "loss-ahead"}  # whose hidden tests fit on hundreds of worlds
SLOW |= {"cool-down", "own-sweep"}  # which train language models, and profile fits


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
    source = cells(name)[facts["id"]].source
    function = source.split("def ", 1)[1].split("(", 1)[0]
    code = f"def {function}(*args, **options):\n    args += tuple(options.values())\n"
    code += f"    return {value}"
    points, _ = mark(name, facts["id"], code)
    assert points == 0


@pytest.mark.parametrize(("name", "facts"), EVERY, ids=label)
def test_arguments_are_left_alone(name, facts, monkeypatch):
    """Arguments that a solution changed would be seen in a notebook and not by the grader."""
    source = cells(name)[facts["id"]].source
    function = source.split("def ", 1)[1].split("(", 1)[0]
    frozen = f"""
plain_{function} = {function}

def {function}(*args, **options):
    for value in [*args, *options.values()]:
        if isinstance(value, np.ndarray):
            value.setflags(write=False)
    return plain_{function}(*args, **options)
"""
    _, failures = mark(name, facts["id"], source + "\nimport numpy as np\n" + frozen)
    assert failures == {}


def test_the_marking_itself_sees_a_wrong_answer():
    points, failures = mark("scaling_laws", "power-law", "def fit_power_law(*a, **k): return 1, 1")
    assert points == 0 and len(failures) == 3
    assert np.all([isinstance(e, AssertionError) for e in failures.values()])
