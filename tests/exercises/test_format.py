"""The assignments keep their format, and the student versions are made from them."""

import ast
import importlib
import re
import shutil

import pytest
import yaml
from assignments import EXERCISES, NAMES, cells, exercises, read

ROOT = EXERCISES.parent
EVERY = [(name, facts) for name in NAMES for facts in exercises(name)]
every_exercise = pytest.mark.parametrize(
    ("name", "facts"), EVERY, ids=lambda x: x if isinstance(x, str) else x["id"]
)


def regions(cell, what):
    """The lines between the marks of a region, e.g. HIDDEN TESTS."""
    found = re.findall(rf"### BEGIN {what}\n(.*?)### END {what}", cell.source, flags=re.S)
    return [line.strip() for block in found for line in block.splitlines() if line.strip()]


def test_every_assignment_has_four_to_eight_exercises():
    for name in NAMES:
        assert 4 <= len(exercises(name)) <= 8, name
    ids = [facts["id"] for _, facts in EVERY]
    assert len(set(ids)) == len(ids)


@every_exercise
def test_an_exercise_is_complete(name, facts):
    found, i = cells(name), facts["id"]
    assert set(facts) - {"withheld"} == {
        *("id", "title", "points", "difficulty", "importance", "minutes", "objective", "section")
    }
    assert 1 <= facts["difficulty"] <= 5 and 1 <= facts["importance"] <= 5
    order = [f"{i}-hint-1", f"{i}-hint-2", i, f"{i}-test", f"{i}-test-2"]
    order += [f"{i}-test-3", f"{i}-question", f"{i}-text"]
    trained = [one for one in (f"{i}-loop", f"{i}-prediction") if one in found]
    order = [f"{i}-task", *trained, *order]
    ids = list(found)
    assert ids[ids.index(order[0]) : ids.index(order[0]) + len(order)] == order
    graded = [found[x].metadata.nbgrader for x in order if "nbgrader" in found[x].metadata]
    tests = [f"{i}-test", f"{i}-test-2", f"{i}-test-3"]
    assert [m.grade_id for m in graded] == [*trained, i, *tests, f"{i}-text"]
    assert sum(m.get("points", 0) for m in graded) == facts["points"]
    line = f"*Difficulty {facts['difficulty']} of 5 · importance {facts['importance']} of 5 · "
    line += f"about {facts['minutes']} minutes · {facts['points']} points*"
    task = found[order[0]].source
    assert line in task and f". {facts['title']}\n" in task and facts["objective"] in task
    assert ("is missing, so write your own" in task) == ("withheld" in facts)
    for hint in (f"{i}-hint-1", f"{i}-hint-2"):
        assert found[hint].source.startswith("```{dropdown} Hint ")


def test_whoever_trains_has_seen_the_loop_and_predicted():
    """The loop is the source's, the prediction the learner's: one name, two numbers."""
    seen = 0
    for name, facts in EVERY:
        found, i = cells(name), facts["id"]
        assert (f"{i}-loop" in found) == (f"{i}-prediction" in found), i
        if f"{i}-loop" not in found:
            continue
        seen += 1
        loop, prediction = (found[f"{i}-{x}"] for x in ("loop", "prediction"))
        assert loop.metadata.nbgrader.locked and not loop.metadata.nbgrader.solution
        assert prediction.metadata.nbgrader.solution and not prediction.metadata.nbgrader.grade
        (line,) = regions(prediction, "SOLUTION")
        variable, low, high = re.fullmatch(
            r"(PREDICTED_[A-Z_]+) = \(([\d.]+), ([\d.]+)\)", line
        ).groups()
        assert float(low) < float(high)
        hidden = regions(found[f"{i}-test-3"], "HIDDEN TESTS")
        assert any(variable in line for line in hidden), "one point is for the prediction"
        assert any(variable in line for line in found[f"{i}-test"].source.splitlines())
    assert seen >= 1


