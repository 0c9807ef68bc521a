"""A record a student: runs add to the table, and none takes anything away from it."""

import csv
import errno
import json
import shutil
import zipfile

import pytest
from small_assignment import Paper, seeming_report, source

from grading.__main__ import main
from grading.classes import batch, games
from grading.classes.records import held
from grading.reports.student_results import read_results
from grading.source.assignment import parse

SMALL = parse(json.dumps(source()), "small")


@pytest.fixture(autouse=True)
def graded(monkeypatch):
    """Give the points that a notebook seems to be worth, without running it; count."""
    done = []

    def run(job):
        done.append(job)
        return seeming_report(job)

    monkeypatch.setattr(batch, "run_job", run)
    monkeypatch.setattr(batch, "choose", lambda *_: "none")
    return done


@pytest.fixture
def course(tmp_path):
    """A class of three, of which Bob handed in three days after the deadline."""
    (tmp_path / "small.ipynb").write_text(json.dumps(source()))
    for name in ("Ada", "Bob", "Zoe"):
        hand_in(tmp_path / "class" / name, Paper(), "2026-12-04 12:00:00 UTC")
    hand_in(tmp_path / "class" / "Ada", Paper(), "2026-11-30 12:00:00 UTC")
    hand_in(tmp_path / "class" / "Zoe", Paper(solved=("slope",)), "2026-11-30 12:00:00 UTC")
    return tmp_path


def hand_in(folder, paper, time=None):
    (folder / "small").mkdir(parents=True, exist_ok=True)
    (folder / "small" / "small.ipynb").write_text(paper.text)
    if time:
        (folder / "small" / "timestamp.txt").write_text(time)


RULE = ("--due", "2026-12-01T23:59Z", "--late", "10")
LATER = ("--due", "2026-12-10T23:59Z", "--late", "10")


def grade(course, submissions, *more):
    command = ["grade", str(course / "small.ipynb"), str(course / submissions)]
    return main([*command, "--out", str(course / "out"), *more])


def table(course):
    with (course / "out" / "grades.csv").open(encoding="utf-8-sig", newline="") as file:
        return {row["student"]: row["score"] for row in csv.DictReader(file)}


FIRST = {"Ada": "11", "Bob": "7.7", "Zoe": "4"}


def test_an_extension_keeps_the_class_and_the_class_keeps_the_extension(course, capsys, graded):
    assert grade(course, "class", *RULE) == 0 and table(course) == FIRST
    shutil.copytree(course / "class" / "Bob", course / "extension" / "Bob")
    assert grade(course, "extension", *LATER) == 0
    assert table(course) == FIRST | {"Bob": "11"}
    assert "2 results of earlier runs stay in the table: Ada, Zoe" in capsys.readouterr().err
    assert grade(course, "class", *RULE) == 0
    assert table(course) == FIRST | {"Bob": "11"}
    assert "Bob: the milder deadline of an earlier run" in capsys.readouterr().err
    assert [r["student"] for r in read_results(course / "out")] == ["Ada", "Bob", "Zoe"]
    known = len(graded)
    grade(course, "class", "--due", "2026-12-01T22:59Z", "--late", "10")
    assert len(graded) == known + 1  # the source; nobody is later or earlier for it
    # A deadline that was wrong is set right by the next run on the same folder.
    assert grade(course, "extension", *RULE) == 0 and table(course) == FIRST


@pytest.mark.parametrize("name", ["Zoe", "ZOE", "zoe "])
def test_an_extension_of_one_reaches_nobody_else(course, name):
    grade(course, "class")
    for other in ("Ada", "Bob"):
        (course / "extension" / name / other).mkdir(parents=True)
        (course / "extension" / name / other / "nb.ipynb").write_text(Paper(solved=()).text)
    assert grade(course, "extension") == 0
    assert {"Ada": "11", "Bob": "11", name: "0"}.items() <= table(course).items()


def test_half_a_letter_in_one_notebook_ends_nobody_s_grading(course):
    hand_in(course / "class" / "Ada", Paper(loss="x = '\ud800'").add("\ud800", kind="markdown"))
    assert grade(course, "class") == 0 and len(table(course)) == 3
    command = ["arrange", str(course / "small.ipynb"), str(course / "class")]
    assert not main([*command, "--course", str(course / "nbgrader")])
    written = sorted(course.glob("nbgrader/submitted/*/small/small.ipynb"))
    assert [path.parts[-3] for path in written] == ["Ada", "Bob", "Zoe"]


