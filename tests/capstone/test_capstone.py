"""The capstone: the rules hold, a commitment counts once, and a forged ledger does not pay."""

import json
import math
import re
import shutil
from pathlib import Path

import numpy as np
import pytest

from scaling_lib.__main__ import main
from scaling_lib.capstone import baseline
from scaling_lib.capstone import game as game_module
from scaling_lib.capstone.game import (
    COMMITMENT,
    EXPLORE_FLOP,
    HERO_FLOP,
    LEDGER,
    BudgetExceeded,
    LedgerClosed,
    OneShot,
    make_commitment,
    parameters,
    tokens_for,
)
from scaling_lib.capstone.handed_in import NotByTheRules, read_submission, retrain
from scaling_lib.capstone.ledger import FIRST_HASH, LedgerChanged, LedgerDamaged, line_hash
from scaling_lib.capstone.practice import (
    curve_errors,
    grid,
    practice_curve,
    practise,
    seed_noise,
)
from scaling_lib.capstone.scoring import WORTHLESS, HeroCurve, derived_seed, score
from scaling_lib.data import load
from scaling_lib.tasks.dialects import dialect, dialect_weights
from scaling_lib.training.run import TrainConfig

GUESS = {"H": 128, "loss": 1.07, "low": 1.06, "high": 1.09}


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    """The folder of a game that was played by the rules."""
    folder = tmp_path_factory.mktemp("game")
    game = OneShot(1, folder, learner="ada")
    for H in (4, 8):
        game.run(H, 2048)
    game.commit(**GUESS, final=True)
    return folder


@pytest.fixture
def folder(finished, tmp_path):
    """A copy of it to spoil."""
    return shutil.copytree(finished, tmp_path / "copy")


def entries(folder):
    return [json.loads(line) for line in (folder / LEDGER).read_text().splitlines()]


def forge(folder, lines):
    """Write a ledger whose chain of hashes is whole, whatever it says."""
    previous, text = FIRST_HASH, ""
    for line in lines:
        line["hash"] = previous = line_hash(previous, line)
        text += json.dumps(line) + "\n"
    (folder / LEDGER).write_text(text)


# The game


def test_dialects_differ_in_kind_and_are_the_same_every_time():
    weights = [dialect_weights(seed) for seed in range(10)]
    assert len({w["zipf"] for w in weights}) == 10
    assert weights[3] == dialect_weights(3)
    assert all(1 <= w["zipf"] <= 2.1 and 0.4 <= w["pair"] <= 1.2 for w in weights)
    assert dialect(3).V == 32 and TrainConfig(task="dialect", H=8, D=4096).N == 97 * 8 + 32


def test_exploring_costs_two_per_cent_of_the_hero_run():
    assert EXPLORE_FLOP == 0.02 * HERO_FLOP
    for H in (4, 250, 1024):
        price = 6 * parameters(H) * tokens_for(H, HERO_FLOP)
        assert 0 <= HERO_FLOP - price < 6 * parameters(H)


def test_a_game_survives_a_restart(tmp_path):
    first = OneShot(1, tmp_path)
    bought = first.run(8, 2048)
    again = OneShot(1, tmp_path)
    assert again.spent == bought.C == first.spent and again.remaining == EXPLORE_FLOP - bought.C
    assert again.runs().to_dict("list") == {
        "H": [8],
        "N": [bought.N],
        "D": [2048],
        "C": [bought.C],
        "loss": [bought.loss],
    }
    assert again.cost(8, 2048) == 0 and again.run(8, 2048) == bought


def test_a_bought_run_is_not_trained_again(tmp_path, monkeypatch):
    bought = OneShot(1, tmp_path).run(8, 2048)
    monkeypatch.setattr(game_module, "train", lambda config: pytest.fail("it trained again"))
    assert OneShot(1, tmp_path).run(8, 2048) == bought


def test_overspending_is_refused_and_costs_nothing(tmp_path, monkeypatch):
    monkeypatch.setattr(game_module, "train", lambda config: pytest.fail("it trained"))
    game = OneShot(1, tmp_path)
    before = (tmp_path / LEDGER).read_bytes()
    with pytest.raises(BudgetExceeded, match="costs"):
        game.run(1024, tokens_for(1024, EXPLORE_FLOP) + 1)
    assert game.spent == 0 and (tmp_path / LEDGER).read_bytes() == before


