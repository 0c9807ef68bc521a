"""Runs as columns of numbers: reading cells, finding columns, checking.

A column may be one of the data, one under another name ("N": "params"), one in other units ("C":
"FLOPs (1E21)*1e21"), or one that follows from C = 6 N D.
"""

import difflib
import re
import shlex
from collections import Counter

import numpy as np

from scaling_lib.data.files import is_number
from scaling_lib.laws.declared import rows_text
from scaling_lib.laws.formulas import FLOP_PER_PARAMETER_TOKEN

CONSTANT = 1e-9  # relative range of a column up to which it varies by rounding only
WEIGHTS = "given as weights"  # the column of them in a message
# What a column follows from, where it is absent.
DERIVED = {"N": ("C", "D"), "D": ("C", "N"), "C": ("N", "D"), "U": ("D", "epochs")}
REPEATED = ("U", "epochs")  # what D follows from as well
MISSING = {"", "na", "n/a", "#n/a", "<na>", "nan", "none", "null", "-", "--"}
NO_VALUES = {"NoneType", "NAType", "NaTType"}  # of pandas, which a cell need not import
SUFFIXES = {"K": 1e3, "M": 1e6, "B": 1e9, "G": 1e9, "T": 1e12}
IN_WORDS = {"thousand": 1e3, "million": 1e6, "billion": 1e9, "trillion": 1e12}
SCALES = SUFFIXES | {word.upper(): factor for word, factor in IN_WORDS.items()} | {"%": 0.01}
NUMBER = re.compile(
    rf"([+-]?[\d.,]+(?:[eE][+-]?\d+)?)\s*({'|'.join(SCALES)}|)"
    r"(?:\s*(?:tokens?|params?|parameters?|flops?|nats(?:\s*(?:/|per)\s*token)?))?",
    re.IGNORECASE,
)
GROUPED = re.compile(r"(?<![\d.,_])([+-]?[1-9]\d{0,2}(?:[_ '\xa0\u202f]\d{3})+)(?![\d_'])")
THOUSANDS = re.compile(r"[+-]?[1-9]\d{0,2}(,\d{3})+(\.\d*)?")
# What files call the columns, in small letters and digits only.
SYNONYMS = {
    "N": "n params nparams numparams parameters nparameters numparameters modelsize size param",
    "D": "d tokens ntokens numtokens traintokens trainingtokens seentokens tokensseen examples",
    "C": "c flop flops compute computebudget budget trainflops trainingflops totalflops pfdays",
    "U": "unique uniquetokens",
    "loss": "validationloss valloss evalloss testloss finalloss trainloss loss crossentropy "
    "valbpb valbpc bpb bpc",
    "score": "score accuracy acc",
    "error": "error errorrate",
    "reward": "reward meanreward",
    "run": "run runid runname",
    "k": "samples nsamples numsamples",
}
PERPLEXITY = re.compile(r"(?<![a-z])(ppl|perplexity)(?![a-z])", re.IGNORECASE)
UNITS_OF_LOSS = {
    "bits per byte": "bpb|bits per byte|bits byte",
    "bits per character": "bpc|bits per char|bits per character",
    "bits": "bits",
}
WHOLE = {"size"}  # a part of too many other names
NEVER = "batch", "persec"  # in the names of columns that are none of these
# The units that a header names: at its end as in Size (B), tokens_T, params_m and FLOPs (1E21), or
# as in total_gflops, mparams, exaFLOP and billions of tokens, or as in PF-days.
UNIT_ENDING = re.compile(r"[\s_(\[]([KMBGT]|(?<=params_|tokens_)[kmbt]|1[eE]\d+)[)\]]?$")
PREFIX = r"(?<![a-z])([kmgtpez])(?:ilo|ega|iga|era|eta|xa|etta)?[\s_-]?"
UNIT_OF_NAME = re.compile(rf"{PREFIX}(?=flop)|(?<![a-z])([kmbt])(?=param|token)", re.IGNORECASE)
DAYS = re.compile(rf"{PREFIX}f(?:lops?)?(?:[/_-]?s)?[\s_-]*days?(?![a-z])", re.IGNORECASE)
SECONDS_A_DAY = 86400
POWERS = {**SUFFIXES, "P": 1e15, "E": 1e18, "Z": 1e21}
REASONS = 3  # of rows that are invalid, in a message
TEXT = "holds text that is not a number"
SHOWN = 12  # names of columns in a message: more would fill the screen


