"""What is read of notebooks, assignments, folders and archives, and what is refused."""

import datetime
import io
import json
import os
import re
import subprocess
import sys
import time
import zipfile

import numpy as np
import pandas as pd
import pytest
from nbformat import from_dict
from nbgrader.utils import compute_checksum
from small_assignment import LOSS, SETUP, Paper, cell, notebook, source

from grading.classes import archives, submissions
from grading.classes.archives import Refused, list_archive, list_files
from grading.classes.submissions import Submission, collect
from grading.marking.run_and_test import FINISHED, Tests, moments_to_try
from grading.marking.run_and_test import _short as short
from grading.marking.session import Function
from grading.reports.feedback import feedback_text
from grading.reports.late_rule import LateRule, read_time, take_off
from grading.reports.student_results import by_exercise, empty_result, one_line, read_report
from grading.sandbox.enclosure import Limits
from grading.source import submitted_cells
from grading.source.assignment import known, load, parse
from grading.source.source_names import SourceNames
from grading.source.submitted_cells import (
    SubmittedCell,
    Unreadable,
    handed_out,
    match,
    own_work,
    read_notebook,
    restore_notebook,
    without_outputs,
    written_names,
)

SMALL = parse(json.dumps(source()), "small")


# Assignments


def test_an_assignment():
    assert list(SMALL.tests) == ["loss-test", "allocation-test", "allocation-test-2", "slope-test"]
    assert (SMALL.max_score, SMALL.max_by_hand) == (11, 2)
    assert SMALL.tests_of("allocation") == ["allocation-test", "allocation-test-2"]
    assert "reference" in SMALL.tests["loss-test"].source
    assert "reference" not in SMALL.tests["loss-test"].released


def broken(change):
    made = source()
    change(made)
    return json.dumps(made)


def set_metadata(name, **values):
    def change(made):
        for one in made["cells"]:
            if one["id"] == name:
                one["metadata"]["nbgrader"].update(values)

    return change


def set_source(name, text):
    def change(made):
        for one in made["cells"]:
            if one["id"] == name:
                one["source"] = text

    return change


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "not a notebook of format 4"),
        ("[" * 10_000, "not a notebook of format 4"),
        ('{"nbformat": 3, "cells": []}', "not a notebook of format 4"),
        ('{"nbformat": 4, "cells": 3}', "not a notebook of format 4"),
        ('{"nbformat": 4, "cells": []}', "no cell gives points"),
        ('{"nbformat": 4, "cells": [{"cell_type": "code"}]}', "cell 1: 'source'"),
        ('{"nbformat": 4, "cells": [5]}', "cell 1"),
        (broken(set_metadata("loss-test", points=-1)), "points must be a number"),
        (broken(set_metadata("loss-test", points="3")), "points must be a number"),
        (broken(set_metadata("loss-test", grade_id="loss")), "the id 'loss' is used twice"),
        (broken(set_metadata("loss-test", grade_id="")), "no grade_id"),
        (broken(set_source("loss", "def loss(:")), "cell 'loss': "),
        (broken(set_source("loss-test", "### BEGIN HIDDEN TESTS")), "without END HIDDEN TESTS"),
        (broken(set_source("loss-test", "### END HIDDEN TESTS")), "do not alternate"),
        (broken(set_metadata("allocation-text", solution=False)), "text that gives points"),
    ],
)
def test_assignments_that_cannot_be_used(text, message):
    with pytest.raises(ValueError, match=message):
        parse(text, "small")


def test_every_exercise_of_the_course_has_a_title():
    for name in known():
        one = load(name)
        exercises = by_exercise([{"id": test} for test in one.tests])
        assert exercises.keys() <= one.titles.keys(), name
    assert load("forecasting").titles["largest-run"] == "Your forecast"
    assert SMALL.titles == {}


def test_an_overlay_adds_hidden_tests(tmp_path):
    (tmp_path / "small.ipynb").write_text(json.dumps(source()))
    folder = tmp_path / "private" / "small"
    folder.mkdir(parents=True)
    (folder / "loss-test.py").write_text("assert loss(3.0) > 0")
    ours = load(tmp_path / "small.ipynb", tmp_path / "private")
    cell = ours.tests["loss-test"]
    assert "assert loss(3.0)" in cell.source and "loss(3.0)" not in cell.released
    assert ours.digest != SMALL.digest
    (folder / "lost-test.py").write_text("")
    with pytest.raises(ValueError, match="no test cell 'lost-test'"):
        load(tmp_path / "small.ipynb", tmp_path / "private")
    with pytest.raises(ValueError, match="no folder of hidden tests"):
        load(tmp_path / "small.ipynb", tmp_path / "elsewhere")


def test_an_unknown_assignment():
    with pytest.raises(ValueError, match="no assignment 'nothing': name one of exercises/source"):
        load("nothing")


def names_of(*cells):
    made = [cell("code", text, f"c{i}", role) for i, (role, text) in enumerate(cells)]
    made.append(cell("code", "assert f(1)", "f-test", "test", 1))
    return SourceNames(parse(json.dumps(notebook(made)), "x"))


def test_which_names_are_the_learners():
    names = names_of(
        ("locked", "import numpy as np\nT = 1e-6\ndef near(a):\n    f = a\n    return abs(f) < T"),
        (
            "solution",
            "import math\nnp.seterr(all='raise')\nK = 3\ndef f(x):\n    return near(x) * K",
        ),
        ("", "y = f(2)\nz = [y]\nz.append(T)\nw = {}\nw['T'] = T\nnp.sqrt(y)"),
    )
    trusted = {name for name in names.defined if names.is_trusted(name)}
    assert trusted == {"np", "T", "near", "math", "w"}
    assert not names.is_trusted("nothing")
    assert names["near"](0.0) and names["w"] == {"T": 1e-6} and names["z"] == [0, 1e-6]
    with pytest.raises(KeyError):
        names["nothing"]


