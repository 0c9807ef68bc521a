"""The tables that come with the book: facts from publications, and runs made with this library.

`load` reads a table, `describe` gives the unit and meaning of its columns, `sources` says where it
came from. Nothing here imports pandas before a table is read.

>>> load("gpt3_family").set_index("model").loc["GPT-3 175B", "C"]
np.float64(3.14e+23)
"""

import pathlib
import re

DATA = pathlib.Path(__file__).parent


def names():
    """Return the names of the tables, sorted."""
    return sorted(path.stem for path in DATA.glob("*.csv") if not path.stem.startswith("_"))


def load(name):
    """Read a table.

    Returns
    -------
    pandas.DataFrame
        In a table of facts dates are timestamps, numbers are floats with NaN where the publication
        is silent, flags are booleans and texts are strings, empty where there is nothing to say;
        units are those of `describe`. Runs made with this library are as pandas reads them.

    Raises
    ------
    ValueError
        If there is no such table, or its file does not hold what `describe` promises.
    """
    from scaling_lib.data import tables

    path = _path(name)
    kinds = {column: kind for column, kind, *_ in tables.schema(name)}
    return tables.read_facts(path, kinds) if kinds else tables.read_runs(path)


def describe(name):
    """Return `column`, `kind`, `unit` and `meaning` of each column of a table of facts.

    A table of runs has its columns explained by `sources`, and no rows here.
    """
    import pandas as pd

    from scaling_lib.data import tables

    _path(name)
    return pd.DataFrame(tables.schema(name), columns=["column", "kind", "unit", "meaning"])


def sources(name):
    """Return where a table came from: its section of `SOURCES.md`, without the heading."""
    file = _path(name).name
    text = (DATA / "SOURCES.md").read_text(encoding="utf-8")
    for section in re.split(r"^#+ ", text, flags=re.MULTILINE)[1:]:
        heading, _, body = section.partition("\n")
        if re.search(rf"(?<![\w.]){re.escape(file)}", heading):
            return body.strip()
    raise ValueError(f"SOURCES.md must have a heading that names {file}")


def _path(name):
    if name not in names():
        raise ValueError(f"name must be one of the tables {', '.join(names())}, not {name!r}")
    return DATA / f"{name}.csv"
