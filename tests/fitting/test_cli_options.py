"""Options of the commands: what they print is what the functions return, as text and as JSON."""

import json
import re

import numpy as np
import pandas as pd
import pytest

from scaling_lib.__main__ import main
from scaling_lib.fitting import envelope, fit, isoflop
from scaling_lib.laws import BESIROGLU_2024


@pytest.fixture(scope="module")
def runs():
    rng = np.random.default_rng(0)
    C = np.repeat(np.geomspace(1e18, 1e21, 5), 7)
    N = BESIROGLU_2024.optimum(C).N * np.tile(np.geomspace(0.2, 5, 7), 5)
    loss = BESIROGLU_2024.loss(N, C / (6 * N)) * np.exp(0.002 * rng.normal(size=35))
    return pd.DataFrame({"N": N, "D": C / (6 * N), "loss": loss, "w": np.arange(1, 36)})


@pytest.fixture
def file(runs, tmp_path):
    path = tmp_path / "runs.csv"
    runs.to_csv(path, index=False, float_format="%.17g")
    return str(path)


def printed(capsys, *arguments):
    assert main(list(map(str, arguments))) == 0
    out, err = capsys.readouterr()
    assert err == ""
    return out


def record(capsys, *arguments):
    return json.loads(printed(capsys, *arguments, "--json"))


@pytest.mark.parametrize(
    ("arguments", "options"),
    [
        (["--fix", "E=1.8"], {"fixed": {"E": 1.8}}),
        (["--tie", "beta=alpha"], {"tied": {"beta": "alpha"}}),
        (["--bounds", "alpha=0.1:0.3"], {"bounds": {"alpha": (0.1, 0.3)}}),
        (["--bounds", "E=50:90"], {"bounds": {"E": (50, 90)}}),
        (["--weights", "w"], {"weights": "w"}),
        (["--overestimate-penalty", "10"], {"overestimate_penalty": 10.0}),
        (["--cluster", "C", "--bootstrap", "40"], {"cluster": "C", "bootstrap": 40}),
        (["--hold-out", "N > 1e9"], {"hold_out": "N > 1e9"}),
        (["--best-of", "C"], {"best_of": "C", "law": "kaplan_D"}),
        (["--leave-out", "N > 2e9"], {"leave_out": "N > 2e9"}),
        (["--leave-out", "w < 3", "--leave-out", "w > 33"], {"leave_out": ["w < 3", "w > 33"]}),
    ],
)
def test_an_option_is_an_argument_of_fit(file, runs, capsys, arguments, options):
    law = options.pop("law", "chinchilla")
    result = fit(law, runs, **options)
    found = record(capsys, "fit", file, "--law", law, *arguments)
    assert found == json.loads(json.dumps(result.to_dict()))


def test_optimum_and_predictions_are_those_of_the_result(file, runs, capsys, tmp_path):
    more = tmp_path / "next.tsv"
    more.write_text("params\tD\tloss\n7B\t2T\t\n1B\t20B\t2.5\n")
    options = ["--bootstrap", 60, "--optimum", "1e22", "1e24", "--column", "N=params"]
    runs.rename(columns={"N": "params"}).to_csv(file, index=False, float_format="%.17g")
    found = record(capsys, "fit", file, "--predict", more, *options)
    result = fit("chinchilla", runs, bootstrap=60)
    best = result.optimum(np.array([1e22, 1e24]))
    assert [row["N"] for row in found["optimum"]] == pytest.approx(best.N, rel=1e-12)
    draws = result.draws
    G = (draws["alpha"] * draws["A"] / (draws["beta"] * draws["B"])) ** (
        1 / (draws["alpha"] + draws["beta"])
    )
    N = G * (1e24 / 6) ** (draws["beta"] / (draws["alpha"] + draws["beta"]))
    ends = [found["optimum"][1][name] for name in ("N low", "N high")]
    np.testing.assert_allclose(ends, np.quantile(N, [0.05, 0.95]), rtol=1e-9)
    value, low, high = result.predict({"N": [7e9, 1e9], "D": [2e12, 2e10]}, 0.9)
    rows = found["predictions"]
    assert [row["loss"] for row in rows] == pytest.approx(value)
    assert [[row["low"], row["high"]] for row in rows] == pytest.approx(np.array([low, high]).T)
    assert [row["observed"] for row in rows] == [None, 2.5]
    text = printed(capsys, "fit", file, "--predict", more, *options)
    assert "\noptimum\n" in text and "\npredictions\n" in text and "N low" in text
    largest = (6 * runs.N * runs.D).max()
    for table, C in (("optimum", 1e24), ("predictions", 6 * 7e9 * 2e12)):
        far = f"{table}: this goes to {C / largest:.2g} times the largest C of the runs, where none"
        assert f"\nnote: {far}" in text and sum(w.startswith(far) for w in found["warnings"]) == 1
    near = record(capsys, "fit", file, "--optimum", 5 * largest, "--column", "N=params")
    assert not any("times the largest" in warning for warning in near["warnings"])