def test_a_default_value_and_a_pattern_come_from_a_solution_as_well():
    names = names_of(
        ("solution", "def f(x):\n    return x"),
        ("", "def near(f=f):\n    return 1\nmatch f(2):\n    case y:\n        pass\nz = 3"),
    )
    assert {name for name in names.defined if names.is_trusted(name)} == {"z"}


def test_the_source_is_run_only_as_far_as_needed():
    names = names_of(
        ("solution", "def f(x):\n    return g(x)\ndef g(x):\n    return x"), ("", "1 / 0")
    )
    assert names["f"](4) == 4


# Notebooks


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "empty"),
        (b" \n", "empty"),
        (b"{", "not valid JSON"),
        (b"[" * 100_000, "not valid JSON"),
        (b"PK\x03\x04", "an archive"),
        (b"\x80\x81", "not text in UTF-8"),
        (b"3", "has no cells"),
        (b"{}", "has no cells"),
        (b'{"cells": {}}', "has no cells"),
        (b'{"worksheets": 3}', "has no cells"),
        (b'{"cells": [' + b"0," * 6000 + b"0]}", "more than 5000 cells"),
        (b" " * (65 << 20), "larger than 64 MB"),
    ],
)
def test_files_that_are_no_notebooks(content, message):
    with pytest.raises(Unreadable, match=message):
        read_notebook(content)


@pytest.mark.parametrize(
    "one",
    [
        "3",
        "null",
        "[]",
        "{}",
        '{"cell_type": 3, "source": ""}',
        '{"cell_type": "code", "source": 3}',
        '{"cell_type": "code", "source": ["a", 3]}',
    ],
)
def test_broken_cells_are_left_out(one):
    assert read_notebook(f'{{"cells": [{one}]}}'.encode()) == []


def test_encodings_and_old_formats():
    paper = Paper()
    cells = read_notebook(paper.text.encode())
    assert read_notebook(b"\xef\xbb\xbf" + paper.text.encode()) == cells
    assert read_notebook(paper.text.encode("utf-16")) == cells
    assert read_notebook(paper.version_3().encode()) == cells


def steps(paper):
    found = match(SMALL, read_notebook(paper.text.encode()))
    return [step.test or ("learner" if step.learners else "given") for step in found.steps]


PLAIN = ["given", "learner", "loss-test", "learner", "allocation-test", "allocation-test-2"]
PLAIN += ["learner", "slope-test"]


@pytest.mark.parametrize(
    "paper",
    [
        Paper(),
        Paper().strip(),
        Paper().remove("loss-test", "allocation-test"),
        Paper().remove("setup", "slope-test"),
    ],
)
def test_everything_is_found_again(paper):
    assert steps(paper) == PLAIN


@pytest.mark.parametrize("text", ["print('all fine')", "", "assert True", "%%bash\ntrue"])
def test_given_cells_that_were_changed_are_named_as_those_that_were_deleted(text):
    paper = Paper().edit("slope-test", text).remove("loss-test")
    paper.edit("setup", "import os\n" + SETUP)
    cells = read_notebook(paper.text.encode())
    assert match(SMALL, cells).restored == ("setup", "loss-test", "slope-test")
    same = Paper().edit("setup", "# mine\n" + SETUP.replace("\n", "\n\n"))
    assert match(SMALL, read_notebook(same.text.encode())).restored == ()


def test_what_was_written_into_given_cells_runs_before_what_is_given():
    edited = Paper().edit("setup", "T = 1").edit("loss-test", "def loss(N):\n    return 1")
    wanted = ["learner", *PLAIN]
    wanted.insert(wanted.index("loss-test"), "learner")
    assert steps(edited) == wanted
    # nbgrader is given the same cells, in a form that it does not restore a second time.
    again = restore_notebook(SMALL, read_notebook(edited.text.encode()))
    assert steps(Paper().edit("setup", "# a remark")) == PLAIN
    found = match(SMALL, read_notebook(json.dumps(again).encode()))
    assert [s.test or ("learner" if s.learners else "given") for s in found.steps] == wanted


@pytest.mark.parametrize(
    ("code", "names"),
    [
        ("loss = 1", {"loss"}),
        ("a, b = f(c=2)", {"a", "b"}),
        ("(a, b) = 1, 2", {"a", "b"}),
        ("!ls\nloss?\nasync def f(x):\n  def g(y): pass\n  z = 1", {"f", "g"}),
        ("%%time\nclass A:\n    b = 1", {"A"}),
        ("print(loss(3), end='')\nassert loss(1) == 2\nif a <= b: pass", set()),
        # What would take minutes and gigabytes to parse.
        ("import a" + ".b" * 100_000 + "\nx = 1", {"x"}),
        ("y\n" * 1_000_000 + "def", set()),
    ],
)
def test_what_a_learner_seems_to_define(code, names):
    assert written_names(code) == names


def test_tests_that_are_nowhere_come_last():
    assert steps(Paper().strip().remove(*[])) == PLAIN
    nothing = Paper()
    nothing.notebook["cells"] = [cell("code", "x = 1")]
    assert steps(nothing) == ["given", "learner", *SMALL.tests]


TITLE = "# A small assignment\n\nThree exercises. In each of them you write a function."


def older_version(listed):
    """A paper of a version with another title and test, and without the last exercise."""
    paper = Paper().remove("slope", "slope-test").edit("loss-test", "assert loss(1e6) > 0")
    paper.edit("title-cell", "# A small assignment\n\nDo whatever you like with this.")
    paper.edit("about-text", "What does a ratio of 20 tokens a parameter assume about data?")
    given = [(one["cell_type"], one["source"]) for one in paper.cells]
    if listed:
        paper.notebook["metadata"]["handed_out"] = handed_out(given)
    else:
        for one in paper.cells:
            if "nbgrader" in one["metadata"]:
                one["metadata"]["nbgrader"]["checksum"] = compute_checksum(from_dict(one))
    return paper