def test_what_nbgrader_cannot_read_or_calls_otherwise_is_named(course, capsys):
    for name, content in {"Eve": "{", "O'Hara": Paper().text}.items():
        (course / "class" / name).mkdir()
        (course / "class" / name / "nb.ipynb").write_text(content)
    command = ["arrange", str(course / "small.ipynb"), str(course / "class")]
    assert main([*command, "--course", str(course / "nbgrader")]) == 0
    said = capsys.readouterr().err
    assert "Eve: This cannot be graded: Eve/nb.ipynb" in said
    assert "O'Hara is called O_Hara-" in said and "Ada" not in said


def test_work_that_came_later_elsewhere_counts_also_when_all_is_graded_again(
    course, capsys, graded
):
    hand_in(course / "class" / "Bob", Paper(solved=()), "2026-11-30 12:00:00 UTC")
    grade(course, "class", *RULE)
    hand_in(course / "extension" / "Bob", Paper(), "2026-12-09 12:00:00 UTC")
    grade(course, "extension", *LATER)
    assert table(course)["Bob"] == "11"
    said = f"Bob: Bob/small/small.ipynb counts, and no longer what came before in {course}/class\n"
    assert said in capsys.readouterr().err
    (course / "small.ipynb").write_text(json.dumps(source()) + " ")  # a test was mended
    known = len(graded)
    capsys.readouterr()
    assert grade(course, "class", *RULE) == 0
    assert table(course) == {"Ada": "11", "Bob": "11", "Zoe": "4"}
    said = capsys.readouterr().err
    assert f"Bob: Bob/small/small.ipynb in {course / 'extension'} counts, which came later" in said
    assert len(graded) == known + 4  # the source itself, and the work of all three
    record = json.loads((course / "out" / "Bob" / "result.json").read_text())
    assert [old["score"] for old in record["history"]] == [0]


def test_what_cannot_be_graded_never_takes_the_place_of_what_can(course, capsys):
    hand_in(course / "early" / "Bob", Paper())
    grade(course, "early")
    shutil.rmtree(course / "class" / "Bob" / "small")
    (course / "class" / "Nobody").mkdir()
    grade(course, "class")
    assert table(course) == {"Ada": "11", "Bob": "11", "Zoe": "4", "Nobody": "0"}
    assert "Nobody: No notebook was handed in." in capsys.readouterr().err


def test_who_goes_back_to_an_earlier_version_has_gone_back(course):
    for paper, score in ((Paper(), "11"), (Paper(solved=()), "0"), (Paper(), "11")):
        hand_in(course / "class" / "Bob", paper)
        grade(course, "class")
        assert table(course)["Bob"] == score


def test_a_student_who_was_renamed_is_there_once(course, capsys):
    grade(course, "class")
    (course / "class" / "Zoe").rename(course / "class" / "Zoe Zimmer")
    grade(course, "class")
    assert table(course) == {"Ada": "11", "Bob": "11", "Zoe Zimmer": "4"}
    assert "Zoe is now Zoe Zimmer" in capsys.readouterr().err
    assert len(read_results(course / "out")) == 3


def test_of_many_earlier_students_the_first_are_named(course, capsys):
    for number in range(12):
        hand_in(course / "class" / f"S{number:02d}", Paper(solved=()))
    grade(course, "class")
    hand_in(course / "late" / "Ada", Paper())
    grade(course, "late")
    told = capsys.readouterr().err
    assert "14 results of earlier runs stay in the table: Bob, S00, " in told
    assert "S08 and 4 more\n" in told
    with (course / "out" / "grades.csv").open(encoding="utf-8-sig") as file:
        assert len(file.readlines()) == 16


def test_who_copies_a_file_takes_nobody_s_place(course):
    grade(course, "class")
    hand_in(course / "late" / "Mallory", Paper())
    grade(course, "late")
    assert table(course) == {"Ada": "11", "Bob": "11", "Mallory": "11", "Zoe": "4"}


def pack(path, *names):
    with zipfile.ZipFile(path, "w") as archive:
        for name in names:
            archive.writestr(name, Paper().text)


def gradescope(path, *people):
    """Write Gradescope's archive of students' names and ids."""
    with zipfile.ZipFile(path, "w") as archive:
        text = "".join(
            f"submission_{n}:\n  :submitters:\n  - :name: {name}\n    :sid: '{sid}'\n"
            for n, (name, sid) in enumerate(people)
        )
        archive.writestr("assignment_1_export/submission_metadata.yml", text)
        for n in range(len(people)):
            archive.writestr(f"assignment_1_export/submission_{n}/small.ipynb", Paper().text)


