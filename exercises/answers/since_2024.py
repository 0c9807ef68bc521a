"""What the tests of the assignment `since_2024` must tell apart: right answers, and wrong ones."""

LIFETIME = """
def cheapest_lifetime(E, A, B, alpha, beta, loss, T):
    excess = loss - E

    def size_and_tokens(z):
        N = (A / (excess * special.expit(z))) ** (1 / alpha)
        return N, (B / (excess * special.expit(-z))) ** (1 / beta)

    def gain(z):
        _, D = size_and_tokens(z)
        return alpha * special.expit(z) - beta * special.expit(-z) * (1 + T / (3 * D))

    return size_and_tokens(optimize.brentq(gain, -40, 40, xtol=1e-10))
"""

STUDENTS = """
def students_needed(H, D, H_T, D_T, D_text):
    left = 3 * H * (D_text - D) - H_T * D
    if left <= 0:
        return np.inf
    return np.ceil(3 * H_T * D_T / left)
"""

HORIZON = """
def time_horizon(minutes, success, share=0.5):
    x, y = np.log2(np.asarray(minutes, float)), np.asarray(success, float)
    if y.min() == y.max():
        return np.nan

    def cost(ab):
        z = ab[0] - ab[1] * x
        return np.sum(np.logaddexp(0, -z) * y + np.logaddexp(0, z) * (1 - y))

    a, b = optimize.minimize(cost, [0.0, 0.5], method="Nelder-Mead", options={"maxiter": 2000}).x
    return 2 ** ((a - special.logit(share)) / b)
"""

CASES = """
def mark_cases(p, tested, used, limit, margin=0.0):
    p = np.asarray(p, float)
    seen = np.mean(1 - (1 - p) ** tested, axis=1)
    reached = np.mean(1 - (1 - p) ** used, axis=1)
    made = seen < limit - margin
    false = made & (reached >= limit)
    broken = seen[reached >= limit]
    safe = max(0, limit - broken.min()) if len(broken) else 0
    return made.sum(), false.sum(), safe
"""

