"""Marks and rosters as spreadsheets of many countries write them, and what may be in a cell."""

import csv
import io
import json
import random
import re
import unicodedata

import pytest
from small_assignment import source

from grading.platforms.rosters import SHEET, add_marks, canvas, kept_marks, marking_sheet, moodle
from grading.reports.spreadsheets import harmless, read_number, read_rows, to_csv
from grading.reports.student_results import empty_result
from grading.source.assignment import parse

SMALL = parse(json.dumps(source()), "small")
ANSWER = "It assumes, <b>that</b>\nboth matter."
STUB = "*Put your answer in place of this line.*"


def result(student, score=0, text=ANSWER, **ids):
    made = empty_result(SMALL, "graded", "") | {"student": student, "ids": ids, "notes": []}
    made["by_hand"][0]["text"] = text
    return made | {"score": score}


def table(text, delimiter=","):
    return list(csv.reader(io.StringIO(text), delimiter=delimiter))


# How spreadsheets save a table (reports: hei-admin-api 1323, talim-ai 48, Artemis 10679,
# classroom50 742 and 746, Autolab 874, opensubmit 86, opendidac 680, ng-csv 28)


def as_comma(rows):
    text = io.StringIO()
    csv.writer(text).writerows(rows)
    return text.getvalue()


def as_semicolon(rows):
    text = io.StringIO()
    csv.writer(text, delimiter=";").writerows(rows)
    return text.getvalue()


def as_tabs(rows):
    text = io.StringIO()
    csv.writer(text, delimiter="\t").writerows(rows)
    return text.getvalue()


SAVED = {
    "as it was written": lambda rows: as_comma(rows).encode(),
    "German Excel, CSV": lambda rows: as_semicolon(rows).encode("cp1252"),
    "German Excel, CSV UTF-8": lambda rows: as_semicolon(rows).encode("utf-8-sig"),
    "English Excel, CSV": lambda rows: as_comma(rows).encode("cp1252"),
    "Excel, Unicode text": lambda rows: as_tabs(rows).encode("utf-16"),
    "Excel, with its line": lambda rows: ("sep=;\r\n" + as_semicolon(rows)).encode("cp1252"),
    "a Mac, decomposed": lambda rows: unicodedata.normalize("NFD", as_comma(rows)).encode(),
    "Windows line ends twice": lambda rows: as_semicolon(rows).replace("\r\n", "\r\n\r\n").encode(),
    "all quoted": lambda rows: "".join(
        ";".join(f'"{c.replace(chr(34), chr(34) * 2)}"' for c in row) + "\r\n" for row in rows
    ).encode("utf-8-sig"),
    "big-endian UTF-16": lambda rows: b"\xfe\xff" + as_tabs(rows).encode("utf-16-be"),
}


@pytest.mark.parametrize("saved", SAVED)
@pytest.mark.parametrize("mark", ["1.5", "1,5", " 1,5 ", "1.50"])
def test_marks_however_they_were_saved(tmp_path, saved, mark):
    results = [result("José Núñez", 3), result("Zoë; Ångström", 4, 'said "so"; and\nmore')]
    rows = table(marking_sheet(results))
    for row in rows[1:]:
        row[2] = mark
    (tmp_path / "sheet.csv").write_bytes(SAVED[saved](rows))
    add_marks(results, tmp_path / "sheet.csv")
    assert [(r["score"], r["max_score"]) for r in results] == [(4.5, 13), (5.5, 13)]


@pytest.mark.parametrize("saved", SAVED)
def test_rosters_however_they_were_saved(tmp_path, saved):
    rows = [
        ["Student", "ID", "SIS User ID", "SIS Login ID", "Section", "Small, part (123)"],
        ["    Points Possible", "", "", "", "", "11,00"],
        ["Núñez, José", "7", "u7", "jose", "A", ""],
        ["Ångström, Zoë", "8", "u8", "zoe", "B", ""],
    ]
    (tmp_path / "roster.csv").write_bytes(SAVED[saved](rows))
    results = [result(unicodedata.normalize("NFD", "José Núñez"), 3), result("Zoë Ångström", 4)]
    text, missing = canvas(tmp_path / "roster.csv", results)
    assert missing == [] and [row[-1] for row in table(text)[2:]] == ["3", "4"]


def test_numbers_in_cells():
    known = {"1.5": 1.5, "1,5": 1.5, " 2 ": 2, "0": 0, ",5": 0.5, "-1": -1}
    assert {text: read_number(text) for text in known} == known
    for text in ("", "x", "1,2,3", "1.234,5", "1,234.5", "½"):
        assert read_number(text) != read_number(text), text