def as_released(made):
    """The small assignment with a longer title."""
    made["cells"][0]["source"] = TITLE
    made["cells"][8]["source"] = "What does the rule of 20 tokens per parameter assume about data?"
    return parse(json.dumps(made), "small")


@pytest.mark.parametrize("listed", [True, False])
def test_the_text_of_another_version_is_no_answer_and_its_cells_nobody_s_fault(listed):
    now, paper = as_released(source()), older_version(listed)

    def found(cells):
        return match(now, cells)

    cells = read_notebook(paper.text.encode())
    for kept in (cells, read_notebook(without_outputs(cells))):
        one = found(kept)
        assert one.text == {"allocation-text": "*Your answer.*"}
        assert (one.older, one.lacks, one.restored) == (("loss-test",), ("slope",), ())
        assert [s.source for s in one.steps if s.source == "assert loss(1e6) > 0"] == []
    again = restore_notebook(now, cells)
    assert found(read_notebook(json.dumps(again).encode())).text["allocation-text"] == (
        "*Your answer.*"
    )
    # What was added to it counts, and what was changed by the learner is the learner's.
    paper.edit("loss-test", "pass")
    asked = paper.cells[paper.index("about-text")]
    asked["source"] += "\n\nThat both matter."
    one = found(read_notebook(paper.text.encode()))
    assert one.text["allocation-text"].endswith("for it:]\nThat both matter.")
    assert one.older == () and "loss-test" in one.restored
    asked["source"] = "What does the rule of 20 tokens per parameter assume about data? It depends."
    one = found(read_notebook(paper.text.encode()))
    assert one.text["allocation-text"].endswith("It depends.")


def test_points_that_no_float_can_hold_leave_a_notebook_readable():
    for points in (10**400, float("inf"), float("nan"), -1, None, "3", [3]):
        paper = Paper()
        paper.cells[paper.index("loss-test")]["metadata"]["nbgrader"]["points"] = points
        assert len(read_notebook(paper.text.encode())) == len(paper.cells)


def test_no_more_paragraphs_are_held_against_the_given_ones_than_one_can_have_written(monkeypatch):
    looked_at, paper = [], Paper()
    monkeypatch.setattr(submitted_cells, "_is_other_version", lambda *line: looked_at.append(line))
    for number in range(300):
        paper.cells.append(cell("markdown", f"Thought {number} of mine about data and size."))
    match(SMALL, read_notebook(paper.text.encode()))
    assert 0 < len(looked_at) <= submitted_cells.MAX_PARAGRAPHS


def own(paper):
    """Return the digests of what is the learner's own in a notebook."""
    cells = read_notebook(paper.text.encode())
    return own_work(SMALL, cells, match(SMALL, cells))


def test_own_work_is_the_same_whatever_is_not_code():
    def own_slope(code):
        return own(Paper(slope=code)).get("slope")

    code = """def slope(x, y):
    steps = [(b - a) / (d - c) for a, b, c, d in zip(y, y[1:], x, x[1:])]
    return sum(steps) / max(1, len(steps))"""
    texts = code.replace("steps = [", '"""Mine.\n\n    Of steps."""\n    # so\n\n\n    steps = [')
    assert own_slope(code) == own_slope(texts) is not None
    assert own_slope(code) != own_slope(code.replace("steps", "parts"))
    # A short solution in a sea of blank lines is short, and read in one pass.
    assert own_slope("x = 1" + "\n" * 100_000) is None


def test_a_stub_of_another_version_is_nobody_s_own_work():
    stub = """def slope(x, y):
    message = "Replace this line by a solution of your own; the hints below may help."
    raise NotImplementedError(message)"""
    paper = Paper(slope=stub)
    given = [(one["cell_type"], one["source"]) for one in paper.cells]
    assert "slope" in own(paper)
    paper.notebook["metadata"]["handed_out"] = handed_out(given)
    assert own(paper) == {}


def test_hidden_tests_are_recognised_by_their_comments():
    assignment = load("forecasting")
    cells = [
        SubmittedCell(cell.kind, cell.released, "") for cell in assignment.cells
    ]  # without ids
    assert match(assignment, cells).restored == ()


def test_in_a_notebook_of_this_version_every_word_that_was_added_counts():
    now, paper = as_released(source()), Paper().edit("title-cell", TITLE)
    question = "What does the rule of 20 tokens per parameter assume about data?"
    paper.edit("about-text", question)
    given = [(one["cell_type"], one["source"]) for one in paper.cells]
    paper.notebook["metadata"]["handed_out"] = handed_out(given)
    for said in (f"{question} Both.", question.replace("about data", "Both"), f"Both. {question}"):
        paper.edit("about-text", said)
        found = match(now, read_notebook(paper.text.encode()))
        assert "Both" in found.text["allocation-text"] and (found.older, found.lacks) == ((), ())


def test_a_result_says_that_the_notebook_is_of_another_version():
    events = [{"event": "match", "restored": [], "text": {}, "own": {}}]
    events[0] |= {"older": ["loss-test"], "lacks": ["slope"]}
    events += [
        {"event": "outcome", "id": test, "score": 0, "message": "`x` is not defined", "detail": ""}
        for test in SMALL.tests
    ]
    report = {"events": [*events, {"event": "done"}], "end": "", "left": 0, "seconds": 1}
    made = read_report(SMALL, report)
    assert made["items"][-1]["message"] == "This exercise is not in your version of the notebook."
    assert made["items"][0]["message"] == "`x` is not defined"
    told = "it lacks the exercises: slope; cells that have changed since: loss-test."
    assert told in one_line(made | {"notes": []}) and told in feedback_text(made)


def test_text_to_mark_is_found_without_its_id():
    paper = Paper().edit("allocation-text", "Both matter.").strip()
    assert match(SMALL, read_notebook(paper.text.encode())).text == {
        "allocation-text": "Both matter."
    }


