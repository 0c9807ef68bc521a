"""A first strategy for the capstone: a rule of thumb, to be beaten.

Train four widths at two budgets; scale the better model of the larger budget as √C, as if
parameters and tokens should grow alike; expect a quarter of its excess, within a factor of two.
"""

import numpy as np

from scaling_lib.capstone.game import HERO_FLOP, WIDTHS, parameters, tokens_for
from scaling_lib.laws.formulas import FLOP_PER_PARAMETER_TOKEN

# Width and tokens of each run: 80 % of the budget.
PLAN = [(H, tokens_for(H, C)) for C in (4e8, 1.6e9) for H in (8, 16, 32, 64)]

# Runs whose FLOP differ by less than this factor had one budget: tokens are whole numbers.
SAME_BUDGET = 1.1


def decide(H, N, D, loss, entropy):
    """Decide what to commit to, by rules of thumb.

    It gets width, parameters, tokens and test loss (nats per token) of the runs that were bought,
    each of shape (n,), and the lowest possible loss. It returns the width of the hero run, its
    predicted loss and the ends of the 80 % interval.
    """
    C = np.where(np.isfinite(loss), FLOP_PER_PARAMETER_TOKEN * N * D, 0.0)  # 0 where it diverged
    largest = np.flatnonzero(C > C.max() / SAME_BUDGET)
    best = largest[np.argmin(loss[largest])]
    excess = (loss[best] - entropy) / 4
    width = width_of(N[best] * np.sqrt(HERO_FLOP / C[best]))
    return width, entropy + excess, entropy + excess / 2, entropy + 2 * excess


def width_of(N):
    """Return the width whose number of parameters is nearest to `N`, within the rules."""
    per_unit = parameters(5) - parameters(4)
    H = round((N - parameters(4)) / per_unit) + 4
    return int(min(max(H, WIDTHS[0]), WIDTHS[-1]))
