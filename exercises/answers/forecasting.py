"""What the tests of the assignment `forecasting` must tell apart: right answers, and wrong ones."""

QUANTILE_SCORE = """
def quantile_score(levels, values, observed):
    levels, values = np.asarray(levels, float), np.asarray(values, float)
    x = np.asarray(observed, float)[:, None]
    borders = np.concatenate([[0], (levels[1:] + levels[:-1]) / 2, [1]])
    losses = ((x < values) - levels) * (values - x)
    return 2 * losses @ np.diff(borders)
"""

FORECAST_COMPUTE = """
def forecast_compute(when, log_C, new, levels):
    when, log_C, new = (np.asarray(x, float) for x in (when, log_C, new))
    line, n, middle = stats.linregress(when, log_C), len(when), np.mean(when)
    rest = log_C - line.intercept - line.slope * when
    s = np.sqrt(rest @ rest / (n - 2))
    spread = s * np.sqrt(1 + 1 / n + (new - middle) ** 2 / np.sum((when - middle) ** 2))
    centre = line.intercept + line.slope * new
    return centre[:, None] + spread[:, None] * stats.t.ppf(levels, n - 2)
"""

FORECAST_LOSS = """
def forecast_loss(C, loss, new_C, levels):
    x, y = np.log(np.asarray(C, float)), np.asarray(loss, float)
    ahead, n, rng = np.log(np.asarray(new_C, float)) - x.mean(), len(x), np.random.default_rng(0)
    floors = np.linspace(0, y.min() * (1 - 1e-4), 400)
    slope, level = np.polyfit(x - x.mean(), np.log(y[:, None] - floors), 1)
    fitted = floors + np.exp(level + slope * (x - x.mean())[:, None])
    R = np.sum((np.log(y)[:, None] - np.log(fitted)) ** 2, axis=0)
    weights = (R / R.min()) ** (-(n - 1) / 2)
    pick = rng.choice(len(floors), 4000, p=weights / weights.sum())
    middle = floors[pick] + np.exp(level[pick] + slope[pick] * ahead[:, None])
    noise = np.sqrt(R[pick] / (n - 3)) * rng.standard_t(n - 3, size=middle.shape)
    return np.quantile(middle * np.exp(noise), levels, axis=1).T
"""

EXHAUSTION_YEAR = """
def exhaustion_year(now, used, stock, growth, stock_growth, levels):
    pace, (mean, sd) = growth[0] - stock_growth, stock

    def ahead(h, z):  # used up by h with probability above that of z, if positive
        return used - mean + pace * h - z * np.hypot(sd, growth[1] * h)

    def year(level):
        z = stats.norm.ppf(level)
        if ahead(0, z) >= 0:
            return now
        far = 1.0
        if used > mean and pace > 0 and growth[1] > 0:  # highest there, and falls again
            far = pace * sd**2 / ((used - mean) * growth[1] ** 2)
            if ahead(far, z) < 0:
                return np.inf
        elif pace - z * growth[1] <= 0:
            return np.inf
        while ahead(far, z) < 0:
            far *= 2
        return now + optimize.brentq(ahead, 0, far, args=(z,))

    return np.array([year(level) for level in np.asarray(levels, float)])
"""

FORECAST_COVERAGE = """
def forecast_coverage(successes, n, k, levels):
    c = np.asarray(successes, float)

    def cost(logs):
        a, b = np.exp(logs)
        return -np.sum(special.betaln(c + a, n - c + b) - special.betaln(a, b))

    a, b = np.exp(optimize.minimize(cost, [-1, 0], method="Nelder-Mead").x)
    rng = np.random.default_rng(0)
    p = rng.beta(np.maximum(c + a, 1e-9), np.maximum(n - c + b, 1e-9), size=(2000, len(c)))
    solved = rng.random(p.shape) < 1 - (1 - p) ** k
    return np.quantile(solved.mean(axis=1), levels)
"""

