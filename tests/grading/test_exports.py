import base64
import csv
import io
import json
import logging
import zipfile

import pytest
from small_assignment import source

from grading.__main__ import main
from grading.classes.records import locked
from grading.platforms.nbgrader_plugin import SandboxExecute, markdown, picture
from grading.platforms.rosters import canvas, moodle
from grading.reports.feedback import feedback_page
from grading.reports.student_results import (
    GRADES,
    clean,
    empty_result,
    one_line,
    read_results,
)
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
    assert rows[-1][3] == "=1+1"  # Canvas would not find "'=1+1"


def test_a_roster_may_have_another_maximum(tmp_path, class_of_three):
    roster = tmp_path / "roster.csv"
    roster.write_text(CANVAS.format(maximum=22))
    with pytest.raises(ValueError, match="up to 22 points and the tests up to 11: give --scale"):
        canvas(roster, class_of_three)
    for one in class_of_three:
        one["max_by_hand"] = 0  # marked
    text, _ = canvas(roster, class_of_three, scale=True)
    assert [row[-1] for row in table(text)[2:]] == ["22", "0", "", "7"]


def test_students_who_are_not_in_the_roster_are_named(tmp_path):
    roster = tmp_path / "roster.csv"
    roster.write_text(CANVAS.format(maximum=11))
    assert canvas(roster, [result("lovelaceada", 1), result("ghost", 2)])[1] == ["ghost"]


def test_students_whose_names_are_one_another_s_turned_round_are_not_mixed(tmp_path):
    roster = tmp_path / "roster.csv"
    roster.write_text('Student,ID,Small\n"Lee, Kim",7,\n"Kim, Lee",8,\n')
    text, missing = canvas(roster, [result("Kim Lee", 11), result("Lee Kim", 3)])
    assert [row[-1] for row in table(text)[1:]] == ["11", "3"] and missing == []
    roster.write_text(MOODLE.replace("Ada Lovelace", "Kim Lee").replace("Zoe Quinn", "Lee Kim"))
    text, missing = moodle(roster, [result("Lee, Kim", 11), result("Kim, Lee", 3)])
    assert [row[4] for row in table(text)[1:]] == ["", ""] and len(missing) == 2


def test_one_of_two_students_of_a_name_has_the_points_only_by_an_id(tmp_path):
    roster = tmp_path / "roster.csv"
    roster.write_text('Student,ID,Small\n"Lee, Kim",7,\n"Lee, Kim",8,\n')
    text, missing = canvas(roster, [result("Kim Lee", 11)])
    assert [row[-1] for row in table(text)[1:]] == ["", ""] and missing == ["Kim Lee"]
    text, missing = canvas(roster, [result("leekim", 11, canvas="8")])
    assert [row[-1] for row in table(text)[1:]] == ["", "11"] and missing == []


MOODLE = (
    "Identifier,Full name,Email address,Status,Grade,Maximum Grade,Grade can be changed,"
    "Feedback comments\n"
    "Participant 41,Ada Lovelace,ada@x.org,Submitted,,11,Yes,\n"
    "Participant 42,Zoe Quinn,zoe@x.org,-,,11,Yes,old\n"
)


def test_who_is_in_the_roster_without_a_result_is_named(tmp_path, capsys):
    roster = tmp_path / "roster.csv"
    roster.write_text(CANVAS.format(maximum=11) + '"Student, Test",99,,x,A,,,\n')
    canvas(roster, [result("lovelaceada", 1)])
    said = "in the roster, without a result (3): Quinn, Zoe, Nobody, No, Two, Two\n"
    assert capsys.readouterr().err == said
    roster.write_text(MOODLE)
    moodle(roster, [result("Ada Lovelace", 9)])
    assert capsys.readouterr().err == "in the roster, without a result (1): Zoe Quinn\n"


def test_an_export_waits_for_no_run_that_writes(graded, capsys):
    with locked(graded):
        assert main(["export", str(graded), "--table"]) == 2
    assert "another run is writing into" in capsys.readouterr().err
    assert main(["export", str(graded), str(graded), "--table"]) == 0


