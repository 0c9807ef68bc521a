"""Answers to the assignment `data_limits`, right and wrong, and what each should earn."""

EXHAUSTION_DATES = """
def exhaustion_dates(stock, stock_growth, demand, demand_growth, start=2024.0):
    S, a, D, b = (np.asarray(v, dtype=float) for v in (stock, stock_growth, demand, demand_growth))
    date = np.where(b > a, start + np.log(S / D) / np.log(np.maximum(b / a, 1.0001)), np.inf)
    date[D >= S] = start
    return tuple(np.quantile(date, [0.05, 0.5, 0.95], method="inverted_cdf"))
"""

CAPPED_RUN = """
def capped_run(C, unique, E, A, B, alpha, beta):
    G = (alpha * A / (beta * B)) ** (1 / (alpha + beta))
    D = min((C / 6) ** (alpha / (alpha + beta)) / G, unique)
    N = C / 6 / D
    return N, D, E + A / N**alpha + B / D**beta
"""

COLLAPSE = """
def collapse(z, keep_all):
    data, sigmas = np.asarray(z[0], dtype=float), []
    for g in range(len(z)):
        if g > 0:
            new = mu + sigma * np.asarray(z[g])
            data = np.concatenate([data, new]) if keep_all else new
        mu, sigma = np.mean(data), np.std(data)
        sigmas.append(float(sigma))
    return sigmas
"""

KEEP_CHECKED = """
def keep_checked(answers, samples, a, b, modulus):
    answers, samples = np.asarray(answers), np.asarray(samples)
    value = samples @ 10 ** np.arange(samples.shape[-1])
    accepted = (value - np.asarray(a) - np.asarray(b)) % modulus == 0
    first = samples[accepted.argmax(axis=0), np.arange(len(answers))]
    new = (answers[:, 0] < 0) & accepted.any(axis=0)
    return np.where(new[:, None], first, answers)
"""

WHAT_MOVED = """
def what_moved(old, new):
    def wait(v):
        if v[2] >= v[0]:
            return 0.0
        return np.log(v[0] / v[2]) / np.log(v[3] / v[1]) if v[3] > v[1] else np.inf

    trials = [[*old[:i], new[i], *old[i + 1 :]] for i in range(4)]
    return [wait(t) - wait(old) for t in [*trials, new]]
"""

EFFECTIVE_TOKENS = """
def effective_tokens(unique, total, r_star):
    total = np.asarray(total, dtype=float)
    again = np.maximum(total / unique - 1, 0)
    if r_star == 0:
        again = 0 * again
    elif r_star < np.inf:
        again = -r_star * np.expm1(-again / r_star)
    return np.minimum(total, unique) + unique * again
"""

