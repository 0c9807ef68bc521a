"""The command line: ``python -m scaling_lib COMMAND ...``."""

from __future__ import annotations

import argparse
import importlib
import os
import sys

from scaling_lib import __version__

# Each command lives in a module with `add_parser(subparsers)`, which sets `run` by `set_defaults`.
# Only the module of the command that is called is imported.
COMMANDS = {
    "fit": ("scaling_lib.cli_fit", "fit a scaling law to a table of runs"),
    "train": ("scaling_lib.cli_train", "train one model and print its loss and price"),
    "sweep": ("scaling_lib.cli_sweep", "train a grid of models into a CSV file"),
    "capstone": ("scaling_lib.cli_capstone", "train the hero run of a finished capstone game"),
    "regenerate": ("scaling_lib.cli_regenerate", "make the shipped runs again"),
}


class Parser(argparse.ArgumentParser):
    """A parser whose errors are one line."""

    def error(self, message):
        """Print one line and end with status 2."""
        self.exit(2, f"{self.prog}: error: {message} (--help explains)\n")


def build_parser(command=None):
    """Return the parser, with the options of `command` alone."""
    parser = Parser(prog="scaling_lib", description="Fit, train and forecast.")
    parser.add_argument("--version", action="version", version=f"scaling_lib {__version__}")
    subparsers = parser.add_subparsers(dest="command", metavar="COMMAND", required=True)
    for name, (module, words) in COMMANDS.items():
        if name == command:
            importlib.import_module(module).add_parser(subparsers)
        else:
            subparsers.add_parser(name, help=words, add_help=False)
    return parser


def main(arguments=None):
    """Run one command and return its exit status: 0, or 2 for input that cannot be used."""
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
        print(f"scaling_lib {options.command}: error: {message}", file=sys.stderr)
        return 2


if __name__ == "__main__":
    sys.exit(main())
