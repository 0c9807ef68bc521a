"""Fitting speed and accuracy beside two peers: same runs, same objective, one thread, one process.

    python benchmarks/bench_fitting.py [--full] [--problems 300]

Peers: the `chinchilla` package (0.2.0, left out if it is not installed), and what one writes with
SciPy in half an hour: L-BFGS-B with analytic gradient from a grid of starts, bootstrap by refitting
from the best. The 240 runs behind Hoffmann et al. (2022) are not distributed with this book, so the
first table is a synthetic surface of 240 runs with the constants of Besiroglu et al. (2024) and
heavy-tailed noise of 0.6 %; the second is the book's own sweep. Times are CPU seconds, ours the
best of several rounds. Objectives are sums of Huber losses (delta 1e-3) of log residuals at each
contestant's parameters, evaluated by one function for all.

Peers run on fewer starts than their authors use, unless --full; the number is printed. The package
minimises a mean, not a sum, to an absolute tolerance, and stops early: its excess is printed too.
`scaling-audit` (0.1.0) and `simple-scaling-laws` (0.2.0) were read and are left out: the first fits
no scaling law; the second minimises weighted squares of losses averaged over runs, which is another
objective, and needs a newer Python than the book.

Accuracy counts random problems whose minimum is the lowest that an exhaustive multi-start finds.
"""

import argparse
import itertools
import os
import platform
import sys
import tempfile
import time

import numpy as np
from scipy import optimize
from threadpoolctl import threadpool_limits

from scaling_lib import data as datasets
from scaling_lib.fitting import fit
from scaling_lib.fitting.minima import find_minima
from scaling_lib.fitting.problem import Problem
from scaling_lib.fitting.uncertainty import resampling_weights
from scaling_lib.laws import BESIROGLU_2024, law

DELTA = 1e-3
TARGETS = {"fit": 5e-3, "bootstrap": 0.15, "bnsl": 15e-3, "E = 0": 1.0}


def best_seconds(function, rounds=15):
    times = []
    for _ in range(rounds):
        start = time.process_time()
        result = function()
        times.append(time.process_time() - start)
    return min(times), result


def synthetic_runs(n=240, seed=0):
    rng = np.random.default_rng(seed)
    N = np.exp(rng.uniform(np.log(4e7), np.log(1.6e10), n))
    D = np.exp(rng.uniform(np.log(1e18), np.log(1e22), n)) / (6 * N)
    noise = 0.006 * rng.standard_t(4, size=n)
    return {"N": N, "D": D, "loss": BESIROGLU_2024.loss(N, D) * np.exp(noise)}


def objective(params, runs):
    """Sum of Huber losses at parameters E, A, B, alpha, beta: the judge of every contestant."""
    f = np.log(law("chinchilla").predict(params, runs))
    r = np.abs(f - np.log(runs["loss"]))
    return float(np.where(r <= DELTA, r**2 / 2, DELTA * (r - DELTA / 2)).sum())


class SciPy:
    """L-BFGS-B from a grid of starts, on the objective and its analytic gradient."""

    def __init__(self, runs, weights=None):
        self.log_N, self.log_D = np.log(runs["N"]), np.log(runs["D"])
        self.y = np.log(runs["loss"])
        self.weights = np.ones_like(self.y) if weights is None else weights

    def __call__(self, p):
        """Return the objective and its gradient."""
        e, a, b, alpha, beta = p
        u_A, u_B = a - alpha * self.log_N, b - beta * self.log_D
        f = np.logaddexp(np.logaddexp(e, u_A), u_B)
        r = f - self.y
        pull = np.clip(r, -DELTA, DELTA)
        F = (self.weights * pull * (r - pull / 2)).sum()
        pull = pull * self.weights
        p_A, p_B = pull * np.exp(u_A - f), pull * np.exp(u_B - f)
        return F, np.array(
            [
                (pull * np.exp(e - f)).sum(),
                p_A.sum(),
                p_B.sum(),
                -p_A @ self.log_N,
                -p_B @ self.log_D,
            ]
        )

    def minimise(self, start):
        """Run L-BFGS-B from one start."""
        with np.errstate(all="ignore"):
            options = {"maxiter": 2000, "ftol": 1e-14, "gtol": 1e-12}
            return optimize.minimize(self, start, jac=True, method="L-BFGS-B", options=options)

    def multistart(self, starts):
        """Return the lowest end of all starts."""
        return min((self.minimise(start) for start in starts), key=lambda end: end.fun)


