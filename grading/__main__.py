"""The command line: ``python -m grading COMMAND ...``."""

import os
import sys

# Python looks for modules where the instructor stands. That may be among submissions, one of which
# may be called numpy.py.
_HERE = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
if sys.path and os.path.realpath(sys.path[0]) == os.getcwd() != os.path.realpath(_HERE):
    del sys.path[0]

import argparse  # noqa: E402
import importlib  # noqa: E402

from scaling_lib import __version__  # noqa: E402

COMMANDS = {
    "grade": ("grading.cli_grade", "grade a class"),
    "export": ("grading.cli_export", "write the scores for Canvas, Moodle or Gradescope"),
    "arrange": ("grading.cli_arrange", "put submissions where nbgrader looks for them"),
    "bundle": ("grading.cli_bundle", "build an autograder for Gradescope"),
    "capstone": ("grading.cli_capstone", "score the games of the capstone"),
    "answers": ("grading.cli_answers", "show how known right and wrong answers score"),
}


class Parser(argparse.ArgumentParser):
    """A parser whose errors are one line."""

    def error(self, message):
        """Print one line and end with status 2."""
        self.exit(2, f"{self.prog}: error: {message} (--help explains)\n")


def build_parser(command=None):
    """Return the parser, with the options of `command` alone."""
    parser = Parser(prog="grading", description="Grade untrusted notebooks.")
    parser.add_argument("--version", action="version", version=f"grading {__version__}")
    subparsers = parser.add_subparsers(dest="command", metavar="COMMAND", required=True)
    for name, (module, words) in COMMANDS.items():
        if name == command:
            importlib.import_module(module).add_parser(subparsers)
        else:
            subparsers.add_parser(name, help=words, add_help=False)
    return parser


def main(arguments=None):
    """Run one command and return its exit status: 0, 1 if it failed, or 2 for unusable input."""
    arguments = sys.argv[1:] if arguments is None else list(arguments)
    command = next((a for a in arguments if not a.startswith("-")), None)
    options = build_parser(command).parse_args(arguments)
    try:
        status = options.run(options)
        sys.stdout.flush()
        return status or 0
    except (ValueError, OSError) as error:
        if isinstance(error, BrokenPipeError):  # the reader of our output has seen enough
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            return 0
        message = " ".join(str(error).split())
        print(f"grading {options.command}: error: {message}", file=sys.stderr)
        return 2


if __name__ == "__main__":
    sys.exit(main())
