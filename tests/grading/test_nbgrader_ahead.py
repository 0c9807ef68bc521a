"""Next submissions are graded while nbgrader is at one, and a report is its student's own."""

import json
import threading

import nbformat
import pytest
from nbgrader.converters import Autograde
from nbgrader.coursedir import CourseDirectory

from grading.platforms import nbgrader_ahead
from grading.platforms.nbgrader_ahead import LookAhead

NAME = "small"
STUDENTS = ["ada", "bob", "cleo", "dan"]


@pytest.fixture
def course(tmp_path):
    for student in STUDENTS:
        hand_in(tmp_path, student, f"by = {student!r}")
    return tmp_path


def hand_in(course, student, text):
    folder = course / "submitted" / student / NAME
    folder.mkdir(parents=True, exist_ok=True)
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(text)])
    (folder / f"{NAME}.ipynb").write_text(nbformat.writes(notebook))


def converter_of(course, force=False):
    converter = Autograde(coursedir=CourseDirectory(root=str(course), assignment_id=NAME))
    converter.sanitize_preprocessors, converter.force = [], force
    converter.init_notebooks()
    return converter


def make(notebook, resources):
    return {"text": notebook.cells[0].source, "student": resources["nbgrader"]["student"]}


def names(student):
    return {"student": student, "assignment": NAME, "notebook": NAME}


def ask(ahead, student, text=None):
    job = {"text": text or f"by = {student!r}", "student": student}
    return ahead.report(job, names(student), make)


@pytest.fixture
def graded(monkeypatch):
    """Let jobs be done by noting them; return the notes."""
    done = []

    def run_job(job):
        done.append((job["student"], job["text"]))
        return f"report on {job['text']}"

    monkeypatch.setattr(nbgrader_ahead, "run_job", run_job)
    return done


def test_the_next_submission_is_graded_while_nbgrader_is_at_the_present_one(course, monkeypatch):
    second = threading.Event()

    def run_job(job):
        if job["student"] == "bob":
            second.set()
        elif job["student"] == "ada":
            assert second.wait(60), "nothing was graded beside the present one"
        return job["student"]

    monkeypatch.setattr(nbgrader_ahead, "run_job", run_job)
    ahead = LookAhead(converter_of(course), 2)
    assert [ask(ahead, student) for student in STUDENTS] == STUDENTS


def test_each_submission_is_graded_once(course, graded):
    ahead = LookAhead(converter_of(course), 2)
    reports = [ask(ahead, student) for student in STUDENTS]
    assert reports == [f"report on by = {student!r}" for student in STUDENTS]
    assert sorted(student for student, _ in graded) == STUDENTS


def test_copies_of_one_notebook_are_graded_each_for_itself(course, graded):
    for student in STUDENTS:
        hand_in(course, student, "x = 1")
    ahead = LookAhead(converter_of(course), 2)
    for student in STUDENTS:
        ask(ahead, student, "x = 1")
    assert sorted(student for student, _ in graded) == STUDENTS


def test_a_notebook_that_is_another_when_its_turn_comes_is_graded_again(course, graded):
    ahead = LookAhead(converter_of(course), 2)
    ask(ahead, "ada")
    assert ask(ahead, "bob", "x = 2") == "report on x = 2"


def test_a_notebook_that_cannot_be_prepared_stops_nobody(course, graded):
    (course / "submitted" / "bob" / NAME / f"{NAME}.ipynb").write_text("no notebook")
    ahead = LookAhead(converter_of(course), 2)
    for student in ("ada", "cleo", "dan"):
        assert ask(ahead, student) == f"report on by = {student!r}"


@pytest.mark.parametrize("force", [False, True])
def test_what_nbgrader_will_pass_over_is_not_graded(course, graded, force):
    (course / "autograded" / "bob" / NAME).mkdir(parents=True)
    ahead = LookAhead(converter_of(course, force), 2)
    ask(ahead, "ada")
    ahead.pool.shutdown()
    assert ("bob" in [student for student, _ in graded]) == force


def test_one_job_at_a_time_looks_at_nothing_ahead(course, graded):
    ask(LookAhead(converter_of(course), 1), "ada")
    assert json.dumps(graded) == json.dumps([("ada", "by = 'ada'")])


def test_a_notebook_that_is_not_in_the_plan_is_graded_alone(course, graded):
    hand_in(course, "eve", "x = 1")
    converter = converter_of(course)
    del converter.assignments[next(name for name in converter.assignments if "eve" in name)]
    assert ask(LookAhead(converter, 2), "eve") == "report on by = 'eve'"
    assert [student for student, _ in graded] == ["eve"]


def test_a_failure_is_told_and_leaves_nothing_waiting(course, monkeypatch):
    def run_job(job):
        raise ZeroDivisionError(job["student"])

    monkeypatch.setattr(nbgrader_ahead, "run_job", run_job)
    ahead = LookAhead(converter_of(course), 2)
    with pytest.raises(ZeroDivisionError, match="ada"):
        ask(ahead, "ada")
    assert ahead.begun == {}
