"""The tables that come with the book: facts from publications, and runs made with this library.

`load` reads a table, `describe` gives the unit and meaning of each column, `sources` says where the
table came from, `citations` lists the publications that its rows cite (keys of `references.bib`).

>>> load("gpt3_family").set_index("model").loc["GPT-3 175B", "C"]
np.float64(3.14e+23)
"""

import csv
import pathlib
import re

import pandas as pd

DATA = pathlib.Path(__file__).parent

SCHEMA_COLUMNS = ["table", "column", "kind", "unit", "meaning"]


def names():
    """Names of the tables that `load` reads.

    Returns
    -------
    list of str
        Sorted; one for each CSV file in `data/`.
    """
    return sorted(path.stem for path in DATA.glob("*.csv") if not path.stem.startswith("_"))


def load(name):
    """Read a table.

    Parameters
    ----------
    name : str
        One of `names()`.

    Returns
    -------
    pandas.DataFrame
        In a table of facts dates are timestamps, numbers are floats with `NaN` where the
        publication is silent, flags are booleans and texts are strings, empty where there is
        nothing to say. Units are those of `describe(name)`. Runs made with this library are
        returned as pandas reads them.

    Raises
    ------
    ValueError
        If there is no such table, or its file does not hold what `describe` promises; the message
        names the column and the rows.
    """
    path = _path(name)
    schema = _schema(name)
    if schema.empty:
        return read(path)
    return read(path, dict(zip(schema["column"], schema["kind"], strict=True)))


def read(path, kinds=None):
    """Read one CSV file and check it.

    Parameters
    ----------
    path : path-like
        File to read.
    kinds : dict of str to str, optional
        Kind of each expected column, in order: ``"date"`` (ISO 8601), ``"number"``, ``"flag"``
        (``yes`` or ``no``), ``"key"`` (of the bibliography) or ``"text"``. Without it, the table is
        returned as pandas reads it.

    Returns
    -------
    pandas.DataFrame

    Raises
    ------
    ValueError
        If the file is empty, is not a table, has rows of different lengths or other columns, or a
        field is not of its kind.
    """
    path = pathlib.Path(path)
    _check_fields(path)
    options = {} if kinds is None else {"dtype": str, "keep_default_na": False, "na_filter": False}
    try:
        table = pd.read_csv(path, index_col=False, encoding="utf-8", **options)
    except (pd.errors.ParserError, pd.errors.EmptyDataError) as error:
        raise ValueError(f"{path.name} is not a readable CSV table: {error}") from None
    if table.empty:
        raise ValueError(f"{path.name} has no rows")
    if kinds is None:
        return table
    if list(table.columns) != list(kinds):
        missing = [column for column in kinds if column not in table.columns]
        extra = [column for column in table.columns if column not in kinds]
        raise ValueError(
            f"{path.name} does not have the columns it should: missing {missing}, not expected "
            f"{extra}, in order {list(kinds)}"
        )
    for column, kind in kinds.items():
        table[column] = _convert(table[column], kind, path.name)
    return table


def describe(name):
    """Give the unit and meaning of each column of a table.

    Parameters
    ----------
    name : str
        One of `names()`.

    Returns
    -------
    pandas.DataFrame
        Columns `column`, `kind`, `unit`, `meaning`. For runs made with this library the meaning
        refers to the text that `sources(name)` returns.
    """
    _path(name)
    schema = _schema(name)
    if schema.empty:
        table = load(name)
        schema = pd.DataFrame(
            {
                "column": table.columns,
                "kind": ["number" if dtype.kind in "biuf" else "text" for dtype in table.dtypes],
                "unit": "",
                "meaning": "see sources(name)",
            }
        )
    return schema


def sources(name):
    """Where a table came from: its section of `data/SOURCES.md`.

    Parameters
    ----------
    name : str
        One of `names()`.

    Returns
    -------
    str
        Markdown, without the heading.

    Raises
    ------
    ValueError
        If there is no such table, or `SOURCES.md` has no heading with its file name.
    """
    path = _path(name)
    text = (DATA / "SOURCES.md").read_text(encoding="utf-8")
    for section in re.split(r"^#+ ", text, flags=re.MULTILINE)[1:]:
        heading, _, body = section.partition("\n")
        if re.search(rf"(?<![\w.]){re.escape(path.name)}", heading):
            return body.strip()
    raise ValueError(f"data/SOURCES.md has no heading that names {path.name}; add one")


