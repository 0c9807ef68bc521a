"""Graders tested against answers: all get what they deserve, and wrong ones hear what is wrong."""

import functools
import re

import numpy as np
import pytest
from assignments import NAMES, answers, asked, cells, checks_of, exercises, mark, run_through

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


@pytest.mark.parametrize("name", NAMES)
def test_the_source_gets_full_marks_and_leaves_arguments_alone(name, tmp_path, monkeypatch):
    """Run from top to bottom: no cell fails or warns, as its tests are among them.

    Arguments that a solution changed would spoil what the tests compare it with.
    """
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv(SEED_VARIABLE)
    frozen = {facts["id"]: FROZEN.format(asked(name, facts)) for facts in exercises(name)}
    assert run_through(name, frozen) == {}


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
        _, failures = mark(name, facts["id"], source, tests=drawing, solved_once=True)
        assert failures == {}, secret


marked = functools.cache(mark)
"""An answer is marked once for all that is said about it here, under the one secret."""


def heard_by(name, answer):
    """What the visible check says of an answer: its exception, or None."""
    exercise = answer["exercise"]
    return marked(name, exercise, answer["code"])[1].get(f"{exercise}-test")


@pytest.mark.parametrize(
    ("name", "answer"), ANSWERS, ids=lambda x: x if isinstance(x, str) else x["name"]
)
def test_each_answer_gets_what_it_deserves_and_hears_what_to_think_of(name, answer):
    points, failures = marked(name, answer["exercise"], answer["code"])
    assert points == answer["expected"], failures
    said = heard_by(name, answer)
    if said is not None:
        assert isinstance(said, AssertionError) and len(str(said)) > 20, repr(said)


@pytest.mark.parametrize(("name", "facts"), EVERY, ids=label)
def test_three_mistakes_are_told_apart(name, facts):
    wrong = [a for a in answers(name) if a["exercise"] == facts["id"] and a["kind"] == "wrong"]
    heard = {str(heard_by(name, answer)) for answer in wrong} - {"None"}
    # Of numbers in a message two mistakes would differ all the same.
    words = {re.sub(r"[\d.]+", "", text) for text in heard}
    assert len(words) >= 3, words


