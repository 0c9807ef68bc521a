"""Answers to the assignment `bitter_lesson`, right and wrong, and what each should earn."""

LEVEL_BUDGET = """
def level_budget(rollouts, wins, draws, games):
    rows = sorted(zip(rollouts, wins, draws, games))
    for (r0, w0, d0, g0), (r1, w1, d1, g1) in zip(rows, rows[1:]):
        low, high = (w0 + d0 / 2) / g0, (w1 + d1 / 2) / g1
        if low < 0.5 <= high:
            w = (0.5 - low) / (high - low)
            return r0 ** (1 - w) * r1**w
    return float("nan")
"""

INTERVAL_SCORE = """
def interval_score(low, high, actual, level=0.8):
    low, high, actual = (np.asarray(x, dtype=float) for x in (low, high, actual))
    missed = np.maximum(low - actual, 0) + np.maximum(actual - high, 0)
    return float(np.mean(high - low + 2 / (1 - level) * missed))
"""

YEARLY_AND_DOUBLING = """
def yearly_and_doubling(total, first, last):
    years = last - first
    if years == 0:
        return float("nan"), float("nan")
    return total ** (1 / years), 12 * years / np.log2(total) if total != 1 else float("inf")
"""

SOFTMAX_GRADIENT = """
def softmax_gradient(W, X, y, decay):
    z = X @ W
    p = np.exp(z - z.max(axis=1, keepdims=True))
    p /= p.sum(axis=1, keepdims=True)
    p[np.arange(len(y)), y] -= 1
    return X.T @ p / len(y) + decay * W
"""

