"""``python -m grading export``: scores in the form of a learning platform."""

import pathlib
import sys

from grading.platforms.gradescope import gradescope_results
from grading.platforms.marks import add_marks, marking_sheet
from grading.platforms.rosters import canvas, moodle
from grading.reports.student_results import number, read_results, write_json
from scaling_lib.data.files import write_bytes


def add_parser(subparsers):
    """Add the sub-command ``export``.

    Parameters
    ----------
    subparsers : argparse._SubParsersAction
        What ``ArgumentParser.add_subparsers`` returned.
    """
    words = "write the scores for Canvas, Moodle or Gradescope"
    parser = subparsers.add_parser("export", help=words)
    parser.add_argument("graded", help="the folder that `grade --out` named")
    kinds = parser.add_mutually_exclusive_group(required=True)
    kinds.add_argument("--canvas", metavar="ROSTER.csv", help="gradebook that Canvas exported")
    kinds.add_argument("--moodle", metavar="ROSTER.csv", help="grading worksheet of Moodle")
    kinds.add_argument(
        "--gradescope", action="store_true", help="a results.json in each student's folder"
    )
    kinds.add_argument("--to-mark", action="store_true", help="sheet of what is marked by hand")
    parser.add_argument("--marks", metavar="SHEET.csv", help="the sheet of --to-mark, filled in")
    parser.add_argument("--column", help="Canvas's column, if it is not called as the assignment")
    parser.add_argument("--scale", action="store_true", help="convert to the platform's maximum")
    parser.add_argument("--out", help="file to write (GRADED/canvas.csv, moodle.csv, to_mark.csv)")
    parser.set_defaults(run=run)


def run(arguments):
    """Write the scores.

    Parameters
    ----------
    arguments : argparse.Namespace
        What the parser of `add_parser` read.

    Returns
    -------
    int
        Exit status: 1 if a result found no place in the roster.

    Raises
    ------
    ValueError
        If the results, the roster or the marks cannot be used.
    """
    folder = pathlib.Path(arguments.graded)
    results = read_results(folder)
    if arguments.marks:
        add_marks(results, arguments.marks)
    elif not arguments.to_mark and (left := results[0]["max_by_hand"]):
        print(
            f"{number(left)} points to be marked by hand are left out: give --marks",
            file=sys.stderr,
        )
    if arguments.gradescope:
        for result in results:
            write_json(pathlib.Path(result["folder"], "results.json"), gradescope_results(result))
        print(f"{len(results)} files results.json in the folders of {folder}")
        return 0
    missing = []
    if arguments.canvas:
        name = "canvas.csv"
        text, missing = canvas(arguments.canvas, results, arguments.column, arguments.scale)
    elif arguments.moodle:
        name, (text, missing) = "moodle.csv", moodle(arguments.moodle, results, arguments.scale)
    else:
        name, text = "to_mark.csv", marking_sheet(results)
    out = pathlib.Path(arguments.out or folder / name)
    write_bytes(out, text.encode())
    print(f"{len(results) - len(missing)} students in {out}")
    if missing:
        print(f"not in the roster: {', '.join(missing)}", file=sys.stderr)
    return 1 if missing else 0
