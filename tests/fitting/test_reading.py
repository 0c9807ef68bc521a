"""Files of runs as programs and people write them: all spellings of a table give the same runs."""

import gzip
import io
import json
import pathlib
import re

import numpy as np
import pandas as pd
import pytest

from scaling_lib.__main__ import main
from scaling_lib.fitting import fit, read_runs
from scaling_lib.fitting.runs import numbers, take
from scaling_lib.laws import BESIROGLU_2024

TABLE = [(1e8, 2e9, 3.4), (2e8, 4e9, 3.25), (4e8, 4e9, 3.0)]
PLAIN = "N,D,loss\n" + "".join(f"{N:g},{D:g},{loss}\n" for N, D, loss in TABLE)
RECORDS = [dict(zip(("N", "D", "loss"), row, strict=True)) for row in TABLE]
SPELLINGS = {
    "commas": PLAIN,
    "tabs": PLAIN.replace(",", "\t"),
    "bars": PLAIN.replace(",", " | "),
    "semicolons and decimal commas": PLAIN.replace(",", ";").replace(".", ","),
    "comments": "# sweep, of 2026\n" + PLAIN.replace("2e+08", "  # again\n2e+08"),
    "an index": PLAIN.replace("\n", "\nrow,").replace("N,", ",N,", 1).removesuffix("row,"),
    "trailing commas": PLAIN.replace("\n", ",\n"),
    "trailing commas, not in the header": PLAIN.replace("\n", ",\n").replace(",\n", "\n", 1),
    "blanks": PLAIN.replace(",", " , "),
    "columns of a terminal": " " + PLAIN.replace(",", "   ").replace("\n", " \n "),
    "suffixes": "N,D,loss\n100M,2B,3.4\n0.2 B,4b,3.25\n400m,.004T,3.0\n",
    "thousands": 'N,D,loss\n"100,000,000",2e9,3.4\n"200,000,000",4e9,3.25\n4e8,4e9,3.0\n',
    "JSON": json.dumps(RECORDS, indent=1),
    "JSON lines": "\n".join(map(json.dumps, RECORDS)),
    "columns in JSON": json.dumps({k: [row[k] for row in RECORDS] for k in RECORDS[0]}),
    "gzip": gzip.compress(PLAIN.encode()),
}


def encoded(content):
    return content if isinstance(content, bytes) else content.encode()


@pytest.mark.parametrize("kind", SPELLINGS)
def test_spellings_of_the_same_table(tmp_path, kind):
    (tmp_path / "runs").write_bytes(encoded(SPELLINGS[kind]))
    columns, notes = take(read_runs(tmp_path / "runs"), ["N", "D", "loss"])
    np.testing.assert_allclose(np.array(list(columns.values())).T, TABLE, rtol=1e-15)
    assert notes == []


def test_standard_input_is_a_file(monkeypatch):
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(PLAIN.encode())))
    assert len(read_runs("-")) == 3


def test_parquet_is_read_or_says_what_is_missing(tmp_path):
    pandas = pytest.importorskip("pandas")
    path = tmp_path / "runs.parquet"
    try:
        pandas.DataFrame(RECORDS).to_parquet(path)
    except ImportError:
        path.write_bytes(b"PAR1" + b"\0" * 40)
        with pytest.raises(ValueError, match="install pyarrow, or save the runs as CSV"):
            read_runs(path)
    else:
        assert read_runs(path).loss.tolist() == [3.4, 3.25, 3.0]


def test_whoever_says_parquet_says_what_it_takes(capsys):
    root = pathlib.Path(__file__).parents[2]
    with pytest.raises(SystemExit):
        main(["fit", "--help"])
    texts = [" ".join(capsys.readouterr().out.split())]
    texts += [(root / name).read_text() for name in ("README.md", "chapters/fit_your_runs.ipynb")]
    for text in texts:
        for place in re.finditer("Parquet", text):
            assert "pip install pyarrow" in text[place.start() - 60 : place.end() + 60]


def test_words_for_missing_are_missing():
    cells = ["NA", "N/A", "None", "null", "-", "", " nan ", None, np.nan, "1"]
    assert np.isnan(numbers(cells, "x")).tolist() == [True] * 9 + [False]