def test_a_test_is_tried_again_only_where_that_may_help():
    def tried(paper):
        found = match(SMALL, read_notebook(paper.text.encode()))
        return moments_to_try(SMALL, found, "loss-test")

    assert tried(Paper()) == ["loss-test"]
    assert tried(Paper().add(LOSS)) == ["loss-test", FINISHED]
    assert tried(Paper().add("!ls\n" + LOSS)) == ["loss-test", FINISHED]
    assert tried(Paper().add("%magic\nx = 1")) == ["loss-test"]


@pytest.mark.parametrize(
    "paper",
    [Paper(), Paper().strip(), Paper().remove("setup", "loss", "slope-test", "allocation-text")],
)
def test_a_restored_notebook_has_all_cells_with_their_metadata(paper):
    made = restore_notebook(SMALL, read_notebook(paper.text.encode()), "A remark.")
    kept = [c["metadata"]["nbgrader"]["grade_id"] for c in made["cells"] if c["metadata"]]
    assert kept == list(SMALL.by_id)
    assert "HIDDEN" not in json.dumps(made) and made["cells"][0]["source"] == "A remark."


@pytest.mark.parametrize(
    "paper",
    [
        Paper(),
        Paper().strip(),
        Paper().remove("setup", "loss", "slope-test", "allocation-text"),
        Paper().remove("setup", *SMALL.tests),
        Paper().remove("loss-test").add("loss = None", after="loss"),
        Paper().remove("slope-test").add("slope = None").move("allocation-text"),
        Paper().remove(*SMALL.by_id).add("x = 1").add("def slope(x, y):\n    return 2"),
        Paper().remove(*SMALL.by_id).add("x = 1").strip(),
    ],
)
def test_nbgrader_is_shown_what_is_run(paper):
    made = restore_notebook(SMALL, read_notebook(paper.text.encode()), "A remark.")
    found = [
        match(SMALL, read_notebook(json.dumps(one).encode())) for one in (paper.notebook, made)
    ]
    ours, theirs = [[(s.test, s.source) for s in one.steps] for one in found]
    assert theirs == ours


# Folders and archives


def packed(**entries):
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as made:
        for name, data in entries.items():
            made.writestr(name, data)
    return content.getvalue()


def students(path):
    return {s.student: s for s in collect(path, SMALL)}


def test_nbgraders_folders(tmp_path):
    for student in ("ada", "zoe"):
        folder = tmp_path / student / "small"
        folder.mkdir(parents=True)
        (folder / "small.ipynb").write_text(Paper().text)
        (folder / "timestamp.txt").write_text("2026-11-30 10:00:00.000000 UTC\n")
        (tmp_path / student / "other").mkdir()
        (tmp_path / student / "other" / "other.ipynb").write_text(Paper().text)
    (tmp_path / "empty").mkdir()
    found = students(tmp_path)
    assert list(found) == ["ada", "empty", "zoe"]
    assert found["ada"].file == "ada/small/small.ipynb" and found["ada"].notes == []
    assert found["ada"].submitted == datetime.datetime(2026, 11, 30, 10, tzinfo=datetime.UTC)
    assert found["empty"].status == "missing"


@pytest.mark.parametrize("place", ["zoe/small/more", "zoe/zzz", "Zoe_41_assignsubmission_file"])
def test_a_timestamp_that_a_student_brings_along_is_none(tmp_path, place):
    folder = tmp_path / place
    folder.mkdir(parents=True)
    (folder / "small.ipynb").write_text(Paper().text)
    (folder / "timestamp.txt").write_text("2020-01-01 00:00:00 UTC")
    (found,) = students(tmp_path).values()
    assert found.file and found.submitted is None


def test_a_file_called_as_by_canvas_in_a_students_own_folder(tmp_path):
    for student in ("ada", "bob"):
        (tmp_path / student / "small").mkdir(parents=True)
        (tmp_path / student / "small" / "bob_3_1_final.ipynb").write_text(Paper().text)
    assert [(s, f.ids) for s, f in students(tmp_path).items()] == [("ada", {}), ("bob", {})]


def test_the_files_of_canvas_in_a_folder(tmp_path):
    (tmp_path / "submissions").mkdir()
    for name in ("ada_7_100_small.ipynb", "bob_8_101_small.ipynb"):
        (tmp_path / "submissions" / name).write_text(Paper().text)
    assert list(students(tmp_path)) == ["ada", "bob"]


AROUND = {
    "files": ("class/ada.ipynb", "class/bob.ipynb"),
    "files called alike": ("class/small_ada.ipynb", "class/small_bob.ipynb"),
    "folders": ("class/ada/small.ipynb", "class/bob/small.ipynb"),
    "folders in two": (
        "x/class/ada/small.ipynb",
        "x/class/bob/my.ipynb",
        "x/class/bob/small.ipynb",
    ),
    "nbgrader": ("class/ada/small/small.ipynb", "class/bob/small/small.ipynb"),
    "Canvas": ("submissions/ada_7_100_small.ipynb", "submissions/bob_8_101_small.ipynb"),
    "Moodle": (
        "m/ada_1_assignsubmission_file/small.ipynb",
        "m/bob_2_assignsubmission_file/small.ipynb",
    ),
}


@pytest.mark.parametrize("packed_", [False, True])
@pytest.mark.parametrize("names", AROUND.values(), ids=AROUND)
def test_a_folder_around_a_class_is_no_student(tmp_path, names, packed_):
    made = packed(**dict.fromkeys(names, Paper().text))
    (tmp_path / "c.zip").write_bytes(made)
    zipfile.ZipFile(io.BytesIO(made)).extractall(tmp_path / "c")
    folder = (tmp_path / "c" / names[0]).parents[
        names[0].count("/") - names[0].startswith("x/") - 1
    ]
    (folder / "nobody").mkdir()
    found = students(tmp_path / ("c.zip" if packed_ else "c"))
    assert packed_ or found.pop("nobody").status == "missing"
    assert {name.removeprefix("small_") for name in found} == {"ada", "bob"}
    assert all(one.file for one in found.values())


