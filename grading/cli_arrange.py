"""``python -m grading arrange``: submissions from anywhere into nbgrader's folders."""

import pathlib

from grading.classes.batch import with_folders
from grading.classes.submissions import TIMESTAMP, collect
from grading.cli_grade import add_assignment
from grading.reports.student_results import write_json
from grading.source.assignment import load
from grading.source.notebooks import read_notebook
from grading.source.restore_cells import restore


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