def test_the_runs_to_predict_may_have_other_headers(file, runs, capsys, tmp_path):
    own = runs.assign(N=runs.N / 1e9).rename(columns={"N": "Size (B)", "loss": "l"})
    own.to_csv(file, index=False, float_format="%.17g")
    options = ["--column", "N=Size (B)*1e9", "--column", "loss=l*1", "--predict"]
    tables = []
    for header, cell in (("N,D,loss", "7e9,2e12,2.5"), ("Size (B),D,l", "7,2e12,2.5")):
        (tmp_path / "next.csv").write_text(f"{header}\n{cell}\n")
        found = record(capsys, "fit", file, *options, tmp_path / "next.csv")
        tables.append(found["predictions"])
    assert tables[0] == tables[1]
    assert tables[0][0]["N"] == 7e9 and tables[0][0]["observed"] == 2.5


def test_a_fault_of_the_runs_to_predict_names_their_file(file, capsys, tmp_path):
    (tmp_path / "next.csv").write_text("N\n1e9\n")
    assert main(["fit", file, "--predict", str(tmp_path / "next.csv")]) == 2
    assert "next.csv: Missing column D" in capsys.readouterr().err


def test_by_prints_each_fit_and_a_table(file, runs, capsys):
    runs.assign(family=np.where(runs.N > 1e9, "large", "small")).to_csv(file)
    text = printed(capsys, "fit", file, "--by", "family", "--law", "kaplan_D", "--unit", "bits")
    assert text.index("family = large") < text.index("family = small") < text.index("runs  ")
    assert text.count("law of Kaplan") == 2 and "nats" not in text
    found = record(capsys, "fit", file, "--by", "family", "--law", "kaplan_D")
    assert set(found["fits"]) == {"large", "small"} and found["skipped"] == {}
    assert found["fits"]["small"]["params"] == pytest.approx(
        fit("kaplan_D", runs[runs.N <= 1e9]).params
    )


def test_the_unit_is_in_the_report_and_in_the_figure(file, capsys, tmp_path):
    figure = tmp_path / "fit.svg"
    text = printed(capsys, "fit", file, "--unit", "bits per byte", "--plot", figure)
    assert "nats" not in text and "bits per byte N^alpha" in text
    again = figure.read_bytes()
    printed(capsys, "fit", file, "--unit", "bits per byte", "--plot", figure)
    assert figure.read_bytes() == again and list(tmp_path.glob("*.part")) == []
    pages = [tmp_path / "a.pdf", tmp_path / "b.pdf"]
    for page in pages:
        printed(capsys, "fit", file, "--plot", page)
    assert pages[0].read_bytes()[:4] == b"%PDF" and b"CreationDate" not in pages[0].read_bytes()
    assert pages[0].read_bytes() == pages[1].read_bytes()
    printed(capsys, "fit", file, "--plot", tmp_path / "fit.png")
    assert (tmp_path / "fit.png").read_bytes()[:4] == b"\x89PNG"


