"""The loss against model size at fixed compute (claims L1, L8, L9)."""

from scaling_lib.page.micropython.controls import (
    LOSS,
    axis,
    choice,
    figure,
    log_axis,
    log_slider,
    slider,
)
from scaling_lib.page.micropython.drawing import line, points
from scaling_lib.page.micropython.numbers import (
    BESIROGLU,
    HOFFMANN,
    digits3,
    fixed,
    log_grid,
    loss,
    optimum,
    power,
    si,
)

FITS = {"besiroglu": BESIROGLU, "hoffmann": HOFFMANN}
# Parameters and tokens [@brown2020language; @hoffmann2022training].
KNOWN_RUNS = (
    ("GPT-3 175B", 175e9, 300e9),
    ("Gopher 280B", 280e9, 300e9),
    ("Chinchilla 70B", 70e9, 1.4e12),
)


@figure(
    title="One budget, many model sizes",
    alt="Loss against model size at fixed compute: a valley, whose lowest point moves along a "
    "path as compute grows.",
    x=log_axis("Parameters", 1e7, 1e13, "si"),
    y=axis(LOSS, 1.6, 4),
    controls=[
        log_slider("C", "Compute", 1e18, 1e26, 1e22, unit=" FLOP"),
        choice("fit", "Constants",
               {"besiroglu": "Besiroglu 2024 (refit)", "hoffmann": "Hoffmann 2022, Approach 3"},
               "besiroglu"),
        slider("alpha", "Change α (parameters) by", -0.1, 0.1, 0, step=0.005, digits=3),
        slider("beta", "Change β (tokens) by", -0.1, 0.1, 0, step=0.005, digits=3),
    ],
    tasks=[
        "Find the budget whose best model is as large as Chinchilla, 70B parameters.",
        "Find the budget whose best model is as large as Gopher, 280B. How much less did Gopher "
        "have?",
        "Change α and β by 0.02 in all, no more, and move the best size by half or more.",
    ],
)  # fmt: skip
def isoflop(C, alpha, beta, fit):
    """Return the loss against model size at fixed compute, and the path of the optimum.

    `alpha` and `beta` are added to the exponents of the chosen fit.
    """
    law = dict(FITS[fit])
    law["alpha"], law["beta"] = law["alpha"] + alpha, law["beta"] + beta
    sizes = [n for n in log_grid(1e7, 1e13, 97) if loss(n, C / 6.0 / n, **law) < 8.0]
    path = [optimum(10.0 ** (17 + k / 4.0), **law) for k in range(41)]
    n, d = optimum(C, **law)
    best = loss(n, d, **law)
    penalty = loss(2.0 * n, d / 2.0, **law) - best
    known = [loss(size, tokens, **law) for _, size, tokens in KNOWN_RUNS]
    gopher, chinchilla = (6.0 * size * tokens for _, size, tokens in KNOWN_RUNS[1:])
    nearly = ", nearly as much" if 0.75 < C / chinchilla < 1.33 else ""
    smaller, unmoved = optimum(gopher, **law)[0], optimum(C, **FITS[fit])[0]
    names = [
        f"{name} on {si(tokens)} tokens, {power(6.0 * size * tokens)} FLOP: {fixed(value, 3)} nats "
        "by this law"
        for (name, size, tokens), value in zip(KNOWN_RUNS, known)
    ]
    return {
        "text": f"With {power(C)} FLOP the loss is lowest, {fixed(best, 3)} nats, at {si(n)} "
        f"parameters and {si(d)} tokens: {si(d / n)} tokens a parameter. A model of twice the size "
        f"on half the data loses {fixed(penalty, 4)} nats.",
        "reached": [
            f"By this law {si(n)} parameters are best at {power(C)} FLOP. Chinchilla was trained "
            f"with {power(chinchilla)}{nearly}."
            if 65e9 < n < 75e9 else "",
            f"By this law a model of {si(n)} wants {power(C)} FLOP, {digits3(C / gopher)} times "
            f"what Gopher had. Gopher's own budget was best spent on {si(smaller)} parameters: a "
            "smaller model on more text."
            if 260e9 < n < 300e9 and C > 1.05 * gopher else "",
            f"So small a change of the exponents takes the best size from {si(unmoved)} to "
            f"{si(n)} parameters. Two good fits of the same runs can therefore give different "
            "advice."
            if 0 < abs(alpha) + abs(beta) < 0.0201 and not 2 / 3 < n / unmoved < 1.5 else "",
        ],
        "series": [
            line("loss at this compute", sizes, lambda m: loss(m, C / 6.0 / m, **law), 0),
            line("path of the optimum", [p[0] for p in path],
                 [loss(a, b, **law) for a, b in path], 1, 1),
            points("optimum", [n], [best], 1),
            points("known models, by this law", [r[1] for r in KNOWN_RUNS], known, 2, 1, names),
        ],
    }  # fmt: skip