def test_moodle(tmp_path):
    roster = tmp_path / "roster.csv"
    roster.write_text(MOODLE)
    text, missing = moodle(roster, [result("Ada Lovelace", 9, moodle="41"), result("Zoe Quinn", 0)])
    rows = table(text)
    assert missing == [] and [row[4] for row in rows] == ["Grade", "9", "0"]
    assert rows[1][7].startswith("Points lost: loss ")
    assert rows[2][3] == "-"


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
        (moodle, "ID,Bewertung\nTeilnehmer/in 1,\n", "'Identifier': .* with Moodle in English"),
        (moodle, b"PK\x00\x01", "CSV in UTF-8"),
    ],
)
def test_bad_rosters(tmp_path, fill, content, message):
    roster = tmp_path / "roster.csv"
    roster.write_bytes(content if isinstance(content, bytes) else content.encode())
    with pytest.raises(ValueError, match=message):
        fill(roster, [result("x", 1)])


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
        (graded / "to_mark.csv")
        .read_text()
        .startswith("\ufeffstudent,item,points,max_points,answer,comment\n")
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
    assert "It assumes, &lt;b&gt;that&lt;/b&gt;" in page
    assert GRADES[2] == "max_score"


def answer(folder, student, text):
    path = folder / student / "result.json"
    made = json.loads(path.read_text())
    made["by_hand"][0]["text"] = text
    path.write_text(json.dumps(made))


def fill(sheet, points):
    rows = table(sheet.read_text(encoding="utf-8-sig"))
    for row in rows[1:]:
        row[2] = row[2] or points
    with sheet.open("w", newline="") as file:
        csv.writer(file).writerows(rows)


def test_a_sheet_with_marks_is_never_written_over(graded, capsys):
    sheet, command = graded / "to_mark.csv", ["export", str(graded), "--to-mark"]
    answer(graded, "s1", "Because.")
    assert main(command) == 0
    fill(sheet, "1.5")
    filled = sheet.read_bytes()
    assert main(command) == 0
    told = capsys.readouterr()
    assert "3 marks of the sheet that was there are kept" in told.out and not told.err
    assert [row[2] for row in table(sheet.read_text(encoding="utf-8-sig"))[1:]] == [
        "1.5",
        "0",
        "1.5",
    ]
    assert len(list(graded.glob("to_mark*"))) == 1
    answer(graded, "s1", "Something else.")
    answer(graded, "s2", "At last.")
    assert main(["export", str(graded), "--table", "--marks", str(sheet)]) == 2
    told = capsys.readouterr().err
    assert "=1+1 (allocation-text), Zoe Quinn (allocation-text): run --to-mark" in told
    for _ in range(2):
        assert main(command) == 0
    told = capsys.readouterr()
    assert "answers are others now (1)" in told.err and "=1+1 (allocation-text)" in told.err
    old = (graded / "to_mark-old-1.csv").read_text(encoding="utf-8-sig")
    assert old.split() == filled.decode("utf-8-sig").split()
    assert len(list(graded.glob("to_mark*"))) == 2
    assert {row[0]: row[2] for row in table(sheet.read_text(encoding="utf-8-sig"))[1:]} == {
        "'=1+1": "",
        "Zoe Quinn": "",
        "adalovelace": "1.5",
    }
    sheet.write_text("my,notes\n1,2\n")
    assert main(command) == 2 and sheet.read_text() == "my,notes\n1,2\n"


def test_marks_reach_the_feedback_with_the_gradebook_s_total(graded, capsys):
    main(["export", str(graded), "--to-mark"])
    fill(graded / "to_mark.csv", "1.5")
    marks = ["--marks", str(graded / "to_mark.csv")]
    assert main(["export", str(graded), "--table", *marks]) == 0
    assert "what was done by hand is in 3 files feedback.html" in capsys.readouterr().out
    with (graded / "table.csv").open(encoding="utf-8-sig") as file:
        rows = {row["student"]: row for row in csv.DictReader(file)}
    assert [(r["score"], r["max_score"]) for r in rows.values()] == [
        ("3.5", "13"),
        ("0", "13"),
        ("12.5", "13"),
    ]
    assert "Answers in words: 1.5 of 2 points." in rows["adalovelace"]["message"]
    page = (graded / "s0" / "feedback.html").read_text()
    assert "12.5 of 13 points" in page and "1.5 of 2" in page
    assert "Marked by a person" in page and "not counted above" not in page
    assert main(["export", str(graded), "--gradescope", *marks]) == 0
    written = json.loads((graded / "s0" / "results.json").read_text())
    assert written["tests"][-1]["name"] == "allocation-text" and written["score"] == 12.5