# Numbers -----------------------------------------------------------------------------------------


def numbers(values, name, faults=None):
    """Return one column as floats, shape (n,); ValueError names it and the rows that are not.

    Text is read as people write numbers: 7B, 124,455,168, 20_000_000, 26.5%, 1B tokens, 4.27 nats,
    3,4 in a column of decimal commas; NA, None, null and - are missing. With a mapping `faults`,
    rows that are not become NaN, and it is given the reason of each.
    """
    if isinstance(values, list | tuple):
        cells = {i: v.strip() for i, v in enumerate(values) if isinstance(v, str)}
        point = _comma(cells, name)
        read = {i: number_of(cell, point) for i, cell in cells.items()}
        wrong = [i for i, value in read.items() if value is None]
        if wrong:
            words = [repr(word[:40]) for word in dict.fromkeys(cells[i] for i in wrong)]
            why = f"{name} {TEXT} ({', '.join(words[:REASONS])})"
            if faults is None:
                raise ValueError(f"Column {why} in {rows_text(wrong)}")
            faults |= dict.fromkeys(wrong, why)
            read |= dict.fromkeys(wrong, np.nan)
        values = [np.nan if type(v).__name__ in NO_VALUES else v for v in values]
        values = [read.get(i, v) for i, v in enumerate(values)]
    try:
        column = np.array(values, dtype=float)
    except (TypeError, ValueError):
        raise ValueError(f"Column {name} is not a list of numbers") from None
    if column.ndim != 1:
        raise ValueError(f"Column {name} must have one dimension, not {column.ndim}")
    return column


def _comma(cells, name):
    """Return what a comma in a column of numbers is to be replaced by: nothing, or a point."""
    found = {i: m[1] for i, c in cells.items() if "," in c and (m := NUMBER.fullmatch(c))}
    thousands = [text for text in found.values() if THOUSANDS.fullmatch(text)]
    if len(thousands) < len(found):
        return "."
    if thousands and all(text.count(",") == 1 and "." not in text for text in thousands):
        raise ValueError(
            f"Column {name} can be read in two ways, since {thousands[0]} in {rows_text([*found])} "
            f"is {thousands[0].replace(',', '')} or {thousands[0].replace(',', '.')}: write it "
            "without the comma"
        )
    return ""


def number_of(cell, point):
    """Return a cell as a number: NaN if it is missing, None if it is something else."""
    if is_number(cell):
        return float(cell)
    if cell.casefold() in MISSING:
        return np.nan
    match = NUMBER.fullmatch(GROUPED.sub(lambda group: re.sub(r"[^\d+-]", "", group[1]), cell))
    digits = match[1].replace(",", point) if match else ""
    return float(digits) * SCALES.get(match[2].upper(), 1.0) if is_number(digits) else None


# Columns -----------------------------------------------------------------------------------------


def available(data):
    """Return the column names of a mapping, a DataFrame or a structured array."""
    if hasattr(data, "keys"):
        return [str(name) for name in data.keys()]
    if getattr(getattr(data, "dtype", None), "names", None):
        return list(data.dtype.names)
    raise ValueError(
        "The data must be columns by name: a mapping, a DataFrame or a structured array, "
        f"not {type(data).__name__}"
    )


