import base64
import csv
import io
import json
import os
import subprocess
import sys
import zipfile

import pytest
from small_assignment import SEED, Paper, source

from grading.__main__ import main
from grading.platforms import gradescope
from grading.platforms.nbgrader_plugin import markdown, picture
from grading.platforms.rosters import add_marks, canvas, marking_sheet, moodle
from grading.reports.feedback import feedback_page
from grading.reports.student_results import (
    GRADES,
    clean,
    empty_result,
    harmless,
    read_results,
    to_csv,
)
from grading.sandbox.enclosure import NoSandbox, choose
from grading.source.assignment import parse

SMALL = parse(json.dumps(source()), "small")


def result(student, score, **ids):
    made = empty_result(SMALL, "graded", "") | {"student": student, "ids": ids, "notes": []}
    made |= {"score": score, "sandbox": "bubblewrap", "starts": 1}
    for item in made["items"]:
        item["message"] = ""
    return made


def table(text):
    return list(csv.reader(io.StringIO(text)))


@pytest.fixture
def class_of_three():
    made = [result("adalovelace", 11, canvas="7"), result("=1+1", 3.5), result("Zoe Quinn", 0)]
    made[0]["by_hand"][0]["text"] = "It assumes, <b>that</b>\nboth matter."
    return made


@pytest.fixture
def graded(tmp_path, class_of_three):
    for i, one in enumerate(class_of_three):
        (tmp_path / f"s{i}").mkdir()
        (tmp_path / f"s{i}" / "result.json").write_text(json.dumps(one))
    return tmp_path


CANVAS = (
    "Student,ID,SIS User ID,SIS Login ID,Section,Small (123),Other (5),Final Score\n"
    "    Points Possible,,,,,{maximum},3,(read only)\n"
    '"Lovelace, Ada",7,u7,ada@x.org,A,,1,\n"Quinn, Zoe",8,u8,zoe,A,,,\n"Nobody, No",9,u9,no,A,,,\n'
    '"Two, Two",10,u10,=1+1,B,,,\n'
)


def test_canvas(tmp_path, class_of_three):
    roster = tmp_path / "roster.csv"
    roster.write_text("\ufeff" + CANVAS.format(maximum=11), encoding="utf-8")
    text, missing = canvas(roster, class_of_three)
    assert missing == []
    rows = table(text)
    assert rows[0] == ["Student", "ID", "SIS User ID", "SIS Login ID", "Section", "Small (123)"]
    assert [row[-1] for row in rows[1:]] == ["11", "11", "0", "", "3.5"]
    assert rows[-1][3] == "'=1+1"


def test_a_roster_may_have_another_maximum(tmp_path, class_of_three):
    roster = tmp_path / "roster.csv"
    roster.write_text(CANVAS.format(maximum=22))
    with pytest.raises(ValueError, match="up to 22 points and the tests up to 11: give --scale"):
        canvas(roster, class_of_three)
    text, _ = canvas(roster, class_of_three, scale=True)
    assert [row[-1] for row in table(text)[2:]] == ["22", "0", "", "7"]


def test_students_who_are_not_in_the_roster_are_named(tmp_path):
    roster = tmp_path / "roster.csv"
    roster.write_text(CANVAS.format(maximum=11))
    assert canvas(roster, [result("lovelaceada", 1), result("ghost", 2)])[1] == ["ghost"]


MOODLE = (
    "Identifier,Full name,Email address,Status,Grade,Maximum Grade,Grade can be changed,"
    "Feedback comments\n"
    "Participant 41,Ada Lovelace,ada@x.org,Submitted,,11,Yes,\n"
    "Participant 42,Zoe Quinn,zoe@x.org,-,,11,Yes,old\n"
)


def test_moodle(tmp_path):
    roster = tmp_path / "roster.csv"
    roster.write_text(MOODLE)
    text, missing = moodle(roster, [result("Ada Lovelace", 9, moodle="41"), result("Zoe Quinn", 0)])
    rows = table(text)
    assert missing == [] and [row[4] for row in rows] == ["Grade", "9", "0"]
    assert rows[1][7].startswith("Points lost: loss ")
    assert rows[2][3] == "'-"


def test_two_students_of_one_name_are_told_apart_by_their_ids(tmp_path):
    roster = tmp_path / "roster.csv"
    roster.write_text(MOODLE.replace("Zoe Quinn", "Ada Lovelace"))
    ours = [result("Ada Lovelace_41", 9, moodle="41"), result("Ada Lovelace_42", 2, moodle="42")]
    assert [row[4] for row in table(moodle(roster, ours)[0])[1:]] == ["9", "2"]