def test_the_last_flop_can_be_spent(tmp_path, monkeypatch):
    monkeypatch.setattr(game_module, "EXPLORE_FLOP", 6 * parameters(8) * 2048)
    game = OneShot(1, tmp_path)
    game.run(8, 2048)
    assert game.remaining == 0


def test_a_run_cut_short_is_paid_and_completed_free_until_the_commitment(tmp_path, monkeypatch):
    def killed(config):
        raise KeyboardInterrupt

    game = OneShot(1, tmp_path)
    game.run(4, 1024)
    for H in (8, 16):
        with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
            patch.setattr(game_module, "train", killed)
            game.run(H, 2048)
    again = OneShot(1, tmp_path)
    paid = again.spent
    assert again.run(8, 2048).loss > 1 and again.spent == paid and again.cost(16, 2048) == 0
    again.commit(**GUESS, final=True)
    with pytest.raises(LedgerClosed):
        again.run(16, 2048)
    assert read_submission(tmp_path).runs.H.tolist() == [4, 8]


@pytest.mark.parametrize(
    ("H", "D", "message"),
    [
        (3, 2048, "H must be"),
        (1025, 2048, "H must be"),
        (8.5, 2048, "H must be"),
        (True, 2048, "H must be"),
        (8, 1023, "at least 1024"),
        (8, 1e5, "whole number"),
    ],
)
def test_runs_out_of_range_are_refused(tmp_path, H, D, message):
    game = OneShot(1, tmp_path)
    for ask in (game.run, game.cost):
        with pytest.raises(ValueError, match=message):
            ask(H, D)
    assert game.spent == 0


def test_no_more_runs_than_allowed(tmp_path, monkeypatch):
    monkeypatch.setattr("scaling_lib.capstone.game.MOST_RUNS", 1)
    game = OneShot(1, tmp_path)
    game.run(4, 1024)
    with pytest.raises(ValueError, match="the most"):
        game.run(5, 1024)
    game.run(4, 1024)  # bought before: free


def test_two_kernels_cannot_spend_the_budget_twice(tmp_path):
    one, two = OneShot(1, tmp_path), OneShot(1, tmp_path)
    one.run(4, 1024)
    with pytest.raises(LedgerChanged, match="another kernel"):
        two.run(5, 1024)
    assert OneShot(1, tmp_path).spent == one.spent  # and the ledger is whole


# The commitment


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"H": 2000}, "H must be"),
        ({"H": 128.0}, "H must be"),
        ({"loss": 1.0}, "low <= loss <= high"),
        ({"low": 1.1}, "low <= loss <= high"),
        ({"high": math.nan}, "high must be positive and finite, not nan"),
        ({"high": math.inf}, "high must be positive and finite, not inf"),
        ({"low": -1.0}, "low must be positive and finite, not -1"),
        ({"loss": "one"}, "loss must be positive and finite, not 'one'"),
        ({"loss": None}, "loss must be positive and finite, not None"),
        ({"loss": [1.07]}, r"loss must be positive and finite, not \[1.07\]"),
        ({"high": 1000}, "high < 1000"),
        ({"loss": 1.06, "high": 1.06}, "no width"),
    ],
)
def test_a_bad_commitment_is_refused_and_nothing_is_written(tmp_path, change, message):
    game = OneShot(1, tmp_path)
    game.run(4, 1024)
    with pytest.raises(ValueError, match=message):
        game.commit(**GUESS | change, final=True)
    assert game.committed is None and not (tmp_path / COMMITMENT).exists()


def test_numbers_of_numpy_are_numbers(tmp_path):
    commitment = make_commitment(np.int64(128), np.float64(1.07), np.float32(1), np.float64(1.09))
    assert type(commitment.H) is int and type(commitment.low) is float
    game = OneShot(1, tmp_path)
    game.run(np.int64(4), np.int32(1024))
    assert OneShot(np.int64(1), tmp_path).runs().H.tolist() == [4]
    assert OneShot(np.int64(1), tmp_path / "new").remaining == game.remaining + game.spent


def test_a_rehearsal_writes_nothing(tmp_path):
    game = OneShot(1, tmp_path)
    assert "rehearsal" in str(game.commit(**GUESS))
    assert game.committed is None and not (tmp_path / COMMITMENT).exists()


def test_a_commitment_needs_a_run(tmp_path):
    with pytest.raises(ValueError, match="at least one run"):
        OneShot(1, tmp_path).commit(**GUESS, final=True)


