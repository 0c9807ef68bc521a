"""Answers to the assignment `scaffolding`, right and wrong, and what each should earn."""

RANKING = """
def ranking(w, right, wrong):
    apart = np.asarray(right, dtype=float) - np.asarray(wrong, dtype=float)
    lead = apart @ np.asarray(w, dtype=float)
    return np.logaddexp(0, -lead).mean(), -(special.expit(-lead)[:, None] * apart).mean(axis=0)
"""

TWO_KINDS = """
def two_kinds(first, later, k, other):
    nothing = (float("nan"),) * 3
    ratio = later / first
    if not 1 <= ratio < k:
        return nothing
    low, high = 1e-12, 1.0
    for _ in range(100):
        q = (low + high) / 2
        low, high = (q, high) if (1 - (1 - q) ** k) / q > ratio else (low, q)
    q = high
    if first / q > 1 + 1e-9:
        return nothing
    return first / q, q, first / q * (1 - (1 - q) ** other)
"""

WORST_CASE = """
def worst_case(successes, tries, k, confidence=0.95):
    if successes >= tries:
        return 1.0
    q = special.betaincinv(successes + 1, tries - successes, confidence)
    return float(-np.expm1(k * np.log1p(-q)))
"""

BEST_MODEL = """
def best_model(flop, p, budget):
    flop, p = np.asarray(flop, dtype=float), np.asarray(p, dtype=float)
    best, best_coverage = -1, 0.0
    for j in np.argsort(flop, kind="stable"):
        k = np.floor(budget / flop[j])
        if k < 1:
            continue
        with np.errstate(divide="ignore"):
            covered = float(np.mean(-np.expm1(k * np.log1p(-p[j]))))
        if best < 0 or covered > best_coverage:
            best, best_coverage = int(j), covered
    return best, best_coverage
"""