@pytest.mark.parametrize(
    "names",
    [
        ("ada/small.ipynb",),
        ("ada/small.ipynb", "ada/small-old.ipynb"),
        ("ada/Untitled.ipynb", "ada/Untitled1 (copy).ipynb"),
        ("ada/small/small.ipynb", "ada/other/other.ipynb"),
        ("ada/homework/a.ipynb",),
        ("ada/homework/small.ipynb", "ada/homework/small_v2.ipynb"),
        ("ada_7_assignsubmission_file/one/a.ipynb", "ada_7_assignsubmission_file/two/b.ipynb"),
    ],
)
def test_the_folder_of_one_student_is_that_student(tmp_path, names):
    zipfile.ZipFile(io.BytesIO(packed(**dict.fromkeys(names, Paper().text)))).extractall(tmp_path)
    assert list(students(tmp_path)) == ["ada"]


def test_who_is_known_is_one_student_whatever_folders_they_have(tmp_path, capsys):
    names = [f"Mallory/{student}/small.ipynb" for student in ("Alice", "Bob")]
    made = packed(**dict.fromkeys(names, Paper().text))
    for path in (tmp_path / "a.zip", tmp_path / "a"):
        if path.suffix:
            path.write_bytes(made)
        else:
            zipfile.ZipFile(io.BytesIO(made)).extractall(path)
        assert [s.student for s in collect(path, SMALL)] == ["Alice", "Bob"]
        said = capsys.readouterr().err
        assert "Mallory is read as the folder of a class: Alice, Bob; " in said
        assert "put all that is in it into Mallory/small" in said
        assert [s.student for s in collect(path, SMALL, "Mallory".__eq__)] == ["Mallory"]
        assert not capsys.readouterr().err
    (tmp_path / "a" / "Mallory").rename(tmp_path / "small")
    (tmp_path / "a" / "Mallory").mkdir()
    (tmp_path / "small").rename(tmp_path / "a" / "Mallory" / "small")
    assert list(students(tmp_path / "a")) == ["Mallory"]
    (tmp_path / "b" / "Mallory").mkdir(parents=True)
    for name in ("Alice", "Bob"):
        (tmp_path / "b" / "Mallory" / f"{name}.ipynb").write_text(Paper().text)
    assert list(students(tmp_path / "b")) == ["Alice", "Bob"]
    assert [s.student for s in collect(tmp_path / "b", SMALL, "Mallory".__eq__)] == ["Mallory"]


METADATA = """---
submission_111:
  :submitters:
  - :name: Ann Lee
    :sid: '1'
    :email: ann@example.org
  :created_at: 2026-11-29 10:00:00.000000000 Z
  :score: 0.0
submission_222:
  :submitters:
  - :name: Bob Ray
    :sid: ''
    :email: bob@example.org
  - :name: Cy Bob
    :sid: '3'
    :email: cy@example.org
  :created_at: !ruby/object:ActiveSupport::TimeWithZone
    utc: 2026-12-03 10:00:00.123456789 Z
    zone: &1 !ruby/object:ActiveSupport::TimeZone
      name: America/Los_Angeles
submission_444:
  :submitters:
  - :name: Di Day
    :sid: '4'
"""


@pytest.mark.parametrize("folder", ["", "assignment_99_export/"])
@pytest.mark.parametrize("packed_", [False, True])
def test_the_archive_of_gradescope(tmp_path, folder, packed_):
    names = [f"{folder}submission_{n}/small.ipynb" for n in (111, 222, 333)]
    names += [f"{folder}submission_444/.DS_Store"]
    made = packed(
        **dict.fromkeys(names, Paper().text), **{f"{folder}submission_metadata.yml": METADATA}
    )
    (tmp_path / "g.zip").write_bytes(made)
    zipfile.ZipFile(io.BytesIO(made)).extractall(tmp_path / "g")
    found = students(tmp_path / ("g.zip" if packed_ else "g"))
    if not packed_:  # of which nothing is unpacked
        empty = found.pop("Di Day")
        assert (empty.ids, empty.status) == ({"gradescope": "4"}, "missing")
    assert list(found) == ["Ann Lee", "Bob Ray", "Cy Bob", "submission_333"]
    assert [one.ids.get("gradescope") for one in found.values()] == [
        "1",
        "bob@example.org",
        "3",
        None,
    ]
    assert found["Ann Lee"].submitted == datetime.datetime(2026, 11, 29, 10, tzinfo=datetime.UTC)
    assert found["Bob Ray"].submitted == found["Cy Bob"].submitted
    assert found["Cy Bob"].submitted.day == 3 and found["submission_333"].submitted is None
    assert all(one.file and not one.left_aside for one in found.values())


@pytest.mark.parametrize(
    "text", ["a: [", "- 1", "submission_1: 3", "submission_1: {}", "hello", "", "[" * 5000]
)
def test_without_what_gradescope_says_folders_are_graded_all_the_same(tmp_path, text, capsys):
    names = {"submission_1/small.ipynb": Paper().text, "submission_metadata.yml": text}
    (tmp_path / "g.zip").write_bytes(packed(**names))
    found = students(tmp_path / "g.zip")
    assert list(found) == ["submission_1"] and found["submission_1"].file
    assert "submission_metadata.yml is left out" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("names", "found"),
    [
        (["Mallory/*", "Mallory/a.ipynb", "Mallory/submission_111/small.ipynb"], ["Mallory"]),
        (["Mallory/*", "Mallory/submission_111/small.ipynb"], ["Mallory"]),
        (
            ["Mallory/assignment_9_export/*", "Mallory/assignment_9_export/submission_111/a.ipynb"],
            ["Mallory"],
        ),
        (["*", "Mallory/small.ipynb", "submission_111/small.ipynb"], ["Mallory", "submission_111"]),
        (["*", "Mallory.ipynb", "submission_111/small.ipynb"], ["Mallory", "submission_111"]),
        (
            ["Mallory/*", "Mallory/small.ipynb", "submission_111/a.ipynb"],
            ["Mallory", "submission_111"],
        ),
    ],
)
@pytest.mark.parametrize("packed_", [False, True])
def test_a_student_s_file_says_nothing_about_who_is_who(tmp_path, names, found, packed_):
    names = [name.replace("*", "submission_metadata.yml") for name in names]
    made = packed(**{n: METADATA if n.endswith(".yml") else Paper().text for n in names})
    (tmp_path / "c.zip").write_bytes(made)
    zipfile.ZipFile(io.BytesIO(made)).extractall(tmp_path / "c")
    assert list(students(tmp_path / ("c.zip" if packed_ else "c"))) == found