ANSWERS = [
    {
        "exercise": "lifetime",
        "name": "a minimum over the logarithm of the size",
        "kind": "alternative",
        "expected": 4,
        "code": """
def cheapest_lifetime(E, A, B, alpha, beta, loss, T):
    x = loss - E
    least = np.log(A / x) / alpha  # ln N below which no text is enough

    def tokens(u):  # N is exp(least) times 1 + exp(u)
        size = np.exp(least) * (1 + np.exp(u))
        return size, (B / (-x * np.expm1(-alpha * np.log1p(np.exp(u))))) ** (1 / beta)

    def cost(u):
        N, D = tokens(u)
        return np.log(6 * N * D + 2 * N * T)

    grid = np.linspace(-30, 20, 2001)
    u = grid[np.argmin([cost(u) for u in grid])]
    found = optimize.minimize_scalar(cost, bounds=(u - 0.1, u + 0.1), method="bounded",
                                     options={"xatol": 1e-9})
    return tokens(found.x)
""",
    },
    {
        "exercise": "lifetime",
        "name": "a fine grid of shares",
        "kind": "alternative",
        "expected": 4,
        "code": """
def cheapest_lifetime(E, A, B, alpha, beta, loss, T):
    z = np.linspace(-30, 30, 400_001)
    N = (A / ((loss - E) * special.expit(z))) ** (1 / alpha)
    D = (B / ((loss - E) * special.expit(-z))) ** (1 / beta)
    best = np.argmin(6 * N * D + 2 * N * T)
    return N[best], D[best]
""",
    },
    {
        "exercise": "lifetime",
        "name": "training alone",
        "kind": "wrong",
        "expected": 0,
        "code": LIFETIME.replace("T / (3 * D)", "0 / D"),
    },
    {
        "exercise": "lifetime",
        "name": "an answer as dear as training",
        "kind": "wrong",
        "expected": 0,
        "code": LIFETIME.replace("T / (3 * D)", "T / D"),
    },
    {
        "exercise": "lifetime",
        "name": "equal terms",
        "kind": "wrong",
        "expected": 0,
        "code": LIFETIME.replace("alpha * special.expit(z) - beta *", "special.expit(z) - "),
    },
    {
        "exercise": "lifetime",
        "name": "N and D exchanged",
        "kind": "wrong",
        "expected": 0,
        "code": LIFETIME.replace(
            "return size_and_tokens(optimize", "return size_and_tokens(optimize"
        ).replace("xtol=1e-10))", "xtol=1e-10))[::-1]"),
    },
    {
        "exercise": "lifetime",
        "name": "the floor left in the loss",
        "kind": "wrong",
        "expected": 0,
        "code": LIFETIME.replace("excess = loss - E", "excess = loss"),
    },
    {
        "exercise": "lifetime",
        "name": "the tokens of the training optimum kept",
        "kind": "wrong",
        "expected": 0,
        "code": LIFETIME.replace(
            "    return size",
            "    if T:\n        _, D = cheapest_lifetime(E, A, B, alpha, beta, loss, 0)\n"
            "        return (A / (excess - B / D**beta)) ** (1 / alpha) * 0.9, D\n    return size",
        ),
    },
    {
        "exercise": "lifetime",
        "name": "a grid of a hundred sizes",
        "kind": "wrong",
        "expected": 0,
        "code": """
def cheapest_lifetime(E, A, B, alpha, beta, loss, T):
    N = np.geomspace(1e9, 1e12, 100)
    N = N[A / N**alpha < loss - E]
    D = (B / (loss - E - A / N**alpha)) ** (1 / beta)
    best = np.argmin(6 * N * D + 2 * N * T)
    return N[best], D[best]
""",
    },
    {
        "exercise": "lifetime",
        "name": "a search that ends at a share of 0.99",
        "kind": "wrong",
        "expected": 3,
        "code": """
def cheapest_lifetime(E, A, B, alpha, beta, loss, T):
    z = np.linspace(-4.6, 4.6, 100_001)
    N = (A / ((loss - E) * special.expit(z))) ** (1 / alpha)
    D = (B / ((loss - E) * special.expit(-z))) ** (1 / beta)
    best = np.argmin(6 * N * D + 2 * N * T)
    return N[best], D[best]
""",
    },
    {
        "exercise": "students",
        "name": "with every factor",
        "kind": "alternative",
        "expected": 4,
        "code": """
def students_needed(H, D, H_T, D_T, D_text):
    V = 64
    left = 6 * H * V * D_text - 6 * H * V * D - 2 * H_T * V * D
    if left <= 0:
        return float("inf")
    return int(np.ceil(6 * H_T * V * D_T / left))
""",
    },
    {
        "exercise": "students",
        "name": "the teacher's answers free",
        "kind": "wrong",
        "expected": 0,
        "code": STUDENTS.replace(" - H_T * D\n", "\n"),
    },
    {
        "exercise": "students",
        "name": "answers as dear as training",
        "kind": "wrong",
        "expected": 0,
        "code": STUDENTS.replace("- H_T * D\n", "- 3 * H_T * D\n"),
    },
    {
        "exercise": "students",
        "name": "not rounded",
        "kind": "wrong",
        "expected": 0,
        "code": STUDENTS.replace("np.ceil", "float"),
    },
    {
        "exercise": "students",
        "name": "rounded down",
        "kind": "wrong",
        "expected": 0,
        "code": STUDENTS.replace("np.ceil", "np.floor"),
    },
    {
        "exercise": "students",
        "name": "cheaper, not as dear",
        "kind": "wrong",
        "expected": 2,
        "code": STUDENTS.replace("np.ceil(3 * H_T * D_T / left)", "3 * H_T * D_T // left + 1"),
    },
    {
        "exercise": "students",
        "name": "no word for never",
        "kind": "wrong",
        "expected": 2,
        "code": STUDENTS.replace("    if left <= 0:\n        return np.inf\n", ""),
    },
    {
        "exercise": "students",
        "name": "the text's tokens read by the student as well",
        "kind": "wrong",
        "expected": 0,
        "code": STUDENTS.replace("(D_text - D)", "(D_text + D)"),
    },
    {
        "exercise": "horizon",
        "name": "Nelder and Mead, natural logarithms",
        "kind": "alternative",
        "expected": 4,
        "code": HORIZON.replace("np.log2", "np.log").replace("2 **", "np.e **"),
    },
    {
        "exercise": "horizon",
        "name": "Newton's method",
        "kind": "alternative",
        "expected": 4,
        "code": """
def time_horizon(minutes, success, share=0.5):
    X = np.column_stack([np.ones(len(minutes)), np.log2(minutes) - 4])
    y, w = np.array(success, float), np.zeros(2)
    if len(set(y)) == 1:
        return float("nan")
    for _ in range(50):
        p = special.expit(X @ w)
        w = w + np.linalg.solve((X.T * (p * (1 - p))) @ X, X.T @ (y - p))
    return 2 ** (4 + (np.log(share / (1 - share)) - w[0]) / w[1])
""",
    },
    {
        "exercise": "horizon",
        "name": "a straight line",
        "kind": "wrong",
        "expected": 0,
        "code": """
def time_horizon(minutes, success, share=0.5):
    slope, level = np.polyfit(np.log2(minutes), np.asarray(success, float), 1)
    return 2 ** ((share - level) / slope)
""",
    },
    {
        "exercise": "horizon",
        "name": "minutes without their logarithm",
        "kind": "wrong",
        "expected": 0,
        "code": HORIZON.replace("np.log2(np.asarray(minutes, float))", "np.asarray(minutes, float)")
        .replace("2 ** ((", "((")
        .replace("[0.0, 0.5]", "[1.0, 0.03]"),
    },
    {
        "exercise": "horizon",
        "name": "the sign of the logit",
        "kind": "wrong",
        "expected": 0,
        "code": HORIZON.replace("a - special", "a + special"),
    },
    {
        "exercise": "horizon",
        "name": "the share for its logit",
        "kind": "wrong",
        "expected": 0,
        "code": HORIZON.replace("special.logit(share)", "share"),
    },
    {
        "exercise": "horizon",
        "name": "the logarithm of the horizon",
        "kind": "wrong",
        "expected": 0,
        "code": HORIZON.replace("2 ** ((a", "((a"),
    },
    {
        "exercise": "horizon",
        "name": "one half whatever is asked",
        "kind": "wrong",
        "expected": 0,
        "code": HORIZON.replace("a - special.logit(share)", "a"),
    },
    {
        "exercise": "horizon",
        "name": "least squares",
        "kind": "wrong",
        "expected": 0,
        "code": HORIZON.replace(
            "np.sum(np.logaddexp(0, -z) * y + np.logaddexp(0, z) * (1 - y))",
            "np.sum((y - special.expit(z)) ** 2)",
        ),
    },
    {
        "exercise": "horizon",
        "name": "a search that ends after ten steps",
        "kind": "wrong",
        "expected": 0,
        "code": HORIZON.replace('"maxiter": 2000', '"maxiter": 10'),
    },
    {
        "exercise": "horizon",
        "name": "a number where all ended alike",
        "kind": "wrong",
        "expected": 2,
        "code": HORIZON.replace("return np.nan", "return 2 ** x.max()"),
    },
    {
        "exercise": "inability-case",
        "name": "a loop",
        "kind": "alternative",
        "expected": 4,
        "code": """
def mark_cases(p, tested, used, limit, margin=0.0):
    made = false = 0
    safe = 0.0
    for row in p:
        seen = sum(1 - (1 - x) ** tested for x in row) / len(row)
        reached = sum(1 - (1 - x) ** used for x in row) / len(row)
        made += seen < limit - margin
        false += seen < limit - margin and reached >= limit
        if reached >= limit:
            safe = max(safe, limit - seen)
    return [made, false, safe]
""",
    },
    {
        "exercise": "inability-case",
        "name": "the mean chance first",
        "kind": "wrong",
        "expected": 0,
        "code": CASES.replace(
            "np.asarray(p, float)", "np.asarray(p, float).mean(1, keepdims=True)"
        ),
    },
    {
        "exercise": "inability-case",
        "name": "false without having been made",
        "kind": "wrong",
        "expected": 0,
        "code": CASES.replace("made & (reached", "(reached"),
    },
    {
        "exercise": "inability-case",
        "name": "above the limit only",
        "kind": "wrong",
        "expected": 2,
        "code": CASES.replace("reached >= limit", "reached > limit"),
    },
    {
        "exercise": "inability-case",
        "name": "made at the limit, too",
        "kind": "wrong",
        "expected": 2,
        "code": CASES.replace("seen < limit", "seen <= limit"),
    },
    {
        "exercise": "inability-case",
        "name": "the margin from the highest score",
        "kind": "wrong",
        "expected": 0,
        "code": CASES.replace("broken.min()", "broken[broken < limit].max(initial=0)"),
    },
    {
        "exercise": "inability-case",
        "name": "the margin that was asked about taken off",
        "kind": "wrong",
        "expected": 0,
        "code": CASES.replace("limit - broken.min()", "limit - margin - broken.min()"),
    },
    {
        "exercise": "inability-case",
        "name": "a margin below zero",
        "kind": "wrong",
        "expected": 2,
        "code": CASES.replace("max(0, limit - broken.min())", "limit - broken.min()"),
    },
    {
        "exercise": "inability-case",
        "name": "the users' score for the evaluator's",
        "kind": "wrong",
        "expected": 0,
        "code": CASES.replace("made = seen", "made = reached"),
    },
    {
        "exercise": "inability-case",
        "name": "the lowest score for the margin",
        "kind": "wrong",
        "expected": 0,
        "code": CASES.replace("max(0, limit - broken.min())", "broken.min()"),
    },
]
