"""`python -m grading check`: a learner alone hears what a class hears, on every system."""

import json
import re
import subprocess
import sys

import needs
from small_assignment import Paper, source

from grading.__main__ import main
from grading.marking.grade_one import Settings, make_job, run_job
from grading.reports.feedback import feedback_text
from grading.reports.student_results import read_report
from grading.source import assignment
from grading.source.assignment import SOURCES, load, parse

RIGHT = SOURCES / "data_limits" / "data_limits.ipynb"
GIVEN = SOURCES.parent / "release" / "data_limits" / "data_limits.ipynb"
FORGOT = """def exhaustion_dates(stock, stock_growth, demand, demand_growth, start=2024.0):
    S, g, D, h = (np.asarray(x, float) for x in (stock, stock_growth, demand, demand_growth))
    with np.errstate(divide="ignore", invalid="ignore"):
        wait = np.where(h > g, np.log(S / D) / np.log(h / g), np.inf)
    wait = np.where(D >= S, 0, wait)
    return tuple(start + np.quantile(wait, [0.05, 0.5, 0.95], method="nearest"))"""
TRAINS = ["own-answers"]  # four networks for each marking
BROKEN = "def capped_run(C, unique, E, A, B, alpha, beta):\n    return C / 0"


def notebook(leave=(), **code):
    """The student version with the right answers, but for some cells; others are left as given."""
    right = {c["id"]: c["source"] for c in json.loads(RIGHT.read_text(encoding="utf-8"))["cells"]}
    made = json.loads(GIVEN.read_text(encoding="utf-8"))
    for cell in made["cells"]:
        if "NotImplementedError" in "".join(cell["source"]) and cell["id"] not in leave:
            cell["source"] = code.get(cell["id"], right[cell["id"]])
    return made


def check(path, *options):
    return run(path.parent, "data_limits", str(path), *options)


def run(folder, *options):
    command = [sys.executable, "-m", "grading", "check", *options]
    return subprocess.run(command, capture_output=True, text=True, cwd=folder)


def test_a_copy_without_sources_says_who_runs_the_hidden_tests(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(assignment, "SOURCES", tmp_path)
    assert main(["check", "data_limits"]) == 2
    said = capsys.readouterr().err
    assert "your instructor runs them" in said and "--nbval-lax exercises/release/NAME" in said


def test_what_a_learner_alone_is_told(tmp_path):
    path = tmp_path / "mine.ipynb"
    given = 'raise NotImplementedError("Put your solution in place of this line.")'
    stub = f"def collapse(z, keep_all):\n    {given}"
    broken = "def effective_tokens(unique, total, r_star):\n    return (total)]"
    made = notebook(
        TRAINS, exhaustion=FORGOT, capped=BROKEN, collapse=stub, **{"effective-data": broken}
    )
    path.write_text(json.dumps(made), encoding="utf-8")
    found = check(path)
    assert found.returncode == 0, found.stderr
    assert "two dates for one event (audit-vintages): 4 of 4 points" in found.stdout
    assert "4. A copy of a copy (collapse): 0 of 4 points, not solved yet" in found.stdout
    syntax = (
        r"`effective_tokens` is not defined. Cell \d+ raised SyntaxError: .*, line 2: return \("
    )
    assert re.search(syntax, found.stdout), found.stdout
    assert "ZeroDivisionError: float division by zero" in found.stdout
    assert "12 more points are for your answers in words" in found.stdout
    assert "Your code ran with all of your rights." in found.stdout
    assert " says: " not in found.stdout
    assert list(tmp_path.iterdir()) == [path], "it leaves nothing behind"


def test_of_a_hidden_test_it_tells_on_request_what_it_says(tmp_path):
    path = tmp_path / "mine.ipynb"
    # Right where the check looks, and without digits for large R*.
    code = """def effective_tokens(unique, total, r_star):
    total = np.asarray(total, dtype=float)
    R = np.maximum(total / unique - 1, 0)
    worth = R if r_star == np.inf else 0 * R if r_star == 0 else r_star * (1 - np.exp(-R / r_star))
    return np.minimum(total, unique) + unique * worth"""
    path.write_text(json.dumps(notebook(TRAINS, **{"effective-data": code})), encoding="utf-8")
    one = ("--exercise", "effective-data")
    told = "Hidden tests do not pass (worthless and perfect repetition, digits lost in a difference"
    assert told in check(path, *one).stdout
    told = check(path, "--why", *one).stdout
    assert "effective-data-test-3 says: digits lost, where `" in told
    assert "The last call, effective_tokens(" in told


def test_one_exercise_of_a_notebook_by_its_folder_or_path(tmp_path):
    folder = tmp_path / "data_limits"
    folder.mkdir()
    made = notebook(["exhaustion", *TRAINS])
    (folder / "data_limits.ipynb").write_text(json.dumps(made), encoding="utf-8")
    for given in (".", "data_limits.ipynb"):
        found = run(folder, given, "--exercise", "capped")
        assert found.stdout.startswith(
            "data_limits: 4 of 4 points\n\n2. At the wall (capped): 4 of 4 points\n"
        )
        assert "exhaustion" not in found.stdout and "Cell" not in found.stdout, found.stdout


def test_what_is_known_is_said_where_nothing_is_found(tmp_path):
    (tmp_path / "mine.ipynb").write_text("{}")
    for given in ("mine.ipynb", "absent.ipynb", "data_limit"):
        found = run(tmp_path, given)
        assert found.returncode == 2 and found.stderr.count("\n") == 1
        assert given in found.stderr and "data_limits" in found.stderr
    found = run(tmp_path, "data_limits", "--exercise", "cap")
    assert found.returncode == 2 and "one of exhaustion, capped, " in found.stderr


def test_what_is_no_notebook_is_refused_in_one_line(tmp_path):
    path = tmp_path / "mine.ipynb"
    path.write_text("print(1)")
    found = check(path)
    assert found.returncode == 2 and found.stderr.count("\n") == 1 and "no notebook" in found.stderr
    assert check(tmp_path / "absent.ipynb").returncode == 2


@needs.linux
def test_the_feedback_is_that_of_a_class():
    needs.sandbox()
    assignment = load("data_limits")
    code = json.dumps(notebook(TRAINS, exhaustion=FORGOT, capped=BROKEN)).encode()
    own = """
import json, sys
from grading.marking.own_work import run_own
from grading.source.assignment import load
print(json.dumps(run_own(load("data_limits"), sys.stdin.buffer.read())))"""
    # Its IPython shell and what cells change stay in a process of its own.
    done = subprocess.run([sys.executable, "-c", own], input=code, capture_output=True, check=True)
    mine = read_report(assignment, json.loads(done.stdout))
    theirs = read_report(assignment, run_job(make_job(assignment, code, Settings())))
    for name in ("score", "items", "errors", "by_hand", "restored"):
        assert mine[name] == theirs[name], name
    assert 0 < mine["score"] < mine["max_score"]
    assert "exhaustion" in feedback_text(mine)


def test_hidden_tests_tell_of_the_answer_that_was_finished_last():
    """Not of the stub above it, whose `NotImplementedError` the learner's function never raised."""
    small = parse(json.dumps(source()), "small")
    wrong = "def allocation(C):\n    return 1.0, 20.0"
    paper = Paper(solved=("loss", "slope")).add(wrong)
    job = make_job(small, paper.text.encode(), Settings(sandbox=needs.sandbox()))
    items = {item["id"]: item for item in read_report(small, run_job(job))["items"]}
    told = items["allocation-test-2"]
    assert told["score"] == 0 and "NotImplemented" not in told["message"] + told["detail"]