def test_three_accounts_are_three_students_whatever_they_are_called(course):
    people = [
        ("Ann Lee", 4),
        ("Ann Lee", 5),
        ("Ann Lee_5", 6),
        ("Ann_3", 7),
        ("Ann", 3),
        ("Ann", 8),
    ]
    gradescope(course / "class.zip", *people)
    gradescope(course / "other.zip", ("Ann Lee", 9), ("Ann Lee_5", 10))
    gradescope(course / "extension.zip", people[0])
    names = {"Ann Lee_4", "Ann Lee_5_5", "Ann Lee_5", "Ann_3", "Ann_3_3", "Ann_8"}
    assert grade(course, "class.zip") == 0 and table(course).keys() == names
    assert grade(course, "extension.zip") == 0 and table(course).keys() == names
    more = names | {"Ann Lee", "Ann Lee_5_10"}
    assert grade(course, "other.zip") == 0 and table(course).keys() == more
    assert grade(course, "class.zip") == 0 and table(course).keys() == more
    assert main(["export", str(course / "out"), "--to-mark"]) == 0
    with (course / "out" / "to_mark.csv").open(encoding="utf-8-sig", newline="") as file:
        assert {row["student"] for row in csv.DictReader(file)} == more


def test_names_of_any_length(course):
    for name in ("\U00020000" * 62 + ".", "ä" * 120, "x" * 250):
        hand_in(course / "class" / name, Paper())
    gradescope(course / "g.zip", ("\U0001d40c" * 70, 1), ("\U0001d40c" * 71, 2))
    assert grade(course, "class") == 0 and len(table(course)) == 6
    shutil.rmtree(course / "out")
    assert grade(course, "g.zip") == 0 and len(table(course)) == 2


def test_another_platform_s_class_is_not_mixed_in(course, capsys):
    grade(course, "class")
    pack(course / "canvas.zip", "lovelaceada_1_10_small.ipynb", "quinnzoe_2_11_small.ipynb")
    assert grade(course, "canvas.zip") == 2
    assert "as another platform names it, and none of these 2 students" in capsys.readouterr().err
    assert len(table(course)) == 3


def test_an_extension_by_mail_for_a_student_whom_canvas_names(course):
    pack(course / "canvas.zip", "lovelaceada_LATE_1_10_small.ipynb", "quinnzoe_2_11_small.ipynb")
    grade(course, "canvas.zip", "--late", "50")
    assert table(course) == {"lovelaceada": "5.5", "quinnzoe": "11"}
    hand_in(course / "mail" / "Ada Lovelace", Paper())
    grade(course, "mail", *LATER)
    grade(course, "canvas.zip", "--late", "50")
    assert table(course) == {"lovelaceada": "11", "quinnzoe": "11"}


def test_a_name_that_the_platform_changed(course):
    pack(course / "canvas.zip", "lovelaceada_1_10_small.ipynb", "quinnzoe_2_11_small.ipynb")
    grade(course, "canvas.zip")
    pack(course / "again.zip", "lovelaceada_1_10_small.ipynb", "smithzoe_2_11_small.ipynb")
    grade(course, "again.zip")
    assert table(course) == {"lovelaceada": "11", "smithzoe": "11"}


def test_results_of_an_older_source_are_named(course, capsys):
    grade(course, "class")
    (course / "small.ipynb").write_text(json.dumps(source()) + " ")
    hand_in(course / "late" / "Mallory", Paper())
    capsys.readouterr()
    grade(course, "late")
    assert "so grade them again: Ada, Bob, Zoe" in capsys.readouterr().err


def test_a_library_that_submissions_would_not_find_is_named(course, capsys, monkeypatch):
    monkeypatch.setattr(batch, "choose", lambda *_: "bubblewrap")
    monkeypatch.setattr(batch.scaling_lib, "__file__", str(course / "small.ipynb"))
    monkeypatch.setenv("PYTHONPATH", str(course))
    assert grade(course, "class") == 2
    assert "PYTHONPATH leads to" in capsys.readouterr().err


def test_notebooks_of_another_assignment_have_no_score(course, capsys):
    other = source()
    for cell in other["cells"]:
        cell["source"] = "x = 1"
        if cell["metadata"]:
            cell["metadata"]["nbgrader"]["grade_id"] += "-of-another"
    (course / "class" / "Zoe" / "small" / "small.ipynb").write_text(json.dumps(other))
    assert grade(course, "class") == 0
    assert "Zoe: This was not graded: Zoe/small/small.ipynb is no notebook of small" in (
        capsys.readouterr().err
    )
    assert table(course)["Zoe"] == ""