@pytest.mark.parametrize(
    ("fill", "content", "message"),
    [
        (canvas, "", "at least one row"),
        (canvas, "Student,ID,Small\n", "has a header but no rows"),
        (canvas, "Name,Small\nx,\n", "no column 'Student'"),
        (canvas, "Student,ID,Else\nx,1,\n", "name the assignment's column"),
        (canvas, "Student,ID,Small (1),Small (2)\nx,1,,\n", "name the assignment's column"),
        (canvas, "Student,ID,ID\nx,1,\n", "names a column twice"),
        (canvas, "Student,ID,Small\nPoints Possible,,-3\nx,1,\n", "cannot be a maximum"),
        (moodle, "Identifier,Grade\nx,1\n", "no column 'Maximum Grade'"),
        (moodle, b"\xff\xfe\x00", "CSV in UTF-8"),
    ],
)
def test_bad_rosters(tmp_path, fill, content, message):
    roster = tmp_path / "roster.csv"
    roster.write_bytes(content if isinstance(content, bytes) else content.encode())
    with pytest.raises(ValueError, match=message):
        fill(roster, [result("x", 1)])


@pytest.mark.parametrize("text", ["=1", "+a", "-x", "@sum", "\t=1", "\r=1", "\n=1", "\uff1d1"])
def test_formulas_are_made_harmless(text):
    assert harmless(text) == "'" + text


def test_nor_are_there_formulas_for_a_spreadsheet_that_splits_at_semicolons():
    assert harmless("Ann; =1+1") == "Ann; '=1+1" and harmless("x\n- y;z") == "x\n'- y;z"


def test_pictures_are_pictures():
    pixel = (
        "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5E"
    )
    huge = base64.b64encode(base64.b64decode(pixel)[:16] + b"\x7f" * 20).decode()
    for text, kept in ((pixel, pixel), ('"><script>', ""), ("QUJD" * 9, ""), (huge, ""), ("", "")):
        assert picture({"image/png": text}) == kept
    assert picture({}) == ""


def test_text_in_nbgraders_pages_is_not_alive():
    page = markdown(
        "**b** $a<b$ <script>x</script> <img src=x onerror=x> [y](javascript:alert\\(1))"
    )
    assert "<strong>b</strong>" in page and "<script" not in page
    assert "onerror" not in page and "javascript" not in page


def test_numbers_stay_numbers():
    assert [harmless(v) for v in (-1, "-1.5", "+2", 3, "a=b")] == ["-1", "-1.5", "+2", "3", "a=b"]
    assert to_csv([["a,b", 'c"d', "e\nf"]]) == '"a,b","c""d","e\nf"\n'


def test_marks_are_added(tmp_path, class_of_three):
    sheet = tmp_path / "sheet.csv"
    sheet.write_text(
        marking_sheet(class_of_three).replace("allocation-text,,2", "allocation-text,1.5,2")
    )
    add_marks(class_of_three, sheet)
    assert [(r["score"], r["max_score"]) for r in class_of_three] == [
        (12.5, 13),
        (5.0, 13),
        (1.5, 13),
    ]


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("allocation-text,,2", "allocation-text,3,2", "from 0 to 2 points"),
        ("allocation-text,,2", "allocation-text,,2", "from 0 to 2 points"),
        ("allocation-text,,2", "allocation-text,nan,2", "from 0 to 2 points"),
        ("allocation-text,,2", "else,1,2", "nothing to mark"),
        ("adalovelace", "nobody", "nothing to mark"),
        ("Zoe Quinn", "adalovelace", "marked twice"),
    ],
)
def test_bad_marks(tmp_path, class_of_three, old, new, message):
    text = marking_sheet(class_of_three).replace(old, new)
    sheet = tmp_path / "sheet.csv"
    sheet.write_text(
        text.replace("allocation-text,,2", "allocation-text,1,2") if old != new else text
    )
    with pytest.raises(ValueError, match=message):
        add_marks(class_of_three, sheet)


def test_forgotten_marks(tmp_path, class_of_three):
    sheet = tmp_path / "sheet.csv"
    sheet.write_text("student,item,points\nadalovelace,allocation-text,1\n")
    with pytest.raises(ValueError, match="is not marked"):
        add_marks(class_of_three, sheet)