def column_of(data, name):
    """Return a column as it is; one that is no text, such as 0, goes by its text."""
    if hasattr(data, "keys") and name not in data:
        name = next(key for key in data.keys() if str(key) == name)
    if not np.iterable(data[name]):
        raise ValueError(f"Column {name} must have a value for each row, not {data[name]!r}")
    return data[name]


def offered(data, mapping=None):
    """Return the names that `take` can give: columns, renamed ones, and those that follow."""
    names = dict.fromkeys([*available(data), *(mapping or {})])
    for name in DERIVED:
        if parts_of(name, names):
            names[name] = None
    return list(names)


def parts_of(name, known):
    """Return the columns among the `known` that an absent one follows from, none if it does not."""
    ways = [DERIVED.get(name, ()), *([REPEATED] * (name == "D"))]
    return next((parts for parts in ways if parts and {*known}.issuperset(parts)), ())


def count_rows(data):
    """Return the number of rows of data, 0 where there is no column."""
    return next((len(column_of(data, name)) for name in available(data)), 0)


def check_rows(data):
    """Raise ValueError for data without a row."""
    if not count_rows(data):
        raise ValueError("The data must have at least one row, and have none")


def subset(data, rows):
    """Return those rows of data, given by positions or booleans."""
    if hasattr(data, "iloc"):
        return data.iloc[np.arange(len(data))[rows]]
    return {name: np.asarray(column_of(data, name))[rows] for name in available(data)}


def row_numbers(data):
    """Return the number of each row in its file: of a DataFrame what its index says."""
    labels = np.asarray(getattr(data, "index", ()))
    return labels if labels.dtype.kind in "iu" and labels.size else np.arange(count_rows(data))


def raw(data, name, mapping=None, also=()):
    """Return a column, an array if it is one of numbers, and the factor to multiply it by.

    Where there is none, others are offered, for the names in `also` as well.
    """
    source, factor = (mapping or {}).get(name, name), 1.0
    if not isinstance(source, str):
        raise ValueError(f"columns[{name!r}] must be the name of a column as text, not {source!r}")
    names = available(data)
    if source not in names and "*" in source:  # "FLOPs (1E21)*1e21"
        shorter, _, number = source.rpartition("*")
        if is_number(number):
            source, factor = shorter.strip(), float(number)
    if names.count(source) > 1:
        raise ValueError(
            f"There are {names.count(source)} columns of the name {source}: rename or remove one"
        )
    if source not in names:
        given = {known: header for known, header in (mapping or {}).items() if known != name}
        wanted = [name, *(more for more in also if more not in {name, *offered(data, given)})]
        raise ValueError(
            f"There is no column {source}{f' (meant as {name})' * (source != name)} among "
            f"{names_text(names)}{did_you_mean(wanted, names, source, given)}"
        )
    values = column_of(data, source)
    if isinstance(getattr(values, "dtype", None), np.dtype) and values.dtype.kind in "iuf":
        return np.asarray(values), factor
    return values.tolist() if hasattr(values, "tolist") else list(values), factor


def names_text(names):
    """Return names of columns as text, the first few of them and none longer than a line."""
    if not names:
        return "no columns"
    short = [name if len(name) < 40 else name[:37] + "..." for name in names[:SHOWN]]
    return ", ".join(short) + (f" and {len(names) - SHOWN} more" if len(names) > SHOWN else "")


