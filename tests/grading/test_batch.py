"""Grading a class: resumed, late, on a cluster, without a sandbox, and with a broken source."""

import base64
import contextlib
import json
import os
import signal
import subprocess
import sys
import threading
import time
import warnings
from concurrent.futures import ThreadPoolExecutor

import needs
import pytest
from small_assignment import SEED, SLOPE, Paper, seeming_report, source

from grading import grade as grade_class
from grading.__main__ import main
from grading.classes import batch
from grading.classes.records import AUDIT, LOCK
from grading.marking import known_answers
from grading.marking.grade_one import NotGraded, Settings, make_job, run_job
from grading.reports.late_rule import LateRule
from grading.reports.student_results import read_report
from grading.sandbox import enclosure, worker_process
from grading.sandbox.enclosure import Limits, choose
from grading.source.assignment import parse
from grading.source.submitted_cells import read_notebook, without_outputs

pytestmark = needs.linux
SMALL = parse(json.dumps(source()), "small")
SETTINGS = Settings(limits=Limits(call=4, cell=8), seed=SEED)


@pytest.fixture(autouse=True)
def _sandbox():
    needs.sandbox()


@pytest.fixture(scope="module", autouse=True)
def _servers():
    """The processes that grade end with their threads: here these are kept for the next batch."""
    pools = {jobs: ThreadPoolExecutor(jobs) for jobs in (1, 2)}
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(batch, "ThreadPoolExecutor", lambda n: contextlib.nullcontext(pools[n]))
        yield
    for pool in pools.values():
        pool.shutdown()


@pytest.fixture
def handed_in(tmp_path):
    folder = tmp_path / "class"
    folder.mkdir()
    (folder / "ada.ipynb").write_text(Paper().text)
    (folder / "zoe.ipynb").write_text(Paper(solved=("loss",)).text)
    (folder / "bob.ipynb").write_text("{")
    return folder


@pytest.fixture
def command(handed_in, tmp_path):
    (tmp_path / "small.ipynb").write_text(json.dumps(source()))
    return ["grade", str(tmp_path / "small.ipynb"), str(handed_in), "--out", str(tmp_path / "out")]


@pytest.fixture
def unrun(monkeypatch):
    """For what is about a class and its records: nothing is run."""
    monkeypatch.setattr(batch, "run_job", seeming_report)
    monkeypatch.setattr(batch, "choose", lambda *_: "none")


@pytest.fixture
def jobs(monkeypatch):
    """Count the submissions that are really graded; the first is the reference solution."""
    done, real = [], batch.run_job

    def counting(job):
        done.append(job)
        return real(job)

    monkeypatch.setattr(batch, "run_job", counting)
    return done


def grade(folder, out, settings=SETTINGS, **more):
    return grade_class(SMALL, folder, out, settings, progress=False, **more)


def grade_one(assignment, notebook, settings):
    return read_report(assignment, run_job(make_job(assignment, notebook, settings)))


def as_sent(path):
    """What a job has of a notebook."""
    return base64.b64encode(without_outputs(read_notebook(path.read_bytes()))).decode()


def scores(summary):
    return {r["student"]: r["score"] for r in summary.results}


SCORES = {"ada": 11, "bob": 0, "zoe": 3}


def test_a_batch_is_graded_once(handed_in, tmp_path, unrun, jobs):
    first = grade(handed_in, tmp_path / "out", jobs=2)
    assert scores(first) == SCORES and first.resumed == 0 and len(jobs) == 3
    table = (tmp_path / "out" / "grades.csv").read_bytes()
    again = grade(handed_in, tmp_path / "out")
    assert scores(again) == SCORES and again.resumed == 3 and len(jobs) == 4
    assert (tmp_path / "out" / "grades.csv").read_bytes() == table
    # A changed submission is graded again, and so is one whose result was half written.
    (handed_in / "zoe.ipynb").write_text(Paper(solved=("slope",)).text)
    (tmp_path / "out" / "ada" / "result.json").write_text('{"score": 11')
    third = grade(handed_in, tmp_path / "out")
    assert scores(third) == SCORES | {"zoe": 4} and third.resumed == 1 and len(jobs) == 7