def scipy_starts(full):
    """Hoffmann et al.'s grid of starts, or every second point of each axis."""
    step = 1 if full else 2
    axes = [
        np.arange(-1, 1.5, 0.5)[::step],
        np.arange(0, 30, 5)[::step],
        np.arange(0, 30, 5)[::step],
        np.arange(0, 2.5, 0.5)[::step],
        np.arange(0, 2.5, 0.5)[::step],
    ]
    return list(itertools.product(*axes))


def natural(p):
    return dict(E=np.exp(p[0]), A=np.exp(p[1]), B=np.exp(p[2]), alpha=p[3], beta=p[4])


def chinchilla_package(runs, full):
    """Fit by the package; return CPU seconds, parameters and the number of starts."""
    import matplotlib

    matplotlib.use("Agg")
    from chinchilla import Chinchilla
    from chinchilla._metrics import log_huber

    points = 5 if full else 3
    grid = {
        "e": np.linspace(0.3, 0.8, points),
        "a": np.linspace(4, 8, points),
        "b": np.linspace(5, 9, points),
        "alpha": np.linspace(0.2, 0.5, points),
        "beta": np.linspace(0.2, 0.5, points),
    }
    with tempfile.TemporaryDirectory() as folder:
        model = Chinchilla(
            folder,
            param_grid=grid,
            loss_fn=lambda y, p: log_huber(y, p, delta=DELTA),
            log_level=50,
        )
        for N, D, loss in zip(runs["N"], runs["D"], runs["loss"], strict=True):
            model.database.append(N=N, D=D, loss=loss)
        model.visualizer.optim = lambda *_, **__: None  # its picture is not part of the fit
        start = time.process_time()
        model.fit(parallel=False)
        seconds = time.process_time() - start
        return seconds, model.get_params(), points**5


def row(name, seconds, ours, value, best, note=""):
    excess = "lowest" if value <= best * (1 + 1e-9) else f"+{value / best - 1:.1e}"
    print(
        f"{name:<22}{seconds:>11.4f} s{seconds / ours:>10.0f} x{value:>15.9f}  {excess:<9} {note}"
    )


def bench_surface(title, runs, options):
    print(f"### {title}, {len(runs['loss'])} runs: one global fit\n")
    print(f"{'':<22}{'CPU time':>13}{'ratio':>12}{'objective':>15}")
    ours, result = best_seconds(lambda: fit("chinchilla", runs, delta=DELTA))
    entries = [("scaling_lib", ours, objective(result.params, runs), "")]
    starts = scipy_starts(options.full)
    peer = SciPy(runs)
    start = time.process_time()
    end = peer.multistart(starts)
    seconds = time.process_time() - start
    value = objective(natural(end.x), runs)
    entries.append(("SciPy multi-start", seconds, value, f"{len(starts)} starts"))
    try:
        seconds, params, count = chinchilla_package(runs, options.full)
        entries.append(("chinchilla 0.2.0", seconds, objective(params, runs), f"{count} starts"))
    except ImportError:
        print("(the chinchilla package is not installed: left out)")
    best = min(value for _, _, value, _ in entries)
    for name, seconds, value, note in entries:
        row(name, seconds, ours, value, best, note)

    B, few = 4000, 4000 if options.full else 100
    boot, result = best_seconds(lambda: result.bootstrap(B, seed=1), rounds=5)
    rng = np.random.default_rng(1)
    n = len(runs["loss"])
    start = time.process_time()
    draws = []
    for _ in range(few):
        weights = np.bincount(rng.integers(n, size=n), minlength=n).astype(float)
        draws.append(natural(SciPy(runs, weights).minimise(end.x).x)["beta"])
    seconds = (time.process_time() - start) * B / few
    print(f"\n### {title}: {B} bootstrap replicates\n")
    print(
        f"{'scaling_lib':<22}{boot:>11.3f} s{1:>10} x   stderr of beta {result.stderr['beta']:.5f}"
    )
    note = "" if few == B else f" (from {few} replicates)"
    print(
        f"{'SciPy, from the best':<22}{seconds:>11.3f} s{seconds / boot:>10.0f} x   "
        f"stderr of beta {np.std(draws):.5f}{note}\n"
    )
    return ours, boot


