"""Answers to the assignment `scaling_hypothesis`, right and wrong, and what each should earn."""

EMERGENCE_WINDOW = """
def emergence_window(k, a, c, low=0.1, high=0.9):
    def compute_at(score):
        return 0.0 if score <= 0 else np.inf if score >= 1 else (k * c / -np.log(score)) ** (1 / a)

    return compute_at(low), compute_at(high)
"""

BROKEN_LAW = """
def broken_law(x, a, b, c0, breaks):
    z = np.log(np.asarray(x, dtype=float))
    y = np.log(b) - c0 * z
    for c, d, f in breaks:
        y = y - c * f * np.logaddexp(0, (z - np.log(d)) / f)
    return a + np.exp(y)
"""

DOUBLING_MONTHS = """
def doubling_months(year, C, picks):
    x, y = np.asarray(year) - np.mean(year), np.log2(C)
    s = [np.polyfit(x[i], y[i], 1)[0] for i in picks if np.ptp(x[i]) > 0]
    slow, fast = np.quantile(s, [0.05, 0.95])
    return [12 / v if v > 0 else np.inf for v in (np.polyfit(x, y, 1)[0], fast, slow)]
"""

SHOULD_STOP = """
def should_stop(losses, patience):
    best, since = float("inf"), None
    for loss in losses:
        if loss < best:
            best, since = loss, 0
        elif since is not None:
            since += 1
    return since is not None and since >= patience
"""

CHANCE_ENOUGH = """
def chance_enough(log10_C, medians, spreads, weights):
    gap = log10_C - np.asarray(medians, dtype=float)
    s, w = np.asarray(spreads, dtype=float), np.asarray(weights, dtype=float) / 100
    if w.sum() > 1 + 1e-5:
        return float("nan"), float("nan")
    passed = np.where(s > 0, special.ndtr(gap / np.where(s > 0, s, 1)), gap >= 0)
    low = float(w @ passed)
    return low, low + max(0.0, 1 - float(w.sum()))
"""

SHAPLEY = """
def shapley(values):
    n = int(np.log2(len(values)))
    gain, orders = [0.0] * n, list(permutations(range(n)))
    for order in orders:
        mask = 0
        for i in order:
            gain[i] += (values[mask | 1 << i] - values[mask]) / len(orders)
            mask |= 1 << i
    return gain
"""