@pytest.mark.parametrize(
    ("cells", "expected"),
    [
        (["3,4", "12,25"], [3.4, 12.25]),
        (["0,345", "0,350"], [0.345, 0.35]),  # no thousands begin with a zero
        (["1,234,567", "1,234"], [1234567, 1234]),
        (["1,234.5", "1,234"], [1234.5, 1234]),
        (["1.5k", "2T", "-3e2"], [1500, 2e12, -300]),
    ],
)
def test_a_comma_is_read_where_it_has_one_meaning(cells, expected):
    assert numbers(cells, "x").tolist() == expected


@pytest.mark.parametrize(
    ("cell", "expected"),
    [
        ("26.5%", 0.265),
        ("26.5 %", 0.265),
        ("20_000_000", 2e7),
        ("20 000 000", 2e7),
        ("1'234'567.5", 1234567.5),
        ("1B tokens", 1e9),
        ("7 billion parameters", 7e9),
        ("4.27 nats", 4.27),
        ("4.27 nats per token", 4.27),
        ("1e21 FLOPs", 1e21),
    ],
)
def test_what_has_one_meaning_is_read(cell, expected):
    assert numbers([cell, "1"], "x") == pytest.approx([expected, 1])


@pytest.mark.parametrize(
    "cell", ["1_10", "12_3456", "4.27 bits", "3 ± 1", "2024_001", "2024 123", "2024_01_02", "1 tok"]
)
def test_what_has_not_is_named(cell):
    with pytest.raises(ValueError, match=f"not a number .'{re.escape(cell)}'"):
        numbers([cell], "x")


NULLABLE = {
    "nothing else": lambda runs: runs.convert_dtypes(),
    "Float64": lambda runs: runs.astype({"N": "Int64", "D": "Int64", "loss": "Float64"}),
    "text": lambda runs: runs.astype("string"),
    "objects": lambda runs: runs.astype(object),
}


@pytest.mark.parametrize("kind", NULLABLE)
def test_missing_values_of_pandas_are_missing(kind):
    rng = np.random.default_rng(0)
    N, D = np.meshgrid(np.geomspace(1e8, 1e10, 4).round(), np.geomspace(1e9, 1e11, 4).round())
    runs = pd.DataFrame({"N": N.ravel(), "D": D.ravel()})
    runs["loss"] = BESIROGLU_2024.loss(runs.N, runs.D) * np.exp(0.003 * rng.normal(size=16))
    holes = NULLABLE[kind](runs)
    holes.loc[3, "loss"] = holes.loc[5, "N"] = pd.NA
    with pytest.raises(ValueError, match=r"missing \(NaN\) in row (4|6)"):
        fit("chinchilla", holes)
    whole = fit("chinchilla", runs.drop(index=[3, 5]))
    dropped = fit("chinchilla", holes, drop_invalid=True)
    assert dropped.params == whole.params and dropped.notes == ["dropped 2 invalid rows"]
    assert fit("chinchilla", holes, drop_invalid=True, leave_out="N > 9e9").n == 11


def test_the_header_of_a_loss_says_its_unit():
    N, D = np.geomspace(1e8, 1e10, 9), np.geomspace(1e9, 1e11, 9)[np.argsort(np.sin(np.arange(9)))]
    loss = BESIROGLU_2024.loss(N, D) * (1 + 0.002 * np.cos(np.arange(9)))
    runs = {"N": N, "D": D, "loss": loss, "val_bpb": loss, "loss_bits": loss, "8bit ppl": loss}
    given = {
        "loss_bits": "bits",
        "val_bpb": "bits per byte",
        "loss": "nats",
        "val_bpb*0.69": "nats",
    }
    for header, unit in given.items():
        result = fit("chinchilla", runs, columns={"loss": header})
        assert result.units["E"] == unit and f"  {unit}\n" in result.summary()
    assert fit("chinchilla", runs, columns={"loss": "val_bpb"}, unit="x").units["E"] == "x"
    with pytest.raises(ValueError, match=r"8bit ppl is a perplexity.*np.log\(runs\['8bit ppl'\]\)"):
        fit("chinchilla", runs, columns={"loss": "8bit ppl"})


def test_two_columns_of_one_name_are_named(tmp_path):
    runs = pd.DataFrame([[1e8, 2e9, 3.4, 3.4]] * 3, columns=["N", "D", "loss", "loss"])
    with pytest.raises(ValueError, match="2 columns of the name loss: rename or remove one"):
        fit("chinchilla", runs)
    runs.to_csv(tmp_path / "runs.csv", index=False)
    with pytest.raises(ValueError, match="loss"):
        fit("chinchilla", read_runs(tmp_path / "runs.csv"))


