"""Make up a class that hands in an assignment, to try grading before there are students.

Every student solves each exercise rightly, in another way, wrongly or not at all, with answers from
`exercises/answers`; one file is broken, one student hands in nothing. The same work is written as
each learning platform would hand it over, with its roster, and beside it what each should score.
"""

import argparse
import copy
import csv
import io
import sys
from pathlib import Path

import nbformat
import numpy as np

from grading.marking.known_answers import read_answers
from grading.source.assignment import load
from scaling_lib.data.files import write_bytes, zipped

ROOT = Path(__file__).resolve().parent.parent
EXERCISES = ROOT / "exercises"
FIRST = "Ada Bela Chidi Dora Emeka Farid Greta Hana Ines Jonas".split()
LAST = "Almeida Brandt Castillo Diop Eriksen Fontaine Gupta Haddad".split()
ON_TIME, LATE = "Sunday, 29 November 2026, 6:05 PM", "Tuesday, 1 December 2026, 9:05 AM"
GRADESCOPE = """submission_{}:
  :submitters:
  - :name: {}
    :email: {}
  :created_at: 2026-{}:05:00.000000000 Z
"""
TEXT = (
    "{} thinks that residuals describe the runs at hand, and that held-out runs would tell whether "
    "the form is right."
)


def points_of(source, exercise: str) -> float:
    """Return what the tests of an exercise are worth."""
    return sum(
        cell.metadata.nbgrader.points
        for cell in source.cells
        if cell.get("metadata", {}).get("nbgrader", {}).get("grade")
        and cell.cell_type == "code"
        and cell.metadata.nbgrader.grade_id.rpartition("-test")[0] == exercise
    )


def solve(
    source, release, answers: list[dict], rng, name: str
) -> tuple[nbformat.NotebookNode, float]:
    """Return a filled-in student version and what its tests should give it."""
    notebook, score = copy.deepcopy(release), 0.0
    solved = {c.metadata.nbgrader.grade_id: c for c in source.cells if "nbgrader" in c.metadata}
    for cell in notebook.cells:
        meta = cell.metadata.get("nbgrader", {})
        if not meta.get("solution"):
            continue
        exercise = meta["grade_id"]
        if cell.cell_type == "markdown":
            cell.source = TEXT.format(name) if rng.random() < 0.8 else cell.source
            continue
        mine = [a for a in answers if a["exercise"] == exercise]
        wish = rng.choice(["right", "other", "untouched"], p=[0.55, 0.35, 0.1])
        points = points_of(source, exercise)
        # What no test marks by itself is a prediction that the next exercise needs.
        if wish == "right" or not points or (wish == "other" and not mine):
            cell.source = solved[exercise].source
            score += points
        elif wish == "other":
            answer = mine[rng.integers(len(mine))]
            cell.source = answer["code"].strip()
            score += answer["expected"]
    return notebook, score


def table(rows) -> bytes:
    """Return rows as CSV."""
    buffer = io.StringIO()
    csv.writer(buffer, lineterminator="\n").writerows(rows)
    return buffer.getvalue().encode()


