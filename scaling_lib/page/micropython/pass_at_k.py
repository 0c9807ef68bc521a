"""Coverage, and what a verifier makes of it (claims S3, L12)."""

import math

from scaling_lib.page.micropython.controls import axis, figure, log_axis, log_slider, slider
from scaling_lib.page.micropython.drawing import line, points
from scaling_lib.page.micropython.numbers import grid, log_grid, logistic, percent, si

# Problems differ: the log-odds of solving one in one try are normal. Their z-scores and weights:
Z = grid(-4.0, 4.0, 41)
WEIGHTS = [math.exp(-z * z / 2.0) for z in Z]
WHOLE = sum(WEIGHTS)


def mean(values):
    """Return the mean over the population of problems."""
    return sum([w * v for w, v in zip(WEIGHTS, values)]) / WHOLE


def log1p(x):
    """Return log(1 + x) without cancellation for small x, which MicroPython's `math` leaves out."""
    u = 1.0 + x
    return x if u == 1.0 else math.log(u) * x / (u - 1.0)


def log_fail(p):
    """Return the logarithm of the probability that one try fails."""
    return log1p(-p) if p < 1.0 else -1e3


def at_least_one(log_q, k):
    """Return the probability that one of k tries succeeds, from the logarithm of failing once."""
    return -math.expm1(k * log_q)


@figure(
    title="Trying again and again",
    alt="Share of problems solved against samples: coverage rises slowly, a leaky verifier levels "
    "off below it.",
    x=log_axis("Samples", 1, 1e4, "si"),
    y=axis("Problems solved", 0, 1, "percent"),
    controls=[
        log_slider("k", "Samples a problem", 1, 1e4, 100, "si"),
        log_slider("median", "Success in one try, typical problem", 1e-4, 0.5, 0.03, "percent"),
        slider("spread", "How much problems differ", 0, 4, 2, step=0.05),
        log_slider("wrong_accepted", "Wrong answers that the verifier passes", 1e-4, 1, 0.01,
                   "percent"),
    ],
    tasks=[
        "Make all problems equally hard. What does it do to the coverage of 100 samples?",
        "Draw 10k samples, and deliver less than half of what they cover.",
        "Let problems differ by 2 or more, with a typical success of 3 % or less, and deliver 95 "
        "%.",
    ],
)  # fmt: skip
def pass_at_k(k, median, spread, wrong_accepted):
    """Return how the share of problems solved grows with the number of samples.

    Coverage counts a problem when any sample is right, which needs a perfect verifier. One that
    also accepts a share `wrong_accepted` of wrong answers delivers the first that it accepts.
    """
    middle = math.log(median / (1.0 - median))
    ps = [logistic(middle + spread * z) for z in Z]
    accepted = [p + (1.0 - p) * wrong_accepted for p in ps]
    fails, refused = [log_fail(p) for p in ps], [log_fail(a) for a in accepted]
    right = [p / a for p, a in zip(ps, accepted)]  # of what is accepted
    single = mean(ps)

    def coverage(n):
        return mean([at_least_one(q, n) for q in fails])

    def delivered(n):
        return mean([r * at_least_one(q, n) for r, q in zip(right, refused)])

    def alike(n):
        return at_least_one(log_fail(single), n)

    covered, handed = coverage(k), delivered(k)
    differing = mean([at_least_one(log_fail(logistic(middle + 2.0 * z)), k) for z in Z])
    xs = log_grid(1.0, 1e4, 25)
    return {
        "text": f"One sample solves {percent(single)} of the problems. With k = {si(k)} some "
        f"sample is right for {percent(covered)}, and a verifier that passes "
        f"{percent(wrong_accepted)} of the wrong ones delivers {percent(handed)}. Were all "
        f"problems equally hard, coverage would be {percent(alike(k))}.",
        "reached": [
            f"Now {si(k)} samples cover {percent(covered)}. Were problems to differ by 2, it "
            f"would be {percent(differing)}, with a typical one as hard as before: the hardest "
            "are left."
            if spread < 0.025 and 95 < k < 105
            else "",
            f"Some sample is right for {percent(covered)}, and {percent(handed)} is delivered. "
            "More samples hardly help: wrong answers slip through as often as before."
            if k > 0.99e4 and handed < 0.5 * covered
            else "",
            f"{si(k)} samples and a check that passes {percent(wrong_accepted)} of the wrong "
            f"answers deliver {percent(handed)}. Samples bring the coverage; the check decides "
            "how much of it arrives."
            if spread > 1.975 and median < 0.031 and handed >= 0.95
            else "",
        ],
        "series": [
            line("any sample right (pass@k)", xs, coverage, 0),
            line("delivered by the verifier", xs, delivered, 1, 1),
            line("coverage, all equally hard", xs, alike, 6, 2),
            points("your samples", [k, k], [covered, handed], 2),
        ],
    }
