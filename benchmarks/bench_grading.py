"""Submissions graded a minute, beside stock nbgrader on the same honest submissions.

    python benchmarks/bench_grading.py [NAME ...] [--copies 12] [--rounds 1]

Assignments: the small one of the grader's tests with its honest corpus (as far as nbgrader itself
can read it), and each of the book's, solved. Contestants: `nbgrader autograde` as it is, which
grades one after the other; the same with our engine as its plugin; and `python -m grading grade`
with one and with two jobs. In each round they run one after the other, and a contestant's ratio is
the median over the rounds of nbgrader's seconds to its own in the same round: a machine that does
other work slows down both. `grading` grades the source itself too, once a class: of few copies that
is a large part. Times are elapsed seconds of the whole command. `full marks` says how many of the
submissions, which all deserve them, got them.
"""

import argparse
import json
import os
import platform
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
import warnings
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT / "tests" / "grading")]

import corpus_honest  # noqa: E402
import small_assignment  # noqa: E402
from nbformat import ValidationError  # noqa: E402
from nbgrader.nbgraderformat import reads  # noqa: E402

from grading.reports.student_results import read_results  # noqa: E402
from grading.sandbox.enclosure import choose  # noqa: E402
from grading.source.assignment import SOURCES, load, parse  # noqa: E402
from grading.source.submitted_cells import read_notebook  # noqa: E402

TARGETS = {"grading, 2 jobs": 1.5, "nbgrader with our plugin": 1.2}


def honest_small():
    """Return the small assignment, and honest submissions that nbgrader can read as they are."""
    assignment = parse(json.dumps(small_assignment.source()), small_assignment.NAME)
    papers = {}
    for name, _, made, _ in corpus_honest.papers("nowhere", 1):
        if isinstance(made, small_assignment.Paper):
            cells = read_notebook(made.text.encode())
            if {cell.id for cell in cells} >= assignment.by_id.keys() and readable(made.text):
                papers[name] = made.notebook
    return assignment, papers


def readable(text):
    """Tell whether nbgrader can read a notebook: one that it cannot read ends its batch."""
    try:
        with warnings.catch_warnings(action="ignore"):
            reads(text, as_version=4)
    except ValidationError:
        return False
    return True


def solved_exercises(name, copies):
    """Return one of the book's assignments, and copies of the reference solution."""
    assignment = load(name)
    solved = json.loads(assignment.text)
    for cell in solved["cells"]:
        known = assignment.by_id.get(cell["metadata"].get("nbgrader", {}).get("grade_id"))
        if known and known.role == "test":
            cell["source"] = known.released  # as learners have it
    return assignment, {f"student-{i}": solved for i in range(copies)}


def course(folder, assignment, papers, plugin):
    """Make nbgrader's course folder, and hand in."""
    source = folder / "source" / assignment.name
    source.mkdir(parents=True)
    (source / f"{assignment.name}.ipynb").write_text(assignment.text, encoding="utf-8")
    hand_in(folder / "submitted", assignment, papers)
    if plugin:
        shutil.copy(ROOT / "exercises" / "nbgrader_config.py", folder)
        with (folder / "nbgrader_config.py").open("a") as file:
            file.write(f"\nc.CourseDirectory.root = {str(folder)!r}\n")
    nbgrader(folder, "generate_assignment", assignment.name)


def hand_in(folder, assignment, papers):
    for name, notebook in papers.items():
        target = folder / name / assignment.name
        target.mkdir(parents=True)
        (target / f"{assignment.name}.ipynb").write_text(json.dumps(notebook), encoding="utf-8")


def nbgrader(folder, *arguments):
    path = os.pathsep.join([os.path.dirname(sys.executable), os.environ["PATH"]])
    command = [sys.executable, "-m", "nbgrader", *arguments]
    environment = os.environ | {"PATH": path}
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True)
    if done.returncode:
        print(f"nbgrader {arguments[0]}: {done.stderr.strip().splitlines()[-1:]}")


def run_nbgrader(folder, assignment, papers, plugin):
    """Return seconds and the scores in the gradebook."""
    course(folder, assignment, papers, plugin)
    start = time.perf_counter()
    nbgrader(folder, "autograde", assignment.name)
    seconds = time.perf_counter() - start
    from nbgrader.api import Gradebook

    with Gradebook(f"sqlite:///{folder / 'gradebook.db'}") as book:
        submissions = book.assignment_submissions(assignment.name)
        pages = [[grade for page in s.notebooks for grade in page.grades] for s in submissions]
        return seconds, [sum(grade.auto_score or 0 for grade in page) for page in pages]


def run_ours(folder, assignment, papers, jobs):
    """Return seconds and scores of ``python -m grading grade``."""
    hand_in(folder / "submitted", assignment, papers)
    source = folder / f"{assignment.name}.ipynb"
    source.write_text(assignment.text, encoding="utf-8")
    command = [sys.executable, "-m", "grading", "grade", str(source), str(folder / "submitted")]
    command += ["--out", str(folder / "graded"), "--jobs", str(jobs)]
    start = time.perf_counter()
    subprocess.run(command, check=True, capture_output=True)
    seconds = time.perf_counter() - start
    return seconds, [result["score"] for result in read_results(folder / "graded")]


def main():
    known = ["small", *sorted(path.name for path in SOURCES.iterdir() if path.is_dir())]
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"of {', '.join(known)} (all)")
    parser.add_argument("--copies", type=int, default=12, help="of each solved assignment (12)")
    parser.add_argument("--rounds", type=int, default=1, help="of all contestants (1)")
    options = parser.parse_args()
    load_average = f"{os.getloadavg()[0]:.1f}" if hasattr(os, "getloadavg") else "unknown"
    machine = f"{platform.machine()}, {os.cpu_count()} cores, load {load_average}"
    print(f"{machine}; Python {platform.python_version()}; sandbox: {choose()}\n")
    contestants = {
        "nbgrader": lambda *a: run_nbgrader(*a, plugin=False),
        "nbgrader with our plugin": lambda *a: run_nbgrader(*a, plugin=True),
        "grading, 1 job": lambda *a: run_ours(*a, jobs=1),
        "grading, 2 jobs": lambda *a: run_ours(*a, jobs=2),
    }
    ratios = {}
    for chosen in options.names or known:
        made = honest_small() if chosen == "small" else solved_exercises(chosen, options.copies)
        assignment, papers = made
        print(f"### {assignment.name}: {len(papers)} honest submissions\n")
        print(f"{'':<26}{'seconds':>9}{'a minute':>10}{'ratio':>8}{'full marks':>13}")
        times, full = {name: [] for name in contestants}, {}
        for _ in range(options.rounds):
            for name, contestant in contestants.items():
                with tempfile.TemporaryDirectory() as folder:
                    seconds, scores = contestant(Path(folder), assignment, papers)
                times[name].append(seconds)
                full[name] = sum(score == assignment.max_score for score in scores)
        for name, mine in times.items():
            pairs = zip(times["nbgrader"], mine, strict=True)
            ratio = statistics.median(theirs / ours for theirs, ours in pairs)
            ratios.setdefault(name, []).append(ratio)
            rate, marks = 60 * len(papers) / min(mine), f"{full[name]} of {len(papers)}"
            print(f"{name:<26}{min(mine):>9.1f}{rate:>10.1f}{ratio:>8.2f}{marks:>13}", flush=True)
        print()
    print("### targets\n")
    for name, target in TARGETS.items():
        worst = min(ratios[name])
        verdict = "met" if worst >= target else "missed"
        print(f"{name:<26}{worst:>6.2f} times nbgrader's speed, target {target}: {verdict}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