def test_what_a_name_stands_for_may_follow_from_others():
    N, D = np.geomspace(1e8, 1e10, 9), np.geomspace(1e9, 3e11, 9)
    runs = {"N": N, "D": D, "loss": BESIROGLU_2024.loss(N, D)}
    result = fit("power", runs, columns={"x": "C"})
    assert result.params == fit("power", runs | {"x": 6 * N * D}).params
    assert result.notes == ["C derived from C = 6 N D"]
    with pytest.raises(ValueError, match=r"There is no column C \(meant as x\)"):
        fit("power", {"N": N, "loss": N}, columns={"x": "C"})


@pytest.mark.parametrize("cell", ["1,2,3", "1.234,5", "7Q", "B", "1e", "--5", "1 2"])
def test_what_is_no_number_is_refused(cell):
    with pytest.raises(ValueError, match=r"Column x holds text that is not a number .* in row 2"):
        numbers(["1", cell], "x")


def test_a_comma_of_two_meanings_is_refused():
    with pytest.raises(ValueError, match=r"2,345 in rows 1, 2 is 2345 or 2\.345"):
        numbers(["2,345", "2,567", "3"], "loss")


def test_a_factor_brings_a_column_into_ones():
    data = {"FLOPs (1E21)": ["2", "0.5"], "a*2": [1, 2]}
    columns, _ = take(data, ["C", "x"], {"C": "FLOPs (1E21)*1e21", "x": "a*2"})
    assert columns["C"].tolist() == [2e21, 5e20]
    assert columns["x"].tolist() == [1, 2]  # a column of that very name comes first


@pytest.mark.parametrize(
    ("names", "wanted", "offer"),
    [
        ("n_params n_tokens val_loss", "N D loss", "N=n_params --column D=n_tokens --column loss="),
        ("n d Loss", "N D loss", "--column N=n --column D=d --column loss=Loss (in"),
        ("Model Size (B)|FLOPs (1E21)|MMLU", "N C", "'N=Model Size (B)*1e9' --column 'C=FLOPs"),
        ("N|train_compute|L", "N D", "--column C=train_compute (in"),
        ("train_loss val_loss", "loss", "loss=val_loss"),
    ],
)
def test_usual_names_are_offered_and_never_taken(names, wanted, offer):
    names = names.split("|") if "|" in names else names.split()
    with pytest.raises(ValueError, match=f"Missing column.*{re.escape(offer)}"):
        take({name: [1.0] for name in names}, wanted.split())


COLUMNS = ["run id", "params (M)", "tokens_B", "progress %", "val loss"]
ALL = "--column 'N=params (M)*1e6' --column 'loss=val loss' --column 'D=tokens_B*1e9' (in Python"


@pytest.mark.parametrize(
    ("wanted", "columns", "words"),
    [
        ("C N loss", {}, ALL),
        ("C N loss", {"C": "nothing"}, ALL),
        (
            "C N",
            {"C": "x", "N": "params (M)", "D": "tokens_B"},
            "follows from N and D: leave --col",
        ),
        ("N C", {"C": "x", "D": "tokens_B"}, "Did you mean --column 'N=params (M)*1e6' (in"),
        ("size", {"N": "params (M)*1e6"}, "Did you mean N?"),
        ("progres", {}, "Did you mean --column 'progres=progress %'"),
    ],
)
def test_all_that_is_missing_is_offered_at_once_and_nothing_that_was_given(wanted, columns, words):
    with pytest.raises(ValueError, match=re.escape(words)):
        take({name: [1.0] for name in COLUMNS}, wanted.split(), columns)


def test_nothing_is_offered_where_nothing_is_near():
    with pytest.raises(ValueError, match=r"the data have a, b$"):
        take({"a": [1], "b": [2]}, ["N"])
    with pytest.raises(ValueError, match=r"no column Params.*N=params \(in"):
        take({"params": [1]}, ["N"], {"N": "Params"})


def test_columns_that_are_numbers_go_by_their_text():
    rows = fit("power", pd.DataFrame({"x": [1e6, 1e7, 1e8, 1e9], "loss": [3.3, 3.0, 2.8, 2.7]}))
    table = pd.DataFrame(np.transpose([rows.data["x"], rows.data["loss"]]))
    assert fit("power", table, columns={"x": "0", "loss": "1"}).params == rows.params
    with pytest.raises(ValueError, match=r"columns\['x'\] must be the name of a column as text"):
        fit("power", table, columns={"x": 0, "loss": 1})