def settings_of_few_sizes(n=1911, seed=0):
    """Return runs as of a sweep over learning rates and batches: 17 sizes, skewed noise, no E."""
    rng = np.random.default_rng(seed)
    size, length = (np.exp(rng.uniform(*ends, 17)) for ends in ((19.2, 20.8), (22.1, 25.3)))
    N, D = (np.resize(values, n) for values in (size, length))
    excess = 0.06 * (rng.uniform(-1, 1, (2, n)) ** 2).sum(0) + 0.002 * rng.normal(size=n)
    return {"N": N, "D": D, "loss": (6.5 / N**0.07 + 22.0 / D**0.12) * np.exp(excess)}


def bench_many_rows(replicates=1000, few=5):
    """Time fits and bootstraps of thousands of rows, and where the constant vanishes."""
    cases = {
        "2,000 rows": synthetic_runs(2000),
        "5,000 rows": synthetic_runs(5000),
        "1,911 rows, E = 0": settings_of_few_sizes(),
    }
    print(f"### many rows: one global fit, and {replicates} bootstrap replicates\n")
    print(f"{'':<20}{'fit':>10}{'bootstrap':>12}{'SciPy, from the best':>24}")
    for name, runs in cases.items():
        ours, result = best_seconds(lambda r=runs: fit("chinchilla", r, delta=DELTA), rounds=3)
        boot, _ = best_seconds(lambda r=result: r.bootstrap(replicates, seed=1), rounds=3)
        values = np.maximum([result.params[key] for key in ("E", "A", "B")], 1e-12)
        best = [*np.log(values), result.params["alpha"], result.params["beta"]]
        (counts, *_) = resampling_weights(len(runs["N"]), few, seed=1)
        start = time.process_time()
        for weights in counts:
            SciPy(runs, weights).minimise(best)
        peer = (time.process_time() - start) * replicates / few
        print(
            f"{name:<20}{1e3 * ours:>7.1f} ms{boot:>10.2f} s{peer:>13.2f} s{peer / boot:>8.1f} x   "
            f"E = {result.params['E']:.3g}"
        )
    print(f"(SciPy's time is that of {few} replicates)\n")
    return boot


def bench_broken():
    truth = dict(a=0.4, b=6.0, c0=0.12, c1=0.55, d1=1e5, f1=0.4)
    x = np.geomspace(1e3, 1e9, 42)
    noise = 0.01 * np.random.default_rng(0).normal(size=x.size)
    y = law("bnsl1").predict(truth, {"x": x}) * np.exp(noise)
    ours, result = best_seconds(lambda: fit("bnsl1", {"x": x, "loss": y}, delta=DELTA))

    log_x, log_y = np.log(x), np.log(y)

    def F(p):
        la, lb, c0, c, d, lf = p
        f = np.exp(np.clip(lf, -20, 20))
        t = lb - c0 * log_x - c * f * np.logaddexp(0, (log_x - d) / f)
        r = np.abs(np.logaddexp(la, t) - log_y)
        return np.where(r <= DELTA, r**2 / 2, DELTA * (r - DELTA / 2)).sum()

    rng = np.random.default_rng(0)
    start = time.process_time()
    best = np.inf
    for _ in range(60):
        p = [log_y.min() - rng.uniform(0, 3), log_y[0] + rng.normal(), 0.5 * rng.normal()]
        p += [2 * rng.normal(), rng.uniform(log_x[0], log_x[-1]), rng.uniform(-4, 0)]
        with np.errstate(all="ignore"):
            best = min(best, optimize.minimize(F, p, method="L-BFGS-B").fun)
    seconds = time.process_time() - start
    lowest = min(best, result.objective)
    print("### broken law with one break (six parameters), synthetic, 42 runs\n")
    row("scaling_lib", ours, ours, result.objective, lowest)
    row("SciPy multi-start", seconds, ours, best, lowest, "60 starts")
    print()
    return ours


def _range(rng, low, high):
    start, end = np.sort(rng.uniform(low, high, 2))
    return start, end + 2


def random_problem(rng):
    """Return columns and losses of a surface with wide random constants, sizes and noise."""
    n = int(rng.choice([12, 20, 30, 60, 120, 240, 400]))
    alpha, beta = rng.uniform(0.1, 1.2, 2) if rng.random() < 0.5 else rng.uniform(0.2, 0.5, 2)
    N = np.exp(rng.uniform(*_range(rng, 5, 24), n))
    D = np.exp(rng.uniform(*_range(rng, 8, 28), n))
    E = rng.choice([0.0, 0.1, 1.0, 2.0])
    A = 0.5 * np.exp(alpha * np.median(np.log(N)) + rng.normal())
    B = 0.5 * np.exp(beta * np.median(np.log(D)) + rng.normal())
    noise = rng.normal(size=n) if rng.random() < 0.5 else rng.standard_t(2, size=n)
    loss = (E + A / N**alpha + B / D**beta) * np.exp(rng.choice([1e-4, 1e-3, 1e-2, 3e-2]) * noise)
    return {"N": N, "D": D}, loss


