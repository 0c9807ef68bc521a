"""The explorers on the bitter lesson, ready to show."""

from scaling_lib.page.explorers import bitter_lesson
from scaling_lib.page.explorers.catalogue.parts import axis, log_axis, log_slider
from scaling_lib.page.explorers.controls import slider
from scaling_lib.page.explorers.explorer import explore


def knowledge_crossover():
    """Show features made by hand against learned ones as the data grow (claims B1, B3)."""
    return explore(
        bitter_lesson.knowledge_crossover,
        [
            log_slider("D", "Your data", 100, 1e7, 1e4, "si", " examples"),
            slider("head_start", "Head start of the knowledge", 1, 8, 3, step=0.1, show="times"),
            slider(
                "ceiling",
                "Error that the knowledge leaves for ever",
                0,
                0.2,
                0.06,
                step=0.005,
                show="percent",
            ),
            slider("exponent", "Exponent of learning", 0.1, 0.5, 0.3, step=0.01),
        ],
        {
            "x": log_axis("Training examples", 100, 1e7, "si"),
            "y": log_axis("Error", 1e-3, 1, "percent"),
        },
        (
            "Error against training examples: a curve for features made by hand "
            "flattens, one for learned features falls on."
        ),
        title="When does learning overtake knowledge?",
    )


def rules_against_search():
    """Show plain search against a growing set of hand-written rules (claim B2)."""
    return explore(
        bitter_lesson.rules_against_search,
        [
            log_slider("budget", "Search budget", 1, 1e6, 300, "si", " playouts a move"),
            slider("rules", "Rules written by hand", 0, 40, 6, step=1, digits=0),
            slider(
                "doubling",
                "Worth of doubling the search",
                20,
                120,
                70,
                step=1,
                digits=0,
                unit=" Elo",
            ),
        ],
        {
            "x": log_axis("Playouts a move", 1, 1e6),
            "y": axis("Games won by search", 0, 1, "percent"),
        },
        (
            "Share of games that plain search wins, rising in an S as its budget grows; "
            "rules shift the S to the right."
        ),
        title="Rules against search",
    )


def two_kinds_of_engineering():
    """Show an algorithmic gain beside a prior (claim B4)."""
    return explore(
        bitter_lesson.two_kinds_of_engineering,
        [
            log_slider("D", "Your data", 100, 1e7, 1000, "si", " examples"),
            slider("better_method", "One example counts for", 1, 10, 3, step=0.1, show="times"),
            slider(
                "better_prior",
                "The prior is worth the first examples",
                1,
                100,
                20,
                step=1,
                show="times",
            ),
        ],
        {
            "x": log_axis("Training examples", 100, 1e7, "si"),
            "y": log_axis("Error, relative to the start", 0.005, 1, "percent"),
        },
        (
            "Three learning curves: a better method shifts the whole curve, a prior "
            "lowers only its beginning."
        ),
        title="Two kinds of engineering",
    )