ANSWERS = [
    {
        "exercise": "window",
        "name": "bisection",
        "kind": "alternative",
        "expected": 4,
        "code": """
def emergence_window(k, a, c, low=0.1, high=0.9):
    ends = []
    for score in (low, high):
        if score == 0 or score == 1:
            ends.append(np.inf if score else 0.0)
            continue
        left, right = -2000.0, 2000.0
        for _ in range(200):
            middle = (left + right) / 2
            with np.errstate(over="ignore", under="ignore"):
                enough = np.exp(-np.exp(np.log(k * c) - a * middle)) >= score
            left, right = (left, middle) if enough else (middle, right)
        ends.append(np.exp(right))
    return ends
""",
    },
    {
        "exercise": "window",
        "name": "length of the answer forgotten",
        "kind": "wrong",
        "expected": 0,
        "code": EMERGENCE_WINDOW.replace("k * c", "c"),
    },
    {
        "exercise": "window",
        "name": "a minus lost",
        "kind": "wrong",
        "expected": 0,
        "code": EMERGENCE_WINDOW.replace("-np.log", "np.log"),
    },
    {
        "exercise": "window",
        "name": "log10 for ln",
        "kind": "wrong",
        "expected": 0,
        "code": EMERGENCE_WINDOW.replace("np.log", "np.log10"),
    },
    {
        "exercise": "window",
        "name": "probability as one minus the loss",
        "kind": "wrong",
        "expected": 0,
        "code": EMERGENCE_WINDOW.replace("k * c / -np.log(score)", "c / (1 - score ** (1 / k))"),
    },
    {
        "exercise": "window",
        "name": "exponent upside down",
        "kind": "wrong",
        "expected": 0,
        "code": EMERGENCE_WINDOW.replace("(1 / a)", "a"),
    },
    {
        "exercise": "window",
        "name": "start and end exchanged",
        "kind": "wrong",
        "expected": 0,
        "code": EMERGENCE_WINDOW.replace("(low), compute_at(high)", "(high), compute_at(low)"),
    },
    {
        "exercise": "window",
        "name": "scores of 0 and 1 clipped",
        "kind": "wrong",
        "expected": 3,
        "code": """
def emergence_window(k, a, c, low=0.1, high=0.9):
    score = np.clip([low, high], 1e-9, 1 - 1e-9)
    return tuple((k * c / -np.log(score)) ** (1 / a))
""",
    },
    {
        "exercise": "shapley",
        "name": "weighted sets",
        "kind": "alternative",
        "expected": 4,
        "code": """
def shapley(values):
    values = np.asarray(values, dtype=float)
    n = len(values).bit_length() - 1
    size = np.array([bin(m).count("1") for m in range(2**n)])
    result = np.zeros(n)
    for i in range(n):
        without = np.array([m for m in range(2**n) if not m >> i & 1])
        k = size[without]
        weight = special.factorial(k) * special.factorial(n - k - 1) / special.factorial(n)
        result[i] = np.sum(weight * (values[without | 1 << i] - values[without]))
    return result
""",
    },
    {
        "exercise": "shapley",
        "name": "equal weights for all sets",
        "kind": "wrong",
        "expected": 0,
        "code": """
def shapley(values):
    n = int(np.log2(len(values)))
    return [
        float(np.mean([values[m | 1 << i] - values[m] for m in range(2**n) if not m >> i & 1]))
        for i in range(n)
    ]
""",
    },
    {
        "exercise": "shapley",
        "name": "gain as the last",
        "kind": "wrong",
        "expected": 0,
        "code": """
def shapley(values):
    n = int(np.log2(len(values)))
    return [float(values[-1] - values[(2**n - 1) ^ (1 << i)]) for i in range(n)]
""",
    },
    {
        "exercise": "shapley",
        "name": "gain as the first",
        "kind": "wrong",
        "expected": 0,
        "code": """
def shapley(values):
    n = int(np.log2(len(values)))
    return [float(values[1 << i] - values[0]) for i in range(n)]
""",
    },
    {
        "exercise": "shapley",
        "name": "one order only",
        "kind": "wrong",
        "expected": 0,
        "code": """
def shapley(values):
    n = int(np.log2(len(values)))
    return [float(values[2 ** (i + 1) - 1] - values[2**i - 1]) for i in range(n)]
""",
    },
    {
        "exercise": "shapley",
        "name": "mean of first and last",
        "kind": "wrong",
        "expected": 0,
        "code": """
def shapley(values):
    n = int(np.log2(len(values)))
    full = 2**n - 1
    return [
        float(values[1 << i] - values[0] + values[full] - values[full ^ (1 << i)]) / 2
        for i in range(n)
    ]
""",
    },
    {
        "exercise": "shapley",
        "name": "shares of one",
        "kind": "wrong",
        "expected": 0,
        "code": """
def shapley(values):
    n = int(np.log2(len(values)))
    gain = np.zeros(n)
    for order in permutations(range(n)):
        mask = 0
        for i in order:
            gain[i] += values[mask | 1 << i] - values[mask]
            mask |= 1 << i
    return gain / gain.sum()
""",
    },
    {
        "exercise": "shapley",
        "name": "in float32",
        "kind": "alternative",
        "expected": 4,
        "code": SHAPLEY.replace(
            "    n =", "    values = np.asarray(values, dtype=np.float32)\n    n ="
        ),
    },
    {
        "exercise": "shapley",
        "name": "sign turned",
        "kind": "wrong",
        "expected": 0,
        "code": SHAPLEY.replace(
            "(values[mask | 1 << i] - values[mask])", "(values[mask] - values[mask | 1 << i])"
        ),
    },
    {
        "exercise": "shapley",
        "name": "equal parts",
        "kind": "wrong",
        "expected": 0,
        "code": SHAPLEY.replace("return gain", "return [(values[-1] - values[0]) / n] * n"),
    },
    {
        "exercise": "broken-law",
        "name": "log1p in two branches",
        "kind": "alternative",
        "expected": 4,
        "code": """
def broken_law(x, a, b, c0, breaks):
    x = np.asarray(x, dtype=float)
    total = np.log(b) - c0 * np.log(x)
    for c, d, f in breaks:
        z = np.log(x / d) / f
        total = total - c * f * (np.maximum(z, 0) + np.log1p(np.exp(-np.abs(z))))
    return np.exp(total) + a
""",
    },
    {
        "exercise": "broken-law",
        "name": "as printed, with overflow",
        "kind": "wrong",
        "expected": 2,
        "code": """
def broken_law(x, a, b, c0, breaks):
    x = np.asarray(x, dtype=float)
    y = b * x**-c0
    for c, d, f in breaks:
        y = y * (1 + (x / d) ** (1 / f)) ** (-c * f)
    return a + y
""",
    },
    {
        "exercise": "broken-law",
        "name": "f for 1/f",
        "kind": "wrong",
        "expected": 0,
        "code": BROKEN_LAW.replace("(z - np.log(d)) / f", "(z - np.log(d)) * f"),
    },
    {
        "exercise": "broken-law",
        "name": "width forgotten outside",
        "kind": "wrong",
        "expected": 0,
        "code": BROKEN_LAW.replace("c * f *", "c *"),
    },
    {
        "exercise": "broken-law",
        "name": "breaks added instead of multiplied",
        "kind": "wrong",
        "expected": 0,
        "code": """
def broken_law(x, a, b, c0, breaks):
    z = np.log(np.asarray(x, dtype=float))
    y = b * np.exp(-c0 * z)
    for c, d, f in breaks:
        y = y + np.exp(-c * f * np.logaddexp(0, (z - np.log(d)) / f))
    return a + y
""",
    },
    {
        "exercise": "broken-law",
        "name": "limit left out",
        "kind": "wrong",
        "expected": 0,
        "code": BROKEN_LAW.replace("a + np", "np"),
    },
    {
        "exercise": "broken-law",
        "name": "only the first break",
        "kind": "wrong",
        "expected": 1,
        "code": BROKEN_LAW.replace("in breaks", "in list(breaks)[:1]"),
    },
    {
        "exercise": "broken-law",
        "name": "one number at a time only",
        "kind": "wrong",
        "expected": 0,
        "code": BROKEN_LAW.replace("np.asarray(x, dtype=float)", "float(x)"),
    },
    {
        "exercise": "doubling",
        "name": "closed form for all resamples",
        "kind": "alternative",
        "expected": 4,
        "code": """
def doubling_months(year, C, picks):
    x = np.asarray(year) - np.mean(year)
    y = np.log(C) / np.log(2)

    def slopes(rows):
        a, b = x[rows], y[rows]
        a = a - a.mean(-1, keepdims=True)
        keep = (a**2).sum(-1) > 1e-12
        return ((a * b).sum(-1)[keep]) / (a**2).sum(-1)[keep]

    best = slopes(np.arange(len(x))[None])[0]
    low, high = np.quantile(slopes(np.asarray(picks)), [0.05, 0.95])
    return [12 / s if s > 0 else np.inf for s in (best, high, low)]
""",
    },
    {
        "exercise": "doubling",
        "name": "helper of its own, linregress",
        "kind": "alternative",
        "expected": 4,
        "code": """
from scipy.stats import linregress


def months(slope):
    return 12 / slope if slope > 0 else np.inf


def doubling_months(year, C, picks):
    year, y = np.asarray(year), np.log(C) / np.log(2)
    slopes = []
    for row in picks:
        if len(set(year[row])) > 1:
            slopes.append(linregress(year[row], y[row]).slope)
    return [months(linregress(year, y).slope), *map(months, np.quantile(slopes, [0.95, 0.05]))]
""",
    },
    {
        "exercise": "doubling",
        "name": "ln for log2",
        "kind": "wrong",
        "expected": 0,
        "code": DOUBLING_MONTHS.replace("np.log2", "np.log"),
    },
    {
        "exercise": "doubling",
        "name": "ends exchanged",
        "kind": "wrong",
        "expected": 0,
        "code": DOUBLING_MONTHS.replace("fast, slow)]", "slow, fast)]"),
    },
    {
        "exercise": "doubling",
        "name": "years for months",
        "kind": "wrong",
        "expected": 0,
        "code": DOUBLING_MONTHS.replace("12 /", "1 /"),
    },
    {
        "exercise": "doubling",
        "name": "middle 80 %",
        "kind": "wrong",
        "expected": 0,
        "code": DOUBLING_MONTHS.replace("[0.05, 0.95]", "[0.1, 0.9]"),
    },
    {
        "exercise": "doubling",
        "name": "quantiles of the months",
        "kind": "wrong",
        "expected": 3,
        "code": """
def doubling_months(year, C, picks):
    x, y = np.asarray(year) - np.mean(year), np.log2(C)
    s = np.array([np.polyfit(x[i], y[i], 1)[0] for i in picks if np.ptp(x[i]) > 0])
    low, high = np.quantile(12 / s, [0.05, 0.95])
    best = np.polyfit(x, y, 1)[0]
    return [12 / best if best > 0 else np.inf, low, high]
""",
    },
    {
        "exercise": "doubling",
        "name": "negative times reported",
        "kind": "wrong",
        "expected": 3,
        "code": DOUBLING_MONTHS.replace(" if v > 0 else np.inf", ""),
    },
    {
        "exercise": "doubling",
        "name": "pairs torn apart",
        "kind": "wrong",
        "expected": 0,
        "code": DOUBLING_MONTHS.replace("x[i], y[i], 1)", "x[i], y[i[::-1]], 1)"),
    },
    {
        "exercise": "doubling",
        "name": "the best estimate from the resamples",
        "kind": "wrong",
        "expected": 0,
        "code": DOUBLING_MONTHS.replace("np.polyfit(x, y, 1)[0], fast", "np.median(s), fast"),
    },
    {
        "exercise": "doubling",
        "name": "the middle 95 %",
        "kind": "wrong",
        "expected": 0,
        "code": DOUBLING_MONTHS.replace("[0.05, 0.95]", "[0.025, 0.975]"),
    },
    {
        "exercise": "doubling",
        "name": "the slope for its months",
        "kind": "wrong",
        "expected": 0,
        "code": DOUBLING_MONTHS.replace("12 / v", "v"),
    },
    {
        "exercise": "doubling",
        "name": "only resamples of a single system skipped",
        "kind": "wrong",
        "expected": 3,
        "code": DOUBLING_MONTHS.replace("np.ptp(x[i]) > 0", "len(set(i)) > 1"),
    },
    {
        "exercise": "audit-weights",
        "name": "a loop over the anchors",
        "kind": "alternative",
        "expected": 4,
        "code": """
def chance_enough(log10_C, medians, spreads, weights):
    if sum(weights) > 100.001:
        return [np.nan, np.nan]
    low = 0.0
    for m, s, w in zip(medians, spreads, weights):
        if s == 0:
            low += w / 100 if log10_C >= m else 0.0
        else:
            low += w / 100 * 0.5 * (1 + special.erf((log10_C - m) / s / 2**0.5))
    return [low, low + 1 - min(sum(weights) / 100, 1)]
""",
    },
    {
        "exercise": "audit-weights",
        "name": "weights scaled to 100 %",
        "kind": "wrong",
        "expected": 0,
        "code": """
def chance_enough(log10_C, medians, spreads, weights):
    w = np.asarray(weights, dtype=float) / np.sum(weights)
    z = (log10_C - np.asarray(medians, dtype=float)) / np.asarray(spreads, dtype=float)
    low = float(w @ special.ndtr(z))
    return low, low
""",
    },
    {
        "exercise": "audit-weights",
        "name": "mean of the medians",
        "kind": "wrong",
        "expected": 0,
        "code": """
def chance_enough(log10_C, medians, spreads, weights):
    w = np.asarray(weights, dtype=float)
    m, s = np.average(medians, weights=w), np.average(spreads, weights=w)
    low = float(special.ndtr((log10_C - m) / s))
    return low, min(1.0, low + 1 - w.sum() / 100)
""",
    },
    {
        "exercise": "audit-weights",
        "name": "chances left in per cent",
        "kind": "wrong",
        "expected": 0,
        "code": """
def chance_enough(log10_C, medians, spreads, weights):
    w = np.asarray(weights, dtype=float)
    z = (log10_C - np.asarray(medians, dtype=float)) / np.asarray(spreads, dtype=float)
    low = float(w @ special.ndtr(z))
    return low, low + 100 - w.sum()
""",
    },
    {
        "exercise": "audit-weights",
        "name": "sign inside the normal",
        "kind": "wrong",
        "expected": 0,
        "code": """
def chance_enough(log10_C, medians, spreads, weights):
    w = np.asarray(weights, dtype=float) / 100
    z = (np.asarray(medians, dtype=float) - log10_C) / np.asarray(spreads, dtype=float)
    low = float(w @ special.ndtr(z))
    return low, low + 1 - w.sum()
""",
    },
    {
        "exercise": "audit-weights",
        "name": "missing weight lost",
        "kind": "wrong",
        "expected": 0,
        "code": """
def chance_enough(log10_C, medians, spreads, weights):
    w = np.asarray(weights, dtype=float) / 100
    z = (log10_C - np.asarray(medians, dtype=float)) / np.asarray(spreads, dtype=float)
    low = float(w @ special.ndtr(z))
    return low, low
""",
    },
    {
        "exercise": "audit-weights",
        "name": "more than 100 % accepted",
        "kind": "wrong",
        "expected": 3,
        "code": """
def chance_enough(log10_C, medians, spreads, weights):
    gap = log10_C - np.asarray(medians, dtype=float)
    s, w = np.asarray(spreads, dtype=float), np.asarray(weights, dtype=float) / 100
    passed = np.where(s > 0, special.ndtr(gap / np.where(s > 0, s, 1)), gap >= 0)
    low = float(w @ passed)
    return low, low + 1 - w.sum()
""",
    },
    {
        "exercise": "audit-weights",
        "name": "a whole per cent too much accepted",
        "kind": "wrong",
        "expected": 3,
        "code": CHANCE_ENOUGH.replace("1 + 1e-5", "1.01"),
    },
    {
        "exercise": "audit-weights",
        "name": "nothing accepted for rounding",
        "kind": "wrong",
        "expected": 3,
        "code": CHANCE_ENOUGH.replace("1 + 1e-5", "1"),
    },
    {
        "exercise": "audit-weights",
        "name": "a threshold passed only beyond it",
        "kind": "wrong",
        "expected": 3,
        "code": CHANCE_ENOUGH.replace("gap >= 0", "gap > 0"),
    },
    {
        "exercise": "audit-weights",
        "name": "the two chances exchanged",
        "kind": "wrong",
        "expected": 0,
        "code": CHANCE_ENOUGH.replace(
            "return low, low + max(0.0, 1 - float(w.sum()))",
            "return low + max(0.0, 1 - float(w.sum())), low",
        ),
    },
    {
        "exercise": "early-stop",
        "name": "position of the smallest",
        "kind": "alternative",
        "expected": 4,
        "code": """
def should_stop(losses, patience):
    values = np.array(losses, dtype=float)
    if not np.isfinite(values).any():
        return False
    return len(values) - 1 - np.nanargmin(values) >= patience
""",
    },
    {
        "exercise": "early-stop",
        "name": "sentence by sentence, from the end",
        "kind": "alternative",
        "expected": 4,
        "code": """
def should_stop(losses, patience):
    known = [loss for loss in losses if loss == loss]
    if not known:
        return False
    first = losses.index(min(known))
    return len(losses[first + 1 :]) >= patience
""",
    },
    {
        "exercise": "early-stop",
        "name": "one measurement too patient",
        "kind": "wrong",
        "expected": 0,
        "code": SHOULD_STOP.replace(">= patience", "> patience"),
    },
    {
        "exercise": "early-stop",
        "name": "one measurement too hasty",
        "kind": "wrong",
        "expected": 0,
        "code": SHOULD_STOP.replace(">= patience", ">= patience - 1"),
    },
    {
        "exercise": "early-stop",
        "name": "compared with the one before",
        "kind": "wrong",
        "expected": 0,
        "code": SHOULD_STOP.replace("    return", "        best = loss\n    return"),
    },
    {
        "exercise": "early-stop",
        "name": "equals count as improvement",
        "kind": "wrong",
        "expected": 1,
        "code": SHOULD_STOP.replace("loss < best", "loss <= best"),
    },
    {
        "exercise": "early-stop",
        "name": "count never set back",
        "kind": "wrong",
        "expected": 1,
        "code": SHOULD_STOP.replace("loss, 0", "loss, since or 0"),
    },
    {
        "exercise": "early-stop",
        "name": "empty list not thought of",
        "kind": "wrong",
        "expected": 1,
        "code": """
def should_stop(losses, patience):
    return len(losses) - 1 - losses.index(min(losses)) >= patience
""",
    },
    {
        "exercise": "early-stop",
        "name": "nan left out of the count",
        "kind": "wrong",
        "expected": 1,
        "code": SHOULD_STOP.replace("is not None:", "is not None and loss == loss:"),
    },
    {
        "exercise": "early-stop",
        "name": "nan before the first improvement counted",
        "kind": "wrong",
        "expected": 1,
        "code": SHOULD_STOP.replace('float("inf"), None', 'float("inf"), 0'),
    },
    {
        "exercise": "early-stop",
        "name": "prediction from the shown pairs",
        "kind": "wrong",
        "expected": 3,
        "code": SHOULD_STOP + "PREDICTED_PATIENCE = (50, 150)",
    },
    {
        "exercise": "early-stop",
        "name": "prediction of any patience",
        "kind": "wrong",
        "expected": 2,
        "code": SHOULD_STOP + "PREDICTED_PATIENCE = (10, 600)",
    },
]
