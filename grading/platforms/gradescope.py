"""Results as Gradescope reads them, and the autograder that runs in its container.

Gradescope unpacks the bundle into ``/autograder/source``, runs ``setup.sh`` once, and for each
submission ``run_autograder``, which finds the files in ``/autograder/submission`` and writes
``/autograder/results/results.json``.
"""

import dataclasses
import datetime
import json
import pathlib
import sys

from grading.classes.archives import list_files
from grading.classes.submissions import Submission, choose_notebook
from grading.marking.grade_one import NotGraded, Settings, make_job, run_job
from grading.reports.late_rule import LateRule, take_off
from grading.reports.student_results import empty_result, one_line, read_report, write_json
from grading.sandbox.enclosure import Limits
from grading.source.assignment import load
from scaling_lib.data.files import zipped

HERE = pathlib.Path(__file__).resolve().parent
PROJECT = HERE.parents[1]
PACKAGES = ("grading", "scaling_lib")


def gradescope_results(result):
    """Return a result in the form of Gradescope's ``results.json``.

    Tests with hidden parts are shown after the grades are out, and nothing that is shown before
    depends on one: neither the remarks, nor whether grading was stopped in one, nor the time.
    Gradescope shows no total where a test is not visible.
    """
    tests = [
        {
            "name": item["id"],
            "score": item["score"],
            "max_score": item["points"],
            "status": "passed" if item["score"] == item["points"] else "failed",
            "output": item["message"],
            "output_format": "text",
            "visibility": "after_published" if item["hidden"] else "visible",
        }
        for item in result["items"]
    ]
    tests += [
        {"name": item["id"], "score": item["score"], "max_score": item["points"]}
        | {"output": item.get("comment", ""), "visibility": "after_published"}
        for item in result["by_hand"]
        if "score" in item  # by `export --marks`
    ]
    hidden = [item for item in result["items"] if item["hidden"]]
    shown = result | {"items": [item for item in result["items"] if not item["hidden"]]}
    if result["status"] == "stopped":  # the tests that were not reached say so
        shown["message"] = ""
    output = [one_line(shown)]
    if hidden:
        output.append(f"{len(hidden)} tests are not counted here: they are shown with the grades.")
    output += [f"Cell {e['cell']}: {e['error']}" for e in result["errors"][:20]]
    return {
        "score": result["score"],
        "output": "\n\n".join(filter(None, output))[:20_000],
        "output_format": "text",
        "visibility": "visible",
        "stdout_visibility": "hidden",
        "tests": tests,
    }


def bundle(assignment, settings, late):
    """Return the autograder for one assignment, a zip archive as bytes.

    The secret seed of the settings is in it: it must stay with the instructors. `late` is the
    percentage taken off for each day after Gradescope's due date.
    """
    files = {
        "setup.sh": (HERE / "gradescope_setup.sh").read_text(encoding="utf-8"),
        "run_autograder": (HERE / "gradescope_run.sh").read_text(encoding="utf-8"),
        f"assignment/{assignment.name}.ipynb": assignment.text,
    }
    stored = dataclasses.asdict(settings) | {"files": None, "late": late}
    files["settings.json"] = json.dumps(stored)
    for test, text in assignment.overlay.items():
        files[f"overlay/{assignment.name}/{test}.py"] = text
    for name in ("pyproject.toml", "README.md", "LICENSE", "requirements.txt"):
        path = PROJECT / name
        if not path.is_file():
            raise ValueError(f"a bundle is built from a checkout of the book: {path} is missing")
        where = name if name == "requirements.txt" else f"project/{name}"
        files[where] = path.read_bytes()
    for package in PACKAGES:
        for path in sorted((PROJECT / package).rglob("*")):
            if path.is_file() and "__pycache__" not in path.parts:
                files[f"project/{path.relative_to(PROJECT).as_posix()}"] = path.read_bytes()
    for path in sorted(settings.files.rglob("*")) if settings.files else []:
        if path.is_file():
            files[f"files/{path.relative_to(settings.files).as_posix()}"] = path.read_bytes()
    return zipped(files, programs=("setup.sh", "run_autograder"))


def run_autograder(root):
    """Grade the one submission in Gradescope's folders; write and return ``results.json``.

    `root` is ``/autograder``.
    """
    root = pathlib.Path(root)
    source = root / "source"
    overlay, files = source / "overlay", source / "files"
    notebook = next((source / "assignment").glob("*.ipynb"))
    assignment = load(notebook, overlay if overlay.is_dir() else None)
    stored = json.loads((source / "settings.json").read_text(encoding="utf-8"))
    late, limits = stored.pop("late"), Limits(**stored.pop("limits"))
    stored["files"] = files if files.is_dir() else None
    settings = Settings(limits, **stored)
    submission = Submission("submission")
    found = [(file, False, file.path) for file in list_files(root / "submission")]
    choose_notebook(submission, found, assignment)
    # Afterwards: what counts is Gradescope's clock, not a timestamp among the student's files.
    submission.submitted = None
    due = _read_metadata(root / "submission_metadata.json", submission)
    if submission.file:
        report = run_job(make_job(assignment, submission.content, settings))
        result = read_report(assignment, report) | {"sandbox": report["sandbox"]}
    else:
        result = empty_result(assignment, submission.status, submission.message)
    result["notes"] = list(submission.notes)
    take_off(result, LateRule(due, late).terms(submission))
    written = gradescope_results(result)
    write_json(root / "results" / "results.json", written)
    return written


def _read_metadata(path, submission):
    """Note when the submission was made; return when it was due."""
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
        submission.submitted = datetime.datetime.fromisoformat(data["created_at"])
        return datetime.datetime.fromisoformat(data["assignment"]["due_date"])
    except (OSError, ValueError, TypeError, KeyError):
        return None


def main(root):
    """Run as ``run_autograder`` does; write a result even if nothing could be graded."""
    try:
        run_autograder(root)
    except (NotGraded, ValueError, OSError) as error:
        # Without a score Gradescope says that the autograder failed, which is what happened.
        print(f"not graded: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