def test_names_and_dates_of_any_kind(tmp_path):
    for name in (b"L\xf6sung.ipynb", b"a\x1b[2Jb.ipynb"):
        with open(os.path.join(os.fsencode(tmp_path), name), "w") as file:
            file.write(Paper().text)
        os.utime(file.name, (2**40, 2**40))
    found = students(tmp_path)
    assert list(found) == ["L\ufffdsung", "a\ufffd[2Jb"]
    assert all(read_notebook(one.content) for one in found.values())


def test_too_many_notebooks(tmp_path, monkeypatch):
    monkeypatch.setattr(submissions, "MAX_NOTEBOOKS", 2)
    (tmp_path / "ada.zip").write_bytes(packed(**{f"{i}.ipynb": Paper().text for i in range(3)}))
    found = students(tmp_path)["ada"]
    assert found.status == "refused" and "more than 2 files" in found.message


def test_a_flat_folder(tmp_path):
    (tmp_path / "ada.ipynb").write_text(Paper().text)
    (tmp_path / "._ada.ipynb").write_text("")
    (tmp_path / ".ipynb_checkpoints").mkdir()
    (tmp_path / ".ipynb_checkpoints" / "ada.ipynb").write_text("")
    (tmp_path / "bob.ipynb.txt").write_text(Paper().text)  # as some browsers save it
    assert list(students(tmp_path)) == ["ada", "bob"]


def test_the_archive_of_canvas(tmp_path):
    names = ["lovelaceada_7_100_small.ipynb", "lovelaceada_7_101_small-2.ipynb"]
    names += [
        "quinnzoe_LATE_8_102_my homework.ipynb",
        "twinone_9_1_a.ipynb",
        "twinone_10_2_a.ipynb",
    ]
    (tmp_path / "c.zip").write_bytes(packed(**dict.fromkeys(names, Paper().text)))
    found = students(tmp_path / "c.zip")
    assert list(found) == ["lovelaceada", "quinnzoe", "twinone_10", "twinone_9"]
    assert found["lovelaceada"].file == names[1] and found["lovelaceada"].ids == {"canvas": "7"}
    assert "2 notebooks were handed in" in found["lovelaceada"].notes[0]
    assert found["quinnzoe"].flagged_late and not found["lovelaceada"].flagged_late


def test_the_archive_of_moodle(tmp_path):
    name = "Ada Lovelace_41_assignsubmission_file/small.ipynb"
    (tmp_path / "m.zip").write_bytes(packed(**{name: Paper().text, "__MACOSX/x": ""}))
    found = students(tmp_path / "m.zip")
    assert list(found) == ["Ada Lovelace"] and found["Ada Lovelace"].ids == {"moodle": "41"}
    assert read_notebook(found["Ada Lovelace"].content)
    # Moodle can also pack all files side by side.
    flat = {f"Ada Lovelace_41_assignsubmission_file_{one}": "x" for one in ("a.txt", "my_b.md")}
    name = "Zoe_Quinn_42_assignsubmission_file_small_2.ipynb"
    flat["Zoe_Quinn_42_assignsubmission_onlinetext_onlinetext.html"] = "<p>"
    (tmp_path / "flat.zip").write_bytes(packed(**flat, **{name: Paper().text}))
    found = students(tmp_path / "flat.zip")
    assert {one.student: one.ids["moodle"] for one in found.values()} == {
        "Ada Lovelace": "41",
        "Zoe_Quinn": "42",
    }
    assert found["Zoe_Quinn"].file == name


def test_a_file_of_data_beside_a_notebook_is_left_aside_in_silence(tmp_path):
    (tmp_path / "ada").mkdir()
    (tmp_path / "ada" / "commitment.json").write_text('{"H": 8}')
    (tmp_path / "ada" / "small.ipynb").write_text(Paper().text)
    found = students(tmp_path)["ada"]
    assert found.notes == [] and found.left_aside == ["ada/commitment.json"]


def test_of_several_notebooks_the_one_that_fits_is_graded(tmp_path):
    (tmp_path / "ada").mkdir()
    (tmp_path / "ada" / "notes.ipynb").write_text('{"cells": []}')
    (tmp_path / "ada" / "x.ipynb").write_text(Paper().text)
    (tmp_path / "ada" / "broken.ipynb").write_text("{")
    assert students(tmp_path)["ada"].file == "ada/x.ipynb"


@pytest.mark.parametrize(
    "name", ["../x.ipynb", "/x.ipynb", "a/../../x.ipynb", "C:/x.ipynb", "..\\x.ipynb"]
)
def test_paths_that_lead_out_of_an_archive_are_refused(name):
    (file,) = list_archive(io.BytesIO(packed(**{name: Paper().text})), "a.zip")
    assert ".." not in file.path and "" not in file.path
    with pytest.raises(Refused, match="leads out of the archive"):
        file.read()


def test_what_is_too_large_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(archives, "MAX_FILE", 1000)
    (tmp_path / "ada.ipynb").write_bytes(b" " * 1001)
    (tmp_path / "zoe.zip").write_bytes(packed(**{"a.ipynb": b" " * 1001}))
    found = students(tmp_path)
    assert [s.status for s in found.values()] == ["refused", "refused"]
    assert "larger than" in found["zoe"].message


