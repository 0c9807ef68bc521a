"""The commands `fit`, `compare`, `isoflop` and `envelope`: options, and what they print.

Each option is one of a function of this room; nothing is computed here.
"""

import argparse
import io
import json
import math
import pathlib

from scaling_lib.data.files import write_bytes
from scaling_lib.fitting import compare, envelope, fit, fit_by, isoflop, read_runs
from scaling_lib.fitting.choosing import names_of
from scaling_lib.fitting.result import LEVEL, number
from scaling_lib.fitting.runs import available, number_of
from scaling_lib.laws import ALIASES, LAWS
from scaling_lib.laws import law as find_law
from scaling_lib.laws.declared import logistic

EXAMPLES = """\
examples:
  python -m scaling_lib fit runs.csv --law chinchilla --bootstrap 4000
  python -m scaling_lib fit runs.tsv --column N=params --column "C=FLOPs (1E21)*1e21"
  python -m scaling_lib fit grid.csv --best-of N,D --hold-out 'N > 1e9' --plot fit.svg
  python -m scaling_lib fit runs.csv --leave-out 'loss > 5' --leave-out 'run == r7 and D < 1e9'
  python -m scaling_lib fit runs.jsonl --tie alpha=beta --optimum 1e22 1e24 --json
  python -m scaling_lib fit --list
"""
# Formats of a figure, and what keeps the date out of the file.
UNDATED = {"svg": {"Date": None}, "pdf": {"CreationDate": None}, "png": None}
CHOOSING = """\
First invalid rows are dropped, then runs left out, then the best kept, at last runs held out. A
CONDITION is a comparison (< <= > >= == !=) of a column with a number or a word, several joined by
'and' that must all hold, or the name of a column of yes and no.
"""


def reading_options(parser):
    """Add what all commands that read runs share; return the group of those that choose runs."""
    add = parser.add_argument
    add(
        "runs",
        nargs="?",
        metavar="RUNS",
        help="CSV, TSV, JSON lines, Parquet (pip install pyarrow), also .gz; or -",
    )
    add(
        "--column",
        action="append",
        default=[],
        metavar="NAME=HEADER[*FACTOR]",
        help="the file's header for a name of the law, such as N=params; may be repeated",
    )
    add("--json", action="store_true", help="print one JSON object")
    choose = parser.add_argument_group("which runs", CHOOSING)
    add = choose.add_argument
    add(
        "--drop-invalid",
        action="store_true",
        help="drop rows with text, missing, infinite or non-positive values and say how many",
    )
    add(
        "--leave-out",
        action="append",
        metavar="CONDITION",
        help="do not use these runs: 'loss > 5'; may be repeated, and one condition is enough",
    )
    add(
        "--best-of",
        metavar="N,D",
        help="of runs that agree in these columns use only that of the lowest loss or error, or of "
        "the highest score, coverage or reward",
    )
    return choose


def common_options(parser):
    """Add what `fit`, `isoflop` and `envelope` share; return the group that chooses runs."""
    choose, add = reading_options(parser), parser.add_argument
    add("--level", type=_share, default=LEVEL, help="level of the intervals (0.9)")
    add("--seed", type=_count, default=0, help="seed of the bootstrap (0)")
    add("--optimum", type=_positive, nargs="+", default=[], metavar="C", help="budgets in FLOP")
    return choose


def weighing_options(parser, choose):
    """Add what `fit` and `compare` share beside that."""
    add = parser.add_argument
    add("--delta", type=_positive, help="Huber's delta (1e-3; 1 for learning rate and batch size)")
    add("--overestimate-penalty", type=_positive, default=1.0, metavar="K", help="of each run (1)")
    add = choose.add_argument
    add("--hold-out", metavar="CONDITION", help="score on these instead: 'N > 1e9'")
    add("--cluster", metavar="COLUMN", help="rows that are not independent: of a run, of a C")
    add("--weights", metavar="COLUMN", help="how much each run counts")


def compare_options(parser):
    """Add the options of `compare`."""
    weighing_options(parser, reading_options(parser))
    names = "names of laws, with commas between them (fit --list shows all)"
    parser.add_argument("--laws", required=True, metavar="LAW,LAW", help=names)


def compare_run(options):
    """Fit several laws to the same runs, and print what tells them apart."""
    from threadpoolctl import threadpool_limits

    runs, columns = _read(options)
    names = "delta", "overestimate_penalty", "cluster", "weights"
    names += "drop_invalid", "leave_out", "best_of"
    given = {name: getattr(options, name) for name in names}
    with threadpool_limits(1):
        laws = names_of(options.laws)
        found = compare(laws, runs, columns=columns, held_out=options.hold_out, **given)
        table = zip(found.table.index, _records(found.table), strict=True)
        fits = {name: result.to_dict() for name, result in found.fits.items()}
        record = {"table": dict(table), "notes": found.notes, "fits": fits}
        _print(found.summary(), record, options)
    return 0


