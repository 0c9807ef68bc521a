"""Numbers in the solutions of in-chapter exercises, which no cell prints: computed again here."""

import re
from pathlib import Path

import nbformat
import numpy as np
import pytest

from scaling_lib import TrainConfig, laws, load
from scaling_lib.experiments.data_limits import disclosed, exhaustion, repetition, synthetic_data
from scaling_lib.experiments.scaffolding import scaffolds, voting
from scaling_lib.experiments.scaffolding.scaffolds import residue_probability
from scaling_lib.experiments.scaling_hypothesis import emergence, quantisation
from scaling_lib.experiments.scaling_hypothesis.emergence import adders
from scaling_lib.experiments.scaling_laws.language_models import trained, untrained
from scaling_lib.sampling import best_of_n, compute_equivalent_gain, solve_probability
from scaling_lib.tasks.language import markov_language
from scaling_lib.training import fit_model

CHAPTERS = Path(__file__).resolve().parents[2] / "chapters"


def solution(chapter, label):
    notebook = nbformat.read(CHAPTERS / f"{chapter}.ipynb", as_version=4)
    text = "\n".join(cell.source for cell in notebook.cells if cell.cell_type == "markdown")
    return re.search(rf"```{{solution}} {label}\n(.*?)^```", text, re.S | re.M)[1]


def cell(chapter, name):
    notebook = nbformat.read(CHAPTERS / f"{chapter}.ipynb", as_version=4)
    return next(cell.source for cell in notebook.cells if cell.id == name)


def exponent(sizes_at):
    law, budgets, best = laws.BESIROGLU_2024, np.geomspace(1e19, 1e22, 7), []
    for C in budgets:
        N = sizes_at(C)
        a, b, _ = np.polyfit(np.log(N), law.loss(N, C / (6 * N)), 2)
        best.append(-b / (2 * a))
    return np.polyfit(np.log(budgets), best, 1)[0]


def test_wrong_without_any_noise():
    law = laws.BESIROGLU_2024
    moving = exponent(lambda C: law.optimum(C).N * np.geomspace(0.1, 10, 9))
    same = exponent(lambda C: np.geomspace(1e7, 1e10, 9))
    assert moving == pytest.approx(law.exponents()[0], abs=1e-6)
    text = solution("scaling_laws", "ex-scaling-parabola")
    assert f"exact exponent, {moving:.3f}" in text
    assert f"about {same:.2f}" in text


def test_where_the_cliff_begins():
    language, H, D = markov_language(0), 32, 2**15
    model = trained(H, D)
    excess = {}
    for bits in (8, 3, 2):
        after = quantisation.Rounded(model, bits).rounded()
        fresh, *rest = untrained(H, D)
        during = quantisation.Rounded(fresh, bits)
        fit_model(during, *rest)
        losses = [language.test_loss(m) - language.entropy for m in (after, during.rounded())]
        excess[bits] = losses
    text = solution("small_experiments", "ex-hypothesis-bits")
    assert f"excess is {excess[8][0]:.2f} both ways" in text
    assert excess[8][1] == pytest.approx(excess[8][0], abs=1e-3)
    assert excess[3][0] > excess[8][0] + 0.05 > excess[3][1]
    assert f"With 3 bits it is {excess[3][0]:.2f} after training" in text
    assert f"{excess[3][1]:.2f} during" in text
    assert f"With 2 bits it is {excess[2][0]:.2f} and {excess[2][1]:.1f}." in text


def test_your_own_date():
    names = {"exhaustion": exhaustion}
    exec(cell("data_limits", "inputs"), names)
    inputs = names["inputs"]
    text = solution("data_limits", "ex-data-date")
    ratio = inputs["growth"].median / inputs["stock_growth"].median
    assert f"{ratio:.1f} at the medians" in text

    def width(**changed):
        drawn = exhaustion.dates(disclosed.STANDPOINT, inputs | changed)
        return np.ptp(np.quantile(drawn, [0.05, 0.95]))

    wide = width(stock=exhaustion.Range(3e13, 3e15))
    assert f"{wide:.1f} years wide instead of {width():.1f}" in text
    slow = width(growth=exhaustion.Range(1.2, inputs["growth"].high))
    assert f"{slow:.0f} years wide" in text


def test_how_much_is_the_first_half_worth():
    text = solution("data_limits", "ex-data-half")
    assert f"\\approx {10 ** (1 / 0.35):.0f}$" in text


