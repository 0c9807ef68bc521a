"""Several laws beside each other, and one law fitted to several groups."""

import json

import numpy as np
import pandas as pd
import pytest
from scipy.stats import t

from scaling_lib import __main__ as cli
from scaling_lib import compare, fit
from scaling_lib.fitting import fit_by

CHINCHILLA = {"E": 1.8, "A": 480.0, "B": 2000.0, "alpha": 0.345, "beta": 0.365}


def runs_of(n, seed, noise=0.004, ratio=None):
    """Return n runs of a Chinchilla law, all at one D / N if it is given."""
    rng = np.random.default_rng(seed)
    N = 10 ** rng.uniform(7.3, 9.3, n)
    D = 10 ** rng.uniform(9, 11, n) if ratio is None else ratio * N
    loss = 1.8 + 480 / N**0.345 + 2000 / D**0.365
    return {"N": N, "D": D, "loss": loss * np.exp(noise * rng.standard_normal(n))}


def test_few_runs_do_not_prefer_the_law_with_more_parameters():
    plain, corrected = 0, 0
    for seed in range(10):
        table = compare(["chinchilla", "generalised"], runs_of(12, seed)).table
        gap = table["delta AICc"]["generalised"] - table["delta AICc"]["chinchilla"]
        extra = [2 * k * (k + 1) / (12 - k - 1) for k in (6, 7)]
        plain += gap - (extra[1] - extra[0]) < 0
        corrected += gap < 0
    assert plain >= 2 and corrected == 0


def test_a_law_that_is_needed_is_still_found():
    runs = runs_of(30, 0)
    N, D = runs["N"], runs["D"]
    runs["loss"] *= (1.8 + ((480 / N**0.345) ** 0.5 + (2000 / D**0.365) ** 0.5) ** 2) / (
        1.8 + 480 / N**0.345 + 2000 / D**0.365
    )
    found = compare(["chinchilla", "generalised"], runs)
    assert found.table.index[0] == "generalised" and not found.notes
    assert found.table["delta AICc"]["chinchilla"] > 10


def test_too_few_runs_have_no_aicc_and_say_so():
    found = compare(["chinchilla", "generalised"], runs_of(8, 0))
    assert np.isnan(found.table["delta AICc"]["generalised"])
    assert found.table["delta AICc"]["chinchilla"] == 0
    said = "8 runs are too few for the AICc of generalised: with 6 parameters it takes 9"
    assert found.notes == [said] and said in found.summary() and "nan" not in found.summary()
    few = fit("generalised", runs_of(8, 0))
    assert "no AICc of so few" in few.summary() and few.to_dict()["aicc"] is None
    assert np.isfinite(fit("generalised", runs_of(9, 0)).aicc)


def test_laws_of_nearly_one_aicc_are_not_told_apart():
    found = compare(["chinchilla", "generalised", "kaplan_N"], runs_of(60, 1))
    first, second = found.table.index[:2]
    assert found.notes == [
        f"AICc does not tell {first} and {second} apart (less than 4 between them)"
    ]


def test_copies_of_runs_in_one_cluster_do_not_change_the_criteria():
    runs = runs_of(20, 3)
    copies = {name: np.repeat(values, 3) for name, values in runs.items()}
    once = fit("chinchilla", runs, delta=np.inf)
    thrice = fit("chinchilla", copies, delta=np.inf, cluster=np.repeat(np.arange(20), 3))
    assert thrice.aicc == pytest.approx(once.aicc, abs=1e-6)
    assert thrice.bic == pytest.approx(once.bic, abs=1e-6)
    alone = fit("chinchilla", copies, delta=np.inf)
    assert alone.aicc < once.aicc - 100
    few = compare(["chinchilla"], runs, cluster=np.arange(20) % 6)
    assert few.notes == [
        "6 clusters are too few for the AICc of chinchilla: with 5 parameters it takes 8"
    ]


def test_what_the_fits_say_stands_below_the_table():
    text = compare(["chinchilla", "kaplan_N"], runs_of(10, 3, ratio=20.0)).summary()
    assert "note: chinchilla: these runs do not determine A and B" in text
    runs = runs_of(20, 0)
    runs["loss"][3] = np.nan
    text = compare(["chinchilla", "kaplan_N"], runs, drop_invalid=True).summary()
    assert text.count("dropped 1 invalid row") == 1 and "note: dropped 1" in text