def fit_options(parser):
    """Add the options of `fit`."""
    parser.epilog, parser.formatter_class = EXAMPLES, argparse.RawDescriptionHelpFormatter
    choose = common_options(parser)
    add, many = parser.add_argument, {"action": "append", "default": []}
    add("--law", default="chinchilla", help="name of the law (default chinchilla)")
    add("--list", action="store_true", help="list the laws and stop")
    weighing_options(parser, choose)
    add("--bootstrap", type=_count, default=0, metavar="B", help="replicates (0: profiles)")
    add("--threads", type=_count, default=1, help="threads of the bootstrap (1)")
    add("--lower", type=float, help="lower bound of the logistic law (0)")
    add("--upper", type=float, help="upper bound of the logistic law (1)")
    add("--unit", help="unit of the loss in reports (what its header says, or nats)")
    by = "one fit for each value of a column, and a table"
    choose.add_argument("--by", metavar="COLUMN", help=by)
    held = parser.add_argument_group("parameters")
    add = held.add_argument
    add("--fix", **many, metavar="E=1.6", help="hold a parameter at a value")
    add("--tie", **many, metavar="alpha=beta", help="let one parameter equal another")
    add("--bounds", **many, metavar="alpha=0:2", help="keep a parameter between two values")
    out = parser.add_argument_group("what else comes out")
    add = out.add_argument
    add("--predict", metavar="RUNS", help="file of runs to predict, with intervals")
    add("--plot", metavar="FILE", help="draw the fit into an .svg, .pdf or .png file")


def fit_run(options):
    """Fit, or list the laws."""
    from threadpoolctl import threadpool_limits

    if options.list:
        print(list_laws())
        return 0
    law = _law(options)
    runs, columns = _read(options)
    if options.by is not None and (options.predict or options.plot):
        raise ValueError("--by makes several fits: --predict and --plot need one")
    arguments = {
        "columns": columns,
        "delta": options.delta,
        "bounds": {name: _pair(name, text) for name, text in _pairs(options.bounds, "bounds")},
        "fixed": {name: _value(name, text) for name, text in _pairs(options.fix, "fix")},
        "tied": dict(_pairs(options.tie, "tie")),
        "bootstrap": options.bootstrap,
        "seed": options.seed,
        "threads": max(options.threads, 1),
        "drop_invalid": options.drop_invalid,
        "leave_out": options.leave_out,
        "best_of": options.best_of,
        "hold_out": options.hold_out,
        "cluster": options.cluster,
        "weights": options.weights,
        "overestimate_penalty": options.overestimate_penalty,
        "unit": options.unit,
    }
    with threadpool_limits(1):  # small matrices: threads inside one product only cost time
        if options.by is not None:
            several = fit_by(law, runs, options.by, level=options.level, **arguments)
            parts = {label: _report(result, options) for label, result in several.fits.items()}
            record = {"by": options.by, "fits": {k: v for k, (_, v) in parts.items()}}
            record["skipped"] = several.skipped
            text = [f"{options.by} = {label}\n{part}\n" for label, (part, _) in parts.items()]
            text = "\n".join([*text, several.table_text()])
        else:
            result = fit(law, runs, **arguments)
            text, record = _report(result, options)
            if options.plot:
                save_figure(result.plot(options.level), options.plot)
    _print(text, record, options)
    return 0


def _law(options):
    law = find_law(options.law)
    if options.lower is None and options.upper is None:
        return law
    if law.name != "logistic":
        raise ValueError("--lower and --upper belong to --law logistic")
    lower, upper = options.lower, options.upper
    return logistic(0.0 if lower is None else lower, 1.0 if upper is None else upper)


def _read(options):
    """Return the runs and the columns that are meant."""
    if options.runs is None:
        raise ValueError("name a file of runs (--help explains)")
    return read_runs(options.runs), dict(
        _pairs(options.column, "column", "NAME=HEADER, such as N=params")
    )


def _report(result, options):
    """Return a fit, its optima and predictions as text, and as what JSON holds."""
    text, record = [result.summary(options.level)], result.to_dict(options.level)
    tables = {"optimum": None, "predictions": _predictions(result, options)}
    try:
        tables["optimum"] = result.optimum_table(options.optimum, options.level)
    except ValueError as error:
        if result.law.bottlenecks(result.params) is None:  # no fit of this law has one
            raise
        text.append(f"note: optimum: {error}")
        record["warnings"] = record["warnings"] + [f"optimum: {error}"]
        record["optimum"] = None
    for name, table in tables.items():
        if table is not None:
            text.append(f"\n{name}\n{_text(table)}")
            record[name] = _records(table)
            if name == "optimum":
                (a, _), (low, high) = result.exponents(), result.a_interval(options.level)
                ends = f"{100 * options.level:g} % from {low:.4f} to {high:.4f}"
                text.append(f"N* ~ C^a, a = {a:.4f} ({ends})")
                record |= {"a": a, "a_interval": [low, high]}
            notes = table.attrs.get("notes", ())
            if name == "predictions":
                notes = [note for note in notes if "derived" not in note]
            text += [f"note: {name}: {note}" for note in notes]
            record["warnings"] = record["warnings"] + [f"{name}: {note}" for note in notes]
    return "\n".join(text), record