ANSWERS = [
    {
        "exercise": "search-or-rule",
        "name": "lost piles in a set",
        "kind": "alternative",
        "expected": 4,
        "code": """
def winning_takes(pile, takes):
    lost = set()
    for n in range(pile):
        if not any(n - t in lost for t in takes):
            lost.add(n)
    return np.unique([t for t in takes if pile - t in lost]).astype(int)
""",
    },
    {
        "exercise": "search-or-rule",
        "name": "helper of its own, lost piles marked forwards",
        "kind": "alternative",
        "expected": 4,
        "code": """
def lost(pile, takes):
    reached = np.zeros(pile + 1, dtype=bool)
    for n in range(pile):
        if not reached[n]:
            onward = n + takes
            reached[onward[onward <= pile]] = True
    return ~reached


def winning_takes(pile, takes):
    takes = np.unique(takes)
    takes = takes[takes <= pile]
    return tuple(int(t) for t in takes[lost(pile, takes)[pile - takes]])
""",
    },
    {
        "exercise": "search-or-rule",
        "name": "rule of multiples",
        "kind": "wrong",
        "expected": 0,
        "code": """
def winning_takes(pile, takes):
    rest = pile % (max(takes) + 1)
    return [rest] if rest in takes else []
""",
    },
    {
        "exercise": "search-or-rule",
        "name": "last stone loses",
        "kind": "wrong",
        "expected": 0,
        "code": """
def winning_takes(pile, takes):
    won = [True]
    for n in range(1, pile):
        won.append(any(t <= n and not won[n - t] for t in takes))
    return sorted({t for t in takes if t <= pile and not won[pile - t]})
""",
    },
    {
        "exercise": "search-or-rule",
        "name": "piles below zero looked up from the end",
        "kind": "wrong",
        "expected": 0,
        "code": """
def winning_takes(pile, takes):
    won = np.zeros(pile + 1, dtype=bool)
    for stones in range(1, pile + 1):
        won[stones] = any(not won[stones - t] for t in takes)
    return sorted({int(t) for t in takes if t <= pile and not won[pile - t]})
""",
    },
    {
        "exercise": "search-or-rule",
        "name": "one move ahead",
        "kind": "wrong",
        "expected": 0,
        "code": """
def winning_takes(pile, takes):
    return sorted({t for t in takes if t <= pile and all(pile - t != u for u in takes)})
""",
    },
    {
        "exercise": "search-or-rule",
        "name": "only the largest winning take",
        "kind": "wrong",
        "expected": 0,
        "code": """
def winning_takes(pile, takes):
    won = []
    for n in range(pile):
        won.append(any(t <= n and not won[n - t] for t in takes))
    return [t for t in sorted(takes) if t <= pile and not won[pile - t]][-1:]
""",
    },
    {
        "exercise": "search-or-rule",
        "name": "recursion",
        "kind": "wrong",
        "expected": 3,
        "code": """
def winning_takes(pile, takes):
    known = {}

    def wins(n):
        if n not in known:
            known[n] = any(t <= n and not wins(n - t) for t in takes)
        return known[n]

    return sorted({t for t in takes if t <= pile and not wins(pile - t)})
""",
    },
    {
        "exercise": "search-or-rule",
        "name": "repetitions kept",
        "kind": "wrong",
        "expected": 3,
        "code": """
def winning_takes(pile, takes):
    won = []
    for n in range(pile):
        won.append(any(t <= n and not won[n - t] for t in takes))
    return sorted(t for t in takes if t <= pile and not won[pile - t])
""",
    },
    {
        "exercise": "level",
        "name": "np.interp between the two",
        "kind": "alternative",
        "expected": 4,
        "code": """
def level_budget(rollouts, wins, draws, games):
    rows = sorted(zip(rollouts, wins, draws, games))
    for (r0, w0, d0, g0), (r1, w1, d1, g1) in zip(rows, rows[1:]):
        low, high = (2 * w0 + d0) / (2 * g0), (2 * w1 + d1) / (2 * g1)
        if low < 0.5 and high >= 0.5:
            return 10 ** float(np.interp(0.5, [low, high], [np.log10(r0), np.log10(r1)]))
    return float("nan")
""",
    },
    {
        "exercise": "level",
        "name": "draws as lost games",
        "kind": "wrong",
        "expected": 0,
        "code": LEVEL_BUDGET.replace("(w0 + d0 / 2) / g0, (w1 + d1 / 2) / g1", "w0 / g0, w1 / g1"),
    },
    {
        "exercise": "level",
        "name": "linear in the budget",
        "kind": "wrong",
        "expected": 0,
        "code": LEVEL_BUDGET.replace("r0 ** (1 - w) * r1**w", "(1 - w) * r0 + w * r1"),
    },
    {
        "exercise": "level",
        "name": "first budget that is ahead",
        "kind": "wrong",
        "expected": 0,
        "code": """
def level_budget(rollouts, wins, draws, games):
    for r, w, d, g in sorted(zip(rollouts, wins, draws, games)):
        if (w + d / 2) / g >= 0.5:
            return float(r)
    return float("nan")
""",
    },
    {
        "exercise": "level",
        "name": "draws as wins",
        "kind": "wrong",
        "expected": 0,
        "code": LEVEL_BUDGET.replace(" / 2)", ")"),
    },
    {
        "exercise": "level",
        "name": "share of the decided games",
        "kind": "wrong",
        "expected": 0,
        "code": """
def level_budget(rollouts, wins, draws, games):
    order = np.argsort(rollouts)
    x = np.log(np.asarray(rollouts, dtype=float)[order])
    score = (np.asarray(wins) / (np.asarray(games) - np.asarray(draws)))[order]
    for i in range(len(x) - 1):
        if score[i] < 0.5 <= score[i + 1]:
            w = (0.5 - score[i]) / (score[i + 1] - score[i])
            return float(np.exp((1 - w) * x[i] + w * x[i + 1]))
    return float("nan")
""",
    },
    {
        "exercise": "level",
        "name": "extrapolates",
        "kind": "wrong",
        "expected": 3,
        "code": """
def level_budget(rollouts, wins, draws, games):
    rows = sorted(zip(rollouts, wins, draws, games))
    x = np.log([row[0] for row in rows])
    score = np.array([(row[1] + row[2] / 2) / row[3] for row in rows])
    above = score >= 0.5
    i = int(np.argmax(above)) if above.any() else len(x) - 1
    i = max(i, 1)
    w = (0.5 - score[i - 1]) / (score[i] - score[i - 1])
    return float(np.exp(x[i - 1] + w * (x[i] - x[i - 1])))
""",
    },
    {
        "exercise": "level",
        "name": "order taken for granted",
        "kind": "wrong",
        "expected": 2,
        "code": LEVEL_BUDGET.replace("sorted(", "list("),
    },
    {
        "exercise": "level",
        "name": "the last rise for the first",
        "kind": "wrong",
        "expected": 3,
        "code": """
def level_budget(rollouts, wins, draws, games):
    rows = sorted(zip(rollouts, wins, draws, games))
    found = float("nan")
    for (r0, w0, d0, g0), (r1, w1, d1, g1) in zip(rows, rows[1:]):
        low, high = (w0 + d0 / 2) / g0, (w1 + d1 / 2) / g1
        if low < 0.5 <= high:
            w = (0.5 - low) / (high - low)
            found = r0 ** (1 - w) * r1**w
    return found
""",
    },
    {
        "exercise": "level",
        "name": "a fall counted as a rise",
        "kind": "wrong",
        "expected": 3,
        "code": LEVEL_BUDGET.replace("if low < 0.5 <= high:", "if (low < 0.5) != (high < 0.5):"),
    },
    {
        "exercise": "level",
        "name": "one half at the lower end accepted",
        "kind": "wrong",
        "expected": 3,
        "code": LEVEL_BUDGET.replace("low < 0.5 <= high", "low <= 0.5 <= high and low < high"),
    },
    {
        "exercise": "level",
        "name": "above one half only",
        "kind": "wrong",
        "expected": 3,
        "code": LEVEL_BUDGET.replace("low < 0.5 <= high", "low <= 0.5 < high"),
    },
    {
        "exercise": "level",
        "name": "last budget that is behind",
        "kind": "wrong",
        "expected": 0,
        "code": LEVEL_BUDGET.replace("r0 ** (1 - w) * r1**w", "r0 + 0.0"),
    },
    {
        "exercise": "level",
        "name": "halfway between the neighbours",
        "kind": "wrong",
        "expected": 0,
        "code": LEVEL_BUDGET.replace("(0.5 - low) / (high - low)", "0.5"),
    },
    {
        "exercise": "level",
        "name": "weights of the neighbours exchanged",
        "kind": "wrong",
        "expected": 0,
        "code": LEVEL_BUDGET.replace("r0 ** (1 - w) * r1**w", "r1 ** (1 - w) * r0**w"),
    },
    {
        "exercise": "level",
        "name": "the logarithm of the budget",
        "kind": "wrong",
        "expected": 0,
        "code": LEVEL_BUDGET.replace("r0 ** (1 - w) * r1**w", "np.log2(r0 ** (1 - w) * r1**w)"),
    },
    {
        "exercise": "crossover",
        "name": "root of the quadratic",
        "kind": "alternative",
        "expected": 4,
        "code": """
def first_win(sigma2, b, p, q):
    if not b:
        return float("nan")
    s, bb = sigma2 / b**2, 1.0
    # (n - p - 1)(n - q - 1) + (s + 1) q (n - p - 1) - s p (n - q - 1) > 0
    one = -(p + q + 2) + (s + 1) * q - s * p
    zero = (p + 1) * (q + 1) - (s + 1) * q * (p + 1) + s * p * (q + 1)
    root = (-one + (one**2 - 4 * zero) ** 0.5) / 2
    n = max(int(root) - 2, p + 2)
    while s * p / (n - p - 1) >= bb + (s + bb) * q / (n - q - 1):
        n += 1
    return n
""",
    },
    {
        "exercise": "crossover",
        "name": "helpers of its own, exact fractions",
        "kind": "alternative",
        "expected": 4,
        "code": """
from fractions import Fraction


def general(n, sigma2, p):
    return sigma2 * p / (n - p - 1)


def knowing(n, sigma2, b2, q):
    return b2 + (sigma2 + b2) * q / (n - q - 1)


def first_win(sigma2, b, p, q):
    if b == 0:
        return np.nan
    sigma2, b2 = Fraction(sigma2), Fraction(b) ** 2
    behind, ahead = p + 1, p + 2
    while general(ahead, sigma2, p) >= knowing(ahead, sigma2, b2, q):
        behind, ahead = ahead, 2 * ahead
    while ahead - behind > 1:
        n = (behind + ahead) // 2
        if general(n, sigma2, p) < knowing(n, sigma2, b2, q):
            ahead = n
        else:
            behind = n
    return np.int64(ahead)
""",
    },
    {
        "exercise": "crossover",
        "name": "approximation for large n",
        "kind": "wrong",
        "expected": 0,
        "code": """
def first_win(sigma2, b, p, q):
    return round(sigma2 * (p - q) / b**2) if b else float("nan")
""",
    },
    {
        "exercise": "crossover",
        "name": "a variance squared",
        "kind": "wrong",
        "expected": 0,
        "code": """
def first_win(sigma2, b, p, q):
    if b == 0:
        return float("nan")
    n, s = p + 2, sigma2**2
    while s * p / (n - p - 1) >= b**2 + (s + b**2) * q / (n - q - 1) and n < 10**5:
        n += 1
    return n
""",
    },
    {
        "exercise": "crossover",
        "name": "b not squared",
        "kind": "wrong",
        "expected": 0,
        "code": """
def first_win(sigma2, b, p, q):
    if b == 0:
        return float("nan")
    n = p + 2
    while sigma2 * p / (n - p - 1) >= b + (sigma2 + b) * q / (n - q - 1) and n < 10**5:
        n += 1
    return n
""",
    },
    {
        "exercise": "crossover",
        "name": "bias left out of the knowing learner's noise",
        "kind": "wrong",
        "expected": 0,
        "code": """
def first_win(sigma2, b, p, q):
    if b == 0:
        return float("nan")
    n = p + 2
    while sigma2 * p / (n - p) >= b**2 + sigma2 * q / (n - q) and n < 10**5:
        n += 1
    return n
""",
    },
    {
        "exercise": "crossover",
        "name": "one too late",
        "kind": "wrong",
        "expected": 0,
        "code": """
def first_win(sigma2, b, p, q):
    if b == 0:
        return float("nan")
    n = p + 2
    while sigma2 * p / (n - p - 1) >= b**2 + (sigma2 + b**2) * q / (n - q - 1) and n < 10**5:
        n += 1
    return n + 1
""",
    },
    {
        "exercise": "crossover",
        "name": "p and q exchanged",
        "kind": "wrong",
        "expected": 0,
        "code": """
def first_win(sigma2, b, p, q):
    if b == 0:
        return float("nan")
    n = p + 2
    while sigma2 * q / (n - q - 1) >= b**2 + (sigma2 + b**2) * p / (n - p - 1) and n < 10**5:
        n += 1
    return n
""",
    },
    {
        "exercise": "crossover",
        "name": "search given up at a million",
        "kind": "wrong",
        "expected": 3,
        "code": """
def first_win(sigma2, b, p, q):
    for n in range(p + 2, 10**6):
        if sigma2 * p / (n - p - 1) < b**2 + (sigma2 + b**2) * q / (n - q - 1):
            return n
    return float("nan")
""",
    },
    {
        "exercise": "interval-score",
        "name": "case by case",
        "kind": "alternative",
        "expected": 4,
        "code": """
def interval_score(low, high, actual, level=0.8):
    low, high, actual = np.broadcast_arrays(low, high, actual)
    scores = []
    for l, u, x in zip(low, high, actual):
        penalty = l - x if x < l else x - u if x > u else 0.0
        scores.append(u - l + penalty * 2 / (1 - level))
    return np.mean(scores)
""",
    },
    {
        "exercise": "interval-score",
        "name": "helper of its own: two quantile losses a forecast",
        "kind": "alternative",
        "expected": 4,
        "code": """
def score(l, u, x, alpha):
    lower = (x - l) * alpha / 2 if x >= l else (l - x) * (1 - alpha / 2)
    upper = (x - u) * (1 - alpha / 2) if x >= u else (u - x) * alpha / 2
    return 2 / alpha * (lower + upper)


def interval_score(low, high, actual, level=0.8):
    rows = np.broadcast(low, high, actual)
    return sum(score(*row, 1 - level) for row in rows) / len(actual)
""",
    },
    {
        "exercise": "interval-score",
        "name": "level for its complement",
        "kind": "wrong",
        "expected": 0,
        "code": INTERVAL_SCORE.replace("(1 - level)", "level"),
    },
    {
        "exercise": "interval-score",
        "name": "width only",
        "kind": "wrong",
        "expected": 0,
        "code": """
def interval_score(low, high, actual, level=0.8):
    return float(np.mean(np.asarray(high, dtype=float) - low + 0 * np.asarray(actual)))
""",
    },
    {
        "exercise": "interval-score",
        "name": "sum for mean",
        "kind": "wrong",
        "expected": 0,
        "code": INTERVAL_SCORE.replace("np.mean", "np.sum"),
    },
    {
        "exercise": "interval-score",
        "name": "the two is missing",
        "kind": "wrong",
        "expected": 0,
        "code": INTERVAL_SCORE.replace("2 / (1 - level)", "1 / (1 - level)"),
    },
    {
        "exercise": "interval-score",
        "name": "misses below forgotten",
        "kind": "wrong",
        "expected": 0,
        "code": INTERVAL_SCORE.replace("np.maximum(low - actual, 0) + ", ""),
    },
    {
        "exercise": "interval-score",
        "name": "averages before it scores",
        "kind": "wrong",
        "expected": 0,
        "code": """
def interval_score(low, high, actual, level=0.8):
    low, high, actual = (float(np.mean(np.asarray(x, dtype=float))) for x in (low, high, actual))
    missed = max(low - actual, 0) + max(actual - high, 0)
    return high - low + 2 / (1 - level) * missed
""",
    },
    {
        "exercise": "interval-score",
        "name": "the scores instead of their mean",
        "kind": "wrong",
        "expected": 0,
        "code": INTERVAL_SCORE.replace(
            "float(np.mean(high - low + 2 / (1 - level) * missed))",
            "high - low + 2 / (1 - level) * missed",
        ),
    },
    {
        "exercise": "interval-score",
        "name": "every miss costs the same",
        "kind": "wrong",
        "expected": 0,
        "code": INTERVAL_SCORE.replace(" * missed", " * (missed > 0)"),
    },
    {
        "exercise": "interval-score",
        "name": "misses squared",
        "kind": "wrong",
        "expected": 0,
        "code": INTERVAL_SCORE.replace(" * missed", " * missed**2"),
    },
    {
        "exercise": "interval-score",
        "name": "median for mean",
        "kind": "wrong",
        "expected": 0,
        "code": INTERVAL_SCORE.replace("np.mean", "np.median"),
    },
    {
        "exercise": "interval-score",
        "name": "the factor of 80 % for every level",
        "kind": "wrong",
        "expected": 0,
        "code": INTERVAL_SCORE.replace("2 / (1 - level)", "10"),
    },
    {
        "exercise": "interval-score",
        "name": "single numbers not thought of",
        "kind": "wrong",
        "expected": 2,
        "code": INTERVAL_SCORE.replace("float(np.mean(", "float(1 / len(low) * np.sum("),
    },
    {
        "exercise": "interval-score",
        "name": "in float32",
        "kind": "alternative",
        "expected": 4,
        "code": INTERVAL_SCORE.replace("dtype=float", "dtype=np.float32").replace(
            "float(np.mean", "(np.mean"
        ),
    },
    {
        "exercise": "audit-growth",
        "name": "through logarithms",
        "kind": "alternative",
        "expected": 4,
        "code": """
def yearly_and_doubling(total, first, last):
    if last == first:
        return np.array([np.nan, np.nan])
    rate = np.log(total) / (last - first)
    return [np.exp(rate), 12 * np.log(2) / rate if rate != 0 else np.inf]
""",
    },
    {
        "exercise": "audit-growth",
        "name": "divided by the years",
        "kind": "wrong",
        "expected": 0,
        "code": """
def yearly_and_doubling(total, first, last):
    if last == first:
        return float("nan"), float("nan")
    yearly = total / (last - first)
    return yearly, 12 * np.log(2) / np.log(yearly)
""",
    },
    {
        "exercise": "audit-growth",
        "name": "counts both end years",
        "kind": "wrong",
        "expected": 0,
        "code": """
def yearly_and_doubling(total, first, last):
    years = last - first + 1
    return total ** (1 / years), 12 * years / np.log2(total)
""",
    },
    {
        "exercise": "audit-growth",
        "name": "ln for log2",
        "kind": "wrong",
        "expected": 0,
        "code": YEARLY_AND_DOUBLING.replace("np.log2", "np.log"),
    },
    {
        "exercise": "audit-growth",
        "name": "doubling in years",
        "kind": "wrong",
        "expected": 0,
        "code": YEARLY_AND_DOUBLING.replace("12 * years", "years"),
    },
    {
        "exercise": "audit-growth",
        "name": "sign of a decline lost",
        "kind": "wrong",
        "expected": 3,
        "code": YEARLY_AND_DOUBLING.replace(
            "12 * years / np.log2(total)", "abs(12 * years / np.log2(total))"
        ),
    },
    {
        "exercise": "audit-growth",
        "name": "standstill not caught",
        "kind": "wrong",
        "expected": 3,
        "code": """
def yearly_and_doubling(total, first, last):
    years = last - first
    if years == 0:
        return float("nan"), float("nan")
    return total ** (1 / years), 12 * years / float(np.log2(total)).__float__()
""",
    },
    {
        "exercise": "learn-digits",
        "name": "one example at a time",
        "kind": "alternative",
        "expected": 4,
        "code": """
def softmax_gradient(W, X, y, decay):
    total = np.zeros(W.shape)
    for x, right in zip(X, y):
        z = x @ W
        p = np.exp(z - np.max(z))
        p = p / np.sum(p)
        p[right] -= 1
        total += np.outer(x, p)
    return total / len(X) + decay * W
""",
    },
    {
        "exercise": "learn-digits",
        "name": "one-hot table, logarithms, as a list",
        "kind": "alternative",
        "expected": 4,
        "code": """
def softmax_gradient(W, X, y, decay):
    z = X @ W
    z = z - z.max(axis=1)[:, None]
    log_p = z - np.log(np.exp(z).sum(axis=1))[:, None]
    right = np.eye(W.shape[1])[y]
    slopes = np.einsum("ip,ij->pj", X, np.exp(log_p) - right) / len(X)
    return (slopes + decay * W).tolist()
""",
    },
    {
        "exercise": "learn-digits",
        "name": "downhill instead of uphill",
        "kind": "wrong",
        "expected": 0,
        "code": SOFTMAX_GRADIENT.replace("X.T @ p / len(y) + decay", "-X.T @ p / len(y) - decay"),
    },
    {
        "exercise": "learn-digits",
        "name": "sum over the batch",
        "kind": "wrong",
        "expected": 0,
        "code": SOFTMAX_GRADIENT.replace(" / len(y)", ""),
    },
    {
        "exercise": "learn-digits",
        "name": "right class forgotten",
        "kind": "wrong",
        "expected": 0,
        "code": SOFTMAX_GRADIENT.replace("    p[np.arange(len(y)), y] -= 1\n", ""),
    },
    {
        "exercise": "learn-digits",
        "name": "probabilities along the wrong axis",
        "kind": "wrong",
        "expected": 0,
        "code": SOFTMAX_GRADIENT.replace("axis=1", "axis=0"),
    },
    {
        "exercise": "learn-digits",
        "name": "decay forgotten",
        "kind": "wrong",
        "expected": 0,
        "code": SOFTMAX_GRADIENT.replace(" + decay * W", ""),
    },
    {
        "exercise": "learn-digits",
        "name": "decay twice",
        "kind": "wrong",
        "expected": 0,
        "code": SOFTMAX_GRADIENT.replace("+ decay", "+ 2 * decay"),
    },
    {
        "exercise": "learn-digits",
        "name": "product the wrong way round",
        "kind": "wrong",
        "expected": 0,
        "code": SOFTMAX_GRADIENT.replace("X.T @ p", "p.T @ X"),
    },
    {
        "exercise": "learn-digits",
        "name": "overflow at large z",
        "kind": "wrong",
        "expected": 1,
        "code": SOFTMAX_GRADIENT.replace("z - z.max(axis=1, keepdims=True)", "z"),
    },
    {
        "exercise": "learn-digits",
        "name": "prediction far too low",
        "kind": "wrong",
        "expected": 3,
        "code": SOFTMAX_GRADIENT + "PREDICTED_IMAGES = (20, 80)",
    },
    {
        "exercise": "learn-digits",
        "name": "prediction as wide as the race",
        "kind": "wrong",
        "expected": 2,
        "code": SOFTMAX_GRADIENT + "PREDICTED_IMAGES = (50, 1600)",
    },
    {
        "exercise": "learn-digits",
        "name": "prediction of one number",
        "kind": "wrong",
        "expected": 2,
        "code": SOFTMAX_GRADIENT + "PREDICTED_IMAGES = 400",
    },
]
