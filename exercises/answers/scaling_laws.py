"""Answers to the assignment `scaling_laws`, right and wrong, and what each should earn."""

FIT_POWER_LAW = """
def fit_power_law(C, L, E=0.0):
    excess = np.asarray(L) - E
    use = excess > 0
    slope, intercept = np.polyfit(np.log(np.asarray(C)[use]), np.log(excess[use]), 1)
    return np.exp(intercept), -slope
"""

OPTIMAL_ALLOCATION = """
def optimal_allocation(C, A, B, alpha, beta):
    product = np.asarray(C) / 6
    G = (alpha * A / (beta * B)) ** (1 / (alpha + beta))
    N = G * product ** (beta / (alpha + beta))
    return N, product / N
"""

BUDGET_FOR_RATIO = """
def budget_for_ratio(ratio, A, B, alpha, beta):
    if alpha == beta:
        return float("nan")
    G = (alpha * A / (beta * B)) ** (1 / (alpha + beta))
    return 6 * (ratio * G**2) ** ((alpha + beta) / (alpha - beta))
"""

BOOTSTRAP_INTERVAL = """
def bootstrap_interval(C, excess, picks):
    x, y = np.log(C), np.log(excess)
    a = [-np.polyfit(x[i], y[i], 1)[0] for i in picks if np.ptp(x[i]) > 0]
    return np.quantile(a, 0.05), np.quantile(a, 0.95)
"""

HELD_OUT_ERRORS = """
def held_out_errors(C, L, E, limit):
    late = C > limit
    if not late.any():
        return np.nan, np.nan
    line = np.polyfit(np.log(C[~late]), np.log(L[~late] - E), 1)
    miss = abs(E + np.exp(np.polyval(line, np.log(C[late]))) - L[late])
    return np.mean(miss / L[late]), np.mean(miss / (L[late] - E))
"""

LEARNING_RATE = """
def learning_rate(step, steps, peak, rise=0.05, fall=0.2):
    share = 1.0
    if rise > 0:
        share = min(share, (step + 1) / (rise * steps))
    if fall > 0:
        share = min(share, (steps - step) / (fall * steps))
    return peak * share
"""

OWN_SWEEP = """
def fit_sweep(table, limit, guess, candidates):
    factors = {"K": 1e3, "M": 1e6, "B": 1e9}
    columns = {"loss": "loss"}
    for header in table.columns:
        for name, start in (("N", "params"), ("D", "tokens")):
            if header.startswith(start):
                columns[name] = header
    factor = {name: factors.get(h[-2], 1) if h[-1] == ")" else 1 for name, h in columns.items()}
    tokens = table[columns["D"]]
    kept = tokens == tokens.groupby(table["run"]).transform("max")
    diverged = kept & (table["loss"].isna() | (table["loss"] > guess))
    data = {name: table[h].to_numpy(float) * factor[name] for name, h in columns.items()}
    good = (kept & ~diverged).to_numpy()
    known = good & (6 * data["N"] * data["D"] <= limit)
    late = good & ~known
    result = fit("chinchilla", {name: x[known] for name, x in data.items()})
    score = result.score({name: x[late] for name, x in data.items()})
    widths = []
    for N, D in candidates:
        end = result.predict({"N": np.array([N]), "D": np.array([D])}, level=0.9)
        widths.append(float(end.high[0] / end.low[0]))
    return {
        "aside": sorted(table["run"][diverged]),
        "fitted": int(known.sum()),
        "error": score.mean_error,
        "inside": int(round(score.inside * score.n)),
        "open": sorted(result.unidentified()),
        "next": widths.index(max(widths)),
        "ratio": max(widths),
    }
"""

FIT_WITH_FLOOR = """
def fit_with_floor(C, L):
    L = np.asarray(L, dtype=float)
    middle = np.mean(np.log(C))
    x = np.log(C) - middle

    def residuals(constants):
        E, log_k, a = constants
        return np.log(E + np.exp(log_k - a * x)) - np.log(L)

    tries = []
    for share in (0.01, 0.3, 0.6, 0.8, 0.9, 0.95, 0.99):
        slope, level = np.polyfit(x, np.log(L - share * L.min()), 1)
        start, bounds = (share * L.min(), level, -slope), ((0, -np.inf, -np.inf), np.inf)
        fine = {"x_scale": "jac", "xtol": 1e-13, "ftol": 1e-13, "gtol": 1e-13}
        tries.append(optimize.least_squares(residuals, start, bounds=bounds, **fine))
    E, log_k, a = min(tries, key=lambda one: one.cost).x
    return E, np.exp(log_k + a * middle), a
"""

