"""The tables that come with the book: facts from publications, and runs made with this library.

`load` reads a table, `describe` gives the unit and meaning of its columns; `SOURCES.md` beside the
tables says where they came from. Nothing here imports pandas before a table is read.

>>> load("gpt3_family").set_index("model").loc["GPT-3 175B", "C"]
np.float64(3.14e+23)
"""

import pathlib

DATA = pathlib.Path(__file__).parent


def names():
    """Return the names of the tables, sorted."""
    return sorted(path.stem for path in DATA.glob("*.csv") if not path.stem.startswith("_"))


def load(name):
    """Read a table as a `pandas.DataFrame`.

    In a table of facts dates are timestamps, numbers are floats with NaN where the publication is
    silent, flags are booleans and texts are strings, empty where there is nothing to say; units are
    those of `describe`. Runs made with this library are as pandas reads them. `ValueError` if there
    is no such table, or its file does not hold what `describe` promises.
    """
    from scaling_lib.data import tables

    path = _path(name)
    kinds = {column: kind for column, kind, *_ in tables.schema(name)}
    return tables.read_facts(path, kinds) if kinds else tables.read_runs(path)


def describe(name):
    """Return `column`, `kind`, `unit` and `meaning` of each column of a table of facts.

    A table of runs has its columns explained in `SOURCES.md`, and no rows here.
    """
    import pandas as pd

    from scaling_lib.data import tables

    _path(name)
    return pd.DataFrame(tables.schema(name), columns=["column", "kind", "unit", "meaning"])


def _path(name):
    if name not in names():
        raise ValueError(f"name must be one of the tables {', '.join(names())}, not {name!r}")
    return DATA / f"{name}.csv"