@every_exercise
def test_the_stub_is_documented_and_the_tests_are_hidden(name, facts):
    found, i = cells(name), facts["id"]
    function = next(n for n in ast.parse(found[i].source).body if isinstance(n, ast.FunctionDef))
    document = ast.get_docstring(function)
    for part in ("Parameters\n----------", "Returns\n-------"):
        assert part in document
    for argument in function.args.args:
        assert re.search(rf"^[\w, ]*\b{argument.arg}\b[\w, ]* : ", document, re.M), argument.arg
    assert len(regions(found[i], "SOLUTION")) >= 1
    assert "HIDDEN" not in found[f"{i}-test"].source
    for test in (f"{i}-test-2", f"{i}-test-3"):
        assert 'fresh("' + i in "".join(regions(found[test], "HIDDEN TESTS"))
        left = re.sub(r"### BEGIN.*### END HIDDEN TESTS", "", found[test].source, flags=re.S)
        assert ast.parse(left).body == []


@every_exercise
def test_a_rubric_anchors_the_written_answer(name, facts):
    text = (EXERCISES / "rubrics" / f"{name}.md").read_text(encoding="utf-8")
    part = text.split(f"(`{facts['id']}-text`)\n", 1)[1].split("\n## ", 1)[0]
    assert re.findall(r"^- \*\*(\d)\*\*: .+ \*For example:\* “.+”$", part, re.M) == ["0", "1", "2"]
    question = cells(name)[f"{facts['id']}-question"].source.split("(2 points). ", 1)[1]
    assert question in part


@pytest.mark.parametrize("name", NAMES)
def test_the_student_version_holds_nothing_that_it_should_not(name):
    given = "\n".join(cell.source for cell in read(name, "release").cells)
    assert "SOLUTION" not in given and "HIDDEN TESTS" not in given
    assert "from grading" not in given and "reference." not in given
    secret, open_to_all = set(), set()
    for cell in read(name).cells:
        mine = {*regions(cell, "SOLUTION"), *regions(cell, "HIDDEN TESTS")}
        secret |= mine
        open_to_all |= {line.strip() for line in cell.source.splitlines()} - mine
    assert len(secret) > 100
    assert (secret - open_to_all) & {line.strip() for line in given.splitlines()} == set()
    written = [c.source for c in read(name).cells if c.id.endswith("-text")]
    assert written and not any(answer in given for answer in written)


@pytest.fixture
def tool():
    return importlib.import_module("make_exercises")  # not above: nbgrader takes seconds


def test_student_versions_are_current(tool, capsys):
    assert tool.main(["--check"]) == 0, capsys.readouterr().out


def test_a_student_version_that_is_old_is_named(tool, monkeypatch, capsys, tmp_path):
    shutil.copytree(EXERCISES, tmp_path / "exercises")
    monkeypatch.setattr(tool, "ROOT", tmp_path)
    monkeypatch.setattr(tool, "EXERCISES", tmp_path / "exercises")
    old = tmp_path / "exercises/release/capstone/capstone.ipynb"
    old.write_text(old.read_text(encoding="utf-8").replace("Put your", "Put my"), encoding="utf-8")
    assert tool.main(["--check"]) == 1
    said = capsys.readouterr().out
    assert "capstone/capstone.ipynb is not made from its source" in said and said.count("\n") == 1


def test_an_unknown_assignment_is_named(tool, capsys):
    with pytest.raises(SystemExit, match="2"):
        tool.main(["alchemy"])
    said = capsys.readouterr().err
    assert "alchemy" in said and "scaling_laws" in said


def test_every_page_is_in_the_table_of_contents():
    toc = yaml.safe_load((ROOT / "_toc.yml").read_text(encoding="utf-8"))
    part = next(p for p in toc["parts"] if p.get("caption") == "Practice")
    index = next(c for c in part["chapters"] if c["file"] == "exercises/pages/index")
    listed = {page["file"]: [s["file"] for s in page["sections"]] for page in index["sections"]}
    for name in NAMES:
        page = f"exercises/pages/{name}"
        assert listed[page] == [f"{page}/{facts['id']}" for facts in exercises(name)]
