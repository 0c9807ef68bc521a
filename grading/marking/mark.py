"""Grade one submission; runs in a process of its own, under `grading.marking.supervisor`."""

import ast
import base64

from grading.marking.run_tests import Tests
from grading.marking.session import Session
from grading.sandbox.limits import Limits
from grading.source.assignment import parse
from grading.source.match_cells import defined_names, match, written_names
from grading.source.notebooks import read_notebook
from grading.source.source_names import SourceNames

END = ""
"""Mark of the names when all cells have run; those of a test have its ``grade_id``, never empty."""

MAX_SHOWN = 10_000_000
"""Characters of pictures that are kept of a submission: its report must not get too large."""


def judge(job, emit):
    """Run a submission's cells and test them.

    Parameters
    ----------
    job : dict
        ``assignment`` (``text``, ``name``, ``overlay``), ``notebook`` (the file in base64),
        ``sandbox`` (its kind), ``limits``, ``files``.
    emit : callable
        Called with a dict as soon as something is known: ``event`` is ``"match"``, ``"cell"`` or
        ``"outcome"``. What has been emitted counts, whatever happens next.

    Raises
    ------
    Unreadable
        If the submission is no notebook.
    Broken
        If no sandbox can be started.
    """
    assignment = parse(**job["assignment"])
    found = match(assignment, read_notebook(base64.b64decode(job["notebook"])))
    written = {name: text[:20_000] for name, text in found.text.items()}
    restored = list(found.restored)
    emit({"event": "match", "cells": found.similarity, "restored": restored, "text": written})
    source = SourceNames(assignment)
    session = Session(job["sandbox"], Limits(**job["limits"]), job["files"], source.is_trusted)
    try:
        _run_cells(found, source, session, emit)
        _run_tests(assignment, found, Tests(assignment, source, session), emit)
    finally:
        session.close()
    emit({"event": "done", "starts": session.starts})


def _run_cells(found, source, session, emit):
    # A learner who deleted the cell with the imports has not failed the exercises for it.
    imports = [ast.unparse(node) for node in source.imports]
    room = MAX_SHOWN
    guarded = [f"try:\n    {line}\nexcept Exception:\n    pass" for line in imports]
    session.run("\n".join(guarded), session.limits.start)
    for step in found.steps:
        if step.do == "test":
            session.mark(step.test)
            continue
        result = session.run(step.source)
        room -= len(str(result["shown"]))
        if room < 0:
            result["shown"] = []
        if step.cell is not None:
            emit({"event": "cell", "cell": step.cell, "source": step.source[:200], **result})
    session.mark(END)


def _run_tests(assignment, found, tests, emit):
    """Run all visible checks before the first hidden one; see `grading.marking.run_tests`."""

    def report(outcome):
        emit(
            {
                "event": "outcome",
                "id": outcome.id,
                "score": outcome.score,
                "message": outcome.message,
                "detail": outcome.detail,
            }
        )

    passed = {}
    for test, cell in assignment.tests.items():
        best = None
        places = _places(assignment, found, test)
        for place in places:
            tests.session.restore(place)
            outcome = tests.check_visible(test)
            if outcome.lacks_name and END not in places:
                places.append(END)  # a later cell may define what the answer needs
            if cell.hidden and not outcome.message:
                passed.setdefault(test, []).append(place)
            if best is None or outcome.score >= best.score:
                best = outcome
        if test not in passed:
            report(best)
    for test, places in passed.items():
        best = None
        for place in places:
            tests.session.restore(place)
            outcome = tests.check_hidden(test)
            if best is None or outcome.score > best.score:
                best = outcome
            if best.passed:
                break
        report(best)


def _places(assignment, found, test):
    """Return the marks at which a test is tried: its own place, and the end if that may help.

    Who keeps a first attempt and solves the exercise in a later cell has solved it.
    """
    place = next(i for i, step in enumerate(found.steps) if step.test == test)
    later = [step.source for step in found.steps[place:] if step.do == "run" and step.learners]
    wanted = _names(assignment.tests[test].source)
    for cell in assignment.cells:
        if cell.role == "solution" and test in assignment.tests_of(cell.id):
            wanted |= defined_names(cell.source)
    return [test, END] if any(wanted & written_names(text) for text in later) else [test]


def _names(source):
    return {node.id for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Name)}