@pytest.mark.parametrize(
    ("name", "mistake", "words"),
    [
        ("data_limits", "sample standard deviation", "without ddof=1"),
        ("data_limits", "variance reported", "not variances"),
        ("data_limits", "regimes exchanged", "exchanged"),
        ("data_limits", "dates before the start", "Where D >= S the date is `start`"),
        ("data_limits", "logarithm of the difference", "logarithm of a quotient"),
        ("data_limits", "inputs replaced one after another", "one after another"),
        ("data_limits", "none accepted, the first taken", "argmax is 0 there"),
        ("data_limits", "hundreds first", "units first"),
        ("data_limits", "exact whatever the modulus", "is `modulus` used?"),
        ("data_limits", "the last that is accepted", "take the first"),
        ("data_limits", "nothing but the repetitions", "+ U"),
        ("data_limits", "made from the row that was fitted before", "a row of its own"),
        ("scaling_hypothesis", "a minus lost", "Compute is negative"),
        ("scaffolding", "gradient downhill", "The sign"),
        ("scaffolding", "each answer for itself", "against each other"),
        ("scaffolding", "share of sets that are all wrong", "one minus it"),
        ("scaffolding", "lower bound", "lower end"),
        ("scaffolding", "order taken for granted", "sort by compute"),
        ("bitter_lesson", "averages before it scores", "then average"),
        ("bitter_lesson", "a variance squared", "do not square it"),
        ("bitter_lesson", "piles below zero looked up from the end", "may fall below 0"),
        ("scaling_laws", "rise and fall exchanged", "are exchanged"),
        ("bitter_lesson", "first budget that is ahead", "one before"),
        ("scaling_laws", "G instead of its square", "G squared"),
        ("scaling_laws", "equal terms instead of equal marginal gains", "terms are equal there"),
        ("scaling_laws", "set aside for a bad row on the way", "only its kept row counts"),
        ("scaling_laws", "diverged runs named and fitted", "diverged is in the fit"),
        ("scaling_laws", "the last row of the file", "order of the file"),
        ("scaling_laws", "the lowest loss of each run for its last", "lowest loss of a run"),
        ("scaling_laws", "K for 1024", "not for 1024"),
        ("scaling_laws", "C without the 6", "without the 6"),
        ("scaling_laws", "one run of each size and length", "`best_of`"),
        ("scaling_laws", "fitted to all, scored on those held out", "seen the held-out runs"),
        ("scaling_laws", "least squares for Huber", "delta among them"),
        ("scaling_laws", "high - low", "not high - low"),
        ("scaling_laws", "the interval of the mean, not of a run", "the law's mean"),
        ("scaling_laws", "the interval at 95 %", "the level is 0.9"),
        ("scaling_hypothesis", "gain as the last", "as the last"),
        ("scaling_hypothesis", "sign inside the normal", "The sign"),
        ("forecasting", "levels turned round", "below it 1 - tau"),
        ("forecasting", "the interval of the line", "the line only"),
        ("forecasting", "the probability of t for its quantile", "(`ppf`)"),
        ("forecasting", "a normal year about the meeting of the means", "all three quantiles"),
        ("forecasting", "growth of the stock added", "the difference of the two"),
        ("forecasting", "R of ln(L - E)", "not of ln(L - E)"),
        ("forecasting", "the root of R for the noise", "the noise is too large"),
        ("forecasting", "the tries that were made counted too", "not the n that were made"),
        ("forecasting", "chances drawn from the prior", "from its own posterior"),
        ("scaffolding", "a Bayesian bound with an even prior", "without one more"),
        ("scaffolding", "the rule of three itself", "an approximation"),
        ("scaffolding", "95 % whatever is asked", "with a confidence of 0.9"),
        ("data_limits", "waiting times for dates", "not waiting times"),
        ("bitter_lesson", "last budget that is behind", "one of two neighbours"),
        ("bitter_lesson", "every miss costs the same", "by how much"),
        ("bitter_lesson", "single numbers not thought of", "single numbers"),
        ("scaling_laws", "log10 of the compute, ln of the loss", "the same logarithm"),
        ("scaling_laws", "G upside down", "G is upside down"),
        ("scaling_laws", "mean error over mean excess", "run by run"),
        ("scaling_laws", "nan dropped before the row is chosen", "and then set runs aside"),
        ("scaling_laws", "all runs in order counted as fitted", "106 are all runs in order"),
        ("scaling_laws", "candidates counted from 1", "count from 1"),
        ("scaling_hypothesis", "the best estimate from the resamples", "comes from all systems"),
        ("scaling_hypothesis", "the slope for its months", "12 divided by the slope"),
    ],
)
def test_what_a_mistake_hears(name, mistake, words):
    answer = next(a for a in answers(name) if a["name"] == mistake)
    assert words in str(heard_by(name, answer))


@pytest.mark.parametrize(("name", "facts"), EVERY, ids=label)
def test_there_are_answers_enough(name, facts):
    mine = [a for a in answers(name) if a["exercise"] == facts["id"]]
    kinds = [a["kind"] for a in mine]
    assert kinds.count("alternative") >= 1 and kinds.count("wrong") >= 4
    assert len({a["name"] for a in mine}) == len(mine)
    full = facts["points"] - 2
    for answer in mine:
        assert (answer["expected"] == full) == (answer["kind"] == "alternative"), answer["name"]


GIVEN_BACK_AS = """
solved_{0} = {0}

def given_back(value):
    if isinstance(value, dict | bool | int | str):
        return value
    if isinstance(value, tuple | list):
        parts = [given_back(part) for part in value]
    elif np.ndim(value):
        parts = value
    else:
        return {2}
    try:
        return {1}
    except ValueError:  # a number and an array
        return parts

def {0}(*args, **options):
    return given_back(solved_{0}(*args, **options))
"""
FORMS = {  # of several numbers, and of one
    "lists": ("np.array(parts).tolist()", "float(value)"),
    "tuples": ("tuple(parts)", "np.float64(value)"),
    "arrays": ("np.array(parts)", "np.array(value)"),
    "float32": ("np.array(parts, np.float32)", "np.float32(value)"),
}
FORMED = [
    (name, facts, form)
    for name, facts in EVERY
    for form in FORMS
    if (facts["id"], form) != ("discrepancy", "float32")  # more FLOP than it can hold
]


@pytest.mark.parametrize(("name", "facts", "form"), FORMED, ids=label)
def test_a_right_answer_may_have_any_form_that_the_title_names(name, facts, form):
    tests = checks_of(name, facts["id"])
    if facts["id"] == "own-answers":  # whose other tests train for a minute
        tests = tests[1:2]
    several, one = FORMS[form]
    code = cells(name)[facts["id"]].source
    code += GIVEN_BACK_AS.format(asked(name, facts), several, one)
    points = sum(test.metadata.nbgrader.points for test in tests)
    assert mark(name, facts["id"], code, tests) == (points, {})


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