def test_there_is_no_second_commitment(folder):
    game = OneShot(1, folder, learner="ada")
    assert game.committed.H == 128 and game.commit(**GUESS) == game.committed  # the same again
    before = (folder / LEDGER).read_bytes(), (folder / COMMITMENT).read_bytes()
    for final in (False, True):
        with pytest.raises(LedgerClosed, match="once and for all"):
            game.commit(**GUESS | {"H": 129}, final=final)
    with pytest.raises(LedgerClosed, match="nothing more"):
        game.run(16, 2048)
    game.run(8, 2048)  # bought before
    assert ((folder / LEDGER).read_bytes(), (folder / COMMITMENT).read_bytes()) == before


def test_removing_the_copy_reopens_nothing_and_it_comes_back(folder):
    before = (folder / COMMITMENT).read_bytes()
    (folder / COMMITMENT).unlink()
    assert OneShot(1, folder).committed is not None
    assert (folder / COMMITMENT).read_bytes() == before


def test_removing_the_ledger_alone_is_seen(folder):
    (folder / LEDGER).unlink()
    with pytest.raises(ValueError, match="put the ledger back"):
        OneShot(1, folder)


def test_a_kill_while_committing_leaves_all_or_nothing(folder):
    whole = (folder / LEDGER).read_bytes()
    (folder / COMMITMENT).unlink()
    (folder / LEDGER).write_bytes(whole[:-20])
    game = OneShot(1, folder, learner="ada")
    assert game.committed is None
    game.commit(**GUESS, final=True)
    assert (folder / LEDGER).read_bytes() == whole


def test_a_line_torn_by_a_kill_is_cut_off(folder):
    before = (folder / LEDGER).read_bytes()
    (folder / LEDGER).write_bytes(before + b'{"kind": "char')
    assert OneShot(1, folder).committed.H == 128
    assert (folder / LEDGER).read_bytes() == before


def test_another_language_needs_another_folder(folder):
    with pytest.raises(ValueError, match="other terms"):
        OneShot(2, folder)


# What is handed in


def test_a_submission_is_read_and_not_changed(folder):
    before = (folder / LEDGER).read_bytes()
    submission = read_submission(folder)
    assert submission.task_seed == 1 and submission.notes == ()
    assert submission.runs.H.tolist() == [4, 8] and submission.commitment.learner == "ada"
    retrain(submission)
    assert (folder / LEDGER).read_bytes() == before


def test_an_edit_is_seen_and_the_line_is_named(folder):
    lines = (folder / LEDGER).read_text().splitlines(keepends=True)
    edited = lines[-1].replace('"H": 128', '"H": 129')
    for damaged, line in (
        ([*lines[:-1], edited], 6),
        ([lines[0], *lines[2:]], 2),
        ([lines[1], lines[0], *lines[2:]], 1),
        ([*lines, "{}\n"], 7),
        (["not json\n"], 1),
    ):
        (folder / LEDGER).write_text("".join(damaged))
        with pytest.raises(NotByTheRules, match=f"line {line},"):
            read_submission(folder)
        with pytest.raises(LedgerDamaged, match=f"line {line},"):
            OneShot(1, folder)


def test_losses_that_nobody_trained_do_not_pay(folder):
    lines = entries(folder)
    lines[4]["loss"] -= 0.05
    forge(folder, lines)
    with pytest.raises(NotByTheRules, match="trained again"):
        retrain(read_submission(folder))


def spoil(index, **change):
    def spoiled(lines):
        lines[index] = lines[index] | change
        return lines

    return spoiled