def test_a_comment_and_the_texts_alone(graded, capsys):
    main(["export", str(graded), "--to-mark"])
    sheet = graded / "to_mark.csv"
    rows = table(sheet.read_text(encoding="utf-8-sig"))
    for row in rows[1:]:
        row[2], row[5] = row[2] or "1.5", "<b>Which</b> ratio?" if row[0] == "adalovelace" else ""
    with sheet.open("w", newline="") as file:
        csv.writer(file).writerows(rows)
    assert main(["export", str(graded), "--to-mark"]) == 0  # which keeps it
    export = ["export", str(graded), "--table", "--marks", str(sheet)]
    assert main(export) == 0
    text = (graded / "table.csv").read_text()
    assert "allocation-text: <b>Which</b> ratio?" in text and text.count("Which") == 1
    page = (graded / "s0" / "feedback.html").read_text()
    assert "Comment: &lt;b&gt;Which&lt;/b&gt; ratio?" in page
    assert "Comment" not in (graded / "s2" / "feedback.html").read_text()
    assert main(["export", str(graded), "--gradescope", *export[3:]]) == 0
    tests = json.loads((graded / "s0" / "results.json").read_text())["tests"]
    assert tests[-1]["output"] == "<b>Which</b> ratio?"
    assert main([*export, "--texts"]) == 0
    with (graded / "table.csv").open(encoding="utf-8-sig") as file:
        rows = {row["student"]: (row["score"], row["max_score"]) for row in csv.DictReader(file)}
    assert rows == {"adalovelace": ("1.5", "2"), "'=1+1": ("0", "2"), "Zoe Quinn": ("0", "2")}
    assert "12.5 of 13 points" in (graded / "s0" / "feedback.html").read_text()
    assert main(["export", str(graded), "--table", "--texts"]) == 2


def test_corrections_are_made_at_every_export_and_named(graded, capsys):
    path = graded / "s2" / "result.json"
    late = json.loads(path.read_text()) | {"late": {"days": 1, "percent": 10}}
    path.write_text(json.dumps(late))
    corrections = graded / "corrections.csv"
    lines = ["student;item;points;reason", "Zoe Quinn;allocation;3,5;Right in <other> units"]
    corrections.write_text("\n".join([*lines, "adalovelace;slope-test;4;The test was wrong"]))
    export = ["export", str(graded), "--table", "--corrections", str(corrections)]
    for _ in range(2):
        assert main(export) == 0
        with (graded / "table.csv").open(encoding="utf-8-sig") as file:
            rows = {row["student"]: row for row in csv.DictReader(file)}
        assert rows["Zoe Quinn"]["score"] == "3.15" and rows["adalovelace"]["score"] == "15"
    told = "allocation: +3.5 points. Corrected by hand: Right in <other> units."
    assert told in rows["Zoe Quinn"]["message"] and "Corrected" not in rows["'=1+1"]["message"]
    page = (graded / "s2" / "feedback.html").read_text()
    assert page.count("Corrected by hand: Right in &lt;other&gt; units") == 3
    assert "allocation: 3.5 of 4 points" in page and "3.15 of 11 points" in page
    assert json.loads(path.read_text()) == late  # what the tests gave stays on record
    assert "take points away" not in capsys.readouterr().err
    first = json.loads((graded / "s0" / "result.json").read_text())
    first["items"][-1]["score"] = 4
    (graded / "s0" / "result.json").write_text(json.dumps(first))
    corrections.write_text("\n".join([lines[0], "adalovelace;slope-test;3;An old sketch"]))
    main(export)
    assert "1 take points away" in (told := capsys.readouterr().err)
    assert "adalovelace, slope-test (-1)" in told
    lines += ["Zoe Quinn;allocation-test;1;x", "Nobody;slope;1;x", "Zoe Quinn;slope;5;x"]
    corrections.write_text("\n".join([*lines, "Zoe Quinn;loss;1;"]))
    capsys.readouterr()
    assert main(export) == 2
    told = capsys.readouterr().err
    for words in ("corrected twice", "no such test", "from 0 to 4, not '5'", "there is no reason"):
        assert words in told