def make_class(assignment: str, students: int = 40, seed: int = 0) -> dict[str, bytes]:
    """Make up a class of 3 to 80 students; another seed makes another class.

    Returns files by their path: `folder/`, `nbgrader/`, `canvas.zip` with `canvas_gradebook.csv`,
    `moodle.zip` with `moodle_worksheet.csv`, `gradescope.zip`, `expected.csv` and
    `expected_canvas.csv`.
    """
    known = sorted(p.name for p in (EXERCISES / "source").iterdir() if p.is_dir())
    if assignment not in known:
        raise ValueError(f"no assignment {assignment!r}; there are {', '.join(known)}")
    if not 3 <= students <= len(FIRST) * len(LAST):
        raise ValueError(f"a class has 3 to {len(FIRST) * len(LAST)} students, not {students}")
    rng = np.random.default_rng(seed)
    source, release = (
        nbformat.read(EXERCISES / kind / assignment / f"{assignment}.ipynb", as_version=4)
        for kind in ("source", "release")
    )
    answers = read_answers(EXERCISES / "answers" / f"{assignment}.py", load(assignment))
    most = sum(points_of(source, e) for e in {a["exercise"] for a in answers})
    names = [f"{first} {last}" for last in LAST for first in FIRST][:students]
    file = f"{assignment}.ipynb"
    files, canvas, moodle, gradescope, metadata = {}, {}, {}, {}, "---\n"
    gradebook = [
        ["Student", "ID", "SIS User ID", "SIS Login ID", "Section", f"{assignment} (4711)"],
        ["    Points Possible", "", "", "", "", f"{most:g}"],
    ]
    worksheet = [["Identifier", "Full name", "Email address", "Status", "Grade", "Maximum Grade"]]
    worksheet[0] += ["Grade can be changed", "Last modified (submission)", "Feedback comments"]
    expected, expected_canvas = [], []
    for number, name in enumerate(names):
        canvas_id, moodle_id = 5000 + number, 9000 + number
        last_first = ", ".join(reversed(name.split()))
        gradebook.append([last_first, canvas_id, f"s{number:03d}", f"s{number:03d}", "A", ""])
        mail = f"s{number:03d}@example.org"
        late = number == 3
        time = {2: "-", 3: LATE}.get(number, ON_TIME)
        worksheet.append(
            [f"Participant {moodle_id}", name, mail, "", "", f"{most:g}", "Yes", time, ""]
        )
        notebook, score = solve(source, release, answers, rng, name)
        content = nbformat.writes(notebook).encode()
        if number == 1:
            content, score = content[: len(content) // 2], 0
        canvas_name = "".join(reversed(name.lower().split()))
        expected.append([name, f"{0 if number == 2 else score:g}"])
        if number == 2:  # hands in nothing
            continue
        expected_canvas.append([canvas_name, f"{score:g}"])
        files[f"folder/{name}.ipynb"] = content
        files[f"nbgrader/{name}/{assignment}/{file}"] = content
        canvas[f"{canvas_name}_{'LATE_' * late}{canvas_id}_77{number:03d}_{file}"] = content
        moodle[f"{name}_{moodle_id}_assignsubmission_file/{file}"] = content
        gradescope[f"assignment_4711_export/submission_{8000 + number}/{file}"] = content
        metadata += GRADESCOPE.format(8000 + number, name, mail, "12-01 09" if late else "11-29 18")
    gradescope["assignment_4711_export/submission_metadata.yml"] = metadata
    files["canvas.zip"], files["moodle.zip"] = zipped(canvas), zipped(moodle)
    files["gradescope.zip"] = zipped(gradescope)
    files |= {"canvas_gradebook.csv": table(gradebook), "moodle_worksheet.csv": table(worksheet)}
    # In the order and with the names of grades.csv: of a folder or Moodle, and of Canvas.
    for path, rows in {"expected.csv": expected, "expected_canvas.csv": expected_canvas}.items():
        files[path] = table([["student", "score"], *sorted(rows)])
    return files


def main(arguments=None) -> int:
    """Write a made-up class into a new folder."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("assignment", help="a folder of exercises/source")
    parser.add_argument("--out", type=Path, required=True, help="folder to make")
    parser.add_argument("--students", type=int, default=40, help="how many (40)")
    parser.add_argument("--seed", type=int, default=0, help="another seed, another class (0)")
    options = parser.parse_args(arguments)
    try:
        if options.out.exists():
            raise ValueError(f"{options.out} exists: name a folder that does not")
        files = make_class(options.assignment, options.students, options.seed)
    except ValueError as error:
        print(f"make_class: {error}", file=sys.stderr)
        return 2
    for path, content in files.items():
        write_bytes(options.out / path, content)
    print(f"{options.students} students of {options.assignment} in {options.out}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