def test_isoflop_and_envelope_are_commands(file, runs, capsys):
    found = record(capsys, "isoflop", file, "--optimum", "3.8e25")
    result = isoflop(runs)
    assert found["a"] == pytest.approx(result.a)
    assert found["optimum"][0]["N"] == pytest.approx(result.optimum(3.8e25).N)
    assert "N* ~ C^a" in printed(capsys, "isoflop", file)
    curves = pd.DataFrame(
        [
            (f"m{i}", N, D)
            for i, N in enumerate(np.geomspace(1e7, 1e10, 12))
            for D in np.geomspace(1e8, 1e12, 40)
        ],
        columns=["model", "N", "D"],
    )
    curves["loss"] = BESIROGLU_2024.loss(curves.N, curves.D)
    curves.to_csv(file, index=False)
    found = record(capsys, "envelope", file, "--column", "run=model")
    assert found["a"] == pytest.approx(envelope(curves, columns={"run": "model"}).a)
    assert found["a"] == pytest.approx(BESIROGLU_2024.exponents()[0], abs=0.03)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--fix", "E"], "--fix E: write NAME=VALUE"),
        (["--fix", "E=low"], "--fix E must be a number, not 'low'"),
        (["--fix", "F=1"], "fixed names F, but the parameters"),
        (["--fix", "E=1", "--fix", "E=2"], "--fix names E twice"),
        (["--fix", "A=-3"], "fixed['A'] must be 0 or above, not -3"),
        (["--leave-out", "Wt > 3"], "Missing column Wt: the data have N, D, loss, w. Did you mean"),
        (["--tie", "alpha=gamma"], "must name a free or fixed parameter (E, A, B, beta), not"),
        (["--tie", "alpha=beta", "--tie", "beta=alpha"], "(E, A, B), not 'beta'"),
        (["--tie", "alpha=beta", "--fix", "alpha=1"], "alpha must be fixed or tied, not both"),
        (
            ["--fix", "alpha=0.3", "--bounds", "alpha=0:0.2"],
            "fixed['alpha'] must be from 0 to 0.2, not 0.3",
        ),
        (
            ["--tie", "alpha=beta", "--bounds", "alpha=0:0.2"],
            "alpha must be tied or bounded, not both: give beta the bounds",
        ),
        (["--bounds", "alpha=0:1_0"], "must be two numbers such as 0:2, not '0:1_0'"),
        (["--bounds", "alpha=1"], "must be two numbers such as 0:2, not '1'"),
        (["--bounds", "alpha=2:1"], "must be two rising numbers"),
        (["--hold-out", "N ~ 1"], "must be a column of yes and no"),
        (["--hold-out", "N > 1"], "must leave runs on both sides"),
        (["--hold-out", ""], "must be a column of yes and no"),
        (["--best-of", "size"], "Missing column size"),
        (["--cluster", "run"], "Missing column run"),
        (["--by", "w", "--plot", "x.svg"], "--predict and --plot need one"),
        (["--by", "w"], "No group of w could be fitted"),
        (["--by", ""], "Missing column"),
        (["--best-of", ""], "Missing column"),
        (["--plot", "x.gif"], "--plot must name an .svg, .pdf or .png file"),
        (["--plot", "svg"], "--plot must name an .svg, .pdf or .png file"),
        (["--plot", __file__ + "/x.svg"], "is no folder to write into"),
        (["--predict", "nowhere.csv"], "no file nowhere.csv"),
        (["--law", "kaplan_N", "--optimum", "1e20"], "has no closed-form compute optimum"),
    ],
)
def test_bad_options_give_status_two_and_one_line(file, capsys, arguments, message):
    assert main(["fit", file, *arguments]) == 2
    out, err = capsys.readouterr()
    assert out == "" and err.count("\n") == 1 and message in err, err


@pytest.mark.long
def test_a_fit_without_an_optimum_is_printed_with_a_note_in_its_place(file, runs, capsys):
    rising = runs.assign(loss=(1.5 + 900 / runs.D**0.3) * runs.N**0.02, family="odd")
    pd.concat([runs.assign(family="good"), rising]).to_csv(file, index=False)
    line = ["fit", file, "--by", "family", "--optimum", "1e22"]
    found = record(capsys, *line)["fits"]
    assert found["good"]["optimum"][0]["N"] > 1e9
    assert found["odd"]["optimum"] is None and found["odd"]["params"]["alpha"] < 0
    note = "optimum: The Chinchilla law fitted here has no compute optimum: alpha must be positive"
    assert found["odd"]["warnings"][-1].startswith(note)
    text = printed(capsys, *line)
    assert text.index("family = odd") < text.index(f"note: {note}") < text.index("runs  ")
    alone = printed(capsys, "fit", file, "--leave-out", "family == good", "--optimum", "1e22")
    assert alone.index("alpha is negative") < alone.index(f"note: {note}")


@pytest.mark.long
def test_an_optimum_says_that_it_rests_on_what_the_runs_leave_open(file, runs, capsys):
    line = ["fit", file, "--optimum", "1e22"]
    runs.to_csv(file, index=False)
    assert "it rests on" not in printed(capsys, *line)
    N = np.geomspace(1e7, 1e10, 20)
    loss = BESIROGLU_2024.loss(N, 20 * N) * np.exp(0.002 * np.random.default_rng(4).normal(size=20))
    pd.DataFrame({"N": N, "D": 20 * N, "loss": loss}).to_csv(file, index=False)
    text = printed(capsys, *line)
    found = re.search(
        r"note: optimum: it rests on ([\w ]+), which these runs do not determine", text
    )
    # D is 20 N in every run, so either term may carry the whole fall: which one is rounding.
    assert len({"alpha", "beta"} & set(found[1].split(" and "))) == 1
    assert record(capsys, *line)["warnings"][-1].startswith(f"optimum: it rests on {found[1]}")