def test_the_same_seed_gives_the_same_scores_and_another_one_grades_again(
    handed_in, tmp_path, jobs
):
    def facts(out):
        return [
            (
                r["student"],
                r["score"],
                [(i["score"], i["message"], i["detail"]) for i in r["items"]],
            )
            for r in grade(handed_in, out).results
        ]

    assert facts(tmp_path / "one") == facts(tmp_path / "two")
    other = Settings(limits=SETTINGS.limits, seed="another")
    assert scores(grade(handed_in, tmp_path / "one", other)) == SCORES and len(jobs) == 9


def test_those_with_another_version_are_named_together(handed_in, tmp_path, unrun, monkeypatch):
    def report(job):
        made = seeming_report(job)
        made["events"][0] |= {"older": ["loss-test"]}
        return made

    monkeypatch.setattr(batch, "run_job", report)
    assert grade(handed_in, tmp_path / "out").remarks == [
        "ada, zoe: This is another version of the notebook; cells that have changed since: "
        "loss-test."
    ]


def test_a_class_that_is_taken_for_one_student_is_named(tmp_path, unrun):
    (tmp_path / "in" / "class").mkdir(parents=True)
    for name in ("ada", "bob", "small"):
        (tmp_path / "in" / "class" / f"{name}.ipynb").write_text(Paper().text)
    summary = grade(tmp_path / "in", tmp_path / "one")
    assert len(summary.results) == 1 and "several notebooks is graded: class;" in summary.remarks[0]
    (tmp_path / "in" / "zoe.ipynb").write_text(Paper().text)
    assert grade(tmp_path / "in", tmp_path / "two").remarks == []
    for name in ("cy", "di", "ed"):
        (tmp_path / "in" / "class" / f"{name}.ipynb").write_text(Paper(solved=()).text)
    (told,) = grade(tmp_path / "in", tmp_path / "three").remarks
    assert "is graded: class (6); if that holds a class, give its folder itself" in told


def test_who_has_the_same_work_is_named_to_the_instructor_alone(handed_in, tmp_path, unrun):
    long = "It assumes that both matter: with equal exponents, parameters and tokens grow alike "
    long += "with the budget, and their ratio stays at twenty."
    code = """def slope(x, y):
    # mine
    steps = [(b - a) / (d - c) for a, b, c, d in zip(y, y[1:], x, x[1:])]
    return sum(steps) / max(1, len(steps)) if steps else float("nan")"""
    again = code.replace("# mine", "").replace(" / ", "/").replace("\n    return", "\n\n    return")
    for name, text, slope in [
        ("ada", long.upper().replace(" ", "\n"), code),
        ("eve", long, again),
        ("fay", "Both matter.", again.replace("steps", "parts")),
        ("fred", "Both matter.", again.replace("steps", "parts")),
        ("gil", "Both matter.", SLOPE),  # the course's own
        ("hal", "", SLOPE + "  # x"),
    ]:
        paper = Paper(solved=("loss",), slope=slope).edit("allocation-text", text)
        (handed_in / f"{name}.ipynb").write_text(paper.text)
    summary, out = grade(handed_in, tmp_path / "out"), tmp_path / "out"
    (told,) = [r for r in summary.remarks if "same" in r]
    assert "with how many cells: fay and fred (2), ada and eve (2); " in told
    table = (out / "alike.csv").read_text(encoding="utf-8-sig")
    assert table == "student,other,the same\nfay,fred,file slope\nada,eve,allocation-text slope\n"
    assert "eve" not in "".join(path.read_text() for path in (out / "ada").glob("*.*"))
    (handed_in / "eve.ipynb").write_text(Paper().text)
    (handed_in / "fred.ipynb").write_text(Paper().text)
    assert not grade(handed_in, out).remarks and not (out / "alike.csv").exists()


HELD = """
import sys, threading
from grading.classes import batch
from grading.__main__ import main

real, begun = batch.run_job, []

def held(job):
    begun.append(job)
    if len(begun) == 3:  # the reference, ada, and now zoe
        threading.Event().wait()
    return real(job)

batch.run_job = held
main(sys.argv[1:])
"""


