"""The command ``fit``: fit a scaling law to the runs of a CSV file."""

from __future__ import annotations

import argparse
import json
import math

from threadpoolctl import threadpool_limits

from scaling_lib.fitting import fit
from scaling_lib.laws import ALIASES, LAWS, Logistic
from scaling_lib.laws import law as find_law
from scaling_lib.runs import read_csv

EXAMPLE = """\
examples:
  python -m scaling_lib fit runs.csv --law chinchilla --bootstrap 4000
  python -m scaling_lib fit runs.csv --law power --column x=C --column loss=val_loss
  python -m scaling_lib fit --list
"""


def add_parser(subparsers):
    """Add the command and its options."""
    parser = subparsers.add_parser(
        "fit",
        help="fit a scaling law to a table of runs",
        description="Fit a scaling law to the runs of a CSV file (UTF-8, commas, one header line). "
        "N, D or C is derived from C = 6 N D when the law needs it and the file has the other two.",
        epilog=EXAMPLE,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("runs", nargs="?", metavar="RUNS.csv", help="one line a run")
    parser.add_argument("--law", default="chinchilla", help="name of the law (default chinchilla)")
    parser.add_argument("--list", action="store_true", help="list the laws and stop")
    parser.add_argument(
        "--column",
        action="append",
        default=[],
        metavar="NAME=HEADER",
        help="the file's header for a name of the law, such as N=params; may be repeated",
    )
    parser.add_argument("--delta", type=_positive, default=1e-3, help="Huber's delta (1e-3)")
    parser.add_argument(
        "--bootstrap", type=_count, default=0, metavar="B", help="replicates (0: profile intervals)"
    )
    parser.add_argument("--level", type=_share, default=0.9, help="level of the intervals (0.9)")
    parser.add_argument("--seed", type=_count, default=0, help="seed of the bootstrap (0)")
    parser.add_argument("--threads", type=_count, default=1, help="threads of the bootstrap (1)")
    parser.add_argument("--lower", type=float, help="lower bound of the logistic law (0)")
    parser.add_argument("--upper", type=float, help="upper bound of the logistic law (1)")
    parser.add_argument(
        "--drop-invalid",
        action="store_true",
        help="drop rows with missing, infinite or non-positive values and say how many",
    )
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    parser.set_defaults(run=run)


def run(options):
    """Run the command; return the exit status."""
    if options.list:
        print(list_laws())
        return 0
    if options.runs is None:
        raise ValueError("name a CSV file of runs, or --list")
    law = find_law(options.law)
    if options.lower is not None or options.upper is not None:
        if not isinstance(law, Logistic):
            raise ValueError("--lower and --upper belong to --law logistic")
        law = Logistic(
            law.lower if options.lower is None else options.lower,
            law.upper if options.upper is None else options.upper,
        )
    with threadpool_limits(1):  # small matrices: threads inside one product only cost time
        result = fit(
            law,
            read_csv(options.runs),
            columns=_mapping(options.column),
            delta=options.delta,
            bootstrap=options.bootstrap,
            seed=options.seed,
            threads=max(options.threads, 1),
            drop_invalid=options.drop_invalid,
        )
        if options.json:
            text = json.dumps(result.to_dict(options.level), allow_nan=False, indent=2)
        else:
            text = result.summary(options.level)
    print(text)
    return 0


def list_laws():
    """Return the laws as text: name, columns and target, equation."""
    lines = []
    for name, law in LAWS.items():
        also = [alias for alias, target in ALIASES.items() if target == name]
        also = f" (also: {', '.join(also)})" if also else ""
        lines.append(f"{name}{also}: {law.title}")
        lines.append(f"    {law.equation}")
        lines.append(f"    columns {', '.join([*law.columns, law.target])}")
    return "\n".join(lines)


def _mapping(pairs):
    mapping = {}
    for pair in pairs:
        name, equals, header = pair.partition("=")
        if not (equals and name and header):
            raise ValueError(f"--column {pair}: write NAME=HEADER, such as N=params")
        mapping[name] = header
    return mapping


def _number(text, allowed, words):
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not allowed(value):
        raise argparse.ArgumentTypeError(f"{text!r} is not {words}")
    return value


def _positive(text):
    return _number(text, lambda value: value > 0, "a positive number")


def _share(text):
    return _number(text, lambda value: 0 < value < 1, "a number between 0 and 1")


def _count(text):
    return int(_number(text, lambda value: value >= 0 and value % 1 == 0, "a whole number"))
