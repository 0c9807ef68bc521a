"""``python -m grading bundle``: an autograder for Gradescope."""

import pathlib

from grading.cli_grade import add_assignment, add_settings, read_settings
from grading.platforms.gradescope import bundle
from grading.source.assignment import load
from grading.source.hidden_tests import PUBLIC_SEED
from scaling_lib.data.files import write_bytes


def add_parser(subparsers):
    """Add the sub-command ``bundle``.

    Parameters
    ----------
    subparsers : argparse._SubParsersAction
        What ``ArgumentParser.add_subparsers`` returned.
    """
    parser = subparsers.add_parser("bundle", help="build an autograder for Gradescope")
    add_assignment(parser)
    parser.add_argument("--out", required=True, help="zip archive to write")
    parser.add_argument(
        "--late", type=float, default=0, metavar="PERCENT", help="taken off for each day late (0)"
    )
    add_settings(parser)
    parser.set_defaults(run=run)


def run(arguments):
    """Write the archive.

    Parameters
    ----------
    arguments : argparse.Namespace
        What the parser of `add_parser` read.

    Returns
    -------
    int
        Exit status.

    Raises
    ------
    ValueError
        If the assignment cannot be used or there is no secret.
    """
    assignment = load(arguments.assignment, arguments.overlay)
    settings = read_settings(arguments)
    if settings.seed == PUBLIC_SEED:
        raise ValueError("a bundle needs a secret: give --seed-file")
    if arguments.limit:
        raise ValueError("a bundle has the default limits")
    options = [f"--late={arguments.late:g}"]
    options += [f"--sandbox={arguments.sandbox}"] if arguments.sandbox else []
    options += ["--unsafe"] if arguments.unsafe else []
    content = bundle(assignment, assignment.text, settings, options)
    write_bytes(pathlib.Path(arguments.out), content)
    print(f"{arguments.out}: {len(content) / 1e6:.1f} MB, with the solutions and the secret")
    return 0