ANSWERS = [
    {
        "exercise": "power-law",
        "name": "normal equations",
        "kind": "alternative",
        "expected": 4,
        "code": """
def fit_power_law(C, L, E=0.0):
    pairs = [(np.log(c), np.log(l - E)) for c, l in zip(C, L) if l > E]
    x, y = np.array(pairs).T
    slope = np.sum((x - x.mean()) * (y - y.mean())) / np.sum((x - x.mean()) ** 2)
    return [float(np.exp(y.mean() - slope * x.mean())), float(-slope)]
""",
    },
    {
        "exercise": "power-law",
        "name": "log10 undone with exp",
        "kind": "wrong",
        "expected": 0,
        "code": FIT_POWER_LAW.replace("np.log(", "np.log10("),
    },
    {
        "exercise": "power-law",
        "name": "E omitted",
        "kind": "wrong",
        "expected": 0,
        "code": FIT_POWER_LAW.replace("np.asarray(L) - E", "np.asarray(L)"),
    },
    {
        "exercise": "power-law",
        "name": "sign of the exponent",
        "kind": "wrong",
        "expected": 0,
        "code": FIT_POWER_LAW.replace("-slope", "slope"),
    },
    {
        "exercise": "power-law",
        "name": "regression of compute on loss",
        "kind": "wrong",
        "expected": 0,
        "code": """
def fit_power_law(C, L, E=0.0):
    excess = np.asarray(L) - E
    use = excess > 0
    slope, intercept = np.polyfit(np.log(excess[use]), np.log(np.asarray(C)[use]), 1)
    return np.exp(-intercept / slope), -1 / slope
""",
    },
    {
        "exercise": "power-law",
        "name": "least squares on the loss itself",
        "kind": "wrong",
        "expected": 0,
        "code": """
def fit_power_law(C, L, E=0.0):
    C, L = np.asarray(C, dtype=float), np.asarray(L, dtype=float)
    use = L > E
    slope, intercept = np.polyfit(np.log(C[use]), np.log(L[use] - E), 1)
    start = (intercept, -slope)
    best = optimize.least_squares(
        lambda t: E + np.exp(t[0] - t[1] * np.log(C[use])) - L[use], start, x_scale="jac"
    )
    return np.exp(best.x[0]), best.x[1]
""",
    },
    {
        "exercise": "power-law",
        "name": "runs below the floor kept",
        "kind": "wrong",
        "expected": 3,
        "code": FIT_POWER_LAW.replace("np.asarray(L) - E", "np.abs(np.asarray(L) - E)"),
    },
    {
        "exercise": "power-law",
        "name": "a run exactly at the floor kept",
        "kind": "wrong",
        "expected": 3,
        "code": FIT_POWER_LAW.replace("excess > 0", "excess >= 0"),
    },
    {
        "exercise": "power-law",
        "name": "the logarithm of k",
        "kind": "wrong",
        "expected": 0,
        "code": FIT_POWER_LAW.replace("np.exp(intercept)", "intercept"),
    },
    {
        "exercise": "power-law",
        "name": "log10 of the compute, ln of the loss",
        "kind": "wrong",
        "expected": 0,
        "code": FIT_POWER_LAW.replace("np.log(np.asarray(C)", "np.log10(np.asarray(C)"),
    },
    {
        "exercise": "floor",
        "name": "grid over the exponent, line in C^-a",
        "kind": "alternative",
        "expected": 4,
        "code": """
def fit_with_floor(C, L):
    C, L = np.asarray(C, dtype=float), np.asarray(L, dtype=float)
    unit = np.exp(np.mean(np.log(C)))

    def line(a):
        x = np.stack([np.ones(len(L)), (C / unit) ** -a], axis=1)
        E, k = optimize.nnls(x / L[:, None], np.ones(len(L)))[0]
        return np.sum(np.log((E + k * x[:, 1]) / L) ** 2), E, k

    grid = np.linspace(0.005, 1, 400)
    for _ in range(3):
        a = min(grid, key=lambda a: line(a)[0])
        grid = np.linspace(max(a - (grid[1] - grid[0]), 1e-4), a + (grid[1] - grid[0]), 60)
    E, k = line(a)[1:]
    return E, k * unit**a, a
""",
    },
    {
        "exercise": "floor",
        "name": "simplex from many floors, in logs",
        "kind": "alternative",
        "expected": 4,
        "code": """
def fit_with_floor(C, L):
    y, middle = np.log(L), np.mean(np.log(C))
    x = np.log(C) - middle

    def cost(p):
        return np.sum((np.log(p[0] ** 2 + np.exp(p[1] - p[2] * x)) - y) ** 2)

    fits = []
    for E in np.min(L) * np.array([0.05, 0.3, 0.6, 0.9]):
        slope, level = np.polyfit(x, np.log(np.asarray(L) - E), 1)
        p = [np.sqrt(E), level, -slope]
        for _ in range(3):
            fine = {"xatol": 1e-9, "fatol": 1e-15, "maxiter": 3000}
            fit = optimize.minimize(cost, p, method="Nelder-Mead", options=fine)
            p = fit.x
        fits.append(fit)
    root, level, a = min(fits, key=lambda fit: fit.fun).x
    return root**2, np.exp(level + a * middle), a
""",
    },
    {
        "exercise": "floor",
        "name": "residuals of ln(L - E)",
        "kind": "wrong",
        "expected": 1,
        "code": """
def fit_with_floor(C, L):
    x, L = np.log(C), np.asarray(L, dtype=float)

    def misfit(E):
        line = np.polyfit(x, np.log(L - E), 1)
        return np.sum((np.polyval(line, x) - np.log(L - E)) ** 2)

    E = min(np.linspace(0, L.min() * (1 - 1e-6), 4000), key=misfit)
    slope, intercept = np.polyfit(x, np.log(L - E), 1)
    return E, np.exp(intercept), -slope
""",
    },
    {
        "exercise": "floor",
        "name": "smallest loss taken for the floor",
        "kind": "wrong",
        "expected": 0,
        "code": """
def fit_with_floor(C, L):
    L = np.asarray(L, dtype=float)
    E = L.min()
    use = L > E
    slope, intercept = np.polyfit(np.log(np.asarray(C)[use]), np.log(L[use] - E), 1)
    return E, np.exp(intercept), -slope
""",
    },
    {
        "exercise": "floor",
        "name": "no floor",
        "kind": "wrong",
        "expected": 0,
        "code": """
def fit_with_floor(C, L):
    slope, intercept = np.polyfit(np.log(C), np.log(L), 1)
    return 0.0, np.exp(intercept), -slope
""",
    },
    {
        "exercise": "floor",
        "name": "coarse grid of floors",
        "kind": "wrong",
        "expected": 0,
        "code": """
def fit_with_floor(C, L):
    x, L = np.log(C), np.asarray(L, dtype=float)

    def fit(E):
        slope, intercept = np.polyfit(x, np.log(L - E), 1)
        return np.sum(np.log((E + np.exp(intercept + slope * x)) / L) ** 2), slope, intercept

    E = min(np.linspace(0, L.min(), 12, endpoint=False), key=lambda E: fit(E)[0])
    return E, np.exp(fit(E)[2]), -fit(E)[1]
""",
    },
    {
        "exercise": "floor",
        "name": "floors between one and four only",
        "kind": "wrong",
        "expected": 3,
        "code": """
def fit_with_floor(C, L):
    C, L = np.asarray(C, dtype=float), np.asarray(L, dtype=float)
    middle = np.mean(np.log(C))
    x = np.log(C) - middle

    def residuals(t):
        return np.log(t[0] + np.exp(t[1] - t[2] * x)) - np.log(L)

    low, high = (1, -50, 0), (4, 50, 2)
    start = (1 + 0.9 * (min(L.min(), 4) - 1), 0, 0.15) if L.min() > 1 else (1.5, 0, 0.15)
    E, log_k, a = optimize.least_squares(
        residuals, start, bounds=(low, high), x_scale="jac", xtol=1e-13, ftol=1e-13, gtol=1e-13
    ).x
    return E, np.exp(log_k + a * middle), a
""",
    },
    {
        "exercise": "floor",
        "name": "an optimizer that stops early",
        "kind": "wrong",
        "expected": 2,
        "code": """
def fit_with_floor(C, L):
    y, middle = np.log(L), np.mean(np.log(C))
    x = np.log(C) - middle

    def cost(p):
        return np.sum((np.log(p[0] + np.exp(p[1] - p[2] * x)) - y) ** 2)

    fits = []
    for E in np.min(L) * np.linspace(0, 0.95, 10):
        slope, level = np.polyfit(x, np.log(np.asarray(L) - E), 1)
        bounds = [(0, None), (None, None), (None, None)]
        fits.append(optimize.minimize(cost, (E, level, -slope), bounds=bounds))
    E, level, a = min(fits, key=lambda fit: fit.fun).x
    return E, np.exp(level + a * middle), a
""",
    },
    {
        "exercise": "floor",
        "name": "residuals of L",
        "kind": "wrong",
        "expected": 1,
        "code": FIT_WITH_FLOOR.replace(
            "np.log(E + np.exp(log_k - a * x)) - np.log(L)", "E + np.exp(log_k - a * x) - L"
        ),
    },
    {
        "exercise": "floor",
        "name": "a floor below zero allowed",
        "kind": "wrong",
        "expected": 3,
        "code": FIT_WITH_FLOOR.replace("((0, -np", "((-np.inf, -np"),
    },
    {
        "exercise": "floor",
        "name": "the coefficient of C over its mean",
        "kind": "wrong",
        "expected": 0,
        "code": FIT_WITH_FLOOR.replace("log_k + a * middle", "log_k"),
    },
    {
        "exercise": "floor",
        "name": "a coefficient that the check has shown",
        "kind": "wrong",
        "expected": 1,
        "code": FIT_WITH_FLOOR.replace("np.exp(log_k + a * middle)", "25.0"),
    },
    {
        "exercise": "allocation",
        "name": "numerical minimisation",
        "kind": "alternative",
        "expected": 4,
        "code": """
def optimal_allocation(C, A, B, alpha, beta):
    def one(C):
        def loss(x):
            return A * np.exp(-alpha * x) + B * np.exp(-beta * (np.log(C / 6) - x))

        x = optimize.minimize_scalar(loss, bracket=(0, np.log(C / 6)), tol=1e-12).x
        return np.exp(x), C / 6 / np.exp(x)

    pairs = np.array([one(c) for c in np.atleast_1d(C)])
    N, D = pairs.T
    return (N, D) if np.ndim(C) else (float(N[0]), float(D[0]))
""",
    },
    {
        "exercise": "allocation",
        "name": "off by 6",
        "kind": "wrong",
        "expected": 0,
        "code": OPTIMAL_ALLOCATION.replace(" / 6", ""),
    },
    {
        "exercise": "allocation",
        "name": "N and D swapped",
        "kind": "wrong",
        "expected": 0,
        "code": OPTIMAL_ALLOCATION.replace("N, product / N", "product / N, N"),
    },
    {
        "exercise": "allocation",
        "name": "exponents exchanged",
        "kind": "wrong",
        "expected": 0,
        "code": OPTIMAL_ALLOCATION.replace("(beta / (alpha + beta))", "(alpha / (alpha + beta))"),
    },
    {
        "exercise": "allocation",
        "name": "root of G forgotten",
        "kind": "wrong",
        "expected": 0,
        "code": OPTIMAL_ALLOCATION.replace(" ** (1 / (alpha + beta))", ""),
    },
    {
        "exercise": "allocation",
        "name": "equal terms instead of equal marginal gains",
        "kind": "wrong",
        "expected": 0,
        "code": OPTIMAL_ALLOCATION.replace("alpha * A / (beta * B)", "A / B"),
    },
    {
        "exercise": "allocation",
        "name": "twenty tokens per parameter",
        "kind": "wrong",
        "expected": 0,
        "code": """
def optimal_allocation(C, A, B, alpha, beta):
    N = np.sqrt(np.asarray(C) / 120)
    return N, 20 * N
""",
    },
    {
        "exercise": "allocation",
        "name": "G upside down",
        "kind": "wrong",
        "expected": 0,
        "code": OPTIMAL_ALLOCATION.replace("alpha * A / (beta * B)", "beta * B / (alpha * A)"),
    },
    {
        "exercise": "allocation",
        "name": "one budget at a time only",
        "kind": "wrong",
        "expected": 2,
        "code": OPTIMAL_ALLOCATION.replace("np.asarray(C)", "float(C)"),
    },
    {
        "exercise": "discrepancy",
        "name": "bisection in log C",
        "kind": "alternative",
        "expected": 4,
        "code": """
def budget_for_ratio(ratio, A, B, alpha, beta):
    if alpha == beta:
        return float("nan")
    log_G = np.log(alpha * A / (beta * B)) / (alpha + beta)

    def gap(x):
        return -2 * log_G + (alpha - beta) / (alpha + beta) * x - np.log(ratio)

    return float(6 * np.exp(optimize.brentq(gap, -2000, 2000, xtol=1e-12)))
""",
    },
    {
        "exercise": "discrepancy",
        "name": "helper of its own, N from the equal marginal gains",
        "kind": "alternative",
        "expected": 4,
        "code": """
def G(ratio, A, B, alpha, beta):
    return beta * B * ratio**-beta / (alpha * A)


def budget_for_ratio(ratio, A, B, alpha, beta):
    if alpha == beta:
        return np.nan
    N = G(ratio, A, B, alpha, beta) ** (1 / (beta - alpha))
    return 6 * N * (ratio * N)
""",
    },
    {
        "exercise": "discrepancy",
        "name": "off by 6",
        "kind": "wrong",
        "expected": 0,
        "code": BUDGET_FOR_RATIO.replace("6 * ", ""),
    },
    {
        "exercise": "discrepancy",
        "name": "ratio upside down",
        "kind": "wrong",
        "expected": 0,
        "code": BUDGET_FOR_RATIO.replace("ratio * G**2", "G**2 / ratio"),
    },
    {
        "exercise": "discrepancy",
        "name": "G instead of its square",
        "kind": "wrong",
        "expected": 0,
        "code": BUDGET_FOR_RATIO.replace("G**2", "G"),
    },
    {
        "exercise": "discrepancy",
        "name": "exponent upside down",
        "kind": "wrong",
        "expected": 0,
        "code": BUDGET_FOR_RATIO.replace(
            "(alpha + beta) / (alpha - beta)", "(alpha - beta) / (alpha + beta)"
        ),
    },
    {
        "exercise": "discrepancy",
        "name": "absolute difference of the exponents",
        "kind": "wrong",
        "expected": 3,
        "code": BUDGET_FOR_RATIO.replace("(alpha - beta)", "abs(alpha - beta)"),
    },
    {
        "exercise": "discrepancy",
        "name": "equal exponents not caught",
        "kind": "wrong",
        "expected": 3,
        "code": BUDGET_FOR_RATIO.replace(
            '    if alpha == beta:\n        return float("nan")\n', ""
        ),
    },
    {
        "exercise": "bootstrap",
        "name": "weighted sums, all resamples at once",
        "kind": "alternative",
        "expected": 4,
        "code": """
def bootstrap_interval(C, excess, picks):
    x, y = np.log(C)[np.asarray(picks)], np.log(excess)[np.asarray(picks)]
    x0, y0 = x - x.mean(1, keepdims=True), y - y.mean(1, keepdims=True)
    spread = (x0**2).sum(1)
    keep = x.max(1) > x.min(1)
    a = -(x0 * y0).sum(1)[keep] / spread[keep]
    return tuple(np.quantile(a, [0.05, 0.95]))
""",
    },
    {
        "exercise": "bootstrap",
        "name": "pairs torn apart",
        "kind": "wrong",
        "expected": 0,
        "code": BOOTSTRAP_INTERVAL.replace(
            "y[i], 1)[0] for i in picks",
            "y[j], 1)[0] for i, j in zip(picks, np.roll(picks, 1, axis=0))",
        ),
    },
    {
        "exercise": "bootstrap",
        "name": "ten per cent off each end",
        "kind": "wrong",
        "expected": 0,
        "code": BOOTSTRAP_INTERVAL.replace(
            "np.quantile(a, 0.05), np.quantile(a, 0.95)", "np.quantile(a, 0.1), np.quantile(a, 0.9)"
        ),
    },
    {
        "exercise": "bootstrap",
        "name": "standard error of the mean",
        "kind": "wrong",
        "expected": 0,
        "code": """
def bootstrap_interval(C, excess, picks):
    x, y = np.log(C), np.log(excess)
    a = [-np.polyfit(x[i], y[i], 1)[0] for i in picks if np.ptp(x[i]) > 0]
    half = 1.645 * np.std(a) / np.sqrt(len(a))
    return np.mean(a) - half, np.mean(a) + half
""",
    },
    {
        "exercise": "bootstrap",
        "name": "slope without its minus",
        "kind": "wrong",
        "expected": 0,
        "code": BOOTSTRAP_INTERVAL.replace("-np.polyfit", "np.polyfit"),
    },
    {
        "exercise": "bootstrap",
        "name": "resamples without a slope counted as zero",
        "kind": "wrong",
        "expected": 3,
        "code": BOOTSTRAP_INTERVAL.replace(
            "for i in picks if np.ptp(x[i]) > 0", "if np.ptp(x[i]) > 0 else 0.0 for i in picks"
        ),
    },
    {
        "exercise": "bootstrap",
        "name": "the middle 95 %",
        "kind": "wrong",
        "expected": 0,
        "code": BOOTSTRAP_INTERVAL.replace("0.05", "0.025").replace("0.95", "0.975"),
    },
    {
        "exercise": "bootstrap",
        "name": "log10 of the compute, ln of the excess",
        "kind": "wrong",
        "expected": 0,
        "code": BOOTSTRAP_INTERVAL.replace("np.log(C)", "np.log10(C)"),
    },
    {
        "exercise": "bootstrap",
        "name": "only resamples of a single run skipped",
        "kind": "wrong",
        "expected": 3,
        "code": BOOTSTRAP_INTERVAL.replace("np.ptp(x[i]) > 0", "len(set(i)) > 1"),
    },
    {
        "exercise": "extrapolation",
        "name": "closed form",
        "kind": "alternative",
        "expected": 4,
        "code": """
def held_out_errors(C, L, E, limit):
    C, L = np.array(C, dtype=float), np.array(L, dtype=float)
    late = C > limit
    if late.sum() == 0:
        return [np.nan, np.nan]
    x, y = np.log(C[~late]), np.log(L[~late] - E)
    slope = np.cov(x, y, ddof=0)[0, 1] / np.var(x)
    excess = np.exp(y.mean() + slope * (np.log(C[late]) - x.mean()))
    miss = abs(excess - (L[late] - E))
    return [np.mean(miss / L[late]), np.mean(miss / (L[late] - E))]
""",
    },
    {
        "exercise": "extrapolation",
        "name": "fitted to all runs",
        "kind": "wrong",
        "expected": 0,
        "code": HELD_OUT_ERRORS.replace(
            "np.log(C[~late]), np.log(L[~late] - E)", "np.log(C), np.log(L - E)"
        ),
    },
    {
        "exercise": "extrapolation",
        "name": "signed errors averaged",
        "kind": "wrong",
        "expected": 0,
        "code": """
def held_out_errors(C, L, E, limit):
    late = C > limit
    if not late.any():
        return np.nan, np.nan
    line = np.polyfit(np.log(C[~late]), np.log(L[~late] - E), 1)
    miss = E + np.exp(np.polyval(line, np.log(C[late]))) - L[late]
    return abs(np.mean(miss / L[late])), abs(np.mean(miss / (L[late] - E)))
""",
    },
    {
        "exercise": "extrapolation",
        "name": "sum for mean",
        "kind": "wrong",
        "expected": 0,
        "code": HELD_OUT_ERRORS.replace("np.mean", "np.sum"),
    },
    {
        "exercise": "extrapolation",
        "name": "E not subtracted",
        "kind": "wrong",
        "expected": 0,
        "code": """
def held_out_errors(C, L, E, limit):
    late = C > limit
    if not late.any():
        return np.nan, np.nan
    line = np.polyfit(np.log(C[~late]), np.log(L[~late]), 1)
    miss = abs(np.exp(np.polyval(line, np.log(C[late]))) - L[late])
    return np.mean(miss / L[late]), np.mean(miss / (L[late] - E))
""",
    },
    {
        "exercise": "extrapolation",
        "name": "relative to the prediction",
        "kind": "wrong",
        "expected": 0,
        "code": """
def held_out_errors(C, L, E, limit):
    late = C > limit
    if not late.any():
        return np.nan, np.nan
    line = np.polyfit(np.log(C[~late]), np.log(L[~late] - E), 1)
    excess = np.exp(np.polyval(line, np.log(C[late])))
    miss = abs(E + excess - L[late])
    return np.mean(miss / (E + excess)), np.mean(miss / excess)
""",
    },
    {
        "exercise": "extrapolation",
        "name": "run at the limit held out",
        "kind": "wrong",
        "expected": 2,
        "code": HELD_OUT_ERRORS.replace("C > limit", "C >= limit * (1 - 1e-9)"),
    },
    {
        "exercise": "extrapolation",
        "name": "nothing held out scored as perfect",
        "kind": "wrong",
        "expected": 3,
        "code": """
def held_out_errors(C, L, E, limit):
    late = C > limit
    line = np.polyfit(np.log(C[~late]), np.log(L[~late] - E), 1)
    miss = abs(E + np.exp(np.polyval(line, np.log(C[late]))) - L[late])
    count = max(late.sum(), 1)
    return np.sum(miss / L[late]) / count, np.sum(miss / (L[late] - E)) / count
""",
    },
    {
        "exercise": "extrapolation",
        "name": "mean error over mean excess",
        "kind": "wrong",
        "expected": 0,
        "code": HELD_OUT_ERRORS.replace(
            "np.mean(miss / (L[late] - E))", "np.mean(miss) / np.mean(L[late] - E)"
        ),
    },
    {
        "exercise": "extrapolation",
        "name": "errors in per cent",
        "kind": "wrong",
        "expected": 0,
        "code": HELD_OUT_ERRORS.replace("np.mean(", "100 * np.mean("),
    },
    {
        "exercise": "extrapolation",
        "name": "log10 undone with exp",
        "kind": "wrong",
        "expected": 0,
        "code": HELD_OUT_ERRORS.replace("np.log(", "np.log10("),
    },
    {
        "exercise": "extrapolation",
        "name": "fitted and predicted runs exchanged",
        "kind": "wrong",
        "expected": 0,
        "code": HELD_OUT_ERRORS.replace("C > limit", "C <= limit"),
    },
    {
        "exercise": "extrapolation",
        "name": "one error twice",
        "kind": "wrong",
        "expected": 0,
        "code": HELD_OUT_ERRORS.replace("(L[late] - E))", "L[late])"),
    },
    {
        "exercise": "cool-down",
        "name": "interpolation through four points",
        "kind": "alternative",
        "expected": 4,
        "code": """
def learning_rate(step, steps, peak, rise=0.05, fall=0.2):
    up = np.interp(step + 1, [0, rise * steps], [0, 1]) if rise else 1
    down = np.interp(steps - step, [0, fall * steps], [0, 1]) if fall else 1
    return peak * np.minimum(up, down)
""",
    },
    {
        "exercise": "cool-down",
        "name": "case by case, helper of its own",
        "kind": "alternative",
        "expected": 4,
        "code": """
def part(count, share, steps):
    if share == 0 or count >= share * steps:
        return 1
    return count / (share * steps)


def learning_rate(step, steps, peak, rise=0.05, fall=0.2):
    on_the_way_up, on_the_way_down = part(step + 1, rise, steps), part(steps - step, fall, steps)
    if on_the_way_up < on_the_way_down:
        return peak * on_the_way_up
    return peak * on_the_way_down
""",
    },
    {
        "exercise": "cool-down",
        "name": "parts of whole steps",
        "kind": "alternative",
        "expected": 4,
        "code": """
def learning_rate(step, steps, peak, rise=0.05, fall=0.2):
    up, down = max(1, round(rise * steps)), max(1, round(fall * steps))
    return float(peak * np.clip(min((step + 1) / up, (steps - step) / down), 0, 1))
""",
    },
    {
        "exercise": "cool-down",
        "name": "first step at zero",
        "kind": "wrong",
        "expected": 1,
        "code": LEARNING_RATE.replace("(step + 1)", "step"),
    },
    {
        "exercise": "cool-down",
        "name": "last step at zero",
        "kind": "wrong",
        "expected": 1,
        "code": LEARNING_RATE.replace("(steps - step)", "(steps - 1 - step)"),
    },
    {
        "exercise": "cool-down",
        "name": "no ceiling",
        "kind": "wrong",
        "expected": 0,
        "code": LEARNING_RATE.replace(
            "min(share, (step + 1) / (rise * steps))", "(step + 1) / (rise * steps)"
        ),
    },
    {
        "exercise": "cool-down",
        "name": "rise and fall exchanged",
        "kind": "wrong",
        "expected": 0,
        "code": LEARNING_RATE.replace("share = 1.0", "share, rise, fall = 1.0, fall, rise"),
    },
    {
        "exercise": "cool-down",
        "name": "peak forgotten",
        "kind": "wrong",
        "expected": 0,
        "code": LEARNING_RATE.replace("peak * share", "share"),
    },
    {
        "exercise": "cool-down",
        "name": "half a cosine for the fall",
        "kind": "wrong",
        "expected": 1,
        "code": LEARNING_RATE.replace(
            "    return",
            "    if step > steps / 2:\n        share = (1 - np.cos(np.pi * share)) / 2\n    return",
        ),
    },
    {
        "exercise": "cool-down",
        "name": "falls from the end of the rise on",
        "kind": "wrong",
        "expected": 0,
        "code": LEARNING_RATE.replace("(fall * steps)", "((1 - rise) * steps)"),
    },
    {
        "exercise": "cool-down",
        "name": "never lowered",
        "kind": "wrong",
        "expected": 0,
        "code": LEARNING_RATE.replace("min(share, (steps - step) / (fall * steps))", "share"),
    },
    {
        "exercise": "cool-down",
        "name": "divides by a share of zero",
        "kind": "wrong",
        "expected": 1,
        "code": LEARNING_RATE.replace(" > 0", " >= 0"),
    },
    {
        "exercise": "cool-down",
        "name": "the rise wins where the parts overlap",
        "kind": "wrong",
        "expected": 1,
        "code": """
def learning_rate(step, steps, peak, rise=0.05, fall=0.2):
    if rise > 0 and step + 1 <= rise * steps:
        return peak * (step + 1) / (rise * steps)
    if fall > 0 and steps - step <= fall * steps:
        return peak * (steps - step) / (fall * steps)
    return peak
""",
    },
    {
        "exercise": "cool-down",
        "name": "slope predicted instead of the exponent",
        "kind": "wrong",
        "expected": 2,
        "code": LEARNING_RATE + "PREDICTED_EXPONENT = (-0.375, -0.315)",
    },
    {
        "exercise": "cool-down",
        "name": "prediction that nothing changes",
        "kind": "wrong",
        "expected": 3,
        "code": LEARNING_RATE + "PREDICTED_EXPONENT = (0.26, 0.31)",
    },
    {
        "exercise": "cool-down",
        "name": "prediction too wide",
        "kind": "wrong",
        "expected": 2,
        "code": LEARNING_RATE + "PREDICTED_EXPONENT = (0.2, 0.5)",
    },
    {
        "exercise": "own-sweep",
        "name": "masks, a fit of the smaller runs, a score of the others",
        "kind": "alternative",
        "expected": 4,
        "code": OWN_SWEEP,
    },
    {
        "exercise": "own-sweep",
        "name": "columns and conditions of the library",
        "kind": "alternative",
        "expected": 4,
        "code": """
def fit_sweep(table, limit, guess, candidates):
    headers = {h.split(" (")[0]: h for h in table.columns}
    power = {"K": "e3", "M": "e6", "B": "e9"}
    names = {"loss": "loss"}
    for name, word in (("N", "params"), ("D", "tokens")):
        unit = headers[word].split(" (")[1][0] if "(" in headers[word] else ""
        names[name] = headers[word] + (f"*1{power[unit]}" if unit else "")
    rows = {}
    for i, (run, tokens) in enumerate(zip(table["run"], table[headers["tokens"]])):
        if run not in rows or tokens > table[headers["tokens"]].iloc[rows[run]]:
            rows[run] = i
    losses = table["loss"].to_numpy()
    aside = [run for run, i in rows.items() if not losses[i] <= guess]
    last = table.iloc[[i for run, i in rows.items() if run not in aside]]
    result = fit("chinchilla", last, columns=names, hold_out=f"C > {limit}")
    N, D = np.array(candidates).T
    seen = result.predict({"N": N, "D": D}, level=0.9)
    held = {name: result.held[name] for name in ("N", "D", "loss")}
    draw = result.predict({"N": held["N"], "D": held["D"]})
    return {
        "aside": sorted(aside),
        "fitted": result.n,
        "error": np.mean(np.abs(draw / held["loss"] - 1)),
        "inside": round(result.held_out.inside * len(draw)),
        "open": sorted(result.unidentified()),
        "next": int(np.argmax(seen.high / seen.low)),
        "ratio": np.max(seen.high / seen.low),
    }
""",
    },
    {
        "exercise": "own-sweep",
        "name": "rows read on the way kept",
        "kind": "wrong",
        "expected": 0,
        "code": OWN_SWEEP.replace("good = (kept & ~diverged)", "good = (table['loss'] <= guess)"),
    },
    {
        "exercise": "own-sweep",
        "name": "the lowest loss of each run for its last",
        "kind": "wrong",
        "expected": 0,
        "code": OWN_SWEEP.replace(
            'tokens == tokens.groupby(table["run"]).transform("max")',
            'table["loss"] == table["loss"].groupby(table["run"]).transform("min")',
        ),
    },
    {
        "exercise": "own-sweep",
        "name": "a last loss of nan not seen",
        "kind": "wrong",
        "expected": 0,
        "code": OWN_SWEEP.replace('table["loss"].isna() | ', "").replace(
            "kept & ~diverged", "kept & ~diverged & table['loss'].notna()"
        ),
    },
    {
        "exercise": "own-sweep",
        "name": "diverged runs named and fitted",
        "kind": "wrong",
        "expected": 0,
        "code": OWN_SWEEP.replace("kept & ~diverged", "kept & table['loss'].notna()"),
    },
    {
        "exercise": "own-sweep",
        "name": "the unit of the header not read",
        "kind": "wrong",
        "expected": 0,
        "code": OWN_SWEEP.replace("* factor[name]", ""),
    },
    {
        "exercise": "own-sweep",
        "name": "the fit has seen the runs it is scored on",
        "kind": "wrong",
        "expected": 0,
        "code": OWN_SWEEP.replace("x[known]", "x[good]").replace("known.sum()", "good.sum()"),
    },
    {
        "exercise": "own-sweep",
        "name": "errors of both signs cancel",
        "kind": "wrong",
        "expected": 0,
        "code": OWN_SWEEP.replace("score.mean_error", "score.bias"),
    },
    {
        "exercise": "own-sweep",
        "name": "the share inside instead of the number",
        "kind": "wrong",
        "expected": 0,
        "code": OWN_SWEEP.replace("int(round(score.inside * score.n))", "score.inside"),
    },
    {
        "exercise": "own-sweep",
        "name": "the largest candidate",
        "kind": "wrong",
        "expected": 0,
        "code": OWN_SWEEP.replace("float(end.high[0] / end.low[0])", "N * D"),
    },
    {
        "exercise": "own-sweep",
        "name": "the candidate whose loss is known best",
        "kind": "wrong",
        "expected": 0,
        "code": OWN_SWEEP.replace("max(widths)", "min(widths)"),
    },
    {
        "exercise": "own-sweep",
        "name": "nothing said to be open",
        "kind": "wrong",
        "expected": 3,
        "code": OWN_SWEEP.replace("sorted(result.unidentified())", "[]"),
    },
    {
        "exercise": "own-sweep",
        "name": "a uniform guess among 64 for every file",
        "kind": "wrong",
        "expected": 1,
        "code": OWN_SWEEP.replace("> guess", "> np.log(64)"),
    },
    {
        "exercise": "own-sweep",
        "name": "set aside for a bad row on the way",
        "kind": "wrong",
        "expected": 0,
        "code": OWN_SWEEP.replace(
            'table["loss"].isna() | (table["loss"] > guess)',
            'table["run"].isin(table["run"][~(table["loss"] <= guess)])',
        ),
    },
    {
        "exercise": "own-sweep",
        "name": "diverged runs neither named nor left out",
        "kind": "wrong",
        "expected": 0,
        "code": OWN_SWEEP.replace("kept & ~diverged", "kept & table['loss'].notna()").replace(
            'sorted(table["run"][diverged])', "[]"
        ),
    },
    {
        "exercise": "own-sweep",
        "name": "the last row of the file",
        "kind": "wrong",
        "expected": 0,
        "code": OWN_SWEEP.replace(
            'tokens == tokens.groupby(table["run"]).transform("max")',
            '~table["run"].duplicated(keep="last")',
        ),
    },
    {
        "exercise": "own-sweep",
        "name": "K for 1024",
        "kind": "wrong",
        "expected": 1,
        "code": OWN_SWEEP.replace('"K": 1e3', '"K": 1024'),
    },
    {
        "exercise": "own-sweep",
        "name": "C without the 6",
        "kind": "wrong",
        "expected": 0,
        "code": OWN_SWEEP.replace("6 * data", "data"),
    },
    {
        "exercise": "own-sweep",
        "name": "the run at the limit held out",
        "kind": "wrong",
        "expected": 3,
        "code": OWN_SWEEP.replace("<= limit", "< limit"),
    },
    {
        "exercise": "own-sweep",
        "name": "one run of each size and length",
        "kind": "wrong",
        "expected": 1,
        "code": OWN_SWEEP.replace(
            "data.items()})\n    score", 'data.items()}, best_of="N,D")\n    score'
        ).replace("int(known.sum())", "result.n"),
    },
    {
        "exercise": "own-sweep",
        "name": "fitted to all, scored on those held out",
        "kind": "wrong",
        "expected": 0,
        "code": OWN_SWEEP.replace("x[known]", "x[good]"),
    },
    {
        "exercise": "own-sweep",
        "name": "least squares for Huber",
        "kind": "wrong",
        "expected": 0,
        "code": OWN_SWEEP.replace(
            "x[known] for name, x in data.items()}",
            "x[known] for name, x in data.items()}, delta=np.inf",
        ),
    },
    {
        "exercise": "own-sweep",
        "name": "a number inside made up from their number",
        "kind": "wrong",
        "expected": 0,
        "code": OWN_SWEEP.replace("score.inside * score.n", "0.6 * score.n"),
    },
    {
        "exercise": "own-sweep",
        "name": "high - low",
        "kind": "wrong",
        "expected": 1,
        "code": OWN_SWEEP.replace("end.high[0] / end.low[0]", "end.high[0] - end.low[0]"),
    },
    {
        "exercise": "own-sweep",
        "name": "the interval of the mean, not of a run",
        "kind": "wrong",
        "expected": 1,
        "code": OWN_SWEEP.replace("level=0.9", "level=0.9, kind='mean'"),
    },
    {
        "exercise": "own-sweep",
        "name": "the interval at 95 %",
        "kind": "wrong",
        "expected": 1,
        "code": OWN_SWEEP.replace("level=0.9", "level=0.95"),
    },
    {
        "exercise": "own-sweep",
        "name": "always the second candidate",
        "kind": "wrong",
        "expected": 1,
        "code": OWN_SWEEP.replace("widths.index(max(widths))", "1"),
    },
    {
        "exercise": "own-sweep",
        "name": "nan dropped before the row is chosen",
        "kind": "wrong",
        "expected": 0,
        "code": OWN_SWEEP.replace(
            "    tokens = table", '    table = table.dropna(subset="loss")\n    tokens = table'
        ),
    },
    {
        "exercise": "own-sweep",
        "name": "all runs in order counted as fitted",
        "kind": "wrong",
        "expected": 0,
        "code": OWN_SWEEP.replace("known.sum()", "good.sum()"),
    },
    {
        "exercise": "own-sweep",
        "name": "candidates counted from 1",
        "kind": "wrong",
        "expected": 0,
        "code": OWN_SWEEP.replace("widths.index(max(widths))", "widths.index(max(widths)) + 1"),
    },
    {
        "exercise": "own-sweep",
        "name": "those outside counted",
        "kind": "wrong",
        "expected": 0,
        "code": OWN_SWEEP.replace("score.inside * score.n", "(1 - score.inside) * score.n"),
    },
]
