"""The command `fit`: its two outputs, and one clear line for every kind of bad input."""

import json
import re
import subprocess
import sys

import numpy as np
import pytest

from scaling_lib.__main__ import COMMANDS, build_parser, main
from scaling_lib.fitting import fit
from scaling_lib.laws import BESIROGLU_2024, LAWS


def rows(n=40):
    rng = np.random.default_rng(0)
    N, D = np.exp(rng.uniform(18, 23, n)), np.exp(rng.uniform(20, 26, n))
    loss = BESIROGLU_2024.loss(N, D) * np.exp(0.005 * rng.normal(size=n))
    return [f"{a:.17g},{b:.17g},{c:.17g}" for a, b, c in zip(N, D, loss, strict=True)]


HEADER = "N,D,loss"
GOOD = "\n".join([HEADER, *rows()]) + "\n"


@pytest.fixture
def table(tmp_path):
    def write(content):
        path = tmp_path / "runs.csv"
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return str(path)

    return write


def test_json_is_the_fit_of_the_library(table, capsys):
    assert main(["fit", table(GOOD), "--json", "--bootstrap", "50", "--seed", "3"]) == 0
    out, err = capsys.readouterr()
    record = json.loads(out)
    values = np.array([[float(x) for x in row.split(",")] for row in rows()]).T
    result = fit("chinchilla", dict(zip("N D loss".split(), values, strict=True)))
    result.bootstrap(50, seed=3)
    assert err == ""
    assert record["params"] == result.params
    assert list(record["params"]) == ["E", "A", "B", "alpha", "beta"]
    assert record["stderr"] == result.stderr
    assert record["objective"] == result.objective
    assert record["n"] == 40 and record["law"] == "chinchilla"
    assert record["interval_method"] == "bootstrap"
    assert {"intervals", "other_minima", "warnings"} <= set(record)


def test_table_has_estimates_and_intervals(table, capsys):
    assert main(["fit", table(GOOD), "--law", "generalised", "--level", "0.8"]) == 0
    out, _ = capsys.readouterr()
    assert "80 % from" in out and "profile intervals" in out
    assert {line.split()[0] for line in out.splitlines() if line[:1].isalpha()} >= {"alpha", "s"}


@pytest.mark.parametrize(
    "content", [GOOD, "\ufeff" + GOOD, GOOD.replace("\n", "\r\n"), GOOD.replace("\n", "\n\n")]
)
def test_spellings_of_the_same_table_give_the_same_fit(table, capsys, content):
    assert main(["fit", table(content), "--json"]) == 0
    expected = fit(
        "chinchilla",
        dict(
            zip(
                "N D loss".split(),
                np.array([[float(x) for x in row.split(",")] for row in rows()]).T,
                strict=True,
            )
        ),
    )
    assert json.loads(capsys.readouterr().out)["params"] == expected.params


def test_columns_may_be_mapped_and_derived(table, capsys):
    lines = ["C,params,val"]
    for row in rows():
        N, D, loss = map(float, row.split(","))
        lines.append(f"{6 * N * D:.17g},{N:.17g},{loss:.17g}")
    path = table("\n".join(lines))
    assert main(["fit", path, "--column", "N=params", "--column", "loss=val", "--json"]) == 0
    record = json.loads(capsys.readouterr().out)
    assert record["warnings"] == ["D derived from C = 6 N D"]
    assert main(["fit", path, "--law", "power", "--column", "x=C", "--column", "loss=val"]) == 0


def test_rows_are_dropped_only_when_asked_and_counted(table, capsys):
    lines = GOOD.splitlines()
    lines[3], lines[9] = "nan,1e9,3", "1e9,,3"
    path = table("\n".join(lines))
    assert main(["fit", path]) == 2
    assert main(["fit", path, "--drop-invalid"]) == 0
    out, err = capsys.readouterr()
    assert "dropped 2 invalid rows" in out and "38 runs" in out
    assert err.count("\n") == 1 and "row 3" in err


def test_list_names_every_law_with_its_equation(capsys):
    assert main(["fit", "--list"]) == 0
    out, _ = capsys.readouterr()
    for name, law in LAWS.items():
        assert name in out and law.equation in out
        assert all(parameter.meaning in out for parameter in law.parameters)


def change(row, text):
    lines = GOOD.splitlines()
    lines[row] = text
    return "\n".join(lines)


