"""``python -m scaling_lib sweep``: a grid of runs into a file that ``fit`` reads."""

import sys

from .grids import read_grid
from .sweeps import sweep


def add_parser(subparsers):
    """Add the sub-command ``sweep``.

    Parameters
    ----------
    subparsers : argparse._SubParsersAction
        What ``ArgumentParser.add_subparsers`` returned.
    """
    parser = subparsers.add_parser("sweep", help="train a grid of models into a CSV file")
    parser.add_argument("grid", help="TOML file of the grid, such as sweeps/tiny.toml")
    parser.add_argument("--out", required=True, help="CSV file; an unfinished one is continued")
    parser.add_argument("--jobs", type=int, default=1, help="processes on this machine")
    parser.add_argument("--scheduler", help="Dask scheduler, tcp://host:8786, instead of --jobs")
    parser.set_defaults(run=run)


def run(arguments):
    """Run the sweep.

    Parameters
    ----------
    arguments : argparse.Namespace
        What the parser of `add_parser` read.

    Returns
    -------
    int
        Exit status: 0, or 130 after Ctrl-C.

    Raises
    ------
    ValueError
        If the grid, the file or the scheduler cannot be used.
    """
    try:
        runs = sweep(
            read_grid(arguments.grid),
            jobs=arguments.jobs,
            out=arguments.out,
            scheduler=arguments.scheduler,
        )
    except KeyboardInterrupt:
        print(f"stopped; {arguments.out} is valid, the same command continues it", file=sys.stderr)
        return 130
    print(f"{len(runs)} runs in {arguments.out}; scaling_lib fit reads that file")
    return 0