def did_you_mean(wanted, names, said="", given=None):
    """Return a question that offers columns for the wanted names, or nothing: it never decides.

    `names` are those of the file, `given` says which of them already have a name of a law, and
    `said` is what the first wanted name was said to be.
    """
    given = dict(given or {})
    used = {header if header in names else header.rpartition("*")[0] for header in given.values()}
    found, known = {}, {*names, *given}

    def look(want, said=""):
        header = _offer(want, said, [n for n in names if n not in {*used, *found.values()}])
        if header:
            found[want] = header
        return header is not None

    others = [name for name in wanted if not look(name, said if name == wanted[0] else "")]
    for name in others:  # what it follows from, if all of that is there
        parts = [part for part in DERIVED.get(name, ()) if part not in {*known, *found}]
        for part in [part for part in parts if not all([look(part) for part in parts])]:
            found.pop(part, None)
    follows = [name for name in wanted[:1] if said and {*DERIVED.get(name, "?")} <= known]
    if follows and not found:
        parts = " and ".join(DERIVED[wanted[0]])
        return f". {wanted[0]} follows from {parts}: leave --column {wanted[0]}={said} out"
    same = [k for name in others for k, words in SYNONYMS.items() if _plain(name) in words.split()]
    if not found and (same := [name for name in same if name in known]):
        return f". Did you mean {same[0]}?"
    if not found:
        return ""
    found = {name: with_unit(header) for name, header in found.items()}
    shell = " ".join(f"--column {shlex.quote(f'{k}={v}')}" for k, v in found.items())
    return f". Did you mean {shell} (in Python columns={found})?"


def _plain(name):
    """Return a name in small letters and digits only."""
    return re.sub(r"[^a-z0-9]", "", name.casefold())


def _offer(want, said, names):
    """Return the first of `names` that is a usual one for `want`, or is spelt nearly alike."""
    simple = {name: _plain(name) for name in names}
    last = {name: _plain(re.split(r"[./]", name)[-1]) for name in names}  # of config.N
    usual = SYNONYMS.get(want, "").split()
    same = [
        name
        for word in [want.casefold(), said.casefold(), *usual]
        for name in names
        if _plain(word) in (simple[name], None if word in WHOLE else last[name])
    ]
    some = [name for name in names if not any(word in simple[name] for word in NEVER)]
    words = [word for word in usual if len(word) > 3 and word not in WHOLE]
    part = [name for word in words for name in some if word in simple[name]]
    near = [] if usual else difflib.get_close_matches(_plain(want), simple.values(), 1)
    near = [name for name in names if simple[name] in near]
    return next(iter([*same, *part, *near]), None)


def unit_of(header):
    """Return the factor that a header names as its unit, 1 if it names none.

    >>> unit_of("Model Size (B)"), unit_of("total_gflops"), unit_of("n_params"), unit_of("PF-days")
    (1000000000.0, 1000000000.0, 1.0, 8.64e+19)
    """
    if match := UNIT_ENDING.search(header):
        return SUFFIXES.get(match[1].upper()) or float(match[1])
    if match := DAYS.search(header):
        return POWERS[match[1].upper()] * SECONDS_A_DAY
    if match := UNIT_OF_NAME.search(header):
        return POWERS[(match[1] or match[2]).upper()]
    return next((u for word, u in IN_WORDS.items() if word in header.casefold()), 1.0)


def with_unit(header):
    """Return a header with the unit it names as a factor: Size (B)*1e9."""
    unit = unit_of(header)
    return header if unit == 1.0 else f"{header}*{unit:g}".replace("e+0", "e").replace("e+", "e")