def test_the_level_is_that_of_the_held_out_score_too(file, runs, capsys):
    runs = runs.assign(half=np.resize(["a", "b"], 35))
    runs.to_csv(file, index=False, float_format="%.17g")
    line = ["fit", file, "--hold-out", "N > 1e9", "--level", "0.2"]
    result = fit("chinchilla", runs, hold_out="N > 1e9")
    narrow = result.score(result.held, level=0.2)
    assert narrow.inside < result.held_out.inside
    assert record(capsys, *line)["held_out"] == narrow._asdict()
    assert f"{round(narrow.inside * narrow.n)} inside the 20 % interval" in printed(capsys, *line)
    part = fit("chinchilla", runs[runs.half == "a"], hold_out="N > 1e9")
    row = printed(capsys, *line, "--by", "half").partition("inside\n")[2].splitlines()[1]
    inside = part.score(part.held, level=0.2).inside
    assert float(row.split()[-1]) == pytest.approx(inside, rel=1e-3) != part.held_out.inside


@pytest.mark.long
def test_the_option_that_the_note_on_shares_names_is_one(capsys, tmp_path):
    loss = np.linspace(0.75, 1.1, 14)
    score = 0.25 + 0.7 / (1 + np.exp(14 * (loss - 0.72)))
    score += 0.01 * np.random.default_rng(0).normal(size=14)
    path = tmp_path / "scores.csv"
    pd.DataFrame({"loss": loss, "score": score}).to_csv(path, index=False)
    plain = record(capsys, "fit", path, "--law", "task_score")
    (note,) = (text for text in plain["warnings"] if "above 1" in text)
    option = note.split("(")[-1].rstrip(")").split()
    assert option == ["--bounds", "upper=0:1"]
    held = record(capsys, "fit", path, "--law", "task_score", *option)
    assert plain["params"]["upper"] > 1 >= held["params"]["upper"]
    assert not any("above 1" in text for text in held["warnings"])
    assert "above 1" not in printed(capsys, "fit", path, "--law", "task_score", *option)


INVALID = "N,D,loss,family\n1e12,1e12,,a\n2e12,1e12,,b\n"
NO_ROWS = [
    (["--hold-out", "N > 1e30"], "N > 1e30 holds in no row, where N goes from 1.6106e+07 to 1.38"),
    (["--hold-out", "N > 1"], "N > 1 holds in every row, where N goes from 1.6106e+07 to 1.3892e"),
    (["--hold-out", "family == c"], "holds in no row, where family is a, b"),
    (["--by", "family", "--hold-out", "N > 1e30"], "N > 1e30 holds in no row, where N goes"),
    (
        ["--hold-out", "N > 8e7"],
        "5 runs cannot determine the 5 parameters of the Chinchilla law: "
        "at least 6 are needed (held out 30 of 35 runs: N > 8e7)",
    ),
    (["--best-of", "family"], "are needed (kept the best of each (family): 2 of 35 runs)"),
]


@pytest.mark.parametrize(("arguments", "message"), NO_ROWS)
def test_what_left_no_row_is_named(file, runs, capsys, arguments, message):
    runs.assign(family=np.resize(["a", "b"], 35)).to_csv(file, index=False)
    assert main(["fit", file, *arguments]) == 2
    out, err = capsys.readouterr()
    assert out == "" and err.count("\n") == 1 and message in err, err


def test_held_out_runs_that_were_dropped_as_invalid_are_named(file, runs, capsys):
    gone = runs.index == 3
    runs.assign(N=runs.N.mask(gone, 1e30), loss=runs.loss.mask(gone)).to_csv(file, index=False)
    assert main(["fit", file, "--drop-invalid", "--hold-out", "N > 1e29"]) == 2
    message = "N > 1e29 holds in no row that is kept, only in row 4, where N"
    assert message in capsys.readouterr().err


@pytest.mark.parametrize("command", ["fit", "isoflop", "envelope"])
@pytest.mark.parametrize("text", ["", "\n\n", "N,D,loss,run\n", "N,D,loss,run\n,,,\n", "[]"])
def test_a_file_without_runs_is_named(file, capsys, tmp_path, command, text):
    path = tmp_path / "none.csv"
    path.write_text(text)
    assert main([command, str(path)]) == 2
    assert f"{path}" in capsys.readouterr().err
    if command == "fit":
        assert main(["fit", file, "--predict", str(path)]) == 2
        assert f"{path}" in capsys.readouterr().err