def test_a_killed_batch_is_resumed(command, tmp_path):
    out = tmp_path / "out"
    held = [sys.executable, "-c", HELD, *command]
    with subprocess.Popen(held, stderr=subprocess.DEVNULL, start_new_session=True) as running:
        while not (out / "ada" / "result.json").exists():
            assert running.poll() is None
            time.sleep(0.02)
        os.killpg(running.pid, signal.SIGKILL)
    known = {path: path.stat().st_mtime_ns for path in out.glob("*/result.json")}
    assert {path.parent.name for path in known} == {"ada", "bob"}
    again = [sys.executable, "-m", "grading", *command]
    done = subprocess.run(again, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert f"3 results in {out}, 2 of them known before" in done.stdout
    assert {path: path.stat().st_mtime_ns for path in known} == known
    assert len((out / "grades.csv").read_text().splitlines()) == 4


def test_trouble_of_the_machine_is_not_the_students(
    command, handed_in, tmp_path, unrun, monkeypatch, capsys
):
    real, tries = batch.run_job, []
    ada = as_sent(handed_in / "ada.ipynb")

    def failing(job):
        if job["notebook"] == ada and len(tries) < 2:  # it is tried twice
            tries.append(job)
            raise NotGraded("the disk is on fire")
        return real(job)

    monkeypatch.setattr(batch, "run_job", failing)
    assert main(command) == 1
    assert "no result for ada: the disk is on fire" in capsys.readouterr().err
    assert not (tmp_path / "out" / "ada" / "result.json").exists()
    assert main(command) == 0


def test_late_work(handed_in, tmp_path, unrun):
    folder = tmp_path / "late" / "ada" / "small"
    folder.mkdir(parents=True)
    (folder / "small.ipynb").write_text(Paper().text)
    (folder / "timestamp.txt").write_text("2026-12-01 12:00:00 UTC")
    rule = LateRule.parse("2026-11-30T00:00+00:00", 25)
    (result,) = grade(tmp_path / "late", tmp_path / "out", late=rule).results
    assert result["score"] == 5.5 and result["late"]["days"] == 2
    assert (
        "Late by 2 days: 50 % of the points were taken off."
        in (tmp_path / "out" / "ada" / "feedback.html").read_text()
    )


def test_a_source_that_fails_its_own_tests_stops_everything(handed_in, tmp_path):
    made = source()
    for one in made["cells"]:
        if one["id"] == "slope-test":
            one["source"] = "assert slope([0, 1], [0, 1]) == 2, 'wrong test'"
    wrong, out = parse(json.dumps(made), "small"), tmp_path / "out"
    with pytest.raises(ValueError, match="does not earn all points: slope-test: wrong test"):
        grade_class(wrong, handed_in, out, SETTINGS, jobs=2, progress=False)
    assert {path.name for path in out.iterdir()} == {AUDIT, LOCK}


def test_nothing_is_written_before_the_source_has_its_result(
    handed_in, tmp_path, unrun, monkeypatch
):
    real, done = batch.run_job, []
    source_text = base64.b64encode(parse(json.dumps(source()), "small").text.encode()).decode()
    several = threading.Event()

    def slow_source(job):
        if job["notebook"] == source_text:
            assert several.wait(120)
            assert not list(tmp_path.glob("out/*/*"))
        report = real(job)
        done.append(job["notebook"])
        if len(done) == 2:
            several.set()
        return report

    monkeypatch.setattr(batch, "run_job", slow_source)
    assert scores(grade(handed_in, tmp_path / "out", jobs=2)) == SCORES
    assert done.index(source_text) == 2


def test_a_folder_with_results_of_something_else(handed_in, tmp_path, unrun):
    grade(handed_in, tmp_path / "out")
    other = parse(json.dumps(source()), "other")
    with pytest.raises(ValueError, match="holds results of 'small'"):
        grade_class(other, handed_in, tmp_path / "out", SETTINGS, progress=False)


def test_on_a_cluster(handed_in, tmp_path, monkeypatch):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import distributed

        options = dict(dashboard_address=None, n_workers=2, threads_per_worker=1)
        # When the batch begins, no worker has told of itself yet.
        monkeypatch.setattr(distributed.Client, "nthreads", lambda self: {})
        with distributed.LocalCluster(processes=False, protocol="tcp://", **options) as cluster:
            summary = grade(handed_in, tmp_path / "out", scheduler=cluster.scheduler_address)
    assert scores(summary) == SCORES and not summary.failed
    assert {r["sandbox"] for r in summary.results if r["status"] == "graded"} == {choose()}


def test_any_trouble_of_a_cluster_is_not_the_students(handed_in, tmp_path, unrun, monkeypatch):
    real = batch.run_job
    zoe = as_sent(handed_in / "zoe.ipynb")

    def failing(job):
        if job["notebook"] == zoe:
            raise RuntimeError("a worker was lost")
        return real(job)

    monkeypatch.setattr(batch, "run_job", failing)
    summary = grade(handed_in, tmp_path / "out")
    assert scores(summary) == {"ada": 11, "bob": 0}
    assert summary.failed == {"zoe": "RuntimeError: a worker was lost"}


def test_modules_beside_the_instructor_are_not_imported(tmp_path):
    for name in ("numpy.py", "argparse.py", "tqdm.py"):
        (tmp_path / name).write_text("open('imported', 'w').close()")
    command = [sys.executable, "-m", "grading", "--version"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True)
    assert done.returncode == 0 and done.stdout.startswith("grading "), done.stderr
    assert not (tmp_path / "imported").exists()


def test_without_a_sandbox_nothing_is_graded(command, tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(enclosure, "bubblewrap_trouble", lambda: "not here")
    monkeypatch.setattr(enclosure, "landlock_version", lambda: 0)
    assert main(command) == 2
    assert "no sandbox on this machine" in capsys.readouterr().err
    assert main([*command, "--unsafe"]) == 0
    result = json.loads((tmp_path / "out" / "ada" / "result.json").read_text())
    assert result["score"] == 11 and result["sandbox"] == "none"
    for name in ("ada/feedback.html", "grades.csv"):
        assert "without a sandbox" in (tmp_path / "out" / name).read_text()


def test_a_sandbox_that_does_not_start_is_told_in_a_line_with_its_reason(
    command, capsys, monkeypatch
):
    assert main([*command, "--limit", "start=0.001"]) == 2
    *_, error = capsys.readouterr().err.splitlines()
    assert error.startswith("grading grade: error: nothing was graded, not even the source: the ")
    assert error.endswith("does not start: it took longer than 0.001 s")
    monkeypatch.setattr(known_answers, "Limits", lambda **more: Limits(start=0.001, **more))
    assert main(["answers", "capstone"]) == 2
    assert capsys.readouterr().err.endswith("does not start: it took longer than 0.001 s\n")


def test_a_worker_that_does_not_start_has_said_why(monkeypatch):
    code = "import sys; sys.exit('bwrap: first\\nbwrap: no folder')"
    made = enclosure.Enclosure([sys.executable, "-c", code], {})
    monkeypatch.setattr(worker_process, "enclosure", lambda *_: made)
    with pytest.raises(worker_process.Lost, match=r"its process ended \(bwrap: no folder\)"):
        worker_process.Sandbox("none", Limits())


def test_files_lie_beside_the_notebook(tmp_path):
    (tmp_path / "data.csv").write_text("2.5")
    code = SLOPE.replace("    x, y", "    open('data.csv').read()\n    x, y")
    settings = Settings(limits=SETTINGS.limits, files=tmp_path)
    for kind in (choose(), "none"):
        made = Settings(**{**vars(settings), "sandbox": kind, "unsafe": True})
        assert grade_one(SMALL, Paper(slope=code).text.encode(), made)["score"] == 11
    without = Settings(limits=SETTINGS.limits)
    assert grade_one(SMALL, Paper(slope=code).text.encode(), without)["score"] == 7


def test_the_hard_limit_keeps_what_was_earned(tmp_path):
    """The grader's own process hangs, in a test that an answer has led astray."""
    made = source()
    for one in made["cells"]:
        if one["id"] == "slope-test":
            one["source"] = (
                "import signal\nsignal.setitimer(signal.ITIMER_REAL, 0)\nwhile True: pass"
            )
    settings = Settings(limits=Limits(hard=8, test=1))
    result = grade_one(parse(json.dumps(made), "small"), Paper().text.encode(), settings)
    assert (result["status"], result["score"], result["left_behind"]) == ("stopped", 1, 0)
    assert "What had been earned until then counts" in result["message"]


@pytest.mark.parametrize(
    ("more", "message"),
    [
        (["--limit", "call=fast"], "limit call must be a number"),
        (["--due", "tomorrow"], "the deadline must be such as"),
        (["--seed-file", "nowhere"], "nowhere"),
        (["--files", "nowhere"], "--files must be a folder, not nowhere"),
        (["--jobs", "0"], "jobs must be a whole number"),
        (["--scheduler", "nonsense://x"], "no Dask scheduler answers"),
    ],
)
def test_bad_input_on_the_command_line(command, capsys, more, message):
    assert main([*command, *more]) == 2
    error = capsys.readouterr().err.splitlines()[-1]
    assert message in error and error.startswith("grading grade: error: ")
