"""``python -m grading arrange``: submissions from anywhere into nbgrader's folders."""

import pathlib

from .assignment import load
from .batch import with_folders
from .cli_grade import add_assignment
from .notebooks import read_notebook
from .restoring import restore
from .results import write_json
from .submissions import TIMESTAMP, collect


def add_parser(subparsers):
    """Add the sub-command ``arrange``.

    Parameters
    ----------
    subparsers : argparse._SubParsersAction
        What ``ArgumentParser.add_subparsers`` returned.
    """
    parser = subparsers.add_parser("arrange", help="put submissions where nbgrader looks for them")
    add_assignment(parser)
    parser.add_argument("submissions", help="folder or archive, as for `grade`")
    parser.add_argument("--course", required=True, help="nbgrader's course folder, as exercises")
    parser.set_defaults(run=run)


def run(arguments):
    """Write ``COURSE/submitted/STUDENT/ASSIGNMENT/ASSIGNMENT.ipynb`` for each submission.

    What cannot be read becomes a notebook without answers that says why, so that nbgrader gives it
    a mark, too.

    Parameters
    ----------
    arguments : argparse.Namespace
        What the parser of `add_parser` read.

    Returns
    -------
    int
        Exit status.
    """
    assignment = load(arguments.assignment, arguments.overlay)
    submitted = pathlib.Path(arguments.course) / "submitted"
    count = 0
    for submission, folder in with_folders(collect(arguments.submissions, assignment), submitted):
        cells = read_notebook(submission.read()) if submission.chosen else []
        target = folder / assignment.name
        remark = " ".join([submission.message, *submission.notes])
        write_json(target / f"{assignment.name}.ipynb", restore(assignment, cells, remark))
        if submission.submitted:
            time = submission.submitted.strftime("%Y-%m-%d %H:%M:%S.%f %Z")
            (target / TIMESTAMP).write_text(time + "\n", encoding="utf-8")
        count += 1
    print(f"{count} submissions in {submitted}")
    return 0
