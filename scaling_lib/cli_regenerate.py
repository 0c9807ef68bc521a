"""``python -m scaling_lib regenerate``: make the shipped runs again."""

import importlib
import pathlib
import time

from .experiments import SHIPPED

DATA = pathlib.Path(__file__).parent / "data"


def add_parser(subparsers):
    """Add the sub-command ``regenerate``.

    Parameters
    ----------
    subparsers : argparse._SubParsersAction
        What ``ArgumentParser.add_subparsers`` returned.
    """
    parser = subparsers.add_parser("regenerate", help="make the shipped runs again")
    parser.add_argument("name", choices=["all", *sorted(SHIPPED)])
    parser.add_argument("--jobs", type=int, default=1, help="processes")
    parser.add_argument("--out", type=pathlib.Path, default=DATA, help="folder of the tables")
    parser.set_defaults(run=run)


def run(arguments):
    """Regenerate one table or all of them.

    Parameters
    ----------
    arguments : argparse.Namespace
        What the parser of `add_parser` read.

    Returns
    -------
    int
        Exit status 0.
    """
    names = sorted(SHIPPED) if arguments.name == "all" else [arguments.name]
    for name in names:
        module, file, minutes = SHIPPED[name]
        print(f"{name}: about {minutes:g} minutes on two cores", flush=True)
        start = time.monotonic()
        importlib.import_module(module).regenerate(arguments.out / file, arguments.jobs)
        print(f"{name}: {file} made in {(time.monotonic() - start) / 60:.1f} minutes", flush=True)
    return 0