def take(data, wanted, mapping=None, law="", faults=None):
    """Return the wanted columns as floats of one length, deriving what is absent.

    N, D or C follows from C = 6 N D, and of D, U and epochs one of the first two from the others.
    `mapping` says which column of `data` has a name, where they differ; a factor may follow it.
    `law` is the title of what needs them.
    A mapping `faults` is given the reason of each row that is text, or derived from what is not
    valid. Returns the columns and notes on what was derived.
    """
    mapping, names = dict(mapping or {}), available(data)
    has = {*names, *mapping}
    # Names given to what is no column and follows from others: "x": "C".
    follows = {name for name, said in mapping.items() if said not in names and said != name}
    follows = {name for name in follows if parts_of(mapping[name], has)}
    for name in {**mapping}:
        if name not in follows:
            raw(data, name, mapping, wanted)
    columns, notes = {}, []

    def column(name):
        if name in follows:
            others = {known: said for known, said in mapping.items() if known != name}
            found, said = take(data, [mapping[name]], others, faults=faults)
            notes.extend(said)
            return found[mapping[name]]
        if name not in columns:
            values, factor = raw(data, name, mapping)
            if name == "loss":
                _no_perplexity(mapping.get(name, name))
            return numbers(values, name, faults) * factor
        return columns[name]

    for name in wanted:
        if name in has:
            columns[name] = column(name)
        elif parts := parts_of(name, {*has, *columns}):
            given = {part: column(part) for part in parts}
            _check_lengths(given)
            if faults is not None:
                faults |= invalid_rows(given, given) | faults
            with np.errstate(all="ignore"):
                columns[name], how = _derive(name, parts, *given.values())
            notes.append(f"{name} derived from {how}")
    missing = [name for name in wanted if name not in columns]
    if missing:
        hint = did_you_mean(missing, names, given=mapping)
        if any(is_number(name) for name in names):
            hint = ". The first line must name the columns, and here it holds numbers"
        elif law and any(f"{name}=" not in hint for name in missing):
            hint += f"{'' if hint else '.'} For laws of other columns see --list"
        raise ValueError(
            f"Missing column{'s' * (len(missing) > 1)} {', '.join(missing)}"
            f"{f' of the {law}' * bool(law)}: the data have {names_text(names)}{hint}"
        )
    _check_lengths(columns)
    check_rows(data)
    return columns, notes


def _no_perplexity(header):
    """Raise ValueError where a loss is none: the laws are of the logarithm of a perplexity."""
    if PERPLEXITY.search(header) and "log" not in header.casefold():
        raise ValueError(
            f"Column {header} is a perplexity, whose logarithm is the loss: add a column of it, "
            f"such as runs['loss'] = np.log(runs[{header!r}])"
        )


def unit_of_loss(header):
    """Return the unit that the header of a loss names; nats if it names none, or with a factor.

    >>> unit_of_loss("val_bpb"), unit_of_loss("loss_bits"), unit_of_loss("loss")
    ('bits per byte', 'bits', 'nats')
    """
    words = re.sub(r"[^a-z0-9]+", " ", header.casefold())
    if "*" in header and is_number(header.rpartition("*")[2]):
        return "nats"
    for unit, pattern in UNITS_OF_LOSS.items():
        if re.search(rf"\b({pattern})\b", words):
            return unit
    return "nats"


def _derive(name, parts, first, second):
    """Return a column from what it follows from, and how it does."""
    if parts == REPEATED:
        return first * second, "U x epochs"
    if name == "U":
        return first / second, "D / epochs"
    k = FLOP_PER_PARAMETER_TOKEN
    return k * first * second if name == "C" else first / (k * second), "C = 6 N D"


def _check_lengths(columns):
    lengths = {name: values.size for name, values in columns.items()}
    if len(set(lengths.values())) > 1:
        raise ValueError(
            "The columns have different lengths: "
            + ", ".join(f"{name} {length}" for name, length in lengths.items())
        )


def invalid_rows(columns, positive):
    """Return {row: reason} of the rows that no law can use, counted from 0.

    `positive` names the columns in which zero and negative values are invalid too.
    """
    reasons = {}
    for name, values in columns.items():
        faults = [(np.isnan(values), "missing (NaN)"), (np.isinf(values), "infinite")]
        if name in positive:
            faults.append((values <= 0, "not positive"))
        for where, fault in faults:
            for row in np.flatnonzero(where):
                reasons.setdefault(int(row), f"{name} is {fault}")
    return dict(sorted(reasons.items()))


def faults_text(data, bad):
    """Return the reasons of `invalid_rows` with their rows as text, that of most rows first."""
    counts = Counter(bad.values()).most_common(REASONS)
    numbers = row_numbers(data)
    parts = [(why, numbers[[row for row, own in bad.items() if own == why]]) for why, _ in counts]
    rest = len(bad) - sum(len(rows) for _, rows in parts)
    text = ", ".join(f"{why} in {rows_text(rows)}" for why, rows in parts)
    return text + (f" ({len(bad)} such rows in all)" if rest else "")