def test_a_table_that_is_none(tmp_path):
    path = tmp_path / "sheet.csv"
    for content in (b"", b"\n\n", b"\xff\xfe", b'a;b\n"x', b"PK\x03\x04\0\0", b"student\nx\n"):
        path.write_bytes(content)
        with pytest.raises(ValueError, match=re.escape(str(path))):
            read_rows(path, ("student", "item"), "a sheet")
    with pytest.raises(ValueError, match="cannot be read"):
        read_rows(tmp_path / "none.csv", ("student",), "a sheet")


# Marks


def test_what_nobody_has_answered_needs_no_mark(tmp_path):
    texts = ["", " \n", STUB, "*Your answer.*", "YOUR ANSWER HERE", "_Type your answer here_"]
    results = [result(f"s{i}", 1, text) for i, text in enumerate(texts)]
    written = marking_sheet([*results, result("real", 1, "Your answer is that it grows.")])
    assert [row[2] for row in table(written)[1:]] == ["0"] * len(texts) + [""]
    for sheet in (marking_sheet(results), marking_sheet(results).replace(",0,2,", ",,2,")):
        again = [result(f"s{i}", 1, text) for i, text in enumerate(texts)]
        (tmp_path / "sheet.csv").write_text(sheet)
        add_marks(again, tmp_path / "sheet.csv")
        assert {(r["score"], r["max_score"], r["max_by_hand"]) for r in again} == {(1, 13, 0)}
    (tmp_path / "sheet.csv").write_text(f"{','.join(SHEET)}\ns0,allocation-text,0.5,2,\n")
    add_marks(results, tmp_path / "sheet.csv")  # rows were taken out; one was marked all the same
    assert [r["score"] for r in results] == [1.5, 1, 1, 1, 1, 1]


def test_all_faults_of_a_sheet_are_told_at_once(tmp_path):
    results = [result(name) for name in ("Ada", "Bob", "Cleo", "Dora", "Eve", "Finn")]
    lines = ["Ada;allocation-text;3", "Bob;allocation-text;", "Cleo;allocation-text;much"]
    lines += ["Dora;allocation-text;1", "Dora;allocation-text;1", "Eve;loss-text;1"]
    lines += ["Nobody;allocation-text;1", "Bob;allocation-text;1"]
    rows = [f'{line};"{ANSWER}"' for line in lines] + ["Gus;allocation-text;2;I have no idea"]
    results.append(result("Gus"))
    (tmp_path / "sheet.csv").write_text("\n".join(["student;item;points;answer", *rows]))
    with pytest.raises(ValueError, match="cannot be used") as caught:
        add_marks(results, tmp_path / "sheet.csv")
    assert str(caught.value).partition(" cannot be used: ")[2].split("; ") == [
        "no longer the answers that were marked (1): Gus (allocation-text): run --to-mark, "
        "which keeps all other marks of its sheet, and mark these again",
        "answers without points (3): Bob (allocation-text), Eve (allocation-text), "
        "Finn (allocation-text)",
        "row 2 (Ada, allocation-text): points must be from 0 to 2, not '3'",
        "row 4 (Cleo, allocation-text): points must be from 0 to 2, not 'much'",
        "row 6 (Dora, allocation-text): it is marked twice",
        "row 7 (Eve, loss-text): there is no such answer",
        "row 8 (Nobody, allocation-text): there is no such answer",
        "row 9 (Bob, allocation-text): it is marked twice",
    ]
    assert {(r["score"], r["max_score"]) for r in results} == {(0, 11)}  # nothing half done


@pytest.mark.parametrize("keeps_apostrophes", [True, False])
def test_names_that_a_spreadsheet_minds(tmp_path, keeps_apostrophes):
    names = ["'Ada", "Ada", "=1+1", "-x", "O'Brien", "\uff1dwide", ".Net Fan", "Ada "]
    names = names if keeps_apostrophes else names[1:-1]
    results = [result(name, i) for i, name in enumerate(names[:-1] if keeps_apostrophes else names)]
    rows = table(marking_sheet(results))
    for i, row in enumerate(rows[1:]):
        row[2] = str(i / 10)
        if not keeps_apostrophes:
            row[0] = row[0].removeprefix("'")
    (tmp_path / "sheet.csv").write_text(as_comma(rows))
    add_marks(results, tmp_path / "sheet.csv")
    assert [r["score"] for r in results] == [i + i / 10 for i in range(len(results))]