def dear(lines):
    """Buy a run that costs more than there is."""
    config = TrainConfig(task="dialect", task_seed=1, H=1024, D=10**6)
    lines[1] |= {"key": config.key, "settings": {"H": 1024, "D": 10**6}, "C": config.C_6ND}
    lines[2]["key"] = config.key
    return lines


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda lines: lines[:-1], "nothing was committed"),
        (lambda lines: [lines[0], lines[-1]], "no run"),
        (lambda lines: lines[1:], "no terms"),
        (lambda lines: [*lines[:3], lines[-1], *lines[3:]], "nothing was committed|no purchase"),
        (lambda lines: [*lines[:2], *lines[1:]], "twice"),
        (lambda lines: [*lines[:3], lines[2], *lines[3:]], "no purchase"),
        (spoil(0, budget=1e12), "terms"),
        (spoil(0, seed=7), "terms"),
        (spoil(0, task_seed="1"), "terms"),
        (spoil(1, C=1), "price"),
        (spoil(1, settings={"H": 4, "D": 2048, "lr": 0.1}), "not for sale"),
        (spoil(1, settings={"H": 10**9, "D": 2048}), "H must be"),
        (spoil(1, settings={"H": 4, "D": 10**12}), "out of range"),
        (spoil(1, settings=[4, 2048]), "not for sale"),
        (spoil(1, kind="present"), "no purchase"),
        (spoil(2, loss=[2.0]), "no loss"),
        (spoil(2, loss="low"), "no loss"),
        (spoil(2, loss=10**400), "no loss"),
        (spoil(0, task_seed=-1), "task_seed"),
        (spoil(-1, H=10**6), "H must be"),
        (spoil(-1, D=10**9), "N and D"),
        (spoil(-1, high=math.nan), "high must be positive"),
        (spoil(-1, H=[128]), "H must be"),
        (spoil(1, settings={"H": [4, 8], "D": 2048}), "H must be"),
        (spoil(-1, extra=1), "incomplete"),
        (dear, "budget"),
        (lambda lines: [*lines, lines[-1] | {"H": 256}], "no purchase"),
    ],
)
def test_a_forged_ledger_is_refused(folder, change, message):
    forge(folder, change(entries(folder)))
    with pytest.raises(NotByTheRules, match=message):
        read_submission(folder)


def test_a_run_that_was_cut_short_is_spent_and_no_forgery(folder):
    lines = entries(folder)
    forge(folder, [*lines[:4], lines[-1]])  # the second run has no result
    game = read_submission(folder)
    retrain(game)
    assert game.runs.H.tolist() == [4]


@pytest.mark.parametrize(
    "content", [b"", b"\xff\xfe\n", b"[]\n", b"[" * 100_000 + b"\n", b"0" * 2_000_000, b"null\n"]
)
def test_rubbish_is_refused(folder, content):
    (folder / LEDGER).write_bytes(content)
    with pytest.raises(NotByTheRules):
        read_submission(folder)


def test_a_missing_ledger_is_named(tmp_path):
    with pytest.raises(NotByTheRules, match=LEDGER):
        read_submission(tmp_path)


def test_a_copy_that_differs_is_noted_and_ignored(folder):
    for content in ('{"H": 5}', "[", "[1]"):
        (folder / COMMITMENT).write_text(content)
        submission = read_submission(folder)
        assert submission.commitment.H == 128 and "ignored" in submission.notes[0]


# What it is worth

CURVE = HeroCurve({64: 2.2, 128: 2.12, 256: 2.1, 512: 2.11, 1024: 2.16}, entropy=2.0)


def test_the_curve_goes_through_the_runs():
    for H, loss in CURVE.losses.items():
        assert math.isclose(CURVE.loss_at(H), loss, rel_tol=1e-12)
    assert 256 < CURVE.best_H < 512 and CURVE.best_loss <= 2.1
    assert CURVE.loss_at(30) > 2.2 and CURVE.loss_at(2000) > 2.16
    for losses in ({64: 2.1, 128: 2.2}, {64: 2.1, 128: 1.9, 256: 2.2}):
        with pytest.raises(ValueError, match="three runs"):
            HeroCurve(losses, 2.0)


def around(excess, factor):
    """A commitment whose interval for the excess reaches over a factor, with `excess` inside."""
    low, high = (2.0 + excess * factor**end for end in (-0.5, 0.5))
    return make_commitment(256, 2.0 + excess, low, high)


def test_points_fall_with_regret_and_with_the_score():
    e = CURVE.excess
    at_best = around(e, 2)
    result = score(at_best, CURVE.best_loss, CURVE)
    assert result.regret == 0 and result.compute_share == 1 and result.allocation_points == 10
    assert result.inside and math.isclose(result.interval_score, math.log(2))
    assert math.isclose(result.forecast_points, 10 - 4 * math.log(2))
    assert math.isclose(result.points, 10 + result.forecast_points)

    worse = score(at_best, CURVE.best_loss + 0.1 * e, CURVE)
    assert math.isclose(worse.allocation_points, 10 * 1.1 ** (-1 / 0.37))
    missed = score(at_best, CURVE.entropy + e * 2**0.5 * 1.1, CURVE)
    assert not missed.inside
    lost = result.forecast_points - missed.forecast_points
    assert math.isclose(lost, 40 * math.log(1.1))
    assert score(at_best, CURVE.best_loss + 10 * e, CURVE).forecast_points == 0
    assert score(at_best, CURVE.best_loss - 0.01 * e, CURVE).allocation_points == 10