def citations(name):
    """Publications that the rows of a table cite.

    Parameters
    ----------
    name : str
        One of `names()`.

    Returns
    -------
    list of str
        Sorted keys of `references.bib`; empty for a table without citations.
    """
    schema = _schema(name)
    table = load(name)
    keys = schema.loc[schema["kind"] == "key", "column"] if not schema.empty else []
    return sorted({key for column in keys for key in table[column] if key})


def notable(domain=None, since=None, until=None):
    """Rows of the table of notable systems, by domain and date.

    Parameters
    ----------
    domain : str or list of str, optional
        Keep these domains.
    since, until : str or timestamp, optional
        Keep systems dated on or after, and before, this day.

    Returns
    -------
    pandas.DataFrame
        As `load("notable_systems")`, by date, index from 0.

    Raises
    ------
    ValueError
        If a domain does not occur or a date cannot be read.

    Examples
    --------
    >>> notable("games", since="2015", until="2018")["system"].tolist()
    ['AlphaGo Fan', 'AlphaGo Lee', 'Libratus', 'AlphaGo Zero', 'AlphaZero']
    """
    table = load("notable_systems").sort_values("date", kind="stable")
    if domain is not None:
        wanted = [domain] if isinstance(domain, str) else list(domain)
        known = sorted(table["domain"].unique())
        unknown = [d for d in wanted if d not in known]
        if unknown:
            raise ValueError(f"no system has the domain {unknown}; the domains are {known}")
        table = table[table["domain"].isin(wanted)]
    for bound, name in ((since, "since"), (until, "until")):
        if bound is None:
            continue
        try:
            day = pd.Timestamp(str(bound))
        except ValueError:
            raise ValueError(f"{name}={bound!r} is not a date such as '2018-06-01'") from None
        table = table[table["date"] >= day] if name == "since" else table[table["date"] < day]
    return table.reset_index(drop=True)


def _check_fields(path):
    """Refuse rows with more or fewer fields than the header: pandas would fill or cut them."""
    with path.open(encoding="utf-8", newline="") as file:
        reader = csv.reader(file, strict=True)
        try:
            width = len(next(reader, []))
            wrong = [reader.line_num for row in reader if len(row) != width]
        except (csv.Error, UnicodeDecodeError) as error:
            raise ValueError(f"{path.name} is not a readable CSV table: {error}") from None
    if wrong:
        raise ValueError(
            f"{path.name}: line(s) {wrong[:5]} do not have the {width} fields of the header"
        )


def _path(name):
    """File of a table, or a `ValueError` that lists the tables."""
    if name not in names():
        raise ValueError(f"no table is called {name!r}; the tables are {', '.join(names())}")
    return DATA / f"{name}.csv"


def _schema(name):
    """Rows of the schema for one table; empty if it is a shipped run."""
    schema = read(DATA / "_schema.csv", dict.fromkeys(SCHEMA_COLUMNS, "text"))
    return schema.loc[schema["table"] == name, SCHEMA_COLUMNS[1:]].reset_index(drop=True)


def _convert(column, kind, file):
    """Turn a column of strings into its kind, naming the rows that do not fit."""
    if kind in ("text", "key"):
        return column
    empty = column == ""
    if kind == "number":
        values = pd.to_numeric(column.mask(empty), errors="coerce").astype(float)
        wrong = ~empty & values.isna()
    elif kind == "date":
        values = pd.to_datetime(column.mask(empty), format="%Y-%m-%d", errors="coerce")
        wrong = values.isna()
    elif kind == "flag":
        values = column == "yes"
        wrong = ~column.isin(["yes", "no"])
    else:
        raise ValueError(f"{file}: column {column.name!r} is of the unknown kind {kind!r}")
    if wrong.any():
        lines = [int(row) + 2 for row in column.index[wrong][:5]]
        shown = column[wrong].iloc[0]
        raise ValueError(
            f"{file}: column {column.name!r} must be a {kind}; line(s) {lines} are not, "
            f"the first holds {shown!r}"
        )
    return values