def test_an_archive_that_lies_about_sizes():
    content = bytearray(packed(**{"a.ipynb": b"x" * 5000}))
    for mark, offset in ((b"PK\x01\x02", 24), (b"PK\x03\x04", 22)):
        at = content.index(mark) + offset
        content[at : at + 4] = (10).to_bytes(4, "little")
    (file,) = list_archive(io.BytesIO(bytes(content)), "a.zip")
    try:
        assert len(file.read()) <= 10
    except Refused as error:
        assert "cannot be unpacked" in str(error)


def test_links_are_refused(tmp_path):
    (tmp_path / "secret.ipynb").write_text(Paper().text)
    folder = tmp_path / "class"
    folder.mkdir()
    (folder / "ada.ipynb").symlink_to(tmp_path / "secret.ipynb")
    assert students(folder)["ada"].status == "refused"
    entry = zipfile.ZipInfo("zoe.ipynb")
    entry.external_attr = 0o120777 << 16
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as made:
        made.writestr(entry, "/etc/passwd")
    (file,) = list_archive(content, "a.zip")
    with pytest.raises(Refused, match="is a link"):
        file.read()


@pytest.mark.parametrize("around", ["", "class"])
def test_a_folder_that_is_a_link_is_a_student_s_as_well(tmp_path, around):
    folder, elsewhere = tmp_path / "all" / around, tmp_path / "elsewhere"
    for place in (folder / "ada", folder / "zoe", elsewhere):
        place.mkdir(parents=True)
        (place / "small.ipynb").write_text(Paper().text)
    (folder / "bob").symlink_to(elsewhere, target_is_directory=True)
    found = students(tmp_path / "all")
    assert {name: one.status for name, one in found.items()} == {
        "ada": "",
        "bob": "refused",
        "zoe": "",
    }
    assert "bob is a link" in found["bob"].message


def test_too_many_files(tmp_path, monkeypatch):
    monkeypatch.setattr(archives, "MAX_FILES", 2)
    (tmp_path / "a.zip").write_bytes(packed(a="", b="", c=""))
    with pytest.raises(ValueError, match="more than 2 files"):
        list_files(tmp_path / "a.zip")
    for name in "abc":
        (tmp_path / name).touch()
    with pytest.raises(ValueError, match="more than 2 files"):
        list_files(tmp_path)


@pytest.mark.parametrize("around", ["", "class/", "x/class/"])
@pytest.mark.parametrize("packed_", [False, True])
def test_the_many_files_of_one_take_nobody_else_s_away(tmp_path, monkeypatch, around, packed_):
    monkeypatch.setattr(archives, "MAX_OF_ONE", 5)
    monkeypatch.setattr(archives, "MAX_FILES", 12)
    names = [f"{around}{student}/small.ipynb" for student in ("Ann", "Bob", "Zed")]
    names += [f"{around}Bob/data/{i}.csv" for i in range(20)]
    names += [f"{around}{student}/{i}.png" for student in ("Ann", "Zed") for i in range(2)]
    made = packed(**dict.fromkeys(names, Paper().text), **{".DS_Store": "", "__MACOSX/x": ""})
    (tmp_path / "c.zip").write_bytes(made)
    zipfile.ZipFile(io.BytesIO(made)).extractall(tmp_path / "c")
    found = students(tmp_path / ("c.zip" if packed_ else "c"))
    assert list(found) == ["Ann", "Bob", "Zed"] and all(one.file for one in found.values())
    assert [len(one.left_aside) for one in found.values()] == [2, 4, 2]


@pytest.mark.parametrize(
    ("content", "advice"),
    [
        ("{", "Hand in the notebook itself, a file that ends in .ipynb."),
        (json.dumps({"cells": [0] * 5001}), "Hand in the notebook with less in it."),
        (
            json.dumps({"cells": [cell("markdown", "x" * 9_000_000)]}),
            "Hand in the notebook with less in it.",
        ),
    ],
)
def test_advice_fits_what_is_wrong(tmp_path, content, advice):
    (tmp_path / "ada.ipynb").write_text(content)
    assert students(tmp_path)["ada"].message.endswith(f". {advice}")


def test_a_notebook_whose_name_begins_with_a_full_stop_is_read(tmp_path):
    (tmp_path / "Dot" / ".ipynb_checkpoints").mkdir(parents=True)
    for name in (".small.ipynb", "._small.ipynb", ".~small.ipynb", ".ipynb_checkpoints/x.ipynb"):
        (tmp_path / "Dot" / name).write_text(Paper().text)
    (tmp_path / "Ann").mkdir()
    (tmp_path / ".Net Fan.ipynb").write_text(Paper().text)
    found = students(tmp_path)
    assert found["Dot"].file == "Dot/.small.ipynb" and found["Dot"].left_aside == []
    assert found[".Net Fan"].file == ".Net Fan.ipynb"


@pytest.mark.parametrize("around", ["", "class/"])
@pytest.mark.parametrize("packed_", [False, True])
def test_work_in_what_is_hidden_is_read_and_litter_is_nobody_s(tmp_path, around, packed_):
    work = {"Ann/small.ipynb", ".Net Fan/small.ipynb", "Cy/.work/nb.ipynb", "Di/.small.ipynb.txt"}
    litter = {".gitignore", ".git/config", ".git/x.zip", ".vscode/settings.json", ".DS_Store"}
    litter |= {".ipynb_checkpoints/small.ipynb", "__MACOSX/._Ann"}
    litter |= {".Trash-1000/files/small.ipynb", f"{around}Ann/.venv/nb.ipynb"}
    made = {f"{around}{name}": Paper().text for name in work} | dict.fromkeys(litter, "x")
    made |= {f"{around}Ed/.small.zip": packed(**{"small.ipynb": Paper().text})}
    (tmp_path / "c.zip").write_bytes(packed(**made))
    zipfile.ZipFile(tmp_path / "c.zip").extractall(tmp_path / "c")
    found = students(tmp_path / ("c.zip" if packed_ else "c"))
    assert sorted(found) == [".Net Fan", "Ann", "Cy", "Di", "Ed"]
    assert all(one.file and not one.left_aside for one in found.values())