def test_the_points_do_not_depend_on_the_unit_of_the_excess():
    """A language with a tenth of the excess, and an interval over the same factor."""
    small = HeroCurve({H: 2 + (loss - 2) / 10 for H, loss in CURVE.losses.items()}, 2.0)
    same = score(around(small.excess, 1.5), 2 + small.excess * 1.4, small)
    assert math.isclose(
        same.points, score(around(CURVE.excess, 1.5), 2 + CURVE.excess * 1.4, CURVE).points
    )


def test_sharpness_pays():
    """An interval over a factor e that holds is far from earning all of the points."""
    points = [score(around(0.1, f), 2.1, CURVE).forecast_points for f in (1.2, 2, math.e, 4)]
    assert points == sorted(points, reverse=True) and math.isclose(points[2], 6)
    assert points[0] > 9 and points[3] < 5


def test_an_interval_from_the_entropy_or_below_is_refused_and_worth_nothing(tmp_path):
    for low in (1.9, 2.0):
        with pytest.raises(ValueError, match=r"low must be above the entropy 2\.0000"):
            make_commitment(128, 2.1, low, 2.2, entropy=2.0)
        old = make_commitment(128, 2.1, low, 2.2)  # a ledger may hold it
        assert score(old, 2.1, CURVE).forecast_points == 0
    game = OneShot(1, tmp_path)
    with pytest.raises(ValueError, match="above the entropy"):
        game.commit(H=128, loss=game.entropy + 0.1, low=game.entropy, high=game.entropy + 0.2)


def test_a_hero_run_that_diverged_earns_nothing():
    result = score(make_commitment(256, 2.1, 2.0, 2.2), math.inf, CURVE)
    assert result.points == 0 and not result.inside


@pytest.mark.parametrize("sd", [0.05, 0.1, 0.15, 0.2])
@pytest.mark.parametrize("skew", [-0.4, 0.0, 0.4])
def test_stating_what_one_believes_pays_best(sd, skew):
    """Of intervals narrower, wider and moved, the honest 80 % have the highest expected points.

    The belief about the logarithm of the excess is normal, or has a longer tail on one side.
    """
    draws = np.random.default_rng(0).standard_normal(4000)
    belief = np.log(0.1) + sd * (np.expm1(skew * draws) / skew if skew else draws)
    low, high = np.quantile(belief, [0.1, 0.9])

    def expected(low, high):
        guess = make_commitment(
            256, 2 + np.exp((low + high) / 2), 2 + np.exp(low), 2 + np.exp(high)
        )
        return np.mean([score(guess, 2 + np.exp(x), CURVE).forecast_points for x in belief[::4]])

    middle, half, honest = (low + high) / 2, (high - low) / 2, expected(low, high)
    for by in (0.3, 0.6, 1.5, 2.2):
        assert expected(middle - by * half, middle + by * half) < honest
    for by in (-0.5, 0.5):
        assert expected(low + by * half, high + by * half) < honest


def test_seeds_are_derived_from_secret_purpose_and_name():
    seeds = {
        derived_seed(secret, purpose, name)
        for secret in ("a", "b")
        for purpose in ("language", "hero")
        for name in ("", "ada", "grace")
    }
    assert len(seeds) == 12 and all(1000 <= seed < 2**31 + 1000 for seed in seeds)
    assert derived_seed("a", "hero") == derived_seed("a", "hero")


# Practice


def test_the_shipped_runs_are_those_of_the_grid():
    runs = load("capstone_practice")
    assert sorted(zip(runs.task_seed, runs.H, runs.seed, strict=True)) == sorted(grid())
    assert (runs.D == [tokens_for(int(H), HERO_FLOP) for H in runs.H]).all()
    assert (runs.loss > runs.entropy).all()


def test_the_curve_and_the_noise_are_far_below_what_is_graded():
    errors = curve_errors().error.abs()
    assert len(errors) == 12 and errors.median() < 0.015 and errors.max() < 0.08
    assert 0 < seed_noise().max() < 0.025