@pytest.mark.long
def test_a_rule_for_epochs():
    table, U = load("repetition"), 2**14
    worn = repetition.saturation(table)
    x, y = np.log(worn.ratio), np.log(worn.R)
    slope, level = np.polyfit(x, y, 1)
    scatter = np.exp(np.std(y - level - slope * x, ddof=2))
    N = TrainConfig(H=16, D=U).N
    line = np.exp(level) * (U / N) ** slope
    text = solution("repeated_and_synthetic_data", "ex-data-epochs")
    assert f"{N:,} parameters" in text and f"{U / N:.1f} unique tokens" in text
    assert f"R^* = {line:.1f}$" in text and f"factor of {scatter:.1f} about" in text
    fresh = table[table.epochs == 1].groupby(["H", "D"]).excess.mean()

    def ratio(epochs, R):
        effective = U + U * R * -np.expm1(-(epochs - 1) / R)
        logs = []
        for H in (8, 32):
            D, excess = np.log(fresh[H].index), np.log(fresh[H])
            logs.append(np.diff(np.interp(np.log([U * epochs, effective]), D, excess))[0])
        return np.exp(np.mean(logs))

    made = repetition.runs((16,), (U,), (1, 2, 4, 8), (0, 1, 2))
    cost = repetition.cost_of_repeating(made).set_index(["U", "epochs"]).loc[U]
    for epochs in (2, 4, 8):
        low, high = (ratio(epochs, line * scatter**z) for z in (1.645, -1.645))
        seen = cost.excess[epochs] / cost.fresh[epochs]
        row = f"| {epochs} | {ratio(epochs, line):.2f} | {low:.2f} to {high:.2f} | {seen:.2f} |"
        assert row in text


@pytest.mark.long
def test_a_verifier_with_two_faults():
    counts, accuracy = [], {}
    for seed in range(3):
        X, truth, test_X, test_truth = synthetic_data.problems(seed)
        rng, known = np.random.default_rng([seed, 5]), np.arange(len(X)) < 1000
        model = synthetic_data.train(X[known], truth[known], seed, 1500)
        new = synthetic_data.answer(model, X, rng)
        right, u = (new == truth).all(1), rng.random(len(X))
        rejected, passed = right & ~known & (u < 0.1), ~right & ~known & (u < 0.1)
        counts.append((right[~known].mean(), rejected.sum(), passed.sum()))
        for name, passes, rejects in (("perfect", 0, 0), ("rejects", 0, 0.1), ("passes", 0.1, 0)):
            kept = known | np.where(right, u >= rejects, u < passes)
            answers = np.where(known[:, None], truth, new)
            again = synthetic_data.train(X[kept], answers[kept], seed, 1500)
            score = again.correct(test_X, test_truth).all(1).mean()
            accuracy.setdefault(name, []).append(score)
    share, rejected, passed = np.mean(counts, 0)
    text = solution("repeated_and_synthetic_data", "ex-data-verifier")
    assert f"about {share:.0%}".replace("%", " %") in text
    assert f"about {round(rejected, -1):.0f} right examples are missing" in text
    assert f"about {round(passed, -2):.0f} wrong examples" in text
    words = (("perfect", "with a perfect verifier"), ("rejects", "with the one that rejects"))
    for name, what in (*words, ("passes", "with the one that lets pass")):
        told = float(re.search(rf"([\d.]+) {what}", text)[1])
        # Training magnifies the last digits, in which machines differ.
        assert told == pytest.approx(np.mean(accuracy[name]), abs=0.01)


def test_votes_that_abstain():
    truth, rows = emergence.shipped_distributions()["answer"] @ voting.PLACES, []
    for adder in adders():
        if adder.names["N"] != 12594:
            continue
        p = np.exp(adder.log_p.astype(float))
        rng = np.random.default_rng(adder.names["seed"])
        counts = [
            np.unique(votes, return_counts=True) for votes in voting.draw_answers(p, 64, rng).T
        ]
        mode, agree = np.array([(values[n.argmax()], n.max()) for values, n in counts]).T
        row = []
        for sure, right in (
            (agree + rng.random(len(agree)), mode == truth),
            (p.max(-1).prod(-1), adder.right),
        ):
            best = right[np.argsort(sure)]
            row += [(n + best[n:].sum()) / len(best) for n in (0, 26, 64)]
            row.append((sure[right][:, None] > sure[~right]).mean())
        rows.append(row)
    text = solution("scaffold_gains", "ex-scaffolding-abstain")
    vote, vote_tenth, vote_quarter, vote_pairs, own, own_tenth, own_quarter, own_pairs = (
        percent(x) for x in np.mean(rows, 0)
    )
    assert f"gives {vote_tenth} right against {own_tenth} by" in text
    assert f"a quarter {vote_quarter[:2]} against {own_quarter}" in text
    assert f"vote gives {vote} and the most probable answer {own}" in text
    assert f"wrong in {vote_pairs} of the pairs, and the larger probability in {own_pairs}." in text