def exhaustive(problem, found):
    """Return the lowest objective from some 180 starts, each directly and after four warm-ups."""
    rng = np.random.default_rng(1)
    around = np.repeat(found.theta[:1], 120, axis=0)
    around += rng.normal(size=around.shape) * np.repeat([0.1, 0.4, 1.2], 40)[:, None]
    grid = np.concatenate([problem.starts(), around])
    best = found.F[0]
    for factor in (1, 5, 20, 100, 1000):
        delta = np.full((len(grid), 1), factor * problem.delta)
        near = grid
        if factor > 1:
            near = problem.minimize(grid, delta=delta, tolerance=1e-4, iterations=50).theta
        best = min(best, np.nanmin(problem.minimize(near).F))
    return best


def check_problems(count):
    missed = []
    for seed in range(count):
        columns, loss = random_problem(np.random.default_rng(seed))
        problem = Problem(law("chinchilla"), columns, loss, DELTA)
        found = find_minima(problem)
        best = exhaustive(problem, found)
        if found.F[0] > best * (1 + 1e-8) + 10 * problem.rounding:
            missed.append((seed, problem.n, found.F[0] / best - 1))
    print(f"### accuracy: {count - len(missed)} of {count} random problems at the global minimum")
    for seed, n, excess in missed:
        print(f"  problem {seed} ({n} runs): {excess:.1e} above")
    print()


def above_restarts(columns, loss, replicates):
    """Return how far each bootstrap replicate ends above its lowest of four restarts, relative."""
    result = fit("chinchilla", {**columns, "loss": loss}, delta=DELTA, bootstrap=replicates)
    problem, refits = result.problem, result.refits
    weights = np.concatenate(resampling_weights(result.n, replicates, seed=0))
    rng, best = np.random.default_rng(2), refits.objectives.copy()
    for scale in (0.0, 0.02, 0.1, 0.4):
        start = refits.theta[rng.permutation(replicates)]
        start = start + scale * rng.normal(size=start.shape)
        best = np.fmin(best, problem.minimize(start, weights=weights).F)
    rounding = best + 10 * problem.rounding
    return np.where(refits.objectives > rounding, refits.objectives / rounding - 1, 0)


def check_replicates(runs, problems, replicates=1000):
    columns = {name: runs[name] for name in ("N", "D")}
    excess = above_restarts(columns, runs["loss"], replicates)
    print(
        f"### accuracy: of {replicates} bootstrap replicates, {(excess > 1e-8).sum()} end more "
        f"than 1e-8 above their own lowest of four restarts (worst {excess.max():.1e})"
    )
    few = [random_problem(np.random.default_rng(seed)) for seed in range(problems)]
    few = [(columns, loss) for columns, loss in few if loss.size < 80]
    excess = np.concatenate([above_restarts(*each, replicates=200) for each in few])
    print(
        f"    with 12 to 60 runs: {(excess > 1e-8).sum()} of {excess.size}, "
        f"in {len(few)} random problems\n"
    )


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--full", action="store_true", help="peers with all starts, replicates")
    parser.add_argument("--problems", type=int, default=60, help="random problems (60)")
    options = parser.parse_args()
    print(
        f"{platform.processor() or platform.machine()}, {os.cpu_count()} cores, one thread; ",
        end="",
    )
    print(f"Python {platform.python_version()}, numpy {np.__version__}\n")
    with threadpool_limits(1):
        runs = synthetic_runs()
        ours, boot = bench_surface("synthetic surface", runs, options)
        if "scaling_language" in datasets.names():
            sweep = datasets.load("scaling_language")
            columns = {name: sweep[name].to_numpy(float) for name in ("N", "D", "loss")}
            bench_surface("the book's sweep", columns, options)
        zero = bench_many_rows()
        broken = bench_broken()
        check_problems(options.problems)
        check_replicates(runs, problems=options.problems)
    print("### targets\n")
    for name, seconds in (
        ("fit", ours),
        ("bootstrap", boot),
        ("bnsl", broken),
        ("E = 0", zero),
    ):
        verdict = "met" if seconds <= TARGETS[name] else "missed"
        print(f"{name:<10}{1e3 * seconds:>9.1f} ms, target {1e3 * TARGETS[name]:.0f} ms: {verdict}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