def test_the_best_width_differs_between_languages():
    best = [practice_curve(seed).best_H for seed in range(10)]
    assert min(best) < 140 and max(best) > 330
    with pytest.raises(ValueError, match="0 to 9"):
        practice_curve(1000)


def test_practising_between_two_languages():
    def decide(H, N, D, loss, entropy):
        seen.append((loss[0], entropy))
        return 128, entropy + 0.02, entropy + 0.01, entropy + 0.03

    seen, plan = [], [(4, 1024)]
    ends = [practise(language, plan, decide) for language in (1, 2)]
    mixed = [practise(1, plan, decide, other=2, share=share) for share in (0, 0.25, 1)]
    np.testing.assert_allclose([seen[2], seen[4]], seen[:2])
    assert [mixed[0].points, mixed[2].points] == pytest.approx([end.points for end in ends])
    excess = [end.loss - end.entropy for end in ends]
    assert mixed[1].loss - mixed[1].entropy == pytest.approx(excess[0] ** 0.75 * excess[1] ** 0.25)
    assert seen[3][1] == pytest.approx(0.75 * seen[0][1] + 0.25 * seen[1][1])
    with pytest.raises(ValueError, match="share must be"):
        practise(1, plan, decide, other=2, share=2)


def test_practising_checks_plan_and_decision():
    with pytest.raises(ValueError, match="more than"):
        practise(1, [(1024, 10**6)], baseline.decide)
    with pytest.raises(ValueError, match="low <= loss"):
        practise(1, [(4, 1024)], lambda *runs: (64, 1.0, 2.0, 3.0))


def test_the_baseline_decides_without_its_largest_runs():
    H, D = np.array([(8, 80_000), (16, 40_000), (32, 20_000), (64, 100_000)]).T
    N = np.array([parameters(int(h)) for h in H])
    loss = np.array([2.5, 2.2, 2.3, np.nan])  # the only one of the largest budget diverged
    width, predicted, low, high = baseline.decide(H, N, D, loss, 1.8)
    assert width > 32 and (low, predicted, high) == pytest.approx((1.85, 1.9, 2.0))


def test_the_command_scores_a_finished_game(folder, capsys, monkeypatch):
    monkeypatch.setattr("scaling_lib.capstone.scoring.hero_curve", lambda *a: practice_curve(1))
    monkeypatch.setattr("scaling_lib.capstone.scoring.hero_loss", lambda *a: 1.0561)
    assert main(["capstone", str(folder)]) == 0
    out = capsys.readouterr().out
    assert "the ledger is true" in out and "best known" in out and "of 10 points" in out
    (folder / LEDGER).unlink()
    assert main(["capstone", str(folder)]) == 2
    assert "capstone: error: there is no" in capsys.readouterr().err


# The page


ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "chapters/capstone.md").read_text(encoding="utf-8")
NOTEBOOK = (ROOT / "exercises/source/capstone/capstone.ipynb").read_text(encoding="utf-8")


def test_the_page_says_what_width_and_misses_earn():
    rows = re.findall(r"^\| ([\d.]+) \| (.*) \|$", PAGE, re.M)
    assert len(rows) == 6
    for factor, given in rows:
        guess, points = around(0.1, float(factor)), []
        for by in (1.0, 1.05, 1.1, 1.2):
            loss = 2 + (guess.high - 2) * by if by > 1 else 2.1
            points.append(f"{score(guess, loss, CURVE).forecast_points:.1f}")
        assert " | ".join(points) == given


def test_the_page_says_what_luck_does():
    table = load("capstone_scores").groupby("strategy")
    rows = re.findall(r"^\| (?:the baseline|parabolas|a fit)[^|]* \| ([\d.]+ .*) \|$", PAGE, re.M)
    for name, row in zip(("baseline", "parabolas", "regressed"), rows, strict=True):
        p = table.points.get_group(name)
        facts = p.mean(), p.std(), p.min(), p.max()
        assert row == " | ".join(f"{x:.1f}" for x in facts), name
    held = table.inside.mean()
    assert (held["parabolas"], held["regressed"]) == (0.3, 0.9)
    assert "held in three. The third held in nine;" in PAGE
    p = table.points.get_group("baseline")
    said = (
        f"it earned between {p.min():.1f} and {p.max():.1f} of the 20 points, {p.mean():.1f} on the"
    )
    assert said in NOTEBOOK
    best = table.interval_score.mean()["regressed"]
    assert 4 < WORTHLESS / best < 5, "as the comment beside the constant says"