ANSWERS = [
    {
        "exercise": "pass-at-k",
        "name": "whole numbers",
        "kind": "alternative",
        "expected": 4,
        "code": """
def pass_at_k(m, correct, k):
    from math import comb

    if k > m:
        return float("nan")
    return sum(1 - comb(m - int(c), k) / comb(m, k) for c in correct) / len(correct)
""",
    },
    {
        "exercise": "pass-at-k",
        "name": "helper of its own, logarithms of factorials",
        "kind": "alternative",
        "expected": 4,
        "code": """
def one(m, wrong, k):
    if wrong < k:
        return 1.0
    a, b = special.gammaln([wrong + 1, m + 1]), special.gammaln([wrong - k + 1, m - k + 1])
    return 1 - np.exp(a[0] - b[0] - a[1] + b[1])


def pass_at_k(m, correct, k):
    if k > m:
        return np.nan
    return sum(one(m, m - c, k) for c in correct) / len(correct)
""",
    },
    {
        "exercise": "pass-at-k",
        "name": "biased estimate",
        "kind": "wrong",
        "expected": 0,
        "code": """
def pass_at_k(m, correct, k):
    if k > m:
        return float("nan")
    return float(np.mean(1 - (1 - np.asarray(correct) / m) ** k))
""",
    },
    {
        "exercise": "pass-at-k",
        "name": "samples pooled over the problems",
        "kind": "wrong",
        "expected": 0,
        "code": """
def pass_at_k(m, correct, k):
    if k > m:
        return float("nan")
    c, j = np.mean(correct), np.arange(k)
    return float(1 - np.prod(np.maximum(m - c - j, 0) / (m - j)))
""",
    },
    {
        "exercise": "pass-at-k",
        "name": "sum for mean",
        "kind": "wrong",
        "expected": 0,
        "code": """
def pass_at_k(m, correct, k):
    j = np.arange(k)
    return float(np.sum([1 - np.prod(np.maximum(m - c - j, 0) / (m - j)) for c in correct]))
""",
    },
    {
        "exercise": "pass-at-k",
        "name": "share of sets that are all wrong",
        "kind": "wrong",
        "expected": 0,
        "code": """
def pass_at_k(m, correct, k):
    j = np.arange(k)
    return float(np.mean([np.prod(np.maximum(m - c - j, 0) / (m - j)) for c in correct]))
""",
    },
    {
        "exercise": "pass-at-k",
        "name": "expected number of right samples",
        "kind": "wrong",
        "expected": 0,
        "code": """
def pass_at_k(m, correct, k):
    return float(np.mean(np.minimum(k * np.asarray(correct) / m, 1)))
""",
    },
    {
        "exercise": "pass-at-k",
        "name": "binomials that overflow",
        "kind": "wrong",
        "expected": 3,
        "code": """
def pass_at_k(m, correct, k):
    if k > m:
        return float("nan")
    wrong = special.binom(m - np.asarray(correct), k) / special.binom(m, k)
    return float(1 - np.mean(wrong))
""",
    },
    {
        "exercise": "pass-at-k",
        "name": "k beyond m scored",
        "kind": "wrong",
        "expected": 3,
        "code": """
def pass_at_k(m, correct, k):
    j = np.arange(min(k, m))
    return float(1 - np.mean([np.prod(np.maximum(m - c - j, 0) / (m - j)) for c in correct]))
""",
    },
    {
        "exercise": "majority",
        "name": "incomplete beta function",
        "kind": "alternative",
        "expected": 4,
        "code": """
def vote_accuracy(p, n):
    p = np.asarray(p, dtype=float)
    # A vote of an even number with a coin for ties is as good as one voter fewer.
    n = n if n % 2 else n - 1
    return float(np.mean(special.betainc((n + 1) // 2, (n + 1) // 2, p)))
""",
    },
    {
        "exercise": "majority",
        "name": "vote with the mean chance",
        "kind": "wrong",
        "expected": 0,
        "code": """
def vote_accuracy(p, n):
    q = float(np.mean(p))
    tie = 0.5 * stats.binom.pmf(n / 2, n, q) if n % 2 == 0 else 0.0
    return float(stats.binom.sf(n // 2, n, q) + tie)
""",
    },
    {
        "exercise": "majority",
        "name": "ties lost",
        "kind": "wrong",
        "expected": 0,
        "code": """
def vote_accuracy(p, n):
    return float(np.mean(stats.binom.sf(n // 2, n, np.asarray(p))))
""",
    },
    {
        "exercise": "majority",
        "name": "ties won",
        "kind": "wrong",
        "expected": 0,
        "code": """
def vote_accuracy(p, n):
    return float(np.mean(stats.binom.sf((n - 1) // 2, n, np.asarray(p))))
""",
    },
    {
        "exercise": "majority",
        "name": "all must agree",
        "kind": "wrong",
        "expected": 0,
        "code": """
def vote_accuracy(p, n):
    return float(np.mean(np.asarray(p) ** n))
""",
    },
    {
        "exercise": "majority",
        "name": "coverage instead of a vote",
        "kind": "wrong",
        "expected": 0,
        "code": """
def vote_accuracy(p, n):
    return float(np.mean(1 - (1 - np.asarray(p)) ** n))
""",
    },
    {
        "exercise": "majority",
        "name": "sum for mean",
        "kind": "wrong",
        "expected": 0,
        "code": """
def vote_accuracy(p, n):
    p = np.asarray(p, dtype=float)
    right = stats.binom.sf(n // 2, n, p)
    if n % 2 == 0:
        right = right + 0.5 * stats.binom.pmf(n // 2, n, p)
    return float(np.sum(right))
""",
    },
    {
        "exercise": "majority",
        "name": "binomials that overflow",
        "kind": "wrong",
        "expected": 3,
        "code": """
def vote_accuracy(p, n):
    x = np.arange(n // 2, n + 1)
    weight = special.binom(n, x) * np.where(2 * x == n, 0.5, np.where(2 * x > n, 1.0, 0.0))
    return float(np.mean([np.sum(weight * q**x * (1 - q) ** (n - x)) for q in np.asarray(p)]))
""",
    },
    {
        "exercise": "sampling",
        "name": "arrays throughout",
        "kind": "alternative",
        "expected": 4,
        "code": """
def best_model(flop, p, budget):
    flop, p = np.asarray(flop, dtype=float), np.asarray(p, dtype=float)
    k = np.floor(budget / flop)
    if (k < 1).all():
        return [-1, 0.0]
    safe = np.minimum(p, 1 - 1e-16)
    covered = np.where(k[:, None] > 0, 1 - np.exp(k[:, None] * np.log1p(-safe)), 0).mean(1)
    covered = np.round(np.where(k > 0, covered, -1), 14)
    j = min(range(len(flop)), key=lambda j: (-covered[j], flop[j]))
    return [j, covered[j]]
""",
    },
    {
        "exercise": "sampling",
        "name": "helper of its own, the best of a list",
        "kind": "alternative",
        "expected": 4,
        "code": """
def coverage(p, k):
    return np.mean(-special.expm1(special.xlog1py(k, -np.asarray(p, dtype=float))))


def best_model(flop, p, budget):
    rows = [
        (coverage(p[j], budget // cost), -cost, j) for j, cost in enumerate(flop) if cost <= budget
    ]
    share, _, j = max(rows, default=(0.0, 0, -1))
    return j, share
""",
    },
    {
        "exercise": "sampling",
        "name": "coverage of the mean chance",
        "kind": "wrong",
        "expected": 0,
        "code": """
def best_model(flop, p, budget):
    flop, q = np.asarray(flop, dtype=float), np.mean(p, axis=1)
    k = np.floor(budget / flop)
    if (k < 1).all():
        return -1, 0.0
    covered = np.where(k >= 1, 1 - (1 - q) ** k, -1)
    return int(np.argmax(covered)), float(covered.max())
""",
    },
    {
        "exercise": "sampling",
        "name": "one sample each",
        "kind": "wrong",
        "expected": 0,
        "code": """
def best_model(flop, p, budget):
    able = np.asarray(flop) <= budget
    if not able.any():
        return -1, 0.0
    share = np.where(able, np.mean(p, axis=1), -1)
    return int(np.argmax(share)), float(share.max())
""",
    },
    {
        "exercise": "sampling",
        "name": "fractions of a sample",
        "kind": "wrong",
        "expected": 0,
        "code": """
def best_model(flop, p, budget):
    flop, p = np.asarray(flop, dtype=float), np.asarray(p, dtype=float)
    k = budget / flop
    covered = np.where(k >= 1, np.mean(1 - (1 - p) ** k[:, None], axis=1), -1)
    j = int(np.argmax(covered))
    return (j, float(covered[j])) if covered[j] >= 0 else (-1, 0.0)
""",
    },
    {
        "exercise": "sampling",
        "name": "expected number of right samples",
        "kind": "wrong",
        "expected": 0,
        "code": """
def best_model(flop, p, budget):
    flop, p = np.asarray(flop, dtype=float), np.asarray(p, dtype=float)
    k = np.floor(budget / flop)
    covered = np.mean(np.minimum(k[:, None] * p, 1), axis=1)
    j = int(np.argmax(covered))
    return (j, float(covered[j])) if (k >= 1).any() else (-1, 0.0)
""",
    },
    {
        "exercise": "sampling",
        "name": "budget counted in samples",
        "kind": "wrong",
        "expected": 0,
        "code": """
def best_model(flop, p, budget):
    covered = np.mean(1 - (1 - np.asarray(p, dtype=float)) ** np.floor(budget), axis=1)
    return int(np.argmax(covered)), float(covered.max())
""",
    },
    {
        "exercise": "sampling",
        "name": "digits lost for tiny chances",
        "kind": "wrong",
        "expected": 3,
        "code": """
def best_model(flop, p, budget):
    flop, p = np.asarray(flop, dtype=float), np.asarray(p, dtype=float)
    k = np.floor(budget / flop)
    if (k < 1).all():
        return -1, 0.0
    covered = np.where(k >= 1, np.mean(1 - (1 - p) ** k[:, None], axis=1), -1)
    j = min(range(len(flop)), key=lambda j: (-covered[j], flop[j]))
    return j, float(covered[j])
""",
    },
    {
        "exercise": "sampling",
        "name": "models that solve nothing are no models",
        "kind": "wrong",
        "expected": 3,
        "code": BEST_MODEL.replace("best < 0 or covered", "covered"),
    },
    {
        "exercise": "sampling",
        "name": "a tie goes to the first of the list",
        "kind": "wrong",
        "expected": 3,
        "code": BEST_MODEL.replace('np.argsort(flop, kind="stable")', "range(len(flop))"),
    },
    {
        "exercise": "judge",
        "name": "pair by pair",
        "kind": "alternative",
        "expected": 4,
        "code": """
def ranking(w, right, wrong):
    w = np.asarray(w, dtype=float)
    loss, gradient = 0.0, np.zeros(len(w))
    for good, bad in zip(right, wrong):
        x = np.asarray(good, dtype=float) - np.asarray(bad, dtype=float)
        d = float(x @ w)
        if d > 0:
            loss += np.log1p(np.exp(-d))
            gradient -= x * np.exp(-d) / (1 + np.exp(-d))
        else:
            loss += np.log1p(np.exp(d)) - d
            gradient -= x / (1 + np.exp(d))
    return loss / len(right), gradient / len(right)
""",
    },
    {
        "exercise": "judge",
        "name": "as a product of matrices",
        "kind": "alternative",
        "expected": 4,
        "code": """
from scipy.special import log_expit


def ranking(w, right, wrong):
    x = np.subtract(right, wrong)
    d = np.dot(x, w)
    pull = -np.exp(log_expit(-d)) / len(d)
    return [-np.mean(log_expit(d)), pull @ x]
""",
    },
    {
        "exercise": "judge",
        "name": "gradient downhill",
        "kind": "wrong",
        "expected": 0,
        "code": RANKING.replace("-(special", "(special"),
    },
    {
        "exercise": "judge",
        "name": "sum over the pairs in the gradient",
        "kind": "wrong",
        "expected": 0,
        "code": RANKING.replace("mean(axis=0)", "sum(axis=0)"),
    },
    {
        "exercise": "judge",
        "name": "weight of a pair turned round",
        "kind": "wrong",
        "expected": 0,
        "code": RANKING.replace("expit(-lead)", "expit(lead)"),
    },
    {
        "exercise": "judge",
        "name": "right and wrong exchanged",
        "kind": "wrong",
        "expected": 0,
        "code": RANKING.replace(
            "np.asarray(right, dtype=float) - np.asarray(wrong, dtype=float)",
            "np.asarray(wrong, dtype=float) - np.asarray(right, dtype=float)",
        ),
    },
    {
        "exercise": "judge",
        "name": "mean over the features",
        "kind": "wrong",
        "expected": 0,
        "code": RANKING.replace("axis=0", "axis=1"),
    },
    {
        "exercise": "judge",
        "name": "each answer for itself",
        "kind": "wrong",
        "expected": 0,
        "code": """
def ranking(w, right, wrong):
    right, wrong = np.asarray(right, dtype=float), np.asarray(wrong, dtype=float)
    up, down = right @ w, wrong @ w
    loss = (np.logaddexp(0, -up) + np.logaddexp(0, down)).mean()
    pull = special.expit(down)[:, None] * wrong - special.expit(-up)[:, None] * right
    return loss, pull.mean(axis=0)
""",
    },
    {
        "exercise": "judge",
        "name": "overflow",
        "kind": "wrong",
        "expected": 2,
        "code": RANKING.replace("np.logaddexp(0, -lead)", "np.log(1 + np.exp(-lead))"),
    },
    {
        "exercise": "judge",
        "name": "expects the judge to beat a vote",
        "kind": "wrong",
        "expected": 3,
        "code": RANKING + "PREDICTED_JUDGE = (0.78, 0.9)",
    },
    {
        "exercise": "judge",
        "name": "predicts everything",
        "kind": "wrong",
        "expected": 2,
        "code": RANKING + "PREDICTED_JUDGE = (0.0, 1.0)",
    },
    {
        "exercise": "judge",
        "name": "in float32",
        "kind": "alternative",
        "expected": 4,
        "code": RANKING.replace("dtype=float", "dtype=np.float32"),
    },
    {
        "exercise": "gain",
        "name": "neighbours by hand",
        "kind": "alternative",
        "expected": 4,
        "code": """
def compute_equivalent_gain(C, bare, own_C, scaffolded):
    rows = sorted(zip(C, bare))
    if scaffolded < rows[0][1]:
        return [rows[0][0] / own_C, False]
    if scaffolded > rows[-1][1]:
        return [rows[-1][0] / own_C, False]
    for (c0, s0), (c1, s1) in zip(rows, rows[1:]):
        if s0 <= scaffolded <= s1:
            w = (scaffolded - s0) / (s1 - s0)
            return [c0 ** (1 - w) * c1**w / own_C, True]
""",
    },
    {
        "exercise": "gain",
        "name": "linear in compute",
        "kind": "wrong",
        "expected": 0,
        "code": """
def compute_equivalent_gain(C, bare, own_C, scaffolded):
    order = np.argsort(C)
    x, y = np.asarray(C, dtype=float)[order], np.asarray(bare, dtype=float)[order]
    inside = bool(y[0] <= scaffolded <= y[-1])
    return float(np.interp(scaffolded, y, x)) / own_C, inside
""",
    },
    {
        "exercise": "gain",
        "name": "ratio of the scores",
        "kind": "wrong",
        "expected": 0,
        "code": """
def compute_equivalent_gain(C, bare, own_C, scaffolded):
    own = np.interp(np.log(own_C), np.log(np.sort(C)), np.sort(bare))
    return float(scaffolded / own), bool(np.min(bare) <= scaffolded <= np.max(bare))
""",
    },
    {
        "exercise": "gain",
        "name": "upside down",
        "kind": "wrong",
        "expected": 0,
        "code": """
def compute_equivalent_gain(C, bare, own_C, scaffolded):
    x, y = np.log(np.sort(C)), np.sort(bare)
    gain = float(np.exp(np.log(own_C) - np.interp(scaffolded, y, x)))
    return gain, bool(y[0] <= scaffolded <= y[-1])
""",
    },
    {
        "exercise": "gain",
        "name": "logarithm returned",
        "kind": "wrong",
        "expected": 0,
        "code": """
def compute_equivalent_gain(C, bare, own_C, scaffolded):
    x, y = np.log(np.sort(C)), np.sort(bare)
    gain = float(np.interp(scaffolded, y, x) - np.log(own_C))
    return gain, bool(y[0] <= scaffolded <= y[-1])
""",
    },
    {
        "exercise": "gain",
        "name": "bounds called exact",
        "kind": "wrong",
        "expected": 2,
        "code": """
def compute_equivalent_gain(C, bare, own_C, scaffolded):
    x, y = np.log(np.sort(C)), np.sort(bare)
    return float(np.exp(np.interp(scaffolded, y, x)) / own_C), True
""",
    },
    {
        "exercise": "gain",
        "name": "order taken for granted",
        "kind": "wrong",
        "expected": 2,
        "code": """
def compute_equivalent_gain(C, bare, own_C, scaffolded):
    x, y = np.log(np.asarray(C, dtype=float)), np.asarray(bare, dtype=float)
    gain = float(np.exp(np.interp(scaffolded, y, x)) / own_C)
    return gain, bool(y[0] <= scaffolded <= y[-1])
""",
    },
    {
        "exercise": "gain",
        "name": "log10 undone with exp",
        "kind": "wrong",
        "expected": 0,
        "code": """
def compute_equivalent_gain(C, bare, own_C, scaffolded):
    order = np.argsort(C)
    x, y = np.log10(np.asarray(C, dtype=float))[order], np.asarray(bare, dtype=float)[order]
    gain = float(np.exp(np.interp(scaffolded, y, x) - np.log10(own_C)))
    return gain, bool(y[0] <= scaffolded <= y[-1])
""",
    },
    {
        "exercise": "elicitation",
        "name": "root of the binomial",
        "kind": "alternative",
        "expected": 4,
        "code": """
def worst_case(successes, tries, k, confidence=0.95):
    if tries == successes:
        return 1.0
    if successes == 0:
        return float(-np.expm1(k / tries * np.log1p(-confidence)))
    low, high = 0.0, 1.0
    for _ in range(200):
        q = (low + high) / 2
        if stats.binom.cdf(successes, tries, q) > 1 - confidence:
            low = q
        else:
            high = q
    return float(-np.expm1(k * np.log1p(-low)))
""",
    },
    {
        "exercise": "elicitation",
        "name": "share that was seen",
        "kind": "wrong",
        "expected": 0,
        "code": """
def worst_case(successes, tries, k, confidence=0.95):
    q = successes / tries if tries else 1.0
    return 1 - (1 - q) ** k
""",
    },
    {
        "exercise": "elicitation",
        "name": "two-sided bound",
        "kind": "wrong",
        "expected": 0,
        "code": """
def worst_case(successes, tries, k, confidence=0.95):
    if successes >= tries:
        return 1.0
    q = special.betaincinv(successes + 1, tries - successes, (1 + confidence) / 2)
    return float(-np.expm1(k * np.log1p(-q)))
""",
    },
    {
        "exercise": "elicitation",
        "name": "tries added up",
        "kind": "wrong",
        "expected": 0,
        "code": """
def worst_case(successes, tries, k, confidence=0.95):
    if successes >= tries:
        return 1.0
    return float(min(1, k * special.betaincinv(successes + 1, tries - successes, confidence)))
""",
    },
    {
        "exercise": "elicitation",
        "name": "normal approximation",
        "kind": "wrong",
        "expected": 0,
        "code": """
def worst_case(successes, tries, k, confidence=0.95):
    if successes >= tries:
        return 1.0
    q = successes / tries
    q = q + special.ndtri(confidence) * np.sqrt(q * (1 - q) / tries)
    return float(1 - (1 - min(q, 1)) ** k)
""",
    },
    {
        "exercise": "elicitation",
        "name": "lower bound",
        "kind": "wrong",
        "expected": 0,
        "code": """
def worst_case(successes, tries, k, confidence=0.95):
    if successes >= tries:
        return 1.0
    q = special.betaincinv(max(successes, 1e-9), tries - successes + 1, 1 - confidence)
    return float(-np.expm1(k * np.log1p(-q)))
""",
    },
    {
        "exercise": "elicitation",
        "name": "no tries not caught",
        "kind": "wrong",
        "expected": 3,
        "code": """
def worst_case(successes, tries, k, confidence=0.95):
    q = 1 - (1 - confidence) ** (1 / tries) if successes == 0 else None
    if q is None:
        q = special.betaincinv(successes + 1, max(tries - successes, 1e-9), confidence)
    else:
        q = special.betaincinv(1, tries, confidence)
    return float(-np.expm1(k * np.log1p(-q)))
""",
    },
    {
        "exercise": "elicitation",
        "name": "95 % whatever is asked",
        "kind": "wrong",
        "expected": 1,
        "code": WORST_CASE.replace("successes, confidence)", "successes, 0.95)", 1).replace(
            "tries, k, 0.95)", "tries, k, confidence=0.95)"
        ),
    },
    {
        "exercise": "elicitation",
        "name": "a Bayesian bound with an even prior",
        "kind": "wrong",
        "expected": 0,
        "code": WORST_CASE.replace("tries - successes,", "tries - successes + 1,"),
    },
    {
        "exercise": "elicitation",
        "name": "the rule of three itself",
        "kind": "wrong",
        "expected": 0,
        "code": WORST_CASE.replace("    q =", "    q = 3 / tries if successes == 0 else"),
    },
    {
        "exercise": "elicitation",
        "name": "the chance of no success",
        "kind": "wrong",
        "expected": 0,
        "code": WORST_CASE.replace("-np.expm1(k", "np.exp(k"),
    },
    {
        "exercise": "elicitation",
        "name": "digits lost after very many tries",
        "kind": "wrong",
        "expected": 3,
        "code": WORST_CASE.replace("-np.expm1(k * np.log1p(-q))", "1 - (1 - q) ** k"),
    },
    {
        "exercise": "audit-samples",
        "name": "Newton's steps on the logarithm",
        "kind": "alternative",
        "expected": 4,
        "code": """
from scipy import optimize


def two_kinds(first, later, k, other):
    if later < first or later >= k * first:
        return np.nan, np.nan, np.nan
    if later == first:
        return first, 1.0, first

    def off(q):
        return (1 - (1 - q) ** k) / q - later / first

    q = optimize.brentq(off, 1e-12, 1.0, xtol=1e-15)
    if first / q > 1 + 1e-9:
        return np.nan, np.nan, np.nan
    return first / q, q, first / q * (1 - (1 - q) ** other)
""",
    },
    {
        "exercise": "audit-samples",
        "name": "all problems alike",
        "kind": "wrong",
        "expected": 0,
        "code": """
def two_kinds(first, later, k, other):
    return 1.0, first, 1 - (1 - first) ** other
""",
    },
    {
        "exercise": "audit-samples",
        "name": "the later coverage for the share",
        "kind": "wrong",
        "expected": 0,
        "code": """
def two_kinds(first, later, k, other):
    return later, first / later, later * (1 - (1 - first / later) ** other)
""",
    },
    {
        "exercise": "audit-samples",
        "name": "coverage of those that can be solved",
        "kind": "wrong",
        "expected": 0,
        "code": TWO_KINDS.replace("first / q * (1 - (1 - q) ** other)", "1 - (1 - q) ** other"),
    },
    {
        "exercise": "audit-samples",
        "name": "a power law through two points",
        "kind": "wrong",
        "expected": 0,
        "code": TWO_KINDS.replace(
            "first / q * (1 - (1 - q) ** other)", "first * other ** (np.log(ratio) / np.log(k))"
        ),
    },
    {
        "exercise": "audit-samples",
        "name": "a share above one",
        "kind": "wrong",
        "expected": 2,
        "code": TWO_KINDS.replace("    if first / q > 1 + 1e-9:\n        return nothing\n", ""),
    },
    {
        "exercise": "audit-samples",
        "name": "k times as much accepted",
        "kind": "wrong",
        "expected": 3,
        "code": """
def two_kinds(first, later, k, other):
    ratio = later / first
    if ratio < 1:
        return np.nan, np.nan, np.nan
    low, high = 1e-12, 1.0
    for _ in range(100):
        q = (low + high) / 2
        low, high = (q, high) if (1 - (1 - q) ** k) / q > ratio else (low, q)
    q = high
    if ratio < k and first / q > 1 + 1e-9:
        return np.nan, np.nan, np.nan
    return first / q, q, first / q * (1 - (1 - q) ** other)
""",
    },
    {
        "exercise": "audit-samples",
        "name": "half a per cent more than all accepted",
        "kind": "wrong",
        "expected": 3,
        "code": TWO_KINDS.replace("1 + 1e-9", "1.01"),
    },
    {
        "exercise": "audit-samples",
        "name": "a root between the ends",
        "kind": "alternative",
        "expected": 4,
        "code": """
def two_kinds(first, later, k, other):
    from scipy.optimize import brentq

    def covered(q, samples):
        return -np.expm1(samples * np.log1p(-q)) if q < 1 else 1.0

    ratio = later / first
    q = np.nan
    if ratio == 1:
        q = 1.0
    elif 1 < ratio < k:
        q = brentq(lambda q: covered(q, k) - ratio * q, 1e-9, 1.0, xtol=1e-15)
    share = first / q
    return (share, q, share * covered(q, other)) if share <= 1 + 1e-9 else (np.nan,) * 3
""",
    },
]
