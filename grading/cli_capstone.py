"""``python -m grading capstone``: score the games of a class, and hand out its languages."""

import pathlib
import sys

from grading.classes.games import grade_games, languages_table, read_languages, summary_line
from grading.reports.student_results import to_csv
from grading.source.hidden_tests import PUBLIC_SEED
from scaling_lib.data.files import write_bytes


def add_parser(subparsers):
    """Add the sub-command ``capstone``.

    Parameters
    ----------
    subparsers : argparse._SubParsersAction
        What ``ArgumentParser.add_subparsers`` returned.
    """
    parser = subparsers.add_parser("capstone", help="score the games of the capstone")
    parser.add_argument(
        "input", help="folder or zip archive of submissions; with --hand-out a list of students"
    )
    parser.add_argument("--out", required=True, help="folder of results; with --hand-out a file")
    parser.add_argument("--seed-file", help="file with your secret")
    who = parser.add_mutually_exclusive_group(required=True)
    who.add_argument(
        "--hand-out", action="store_true", help="write a language for each line of the list"
    )
    who.add_argument("--languages", help="the table that --hand-out wrote")
    who.add_argument("--language", type=int, help="the one language of the class")
    parser.add_argument("--jobs", type=int, default=1, help="processes (1)")
    parser.set_defaults(run=run)


def run(arguments):
    """Hand out languages, or grade.

    Parameters
    ----------
    arguments : argparse.Namespace
        What the parser of `add_parser` read.

    Returns
    -------
    int
        Exit status 0.

    Raises
    ------
    ValueError
        If something cannot be used.
    """
    secret = PUBLIC_SEED
    if arguments.seed_file:
        secret = pathlib.Path(arguments.seed_file).read_text(encoding="utf-8").strip()
        if not secret:
            raise ValueError(f"{arguments.seed_file} is empty: write a long random text into it")
    else:
        print("the public seed is used, which anyone can use: give --seed-file", file=sys.stderr)
    if arguments.jobs < 1:
        raise ValueError(f"jobs must be at least 1, not {arguments.jobs}")
    if arguments.hand_out:
        lines = pathlib.Path(arguments.input).read_text(encoding="utf-8-sig").splitlines()
        students = [line.strip() for line in lines if line.strip()]
        write_bytes(arguments.out, to_csv(languages_table(students, secret)).encode())
        print(f"{len(students)} languages in {arguments.out}: give each student their own")
        return 0
    languages = arguments.language
    if languages is None:
        languages = read_languages(arguments.languages)
    results = grade_games(arguments.input, arguments.out, secret, languages, arguments.jobs)
    print(f"{summary_line(results)}; {arguments.out}/grades.csv has the table")
    return 0