def test_a_later_deadline_wins_over_canvas_s_mark(course, capsys):
    late = "lovelaceada_LATE_1_10_small.ipynb"
    pack(course / "canvas.zip", late, "quinnzoe_LATE_2_11_small.ipynb", "bob_3_12_small.ipynb")
    assert grade(course, "canvas.zip", *RULE) == 0
    first = {"lovelaceada": "9.9", "quinnzoe": "9.9", "bob": "11"}
    assert table(course) == first
    told = capsys.readouterr().out
    assert "deadline: 2026-12-01 23:59+00:00; 10 % a day" in told
    assert "marked as late by Canvas, which counts as one day: lovelaceada, quinnzoe" in told
    assert "taken as in time, as no time is known (1): bob" in told
    (course / "extension").mkdir()
    (course / "extension" / late).write_text(Paper().text)
    for _ in range(2):
        assert grade(course, "extension", *LATER) == 0
        assert table(course) == first | {"lovelaceada": "11"}
        assert "deadline later than that of the run before: lovelaceada" in capsys.readouterr().err
    assert grade(course, "canvas.zip", *RULE) == 0
    assert table(course) == first | {"lovelaceada": "11"}
    assert grade(course, "extension", *RULE) == 0 and table(course) == first


WORKSHEET = """Identifier,Full name,Grade,Maximum Grade,Last modified (submission)
Participant 41,Ada Lovelace,,11,"Tuesday, 1 December 2026, 11:58 PM"
Participant 42,Zoe Quinn,,11,"Thursday, December 3, 2026, 9:05 AM"
Participant 43,Bob,,11,-
"""


@pytest.mark.parametrize("kind", ["moodle", "folder"])
def test_moodle_s_worksheet_is_the_clock(course, capsys, kind):
    who = {"Ada Lovelace": 41, "Zoe Quinn": 42, "Bob": 43}
    names = [f"{name}_{n}_assignsubmission_file/small.ipynb" for name, n in who.items()]
    pack(course / "c.zip", *(names if kind == "moodle" else [f"{name}.ipynb" for name in who]))
    (course / "w.csv").write_text(WORKSHEET)
    assert grade(course, "c.zip", *RULE) == 0
    assert "as no time is known (3): Ada Lovelace, Bob, Zoe Quinn" in capsys.readouterr().out
    rule = ("--due", "2026-12-01", "--late", "10", "--worksheet", str(course / "w.csv"))
    assert grade(course, "c.zip", *rule) == 0
    assert table(course) == {"Ada Lovelace": "11", "Zoe Quinn": "8.8", "Bob": "11"}
    told = capsys.readouterr().out
    assert "late, in days: Zoe Quinn (2)" in told and "no time is known (1): Bob" in told
    # An extension, on the same clock.
    pack(course / "extension.zip", names[1] if kind == "moodle" else "Zoe Quinn.ipynb")
    assert grade(course, "extension.zip", "--due", "2026-12-10", *rule[2:]) == 0
    assert table(course)["Zoe Quinn"] == "11"


def test_a_worksheet_that_cannot_be_used_is_named(course, capsys):
    (course / "w.csv").write_text(WORKSHEET.replace("Tuesday, 1 Dec", "Dienstag, 1. Dez"))
    assert grade(course, "class", "--worksheet", str(course / "w.csv")) == 2
    assert "give --due, too" in capsys.readouterr().err
    assert grade(course, "class", *RULE, "--worksheet", str(course / "w.csv")) == 2
    assert "w.csv, row 2: 'Last modified (submission)' must be" in capsys.readouterr().err


def test_two_runs_do_not_write_into_one_folder(course, capsys, graded):
    with held(course / "out", course / "class"):
        assert grade(course, "class") == 2
        assert "another run is writing into" in capsys.readouterr().err
    assert not (course / "out").exists()
    assert grade(course, "class") == 0 and grade(course, "class") == 0


@pytest.mark.parametrize("inside", [".", "graded", "Ada"])
def test_results_do_not_go_where_submissions_lie(course, capsys, graded, inside):
    before = sorted(course.rglob("*"))
    (course / "link").symlink_to(course / "class", target_is_directory=True)
    for submissions, out in (("class", "link"), ("link", "class")):
        command = ["grade", str(course / "small.ipynb"), str(course / submissions)]
        assert main([*command, "--out", str(course / out / inside)]) == 2
        assert "name a folder outside of it" in capsys.readouterr().err
    (course / "link").unlink()
    assert sorted(course.rglob("*")) == before


@pytest.mark.parametrize(
    ("trouble", "status", "said"),
    [
        (KeyboardInterrupt(), 130, "stopped; the same command continues "),
        (OSError(errno.ENOSPC, "No"), 1, "grading capstone: error: the disk is full: make room"),
    ],
)
def test_what_ends_the_capstone_s_grading_is_said_in_a_line(
    monkeypatch, tmp_path, capsys, trouble, status, said
):
    def fail(*_):
        raise trouble

    monkeypatch.setattr(games, "grade_games", fail)
    command = ["capstone", str(tmp_path), "--out", str(tmp_path / "out"), "--language", "3"]
    assert main(command) == status
    last = capsys.readouterr().err.splitlines()[-1]
    assert last.startswith(said)