def _predictions(result, options):
    if not options.predict:
        return None
    runs, columns = read_runs(options.predict), dict(_pairs(options.column, "column"))
    names = available(runs)
    # This file may lack the target, and may call a column as the law does.
    for name, header in [*columns.items()]:
        known = header in names or header.rpartition("*")[0].strip() in names
        if not known and name in {result.law.target, *names}:
            del columns[name]
    try:
        return result.prediction_table(runs, columns, options.level, options.drop_invalid)
    except ValueError as error:
        raise ValueError(f"{options.predict}: {error}") from None


def _text(table):
    return table.to_string(index=False, float_format=number)


def _records(table):
    """Return a table as a list of mappings without numbers that JSON has no word for."""
    rows = table.to_dict("records")
    return [{k: v if math.isfinite(v) else None for k, v in row.items()} for row in rows]


def _print(text, record, options):
    print(json.dumps(record, allow_nan=False, indent=2) if options.json else text)


def list_laws():
    """Return the laws as text: name, equation, columns and target, parameters."""
    lines = []
    for name, law in LAWS.items():
        also = [alias for alias, target in ALIASES.items() if target == name]
        also = f" (also: {', '.join(also)})" if also else ""
        source = f" [@{law.key}]" if law.key else ""
        lines.append(f"{name}{also}: {law.title}{source}")
        lines.append(f"    {law.equation}")
        lines.append(f"    columns {', '.join([*law.columns, law.target])}")
        lines += [f"    {p.name}: {p.meaning}" for p in law.parameters]
    return "\n".join(lines)


def allocation_options(parser):
    """Add the options of `isoflop` and `envelope`."""
    common_options(parser)
    parser.add_argument(
        "--bootstrap",
        type=_count,
        default=1000,
        metavar="B",
        help="replicates (1000; 0: no intervals)",
    )


def allocation_run(options):
    """Find the allocation in one of the two ways without a surface, and print it."""
    way = {"isoflop": isoflop, "envelope": envelope}[options.command]
    runs, columns = _read(options)
    names = "level", "bootstrap", "seed", "drop_invalid", "leave_out", "best_of"
    result = way(runs, columns=columns, **{name: getattr(options, name) for name in names})
    text, record = result.summary(), result.to_dict()
    if options.optimum:
        table = result.optimum_table(options.optimum)
        notes = [f"optimum: {note}" for note in table.attrs["notes"]]
        text += "\n".join(["\n", "optimum", _text(table), *(f"note: {note}" for note in notes)])
        record["optimum"], record["notes"] = _records(table), record["notes"] + notes
    _print(text, record, options)
    return 0


def save_figure(figure, path):
    """Write a figure into an .svg, .pdf or .png file, whole and the same at each call."""
    import matplotlib as mpl

    kind = pathlib.PurePath(path).suffix[1:].lower()
    if kind not in UNDATED:
        raise ValueError(f"--plot must name an .svg, .pdf or .png file, not {path}")
    content = io.BytesIO()
    with mpl.rc_context({"svg.hashsalt": "fit"}):
        figure.savefig(content, format=kind, dpi=150, metadata=UNDATED[kind])
    write_bytes(path, content.getvalue())


def _pairs(texts, option, form="NAME=VALUE"):
    """Return (name, value) of each NAME=VALUE."""
    pairs = [text.partition("=") for text in texts]
    for (name, equals, value), text in zip(pairs, texts, strict=True):
        if not (equals and name.strip() and value.strip()):
            raise ValueError(f"--{option} {text}: write {form}")
    pairs = [(name.strip(), value.strip()) for name, _, value in pairs]
    names = [name for name, _ in pairs]
    if twice := [name for name in names if names.count(name) > 1]:
        raise ValueError(f"--{option} names {twice[0]} twice: give it once")
    return pairs


def _value(name, text):
    value = number_of(text, "")
    if value is None or not math.isfinite(value):
        raise ValueError(f"--fix {name} must be a number, not {text!r}")
    return value


def _pair(name, text):
    ends = text.split(":")
    try:
        low, high = (
            float(number_of(end, "")) if end else default
            for end, default in zip(ends, (-math.inf, math.inf), strict=True)
        )
    except (TypeError, ValueError):
        raise ValueError(f"--bounds {name} must be two numbers such as 0:2, not {text!r}") from None
    return low, high


def _number(text, allowed, words):
    value = number_of(text.strip(), "")
    if value is None or not allowed(value):
        raise argparse.ArgumentTypeError(f"{text!r} is not {words}")
    return value


def _positive(text):
    return _number(text, lambda value: value > 0, "a positive number")


def _share(text):
    return _number(text, lambda value: 0 < value < 1, "a number between 0 and 1")


def _count(text):
    return int(_number(text, lambda value: value >= 0 and value % 1 == 0, "a whole number"))
