"""Features made by hand against learned ones as the data grow (claims B1, B3)."""

from scaling_lib.page.micropython.controls import figure, log_axis, log_slider, slider
from scaling_lib.page.micropython.drawing import line, points
from scaling_lib.page.micropython.numbers import crossing, log_grid, percent, si, times

FIRST = 100.0  # examples, where both curves start


@figure(
    title="When does learning overtake knowledge?",
    alt="Error against training examples: a curve for features made by hand flattens, one for "
    "learned features falls on.",
    x=log_axis("Training examples", 100, 1e7, "si"),
    y=log_axis("Error", 1e-3, 1, "percent"),
    controls=[
        log_slider("D", "Your data", 100, 1e7, 1e4, "si", " examples"),
        slider("head_start", "Head start of the knowledge", 1, 8, 3, step=0.1, show="times"),
        slider("ceiling", "Error that the knowledge leaves for ever", 0, 0.2, 0.06, step=0.005,
               show="percent"),
        slider("exponent", "Exponent of learning", 0.1, 0.5, 0.3, step=0.01),
    ],
    tasks=[
        "Give the knowledge a head start of ×5 or more, and let learning still pass it before 20k "
        "examples.",
        "Make the knowledge last: no crossing before 10M examples, with an exponent of 0.30 or "
        "more.",
    ],
)  # fmt: skip
def knowledge_crossover(D, head_start, ceiling, exponent):
    """Return the error of hand-made and of learned features as the data grow.

    At 100 examples the learned features err in 80 % of the cases and the hand-made ones
    `head_start` times less. Hand-made features reach their ceiling at the rate D^-0.5; learned ones
    have no ceiling and fall as D^-exponent.
    """
    start = max(0.0, 0.8 / head_start - ceiling)

    def learned(d):
        return 0.8 * (d / FIRST) ** -exponent

    def made(d):
        return ceiling + start * (d / FIRST) ** -0.5

    here, there = made(D), learned(D)
    # Without a head start the curves touch at the left edge; that is no crossing.
    meet = crossing(lambda d: learned(d) - made(d), 1.01 * FIRST, 1e7)
    crossings = [] if meet is None or meet < 1.02 * FIRST else [meet]
    if abs(here - there) < 1e-6:
        ahead = "the two are level"
    else:
        ahead = f"{'hand-made' if here < there else 'learned'} features are ahead"
    if crossings:
        end = f"The curves cross at {si(meet)} examples."
    elif made(1e7) < 0.99 * learned(1e7):
        end = "They do not cross before 10M examples: here the knowledge goes on paying."
    else:
        end = "By hand there is no lead to lose."
    xs = log_grid(FIRST, 1e7, 81)
    return {
        "text": f"With {si(D)} examples {ahead}: an error of {percent(here, 1)} by hand and "
        f"{percent(there, 1)} learned. {end}",
        "reached": [
            f"A head start of {times(head_start)} was used up at {si(meet)} examples. Without the "
            f"error of {percent(ceiling, 1)} that the knowledge leaves for ever, learning would "
            "not have passed it."
            if crossings and head_start >= 5 and meet < 2e4
            else "",
            f"Knowledge that leaves an error of only {percent(ceiling, 1)} is still ahead at 10M "
            "examples. The lesson is bitter where what experts know is nearly true, not where it "
            "is true."
            if exponent > 0.295 and not crossings and made(1e7) < 0.99 * learned(1e7)
            else "",
        ],
        "series": [
            line("features made by hand", xs, made, 1, 1),
            line("features learned", xs, learned, 0),
            points("at your data", [D, D], [here, there], 6),
            points("crossing", crossings, [learned(d) for d in crossings], 2, 3),
        ],
    }
