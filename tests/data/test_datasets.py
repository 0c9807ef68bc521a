"""The tables: they load, hold what they promise, and refuse what is malformed."""

import numpy as np
import pandas as pd
import pytest

from scaling_lib import data as datasets

FACTS = sorted(datasets.read(datasets.DATA / "_schema.csv")["table"].unique())


@pytest.mark.parametrize("name", datasets.names())
def test_every_table_loads_and_says_where_it_comes_from(name):
    table = datasets.load(name)
    assert len(table) > 0
    assert datasets.describe(name)["column"].tolist() == list(table.columns)
    assert len(datasets.sources(name)) > 20


@pytest.mark.parametrize("name", FACTS)
def test_tables_of_facts_are_typed_and_cited(name):
    table, schema = datasets.load(name), datasets.describe(name)
    for column, kind, meaning in zip(
        schema["column"], schema["kind"], schema["meaning"], strict=True
    ):
        assert meaning, (name, column)
        if kind == "number":
            assert table[column].dtype == float
            assert np.isfinite(table[column].dropna()).all()
        elif kind == "date":
            assert table[column].dtype.kind == "M"
        elif kind == "flag":
            assert table[column].dtype == bool
    assert (table["source"] != "").all(), "each row names its publication"
    assert datasets.citations(name)


def test_units_that_name_a_column_do_so():
    schema = datasets.describe("notable_systems").set_index("column")
    assert schema.loc["C", "unit"] == "FLOP"
    table = datasets.load("notable_systems")
    assert schema.loc["D", "unit"] in table.columns
    assert ((table["D_unit"] != "") == table["D"].notna()).all()


def test_notable_systems_are_plausible():
    table = datasets.load("notable_systems")
    assert len(table) >= 100
    assert table["system"].is_unique
    assert table["date"].is_monotonic_increasing
    assert table["date"].min() < pd.Timestamp("1960") < pd.Timestamp("2025") < table["date"].max()
    assert table[["N", "D", "C"]].min().min() > 0
    assert set(table["C_method"]) == {
        "reported",
        "6ND",
        "operation count",
        "hardware",
        "estimate (Epoch AI)",
    }
    assert (table["N_active"].dropna() < table["N"][table["N_active"].notna()]).all()


@pytest.mark.parametrize("name", ["notable_systems", "mmlu_compute"])
def test_rows_computed_by_the_rule_follow_it(name):
    table = datasets.load(name)
    rule = table[(table["C_method"] == "6ND") & table["D"].notna()]
    if name == "notable_systems":  # rows with another multiplication spell it out
        rule = rule[rule["C_detail"].str.match("6 x N x D|with the")]
    assert len(rule) > 15
    N = rule["N_active"].fillna(rule["N"])
    np.testing.assert_allclose(6 * N * rule["D"], rule["C"], rtol=0.04)


def test_the_same_model_has_one_compute_in_both_tables():
    notable = datasets.load("notable_systems").set_index("system")["C"]
    test = datasets.load("mmlu_compute").set_index("model")["C"]
    both = notable.index.intersection(test.index)
    assert len(both) > 15
    np.testing.assert_allclose(notable[both], test[both], rtol=0.04)


def test_optimal_by_compute_is_near_six_nd():
    table = datasets.load("optimal_by_compute")
    assert table.groupby("approach").size().tolist() == [9, 9, 9]
    np.testing.assert_allclose(6 * table["N"] * table["D"], table["C"], rtol=0.05)


def test_appendix_d_is_consistent_with_itself():
    table = datasets.load("gpt3_family")
    flops = 6 * table["N"] * table["active_fraction"] * table["D"]
    np.testing.assert_allclose(flops, table["C"], rtol=0.005)
    np.testing.assert_allclose(table["C"] / 8.64e19, table["C_pf_days"], rtol=0.005)


def test_notable_filters():
    everything = datasets.notable()
    late = datasets.notable(since="2020-01-01")
    early = datasets.notable(until="2020-01-01")
    assert len(late) + len(early) == len(everything)
    assert late["date"].min() >= pd.Timestamp("2020-01-01") > early["date"].max()
    pair = datasets.notable(["vision", "speech"], since=2015)
    assert set(pair["domain"]) == {"vision", "speech"}
    assert pair.index.tolist() == list(range(len(pair)))


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"domain": "cooking"}, "cooking.*the domains are.*vision"),
        ({"since": "last year"}, "since='last year' is not a date"),
    ],
)
def test_notable_refuses(arguments, message):
    with pytest.raises(ValueError, match=message):
        datasets.notable(**arguments)


@pytest.mark.parametrize("function", ["load", "describe", "sources", "citations"])
@pytest.mark.parametrize("name", ["nothing", "../secret", "_schema", ""])
def test_unknown_tables_are_refused_with_the_list(function, name):
    with pytest.raises(ValueError, match=r"the tables are .*notable_systems"):
        getattr(datasets, function)(name)


KINDS = {"name": "text", "day": "date", "size": "number", "open": "flag"}


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("", "not a readable CSV"),
        ("name,day,size,open\n", "no rows"),
        ("name,day,size\na,2020-01-01,1\n", r"missing \['open'\]"),
        ("name,day,size,open,more\na,2020-01-01,1,yes,2\n", r"not expected \['more'\]"),
        ("day,name,size,open\n2020-01-01,a,1,yes\n", "in order"),
        ("name,day,size,open\na,2020-01-01,1,yes\nb,2020-01-01,many,no\n", r"'size'.*\[3\].*many"),
        ("name,day,size,open\na,2020-13-01,1,yes\n", r"'day' must be a date; line\(s\) \[2\]"),
        ("name,day,size,open\na,,1,yes\n", "'day' must be a date"),
        ("name,day,size,open\na,2020-01-01,1,perhaps\n", "'open' must be a flag"),
        ("name,day,size,open\na,2020-01-01,1,yes,2\n", r"line\(s\) \[2\].*4 fields"),
        ("name,day,size,open\nb,2020-01-01,1,no\na,2020-01-01,1\n", r"line\(s\) \[3\].*4 fields"),
        ('name,day,size,open\n"a,2020-01-01,1,yes\n', "not a readable CSV"),
    ],
)
def test_malformed_files_are_refused(tmp_path, content, message):
    file = tmp_path / "table.csv"
    file.write_text(content, encoding="utf-8")
    with pytest.raises(ValueError, match=message):
        datasets.read(file, KINDS)


def test_binary_file_is_refused(tmp_path):
    file = tmp_path / "table.csv"
    file.write_bytes(b"\xff\xfe\x00name")
    with pytest.raises(ValueError, match="not a readable CSV"):
        datasets.read(file, KINDS)


def test_empty_numbers_are_missing_and_empty_texts_stay(tmp_path):
    file = tmp_path / "table.csv"
    file.write_text("name,day,size,open\n,2020-01-01,,no\nNA,2020-01-02,2e3,yes\n")
    table = datasets.read(file, KINDS)
    assert table["name"].tolist() == ["", "NA"]
    assert np.isnan(table["size"][0]) and table["size"][1] == 2000.0
    assert table["open"].tolist() == [False, True]
