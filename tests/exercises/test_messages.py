"""A check says which mistake it was: the commonest ones of each exercise, by their own words."""

import ast
import re

import pytest
from assignments import NAMES, answers, cells, exercises, mark

EVERY = [(name, facts) for name in NAMES for facts in exercises(name)]
every_exercise = pytest.mark.parametrize(
    ("name", "facts"), EVERY, ids=lambda x: x if isinstance(x, str) else x["id"]
)


def said(name, exercise, code):
    """What the visible check says of an answer: its exception, or None."""
    visible = cells(name)[f"{exercise}-test"]
    return mark(name, exercise, code, tests=[visible])[1].get(visible.id)


def without_return(code):
    """The code with the values of its outer functions computed and not handed back."""
    tree = ast.parse(code)

    class Forget(ast.NodeTransformer):
        def visit_FunctionDef(self, node):
            return self.generic_visit(node) if node in tree.body else node

        def visit_Return(self, node):
            return ast.Expr(node.value)

    return ast.unparse(ast.fix_missing_locations(Forget().visit(tree)))


@every_exercise
def test_a_missing_return_is_named(name, facts):
    heard = said(name, facts["id"], without_return(cells(name)[facts["id"]].source))
    assert isinstance(heard, AssertionError) and "`return`" in str(heard), repr(heard)


@every_exercise
def test_an_answer_that_cannot_take_lists_hears_so(name, facts):
    code = cells(name)[facts["id"]].source
    arrays_only = re.sub(r"np\.asarray\((\w+)(, (dtype=)?float)?\)", r"\1", code)
    heard = said(name, facts["id"], arrays_only)
    assert heard is None or "np.asarray" in str(heard), repr(heard)


@every_exercise
def test_three_mistakes_are_told_apart(name, facts):
    wrong = [a for a in answers(name) if a["exercise"] == facts["id"] and a["kind"] == "wrong"]
    heard = {str(said(name, facts["id"], answer["code"])) for answer in wrong} - {"None"}
    # Of numbers in a message two mistakes would differ all the same.
    words = {re.sub(r"[\d.]+", "", text) for text in heard}
    assert len(words) >= (1 if facts["id"] in ONE else 3), words


ONE = {"loss-ahead"}
"""Whose likely mistakes show in one thing: an interval of the same relative width everywhere."""


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
        ("scaffolding", "gradient downhill", "The sign"),
        ("scaffolding", "each answer for itself", "against each other"),
        ("scaffolding", "share of sets that are all wrong", "one minus it"),
        ("scaffolding", "lower bound", "lower end"),
        ("scaffolding", "order taken for granted", "sort by compute"),
        ("bitter_lesson", "averages before it scores", "then average"),
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
    ],
)
def test_what_a_mistake_hears(name, mistake, words):
    answer = next(a for a in answers(name) if a["name"] == mistake)
    assert words in str(said(name, answer["exercise"], answer["code"]))


@pytest.mark.parametrize(
    ("value", "words"),
    [
        ('"aside": 2 or', "aside must be a list of names, not 2."),
        ('"open": None and', "open must be a list of names, not None."),
        ('"fitted": [87] or', "fitted must be a number, not [87]."),
    ],
)
def test_a_value_of_another_kind_is_named(value, words):
    key = value.split(":")[0]
    code = cells("scaling_laws")["own-sweep"].source.replace(f"{key}:", value)
    failures = mark("scaling_laws", "own-sweep", code)[1]
    assert str(failures["own-sweep-test"]) == words
    assert {type(error) for error in failures.values()} == {AssertionError} and len(failures) == 3


@every_exercise
def test_no_hint_is_the_end_of_the_solution(name, facts):
    code = cells(name)[facts["id"]].source.split("BEGIN SOLUTION\n", 1)[1].split("###")[0]
    last = re.sub(r"\s|return", "", code.strip().splitlines()[-1])
    for number in (1, 2):
        hint = cells(name)[f"{facts['id']}-hint-{number}"].source
        given = [re.sub(r"\s", "", text) for text in re.findall(r"`([^`\n]{12,})`", hint)]
        given = [text for text in given if "(" in text]
        assert not [text for text in given if text in last], hint
