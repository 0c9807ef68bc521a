import importlib
import io
import json
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def tool(monkeypatch):
    monkeypatch.syspath_prepend(str(ROOT / "tools"))
    yield importlib.import_module("make_class")
    sys.modules.pop("make_class", None)


def test_a_class_is_the_same_on_every_platform(tool):
    made = tool.make_class("scaling_laws", students=8)
    folder = {p: c for p, c in made.items() if p.startswith("folder/")}
    assert len(folder) == 7  # one handed in nothing
    for archive in ("canvas.zip", "moodle.zip"):
        with zipfile.ZipFile(io.BytesIO(made[archive])) as opened:
            held = sorted(opened.read(name) for name in opened.namelist())
        assert held == sorted(folder.values())
    with zipfile.ZipFile(io.BytesIO(made["gradescope.zip"])) as opened:
        held = sorted(opened.read(n) for n in opened.namelist() if n.endswith(".ipynb"))
    assert held == sorted(folder.values())
    assert made["expected.csv"].decode().count("\n") == 9
    for roster in ("canvas_gradebook.csv", "moodle_worksheet.csv"):
        assert made[roster].decode().count("Almeida") == 8


def test_another_seed_makes_another_class(tool):
    first, again, other = (
        tool.make_class("scaling_laws", students=4, seed=s)["expected.csv"] for s in (0, 0, 1)
    )
    assert first == again != other


def test_every_student_predicts(tool):
    # Else the exercise that follows would earn less than is expected of its answer.
    made = tool.make_class("scaling_laws", students=40)
    papers = [
        c.decode() for p, c in made.items() if p.startswith("folder/") and "Bela Almeida" not in p
    ]
    assert len(papers) == 38
    for paper in papers:
        cells = {
            c["metadata"].get("nbgrader", {}).get("grade_id"): c for c in json.loads(paper)["cells"]
        }
        lines = "".join(cells["cool-down-prediction"]["source"]).splitlines()
        assert any(line.startswith("PREDICTED_EXPONENT = (") for line in lines)


def test_every_platform_knows_who_was_late(tool, tmp_path):
    from grading.classes.submissions import collect
    from grading.platforms.rosters import worksheet_times
    from grading.reports.late_rule import LateRule
    from grading.source.assignment import load

    for path, content in tool.make_class("scaling_laws", students=5).items():
        if "/" not in path:
            (tmp_path / path).write_bytes(content)
    times = worksheet_times(tmp_path / "moodle_worksheet.csv")
    rule = LateRule.parse("2026-11-30", 10, times)
    for platform in ("canvas", "moodle", "gradescope"):
        found = list(collect(tmp_path / f"{platform}.zip", load("scaling_laws")))
        late = [one.student for one in found if rule.days(one)]
        assert len(found) == 4 and late == [
            "almeidadora" if platform == "canvas" else "Dora Almeida"
        ]


def test_bad_input_is_named(tool, tmp_path, capsys):
    assert tool.main(["alchemy", "--out", str(tmp_path / "x")]) == 2
    assert "no assignment 'alchemy'" in capsys.readouterr().err
    assert tool.main(["scaling_laws", "--out", str(tmp_path)]) == 2
    assert "exists" in capsys.readouterr().err
    with pytest.raises(ValueError, match="3 to 80 students, not 500"):
        tool.make_class("scaling_laws", students=500)


@pytest.mark.long
def test_marks_are_those_of_the_grader(tool, tmp_path):
    """Three of the students, through the real grader."""
    from grading import grade as grade_class
    from grading.marking.grade_one import Settings
    from grading.source.assignment import load

    made = tool.make_class("bitter_lesson", students=5)
    for path, content in made.items():
        if path.startswith("folder/") and "Bela" not in path:
            (tmp_path / path).parent.mkdir(exist_ok=True)
            (tmp_path / path).write_bytes(content)
    graded = grade_class(
        load("bitter_lesson"), tmp_path / "folder", tmp_path / "out", Settings(seed="some secret")
    )
    expected = dict(line.split(",") for line in made["expected.csv"].decode().splitlines()[1:])
    scores = {r["student"]: r["score"] for r in graded.results}
    assert len(scores) == 3
    assert scores == {name: float(expected[name]) for name in scores}