def test_the_command_line(graded, capsys):
    roster = graded / "roster.csv"
    roster.write_text(CANVAS.format(maximum=11))
    assert main(["export", str(graded), "--canvas", str(roster)]) == 0
    assert "3 students in" in capsys.readouterr().out
    assert (graded / "canvas.csv").read_text().splitlines()[
        2
    ] == '"Lovelace, Ada",7,u7,ada@x.org,A,11'
    assert main(["export", str(graded), "--to-mark"]) == 0
    assert (
        (graded / "to_mark.csv").read_text().startswith("student,item,points,max_points,answer\n")
    )
    assert main(["export", str(graded), "--moodle", str(roster)]) == 2
    assert "no column 'Identifier'" in capsys.readouterr().err
    assert main(["export", str(graded), "--gradescope"]) == 0
    written = json.loads((graded / "s1" / "results.json").read_text())
    assert written["score"] == 3.5 and len(written["tests"]) == 4
    assert sum(test["max_score"] for test in written["tests"]) == 11


def test_results_that_cannot_be_read(tmp_path):
    with pytest.raises(ValueError, match="there are no results"):
        read_results(tmp_path)
    (tmp_path / "x").mkdir()
    (tmp_path / "x" / "result.json").write_text('{"student": "x"}')
    with pytest.raises(ValueError, match="is no result of grading"):
        read_results(tmp_path)


def test_text_is_cleaned():
    assert clean("a\x1b[31mb\x00\ud800\u202ec\n\td") == "ab?c\n\td"


def test_the_feedback_says_what_a_person_marks(class_of_three):
    page = feedback_page(class_of_three[0])
    assert "allocation-text" in page and "up to 2" in page and "11 of 11 points" in page
    assert GRADES[2] == "max_score"


@pytest.fixture
def container(tmp_path):
    """Gradescope's folders, with the bundle unpacked."""
    (tmp_path / "small.ipynb").write_text(json.dumps(source()))
    (tmp_path / "seed").write_text(SEED)
    out = tmp_path / "bundle.zip"
    command = ["bundle", str(tmp_path / "small.ipynb"), "--out", str(out), "--late", "50"]
    assert main([*command, "--seed-file", str(tmp_path / "seed")]) == 0
    root = tmp_path / "autograder"
    for name in ("source", "submission", "results"):
        (root / name).mkdir(parents=True)
    with zipfile.ZipFile(out) as archive:
        archive.extractall(root / "source")
        modes = {i.filename: i.external_attr >> 16 for i in archive.infolist()}
    assert modes["run_autograder"] == modes["setup.sh"] == 0o755
    return root


def run(root):
    environment = os.environ | {"AUTOGRADER": str(root), "PYTHON": sys.executable}
    script = str(root / "source" / "run_autograder")
    return subprocess.run(["bash", script], env=environment, capture_output=True, text=True)


@pytest.mark.skipif(sys.platform != "linux", reason="Gradescope's containers are Linux")
def test_gradescope_runs_the_bundle(container):
    try:
        choose()
    except NoSandbox as missing:
        pytest.fail(str(missing)) if os.environ.get("CI") else pytest.skip(str(missing))
    (container / "submission" / "any name.ipynb").write_text(Paper(solved=("loss", "slope")).text)
    (container / "submission" / "timestamp.txt").write_text("2020-01-01 00:00:00 UTC")  # no use
    dates = {
        "created_at": "2026-11-02T10:00:00-08:00",
        "assignment": {"due_date": "2026-11-01T17:00:00-08:00"},
    }
    (container / "submission_metadata.json").write_text(json.dumps(dates))
    done = run(container)
    assert done.returncode == 0, done.stderr
    written = json.loads((container / "results" / "results.json").read_text())
    assert written["score"] == 3.5  # 7, and a day late
    assert [(t["name"], t["score"]) for t in written["tests"]] == [
        ("loss-test", 3),
        ("allocation-test", 0),
        ("allocation-test-2", 0),
        ("slope-test", 4),
    ]
    assert written["tests"][0]["visibility"] == "after_published"
    assert written["tests"][1]["visibility"] == "visible"
    assert "rtol" not in json.dumps(written) and SEED not in json.dumps(written)


def test_gradescope_without_a_notebook(container):
    done = run(container)
    assert done.returncode == 0, done.stderr
    written = json.loads((container / "results" / "results.json").read_text())
    assert written["score"] == 0 and "No notebook was handed in" in written["output"]


def test_a_bundle_needs_a_secret(tmp_path, capsys):
    (tmp_path / "small.ipynb").write_text(json.dumps(source()))
    assert main(["bundle", str(tmp_path / "small.ipynb"), "--out", str(tmp_path / "b.zip")]) == 2
    assert "needs a secret" in capsys.readouterr().err
    assert not (tmp_path / "b.zip").exists()


def test_gradescope_says_when_nothing_could_be_graded(container, capsys):
    (container / "source" / "assignment" / "small.ipynb").write_text("{}")
    assert gradescope.main([str(container)]) == 1
    assert "not graded" in capsys.readouterr().err
