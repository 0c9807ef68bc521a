"""``python -m grading grade``: a class of notebooks into a folder of results."""

import pathlib
import sys

from grading.classes.batch import grade_class
from grading.classes.lateness import LateRule
from grading.marking.grade_one import Settings
from grading.sandbox.enclosure import KINDS
from grading.sandbox.limits import Limits
from grading.source.assignment import load
from grading.source.hidden_tests import PUBLIC_SEED


def add_parser(subparsers):
    """Add the sub-command ``grade``.

    Parameters
    ----------
    subparsers : argparse._SubParsersAction
        What ``ArgumentParser.add_subparsers`` returned.
    """
    parser = subparsers.add_parser("grade", help="grade a class")
    add_assignment(parser)
    parser.add_argument(
        "submissions",
        help="folder (STUDENT/ASSIGNMENT/*.ipynb, STUDENT/*.ipynb or STUDENT.ipynb) or the zip "
        "archive that Canvas or Moodle exports",
    )
    parser.add_argument(
        "--out", required=True, help="folder of results; an unfinished one is continued"
    )
    parser.add_argument("--jobs", type=int, default=1, help="submissions at a time (1)")
    parser.add_argument("--scheduler", help="Dask scheduler, tcp://host:8786, instead of --jobs")
    parser.add_argument("--due", help="deadline, such as 2026-11-30T23:59+01:00")
    parser.add_argument(
        "--late", type=float, default=0, metavar="PERCENT", help="taken off for each day late (0)"
    )
    add_settings(parser)
    parser.set_defaults(run=run)


def add_assignment(parser):
    """Add the arguments that say what is graded."""
    parser.add_argument(
        "assignment", help="name of a folder in exercises/source, or a source notebook's path"
    )
    parser.add_argument("--overlay", help="private folder of hidden tests, ASSIGNMENT/TEST-ID.py")


def add_settings(parser):
    """Add the arguments that say how submissions are run."""
    parser.add_argument(
        "--seed-file", help="file with the secret that hidden inputs are drawn from"
    )
    parser.add_argument("--files", help="folder whose content submissions find beside them")
    parser.add_argument(
        "--limit",
        action="append",
        default=[],
        metavar="NAME=VALUE",
        help="change a limit; there are "
        + ", ".join(f"{n}={v}" for n, v in vars(Limits()).items()),
    )
    parser.add_argument("--sandbox", choices=KINDS, help="insist on one kind of sandbox")
    parser.add_argument(
        "--unsafe",
        action="store_true",
        help="without a sandbox, run submissions with all of your rights; every result says so",
    )


def read_settings(arguments, late=None):
    """Return the `Settings` that the arguments of `add_settings` describe."""
    seed = PUBLIC_SEED
    if arguments.seed_file:
        seed = pathlib.Path(arguments.seed_file).read_text(encoding="utf-8").strip()
        if not seed:
            raise ValueError(f"{arguments.seed_file} is empty: write a long random text into it")
    files = pathlib.Path(arguments.files) if arguments.files else None
    if files and not files.is_dir():
        raise ValueError(f"{files} is no folder")
    return Settings(
        limits=Limits.parse(arguments.limit),
        sandbox=arguments.sandbox,
        unsafe=arguments.unsafe,
        seed=seed,
        files=files,
        late=late or LateRule(),
    )


def run(arguments):
    """Grade a class.

    Parameters
    ----------
    arguments : argparse.Namespace
        What the parser of `add_parser` read.

    Returns
    -------
    int
        Exit status: 0 if every submission got a result, 1 if not, 130 after Ctrl-C.

    Raises
    ------
    ValueError
        If something cannot be used.
    """
    assignment = load(arguments.assignment, arguments.overlay)
    settings = read_settings(arguments, LateRule.parse(arguments.due, arguments.late))
    if settings.seed == PUBLIC_SEED:
        print(
            "hidden inputs are drawn from the public seed, which anyone can use: give --seed-file",
            file=sys.stderr,
        )
    try:
        summary = grade_class(
            assignment,
            arguments.submissions,
            arguments.out,
            settings,
            jobs=arguments.jobs,
            scheduler=arguments.scheduler,
        )
    except KeyboardInterrupt:
        print(f"stopped; the same command continues {arguments.out}", file=sys.stderr)
        return 130
    known = f", {summary.resumed} of them known before" if summary.resumed else ""
    print(f"{len(summary.results)} results in {arguments.out}{known}; grades.csv has the table")
    if assignment.max_by_hand:
        more = f"{assignment.max_by_hand:g} more points"
        print(f"{more} are to be marked by hand: see `by_hand` in each result.json")
    for student, reason in summary.failed.items():
        print(f"no result for {student}: {reason}", file=sys.stderr)
    return 1 if summary.failed else 0