def test_moodle_takes_an_archive_of_the_feedback(graded):
    roster = graded / "roster.csv"
    roster.write_text(MOODLE)
    path = graded / "s2" / "result.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | {"ids": {"moodle": "42"}}))
    for folder in graded.glob("s?"):
        (folder / "feedback.html").write_text(f"that of {folder.name}")
    main(["export", str(graded), "--moodle", str(roster)])
    with zipfile.ZipFile(graded / "moodle_feedback.zip") as archive:
        pages = {name: archive.read(name) for name in archive.namelist()}
    # Named as Moodle's assignfeedback_file_zip_importer reads it; one without an id, by the sheet.
    assert pages == {
        "adalovelace_41_assignsubmission_file_small.html": b"that of s0",
        "Zoe Quinn_42_assignsubmission_file_small.html": b"that of s2",
    }


def test_of_many_who_are_in_no_roster_the_first_are_named(tmp_path, capsys):
    for i in range(12):
        (tmp_path / f"s{i}").mkdir()
        one = result(f"Student {i:02d}", 1) | {"status": "other"}
        (tmp_path / f"s{i}" / "result.json").write_text(json.dumps(one))
        (tmp_path / f"t{i}").mkdir()
        (tmp_path / f"t{i}" / "result.json").write_text(json.dumps(result(f"Ghost {i:02d}", 1)))
    (tmp_path / "roster.csv").write_text(CANVAS.format(maximum=11))
    assert main(["export", str(tmp_path), "--canvas", str(tmp_path / "roster.csv")]) == 1
    told = capsys.readouterr()
    assert "assignment: Student 00, " in told.err and "Student 09 and 2 more\n" in told.err
    assert "not in the roster: Ghost 00, " in told.err and "Ghost 09 and 2 more\n" in told.err
    assert "0 students in" in told.out and (tmp_path / "canvas.csv").is_file()


def test_the_points_of_two_folders_go_into_one_gradebook(tmp_path, graded, class_of_three, capsys):
    for i, one in enumerate([*class_of_three[:1], result("Nobody, No", 2)]):
        folder = tmp_path / "games" / f"s{i}"
        folder.mkdir(parents=True)
        one = one | {"assignment": "small_game", "student": one["student"].title(), "by_hand": []}
        (folder / "result.json").write_text(json.dumps(one | {"max_by_hand": 0, "score": 4}))
    roster = tmp_path / "roster.csv"
    roster.write_text(CANVAS.format(maximum=24))
    main(["export", str(graded), "--to-mark"])
    fill(graded / "to_mark.csv", "2")
    both = ["export", str(graded), str(tmp_path / "games"), "--canvas", str(roster)]
    assert main([*both, "--marks", str(graded / "to_mark.csv")]) == 0
    rows = {row[0]: row[-1] for row in table((graded / "canvas.csv").read_text())[2:]}
    assert rows == {"Lovelace, Ada": "17", "Quinn, Zoe": "0", "Nobody, No": "4", "Two, Two": "3.5"}
    told = capsys.readouterr().err
    assert "Nobody, No (small), =1+1 (small_game), Zoe Quinn (small_game)" in told
    assert main(["export", str(tmp_path / "games"), "--canvas", str(roster)]) == 2
    assert "before that of small_game, to add these points" in capsys.readouterr().err
    assert "17 of 24" not in (graded / "s0" / "feedback.html").read_text()
    assert "13 of 13 points" in (graded / "s0" / "feedback.html").read_text()


def test_who_cannot_be_graded_has_nothing_to_be_marked(class_of_three):
    for status in ("missing", "unreadable", "refused", "other"):
        one = class_of_three[0] | {"status": status, "message": "Why."}
        assert one_line(one) == "Why."
        assert ("no score" in feedback_page(one)) is (status == "other")


def test_nbgrader_takes_no_empty_secret_and_says_when_it_has_none(tmp_path, monkeypatch, caplog):
    monkeypatch.delenv("SCALING_SECRET_SEED", raising=False)
    path = tmp_path / "SECRET_SEED"
    path.write_text(" \n")
    with pytest.raises(ValueError, match="SECRET_SEED is empty: write"):
        SandboxExecute(seed_file=str(path))._seed()
    path.write_text("long\n")
    assert SandboxExecute(seed_file=str(path))._seed() == "long" and not caplog.messages
    log = logging.getLogger("nbgrader-of-this-test")
    assert SandboxExecute(log=log)._seed() == ""
    assert "drawn from the public seed, which anyone can use: name a file" in caplog.text
