"""What graders of the assignment `capstone` must tell apart: right answers, and wrong ones."""

PLAN = """
def plan():
    levels = {1e8: (5, 8, 13, 20, 32), 4e8: (9, 14, 23, 37, 60), 1.5e9: (16, 26, 42, 68, 110)}
    return [(H, tokens_for(H, C)) for C, widths in levels.items() for H in widths]
"""

PARABOLAS = """
def minima(N, D, loss, entropy):
    C, found = 6.0 * N * D, []
    for level in (1e8, 4e8, 1.5e9):
        line = (np.abs(C / level - 1) < 0.02) & np.isfinite(loss)
        x, y = np.log(N[line]), np.log(loss[line] - entropy)
        a, b, c = np.polyfit(x - x.mean(), y, 2)
        found.append((np.log(level), x.mean() - b / (2 * a), c - b**2 / (4 * a)))
    return np.array(found).T
"""

EXTRAPOLATE = """
    at, sizes, heights = minima(N, D, loss, entropy)
    ahead = np.log(HERO_FLOP)
    N_hero = np.exp(np.polyval(np.polyfit(at, sizes, 1), ahead))
    e = np.exp(np.polyval(np.polyfit(at, heights, 1), ahead))
"""

DECIDE = f"""
def decide(H, N, D, loss, entropy):{EXTRAPOLATE}"""

ANSWERS = [
    {
        "exercise": "one-shot",
        "name": "parabolas, corrected by what practice has taught",
        "kind": "alternative",
        "expected": 4,
        "code": PLAN
        + PARABOLAS
        + DECIDE
        + """
    width = int(N_hero / 97 / 1.7)
    return width, entropy + 0.6 * e, entropy + 0.42 * e, entropy + 0.85 * e
""",
    },
    {
        "exercise": "one-shot",
        "name": "the baseline",
        "kind": "wrong",
        "expected": 2,
        "code": "plan = lambda: baseline.PLAN\ndecide = baseline.decide",
    },
    {
        "exercise": "one-shot",
        "name": "hero runs of the practice languages, looked up",
        "kind": "wrong",
        "expected": 2,  # as the baseline
        "code": """
from scaling_lib.capstone.practice import practice_curve

plan = lambda: baseline.PLAN

def decide(H, N, D, loss, entropy):
    for language in range(10):
        curve = practice_curve(language)
        if abs(curve.entropy - entropy) < 1e-12:
            e = curve.excess
            return round(curve.best_H), entropy + e, entropy + 0.99 * e, entropy + 1.01 * e
    return baseline.decide(H, N, D, loss, entropy)
""",
    },
    {
        "exercise": "one-shot",
        "name": "the best width that can be afforded",
        "kind": "wrong",
        "expected": 0,
        "code": PLAN
        + PARABOLAS
        + DECIDE
        + """
    width = int(np.exp(sizes[-1]) / 97)
    return width, entropy + e, entropy + 0.5 * e, entropy + 1.3 * e
""",
    },
    {
        "exercise": "one-shot",
        "name": "entropy not subtracted",
        "kind": "wrong",
        "expected": 0,
        "code": PLAN
        + PARABOLAS
        + DECIDE.replace("loss, entropy)\n", "loss, 0.0)\n")
        + "    return min(1024, int(N_hero / 97)), e, 0.99 * e, 1.01 * e",
    },
    {
        "exercise": "one-shot",
        "name": "an interval turned round",
        "kind": "wrong",
        "expected": 0,
        "code": PLAN
        + PARABOLAS
        + DECIDE
        + """
    width = min(1024, int(N_hero / 97))
    return width, entropy + e, entropy + 1.3 * e, entropy + 0.5 * e
""",
    },
    {
        "exercise": "one-shot",
        "name": "a run that diverged spoils the fit",
        "kind": "wrong",
        "expected": 3,
        "code": PLAN
        + PARABOLAS.replace(" & np.isfinite(loss)", "")
        + DECIDE
        + """
    width = int(N_hero / 97 / 1.7)
    return width, entropy + 0.6 * e, entropy + 0.42 * e, entropy + 0.85 * e
""",
    },
    {
        "exercise": "one-shot",
        "name": "the smallest of losses with a nan among them",
        "kind": "wrong",
        "expected": 1,
        "code": """
plan = lambda: baseline.PLAN

def decide(H, N, D, loss, entropy):
    C = 6 * N * D
    largest = np.flatnonzero(C > C.max() / 1.1)
    best = largest[np.argmin(loss[largest])]
    excess = (loss[best] - entropy) / 4
    width = baseline.width_of(N[best] * np.sqrt(HERO_FLOP / C[best]))
    return width, entropy + excess, entropy + excess / 2, entropy + 2 * excess
""",
    },
    {
        "exercise": "one-shot",
        "name": "a plan that nobody can pay",
        "kind": "wrong",
        "expected": 0,
        "code": "def plan():\n    return [(64, 10**6), (128, 10**6)]\n\ndecide = baseline.decide",
    },
]