ANSWERS = [
    {
        "exercise": "quantile-score",
        "name": "a loop",
        "kind": "alternative",
        "expected": 4,
        "code": """
def quantile_score(levels, values, observed):
    borders = [0, *((p + q) / 2 for p, q in zip(levels, levels[1:])), 1]
    scores = []
    for row, x in zip(values, observed):
        total = 0
        for i, (tau, q) in enumerate(zip(levels, row)):
            loss = (1 - tau) * (q - x) if x < q else tau * (x - q)
            total += 2 * (borders[i + 1] - borders[i]) * loss
        scores.append(float(total))
    return scores
""",
    },
    {
        "exercise": "quantile-score",
        "name": "all levels count the same",
        "kind": "wrong",
        "expected": 0,
        "code": QUANTILE_SCORE.replace(" @ np.diff(borders)", ".mean(axis=1)"),
    },
    {
        "exercise": "quantile-score",
        "name": "the factor 2 left out",
        "kind": "wrong",
        "expected": 0,
        "code": QUANTILE_SCORE.replace("2 * losses", "losses"),
    },
    {
        "exercise": "quantile-score",
        "name": "levels turned round",
        "kind": "wrong",
        "expected": 0,
        "code": QUANTILE_SCORE.replace(
            "((x < values) - levels) * (values - x)", "((x > values) - levels) * (x - values)"
        ),
    },
    {
        "exercise": "quantile-score",
        "name": "mean over the rows",
        "kind": "wrong",
        "expected": 0,
        "code": QUANTILE_SCORE.replace("losses @", "losses.T.mean(axis=1) @"),
    },
    {
        "exercise": "quantile-score",
        "name": "absolute error of the median",
        "kind": "wrong",
        "expected": 0,
        "code": QUANTILE_SCORE.replace(
            "2 * losses @ np.diff(borders)", "np.abs(values - x).mean(axis=1)"
        ),
    },
    {
        "exercise": "quantile-score",
        "name": "widths of the gaps between levels",
        "kind": "wrong",
        "expected": 0,
        "code": QUANTILE_SCORE.replace("(levels[1:] + levels[:-1]) / 2, [1]", "levels"),
    },
    {
        "exercise": "quantile-score",
        "name": "in float32",
        "kind": "alternative",
        "expected": 4,
        "code": QUANTILE_SCORE.replace(", float)", ", np.float32)"),
    },
    {
        "exercise": "compute-trend",
        "name": "matrices",
        "kind": "alternative",
        "expected": 4,
        "code": """
def forecast_compute(when, log_C, new, levels):
    X = np.column_stack([np.ones(len(when)), np.asarray(when, float) - 2015])
    N = np.column_stack([np.ones(len(new)), np.asarray(new, float) - 2015])
    beta, (rss,), *_ = np.linalg.lstsq(X, np.asarray(log_C, float), rcond=None)
    covariance = rss / (len(X) - 2) * np.linalg.inv(X.T @ X)
    spread = np.sqrt(rss / (len(X) - 2) + np.sum(N @ covariance * N, axis=1))
    return [[m + s * stats.t.ppf(p, len(X) - 2) for p in levels] for m, s in zip(N @ beta, spread)]
""",
    },
    {
        "exercise": "compute-trend",
        "name": "the interval of the line",
        "kind": "wrong",
        "expected": 0,
        "code": FORECAST_COMPUTE.replace("1 + 1 / n", "1 / n"),
    },
    {
        "exercise": "compute-trend",
        "name": "no growth",
        "kind": "wrong",
        "expected": 0,
        "code": FORECAST_COMPUTE.replace(
            "line.intercept + line.slope * new", "log_C.mean() + 0 * new"
        ),
    },
    {
        "exercise": "compute-trend",
        "name": "the probability of t for its quantile",
        "kind": "wrong",
        "expected": 0,
        "code": FORECAST_COMPUTE.replace("t.ppf", "t.cdf"),
    },
    {
        "exercise": "compute-trend",
        "name": "the scatter alone",
        "kind": "wrong",
        "expected": 3,
        "code": FORECAST_COMPUTE.replace(
            "1 + 1 / n + (new - middle) ** 2 / np.sum((when - middle) ** 2)", "1 + 0 * new"
        ),
    },
    {
        "exercise": "compute-trend",
        "name": "levels from high to low",
        "kind": "wrong",
        "expected": 0,
        "code": FORECAST_COMPUTE.replace("ppf(levels", "ppf(1 - np.asarray(levels)"),
    },
    {
        "exercise": "compute-trend",
        "name": "twice as wide as it should be",
        "kind": "wrong",
        "expected": 0,
        "code": FORECAST_COMPUTE.replace("s = np.sqrt", "s = 2 * np.sqrt"),
    },
    {
        "exercise": "compute-trend",
        "name": "the transposed table",
        "kind": "wrong",
        "expected": 0,
        "code": FORECAST_COMPUTE.replace(
            "centre[:, None] + spread[:, None] * stats.t.ppf(levels, n - 2)",
            "centre + spread * stats.t.ppf(levels, n - 2)[:, None]",
        ),
    },
    {
        "exercise": "compute-trend",
        "name": "the intercept left out",
        "kind": "wrong",
        "expected": 0,
        "code": FORECAST_COMPUTE.replace("centre = line.intercept + ", "centre = "),
    },
    {
        "exercise": "loss-ahead",
        "name": "a loop over floors, another grid, another seed",
        "kind": "alternative",
        "expected": 4,
        "code": """
def forecast_loss(C, loss, new_C, levels):
    C, loss, new_C = (np.asarray(v, float) for v in (C, loss, new_C))
    middle = np.exp(np.log(C).mean())
    x, ahead, n = np.log(C / middle), np.log(new_C / middle), len(C)
    weights, middles, noises = [], [], []
    for E in loss.min() * (1 - np.linspace(1e-3, 1, 300)):
        y = np.log(loss - E)
        slope = x @ y / (x @ x)
        rest = np.log(loss / (E + np.exp(y.mean() + slope * x)))
        weights.append((rest @ rest) ** (-(n - 1) / 2))
        middles.append(E + np.exp(y.mean() + slope * ahead))
        noises.append(np.sqrt(rest @ rest / (n - 3)))
    rng = np.random.default_rng(7)
    pick = rng.choice(len(weights), 6000, p=np.array(weights) / np.sum(weights))
    t = rng.standard_t(n - 3, size=(6000, len(ahead)))
    draws = np.array(middles)[pick] * np.exp(np.array(noises)[pick, None] * t)
    return [np.quantile(column, levels).tolist() for column in draws.T]
""",
    },
    {
        "exercise": "loss-ahead",
        "name": "a straight line: no floor",
        "kind": "wrong",
        "expected": 0,
        "code": FORECAST_LOSS.replace("np.linspace(0, y.min() * (1 - 1e-4), 400)", "np.zeros(1)"),
    },
    {
        "exercise": "loss-ahead",
        "name": "the single best floor",
        "kind": "wrong",
        "expected": 1,
        "code": FORECAST_LOSS.replace("(R / R.min()) ** (-(n - 1) / 2)", "1.0 * (R == R.min())"),
    },
    {
        "exercise": "loss-ahead",
        "name": "no noise",
        "kind": "wrong",
        "expected": 1,
        "code": FORECAST_LOSS.replace(" * np.exp(noise)", ""),
    },
    {
        "exercise": "loss-ahead",
        "name": "the weights of all floors equal",
        "kind": "wrong",
        "expected": 0,
        "code": FORECAST_LOSS.replace("(-(n - 1) / 2)", "0.0"),
    },
    {
        "exercise": "loss-ahead",
        "name": "R of ln(L - E)",
        "kind": "wrong",
        "expected": 0,
        "code": FORECAST_LOSS.replace(
            "np.log(y)[:, None] - np.log(fitted)",
            "np.log(y[:, None] - floors) - np.log(fitted - floors)",
        ),
    },
    {
        "exercise": "loss-ahead",
        "name": "the root of R for the noise",
        "kind": "wrong",
        "expected": 1,
        "code": FORECAST_LOSS.replace("R[pick] / (n - 3)", "R[pick]"),
    },
    {
        "exercise": "loss-ahead",
        "name": "compute not centred",
        "kind": "wrong",
        "expected": 0,
        "code": FORECAST_LOSS.replace("- x.mean(), len(x)", ", len(x)"),
    },
    {
        "exercise": "benchmark-score",
        "name": "drawing coefficients",
        "kind": "alternative",
        "expected": 4,
        "code": """
def forecast_score(log_C, year, score, new_log_C, new_year, levels):
    u = np.clip((np.asarray(score, float) - 25) / 75, 0.01, 0.99)
    z = np.log(u / (1 - u))
    X = np.array([[1, c - 23, t - 2022] for c, t in zip(log_C, year)])
    N = np.array([[1, c - 23, t - 2022] for c, t in zip(new_log_C, new_year)])
    beta = np.linalg.solve(X.T @ X, X.T @ z)
    df, rng = len(z) - 3, np.random.default_rng(5)
    s = np.sqrt(np.sum((z - X @ beta) ** 2) / df) * np.sqrt(df / rng.chisquare(df, 8000))
    root = np.linalg.cholesky(np.linalg.inv(X.T @ X))
    betas = beta + s[:, None] * (rng.normal(size=(8000, 3)) @ root.T)
    w = betas @ N.T + s[:, None] * rng.normal(size=(8000, len(N)))
    return np.quantile(25 + 75 / (1 + np.exp(-w)), levels, axis=0).T
""",
    },
    {
        "exercise": "benchmark-score",
        "name": "no date",
        "kind": "wrong",
        "expected": 1,
        "code": """
def forecast_score(log_C, year, score, new_log_C, new_year, levels):
    log_C, year, score = (np.asarray(v, float) for v in (log_C, year, score))
    z = special.logit(np.clip((score - 25) / 75, 0.01, 0.99))
    n, c, t = len(z), log_C.mean(), year.mean()
    X = np.column_stack([np.ones(n), log_C - c])
    new = [np.ones(len(new_year)), np.asarray(new_log_C) - c, np.asarray(new_year) - t]
    N = np.column_stack(new[:2])
    beta = np.linalg.lstsq(X, z, rcond=None)[0]
    s = np.sqrt(np.sum((z - X @ beta) ** 2) / (n - 3))
    spread = s * np.sqrt(1 + np.einsum("ij,jk,ik->i", N, np.linalg.inv(X.T @ X), N))
    quantiles = (N @ beta)[:, None] + spread[:, None] * stats.t.ppf(levels, n - 3)
    return 25 + 75 * special.expit(quantiles)
""",
    },
    {
        "exercise": "benchmark-score",
        "name": "a plane in per cent",
        "kind": "wrong",
        "expected": 0,
        "code": """
def forecast_score(log_C, year, score, new_log_C, new_year, levels):
    log_C, year, score = (np.asarray(v, float) for v in (log_C, year, score))
    z = score
    n, c, t = len(z), log_C.mean(), year.mean()
    X = np.column_stack([np.ones(n), log_C - c, year - t])
    new = [np.ones(len(new_year)), np.asarray(new_log_C) - c, np.asarray(new_year) - t]
    N = np.column_stack(new)
    beta = np.linalg.lstsq(X, z, rcond=None)[0]
    s = np.sqrt(np.sum((z - X @ beta) ** 2) / (n - 3))
    spread = s * np.sqrt(1 + np.einsum("ij,jk,ik->i", N, np.linalg.inv(X.T @ X), N))
    quantiles = (N @ beta)[:, None] + spread[:, None] * stats.t.ppf(levels, n - 3)
    return quantiles
""",
    },
    {
        "exercise": "benchmark-score",
        "name": "a plane in per cent, cut off at the ends",
        "kind": "wrong",
        "expected": 2,
        "code": """
def forecast_score(log_C, year, score, new_log_C, new_year, levels):
    log_C, year, score = (np.asarray(v, float) for v in (log_C, year, score))
    z = score
    n, c, t = len(z), log_C.mean(), year.mean()
    X = np.column_stack([np.ones(n), log_C - c, year - t])
    new = [np.ones(len(new_year)), np.asarray(new_log_C) - c, np.asarray(new_year) - t]
    N = np.column_stack(new)
    beta = np.linalg.lstsq(X, z, rcond=None)[0]
    s = np.sqrt(np.sum((z - X @ beta) ** 2) / (n - 3))
    spread = s * np.sqrt(1 + np.einsum("ij,jk,ik->i", N, np.linalg.inv(X.T @ X), N))
    quantiles = (N @ beta)[:, None] + spread[:, None] * stats.t.ppf(levels, n - 3)
    return np.clip(quantiles, 25.1, 99.9) + 0.01 * stats.norm.ppf(levels)
""",
    },
    {
        "exercise": "benchmark-score",
        "name": "the interval of the plane",
        "kind": "wrong",
        "expected": 1,
        "code": """
def forecast_score(log_C, year, score, new_log_C, new_year, levels):
    log_C, year, score = (np.asarray(v, float) for v in (log_C, year, score))
    z = special.logit(np.clip((score - 25) / 75, 0.01, 0.99))
    n, c, t = len(z), log_C.mean(), year.mean()
    X = np.column_stack([np.ones(n), log_C - c, year - t])
    new = [np.ones(len(new_year)), np.asarray(new_log_C) - c, np.asarray(new_year) - t]
    N = np.column_stack(new)
    beta = np.linalg.lstsq(X, z, rcond=None)[0]
    s = np.sqrt(np.sum((z - X @ beta) ** 2) / (n - 3))
    spread = s * np.sqrt(0 + np.einsum("ij,jk,ik->i", N, np.linalg.inv(X.T @ X), N))
    quantiles = (N @ beta)[:, None] + spread[:, None] * stats.t.ppf(levels, n - 3)
    return 25 + 75 * special.expit(quantiles)
""",
    },
    {
        "exercise": "benchmark-score",
        "name": "guessing forgotten",
        "kind": "wrong",
        "expected": 1,
        "code": """
def forecast_score(log_C, year, score, new_log_C, new_year, levels):
    log_C, year, score = (np.asarray(v, float) for v in (log_C, year, score))
    z = special.logit(np.clip(score / 100, 0.01, 0.99))
    n, c, t = len(z), log_C.mean(), year.mean()
    X = np.column_stack([np.ones(n), log_C - c, year - t])
    new = [np.ones(len(new_year)), np.asarray(new_log_C) - c, np.asarray(new_year) - t]
    N = np.column_stack(new)
    beta = np.linalg.lstsq(X, z, rcond=None)[0]
    s = np.sqrt(np.sum((z - X @ beta) ** 2) / (n - 3))
    spread = s * np.sqrt(1 + np.einsum("ij,jk,ik->i", N, np.linalg.inv(X.T @ X), N))
    quantiles = (N @ beta)[:, None] + spread[:, None] * stats.t.ppf(levels, n - 3)
    return 100 * special.expit(quantiles)
""",
    },
    {
        "exercise": "benchmark-score",
        "name": "trimming forgotten",
        "kind": "wrong",
        "expected": 3,
        "code": """
def forecast_score(log_C, year, score, new_log_C, new_year, levels):
    log_C, year, score = (np.asarray(v, float) for v in (log_C, year, score))
    z = special.logit((score - 25) / 75)
    n, c, t = len(z), log_C.mean(), year.mean()
    X = np.column_stack([np.ones(n), log_C - c, year - t])
    new = [np.ones(len(new_year)), np.asarray(new_log_C) - c, np.asarray(new_year) - t]
    N = np.column_stack(new)
    beta = np.linalg.lstsq(X, z, rcond=None)[0]
    s = np.sqrt(np.sum((z - X @ beta) ** 2) / (n - 3))
    spread = s * np.sqrt(1 + np.einsum("ij,jk,ik->i", N, np.linalg.inv(X.T @ X), N))
    quantiles = (N @ beta)[:, None] + spread[:, None] * stats.t.ppf(levels, n - 3)
    return 25 + 75 * special.expit(quantiles)
""",
    },
    {
        "exercise": "exhaustion-year",
        "name": "a fine table of years",
        "kind": "alternative",
        "expected": 4,
        "code": """
def exhaustion_year(now, used, stock, growth, stock_growth, levels):
    h = np.concatenate([np.linspace(0, 60, 60001), np.geomspace(60.001, 1e9, 60000)])
    gap = used - stock[0] + (growth[0] - stock_growth) * h
    width = np.sqrt(stock[1] ** 2 + (growth[1] * h) ** 2)
    p = np.where(width > 0, stats.norm.cdf(gap / np.where(width > 0, width, 1)), gap >= 0)
    return [now + h[np.argmax(p >= q)] if (p >= q).any() else np.inf for q in levels]
""",
    },
    {
        "exercise": "exhaustion-year",
        "name": "roots of a quadratic equation",
        "kind": "alternative",
        "expected": 4,
        "code": """
def exhaustion_year(now, used, stock, growth, stock_growth, levels):
    c, g, (s, r) = used - stock[0], growth[0] - stock_growth, (stock[1], growth[1])
    years = []
    for z in stats.norm.ppf(levels):
        def ahead(h):
            return c + g * h - z * np.hypot(s, r * h)

        # (c + g h)^2 = z^2 (s^2 + r^2 h^2)
        roots = np.roots([g * g - (z * r) ** 2, 2 * c * g, c * c - (z * s) ** 2])
        roots = [h.real for h in roots if abs(h.imag) < 1e-6 and h.real > 0]
        roots = [h for h in roots if abs(ahead(h)) < 1e-6]
        years.append(now if ahead(0) >= 0 else now + min(roots, default=np.inf))
    return years
""",
    },
    {
        "exercise": "exhaustion-year",
        "name": "the limit decides, also where the probability falls again",
        "kind": "wrong",
        "expected": 3,
        "code": EXHAUSTION_YEAR.replace(
            "if used > mean and pace > 0 and growth[1] > 0", "if False"
        ),
    },
    {
        "exercise": "exhaustion-year",
        "name": "a normal year about the meeting of the means",
        "kind": "wrong",
        "expected": 0,
        "code": """
def exhaustion_year(now, used, stock, growth, stock_growth, levels):
    meets = now + (stock[0] - used) / (growth[0] - stock_growth)
    return stats.norm.ppf(levels, meets, 1.0)
""",
    },
    {
        "exercise": "exhaustion-year",
        "name": "growth of the stock added",
        "kind": "wrong",
        "expected": 0,
        "code": EXHAUSTION_YEAR.replace("growth[0] - stock", "growth[0] + stock"),
    },
    {
        "exercise": "exhaustion-year",
        "name": "the stock stands still",
        "kind": "wrong",
        "expected": 0,
        "code": EXHAUSTION_YEAR.replace("growth[0] - stock_growth", "growth[0]"),
    },
    {
        "exercise": "exhaustion-year",
        "name": "growth is certain",
        "kind": "wrong",
        "expected": 0,
        "code": EXHAUSTION_YEAR.replace("growth[1]", "0"),
    },
    {
        "exercise": "exhaustion-year",
        "name": "standard deviations add up",
        "kind": "wrong",
        "expected": 0,
        "code": EXHAUSTION_YEAR.replace("np.hypot(sd, growth[1] * h)", "(sd + growth[1] * h)"),
    },
    {
        "exercise": "exhaustion-year",
        "name": "natural logarithms for decades",
        "kind": "wrong",
        "expected": 0,
        "code": EXHAUSTION_YEAR.replace("used - mean", "np.log(10) * (used - mean)"),
    },
    {
        "exercise": "exhaustion-year",
        "name": "levels turned round",
        "kind": "wrong",
        "expected": 0,
        "code": EXHAUSTION_YEAR.replace("z = stats", "z = -stats"),
    },
    {
        "exercise": "exhaustion-year",
        "name": "a year for text that never runs out",
        "kind": "wrong",
        "expected": 3,
        "code": EXHAUSTION_YEAR.replace("np.inf", "now + 1000"),
    },
    {
        "exercise": "coverage-ahead",
        "name": "a grid of priors, weighed",
        "kind": "alternative",
        "expected": 4,
        "code": """
def forecast_coverage(successes, n, k, levels):
    c, rng = np.asarray(successes, float), np.random.default_rng(8)
    A, B = (g.ravel() for g in np.meshgrid(np.geomspace(0.01, 20, 60), np.geomspace(0.05, 60, 60)))
    likelihood = special.betaln(c[:, None] + A, n - c[:, None] + B) - special.betaln(A, B)
    weights = np.exp(likelihood.sum(0) - likelihood.sum(0).max())
    pick = rng.choice(len(A), 3000, p=weights / weights.sum())
    p = rng.beta(c + A[pick, None], n - c + B[pick, None])
    return np.quantile((rng.random(p.shape) < 1 - (1 - p) ** k).mean(1), levels).tolist()
""",
    },
    {
        "exercise": "coverage-ahead",
        "name": "successes over tries",
        "kind": "wrong",
        "expected": 0,
        "code": FORECAST_COVERAGE.replace(
            "rng.beta(np.maximum(c + a, 1e-9), np.maximum(n - c + b, 1e-9), size=(2000, len(c)))",
            "np.tile(c / n, (2000, 1))",
        ),
    },
    {
        "exercise": "coverage-ahead",
        "name": "a uniform prior for everybody",
        "kind": "wrong",
        "expected": 0,
        "code": FORECAST_COVERAGE.replace(
            'np.exp(optimize.minimize(cost, [-1, 0], method="Nelder-Mead").x)', "1.0, 1.0"
        ),
    },
    {
        "exercise": "coverage-ahead",
        "name": "Jeffreys' prior for everybody",
        "kind": "wrong",
        "expected": 0,
        "code": FORECAST_COVERAGE.replace(
            'np.exp(optimize.minimize(cost, [-1, 0], method="Nelder-Mead").x)', "0.5, 0.5"
        ),
    },
    {
        "exercise": "coverage-ahead",
        "name": "one try forecast instead of k",
        "kind": "wrong",
        "expected": 0,
        "code": FORECAST_COVERAGE.replace("1 - (1 - p) ** k", "p"),
    },
    {
        "exercise": "coverage-ahead",
        "name": "the mean chance for all problems",
        "kind": "wrong",
        "expected": 1,
        "code": FORECAST_COVERAGE.replace("(1 - p) ** k", "(1 - p.mean()) ** k"),
    },
    {
        "exercise": "coverage-ahead",
        "name": "the median five times",
        "kind": "wrong",
        "expected": 1,
        "code": FORECAST_COVERAGE.replace(
            "axis=1), levels", "axis=1), 0 * np.asarray(levels) + 0.5"
        ),
    },
    {
        "exercise": "coverage-ahead",
        "name": "chances drawn from the prior",
        "kind": "wrong",
        "expected": 1,
        "code": FORECAST_COVERAGE.replace(
            "np.maximum(c + a, 1e-9), np.maximum(n - c + b, 1e-9)", "a, b"
        ),
    },
    {
        "exercise": "coverage-ahead",
        "name": "tries in place of failures",
        "kind": "wrong",
        "expected": 1,
        "code": FORECAST_COVERAGE.replace("n - c + b, 1e-9), size", "n + b, 1e-9), size"),
    },
    {
        "exercise": "coverage-ahead",
        "name": "one draw of the chances for all",
        "kind": "wrong",
        "expected": 2,
        "code": FORECAST_COVERAGE.replace(
            "size=(2000, len(c)))", "size=len(c)) * np.ones((2000, 1))"
        ),
    },
    {
        "exercise": "coverage-ahead",
        "name": "means of the chances for draws",
        "kind": "wrong",
        "expected": 1,
        "code": FORECAST_COVERAGE.replace(
            "    solved =", "    p[:] = (c + a) / (n + a + b)\n    solved ="
        ),
    },
    {
        "exercise": "coverage-ahead",
        "name": "one luck for all problems",
        "kind": "wrong",
        "expected": 1,
        "code": FORECAST_COVERAGE.replace("rng.random(p.shape)", "rng.random((2000, 1))"),
    },
    {
        "exercise": "coverage-ahead",
        "name": "the tries that were made counted too",
        "kind": "wrong",
        "expected": 1,
        "code": FORECAST_COVERAGE.replace("** k", "** (n + k)"),
    },
    {
        "exercise": "coverage-ahead",
        "name": "problems drawn again",
        "kind": "wrong",
        "expected": 1,
        "code": FORECAST_COVERAGE.replace(
            "solved.mean(axis=1)",
            "np.take_along_axis(solved, rng.integers(len(c), size=p.shape), 1).mean(axis=1)",
        ),
    },
    {
        "exercise": "coverage-ahead",
        "name": "an interval of twice the width",
        "kind": "wrong",
        "expected": 1,
        "code": FORECAST_COVERAGE.replace(
            "np.quantile(solved.mean(axis=1), levels)",
            "np.clip(np.quantile(2 * solved.mean(1) - np.median(solved.mean(1)), levels), 0, 1)",
        ),
    },
]