def test_no_scaffold_that_is_a_factor():
    C, success = scaffolds.training_compute(), scaffolds.success()["bare"]
    text = solution("scaffold_gains", "ex-scaffolding-factor")
    four = slice(emergence.SHIPPED_SIZES.index(64), emergence.SHIPPED_SIZES.index(192) + 1)

    def measured(seeds):
        bare = success[seeds].mean((0, 2))
        gains = np.array(
            [compute_equivalent_gain(C, bare, *x) for x in zip(C, 0.25 + 0.75 * bare, strict=True)]
        )
        return 100 * (1 - bare[four]), gains[four], gains[0]

    errors, gains, _ = measured(slice(3))
    assert "nearly so: {:.0f}, {:.0f}, {:.0f} and {:.0f} %".format(*errors) in text
    assert "is {:.2f}, {:.2f}, {:.2f} and {:.2f}. It".format(*gains) in text
    errors, gains, _ = measured(slice(3, 6))
    assert "errors of {:.0f}, {:.0f}, {:.0f} and {:.0f} %".format(*errors) in text
    assert np.isinf(gains[3])
    assert "gains of {:.2f}, {:.2f}, {:.2f} and beyond the table".format(*gains[:3]) in text
    _, gains, smallest = measured(slice(6))
    assert "six it is {:.2f}, {:.2f}, {:.2f} and {:.2f}.".format(*gains) in text
    assert f"worth {smallest:.1f} times" in text


def percent(x):
    return f"{100 * x:.0f} %"


def test_a_better_clerk():
    shipped = emergence.shipped_distributions()
    log_p = shipped["log_p"][:, list(shipped["N"]).index(5298)]
    answer, text = shipped["answer"].astype(int), solution("scaffolding", "ex-scaffolding-clerk")

    def check(modulus):
        p, passed = (np.minimum(x, 1) for x in residue_probability(log_p, answer, modulus))
        wrong_pass = np.clip((passed - p) / np.maximum(1 - p, 1e-12), 0, 1)
        score = best_of_n(p[..., None], 100, 1.0, wrong_pass[..., None]).mean()
        return score, (passed - p).mean() / (1 - p).mean(), solve_probability(p, 100).mean()

    smallest = next(m for m in range(2, 101) if check(m)[0] >= 0.8)
    assert f"smallest is {smallest}, where the best of 100 samples solves" in text
    assert f"solves {percent(check(smallest)[0])} of" in text
    said = [percent(x) for x in (check(9)[0], check(11)[0], check(10)[0], check(9)[2])]
    assert "nines it is {}, with elevens {} and with tens {}, where".format(*said) in text
    assert f"where an exact check would give {said[3]}." in text
    said = [percent(check(m)[1]) for m in (10, 9, 11)]
    assert f"{said[0]} of them pass the check modulo 10" in text
    assert f"Nine lets {said[1]} pass" in text and f"Eleven lets {said[2]} pass" in text


def test_where_the_count_meets_the_line():
    N, D, teacher, kept = 3e10, 1.2e13, 4e11, 4e12
    own, writing = 6 * N * D + 8 * N * 2e12, 2 * teacher * kept
    text = solution("evidence_and_rules", "ex-evidence-line")
    assert f"${own / 1e24:.2f}\\cdot10^{{24}}$" in text
    assert f"${writing / 1e24:.1f}\\cdot10^{{24}}$ divided by the share" in text
    assert f"$3.2/7.36 = {writing / (1e25 - own):.3f}$" in text


def test_how_many_samples_an_evaluator_needs():
    p = emergence.right_answer_probability(emergence.shipped_distributions()).astype(float)
    used, found = solve_probability(p, 100).mean(-1) >= 0.5, []
    for k in (10, 30, 68, 98):
        made = solve_probability(p, k).mean(-1) < 0.5
        found.append((int((made & used).sum()), int(made.sum())))
    assert found == [(15, 32), (5, 22), (1, 18), (0, 17)]
    text = solution("evidence_and_rules", "ex-evidence-budget")
    assert "15 of 32 cases are false, with 30 samples 5 of 22, with 68 samples 1 of 18" in text
    worst = solve_probability(p, 100).mean(-1)[used].min()
    assert f"solves {worst:.0%} by then".replace("%", " %") in text
    least = [
        next(k for k in range(1, 101) if (solve_probability(q, k).mean(-1) >= 0.5)[u].all())
        for q, u in ((p, used), (p[:3], used[:3]))
    ]
    assert f"At least {least[0]}." in text
    assert f"first three seeds alone the answer would have been {least[1]}:" in text