def prepare(law, data, mapping=None, drop_invalid=False, target=True):
    """Return checked columns for a law: inputs, target (None without `target`) and notes.

    Rows with missing, infinite or non-positive values are an error unless `drop_invalid`, which
    drops and counts them: nothing is ever dropped in silence.
    """
    inputs, observed, notes, _ = valid(law, data, mapping, drop_invalid, target)
    law.check(inputs, observed)
    return inputs, observed, notes


def valid(law, data, mapping, drop_invalid, target=True, more=None, faults=None):
    """Return inputs, target, notes and the positions of the rows that are valid.

    `more` columns, mostly weights, are checked as well and returned among the inputs; `faults` are
    theirs, see `take`.
    """
    wanted = [*law.columns, *([law.target] if target else [])]
    faults = dict(faults or {})
    columns, notes = take(data, wanted, mapping, law.title, faults)
    columns |= more or {}
    _check_lengths(columns)
    positive = {*(law.columns if law.positive else ()), *([law.target] * (law.link == "log"))}
    positive.add(WEIGHTS)
    because = {}
    if law.link == "log":
        because = {law.target: f"the {law.title} is fitted to the logarithm of the {law.target}"}
    columns, dropped, rows = without_invalid(data, columns, positive, drop_invalid, faults, because)
    return columns, columns.pop(law.target, None), notes + dropped, rows


def without_invalid(data, columns, positive, drop_invalid, faults, because=()):
    """Return the columns without their invalid rows, notes on these, and the positions of the rest.

    `faults` of `take` say more of a row. Invalid rows are an error unless `drop_invalid`, or where
    no row is left: then `because` may hold the reason of a column.
    """
    bad = {row: faults.get(row, why) for row, why in invalid_rows(columns, positive).items()}
    if bad and (not drop_invalid or len(bad) == count_rows(data)):
        text = faults_text(data, bad)  # begins with the reason of most rows
        way = ": correct the data, or have such rows dropped (drop_invalid=True, --drop-invalid)"
        if len(bad) == count_rows(data):
            more = [f": {because[name]}" for name in because if text.startswith(f"{name} is")]
            way = "".join([", so that no row can be used", *more])
        raise ValueError(f"Column {text}{way}")
    notes = [f"dropped {len(bad)} invalid row{'s' * (len(bad) > 1)}"] if bad else []
    if words := {row: why for row, why in bad.items() if TEXT in why}:
        notes[0] += f": {faults_text(data, words)}"
    rows = np.delete(np.arange(count_rows(data)), list(bad))
    return {name: values[rows] for name, values in columns.items()}, notes, rows


def check_count(law, target, chosen=()):
    """Raise ValueError for too few runs: at least one more than free parameters is needed.

    `chosen` are sentences on what was left out before.
    """
    n, p = target.size, len(law.free)
    if n <= p:
        raise ValueError(
            f"{n} run{'s' * (n != 1)} cannot determine the {p} parameters of the {law.title}: "
            f"at least {p + 1} are needed" + (f" ({'; '.join(chosen)})" if chosen else "")
        )


def check_variation(problem, columns):
    """Raise ValueError for a column, input or target, that does not vary where it has to.

    An input may be constant where the parameters that are held leave the others determined.
    """
    law = problem.law
    for name, values in columns.items():
        if name in law.may_be_constant or np.ptp(values) > CONSTANT * np.abs(values).max():
            continue
        if name == law.target or not (law.fixed or law.tied) or not problem.determined():
            raise ValueError(
                f"Column {name} is constant ({values[0]:g} in every row): the {law.title} needs "
                "runs in which it varies"
            )
