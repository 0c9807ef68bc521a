"""A check says which mistake it was, also one that no list of answers has."""

import ast
import re

import pytest
from assignments import CHANGED, NAMES, asked, cells, exercises, mark

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
    if arrays_only == code:  # it takes lists as it is, and passes
        return
    heard = said(name, facts["id"], arrays_only)
    assert heard is None or "np.asarray" in str(heard), repr(heard)


SHAPES = ("0.5", "(0.5,)", "(0.5, 0.6, 0.7)", "[0.5] * 5", "[]", "np.full((2, 5), 0.5)")


@every_exercise
@pytest.mark.parametrize("value", SHAPES)
def test_an_answer_of_another_shape_hears_so(name, facts, value):
    """And not what Python says of a value that it cannot unpack."""
    heard = said(name, facts["id"], f"def {asked(name, facts)}(*_, **__):\n    return {value}")
    assert isinstance(heard, AssertionError) and len(str(heard)) > 20, repr(heard)


CHANGING = """
solved_{0} = {0}

def {0}(*args, **options):
    result = solved_{0}(*args, **options)
    for value in [*args, *options.values()]:
        if isinstance(value, np.ndarray):
            value[...] = {1}
        elif isinstance(value, list):
            value.reverse()
    return result
"""


@every_exercise
@pytest.mark.parametrize("change", ["value[::-1].copy()", "0"])
def test_a_function_that_changes_its_arguments_hears_so(name, facts, change):
    """In a notebook the check goes on with what was changed, and would name another mistake."""
    code = cells(name)[facts["id"]].source + CHANGING.format(asked(name, facts), change)
    heard = said(name, facts["id"], code)
    assert heard is None or "changes its argument" in str(heard), repr(heard)


CHANGING_ONE = """
import inspect
from assignments import CHANGED

solved_{0} = {0}

def {0}(*args, **options):
    result = solved_{0}(*args, **options)
    value = inspect.signature(solved_{0}).bind(*args, **options).arguments.get("{1}")
    if isinstance(value, np.ndarray) and value.ndim:
        value[...] = 2 * value + 1
    elif isinstance(value, list):
        value.append(value[-1] if value else 0)
    elif hasattr(value, "columns"):
        value["more"] = 1.0
    else:
        return result
    CHANGED.append("{1}")
    return result
"""


@every_exercise
def test_a_check_sees_each_argument_that_the_grader_would_see_changed(name, facts):
    """The grader fails every call that changes what it is given (`grading.marking.session`)."""
    code = cells(name)[facts["id"]].source
    for argument in re.findall(rf"def {asked(name, facts)}\((.*?)\)", code)[0].split(", "):
        CHANGED.clear()
        argument = argument.split("=")[0]
        heard = said(name, facts["id"], code + CHANGING_ONE.format(asked(name, facts), argument))
        assert bool(CHANGED) == ("changes its argument" in str(heard)), (argument, heard)


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