def test_a_column_of_one_number_is_no_column():
    runs = {"x": [1e6, 1e7], "loss": 3.0}
    with pytest.raises(ValueError, match=r"Column loss must have a value for each row, not 3\.0"):
        fit("power", runs)


def test_columns_of_nested_records_are_offered():
    with pytest.raises(ValueError, match=r"N=config\.N --column D=summary/D \(in"):
        take({"config.N": [1], "summary/D": [2], "batch.size": [3]}, ["N", "D"])


def test_a_wide_table_gives_an_error_of_one_screen():
    names = [f"eval/downstream/a_rather_long_name_of_a_benchmark_{i}/accuracy" for i in range(103)]
    with pytest.raises(ValueError, match="and 91 more") as error:
        take({name: [1.0] for name in names}, ["loss"])
    assert len(str(error.value)) < 700


def test_the_size_of_a_batch_is_no_size_of_a_model():
    # As runs are exported from Weights & Biases by the Marin project.
    names = ["Name", "trainer.train_batch_size", "batch_size_in_tokens", "parameter_count"]
    names += ["throughput/total_tokens", "throughput/total_gflops", "eval/paloma/macro_loss"]
    with pytest.raises(ValueError) as error:
        take({name: ["1"] for name in names}, ["N", "D", "loss"])
    assert "N=parameter_count --column D=throughput/total_tokens" in str(error.value)
    with pytest.raises(ValueError, match=r"'C=throughput/total_gflops\*1e9'"):
        take({name: ["1"] for name in names}, ["C"])


def test_a_panel_of_weights_and_biases_becomes_rows(tmp_path):
    # Three runs on the Pile (zhangir-azerbayev/scaling_laws on GitHub) as the panel was exported.
    runs = {"70M_1024step": {1024: "3.0798"}, "70M_2048step": {1024: "3.1", 2048: "2.8184"}}
    header, rows = ["Step"], {1024: ["1024"], 2048: ["2048"]}
    for run, losses in runs.items():
        header += [f"{run} - test/lm_loss{end}" for end in ("", "__MIN", "__MAX")]
        for step, row in rows.items():
            row += [losses.get(step, "")] * 3
    lines = [",".join(f'"{cell}"' for cell in cells) for cells in [header, *rows.values()]]
    path = tmp_path / "panel.csv"
    path.write_text("\n".join(lines))
    table = read_runs(path)
    assert list(table) == ["Step", "run", "test/lm_loss"]
    assert table.values.tolist() == [
        ["1024", "70M_1024step", "3.0798"],
        ["1024", "70M_2048step", "3.1"],
        ["2048", "70M_2048step", "2.8184"],
    ]
    path.write_text("Step,a - b\n1,2\n")  # a name with a dash makes no panel
    assert list(read_runs(path)) == ["Step", "a - b"]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("\n\n<!DOCTYPE html>\n<html><head></head></html>\n", "is a web page: download the file"),
        ("version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\nsize 9\n", "git lfs pull"),
    ],
)
def test_what_is_no_table_at_all_is_named(tmp_path, text, message):
    path = tmp_path / "runs.csv"
    path.write_text(text)
    with pytest.raises(ValueError, match=message):
        read_runs(path)


def test_a_file_without_names_and_a_law_without_columns_are_named(tmp_path):
    path = tmp_path / "runs.txt"
    path.write_text("/ckpts/70M/27000\tvalid.Github.bin\t1.4475\n/ckpts/70M/22000\tx\t1.469\n")
    with pytest.raises(ValueError, match="here it holds numbers"):
        fit("chinchilla", read_runs(path))
    runs = {"Seen Examples": [1e6, 2e6], "Loss": [0.7, 0.6], "Model": ["a", "a"]}
    with pytest.raises(ValueError, match=r"Missing column N of the Chinchilla law.*see --list"):
        fit("chinchilla", runs, columns={"D": "Seen Examples", "loss": "Loss"})


def test_a_loss_that_is_never_positive_is_no_matter_of_dropping_rows():
    runs = {"x": [1e8, 2e8, 3e8, 4e8], "loss": [-1.35, -2.1, -2.5, -2.76]}
    for drop in (False, True):
        with pytest.raises(ValueError, match=r"no row can be used: .* logarithm of the loss"):
            fit("power", runs, drop_invalid=drop)
