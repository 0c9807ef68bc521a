"""Explorers on knowledge put in by hand against methods that grow with compute.

Pure Python: MicroPython runs it too.
"""

import math

from scaling_lib.page.explorers.forms import crossing, log_grid, logistic, percent, power, si, times
from scaling_lib.page.explorers.series import line, points

ELO = math.log(10.0) / 400.0  # log-odds of a win for each point of difference


def knowledge_crossover(D, head_start, ceiling, exponent):
    """Return the error of hand-made and of learned features as the data grow.

    At 100 examples the learned features err in 80 % of the cases and the hand-made ones
    `head_start` times less. Hand-made features reach their ceiling at the rate D^-0.5; learned ones
    have no ceiling and fall as D^-exponent.
    """
    first = 100.0
    start = max(0.0, 0.8 / head_start - ceiling)

    def learned(d):
        return 0.8 * (d / first) ** -exponent

    def made(d):
        return ceiling + start * (d / first) ** -0.5

    here, there = made(D), learned(D)
    # Without a head start the curves touch at the left edge; that is no crossing.
    meet = crossing(lambda d: learned(d) - made(d), 1.01 * first, 1e7)
    meet = None if meet is None or meet < 1.02 * first else meet
    if abs(here - there) < 1e-6:
        ahead = "the two are level"
    else:
        ahead = f"{'hand-made' if here < there else 'learned'} features are ahead"
    text = (
        f"With {si(D)} examples {ahead}: an error of {percent(here, 1)} by hand and "
        f"{percent(there, 1)} learned. "
    )
    if meet is not None:
        text += f"The curves cross at {si(meet)} examples."
    elif made(1e7) < 0.99 * learned(1e7):
        text += "They do not cross before 10M examples: here the knowledge goes on paying."
    else:
        text += "By hand there is no lead to lose."
    xs = log_grid(first, 1e7, 81)
    crossings = [meet] if meet is not None else []
    return {
        "text": text,
        "series": [
            line("features made by hand", xs, made, 1, 1),
            line("features learned", xs, learned, 0),
            points("at your data", [D, D], [here, there], 6),
            points("crossing", crossings, [learned(d) for d in crossings], 2, 3),
        ],
    }


def rules_against_search(budget, rules, doubling):
    """Return the win rate of plain search against an expert of hand-written rules.

    With one playout a move the search is 600 Elo below an expert that has no rules; each doubling
    adds `doubling` Elo. The first rule is worth 60 Elo to the expert and each later one 0.9 times
    the one before.
    """
    behind = 600.0
    expert = 600.0 * (1.0 - 0.9**rules)

    def wins(n, strength):
        return logistic(ELO * (doubling * math.log2(n) - behind - strength))

    even = 2.0 ** ((behind + expert) / doubling)
    next_rule = 60.0 * 0.9**rules
    rate = wins(budget, expert)
    text = (
        f"With {si(budget)} playout{'' if budget == 1 else 's'} a move search wins "
        f"{percent(rate)} of the games against {int(rules)} "
        f"rule{'' if rules == 1 else 's'}; it draws level at "
        f"{si(even) if even < 1e14 else power(even)}. One more rule is worth "
        f"{round(next_rule)} Elo, which search makes good with "
        f"{times(2.0 ** (next_rule / doubling))} "
        "the budget."
    )
    xs = log_grid(1.0, 1e6, 81)
    inside = [even] if even <= 1e6 else []
    return {
        "text": text,
        "series": [
            line("against no rules", xs, lambda n: wins(n, 0.0), 6, 2),
            line("against your rules", xs, lambda n: wins(n, expert), 0),
            points("your budget", [budget], [rate], 1),
            points("level", inside, [0.5 for _ in inside], 2, 3),
        ],
    }


def two_kinds_of_engineering(D, better_method, better_prior):
    """Return a learning curve and what a better method and a prior do to it.

    The curve is (D / 100)^-0.35. A better method makes each example count for `better_method`; a
    prior spares the collecting of the first 100 (better_prior - 1) examples.
    """
    spared = 100.0 * (better_prior - 1.0)

    def error(d):
        return (d / 100.0) ** -0.35

    plain = error(D)
    method, prior = error(D * better_method), error(D + spared)
    gain = percent(1.0 - prior / plain, 0 if prior < 0.95 * plain else 1)
    text = (
        f"At {si(D)} examples the better method cuts the error by {percent(1.0 - method / plain)} "
        "and the "
        f"prior by {gain}. "
    )
    if abs(method - prior) < 0.005 * plain:
        text += "Here the two are worth the same."
    elif method < prior:
        text += "The method goes on paying; what the prior knew has since been learned from data."
    else:
        text += (
            "This early knowledge is worth more; its gain fades as data grow, the method's stays."
        )
    xs = log_grid(100.0, 1e7, 81)
    return {
        "text": text,
        "series": [
            line("as it was", xs, error, 6, 2),
            line("better method", xs, lambda d: error(d * better_method), 0),
            line("better prior", xs, lambda d: error(d + spared), 1, 1),
            points("at your data", [D, D, D], [plain, method, prior], 2),
        ],
    }
