"""Plain search against a growing set of hand-written rules (claim B2)."""

import math

from scaling_lib.page.micropython.controls import axis, figure, log_axis, log_slider, slider
from scaling_lib.page.micropython.drawing import line, points
from scaling_lib.page.micropython.numbers import (
    fixed,
    log_grid,
    logistic,
    percent,
    power,
    si,
    times,
)

ELO = math.log(10.0) / 400.0  # log-odds of a win for each point of difference
BEHIND = 600.0  # Elo of an expert without rules over a search of one playout


@figure(
    title="Rules against search",
    alt="Share of games that plain search wins, rising in an S as its budget grows; rules shift "
    "the S to the right.",
    x=log_axis("Playouts a move", 1, 1e6),
    y=axis("Games won by search", 0, 1, "percent"),
    controls=[
        log_slider("budget", "Search budget", 1, 1e6, 300, "si", " playouts a move"),
        slider("rules", "Rules written by hand", 0, 40, 6, step=1, digits=0),
        slider("doubling", "Worth of doubling the search", 20, 120, 70, step=1, digits=0,
               unit=" Elo"),
    ],
    tasks=[
        "Write 20 rules or more, and let search win half of the games all the same.",
        "Write rules until a tenth more search makes good the next one.",
        "Now keep the rules ahead: search wins one game in four or fewer with 1M playouts a move.",
    ],
)  # fmt: skip
def rules_against_search(budget, rules, doubling):
    """Return the win rate of plain search against an expert of hand-written rules.

    Each doubling of the search adds `doubling` Elo. The first rule is worth 60 Elo to the expert
    and each later one 0.9 times the one before.
    """
    expert = 600.0 * (1.0 - 0.9**rules)

    def wins(n, strength):
        return logistic(ELO * (doubling * math.log2(n) - BEHIND - strength))

    even = 2.0 ** ((BEHIND + expert) / doubling)
    next_rule = 60.0 * 0.9**rules
    rate = wins(budget, expert)
    inside = [even] if even <= 1e6 else []
    xs = log_grid(1.0, 1e6, 81)
    return {
        "text": f"With {si(budget)} playout{'' if budget == 1 else 's'} a move search wins "
        f"{percent(rate)} of the games against {int(rules)} rule{'' if rules == 1 else 's'}; it "
        f"draws level at {si(even) if even < 1e14 else power(even)}. One more rule is worth "
        f"{round(next_rule)} Elo, which search makes good with "
        f"{times(2.0 ** (next_rule / doubling))} the budget.",
        "reached": [
            "In this model all rules together are worth less than 600 Elo, however many there "
            f"are. That is {fixed(600.0 / doubling, 1)} doublings of the search, and there is no "
            "end to those."
            if rules >= 20 and rate >= 0.5
            else "",
            f"After {int(rules)} rules the next one is worth {round(next_rule)} Elo, the first "
            "was worth 60. Each rule brings less than the one before, each doubling of the search "
            "as much."
            if 2.0 ** (next_rule / doubling) < 1.1
            else "",
            f"Where a doubling is worth only {round(doubling)} Elo, a million playouts are not "
            "enough. The lesson holds where search goes on paying, and how well it pays has to be "
            "measured."
            if rules > 0 and budget > 0.99e6 and rate <= 0.25
            else "",
        ],
        "series": [
            line("against no rules", xs, lambda n: wins(n, 0.0), 6, 2),
            line("against your rules", xs, lambda n: wins(n, expert), 0),
            points("your budget", [budget], [rate], 1),
            points("level", inside, [0.5 for _ in inside], 2, 3),
        ],
    }