def test_rows_of_json_without_values_have_no_columns(file, capsys, tmp_path):
    path = tmp_path / "none.jsonl"
    path.write_text("{}\n{}\n")
    assert main(["isoflop", str(path)]) == 2
    assert "the data have no columns" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("command", "message"),
    [
        ("fit F --hold-out N>1e9 --hold-out loss>5", "fit: error: --hold-out is given twice: give"),
        ("fit F --seed 0 --seed=0", "fit: error: --seed is given twice: give it once (--help"),
        ("fit F --best-of N --best N,D", "fit: error: --best-of is given twice"),
        ("isoflop F --optimum 1 2 --optimum 3", "--optimum is given twice: give it once, with all"),
        (
            "isoflop F --weights w",
            "scaling_lib isoflop: error: unrecognized arguments: --weights w",
        ),
    ],
)
def test_an_option_that_is_given_twice_or_unknown_is_refused(file, capsys, command, message):
    with pytest.raises(SystemExit) as end:
        main(command.replace("F", file).split())
    err = capsys.readouterr().err
    assert end.value.code == 2 and err.count("\n") == 1 and message in err, err


def test_rows_with_words_for_numbers_are_named_and_dropped(file, runs, capsys):
    words = runs.assign(loss=runs.loss.astype(object), w=runs.w.astype(object))
    words.loc[[3, 8], "loss"] = "diverged", "OOM"
    words.loc[[3, 9], "w"] = "?"
    words.to_csv(file, index=False, float_format="%.17g")
    message = "('diverged', 'OOM') in rows 4, 9: correct the data, or have such rows dropped (drop_"
    for command in ("fit", "isoflop"):
        assert main([command, file, "--leave-out", "loss > 9"]) == 2
        assert main([command, file]) == 2
        assert message in capsys.readouterr().err
    dropped = record(capsys, "fit", file, "--drop-invalid", "--hold-out", "loss < 2.5")
    rest = fit("chinchilla", runs.drop(index=[3, 8]), hold_out="loss < 2.5")
    assert dropped["params"] == rest.params
    text = "loss holds text that is not a number ('diverged', 'OOM') in rows 4, 9"
    assert dropped["warnings"][0] == f"dropped 2 invalid rows: {text}"
    found = record(capsys, "isoflop", file, "--drop-invalid", "--leave-out", "w == 12")
    assert found["a"] == pytest.approx(isoflop(runs.drop(index=[3, 8, 11])).a)
    assert main(["fit", file, "--drop-invalid", "--hold-out", "w > 30"]) == 2
    assert "text that is not a number ('?') in row 10, and 'w > 30'" in capsys.readouterr().err
    both = f"{text}, w holds text that is not a number ('?') in row 10"
    assert main(["fit", file, "--weights", "w", "--leave-out", "loss > 9"]) == 2
    assert f"Column {both}: correct the data" in capsys.readouterr().err
    weighed = record(capsys, "fit", file, "--weights", "w", "--drop-invalid")
    rest = fit("chinchilla", runs.drop(index=[3, 8, 9]), weights="w")
    assert weighed["params"] == rest.params
    assert weighed["warnings"][0] == f"dropped 3 invalid rows: {both}"


def test_the_empty_column_is_named_where_another_follows_from_it(file, runs, capsys):
    runs.assign(D=runs.D.mask(runs.index == 5)).to_csv(file, index=False)
    for arguments in (["isoflop", file], ["fit", file, "--law", "logistic", "--column", "score=w"]):
        assert main(arguments) == 2
        assert "Column D is missing (NaN) in row 6: correct" in capsys.readouterr().err


def test_runs_that_cannot_be_predicted_are_dropped_when_told_to(file, capsys, tmp_path):
    path = tmp_path / "next.csv"
    path.write_text("N,D,loss\n1e9,2e10,2.5\n,2e10,2.4\n7e9,?,\n7e9,2e11,diverged\n")
    assert main(["fit", file, "--predict", str(path)]) == 2
    message = (
        "next.csv: Column N is missing (NaN) in row 2, D holds text that is not a number ('?')"
    )
    assert message in capsys.readouterr().err
    found = record(capsys, "fit", file, "--predict", path, "--drop-invalid")
    assert [(row["N"], row["observed"]) for row in found["predictions"]] == [
        (1e9, 2.5),
        (7e9, None),
    ]
    note = "predictions: dropped 2 invalid rows: D holds text that is not a number ('?') in row 3"
    assert found["warnings"][-1] == note
    assert f"\nnote: {note}" in printed(capsys, "fit", file, "--predict", path, "--drop-invalid")