def test_an_unfilled_sheet_is_refused_on_one_screen(tmp_path):
    results = [result(f"Student {i}") for i in range(200)]
    (tmp_path / "sheet.csv").write_text(marking_sheet(results))
    with pytest.raises(ValueError, match=r"without points \(200\): Student 0 \(.*\) and 190 more"):
        add_marks(results, tmp_path / "sheet.csv")
    (tmp_path / "sheet.csv").write_text(marking_sheet(results).replace(",,2,", ",3,2,"))
    with pytest.raises(ValueError, match=r"and 190 more$") as caught:
        add_marks(results, tmp_path / "sheet.csv")
    assert len(str(caught.value)) < 1500


def test_a_sheet_without_the_answers_says_what_is_missing(tmp_path):
    (tmp_path / "sheet.csv").write_text("student,item,points\nAda,allocation-text,2\n")
    with pytest.raises(ValueError, match=r"no column 'answer': is it the sheet .*, with the answ"):
        add_marks([result("Ada")], tmp_path / "sheet.csv")


@pytest.mark.parametrize(("then", "now"), [("", ANSWER), (ANSWER, "No idea."), (ANSWER, "")])
def test_marks_are_for_the_answer_that_was_read(tmp_path, then, now):
    old = marking_sheet([result("Ada", 3, then), result("Bob", 3)]).replace(",,2,", ",2,2,")
    (tmp_path / "sheet.csv").write_text(old)
    results = [result("Ada", 3, now), result("Bob", 3)]
    with pytest.raises(ValueError, match=r"no longer the answers .*: Ada \(allocation-text"):
        add_marks(results, tmp_path / "sheet.csv")
    marks, lost = kept_marks(results, tmp_path / "sheet.csv")
    assert lost == ([("Ada", "allocation-text")] if then else [])
    points = [row[2] for row in table(marking_sheet(results, marks))[1:]]
    assert points == ["" if now else "0", "2"]


@pytest.mark.parametrize("saved", SAVED)
def test_marks_are_kept_however_the_sheet_was_saved(tmp_path, saved):
    texts = ["=1+1 is \u20ac 5,\nor \u2018more\u2019?", "a; b\t c \r\n'quoted'", "-x\n\n+y", "é?"]
    texts += [] if "UTF" not in saved else ["α > β \U0001f600"]
    results = [result(f"s{i}", 1, text) for i, text in enumerate(texts)]
    rows = [
        [*row, "fine" if i else "remark"] for i, row in enumerate(table(marking_sheet(results)))
    ]
    for row in rows[1:]:
        row[2] = "1,5"
    (tmp_path / "sheet.csv").write_bytes(SAVED[saved](rows))
    marks, lost = kept_marks(results, tmp_path / "sheet.csv")
    again = table(marking_sheet(results, marks))
    assert lost == [] and {(row[2], row[6]) for row in again[1:]} == {("1,5", "fine")}
    (tmp_path / "sheet.csv").write_text(marking_sheet(results, marks))
    add_marks(results, tmp_path / "sheet.csv")
    assert {r["score"] for r in results} == {2.5}


def test_names_that_excel_has_no_letters_for_are_known_if_one_student_fits(tmp_path):
    results = [result("Cem Şahin", 1), result("Zoë Müller", 1), result("Łuk", 1), result("Ňuk", 1)]
    sheet = marking_sheet(results).replace(",,2,", ",1.5,2,").encode("cp1252", "replace")
    (tmp_path / "sheet.csv").write_bytes(sheet)
    marks, lost = kept_marks(results, tmp_path / "sheet.csv")
    assert [name for name, _ in marks] == ["Cem Şahin", "Zoë Müller"]
    assert lost == [("?uk", "allocation-text")] * 2
    with pytest.raises(
        ValueError, match=r"\?uk, .*: there is no such answer \(save .* 'CSV UTF-8'"
    ):
        add_marks(results, tmp_path / "sheet.csv")
    (tmp_path / "sheet.csv").write_bytes(b"\n".join(sheet.splitlines()[:5]))
    add_marks(results[:2], tmp_path / "sheet.csv")
    assert [one["score"] for one in results[:2]] == [2.5, 2.5]


def test_signs_that_excel_has_no_letter_for_are_no_other_answer(tmp_path):
    (ada,) = [result("Ada", 1, "α > β \U0001f600")]
    sheet = marking_sheet([ada]).replace(",,2,", ",1,2,").encode("cp1252", "replace")
    (tmp_path / "sheet.csv").write_bytes(sheet.replace(b"? ?", b"? ??"))
    add_marks([ada], tmp_path / "sheet.csv")
    assert ada["score"] == 2


