"""Results as Gradescope reads them, and the autograder that runs in its container.

Gradescope unpacks the bundle into ``/autograder/source``, runs ``setup.sh`` once, and for each
submission ``run_autograder``, which finds the files in ``/autograder/submission`` and writes
``/autograder/results/results.json``.
"""

import argparse
import datetime
import json
import pathlib
import shlex
import sys

from grading.classes.archives import list_files
from grading.classes.submissions import Submission, choose_notebook
from grading.marking.grade_one import NotGraded, Settings, make_job, run_job
from grading.reports.late_rule import LateRule, take_off
from grading.reports.student_results import empty_result, one_line, read_report, write_json
from grading.source.assignment import load
from scaling_lib.data.files import zipped

PROJECT = pathlib.Path(__file__).resolve().parents[2]
PACKAGES = ("grading", "scaling_lib")

SETUP = """#!/usr/bin/env bash
# Runs once, when the container is built.
set -euo pipefail
export DEBIAN_FRONTEND=noninteractive
cd /autograder/source
apt-get update -qq
install() {{ apt-get install -y -qq --no-install-recommends "$@" >/dev/null; }}
install bubblewrap
# By its version: "python3" of Ubuntu 22.04, Gradescope's default, is 3.10.
for version in {versions}; do
  if install "python$version" "python$version-venv" 2>/dev/null; then break; fi
  version=
done
if [ -z "$version" ]; then
  echo "This image has none of Python {versions}: choose Ubuntu 22.04 or a newer one" \\
    "as base image, variant Base, and build the autograder again." >&2
  exit 1
fi
"python$version" -m venv /autograder/python
/autograder/python/bin/pip install --quiet --require-hashes -r requirements.txt
/autograder/python/bin/pip install --quiet --no-deps --no-build-isolation ./project
chmod -R go-rwx /autograder/source
""".format(versions="3.13 3.12 3.11")

RUN = """#!/usr/bin/env bash
# Runs for each submission.
set -euo pipefail
root="${{AUTOGRADER:-/autograder}}"
python="${{PYTHON:-$root/python/bin/python}}"
cd /
exec "$python" -P -m grading.platforms.gradescope "$root" {options}
"""


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


def bundle(assignment, settings, options):
    """Return the autograder for one assignment, a zip archive as bytes.

    The secret seed of the settings is in it: it must stay with the instructors. `options` are
    further ones of ``run_autograder``.
    """
    files = {"setup.sh": SETUP, "run_autograder": RUN.format(options=shlex.join(options))}
    files[f"assignment/{assignment.name}.ipynb"] = assignment.text
    files["seed"] = settings.seed
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


def run_autograder(root, sandbox=None, unsafe=False, late=0.0):
    """Grade the one submission in Gradescope's folders; write and return ``results.json``.

    `root` is ``/autograder``, `late` percent taken off for each day after Gradescope's due date.
    """
    root = pathlib.Path(root)
    source = root / "source"
    overlay = source / "overlay"
    notebook = next((source / "assignment").glob("*.ipynb"))
    assignment = load(notebook, overlay if overlay.is_dir() else None)
    files = source / "files"
    settings = Settings(
        sandbox=sandbox,
        unsafe=unsafe,
        seed=(source / "seed").read_text(encoding="utf-8"),
        files=files if files.is_dir() else None,
    )
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


def main(arguments=None):
    """Run as ``run_autograder`` does; write a result even if nothing could be graded."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("root")
    parser.add_argument("--sandbox")
    parser.add_argument("--unsafe", action="store_true")
    parser.add_argument("--late", type=float, default=0.0)
    options = parser.parse_args(arguments)
    try:
        run_autograder(options.root, options.sandbox, options.unsafe, options.late)
    except (NotGraded, ValueError, OSError) as error:
        # Without a score Gradescope says that the autograder failed, which is what happened.
        print(f"not graded: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
