"""The tables: they load, hold what they promise, and refuse what is malformed."""

import re

import numpy as np
import pandas as pd
import pytest

from scaling_lib.data import DATA, describe, load, names
from scaling_lib.data.tables import read_facts, read_runs

DTYPES = {"number": "f", "date": "M", "flag": "b"}


def test_every_table_loads_and_says_where_it_comes_from():
    headings = re.findall(r"^#+ .*", (DATA / "SOURCES.md").read_text(encoding="utf-8"), re.M)
    assert len(names()) > 20
    for name in names():
        told = [heading for heading in headings if re.search(rf"(?<![\w.]){name}\.csv", heading)]
        assert len(load(name)) > 0 and told, name


def test_tables_of_facts_are_typed_described_and_cited():
    facts = {name: schema for name in names() if len(schema := describe(name))}
    assert len(facts) >= 9
    faults = []
    for name, schema in facts.items():
        table = load(name)
        if schema["column"].tolist() != list(table.columns) or (schema["meaning"] == "").any():
            faults.append(f"{name}: a column is not described")
        keys = table[schema["column"][schema["kind"] == "key"]]
        if (table["source"] == "").any() or not (keys != "").any(axis=None):
            faults.append(f"{name}: a row names no publication")
        for column, kind in zip(schema["column"], schema["kind"], strict=True):
            if table[column].dtype.kind != DTYPES.get(kind, table[column].dtype.kind):
                faults.append(f"{name}: {column} is no {kind}")
            if kind == "number" and np.isinf(table[column]).any():
                faults.append(f"{name}: {column} is infinite")
    assert faults == []


def test_units_that_name_a_column_do_so():
    schema = describe("notable_systems").set_index("column")
    assert schema.loc["C", "unit"] == "FLOP"
    table = load("notable_systems")
    assert schema.loc["D", "unit"] in table.columns
    assert ((table["D_unit"] != "") == table["D"].notna()).all()


def test_notable_systems_are_plausible():
    table = load("notable_systems")
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
    table = load(name)
    rule = table[(table["C_method"] == "6ND") & table["D"].notna()]
    if name == "notable_systems":  # rows with another multiplication spell it out
        rule = rule[rule["C_detail"].str.match("6 x N x D|with the")]
    assert len(rule) > 15
    N = rule["N_active"].fillna(rule["N"])
    np.testing.assert_allclose(6 * N * rule["D"], rule["C"], rtol=0.04)


def test_the_same_model_has_one_compute_in_both_tables():
    notable = load("notable_systems").set_index("system")["C"]
    test = load("mmlu_compute").set_index("model")["C"]
    both = notable.index.intersection(test.index)
    assert len(both) > 15
    np.testing.assert_allclose(notable[both], test[both], rtol=0.04)


def test_optimal_by_compute_is_near_six_nd():
    table = load("optimal_by_compute")
    assert table.groupby("approach").size().tolist() == [9, 9, 9]
    np.testing.assert_allclose(6 * table["N"] * table["D"], table["C"], rtol=0.05)


def test_benchmark_scores_are_shares_of_models_whose_compute_is_six_nd():
    table = load("benchmark_scores")
    np.testing.assert_allclose(6 * table["N"] * table["D"], table["C"], rtol=0.02)
    scores = table.loc[:, "mmlu":"humaneval"]
    assert scores.notna().all(axis=None)
    assert ((scores >= 0) & (scores < 1)).all(axis=None)
    assert table["model"].is_unique


def test_metr_horizons_lie_in_their_intervals_and_the_frontier_rises():
    table = load("metr_horizons")
    assert ((table["p50_low"] < table["p50"]) & (table["p50"] < table["p50_high"])).all()
    assert (table["p80"] < table["p50"]).all()
    for _, suite in table.groupby("suite"):
        assert suite["released"].is_monotonic_increasing
        assert (suite["p50"].ge(suite["p50"].cummax()) == suite["frontier"]).all()


def test_appendix_d_is_consistent_with_itself():
    table = load("gpt3_family")
    flops = 6 * table["N"] * table["active_fraction"] * table["D"]
    np.testing.assert_allclose(flops, table["C"], rtol=0.005)
    np.testing.assert_allclose(table["C"] / 8.64e19, table["C_pf_days"], rtol=0.005)


def test_unknown_tables_are_refused_with_the_list():
    for name in ("nothing", "../secret", "_schema", ""):
        for function in (load, describe):
            with pytest.raises(ValueError, match=r"one of the tables .*notable_systems"):
                function(name)


KINDS = {"name": "text", "day": "date", "size": "number", "open": "flag"}


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("", "is empty"),
        ("name,day,size\na,2020-01-01,1\n", r"missing \['open'\]"),
        ("name,day,size,open,more\na,2020-01-01,1,yes,2\n", r"not expected \['more'\]"),
        ("day,name,size,open\n2020-01-01,a,1,yes\n", r"must be \['name', 'day', 'size', 'open'\]"),
        (
            "name,day,size,open\na,2020-01-01,1,yes\nb,2020-01-01,many,no\n",
            "row 2: size must be a number, not 'many'",
        ),
        ("name,day,size,open\na,2020-13-01,1,yes\n", "row 1: day must be a date, not '2020-13-01'"),
        ("name,day,size,open\na,,1,yes\n", "day must be a date, not ''"),
        ("name,day,size,open\na,2020-01-01,1,perhaps\n", "open must be a flag, not 'perhaps'"),
    ],
)
def test_malformed_tables_are_refused(tmp_path, content, message):
    file = tmp_path / "table.csv"
    file.write_text(content, encoding="utf-8")
    with pytest.raises(ValueError, match=message):
        read_facts(file, KINDS)


def test_a_short_row_of_runs_is_refused_and_not_filled_up(tmp_path):
    file = tmp_path / "table.csv"
    file.write_text("N,loss\n1,2\n3\n")
    with pytest.raises(ValueError, match="line 3: 1 cells"):
        read_runs(file)


def test_empty_numbers_are_missing_and_empty_texts_stay(tmp_path):
    file = tmp_path / "table.csv"
    file.write_text("name,day,size,open\n,2020-01-01,,no\nNA,2020-01-02,2e3,yes\n")
    table = read_facts(file, KINDS)
    assert table["name"].tolist() == ["", "NA"]
    assert np.isnan(table["size"][0]) and table["size"][1] == 2000.0
    assert table["open"].tolist() == [False, True]