def test_students_who_differ_by_an_apostrophe_are_two(tmp_path):
    rows = [["Identifier", "Full name", "Grade", "Maximum Grade"]]
    rows += [["Participant 1", "'Ada", "", "11"], ["Participant 2", "Ada", "", "11"]]
    (tmp_path / "roster.csv").write_text(as_comma(rows))
    text, missing = moodle(tmp_path / "roster.csv", [result("Ada", 1), result("'Ada", 2)])
    assert missing == [] and [row[2] for row in table(text)[1:]] == ["2", "1"]


def test_after_the_marks_nothing_is_left_to_be_marked(tmp_path):
    (ada,) = [result("Ada", 11)]
    (tmp_path / "sheet.csv").write_text(marking_sheet([ada]).replace(",,2,", ",2,2,"))
    add_marks([ada], tmp_path / "sheet.csv")
    rows = [["Identifier", "Full name", "Grade", "Maximum Grade", "Feedback comments"]]
    rows += [["Participant 1", "Ada", "", "13", ""]]
    (tmp_path / "roster.csv").write_text(as_comma(rows))
    text, _ = moodle(tmp_path / "roster.csv", [ada])
    assert table(text)[1][2] == "13" and "to be marked by hand" not in text


def test_a_part_of_a_grade_is_not_blown_up_to_the_whole(tmp_path):
    roster = tmp_path / "roster.csv"
    roster.write_text("Student,ID,Small (1)\nPoints Possible,,26\nAda,1,\n")
    with pytest.raises(ValueError, match="11 points and answers in words 2 more: give --marks"):
        canvas(roster, [result("Ada", 5)], scale=True)
    (tmp_path / "sheet.csv").write_text(
        f'student,item,points,answer\nAda,allocation-text,2,"{ANSWER}"\n'
    )
    add_marks([ada := result("Ada", 11)], tmp_path / "sheet.csv")
    assert table(canvas(roster, [ada], scale=True)[0])[2][-1] == "26"


# Formulas


@pytest.mark.parametrize("text", ["=1", "+a", "-x", "@sum", "\t=1", "\r=1", "\n=1", "\uff1d1", "-"])
def test_formulas_are_made_harmless(text):
    assert harmless(text).startswith("'") or harmless(text)[1:].startswith("'")
    assert harmless(text).replace("'", "") == text


def test_nor_are_there_formulas_for_a_spreadsheet_that_splits_at_semicolons():
    assert harmless("Ann; =1+1") == "Ann;' =1+1" and harmless("x\n- y;z") == "x\n'- y;z"
    text = to_csv([["Ada", 'fine\n+1+1\n;=cmd|\' /C calc\'!A0\n;"=cmd"\n ""+1']])
    for delimiter in ",;\t":
        cells = [cell.strip() for row in table(text, delimiter) for cell in row]
        assert not [cell for cell in cells if cell[:1] in ("=", "+", "-", "@")]


def test_numbers_stay_numbers_and_what_a_platform_wrote_stays():
    assert [harmless(v) for v in (-1, -1.5, "2", 3, "a=b")] == ["-1", "-1.5", "2", "3", "a=b"]
    assert to_csv([["a,b", 'c"d', "e\nf"]]) == '"a,b","c""d","e\nf"\n'
    assert to_csv([["-", "=x"]], keep=True) == "-,=x\n" and to_csv([["=x"]]) == "'=x\n"


def test_no_text_whatever_becomes_a_formula():
    rng = random.Random(11)
    pieces = [*"=+-@;\t\n\r\"', a1|\uff0b"]
    for _ in range(4000):
        cells = ["".join(rng.choices(pieces, k=rng.randint(1, 9))) for _ in range(3)]
        text = to_csv([cells])
        for delimiter in ",;\t":
            for row in csv.reader(io.StringIO(text, newline=""), delimiter=delimiter):
                for cell in row:
                    assert cell.lstrip()[:1] not in tuple("=+-@\uff0b"), (cells, delimiter)


def test_the_guard_is_linear():
    """Minutes, if each tab were looked at once for each that follows."""
    for run in ("\t" * 400_000, " " * 400_000, ";" * 400_000, '"' * 400_000, "\n \t" * 200_000):
        assert len(harmless("a" + run + "b")) == len(run) + 2