ANSWERS = [
    {
        "exercise": "exhaustion",
        "name": "a loop over the draws",
        "kind": "alternative",
        "expected": 4,
        "code": """
def exhaustion_dates(stock, stock_growth, demand, demand_growth, start=2024.0):
    dates = []
    for S, a, D, b in zip(stock, stock_growth, demand, demand_growth):
        if D >= S:
            dates.append(start)
        elif b <= a:
            dates.append(float("inf"))
        else:
            dates.append(start + np.log10(S / D) / (np.log10(b) - np.log10(a)))
    dates.sort()
    n = len(dates)
    return [dates[int(np.ceil(n * q - 1e-9)) - 1] for q in (0.05, 0.5, 0.95)]
""",
    },
    {
        "exercise": "exhaustion",
        "name": "mean inputs first",
        "kind": "wrong",
        "expected": 0,
        "code": """
def exhaustion_dates(stock, stock_growth, demand, demand_growth, start=2024.0):
    S, a, D, b = (np.mean(v) for v in (stock, stock_growth, demand, demand_growth))
    if D >= S:
        return start, start, start
    t = start + np.log(S / D) / np.log(b / a) if b > a else np.inf
    return t, t, t
""",
    },
    {
        "exercise": "exhaustion",
        "name": "growth of the stock ignored",
        "kind": "wrong",
        "expected": 0,
        "code": """
def exhaustion_dates(stock, stock_growth, demand, demand_growth, start=2024.0):
    S, D, b = (np.asarray(v, dtype=float) for v in (stock, demand, demand_growth))
    with np.errstate(divide="ignore"):
        date = start + np.maximum(np.log(S / D), 0) / np.log(b)
    return tuple(np.quantile(date, [0.05, 0.5, 0.95], method="inverted_cdf"))
""",
    },
    {
        "exercise": "exhaustion",
        "name": "log10 above, ln below",
        "kind": "wrong",
        "expected": 0,
        "code": EXHAUSTION_DATES.replace("np.log(S", "np.log10(S"),
    },
    {
        "exercise": "exhaustion",
        "name": "logarithm of the difference",
        "kind": "wrong",
        "expected": 0,
        "code": EXHAUSTION_DATES.replace(
            "np.maximum(b / a, 1.0001)", "1 + np.maximum(b - a, 1e-4)"
        ),
    },
    {
        "exercise": "exhaustion",
        "name": "draws that never get there dropped",
        "kind": "wrong",
        "expected": 2,
        "code": """
def exhaustion_dates(stock, stock_growth, demand, demand_growth, start=2024.0):
    S, a, D, b = (np.asarray(v, dtype=float) for v in (stock, stock_growth, demand, demand_growth))
    keep = (b > a) | (D >= S)
    date = start + np.maximum(np.log(S / D), 0)[keep] / np.log(np.maximum(b / a, 1.0001))[keep]
    return tuple(np.quantile(date, [0.05, 0.5, 0.95], method="inverted_cdf"))
""",
    },
    {
        "exercise": "exhaustion",
        "name": "dates before the start",
        "kind": "wrong",
        "expected": 2,
        "code": EXHAUSTION_DATES.replace("    date[D >= S] = start\n", ""),
    },
    {
        "exercise": "exhaustion",
        "name": "quantiles that interpolate",
        "kind": "wrong",
        "expected": 0,
        "code": EXHAUSTION_DATES.replace(', method="inverted_cdf"', ""),
    },
    {
        "exercise": "exhaustion",
        "name": "exhausted only where the demand outgrows the stock",
        "kind": "wrong",
        "expected": 2,
        "code": EXHAUSTION_DATES.replace("D >= S]", "(D >= S) & (b > a)]"),
    },
    {
        "exercise": "exhaustion",
        "name": "a demand that equals the stock goes on",
        "kind": "wrong",
        "expected": 3,
        "code": EXHAUSTION_DATES.replace("D >= S", "D > S"),
    },
    {
        "exercise": "exhaustion",
        "name": "waiting times for dates",
        "kind": "wrong",
        "expected": 0,
        "code": EXHAUSTION_DATES.replace("start + np.log", "np.log"),
    },
    {
        "exercise": "exhaustion",
        "name": "2024 for any start",
        "kind": "wrong",
        "expected": 1,
        "code": EXHAUSTION_DATES.replace("start + np.log", "2024 + np.log"),
    },
    {
        "exercise": "capped",
        "name": "search over N",
        "kind": "alternative",
        "expected": 4,
        "code": """
def capped_run(C, unique, E, A, B, alpha, beta):
    def loss(x):
        return A * np.exp(-alpha * x) + B * np.exp(-beta * (np.log(C / 6) - x))

    low = max(0.0, np.log(C / 6) - np.log(unique)) if unique < np.inf else 0.0
    high = np.log(C / 6)
    for _ in range(300):
        one, two = low + (high - low) * 0.382, low + (high - low) * 0.618
        low, high = (low, two) if loss(one) < loss(two) else (one, high)
    N = np.exp(low)
    return N, C / 6 / N, E + loss(low)
""",
    },
    {
        "exercise": "capped",
        "name": "budget left unspent",
        "kind": "wrong",
        "expected": 0,
        "code": """
def capped_run(C, unique, E, A, B, alpha, beta):
    G = (alpha * A / (beta * B)) ** (1 / (alpha + beta))
    N = G * (C / 6) ** (beta / (alpha + beta))
    D = min(C / 6 / N, unique)
    return N, D, E + A / N**alpha + B / D**beta
""",
    },
    {
        "exercise": "capped",
        "name": "no wall",
        "kind": "wrong",
        "expected": 0,
        "code": CAPPED_RUN.replace(", unique)", ", np.inf)"),
    },
    {
        "exercise": "capped",
        "name": "off by 6",
        "kind": "wrong",
        "expected": 0,
        "code": CAPPED_RUN.replace("C / 6", "C"),
    },
    {
        "exercise": "capped",
        "name": "N and D swapped",
        "kind": "wrong",
        "expected": 0,
        "code": CAPPED_RUN.replace(
            "(C / 6) ** (alpha / (alpha + beta)) / G", "G * (C / 6) ** (beta / (alpha + beta))"
        ),
    },
    {
        "exercise": "capped",
        "name": "E omitted",
        "kind": "wrong",
        "expected": 0,
        "code": CAPPED_RUN.replace("E + ", ""),
    },
    {
        "exercise": "capped",
        "name": "twenty tokens per parameter below the wall",
        "kind": "wrong",
        "expected": 0,
        "code": CAPPED_RUN.replace(
            "(C / 6) ** (alpha / (alpha + beta)) / G", "np.sqrt(C / 6 * 20)"
        ),
    },
    {
        "exercise": "capped",
        "name": "all tokens read below the wall",
        "kind": "wrong",
        "expected": 1,
        "code": CAPPED_RUN.replace(
            "    N = C", "    D = unique if unique < np.inf else D\n    N = C"
        ),
    },
    {
        "exercise": "effective-data",
        "name": "pieces",
        "kind": "alternative",
        "expected": 4,
        "code": """
def effective_tokens(unique, total, r_star):
    def one(t):
        if t <= unique or r_star == float("inf"):
            return float(t)
        if r_star == 0:
            return float(unique)
        x = (t / unique - 1) / r_star
        decay = x * (1 - x / 2 * (1 - x / 3)) if x < 1e-5 else 1 - np.exp(-x)
        return float(unique * (1 + r_star * decay))

    return one(total) if np.ndim(total) == 0 else np.array([one(t) for t in total])
""",
    },
    {
        "exercise": "effective-data",
        "name": "helper of its own, one number at a time",
        "kind": "alternative",
        "expected": 4,
        "code": """
def worth(repetitions, r_star):
    if r_star == 0:
        return 0.0
    return repetitions if r_star == np.inf else -r_star * np.expm1(-repetitions / r_star)


def effective_tokens(unique, total, r_star):
    if np.ndim(total):
        return [effective_tokens(unique, part, r_star) for part in total]
    return total if total < unique else unique * (1 + worth(total / unique - 1, r_star))
""",
    },
    {
        "exercise": "effective-data",
        "name": "epochs for repetitions",
        "kind": "wrong",
        "expected": 0,
        "code": """
def effective_tokens(unique, total, r_star):
    total = np.asarray(total, dtype=float)
    worth = unique + unique * r_star * -np.expm1(-total / unique / r_star)
    return np.where(total <= unique, total, worth)
""",
    },
    {
        "exercise": "effective-data",
        "name": "first reading left out",
        "kind": "wrong",
        "expected": 0,
        "code": """
def effective_tokens(unique, total, r_star):
    total = np.asarray(total, dtype=float)
    worth = unique * r_star * -np.expm1(-(total / unique - 1) / r_star)
    return np.where(total < unique, total, worth)
""",
    },
    {
        "exercise": "effective-data",
        "name": "nothing but the repetitions",
        "kind": "wrong",
        "expected": 0,
        "code": EFFECTIVE_TOKENS.replace("np.minimum(total, unique) + ", ""),
    },
    {
        "exercise": "effective-data",
        "name": "half-life",
        "kind": "wrong",
        "expected": 0,
        "code": """
def effective_tokens(unique, total, r_star):
    total = np.asarray(total, dtype=float)
    worth = unique + unique * r_star * (1 - 2.0 ** (-(total / unique - 1) / r_star))
    return np.where(total <= unique, total, worth)
""",
    },
    {
        "exercise": "effective-data",
        "name": "part of an epoch scored as a whole",
        "kind": "wrong",
        "expected": 0,
        "code": """
def effective_tokens(unique, total, r_star):
    again = np.maximum(np.asarray(total, dtype=float) / unique - 1, 0)
    return unique - unique * r_star * np.expm1(-again / r_star)
""",
    },
    {
        "exercise": "effective-data",
        "name": "repetitions rounded down",
        "kind": "wrong",
        "expected": 0,
        "code": """
def effective_tokens(unique, total, r_star):
    total = np.asarray(total, dtype=float)
    again = np.floor(np.maximum(total / unique - 1, 0))
    return np.minimum(total, unique) - unique * r_star * np.expm1(-again / r_star)
""",
    },
    {
        "exercise": "effective-data",
        "name": "digits lost",
        "kind": "wrong",
        "expected": 2,
        "code": """
def effective_tokens(unique, total, r_star):
    total = np.asarray(total, dtype=float)
    if r_star == 0 or np.isinf(r_star):
        return np.minimum(total, unique) if r_star == 0 else total
    again = np.maximum(total / unique - 1, 0)
    return np.minimum(total, unique) + unique * r_star * (1 - np.exp(-again / r_star))
""",
    },
    {
        "exercise": "effective-data",
        "name": "in float32",
        "kind": "alternative",
        "expected": 4,
        "code": EFFECTIVE_TOKENS.replace("dtype=float", "dtype=np.float32"),
    },
    {
        "exercise": "collapse",
        "name": "generations in a list",
        "kind": "alternative",
        "expected": 4,
        "code": """
def collapse(z, keep_all):
    generations = [np.array(z[0], dtype=float)]
    sigmas = []
    for g in range(len(z)):
        seen = np.hstack(generations if keep_all else generations[-1:])
        mu, sigma = seen.mean(), np.sqrt(np.mean((seen - seen.mean()) ** 2))
        sigmas.append(sigma)
        if g + 1 < len(z):
            generations.append(mu + sigma * np.array(z[g + 1]))
    return np.array(sigmas)
""",
    },
    {
        "exercise": "collapse",
        "name": "sample standard deviation",
        "kind": "wrong",
        "expected": 0,
        "code": COLLAPSE.replace("np.std(data)", "np.std(data, ddof=1)"),
    },
    {
        "exercise": "collapse",
        "name": "new data always from the real fit",
        "kind": "wrong",
        "expected": 0,
        "code": """
def collapse(z, keep_all):
    z = np.asarray(z, dtype=float)
    mu, sigma = np.mean(z[0]), np.std(z[0])
    data, sigmas = z[0], [float(sigma)]
    for row in z[1:]:
        new = mu + sigma * row
        data = np.concatenate([data, new]) if keep_all else new
        sigmas.append(float(np.std(data)))
    return sigmas
""",
    },
    {
        "exercise": "collapse",
        "name": "fits to the raw numbers",
        "kind": "wrong",
        "expected": 0,
        "code": """
def collapse(z, keep_all):
    z = np.asarray(z, dtype=float)
    return [float(np.std(z[: g + 1] if keep_all else z[g])) for g in range(len(z))]
""",
    },
    {
        "exercise": "collapse",
        "name": "regimes exchanged",
        "kind": "wrong",
        "expected": 0,
        "code": COLLAPSE.replace("if keep_all", "if not keep_all"),
    },
    {
        "exercise": "collapse",
        "name": "made from the row that was fitted before",
        "kind": "wrong",
        "expected": 0,
        "code": COLLAPSE.replace("z[g])", "z[g - 1])"),
    },
    {
        "exercise": "collapse",
        "name": "mean not passed on",
        "kind": "wrong",
        "expected": 0,
        "code": COLLAPSE.replace("mu + sigma", "sigma"),
    },
    {
        "exercise": "collapse",
        "name": "variance reported",
        "kind": "wrong",
        "expected": 0,
        "code": COLLAPSE.replace("float(sigma)", "float(sigma) ** 2"),
    },
    {
        "exercise": "own-answers",
        "name": "problem by problem",
        "kind": "alternative",
        "expected": 4,
        "code": """
def keep_checked(answers, samples, a, b, modulus):
    kept = [list(row) for row in answers]
    for i, row in enumerate(kept):
        if row[0] >= 0:
            continue
        for sample in samples:
            value = sum(int(d) * 10**place for place, d in enumerate(sample[i]))
            if (value - int(a[i]) - int(b[i])) % modulus == 0:
                kept[i] = [int(d) for d in sample[i]]
                break
    return np.array(kept)
""",
    },
    {
        "exercise": "own-answers",
        "name": "from the last sample to the first",
        "kind": "alternative",
        "expected": 4,
        "code": """
def keep_checked(answers, samples, a, b, modulus):
    old = np.array(answers)
    kept, want = old.copy(), np.add(a, b)
    for sample in np.array(samples)[::-1]:
        value = sum(sample[:, place] * 10**place for place in range(sample.shape[1]))
        fine = np.mod(value, modulus) == np.mod(want, modulus)
        kept[fine & (old[:, 0] == -1)] = sample[fine & (old[:, 0] == -1)]
    return kept
""",
    },
    {
        "exercise": "own-answers",
        "name": "hundreds first",
        "kind": "wrong",
        "expected": 0,
        "code": KEEP_CHECKED.replace("shape[-1])", "shape[-1])[::-1]"),
    },
    {
        "exercise": "own-answers",
        "name": "exact whatever the modulus",
        "kind": "wrong",
        "expected": 0,
        "code": KEEP_CHECKED.replace("% modulus == 0", "== 0"),
    },
    {
        "exercise": "own-answers",
        "name": "none accepted, the first taken",
        "kind": "wrong",
        "expected": 0,
        "code": KEEP_CHECKED.replace(" & accepted.any(axis=0)", ""),
    },
    {
        "exercise": "own-answers",
        "name": "what is there is replaced",
        "kind": "wrong",
        "expected": 0,
        "code": KEEP_CHECKED.replace("(answers[:, 0] < 0) & ", ""),
    },
    {
        "exercise": "own-answers",
        "name": "the last that is accepted",
        "kind": "wrong",
        "expected": 0,
        "code": """
def keep_checked(answers, samples, a, b, modulus):
    kept, samples = np.array(answers), np.asarray(samples)
    empty = kept[:, 0] < 0
    for sample in samples:
        value = sample @ 10 ** np.arange(samples.shape[-1])
        fine = empty & ((value - np.asarray(a) - np.asarray(b)) % modulus == 0)
        kept[fine] = sample[fine]
    return kept
""",
    },
    {
        "exercise": "own-answers",
        "name": "three digits taken for granted",
        "kind": "wrong",
        "expected": 2,
        "code": KEEP_CHECKED.replace(
            "samples @ 10 ** np.arange(samples.shape[-1])",
            "samples[..., 0] + 10 * samples[..., 1] + 100 * samples[..., 2]",
        ),
    },
    {
        "exercise": "own-answers",
        "name": "expects no more than before",
        "kind": "wrong",
        "expected": 3,
        "code": KEEP_CHECKED + "PREDICTED_LAST_DIGIT = (0.1, 0.2)",
    },
    {
        "exercise": "audit-vintages",
        "name": "array of trials",
        "kind": "alternative",
        "expected": 4,
        "code": """
def what_moved(old, new):
    trials = np.tile(np.asarray(old, dtype=float), (6, 1))
    for i in range(4):
        trials[i, i] = new[i]
    trials[4] = new
    S, a, D, b = trials.T
    with np.errstate(divide="ignore", invalid="ignore"):
        wait = np.where(b > a, np.log(S / D) / (np.log(b) - np.log(a)), np.inf)
    wait = np.where(D >= S, 0.0, wait)
    return wait[:5] - wait[5]
""",
    },
    {
        "exercise": "audit-vintages",
        "name": "inputs replaced one after another",
        "kind": "wrong",
        "expected": 0,
        "code": """
def what_moved(old, new):
    def wait(v):
        if v[2] >= v[0]:
            return 0.0
        return np.log(v[0] / v[2]) / np.log(v[3] / v[1]) if v[3] > v[1] else np.inf

    trial, shifts = list(old), []
    for i in range(4):
        before = wait(trial)
        trial[i] = new[i]
        shifts.append(wait(trial) - before)
    return [*shifts, wait(new) - wait(old)]
""",
    },
    {
        "exercise": "audit-vintages",
        "name": "sum for all together",
        "kind": "wrong",
        "expected": 0,
        "code": """
def what_moved(old, new):
    def wait(v):
        if v[2] >= v[0]:
            return 0.0
        return np.log(v[0] / v[2]) / np.log(v[3] / v[1]) if v[3] > v[1] else np.inf

    shifts = []
    for i in range(4):
        trial = list(old)
        trial[i] = new[i]
        shifts.append(wait(trial) - wait(old))
    return [*shifts, sum(shifts)]
""",
    },
    {
        "exercise": "audit-vintages",
        "name": "sign turned",
        "kind": "wrong",
        "expected": 0,
        "code": WHAT_MOVED.replace("wait(t) - wait(old)", "wait(old) - wait(t)"),
    },
    {
        "exercise": "audit-vintages",
        "name": "growth as a difference",
        "kind": "wrong",
        "expected": 0,
        "code": WHAT_MOVED.replace("np.log(v[3] / v[1])", "(v[3] - v[1])"),
    },
    {
        "exercise": "audit-vintages",
        "name": "already exhausted counted as the past",
        "kind": "wrong",
        "expected": 2,
        "code": WHAT_MOVED.replace("        if v[2] >= v[0]:\n            return 0.0\n", ""),
    },
    {
        "exercise": "audit-vintages",
        "name": "never not caught",
        "kind": "wrong",
        "expected": 2,
        "code": WHAT_MOVED.replace(" if v[3] > v[1] else np.inf", ""),
    },
    {
        "exercise": "audit-vintages",
        "name": "no growth asked before exhaustion",
        "kind": "wrong",
        "expected": 3,
        "code": WHAT_MOVED.replace(
            "        if v[2] >= v[0]:",
            "        if v[3] <= v[1]:\n            return np.inf\n        if v[2] >= v[0]:",
        ),
    },
    {
        "exercise": "audit-vintages",
        "name": "a demand that equals the stock goes on",
        "kind": "wrong",
        "expected": 3,
        "code": WHAT_MOVED.replace("v[2] >= v[0]", "v[2] > v[0]"),
    },
]