@pytest.mark.parametrize("says_so", [False, True])
def test_names_in_an_archive_of_a_mac_or_of_windows(tmp_path, says_so):
    class Entry(zipfile.ZipInfo):
        def _encodeFilenameFlags(self):
            if self.filename.startswith("Zo"):
                return self.filename.encode("cp437"), self.flag_bits
            return self.filename.encode(), self.flag_bits | (0x800 if says_so else 0)

    with zipfile.ZipFile(tmp_path / "c.zip", "w") as archive:
        for name in ("Jose\u0301 Nun\u0303ez", "李雷", "Ada", "Zoë"):
            archive.writestr(Entry(f"{name}/small.ipynb"), Paper().text)
    found = students(tmp_path / "c.zip")
    assert sorted(found) == sorted(["Ada", "José Nuñez", "Zoë", "李雷"])
    assert all(one.file for one in found.values())


def test_nothing_to_grade(tmp_path):
    with pytest.raises(ValueError, match="no folder and no archive"):
        list(collect(tmp_path / "nowhere", SMALL))
    with pytest.raises(ValueError, match="no submissions"):
        list(collect(tmp_path, SMALL))
    (tmp_path / "a.tar").write_bytes(b"x")
    with pytest.raises(ValueError, match="is no zip archive"):
        list(collect(tmp_path / "a.tar", SMALL))


def test_who_reads_archives_does_not_load_the_sandbox():
    code = "import sys, grading.classes.submissions\n"
    code += "assert not [name for name in sys.modules if name.startswith('grading.sandbox')]"
    assert subprocess.run([sys.executable, "-c", code]).returncode == 0


# Rules


@pytest.mark.parametrize(
    ("submitted", "flagged", "days", "score"),
    [
        ("2026-11-30T10:00+00:00", False, 0, 10),
        ("2026-11-30T12:00+01:00", False, 0, 10),
        ("2026-11-30T12:00:01+00:00", False, 1, 8),
        ("2026-12-02T12:00+00:00", False, 2, 6),
        ("2027-12-02T12:00+00:00", False, 367, 0),
        (None, True, 1, 8),
        (None, False, 0, 10),
    ],
)
def test_lateness(submitted, flagged, days, score):
    rule = LateRule.parse("2026-11-30T12:00+00:00", 20)
    one = Submission("ada", submitted=submitted and read_time(submitted), flagged_late=flagged)
    made = empty_result(SMALL, "graded", "") | {"score": 10, "notes": []}
    take_off(made, rule.terms(one))
    assert (made["late"]["days"], made["score"]) == (days, score)
    assert bool(made["notes"]) == bool(days)


@pytest.mark.parametrize(
    ("due", "utc"),
    [
        ("2026-11-30", "2026-12-01T04:59:59.999999+00:00"),
        ("2026-11-30T12:00", "2026-11-30T17:00:00+00:00"),
        ("2026-11-30T12:00Z", "2026-11-30T12:00:00+00:00"),
        ("2026-11-30 12:00+01:00", "2026-11-30T11:00:00+00:00"),
    ],
)
def test_a_day_ends_at_midnight_where_the_instructor_is(due, utc, monkeypatch):
    monkeypatch.setenv("TZ", "America/Bogota")
    time.tzset()
    try:
        assert LateRule.parse(due, 10).due.astimezone(datetime.UTC).isoformat() == utc
    finally:
        monkeypatch.undo()
        time.tzset()


@pytest.mark.parametrize(("due", "percent"), [("yesterday", 10), (None, -1), (None, 101), ("", 5)])
def test_rules_that_make_no_sense(due, percent):
    with pytest.raises(ValueError, match=r"the deadline must be such as|from 0 to 100 percent"):
        LateRule.parse(due, percent)


def test_limits():
    assert Limits.parse(["call=2.5", "memory=1e9"]) == Limits(call=2.5, memory=10**9)
    assert Limits.parse(["total=300"]).hard == 350 and Limits.parse(["total=60"]).hard == 170
    assert Limits.parse(["total=300", "hard=90"]).hard == 90
    for bad in ("call", "call=x", "call=-1", "call=0", "call=nan", "memory=inf", "speed=3"):
        with pytest.raises(ValueError, match="limit"):
            Limits.parse([bad])


# Messages


class Answering:
    """A session whose functions give the same, whatever they are called with."""

    limits = Limits()

    def __init__(self, value):
        self.value = value

    def left(self):
        return 10.0

    def get(self, name):
        return Function(self, name)

    def call(self, name, args, kwargs):
        return self.value


def test_the_last_call_is_a_sentence_of_its_own():
    tests = Tests(SMALL, SourceNames(SMALL), Answering(0.0))
    said = tests.check_visible("loss-test").message
    assert said.endswith("did you forget E? The last call, loss(1000000.0), gave 0.0.")


@pytest.mark.parametrize(
    ("value", "said"),
    [
        (np.float64(0.15), "0.15"),
        (np.geomspace(1e15, 1e18, 30), "array([1.000000e+15, "),
        (list(np.linspace(0, 1, 7)), "[0.0, 0.16666666666666666, 0.3333333333333333, 0.5, "),
        ([0.1 + 0.2] * 6, "[0.30000000000000004, 0.30000000000000004, 0.30000000000000004, "),
        (np.ones((20, 30)), "<array of shape (20, 30)>"),
        (pd.DataFrame({"N": [1, 2, 3], "D": [4, 5, 6]}), "<table of 3 rows and 2 columns>"),
        (pd.Series([1, 2]), "array([1, 2])"),
        ({"a": np.ones((20, 20))}, "{'a': array([[1., 1., 1., ..., 1., 1., 1.]"),
    ],
)
def test_numbers_in_messages_are_whole(value, said):
    shown = short(value)
    assert shown.startswith(said) and len(shown) <= 125
    assert not re.search(r"\d\.\.\.|\.\.\.\d", shown)