def test_groups_have_intervals():
    first, second = runs_of(25, 0), runs_of(25, 1)
    runs = {name: np.r_[first[name], second[name]] for name in first}
    runs["arch"] = np.repeat(["A", "B"], 25)
    found = fit_by("chinchilla", runs, "arch", level=0.8, fixed={"E": 1.8})
    for label, result in found.fits.items():
        for name, ends in result.intervals(0.8).items():
            if name == "E":
                assert "E low" not in found.table
            else:
                assert tuple(found.table.loc[label, [f"{name} low", f"{name} high"]]) == ends
    low, high = found.table.loc["A", ["alpha low", "alpha high"]]
    for text in (found.summary(), found._repr_html_()):
        assert f"{low:.4g} to {high:.4g}" in text
    drawn = fit_by("chinchilla", runs, "arch", fixed={"E": 1.8}, bootstrap=50)
    assert drawn.table["beta low"]["B"] == drawn.fits["B"].intervals(method="bootstrap")["beta"].low


def test_how_well_a_law_fits_is_printed():
    result = fit("chinchilla", runs_of(40, 0))
    rms = np.sqrt(np.mean(result.residuals**2))
    assert 0.003 < rms < 0.005 and f"rms residual {100 * rms:.3g} %" in result.summary()
    assert result.to_dict()["rms"] == pytest.approx(rms)
    C = np.geomspace(1e18, 1e24, 20)
    score = 1 / (1 + np.exp(-1.2 * (np.log10(C) - 21))) + 0.01 * np.sin(np.arange(20.0))
    scores = fit("logistic", {"C": C, "score": score})
    assert f"rms residual {100 * scores.rms:.3g} points" in scores.summary()


def test_compare_on_the_command_line(tmp_path, capsys):
    file = tmp_path / "runs.csv"
    pd.DataFrame(runs_of(30, 0)).rename(columns={"N": "params"}).to_csv(file, index=False)
    line = ["compare", str(file), "--laws", "chinchilla,kaplan_N", "--column", "N=params"]
    line += ["--hold-out", "D > 5e10"]
    assert cli.main(line) == 0
    text = capsys.readouterr().out
    runs = pd.read_csv(file)
    names = {"columns": {"N": "params"}, "held_out": "D > 5e10"}
    found = compare(["chinchilla", "kaplan_N"], runs, **names)
    assert text.strip() == found.summary().strip() and "held-out mean error" in text
    assert cli.main([*line, "--json"]) == 0
    record = json.loads(capsys.readouterr().out)
    assert record["table"]["chinchilla"]["delta AICc"] == 0
    assert record["fits"]["kaplan_N"]["params"].keys() == {"x_c", "alpha"}
    assert cli.main([*line[:3], "nolaw,chinchilla"]) == 2
    assert "There is no law 'nolaw'" in capsys.readouterr().err


def test_the_exponent_of_the_best_size_has_an_interval():
    runs = runs_of(60, 2)
    result = fit("chinchilla", runs)
    low, high = result.a_interval()
    assert low < result.exponents()[0] < high
    wide = result.a_interval(0.99)
    assert wide.low < low and high < wide.high
    few = fit("chinchilla", runs_of(20, 2)).a_interval()
    assert few.high - few.low > 1.2 * (high - low)
    # By hand: the delta method, with differences of another step and no covariance of the library.
    least = fit("chinchilla", runs, delta=np.inf)
    names = "E", "A", "B", "alpha", "beta"
    scales = np.array([least.params[name] for name in names])

    def log_loss(p):
        E, A, B, alpha, beta = p * scales
        return np.log(E + A / runs["N"] ** alpha + B / runs["D"] ** beta)

    J = np.array([(log_loss(1 + d) - log_loss(1 - d)) / 2e-6 for d in 1e-6 * np.eye(5)]).T
    covariance = np.linalg.inv(J.T @ J) * (least.residuals**2).sum() / 55
    error = np.sqrt(np.array([0, 0, 0, -1, 1]) @ covariance @ np.array([0, 0, 0, -1, 1]))
    middle = np.log(least.params["beta"] / least.params["alpha"])
    ends = 1 / (1 + np.exp(-(middle + np.array([-1, 1]) * t.ppf(0.95, 55) * error)))
    assert least.a_interval() == pytest.approx(ends, rel=1e-3)


def test_the_exponent_of_the_best_size_by_bootstrap_or_where_it_is_given():
    result = fit("chinchilla", runs_of(40, 2), bootstrap=60)
    a = result.draws["beta"] / (result.draws["alpha"] + result.draws["beta"])
    assert result.a_interval() == pytest.approx(np.quantile(a, [0.05, 0.95]))
    tied = fit("chinchilla", runs_of(40, 2), tied={"beta": "alpha"})
    assert tied.a_interval() == pytest.approx((0.5, 0.5))
    with pytest.raises(ValueError, match="no closed-form compute optimum"):
        fit("kaplan_joint", runs_of(40, 2)).a_interval()