BAD_TABLES = {
    "empty": (b"", "is empty"),
    "only blank lines": ("\n\n \n", "is empty"),
    "header only": (HEADER + "\n", "no rows"),
    "no header": ("\n".join(rows()), "no header"),
    "binary": (bytes(range(256)) * 8, "not a text file"),
    "zip": (b"PK\x03\x04" + b"\xff\xfe" * 50, "a zip archive or an Excel workbook"),
    "utf-16": (GOOD.encode("utf-16"), "not a text file"),
    "latin-1": (GOOD.replace("loss", "loss\u00e9").encode("latin-1"), "not UTF-8"),
    "ragged": (change(4, "1e9,1e10,3,4"), "line 5: 4 cells"),
    "short row": (change(4, "1e9,1e10"), "line 5: 2 cells"),
    "repeated header": (GOOD.replace("N,D", "N,N", 1), "twice in its header: N"),
    "nameless column": (GOOD.replace("N,D", "N,", 1), "the data have N, column 2, loss"),
    "both commas": ("N;D;loss\n" + "1,234;5;3\n" * 9, "is 1234 or 1.234"),
    "broken gzip": (b"\x1f\x8b\x08\0" + b"\1" * 40, "cannot be decompressed"),
    "broken JSON line": ('{"N": 1}\n{"N": \n', "line 2: not JSON"),
    "no objects": ("[1, 2]", "one JSON object a run"),
    "broken Parquet": (b"PAR1" + b"\0" * 40, "Parquet"),
    "open quote": (change(4, '"1e9,1e10,3'), "not a CSV table"),
    "missing column": (GOOD.replace("loss", "L", 1), "Missing column loss"),
    "text in numbers": (change(4, "1e9,many,3"), "Column D.*many.*row 4"),
    "empty cell": (change(4, ",1e10,3"), "N is missing.*row 4"),
    "nan": (change(4, "1e9,1e10,nan"), "loss is missing.*row 4"),
    "infinite": (change(4, "1e9,inf,3"), "D is infinite in row 4"),
    "overflow": (change(4, "1e999,1e10,3"), "N is infinite in row 4"),
    "zero": (change(4, "0,1e10,3"), "N is not positive in row 4"),
    "negative": (change(4, "1e9,1e10,-3"), "loss is not positive in row 4"),
    "too few": ("\n".join([HEADER, *rows()[:5]]), "5 runs cannot determine the 5 parameters"),
    "constant N": (
        "\n".join([HEADER, *("1e9," + row.split(",", 1)[1] for row in rows())]),
        "N is constant",
    ),
    "constant loss": (
        "\n".join([HEADER, *(row.rsplit(",", 1)[0] + ",3" for row in rows())]),
        "loss is constant",
    ),
}


@pytest.mark.parametrize("kind", BAD_TABLES)
def test_bad_tables_give_status_two_and_one_line(table, capsys, kind):
    content, message = BAD_TABLES[kind]
    assert main(["fit", table(content)]) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith("scaling_lib fit: error: ") and err.count("\n") == 1
    assert re.search(message, err), err


@pytest.mark.parametrize(
    "arguments, message",
    [
        ([], "name a file of runs"),
        (["nowhere.csv"], "no file nowhere.csv"),
        (["."], "is a directory"),
        (["TABLE", "--law", "magic"], "no law 'magic'"),
        (["TABLE", "--column", "N"], "NAME=HEADER"),
        (["TABLE", "--column", "N=size"], "no column size"),
        (["TABLE", "--bootstrap", "3"], "at least 20"),
        (["TABLE", "--lower", "0.2"], "belong to --law logistic"),
        (["TABLE", "--law", "logistic"], "Missing column score"),
        (["TABLE", "--law", "repeated"], "Missing column U"),
    ],
)
def test_bad_arguments_give_status_two_and_one_line(table, capsys, arguments, message):
    path = table(GOOD)
    assert main(["fit", *(path if a == "TABLE" else a for a in arguments)]) == 2
    err = capsys.readouterr().err
    assert err.count("\n") == 1 and message in err


@pytest.mark.parametrize(
    "options",
    [
        ["--delta", "0"],
        ["--delta", "x"],
        ["--level", "90"],
        ["--seed", "-1"],
        ["--bootstrap", "1.5"],
    ],
)
def test_bad_values_of_options_give_status_two_and_one_line(table, capsys, options):
    with pytest.raises(SystemExit) as end:
        main(["fit", table(GOOD), *options])
    assert end.value.code == 2
    assert capsys.readouterr().err.count("\n") == 1


def test_commands_are_imported_only_when_called():
    code = (
        "import sys, scaling_lib.__main__ as m;"
        "m.build_parser('', '', m.COMMANDS); print('numpy' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"


def test_every_command_has_a_parser_that_sets_what_to_run(capsys):
    for name in COMMANDS:
        with pytest.raises(SystemExit) as end:
            build_parser("scaling_lib", "", COMMANDS, name).parse_args([name, "--help"])
        assert end.value.code == 0
    capsys.readouterr()
